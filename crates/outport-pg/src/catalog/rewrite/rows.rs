//! Functions that give rows, and fields of composite values.

use std::{collections::BTreeSet, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Query,
    Select, SelectFlavor, SelectItem, SetExpr, Subscript, TableAlias, TableAliasColumnDef, TableFactor, VisitorMut,
    helpers::attached_token::AttachedToken,
};

use super::build::{arguments, bare, binary, call, folded, last, name_of, number, text};
use crate::catalog::functions::{EXPANDED, LIST_OF_IDS, SUBSCRIPTS};

/// Columns whose lists are numbered from 0, as PostgreSQL numbers the items of its vectors.
const VECTORS: &[&str] = &["indclass", "indcollation", "indkey", "indoption", "proargtypes", "tgattr"];

/// Functions that may stand in the place of a table.
const TABLES: &[&str] = &["generate_series", "range", "unnest", "pg_get_keywords"];

/// Rewrites them; these columns are ids.
pub(super) struct Rows<'a>(pub(super) &'a BTreeSet<String>);

impl Rows<'_> {
    /// Ids that are gathered in a list stay ids, as clients that ask for binary values must know.
    fn gathered(&self, expr: &Expr) -> Option<Expr> {
        let Expr::Function(function) = expr else { return None };
        let FunctionArguments::List(list) = &function.args else { return None };
        let name = match list.args.first()? {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name))) => name,
            FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::CompoundIdentifier(parts))) => parts.last()?,
            _ => return None,
        };
        let gathered = name_of(function) == "array_agg" && self.0.contains(&folded(name));
        gathered.then(|| call(LIST_OF_IDS, vec![expr.clone()]))
    }
}

impl VisitorMut for Rows<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let rewritten = match &*expr {
            Expr::Function(function) => {
                unfolded(&name_of(function), arguments(function)).or_else(|| self.gathered(expr))
            }
            Expr::CompoundFieldAccess { root, access_chain } => accessed(root, access_chain),
            _ => None,
        };
        if let Some(rewritten) = rewritten {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let column = |alias: &mut TableAlias| {
            if alias.columns.is_empty() {
                alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
            }
        };
        match factor {
            TableFactor::UNNEST { alias: Some(alias), .. } => column(alias),
            TableFactor::Table { name, alias, args: Some(given), .. } => {
                if TABLES.contains(&last(name).as_str()) {
                    if let Some(alias) = alias.as_mut().filter(|_| last(name) != "pg_get_keywords") {
                        column(alias);
                    }
                } else if let Some(given) = plain(&given.args) {
                    *factor = computed(&last(name), given, alias.clone());
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A field of a composite value, or an item of a vector.
fn accessed(root: &Expr, chain: &[AccessExpr]) -> Option<Expr> {
    match (bare(root), chain) {
        // A column and its table, as `i.indkey[0]` is read.
        (Expr::Identifier(table), [AccessExpr::Dot(Expr::Identifier(column)), rest @ ..]) if !rest.is_empty() => {
            accessed(&Expr::CompoundIdentifier(vec![table.clone(), column.clone()]), rest)
        }
        (root, [AccessExpr::Dot(Expr::Identifier(field))]) => {
            Some(call("get_field", vec![root.clone(), text(&field.value)]))
        }
        (root, [AccessExpr::Subscript(Subscript::Index { index })]) if is_vector(root) => {
            let index = binary(index.clone(), BinaryOperator::Plus, number(1));
            Some(call("array_element", vec![root.clone(), index]))
        }
        _ => None,
    }
}

/// Whether an expression is a column whose items are numbered from 0.
fn is_vector(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Identifier(name) => VECTORS.contains(&folded(name).as_str()),
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|name| VECTORS.contains(&folded(name).as_str())),
        _ => false,
    }
}

/// A function whose lists are unfolded into rows.
fn unfolded(name: &str, arguments: Option<Vec<Expr>>) -> Option<Expr> {
    match name {
        EXPANDED => Some(call("unnest", vec![call(name, arguments?)])),
        SUBSCRIPTS => {
            let list = arguments?.into_iter().next()?;
            let first = number(i64::from(!is_vector(&list)));
            Some(call("unnest", vec![call(name, vec![list, first])]))
        }
        _ => None,
    }
}

fn plain(arguments: &[FunctionArg]) -> Option<Vec<Expr>> {
    let plain = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Some(argument.clone()),
        _ => None,
    };
    arguments.iter().map(plain).collect()
}

/// A function that gives one value, or a list that is unfolded, as a table of one column.
fn computed(name: &str, arguments: Vec<Expr>, alias: Option<TableAlias>) -> TableFactor {
    let column = alias.as_ref().map_or_else(
        || Ident::new(name),
        |alias| alias.columns.first().map_or_else(|| alias.name.clone(), |column| column.name.clone()),
    );
    let expr = unfolded(name, Some(arguments.clone())).unwrap_or_else(|| call(name, arguments));
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![SelectItem::ExprWithAlias { expr, alias: column }],
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    };
    let query = Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    };
    let alias = alias.map(|alias| TableAlias { columns: Vec::new(), ..alias });
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias, sample: None }
}
