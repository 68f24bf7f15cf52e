//! Queries over released tables, as one asker sees them.
//!
//! Where to start:
//! - [`query`] and [`prospect`]: from text to rows, or to what they would be;
//! - `catalog`: the tables of a view, as schemas of products;
//! - `secured`: tables of which only a part exists for the asker; `sealed` is the barrier in the plan, `condition` says which
//!   rows exist, `mask` what stands in the place of values, `safe` what of the query may be moved below the barrier;
//! - `groups`: tables that may only be read in groups; `live`: tables whose rows are not in the warehouse;
//! - `tables`: the stored tables, opened once and in memory where they are asked for again and again;
//! - [`exist`]: which of some rows exist for someone, without a stored table;
//! - [`look_up`]: one row by its key, seen through the `lens` of a secured table;
//! - `parameter` binds values, `pool` bounds the memory, `reads` says what is read, `error` what went wrong.

mod catalog;
mod condition;
mod error;
mod groups;
mod lens;
mod live;
mod look_up;
mod mask;
mod parameter;
mod pieces;
mod place;
mod pool;
mod reads;
mod safe;
mod sample;
mod sealed;
mod secured;
mod tables;

use std::{panic::AssertUnwindSafe, sync::Arc};

use datafusion::{
    common::{TableReference, tree_node::TreeNodeRecursion},
    dataframe::DataFrame,
    error::DataFusionError,
    execution::context::SQLOptions,
    logical_expr::LogicalPlan,
    prelude::SessionContext,
};
use futures::{FutureExt, StreamExt};
use outport_app::engine::{Answer, EngineError, Prospect, Question, Sight, View};

use self::{catalog::VisibleCatalog, groups::Groups};
pub(crate) use self::{
    error::{plain, session_failed},
    look_up::look_up,
    mask::MaskKey,
    pool::bounded,
    sample::exist,
    tables::Tables,
};

/// Where the tables of queries are, and what hides values in them.
#[derive(Debug, Clone)]
pub(crate) struct Stock {
    pub(crate) tables: Arc<Tables>,
    pub(crate) key: MaskKey,
}

/// Runs one query.
pub(crate) async fn query(
    context: SessionContext,
    stock: Stock,
    question: &Question,
    view: &Arc<View>,
) -> Result<Answer, EngineError> {
    let inquiry = Inquiry::new(context, stock, &question.sql, view);
    unharmed(Box::pin(begun(inquiry, question))).await
}

/// Says what a query would give.
pub(crate) async fn prospect(
    context: SessionContext,
    stock: Stock,
    question: &Question,
    view: &Arc<View>,
) -> Result<Prospect, EngineError> {
    let inquiry = Inquiry::new(context, stock, &question.sql, view);
    unharmed(Box::pin(foreseen(inquiry))).await
}

/// DataFusion 55 panics on some texts, such as `1 IN (SELECT)`.
async fn unharmed<T>(work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(error::refused("the query cannot be planned", "look for a part that is empty")))
}

async fn begun(inquiry: Inquiry<'_>, question: &Question) -> Result<Answer, EngineError> {
    let plan = parameter::bind(inquiry.plan().await?, &question.arguments)?;
    let analyzed = inquiry.analyzed(plan.clone())?;
    let reads = reads::of(&analyzed, &inquiry.catalog).map_err(|error| inquiry.failed(&error))?;
    let plan = match Groups::of(&analyzed)? {
        None => plan,
        Some(groups) => {
            Box::pin(groups.check(&inquiry.context)).await.map_err(|error| inquiry.failed(&error))?;
            Groups::formed(analyzed).map_err(|error| inquiry.failed(&error))?
        }
    };
    let frame = DataFrame::new(inquiry.context.state(), plan);
    let rows = Box::pin(frame.execute_stream()).await.map_err(|error| inquiry.failed(&error))?;
    let schema = rows.schema();
    let running = Running { restricted: inquiry.restricted, context: inquiry.context };
    let batches = rows.map(move |batch| batch.map_err(|error| running.failed(&error)));
    Ok(Answer { schema, reads, batches: Box::pin(batches) })
}

async fn foreseen(inquiry: Inquiry<'_>) -> Result<Prospect, EngineError> {
    let plan = inquiry.plan().await?;
    let parameters = parameter::wanted(&plan).map_err(|error| inquiry.failed(&error))?;
    let analyzed = match inquiry.analyzed(plan.clone()) {
        // Parameters that could be of any type can keep types from agreeing; with values they will.
        Err(_) if !parameters.is_empty() => plan,
        analyzed => analyzed?,
    };
    Groups::of(&analyzed)?;
    let reads = reads::of(&analyzed, &inquiry.catalog).map_err(|error| inquiry.failed(&error))?;
    Ok(Prospect { schema: Arc::new(analyzed.schema().as_arrow().clone()), parameters, reads })
}

/// One query on its way.
struct Inquiry<'a> {
    context: SessionContext,
    catalog: VisibleCatalog,
    sql: &'a str,
    /// Whether there is anything that the asker must not see.
    restricted: bool,
}

impl<'a> Inquiry<'a> {
    fn new(context: SessionContext, stock: Stock, sql: &'a str, view: &Arc<View>) -> Self {
        let catalog = VisibleCatalog::register(&context, stock, Arc::clone(view));
        Self { context, catalog, sql, restricted: is_restricted(view) }
    }

    fn failed(&self, error: &DataFusionError) -> EngineError {
        pool::named(error::failed(error, self.sql, &self.catalog.names(), self.restricted), &self.context)
    }

    /// The plan of a text that only reads.
    async fn plan(&self) -> Result<LogicalPlan, EngineError> {
        let planned = Box::pin(self.context.state().create_logical_plan(self.sql)).await;
        let plan = planned.map_err(|error| self.failed(&error))?;
        let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        only_queries.verify_plan(&plan).map_err(|error| self.failed(&error))?;
        if self.restricted && tells_of_inside(&plan).map_err(|error| self.failed(&error))? {
            return Err(error::refused(
                "this would tell how tables are stored",
                "`EXPLAIN` and settings are for those who may read everything",
            ));
        }
        Ok(plan)
    }

    /// Types are made to agree, nothing is optimised away.
    fn analyzed(&self, plan: LogicalPlan) -> Result<LogicalPlan, EngineError> {
        let state = self.context.state();
        let analyzed = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {});
        analyzed.map_err(|error| self.failed(&error))
    }
}

/// One query whose rows are coming.
struct Running {
    restricted: bool,
    /// What lists tables looks at the session while it runs.
    context: SessionContext,
}

impl Running {
    fn failed(&self, error: &DataFusionError) -> EngineError {
        pool::named(error::broken_off(error, self.restricted), &self.context)
    }
}

/// Whether there is anything that the asker must not see.
fn is_restricted(view: &View) -> bool {
    let products = view.products.values().chain(view.beside.values());
    let mut tables = products.flat_map(|product| product.tables.values());
    view.products.is_empty() || !view.withheld.is_empty() || !tables.all(|table| table.sight == Sight::Whole)
}

/// Whether a plan shows how queries are run: what is read, from where, and how many rows of it.
fn tells_of_inside(plan: &LogicalPlan) -> Result<bool, DataFusionError> {
    let mut tells = false;
    plan.apply_with_subqueries(|node| {
        tells |= match node {
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => true,
            LogicalPlan::TableScan(scan) => is_settings(&scan.table_name),
            _ => false,
        };
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(tells)
}

fn is_settings(name: &TableReference) -> bool {
    name.schema() == Some("information_schema") && name.table().eq_ignore_ascii_case("df_settings")
}
