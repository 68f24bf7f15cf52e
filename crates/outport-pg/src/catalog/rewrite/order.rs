//! Sorting by what subqueries give: as a column that clients are not shown.

use datafusion::{
    error::DataFusionError,
    logical_expr::{Expr as Planned, LogicalPlan, LogicalPlanBuilder},
    sql::sqlparser::ast::{Expr, Ident, OrderByKind, Query, SelectItem, SetExpr, Statement},
};

use super::{names::MARK, subqueries::has_query};

/// Adds hidden columns to the statement.
pub(super) fn hide(statement: &mut Statement) {
    match statement {
        Statement::Query(query) => hide_in(query),
        Statement::Explain { statement, .. } => hide(statement),
        _ => {}
    }
}

fn hide_in(query: &mut Query) {
    let Query { body, order_by: Some(order), .. } = query else { return };
    let (SetExpr::Select(select), OrderByKind::Expressions(order)) = (body.as_mut(), &mut order.kind) else { return };
    if select.distinct.is_some() {
        return;
    }
    for (place, by) in order.iter_mut().enumerate().filter(|(_, by)| has_query([&by.expr])) {
        let alias = Ident::with_quote('"', format!("{MARK}{place}"));
        let expr = std::mem::replace(&mut by.expr, Expr::Identifier(alias.clone()));
        select.projection.push(SelectItem::ExprWithAlias { expr, alias });
    }
}

/// The plan without its hidden columns.
pub(in crate::catalog) fn without_hidden(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let is_hidden = |name: &str| name.starts_with(MARK);
    if !plan.schema().fields().iter().any(|field| is_hidden(field.name())) {
        return Ok(plan);
    }
    let columns = plan.schema().columns().into_iter().filter(|column| !is_hidden(&column.name));
    let columns: Vec<Planned> = columns.map(Planned::Column).collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
