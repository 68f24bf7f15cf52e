//! The node of a plan that nothing passes but rows.

use std::{fmt, sync::Arc};

use datafusion::{
    arrow::{
        datatypes::SchemaRef,
        record_batch::{RecordBatch, RecordBatchOptions},
    },
    common::tree_node::TreeNodeRecursion,
    config::ConfigOptions,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, ReplaceChildrenOptions,
        execution_plan::reset_plan_states,
        filter_pushdown::{ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::StreamExt;
use outport_app::engine::EngineError;

/// A leaf of the plan. What is below it is planned apart, and shown to nobody: without children there is nothing that
/// optimizers could move through it, or that `EXPLAIN` could show; it knows no statistics and no order.
pub(super) struct SecuredExec {
    name: Arc<str>,
    inner: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl SecuredExec {
    /// `inner` behind a barrier. Its columns are those of `schema`.
    pub(super) fn new(name: Arc<str>, inner: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(inner.output_partitioning().partition_count()),
            inner.pipeline_behavior(),
            inner.boundedness(),
        )
        .with_scheduling_type(inner.properties().scheduling_type);
        Self { name, inner, properties: Arc::new(properties) }
    }
}

impl fmt::Debug for SecuredExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecuredExec").field("name", &self.name).finish_non_exhaustive()
    }
}

impl DisplayAs for SecuredExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecuredScan: {}", self.name)
    }
}

impl ExecutionPlan for SecuredExec {
    fn name(&self) -> &'static str {
        "SecuredScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let inner = reset_plan_states(Arc::clone(&self.inner))?;
        Ok(Arc::new(Self { name: Arc::clone(&self.name), inner, properties: Arc::clone(&self.properties) }))
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        filters: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::all_unsupported(filters))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.inner.execute(partition, context).map_err(|error| sealed(&self.name, &error))?;
        let (name, schema) = (Arc::clone(&self.name), self.schema());
        let shape = Arc::clone(&schema);
        let rows = rows
            .map(move |batch| batch.and_then(|batch| shaped(&batch, &shape)).map_err(|error| sealed(&name, &error)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

/// The same rows without what the stored schema says beside names and types.
fn shaped(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options)?)
}

/// An error behind the barrier: its text is for the record alone.
pub(super) fn sealed(table: &str, error: &DataFusionError) -> DataFusionError {
    let sealed = EngineError::Sealed { table: table.to_owned(), reason: error.strip_backtrace() };
    DataFusionError::External(Box::new(sealed))
}
