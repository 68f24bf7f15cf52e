//! Queries over released tables, as one asker sees them.
//!
//! Where to start:
//! - [`query`] and [`prospect`]: from text to rows, or to what they would be; [`promised`]: the same of contracts alone;
//! - `catalog`: the tables of a view, as schemas of products;
//! - `secured`: tables of which only a part exists for the asker; `sealed` is the barrier in the plan, `condition` says which
//!   rows exist, `mask` what stands in the place of values, `safe` what of the query may be moved below the barrier;
//! - `groups`: tables that may only be read in groups; `live`: tables whose rows are not in the warehouse;
//! - `tables`: the stored tables, opened once and in memory where they are asked for again and again;
//! - [`exist`]: which of some rows exist for someone, without a stored table;
//! - [`look_up`]: rows by their key, seen through the `lens` of a secured table;
//! - `planner` plans and runs, `parameter` binds values, `pool` bounds the memory, `reads` says what is read, `error` what
//!   went wrong.

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
mod planner;
mod pool;
mod reads;
mod safe;
mod sample;
mod sealed;
mod secured;
mod tables;

use std::{panic::AssertUnwindSafe, sync::Arc};

use datafusion::{
    arrow::{
        array::RecordBatch,
        compute::{CastOptions, cast_with_options},
        datatypes::{Schema, SchemaRef},
    },
    common::{TableReference, tree_node::TreeNodeRecursion},
    error::DataFusionError,
    execution::{runtime_env::RuntimeEnv, session_state::SessionState},
    logical_expr::LogicalPlan,
};
use futures::{FutureExt, StreamExt, stream};
use outport_app::engine::{Answer, EngineError, Prospect, Question, Sight, View};

use self::{catalog::VisibleCatalog, groups::Groups, planner::Planner};
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

/// Runs one query, with memory from this runtime.
pub(crate) async fn query(
    stock: Stock,
    runtime: Arc<RuntimeEnv>,
    question: &Question,
    view: &Arc<View>,
) -> Result<Answer, EngineError> {
    let inquiry = Inquiry::new(stock, runtime, &question.sql, view);
    unharmed(Box::pin(begun(inquiry, question))).await
}

/// Says what a query would give.
pub(crate) async fn prospect(stock: Stock, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
    let runtime = Arc::clone(stock.tables.base().runtime_env());
    let inquiry = Inquiry::new(stock, runtime, &question.sql, view);
    unharmed(Box::pin(foreseen(inquiry))).await
}

/// The columns of what a text would give, where every name in it stands for something that contracts promise in a view.
pub(crate) async fn promised(base: &SessionState, sql: &str, view: &Arc<View>) -> Option<Vec<String>> {
    let planner = Planner::new(base, Arc::clone(base.runtime_env()), VisibleCatalog::promised(Arc::clone(view)));
    // What names stand for is told when the plan is made. Whether types agree is not asked: masks may change them.
    let planned = async { planner.plan(sql).await.map_err(|error| error::failed(&error, sql, &[], true)) };
    let plan = unharmed(Box::pin(planned)).await.ok()?;
    Some(plan.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// DataFusion 55 panics on some texts, such as `1 IN (SELECT)`.
async fn unharmed<T>(work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(error::refused("the query cannot be planned", "look for a part that is empty")))
}

async fn begun(inquiry: Inquiry<'_>, question: &Question) -> Result<Answer, EngineError> {
    let plan = parameter::bind(inquiry.plan().await?, &question.arguments)?;
    // What shows plans begins with the one that was asked for.
    let explained = matches!(plan, LogicalPlan::Explain(_)).then(|| plan.clone());
    let analyzed = inquiry.analyzed(plan)?;
    let reads = reads::of(&analyzed, &inquiry.catalog).map_err(|error| inquiry.failed(&error))?;
    let groups = Groups::of(&analyzed)?;
    if groups.is_none()
        && let Some(found) = look_up::by_key(&analyzed, inquiry.planner.state())
    {
        return Ok(Answer { schema: found.schema(), reads, batches: Box::pin(stream::iter([Ok(found)])) });
    }
    let plan = match groups {
        None => explained.unwrap_or(analyzed),
        Some(groups) => {
            Box::pin(groups.check(&inquiry.planner)).await.map_err(|error| inquiry.failed(&error))?;
            inquiry.analyzed(Groups::formed(analyzed).map_err(|error| inquiry.failed(&error))?)?
        }
    };
    let announced = Arc::clone(plan.schema());
    let rows = Box::pin(inquiry.planner.run(plan)).await.map_err(|error| inquiry.failed(&error))?;
    let running = Running { restricted: inquiry.restricted, planner: inquiry.planner };
    let narrowed = as_announced(&rows.schema(), announced.as_arrow());
    let schema = narrowed.clone().unwrap_or_else(|| rows.schema());
    let batches = rows.map(move |batch| {
        let batch = batch.and_then(|batch| match &narrowed {
            Some(schema) => of_types(&batch, schema),
            None => Ok(batch),
        });
        batch.map_err(|error| running.failed(&error))
    });
    Ok(Answer { schema, reads, batches: Box::pin(batches) })
}

/// The columns of an answer with the types that [`foreseen`] tells of, where they are others. DataFusion 55 sums decimals in
/// a wider type where another column counts distinct values, and clients that prepared the query know the narrow one.
fn as_announced(found: &SchemaRef, announced: &Schema) -> Option<SchemaRef> {
    let types = || found.fields().iter().zip(announced.fields());
    if types().all(|(found, announced)| found.data_type() == announced.data_type()) {
        return None;
    }
    let fields = types().map(|(found, announced)| found.as_ref().clone().with_data_type(announced.data_type().clone()));
    Some(Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), found.metadata().clone())))
}

/// The same rows with columns of these types.
fn of_types(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| cast_with_options(column, field.data_type(), &exact));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)?)
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
    planner: Planner,
    catalog: VisibleCatalog,
    sql: &'a str,
    /// Whether there is anything that the asker must not see.
    restricted: bool,
}

impl<'a> Inquiry<'a> {
    fn new(stock: Stock, runtime: Arc<RuntimeEnv>, sql: &'a str, view: &Arc<View>) -> Self {
        let tables = Arc::clone(&stock.tables);
        let catalog = VisibleCatalog::new(stock, Arc::clone(view));
        let planner = Planner::new(tables.base(), runtime, catalog.clone());
        Self { planner, catalog, sql, restricted: is_restricted(view) }
    }

    fn failed(&self, error: &DataFusionError) -> EngineError {
        pool::named(error::failed(error, self.sql, &self.catalog.names(), self.restricted), self.planner.runtime())
    }

    /// The plan of a text that only reads.
    async fn plan(&self) -> Result<LogicalPlan, EngineError> {
        let plan = self.planner.plan(self.sql).await.map_err(|error| self.failed(&error))?;
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
        self.planner.analyzed(plan).map_err(|error| self.failed(&error))
    }
}

/// One query whose rows are coming.
struct Running {
    restricted: bool,
    /// What lists tables looks at the session while it runs.
    planner: Planner,
}

impl Running {
    fn failed(&self, error: &DataFusionError) -> EngineError {
        pool::named(error::broken_off(error, self.restricted), self.planner.runtime())
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
