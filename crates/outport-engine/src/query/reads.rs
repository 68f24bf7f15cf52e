//! Which columns of which tables a query uses.

use datafusion::{
    common::tree_node::TreeNodeRecursion,
    datasource::{cte_worktable::CteWorkTable, source_as_provider},
    error::Result,
    logical_expr::{LogicalPlan, TableScan},
};
use outport_app::engine::Reads;

use super::catalog::VisibleCatalog;
use crate::compile::used_columns;

/// The columns of each table that a plan uses, also those that only decide which rows there are. A table of which the plan
/// only counts the rows has no columns. The plan is analysed and not optimised.
pub(super) fn of(plan: &LogicalPlan, catalog: &VisibleCatalog) -> Result<Reads> {
    let mut reads = Reads::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && !is_work_table(scan)
            && let Some((product, table)) = catalog.locate(&scan.table_name)
        {
            reads.entry(product).or_default().entry(table).or_default();
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    // Names have no `/`.
    let name = |table: &_| catalog.locate(table).map(|(product, table)| format!("{product}/{table}"));
    for used in used_columns(plan, &name) {
        let Some((product, table)) = used.relation.split_once('/') else { continue };
        let (Ok(product), Ok(table)) = (product.parse(), table.parse()) else { continue };
        reads.entry(product).or_default().entry(table).or_default().insert(used.column);
    }
    Ok(reads)
}

/// Whether it is what a recursive query has given so far.
fn is_work_table(scan: &TableScan) -> bool {
    source_as_provider(&scan.source).is_ok_and(|provider| provider.downcast_ref::<CteWorkTable>().is_some())
}
