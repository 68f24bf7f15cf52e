//! Where a query is planned, and the memory that it runs in.

use std::sync::Arc;

use datafusion::{
    catalog::{CatalogProviderList, MemoryCatalogProviderList},
    error::Result,
    execution::{
        SendableRecordBatchStream, TaskContext, context::SQLOptions, runtime_env::RuntimeEnv,
        session_state::SessionState,
    },
    logical_expr::LogicalPlan,
    physical_plan::execute_stream,
};

use super::catalog::{CATALOG, VisibleCatalog};
use crate::crew;

/// Plans and runs one query over the tables of a view, and no others.
///
/// It is a copy of what every session begins with, in which nothing is registered anew: that would take longer than to
/// find a row.
pub(super) struct Planner {
    state: SessionState,
    runtime: Arc<RuntimeEnv>,
}

impl Planner {
    /// A planner over these tables. What it runs takes its memory from this runtime.
    pub(super) fn new(base: &SessionState, runtime: Arc<RuntimeEnv>, tables: VisibleCatalog) -> Self {
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(tables));
        let mut state = base.clone();
        state.register_catalog_list(Arc::new(catalogs));
        // What time `now()` gives.
        state.mark_start_execution();
        Self { state, runtime }
    }

    /// What is known of functions, types and settings.
    pub(super) const fn state(&self) -> &SessionState {
        &self.state
    }

    /// Where the memory comes from.
    pub(super) fn runtime(&self) -> &RuntimeEnv {
        &self.runtime
    }

    /// The plan of a text that only reads.
    pub(super) async fn plan(&self, sql: &str) -> Result<LogicalPlan> {
        let plan = Box::pin(self.state.create_logical_plan(sql)).await?;
        let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        only_queries.verify_plan(&plan)?;
        Ok(plan)
    }

    /// Types are made to agree, nothing is optimised away.
    pub(super) fn analyzed(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        self.state.analyzer().execute_and_check(plan, self.state.config_options(), |_, _| {})
    }

    /// The rows of a plan that is analysed.
    pub(super) async fn run(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
        let plan = match plan {
            // It shows what analysing makes of the plan inside, too.
            LogicalPlan::Explain(_) => Box::pin(self.state.create_physical_plan(&plan)).await?,
            plan => {
                let plan = self.state.optimizer().optimize(plan, &self.state, |_, _| {})?;
                self.state.query_planner().create_physical_plan(&plan, &self.state).await?
            }
        };
        let context = TaskContext::from(&self.state).with_runtime(Arc::clone(&self.runtime));
        crew::run(|| execute_stream(plan, Arc::new(context)))
    }
}
