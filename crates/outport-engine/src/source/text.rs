//! Text files as a table.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
};

use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch},
        compute::concat_batches,
        datatypes::{DataType as ArrowType, Field as ArrowField, Schema, SchemaRef},
    },
    catalog::{Session, TableProvider},
    error::{DataFusionError, Result},
    execution::TaskContext,
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan, SendableRecordBatchStream,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::{StreamExt, TryStreamExt};
use outport_app::engine::EngineError;
use outport_model::{
    contract::{DataType, TableSchema},
    source::{Compression, CsvDialect, FileSource},
};
use serde_json::{Map, Value};

use super::{
    OpenedSource, cell,
    csv::Syntax,
    fault::{self, Fault},
    feed::{Origin, Piece, TextFiles, TextFormat},
    locate,
    queue::{Queue, Taker},
    rows::{Plan, Wanted},
};
use crate::types;

/// Files that together are smaller than this are parsed by one partition.
const SMALL: u64 = 1 << 20;

/// Opens CSV files.
pub(super) async fn open_csv(
    source: &FileSource,
    dialect: &CsvDialect,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    let syntax = Syntax::of(dialect, &source.location)?;
    let format = TextFormat::Csv { syntax, header: dialect.header, nulls: dialect.null_values.clone() };
    open(source, format, dialect.compression, schema).await
}

/// Opens text files.
pub(super) async fn open(
    source: &FileSource,
    format: TextFormat,
    compression: Compression,
    schema: &TableSchema,
) -> Result<OpenedSource, EngineError> {
    let columns = schema.columns.iter().map(|c| c.name.clone()).collect();
    let table = TextTable::new(&format, schema);
    let source = source.clone();
    let files = fault::blocking(move || {
        let files = TextFiles { files: locate::files(&source)?, format, compression, columns };
        files.inspect()?;
        Ok(files)
    });
    let raw = table.raw.iter().map(|(at, raw)| (table.columns[*at].0.clone(), raw.clone())).collect();
    let provider = TextTable { files: Arc::new(files.await?), ..table };
    Ok(OpenedSource { provider: Arc::new(provider), raw })
}

/// Rows that are at hand, each as JSON has it, in the columns of a contract's table.
///
/// # Errors
/// Where a value is none of its column's type.
pub(crate) fn sample(
    schema: &TableSchema,
    rows: &[Map<String, Value>],
) -> std::result::Result<RecordBatch, EngineError> {
    let wrong = |reason: String| fault::unreadable("a sample row", reason, "correct the row");
    let table = TextTable::new(&TextFormat::Ndjson, schema);
    let all: Vec<usize> = (0..table.schema.fields().len()).collect();
    let plan = Plan {
        format: TextFormat::Ndjson,
        wanted: table.wanted(&all),
        schema: Arc::clone(&table.schema),
        batch_rows: rows.len().max(1),
    };
    let lines: Vec<String> = rows.iter().map(|row| Value::Object(row.clone()).to_string()).collect();
    let origin = Arc::new(Origin { location: "a sample row".to_owned(), mapping: None });
    let batches = plan.parse(Piece { bytes: lines.join("\n").into_bytes(), line: 1, origin })?;
    let batch = concat_batches(&table.schema, &batches).map_err(|error| wrong(error.to_string()))?;
    for (at, (name, _)) in table.columns.iter().enumerate() {
        let texts = table.raw.get(&at).and_then(|raw| batch.column_by_name(raw)?.as_string_opt::<i32>());
        if let Some(text) = texts.and_then(|texts| texts.iter().flatten().next()) {
            return Err(wrong(format!("`{text}` is no value of `{name}`")));
        }
    }
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    batch.project(&columns).map_err(|error| wrong(error.to_string()))
}

/// The table over text files: the contract's columns, and after them a hidden column of text for each column whose
/// values can turn out unreadable.
struct TextTable {
    files: Arc<TextFiles>,
    columns: Vec<(String, DataType)>,
    raw: BTreeMap<usize, String>,
    schema: SchemaRef,
}

impl TextTable {
    fn new(format: &TextFormat, schema: &TableSchema) -> Self {
        let columns: Vec<_> = schema.columns.iter().map(|c| (c.name.clone(), c.data_type.clone())).collect();
        let always = |t: &DataType| matches!(format, TextFormat::Csv { .. }) && cell::is_any_text(t);
        let raw: BTreeMap<_, _> = columns
            .iter()
            .enumerate()
            .filter(|(_, (_, t))| !always(t))
            .map(|(at, (name, _))| (at, super::raw_name(name)))
            .collect();
        let mut fields: Vec<_> = types::to_nullable_schema(schema).fields().iter().cloned().collect();
        fields.extend(raw.values().map(|name| Arc::new(ArrowField::new(name, ArrowType::Utf8, true))));
        let files = TextFiles {
            files: Vec::new(),
            format: format.clone(),
            compression: Compression::None,
            columns: Vec::new(),
        };
        Self { files: Arc::new(files), columns, raw, schema: Arc::new(Schema::new(fields)) }
    }

    /// The columns that a projection needs, and where their values and raw texts go.
    fn wanted(&self, projection: &[usize]) -> Vec<Wanted> {
        let mut wanted: BTreeMap<usize, Wanted> = BTreeMap::new();
        let hidden: Vec<usize> = self.raw.keys().copied().collect();
        for (slot, at) in projection.iter().enumerate() {
            let place = at.checked_sub(self.columns.len()).map_or(*at, |h| hidden[h]);
            let (name, data_type) = &self.columns[place];
            let entry = wanted.entry(place).or_insert_with(|| Wanted {
                place,
                name: name.clone(),
                data_type: data_type.clone(),
                value: None,
                raw: None,
            });
            if *at < self.columns.len() {
                entry.value = Some(slot);
            } else {
                entry.raw = Some(slot);
            }
        }
        wanted.into_values().collect()
    }

    fn plan_scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&projection)?);
        let plan = Plan {
            format: self.files.format.clone(),
            wanted: self.wanted(&projection),
            schema: Arc::clone(&schema),
            batch_rows: state.config().batch_size().max(1),
        };
        let small = self.files.files.iter().map(|f| f.length).sum::<u64>() < SMALL;
        let partitions = if small { 1 } else { state.config().target_partitions().max(1) };
        let scan = Arc::new(Scan { plan, files: Arc::clone(&self.files), partitions, work: Mutex::default() });
        let partition = |number| Arc::new(Partition { scan: Arc::clone(&scan), number }) as Arc<dyn PartitionStream>;
        let partitions = (0..partitions).map(partition).collect();
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, None, false, limit)?))
    }
}

impl fmt::Debug for TextTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextTable").field("files", &self.files.files.len()).finish_non_exhaustive()
    }
}

impl TableProvider for TextTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'life0, 'life1, 'life2, 'life3, 'async_trait>(
        &'life0 self,
        state: &'life1 dyn Session,
        projection: Option<&'life2 Vec<usize>>,
        _filters: &'life3 [Expr],
        limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        'life3: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(std::future::ready(self.plan_scan(state, projection, limit)))
    }
}

/// One scan over all files, shared by its partitions.
struct Scan {
    plan: Plan,
    files: Arc<TextFiles>,
    partitions: usize,
    work: Mutex<Option<Work>>,
}

/// One pass over the files.
struct Work {
    queue: Arc<Queue<Result<Piece, EngineError>>>,
    joined: Vec<bool>,
}

impl Scan {
    /// Joins the pass under way, or begins another one where this partition has had its share of it already. Files are
    /// read only once somebody has joined: pieces that nobody waits for are not wanted.
    fn join(&self, partition: usize) -> Taker<Result<Piece, EngineError>> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = work.as_mut().filter(|w| !w.joined[partition]) {
            current.joined[partition] = true;
            return current.queue.join();
        }
        let producers = self.files.files.len().clamp(1, self.partitions);
        let queue = Queue::new(2 * self.partitions, producers);
        let mut joined = vec![false; self.partitions];
        joined[partition] = true;
        let taker = queue.join();
        self.begin(producers, &queue);
        *work = Some(Work { queue, joined });
        taker
    }

    fn begin(&self, producers: usize, queue: &Arc<Queue<Result<Piece, EngineError>>>) {
        let next = Arc::new(AtomicUsize::new(0));
        for _ in 0..producers {
            let (files, queue, next) = (Arc::clone(&self.files), Arc::clone(queue), Arc::clone(&next));
            tokio::task::spawn_blocking(move || files.feed(&next, &queue));
        }
    }
}

struct Partition {
    scan: Arc<Scan>,
    number: usize,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partition").field("number", &self.number).finish_non_exhaustive()
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.plan.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (scan, number) = (Arc::clone(&self.scan), self.number);
        let joined = Arc::clone(&scan);
        let pieces = futures::stream::once(async move { joined.join(number) }).flatten();
        let batches = pieces
            .map(move |piece| {
                let batches = piece.and_then(|p| scan.plan.parse(p)).map_err(|e| DataFusionError::from(Fault(e)))?;
                Ok::<_, DataFusionError>(futures::stream::iter(batches.into_iter().map(Ok)))
            })
            .try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(PartitionStream::schema(self)), batches))
    }
}
