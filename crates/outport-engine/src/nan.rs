//! Keeps statistics of floating-point numbers from standing for NaN.
//!
//! Writers of Parquet leave NaN out of the least and the greatest value. DataFusion 55 reads a column whose file says that both
//! are the same as that one value in every row, and so turns NaN into a number.

use std::sync::Arc;

use datafusion::{
    common::{
        ColumnStatistics, Statistics,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    datasource::{
        physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource},
        source::DataSourceExec,
    },
    error::Result,
    execution::{SessionState, SessionStateBuilder},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::ExecutionPlan,
};

/// Adds the rule to a session's state.
pub(crate) fn guard(state: SessionState) -> SessionState {
    SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rule(Arc::new(DoubtFloats)).build()
}

/// Marks the extremes of floating-point columns of files as estimates.
#[derive(Debug)]
struct DoubtFloats;

impl PhysicalOptimizerRule for DoubtFloats {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(
            |node| Ok(doubted(&node).map_or_else(|| Transformed::no(Arc::clone(&node)), Transformed::yes)),
        )
        .data()
    }

    fn name(&self) -> &'static str {
        "doubt_floats"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn doubted(node: &Arc<dyn ExecutionPlan>) -> Option<Arc<dyn ExecutionPlan>> {
    let (scan, _) = node.downcast_ref::<DataSourceExec>()?.downcast_to_file_source::<ParquetSource>()?;
    let groups = scan.file_groups.iter().map(doubted_group).collect();
    let scan = FileScanConfigBuilder::from(scan.clone()).with_file_groups(groups).build();
    Some(DataSourceExec::from_data_source(scan))
}

fn doubted_group(group: &FileGroup) -> FileGroup {
    let mut group = group.clone();
    for at in 0..group.len() {
        if let Some(statistics) = &group[at].statistics {
            group[at].statistics = Some(Arc::new(doubted_statistics(statistics)));
        }
    }
    group
}

fn doubted_statistics(statistics: &Statistics) -> Statistics {
    let mut statistics = statistics.clone();
    statistics.column_statistics.iter_mut().filter(|column| is_float(column)).for_each(|column| {
        column.min_value = column.min_value.clone().to_inexact();
        column.max_value = column.max_value.clone().to_inexact();
    });
    statistics
}

fn is_float(column: &ColumnStatistics) -> bool {
    column.min_value.get_value().is_some_and(|value| value.data_type().is_floating())
}
