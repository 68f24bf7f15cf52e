//! An engine that computes what it is asked over tables in memory, and only over those that the asker sees.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use arrow::{
    array::{ArrayRef, Int64Array},
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use async_trait::async_trait;
use datafusion::{
    catalog::{MemTable, MemorySchemaProvider, SchemaProvider, TableProvider, streaming::StreamingTable},
    common::{ParamValues, ScalarValue},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext, context::SQLOptions},
    physical_plan::{stream::RecordBatchStreamAdapter, streaming::PartitionStream},
    prelude::{DataFrame, SessionConfig, SessionContext},
};
use futures::StreamExt;
use outport_app::{
    engine::{
        Answer, Argument, Arguments, Engine, EngineError, Job, Prospect, Question, Reads, Reservation, Sight, View,
        Workshop,
    },
    memory::Allowance,
};
use outport_model::{check::CheckResult, contract::Contract, run::InputVersion, source::Source};
use outport_test::engine::ScriptedEngine;

/// What stands in a table.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Batch(RecordBatch),
    /// Numbers from 0 on, without end; how many batches were read is counted.
    Endless(Arc<AtomicUsize>),
    /// Two rows, and then an error that nobody may be told.
    Broken,
}

/// Computes.
#[derive(Debug, Clone, Default)]
pub(crate) struct SqlEngine {
    scripted: ScriptedEngine,
    data: Arc<Mutex<BTreeMap<String, Data>>>,
}

impl SqlEngine {
    /// With an engine that builds what is asked, and tables by `product.table`.
    pub(crate) fn new(scripted: ScriptedEngine) -> Self {
        Self { scripted, data: Arc::default() }
    }

    pub(crate) fn put(&self, table: &str, data: Data) {
        self.data.lock().unwrap().insert(table.to_owned(), data);
    }

    fn context(&self, view: &View) -> SessionContext {
        let config = SessionConfig::new().with_default_catalog_and_schema("outport", "main").with_target_partitions(1);
        let context = SessionContext::new_with_config(config);
        for (product, visible) in &view.products {
            let schema = MemorySchemaProvider::new();
            for (table, visible) in &visible.tables {
                let data = self.data.lock().unwrap().get(&format!("{product}.{table}")).cloned();
                if let Some(data) = data {
                    schema.register_table(table.sql(), provider(data, &visible.sight)).unwrap();
                }
            }
            context.catalog("outport").unwrap().register_schema(&product.sql(), Arc::new(schema)).unwrap();
        }
        context
    }

    async fn plan(&self, question: &Question, view: &View) -> Result<DataFrame, EngineError> {
        let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        self.context(view).sql_with_options(&question.sql, only_queries).await.map_err(|error| failed(&error))
    }
}

fn provider(data: Data, sight: &Sight) -> Arc<dyn TableProvider> {
    match data {
        Data::Batch(batch) => {
            let schema = batch.schema();
            let seen = (0..batch.num_columns()).filter(|place| match sight {
                Sight::Whole => true,
                Sight::Part(access) => access.columns.contains_key(schema.field(*place).name()),
            });
            let batch = batch.project(&seen.collect::<Vec<_>>()).unwrap();
            Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap())
        }
        Data::Endless(count) => streaming(Numbers { schema: numbers(), count, broken: false }),
        Data::Broken => streaming(Numbers { schema: numbers(), count: Arc::default(), broken: true }),
    }
}

fn streaming(numbers: Numbers) -> Arc<dyn TableProvider> {
    Arc::new(StreamingTable::try_new(Arc::clone(&numbers.schema), vec![Arc::new(numbers)]).unwrap())
}

fn numbers() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]))
}

#[derive(Debug)]
struct Numbers {
    schema: SchemaRef,
    count: Arc<AtomicUsize>,
    broken: bool,
}

impl PartitionStream for Numbers {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (schema, count, broken) = (Arc::clone(&self.schema), Arc::clone(&self.count), self.broken);
        let batches = futures::stream::iter(0_i64..).then(move |number| {
            let (schema, count) = (Arc::clone(&schema), Arc::clone(&count));
            async move {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
                if broken && number > 0 {
                    return Err(DataFusionError::Execution("the disk says `hidden value 42`".to_owned()));
                }
                let size = if broken { 2 } else { 1_000 };
                let column: ArrayRef = Arc::new(Int64Array::from_iter_values(number * size..(number + 1) * size));
                Ok(RecordBatch::try_new(schema, vec![column])?)
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn failed(error: &DataFusionError) -> EngineError {
    let text = error.find_root().strip_backtrace();
    let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason).to_owned();
    let reason = match reason.split('\'').nth(1) {
        Some(name) if reason.starts_with("table '") => {
            let name = name.trim_start_matches("outport.").trim_start_matches("main.");
            format!("there is no table `{name}`")
        }
        _ => reason,
    };
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let position = span.map(|span| (span.start.line.try_into().unwrap(), span.start.column.try_into().unwrap()));
    EngineError::Query { reason, position, help: Some("look at `\\dt *.*`".to_owned()) }
}

fn reads(view: &View, sql: &str) -> Reads {
    let named = view.products.iter().map(|(product, visible)| {
        let tables = visible.tables.keys().filter(|table| sql.contains(&format!("{}.{}", product.sql(), table.sql())));
        (product.clone(), tables.map(|table| (table.clone(), BTreeSet::new())).collect::<BTreeMap<_, _>>())
    });
    named.filter(|(_, tables)| !tables.is_empty()).collect()
}

fn scalar(argument: &Argument, kind: Option<&DataType>) -> Result<ScalarValue, EngineError> {
    let value = match argument {
        Argument::Null => ScalarValue::Null,
        Argument::Boolean(value) => ScalarValue::Boolean(Some(*value)),
        Argument::Integer(value) => ScalarValue::Int64(Some(*value)),
        Argument::Float(value) => ScalarValue::Float64(Some(*value)),
        Argument::Text(value) => ScalarValue::Utf8(Some(value.clone())),
    };
    kind.map_or(Ok(value.clone()), |kind| value.cast_to(kind)).map_err(|error| failed(&error))
}

#[async_trait]
impl Engine for SqlEngine {
    async fn pin(&self, source: &Source) -> Result<InputVersion, EngineError> {
        self.scripted.pin(source).await
    }

    async fn open(&self, job: Job) -> Result<Arc<dyn Workshop>, EngineError> {
        self.scripted.open(job).await
    }

    async fn query(&self, question: &Question, view: &Arc<View>, _: &Allowance) -> Result<Answer, EngineError> {
        let mut frame = self.plan(question, view).await?;
        let Arguments::Positional(arguments) = &question.arguments else { panic!("this door numbers its parameters") };
        if !arguments.is_empty() {
            let types = frame.logical_plan().get_parameter_types().unwrap();
            let values = (1..).zip(arguments).map(|(number, argument)| {
                scalar(argument, types.get(&format!("${number}")).and_then(Option::as_ref)).map(Into::into)
            });
            let values = ParamValues::List(values.collect::<Result<_, _>>()?);
            frame = frame.with_param_values(values).map_err(|error| failed(&error))?;
        }
        let stream = frame.execute_stream().await.map_err(|error| failed(&error))?;
        let schema = stream.schema();
        let sealed = |error: DataFusionError| EngineError::Sealed { table: "it".to_owned(), reason: error.to_string() };
        let batches = stream.map(move |batch| batch.map_err(sealed));
        Ok(Answer { schema, reads: reads(view, &question.sql), batches: Box::pin(batches) })
    }

    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
        let frame = self.plan(question, view).await?;
        let parameters = frame.logical_plan().get_parameter_types().map_err(|error| failed(&error))?;
        let schema = Arc::clone(frame.schema().inner());
        Ok(Prospect { schema, parameters: parameters.into_iter().collect(), reads: reads(view, &question.sql) })
    }

    async fn promised(&self, _: &str, _: &Arc<View>) -> Option<Vec<String>> {
        None
    }

    async fn test_contract(
        &self,
        contract: &Contract,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Vec<CheckResult>, EngineError> {
        self.scripted.test_contract(contract, sources).await
    }

    async fn stored_tables(&self) -> Result<BTreeSet<String>, EngineError> {
        self.scripted.stored_tables().await
    }

    async fn reserve_tables(&self, paths: &BTreeSet<String>) -> Result<Box<dyn Reservation>, EngineError> {
        self.scripted.reserve_tables(paths).await
    }
}
