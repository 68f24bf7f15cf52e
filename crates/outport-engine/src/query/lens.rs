//! What a secured table shows of rows that are at hand already, without planning a query.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch, RecordBatchOptions},
        compute::filter_record_batch,
        datatypes::SchemaRef,
    },
    error::{DataFusionError, Result},
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan},
    physical_expr::PhysicalExpr,
};

use super::secured::SecuredTable;

/// What a secured table shows of stored rows.
///
/// It is compiled from the table's own plan: the rule and the masks that a query meets are these very expressions, so that
/// there is nothing that could be looked at in two ways.
#[derive(Debug)]
pub(super) struct Lens {
    /// The columns that exist.
    schema: SchemaRef,
    /// Which rows exist; `None` where all do.
    admits: Option<Arc<dyn PhysicalExpr>>,
    /// The values that exist.
    columns: Vec<Arc<dyn PhysicalExpr>>,
}

impl Lens {
    /// The lens of a table; `None` where its plan is more than a rule and masks over a stored table.
    ///
    /// # Errors
    /// Where an expression cannot be compiled.
    pub(super) fn of(table: &SecuredTable, state: &SessionState) -> Result<Option<Self>> {
        let LogicalPlan::Projection(shown) = table.plan() else { return Ok(None) };
        let (rule, stored) = match shown.input.as_ref() {
            LogicalPlan::Filter(filter) => (Some(&filter.predicate), filter.input.as_ref()),
            stored => (None, stored),
        };
        let LogicalPlan::TableScan(scan) = stored else { return Ok(None) };
        if scan.projection.is_some() || !scan.filters.is_empty() || scan.fetch.is_some() {
            return Ok(None);
        }
        let compile = |expr: &Expr| state.create_physical_expr(expr.clone(), &scan.projected_schema);
        let schema = Arc::new(shown.schema.as_arrow().clone());
        let columns = shown.expr.iter().map(compile).collect::<Result<_>>()?;
        Ok(Some(Self { schema, admits: rule.map(compile).transpose()?, columns }))
    }

    /// The columns that exist.
    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What of stored rows exists, in these columns.
    ///
    /// # Errors
    /// Where an expression fails.
    pub(super) fn show(&self, rows: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
        let rows = match &self.admits {
            None => rows.clone(),
            Some(rule) => {
                let holds = rule.evaluate(rows)?.into_array(rows.num_rows())?;
                let holds = holds.as_boolean_opt().ok_or_else(|| internal("a rule is neither true nor false"))?;
                // Single rows are not copied.
                if holds.true_count() == rows.num_rows() { rows.clone() } else { filter_record_batch(rows, holds)? }
            }
        };
        let value = |at: &usize| {
            let column = self.columns.get(*at).ok_or_else(|| internal("a column outside of the table is asked for"))?;
            column.evaluate(&rows)?.into_array(rows.num_rows())
        };
        let values = columns.iter().map(value).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::new(self.schema.project(columns)?), values, &options)?)
    }
}

fn internal(reason: &str) -> DataFusionError {
    DataFusionError::Internal(reason.to_owned())
}
