//! The catalog that a connection sees: `pg_catalog` and `information_schema` over the tables that its user may read.
//!
//! There is no row of a released table here. [`Shape`] is what the gate's view says of names and types; a session is
//! made of it for each connection, and made anew when it changes.
//!
//! - [`definition`] and [`tables`]: the tables whose rows say what someone sees; [`own`]: those that are the same for all;
//! - [`functions`] and [`names`]: PostgreSQL's functions, and what names such as `'orders'::regclass` mean;
//! - [`rewrite`]: PostgreSQL's SQL as DataFusion understands it.

mod definition;
mod functions;
mod names;
mod own;
mod provider;
mod rewrite;
mod shape;
mod sheet;
mod tables;
mod texts;

use std::sync::{Arc, Mutex, OnceLock};

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::{
    common::{ParamValues, ScalarValue, metadata::ScalarAndMetadata},
    error::DataFusionError,
    execution::{
        SendableRecordBatchStream, SessionState, SessionStateBuilder,
        context::SQLOptions,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::GreedyMemoryPool,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::stream::RecordBatchStreamAdapter,
    prelude::{DataFrame, SessionConfig, SessionContext},
    sql::parser::Statement,
};
use datafusion_pg_catalog::pg_catalog::{context::EmptyContextProvider, setup_pg_catalog};
use futures::StreamExt;
use outport_app::{
    engine::{Argument, View},
    gate::{Caller, Gate, Permit},
};

pub(crate) use self::own::is_table;
use self::{names::Names, own::Own, rewrite::Known, shape::Shape};
use crate::{failure::Failure, settings::Settings, statement};

/// Bytes of memory for everything that is computed here, for all connections together.
const MEMORY: usize = 256 << 20;

/// What all connections have in common: made when the first of them asks.
#[derive(Default)]
pub(crate) struct Foundation(OnceLock<Result<Ground, String>>);

impl std::fmt::Debug for Foundation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Foundation").field("made", &self.0.get().is_some()).finish()
    }
}

struct Ground {
    state: SessionState,
    own: Arc<Own>,
    known: Known,
}

impl Foundation {
    fn ground(&self, workspace: &str) -> Result<&Ground, Failure> {
        let made = self.0.get_or_init(|| Ground::new(workspace).map_err(|error| error.to_string()));
        made.as_ref().map_err(|error| Failure::Inside(error.clone()))
    }
}

impl Ground {
    fn new(workspace: &str) -> Result<Self, DataFusionError> {
        let mut config = SessionConfig::new()
            .with_target_partitions(1)
            .with_default_catalog_and_schema(workspace, "public")
            .with_information_schema(false);
        config.options_mut().execution.time_zone = Some("UTC".to_owned());
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY)))
            .with_disk_manager_builder(disk)
            .build_arc()?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        setup_pg_catalog(&context, workspace, EmptyContextProvider).map_err(|error| *error)?;
        let own = Arc::new(Own::new()?);
        let empty = own.empty.iter().cloned().chain(tables::empty()).collect();
        let known = Known { empty, flags: own.flags.clone(), ids: own.ids.clone() };
        Ok(Self { state: context.state(), own, known })
    }
}

/// The catalog of one connection.
#[derive(Debug)]
pub(crate) struct Catalog {
    foundation: Arc<Foundation>,
    settings: Arc<Mutex<Settings>>,
    process: i32,
    current: Option<Current>,
}

struct Current {
    view: Arc<View>,
    shape: Arc<Shape>,
    state: SessionState,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// A statement that is ready to be run.
#[derive(Debug)]
pub(crate) struct Planned {
    state: SessionState,
    plan: LogicalPlan,
    /// It counts among the queries of the user until its rows have gone.
    permit: Permit,
}

impl Catalog {
    /// The catalog of a connection.
    pub(crate) fn new(foundation: Arc<Foundation>, settings: Arc<Mutex<Settings>>, process: i32) -> Self {
        Self { foundation, settings, process, current: None }
    }

    /// Plans a statement over what the caller sees now, once it is its turn among their queries.
    pub(crate) async fn plan(&mut self, gate: &Gate, caller: &Caller, sql: &str) -> Result<Planned, Failure> {
        let state = self.state(gate, caller).await?;
        let permit = gate.admit(caller).await.map_err(Failure::gate)?;
        let ground = self.foundation.ground(gate.app().workspace.as_str())?;
        let statement = rewrite::rewritten(statement::parse(sql)?, &ground.known);
        let plan = plan(&state, Statement::Statement(Box::new(statement))).await.map_err(|e| failed(&e))?;
        let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        only_queries.verify_plan(&plan).map_err(|error| failed(&error))?;
        let plan = rewrite::without_hidden(plan).map_err(|error| failed(&error))?;
        Ok(Planned { state, plan, permit })
    }

    async fn state(&mut self, gate: &Gate, caller: &Caller) -> Result<SessionState, Failure> {
        let view = gate.view(caller).await.map_err(Failure::gate)?;
        if let Some(current) = self.current.as_mut() {
            if Arc::ptr_eq(&current.view, &view) {
                return Ok(current.state.clone());
            }
            let shape = Shape::of(gate, caller, &view).await?;
            if shape == *current.shape {
                current.view = view;
                return Ok(current.state.clone());
            }
        }
        let shape = Arc::new(Shape::of(gate, caller, &view).await?);
        let workspace = gate.app().workspace.as_str();
        let ground = self.foundation.ground(workspace)?;
        let user = caller.principal.id.as_str();
        let catalogs =
            provider::catalogs(workspace, user, &shape, &ground.own, &self.settings).map_err(|e| failed(&e))?;
        let names = Names::new(Arc::clone(&ground.own), user, Arc::clone(&self.settings), &shape);
        let mut state =
            SessionStateBuilder::new_from_existing(ground.state.clone()).with_catalog_list(catalogs).build();
        let about = functions::About {
            workspace: workspace.to_owned(),
            user: user.to_owned(),
            process: self.process,
            shape: Arc::clone(&shape),
            names: Arc::new(names),
            settings: Arc::clone(&self.settings),
        };
        functions::register(&mut state, &about).map_err(|error| failed(&error))?;
        self.current = Some(Current { view, shape, state: state.clone() });
        Ok(state)
    }
}

/// Apart from the method, so that the compiler proves once that the future may move between threads.
async fn plan(state: &SessionState, statement: Statement) -> Result<LogicalPlan, DataFusionError> {
    state.statement_to_plan(statement).await
}

impl Planned {
    /// The columns of the answer.
    pub(crate) fn schema(&self) -> SchemaRef {
        rewrite::shown_schema(self.plan.schema().inner())
    }

    /// The types of the parameters, in their order, where the statement tells.
    pub(crate) fn parameters(&self) -> Result<Vec<Option<DataType>>, Failure> {
        let types = self.plan.get_parameter_types().map_err(|error| failed(&error))?;
        let named = types.into_iter().map(|(name, kind)| {
            let number = name.trim_start_matches('$').parse::<usize>().ok().filter(|number| *number > 0);
            number
                .map(|number| (number, kind))
                .ok_or_else(|| Failure::Mismatch(format!("there is no parameter `{name}`")))
        });
        in_order(named.collect::<Result<_, _>>()?)
    }

    /// Runs it. Gives the columns, as clients are shown them, and the rows.
    pub(crate) async fn run(self, arguments: &[Argument]) -> Result<(SchemaRef, SendableRecordBatchStream), Failure> {
        let types = self.parameters()?;
        if arguments.len() < types.len() {
            return Err(Failure::Mismatch(format!("there is no value for parameter ${}", arguments.len() + 1)));
        }
        let mut values = Vec::with_capacity(arguments.len());
        for (place, argument) in arguments.iter().enumerate() {
            let kind = types.get(place).cloned().flatten();
            values.push(ScalarAndMetadata::from(scalar(place + 1, argument, kind.as_ref())?));
        }
        let plan = if values.is_empty() {
            self.plan
        } else {
            self.plan.with_param_values(ParamValues::List(values)).map_err(|error| failed(&error))?
        };
        let rows = DataFrame::new(self.state, plan).execute_stream().await.map_err(|error| failed(&error))?;
        let (schema, permit) = (rows.schema(), self.permit);
        let shown = rewrite::shown_schema(&schema);
        let counted: SendableRecordBatchStream =
            Box::pin(RecordBatchStreamAdapter::new(schema, rows.inspect(move |_| _ = &permit)));
        Ok((shown, counted))
    }
}

/// Types by number, from 1, as a list; unknown where a number is left out.
pub(crate) fn in_order(types: Vec<(usize, Option<DataType>)>) -> Result<Vec<Option<DataType>>, Failure> {
    let most = types.iter().map(|(number, _)| *number).max().unwrap_or(0);
    if most > usize::from(u16::MAX) {
        return Err(Failure::Mismatch(format!("there cannot be {most} parameters")));
    }
    let mut ordered = vec![None; most];
    for (number, kind) in types {
        ordered[number - 1] = kind;
    }
    Ok(ordered)
}

fn scalar(number: usize, argument: &Argument, kind: Option<&DataType>) -> Result<ScalarValue, Failure> {
    let value = match argument {
        Argument::Null => ScalarValue::Null,
        Argument::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Argument::Integer(value) => ScalarValue::Int64(Some(*value)),
        Argument::Float(value) => ScalarValue::Float64(Some(*value)),
        Argument::Text(value) => ScalarValue::Utf8(Some(value.clone())),
    };
    match kind {
        None => Ok(value),
        Some(kind) => value
            .cast_to(kind)
            .map_err(|_| Failure::Value { number, type_name: crate::encode::kind::of(kind).name().to_owned() }),
    }
}

/// An error of the catalog, in words without those that only developers need.
pub(crate) fn failed(error: &DataFusionError) -> Failure {
    let text = error.find_root().strip_backtrace();
    let prefixes = [
        "Error during planning: ",
        "Execution error: ",
        "Schema error: ",
        "SQL error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
        "External error: ",
    ];
    let mut plain = text.as_str();
    while let Some(rest) = prefixes.iter().find_map(|prefix| plain.strip_prefix(prefix)) {
        plain = rest;
    }
    let message = crate::split::lower(plain.lines().next().unwrap_or_default());
    let state = crate::failure::query_state(&message);
    Failure::Catalog { message, state }
}
