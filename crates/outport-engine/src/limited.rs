//! Keeps limits on scans that read no column.
//!
//! Delta Lake's scan (deltalake 1.1) answers them from the table's log by a plan that lets a limit be moved into it, and drops
//! it there: `SELECT count(*) FROM (SELECT * FROM t LIMIT 3)` counts every row.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::Result,
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::{
        ExecutionPlan,
        projection::{ProjectionExec, ProjectionExpr},
    },
};

/// A stored table of which a limit is a limit.
#[derive(Debug)]
pub(crate) struct Limited(Arc<dyn TableProvider>);

impl Limited {
    /// The same table.
    pub(crate) fn over(table: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
        Arc::new(Self(table))
    }

    /// A column that is read fast.
    fn narrow(&self) -> Option<usize> {
        let schema = self.schema();
        let narrow = schema.fields().iter().position(|field| field.data_type().is_primitive());
        narrow.or((!schema.fields().is_empty()).then_some(0))
    }
}

#[async_trait]
impl TableProvider for Limited {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        self.0.table_type()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.0.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let reads_nothing = projection.is_some_and(Vec::is_empty);
        match self.narrow().filter(|_| reads_nothing && limit.is_some()) {
            None => self.0.scan(state, projection, filters, limit).await,
            Some(column) => {
                let rows = self.0.scan(state, Some(&vec![column]), filters, limit).await?;
                Ok(Arc::new(ProjectionExec::try_new(Vec::<ProjectionExpr>::new(), rows)?))
            }
        }
    }
}
