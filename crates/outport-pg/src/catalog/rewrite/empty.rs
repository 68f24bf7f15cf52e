//! What is read from tables that have no rows: nothing, so that nobody needs to compute it.
//!
//! Clients ask for triggers, policies, sequences and the like in statements that DataFusion often cannot plan.

use std::{collections::BTreeSet, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    Ident, JoinOperator, ObjectName, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins, Value,
    VisitorMut,
};

use super::{
    build::{folded, last, literal, name_of, number},
    subqueries::has_aggregate,
};

/// Columns of lists that are never there.
const MISSING: &[&str] = &[
    "attfdwoptions",
    "attoptions",
    "confdelsetcols",
    "conexclop",
    "conffeqop",
    "confkey",
    "conpfeqop",
    "conppeqop",
    "reloptions",
    "rolconfig",
];

/// Empties what reads one of these tables.
pub(super) struct Hollow<'a>(pub(super) &'a BTreeSet<String>);

impl VisitorMut for Hollow<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let value = match &*expr {
            Expr::Subquery(query) => self.value(query),
            Expr::Exists { subquery, negated } if self.is_query(subquery) => Some(literal(Value::Boolean(*negated))),
            Expr::InSubquery { subquery, negated, .. } if self.is_query(subquery) => {
                Some(literal(Value::Boolean(*negated)))
            }
            Expr::Function(function) if name_of(function) == "array" => match &function.args {
                FunctionArguments::Subquery(query) if self.is_query(query) => Some(no_items()),
                _ => None,
            },
            _ => None,
        };
        if let Some(value) = value {
            *expr = value;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut()
            && self.is_select(select)
            && hollow(select)
        {
            query.order_by = None;
            query.limit_clause = None;
            query.fetch = None;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if self.is_select(select) {
            hollow(select);
        }
        ControlFlow::Continue(())
    }
}

impl Hollow<'_> {
    /// What a query gives in the place of a value, where that is known.
    fn value(&self, query: &Query) -> Option<Expr> {
        if self.is_query(query) {
            return Some(literal(Value::Null));
        }
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] = select.projection.as_slice()
        else {
            return None;
        };
        let Expr::Function(function) = expr else { return None };
        let whole = GroupByExpr::Expressions(Vec::new(), Vec::new());
        if !select.from.iter().any(|table| self.is_joined(table)) || select.group_by != whole || !has_aggregate(expr) {
            return None;
        }
        Some(if name_of(function) == "count" { number(0) } else { literal(Value::Null) })
    }

    /// Whether a query has no rows.
    fn is_query(&self, query: &Query) -> bool {
        match query.body.as_ref() {
            SetExpr::Select(select) => self.is_select(select),
            _ => false,
        }
    }

    fn is_select(&self, select: &Select) -> bool {
        let expressions = select.projection.iter().filter_map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        });
        is_hollow(select)
            || (select.from.iter().any(|table| self.is_joined(table)) && !expressions.into_iter().any(has_aggregate))
    }

    /// Whether tables that are joined have no rows together.
    fn is_joined(&self, table: &TableWithJoins) -> bool {
        let mut empty = self.is_factor(&table.relation);
        for join in &table.joins {
            let right = self.is_factor(&join.relation);
            empty = match &join.join_operator {
                JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => empty || right,
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => empty,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right,
                _ => empty && right,
            };
        }
        empty
    }

    fn is_factor(&self, factor: &TableFactor) -> bool {
        match factor {
            TableFactor::Table { name, args: None, .. } => self.0.contains(&key(name)),
            TableFactor::Table { name, args: Some(arguments), .. } if last(name) == "unnest" => {
                matches!(arguments.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(list))] if is_missing(list))
            }
            TableFactor::UNNEST { array_exprs, .. } => array_exprs.iter().all(is_missing),
            TableFactor::Derived { subquery, .. } => self.is_query(subquery),
            TableFactor::NestedJoin { table_with_joins, .. } => self.is_joined(table_with_joins),
            _ => false,
        }
    }
}

fn is_missing(list: &Expr) -> bool {
    let name = match list {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(parts) => match parts.last() {
            Some(name) => name,
            None => return false,
        },
        _ => return false,
    };
    MISSING.contains(&folded(name).as_str())
}

/// The name of a table as it is among those that are empty. Other schemas have none of them.
fn key(name: &ObjectName) -> String {
    let schema = name.0.iter().rev().nth(1).and_then(|part| part.as_ident());
    match schema.map(folded).as_deref() {
        Some("pg_catalog") => last(name),
        Some("information_schema") => format!("information_schema.{}", last(name)),
        _ => String::new(),
    }
}

/// Whether a select was emptied before.
fn is_hollow(select: &Select) -> bool {
    let never = Expr::Value(Value::Boolean(false).with_empty_span());
    select.from.is_empty() && select.selection.as_ref() == Some(&never)
}

/// Empties a select. One that gives all columns of a table stays as it is, since they are not known here.
fn hollow(select: &mut Select) -> bool {
    let is_wildcard = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if select.projection.iter().any(is_wildcard) {
        return false;
    }
    for item in &mut select.projection {
        match item {
            SelectItem::UnnamedExpr(Expr::Identifier(name)) => {
                *item = SelectItem::ExprWithAlias { expr: literal(Value::Null), alias: quoted(name) };
            }
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                if let Some(name) = parts.last() {
                    *item = SelectItem::ExprWithAlias { expr: literal(Value::Null), alias: quoted(name) };
                }
            }
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => *expr = literal(Value::Null),
            _ => {}
        }
    }
    select.distinct = None;
    select.from = Vec::new();
    select.selection = Some(literal(Value::Boolean(false)));
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.having = None;
    true
}

fn quoted(name: &Ident) -> Ident {
    Ident::with_quote('"', folded(name))
}

/// An array without items.
fn no_items() -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::Array(Array { elem: Vec::new(), named: true })),
        data_type: DataType::Array(ArrayElemTypeDef::SquareBracket(Box::new(DataType::Text), None)),
        array: false,
        format: None,
    }
}
