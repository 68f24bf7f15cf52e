//! Queries in the place of a value.
//!
//! DataFusion computes one that follows a row of the query around it where it is an aggregate, and is tied to that row by
//! equality: `(SELECT max(b.x) FROM b WHERE b.y = a.y)`. The others are made so.

use std::{collections::BTreeSet, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, DataType, Distinct, DuplicateTreatment, Expr, FunctionArguments, GroupByExpr,
    Ident, JoinConstraint, JoinOperator, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor,
    TableWithJoins, UnaryOperator, Value, Visit, VisitMut, Visitor, VisitorMut,
};

use super::build::{
    all_of, bare, binary, call, conjuncts, count_of_all, folded, function, last, literal, name_of, number, when,
};

/// Functions that make one value of many rows.
const AGGREGATES: &[&str] = &[
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "first_value",
    "json_agg",
    "json_object_agg",
    "max",
    "min",
    "string_agg",
    "sum",
];

/// Conditions of one subquery, at most, whose columns are looked up by subqueries of their own. Each is a copy of the
/// whole, so that only subqueries without others within are copied.
const LOOKED_UP: usize = 4;

/// Rewrites subqueries.
pub(super) struct Subqueries;

impl VisitorMut for Subqueries {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let rewritten = match &*expr {
            Expr::Subquery(query) => {
                let begun = begun(query);
                let query = begun.as_ref().unwrap_or(query);
                scalar(query).or_else(|| begun.as_ref().map(|begun| Expr::Subquery(Box::new(begun.clone()))))
            }
            Expr::Function(function) if name_of(function) == "array" => match &function.args {
                FunctionArguments::Subquery(query) => array(query),
                _ => None,
            },
            _ => None,
        };
        if let Some(rewritten) = rewritten {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }

    /// What is only told as a column cannot be turned into a join, as it is in a condition.
    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                let _ = expr.visit(&mut Counted);
            }
        }
        ControlFlow::Continue(())
    }
}

/// The query that a recursive one begins with, where it looks for the type that a domain is of: domains here are of base
/// types, and never of other domains.
fn begun(query: &Query) -> Option<Query> {
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    let [table] = with.cte_tables.as_slice() else { return None };
    let SetExpr::SetOperation { left, .. } = table.query.body.as_ref() else { return None };
    let SetExpr::Select(select) = left.as_ref() else { return None };
    let mut select = select.clone();
    select.projection.truncate(1);
    let is_base = match value_of(&select)? {
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|column| folded(column) == "typbasetype"),
        Expr::Identifier(column) => folded(column) == "typbasetype",
        _ => false,
    };
    let mut begun = query.clone();
    unordered(&mut begun);
    begun.with = None;
    begun.body = Box::new(SetExpr::Select(select));
    is_base.then_some(begun)
}

/// Makes `EXISTS (…)` a count, and `IN (…)` a look into a list.
struct Counted;

impl VisitorMut for Counted {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let rewritten = match &*expr {
            Expr::Exists { subquery, negated } => counted(subquery, *negated),
            Expr::InSubquery { expr, subquery, negated } => array(subquery).map(|list| {
                let found = call("array_contains", vec![list, expr.as_ref().clone()]);
                let found = call("coalesce", vec![found, literal(Value::Boolean(false))]);
                if *negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(found) } } else { found }
            }),
            _ => None,
        };
        if let Some(rewritten) = rewritten {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }
}

fn counted(query: &Query, negated: bool) -> Option<Expr> {
    let mut query = query.clone();
    let select = selected(&mut query)?;
    if has_aggregates(select) {
        return None;
    }
    select.projection = vec![SelectItem::UnnamedExpr(count_of_all())];
    select.distinct = None;
    unordered(&mut query);
    let count = scalar(&query).unwrap_or_else(|| Expr::Subquery(Box::new(query)));
    let op = if negated { BinaryOperator::Eq } else { BinaryOperator::Gt };
    Some(binary(call("coalesce", vec![count, number(0)]), op, number(0)))
}

/// `ARRAY (SELECT …)` as an aggregate.
fn array(query: &Query) -> Option<Expr> {
    let mut query = query.clone();
    let order = order_of(&query);
    let select = selected(&mut query)?;
    if let Some(cast) = cast_items(select) {
        return Some(cast);
    }
    if has_aggregates(select) {
        return None;
    }
    let distinct = match select.distinct.take() {
        None | Some(Distinct::All) => None,
        Some(Distinct::Distinct) => Some(DuplicateTreatment::Distinct),
        Some(Distinct::On(_)) => return None,
    };
    let value = value_of(select)?;
    let order = order.into_iter().map(|by| numbered(by, value)).collect();
    let mut aggregate = function("array_agg", vec![value.clone()], order);
    if let FunctionArguments::List(list) = &mut aggregate.args {
        list.duplicate_treatment = distinct;
    }
    select.projection = vec![SelectItem::UnnamedExpr(Expr::Function(aggregate))];
    unordered(&mut query);
    Some(scalar(&query).unwrap_or_else(|| Expr::Subquery(Box::new(query))))
}

/// `ARRAY (SELECT item::type FROM unnest(list) AS item)` is a cast of the list.
fn cast_items(select: &Select) -> Option<Expr> {
    let [TableWithJoins { relation: TableFactor::UNNEST { array_exprs, alias, .. }, joins }] = select.from.as_slice()
    else {
        return None;
    };
    let ([list], true, None) = (array_exprs.as_slice(), joins.is_empty(), &select.selection) else { return None };
    let name = alias.as_ref().map_or_else(|| "unnest".to_owned(), |alias| folded(&alias.name));
    let Expr::Cast { kind, expr, data_type, .. } = bare(value_of(select)?) else { return None };
    let mut item = bare(expr);
    while let Expr::Cast { expr, .. } = item {
        item = bare(expr);
    }
    let is_item = matches!(item, Expr::Identifier(found) if folded(found) == name);
    is_item.then(|| Expr::Cast {
        kind: kind.clone(),
        expr: Box::new(list.clone()),
        data_type: DataType::Array(ArrayElemTypeDef::SquareBracket(Box::new(data_type.clone()), None)),
        array: false,
        format: None,
    })
}

/// `ORDER BY 1` in the place where there are no numbered columns.
fn numbered(mut by: OrderByExpr, value: &Expr) -> OrderByExpr {
    if matches!(&by.expr, Expr::Value(number) if matches!(number.value, Value::Number(..))) {
        by.expr = value.clone();
    }
    by
}

/// A query whose value depends on the row around it, as DataFusion computes it. `None` where it is fine as it is.
fn scalar(query: &Query) -> Option<Expr> {
    let mut query = query.clone();
    let order = order_of(&query);
    let select = selected(&mut query)?;
    let inner = Inner::of(&select.from);
    let mut conditions: Vec<Expr> = select.selection.take().map(conjuncts).unwrap_or_default();
    conditions.extend(select.from.iter_mut().flat_map(|table| inner.ties_of_joins(table)));
    let (mut own, tied): (Vec<_>, Vec<_>) = conditions.into_iter().partition(|condition| !inner.reads_outer(condition));
    let value = value_of(select)?.clone();
    if tied.is_empty() || inner.reads_outer(&value) {
        return None;
    }
    let (mut guards, tied): (Vec<_>, Vec<_>) = tied.into_iter().partition(|condition| !inner.reads_inner(condition));
    let (ties, others): (Vec<_>, Vec<_>) = tied.into_iter().partition(|condition| inner.is_tie(condition));
    own.extend(ties);
    if !others.is_empty() && (others.len() > LOOKED_UP || has_query(own.iter().chain([&value]))) {
        return None;
    }
    select.selection = all_of(own);
    if !has_aggregates(select) {
        let first =
            function("first_value", vec![value.clone()], order.into_iter().map(|by| numbered(by, &value)).collect());
        select.projection = vec![SelectItem::UnnamedExpr(Expr::Function(first))];
        select.distinct = None;
    }
    unordered(&mut query);
    guards.extend(others.into_iter().map(|condition| inner.looked_up(condition, &query)));
    let found = Expr::Subquery(Box::new(query));
    Some(match all_of(guards) {
        Some(guard) => when(guard, found),
        None => found,
    })
}

/// The select that a query is; `None` where it is more than that.
fn selected(query: &mut Query) -> Option<&mut Select> {
    match query.body.as_mut() {
        SetExpr::Select(select) if query.with.is_none() => Some(select),
        _ => None,
    }
}

/// The only column of a select.
fn value_of(select: &Select) -> Option<&Expr> {
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] => Some(expr),
        _ => None,
    }
}

fn order_of(query: &Query) -> Vec<OrderByExpr> {
    match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(order)) => order.clone(),
        _ => Vec::new(),
    }
}

fn unordered(query: &mut Query) {
    query.order_by = None;
    query.limit_clause = None;
    query.fetch = None;
}

/// Whether a select makes one row of many.
fn has_aggregates(select: &Select) -> bool {
    let grouped = select.group_by != GroupByExpr::Expressions(Vec::new(), Vec::new());
    grouped || value_of(select).is_some_and(has_aggregate)
}

/// Whether an expression has an aggregate of its own, and not only in a query within.
pub(super) fn has_aggregate(expr: &Expr) -> bool {
    struct Found {
        depth: usize,
        found: bool,
    }
    impl Visitor for Found {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr
                && self.depth == 0
                && function.over.is_none()
            {
                self.found |= AGGREGATES.contains(&name_of(function).as_str());
            }
            ControlFlow::Continue(())
        }
    }
    let mut visitor = Found { depth: 0, found: false };
    let _ = expr.visit(&mut visitor);
    visitor.found
}

/// Whether there are queries within.
pub(super) fn has_query<'a>(expressions: impl IntoIterator<Item = &'a Expr>) -> bool {
    struct Found(bool);
    impl Visitor for Found {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.0 = true;
            ControlFlow::Continue(())
        }
    }
    let mut found = Found(false);
    for expr in expressions {
        let _ = expr.visit(&mut found);
    }
    found.0
}

/// The tables of a subquery, by the names that they have in it.
struct Inner(BTreeSet<String>);

impl Inner {
    fn of(tables: &[TableWithJoins]) -> Self {
        let mut found = Self(BTreeSet::new());
        for table in tables {
            found.add(table);
        }
        found
    }

    fn add(&mut self, table: &TableWithJoins) {
        let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
        for factor in factors {
            match factor {
                TableFactor::NestedJoin { table_with_joins, .. } => self.add(table_with_joins),
                factor => self.0.extend(known_as(factor)),
            }
        }
    }

    /// Takes the conditions of inner joins that tie the subquery to the row around it out of them.
    fn ties_of_joins(&self, table: &mut TableWithJoins) -> Vec<Expr> {
        let mut ties = Vec::new();
        for join in &mut table.joins {
            if let JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) =
                &mut join.join_operator
                && self.reads_outer(on)
            {
                let (outer, own): (Vec<_>, Vec<_>) =
                    conjuncts(on.clone()).into_iter().partition(|on| self.reads_outer(on));
                ties.extend(outer);
                *on = all_of(own).unwrap_or_else(|| literal(Value::Boolean(true)));
            }
        }
        ties
    }

    /// Whether an expression reads the row around the subquery.
    fn reads_outer(&self, expr: &Expr) -> bool {
        let mut tables = Tables(self.0.clone());
        let _ = expr.visit(&mut tables);
        qualifiers(expr).iter().any(|table| !tables.0.contains(table))
    }

    /// Whether an expression reads tables of the subquery. A name without a table counts as theirs.
    fn reads_inner(&self, expr: &Expr) -> bool {
        let mut bare_names = Bare(false);
        let _ = expr.visit(&mut bare_names);
        bare_names.0 || qualifiers(expr).iter().any(|table| self.0.contains(table))
    }

    /// Whether a condition says that a column of the subquery equals something of the row around it.
    fn is_tie(&self, condition: &Expr) -> bool {
        let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = bare(condition) else { return false };
        let is_column = |expr: &Expr| match bare(expr) {
            Expr::CompoundIdentifier(parts) => self.has(parts),
            Expr::Identifier(_) => true,
            _ => false,
        };
        (is_column(left) && !self.reads_inner(right)) || (is_column(right) && !self.reads_inner(left))
    }

    fn has(&self, column: &[Ident]) -> bool {
        matches!(column, [.., table, _] if self.0.contains(&folded(table)))
    }

    /// A condition in which each column of the subquery is looked up by a subquery of its own, since there is only
    /// one row that it can be of.
    fn looked_up(&self, mut condition: Expr, query: &Query) -> Expr {
        struct LookUp<'a>(&'a Inner, &'a Query);
        impl VisitorMut for LookUp<'_> {
            type Break = ();

            fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
                let is_inner = match &*expr {
                    Expr::CompoundIdentifier(parts) => self.0.has(parts),
                    Expr::Identifier(_) => true,
                    _ => false,
                };
                if is_inner {
                    let mut query = self.1.clone();
                    if let Some(select) = selected(&mut query) {
                        let first = function("first_value", vec![expr.clone()], Vec::new());
                        select.projection = vec![SelectItem::UnnamedExpr(Expr::Function(first))];
                    }
                    *expr = Expr::Subquery(Box::new(query));
                }
                ControlFlow::Continue(())
            }
        }
        let _ = VisitMut::visit(&mut condition, &mut LookUp(self, query));
        condition
    }
}

fn known_as(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            Some(alias.as_ref().map_or_else(|| last(name), |alias| folded(&alias.name)))
        }
        TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::TableFunction { alias, .. } => alias.as_ref().map(|alias| folded(&alias.name)),
        _ => None,
    }
}

/// The tables that the columns of an expression are said to be of.
fn qualifiers(expr: &Expr) -> Vec<String> {
    struct Found(Vec<String>);
    impl Visitor for Found {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::CompoundIdentifier(parts) = expr
                && let [.., table, _] = parts.as_slice()
            {
                self.0.push(folded(table));
            }
            ControlFlow::Continue(())
        }
    }
    let mut found = Found(Vec::new());
    let _ = expr.visit(&mut found);
    found.0
}

/// Adds the tables of queries within.
struct Tables(BTreeSet<String>);

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.0.extend(known_as(factor));
        ControlFlow::Continue(())
    }
}

/// Whether there is a name without a table.
struct Bare(bool);

impl Visitor for Bare {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.0 |= matches!(expr, Expr::Identifier(_));
        ControlFlow::Continue(())
    }
}
