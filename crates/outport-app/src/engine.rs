//! What the engine must do: compile, read sources, build, check, store tables, query.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use async_trait::async_trait;
use futures::Stream;
use outport_model::{
    access::{RowAccess, TableAccess},
    check::{CheckResult, Outcome},
    contract::{Column, Contract, TableSchema},
    diagnostic::Diagnostic,
    name::{PortName, ProductName, TableName},
    plan::CompiledProduct,
    product::{InputPort, OnViolation, Product},
    release::{ReleaseNumber, ReleasedTable, TableVersion},
    run::{InputVersion, RunId},
    source::Source,
};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::{event::Observer, gate::Limit, live::LiveTables, memory::Allowance};

/// Why the engine could not do it. The text names the cause; [`EngineError::help`] the way out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file, folder or glob leads to nothing.
    #[error("`{location}` leads to no file")]
    SourceMissing {
        /// The absolute location.
        location: String,
        /// The location as written in the bundle.
        written: String,
    },
    /// A source cannot be read.
    #[error("`{location}` cannot be read: {reason}")]
    SourceUnreadable {
        /// The file.
        location: String,
        /// Why, with the line where that is known.
        reason: String,
        /// What to do.
        help: String,
    },
    /// A source lacks columns that its contract names.
    #[error("`{location}` has no column {}", quoted(.missing))]
    SourceSchema {
        /// The file.
        location: String,
        /// What the contract names and the source lacks.
        missing: Vec<String>,
        /// What the source has.
        found: Vec<String>,
    },
    /// A source changed while it was read.
    #[error("`{location}` changed while it was read")]
    SourceChanged {
        /// The file.
        location: String,
    },
    /// A model failed on the data.
    #[error("model `{model}` failed: {reason}")]
    Model {
        /// The model.
        model: String,
        /// The bundle's file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A query cannot be planned or failed.
    #[error("{reason}")]
    Query {
        /// Why.
        reason: String,
        /// Line and column in the query, from 1.
        position: Option<(usize, usize)>,
        /// What to do.
        help: Option<String>,
    },
    /// A query names a table that the asker may know of and may not read.
    #[error("`{product}.{table}` may not be read")]
    Withheld {
        /// The product.
        product: ProductName,
        /// The table.
        table: TableName,
    },
    /// Reading a table failed for a reason that the asker must not be told.
    #[error("reading `{table}` failed")]
    Sealed {
        /// The table, as the query names it.
        table: String,
        /// Why, for the record alone.
        reason: String,
    },
    /// A query asks for single rows where only groups may be seen, or for groups that are too small to be told apart.
    #[error("`{table}` may only be read in groups of at least {minimum} rows: {reason}")]
    Ungrouped {
        /// The table, as the query names it.
        table: String,
        /// The fewest rows of a group.
        minimum: u32,
        /// What of the query does not fit.
        reason: String,
    },
    /// The store of tables cannot be read or written.
    #[error("the warehouse `{location}` failed to {action}: {reason}")]
    Warehouse {
        /// The table or folder.
        location: String,
        /// What it was to do.
        action: &'static str,
        /// Why.
        reason: String,
    },
    /// The disk is full.
    #[error("there is no space left on the disk that holds `{location}`")]
    DiskFull {
        /// What was being written.
        location: String,
    },
    /// There is not enough memory.
    #[error("`{what}` needs more memory than the limit of {bytes} bytes")]
    Memory {
        /// What was being done.
        what: String,
        /// Which limit.
        limit: Limit,
        /// What it is set to.
        bytes: u64,
    },
    /// It was asked to stop.
    #[error("it was stopped")]
    Cancelled,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

impl EngineError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::SourceMissing { written, .. } => {
                format!("put the file there, or correct `{written}` in the contract's `servers` or in `outport.yaml`")
            }
            Self::SourceUnreadable { help, .. } => help.clone(),
            Self::SourceSchema { found, .. } => format!(
                "the source has the columns {}; correct the contract's `properties` or the source",
                quoted(found)
            ),
            Self::SourceChanged { .. } => "run again once nothing writes to it".to_owned(),
            Self::Query { help, .. } => return help.clone(),
            Self::Withheld { .. } => "ask for access to it".to_owned(),
            Self::Ungrouped { minimum, .. } => {
                format!("group the rows, and count them: groups of fewer than {minimum} are left out")
            }
            Self::Model { file, .. } => format!("correct `{file}`, or the data that it reads"),
            Self::Warehouse { .. } => "check that the folder exists and can be written".to_owned(),
            Self::DiskFull { .. } => "free some space and run again; nothing was published".to_owned(),
            Self::Memory { .. } => "raise `OUTPORT_MEMORY_LIMIT`, or let the model do less at once".to_owned(),
            Self::Sealed { .. } | Self::Cancelled => return None,
        })
    }
}

/// Plans models without touching data.
#[async_trait]
pub trait Compiler: Send + Sync + std::fmt::Debug {
    /// Plans every model against tables that have only a schema, checks the results against the output contracts and
    /// derives lineage. `inputs` has the schema that guards each input port. All problems at once; warnings stand
    /// beside a result.
    async fn compile(
        &self,
        product: &Product,
        inputs: &BTreeMap<PortName, TableSchema>,
    ) -> (Option<CompiledProduct>, Vec<Diagnostic>);
}

/// One input of a run, decided before it begins.
#[derive(Debug, Clone)]
pub struct PinnedInput {
    /// The port as the bundle has it.
    pub port: InputPort,
    /// The schema that guards it.
    pub schema: TableSchema,
    /// What exactly is read.
    pub version: InputVersion,
}

/// What a run is to do.
#[derive(Debug, Clone)]
pub struct Job {
    /// The run.
    pub run: RunId,
    /// The product.
    pub compiled: Arc<CompiledProduct>,
    /// Its inputs.
    pub inputs: BTreeMap<PortName, PinnedInput>,
    /// Tables that are built already and are only to be read.
    pub built: BTreeMap<TableName, TableVersion>,
    /// Stops the work.
    pub cancel: CancellationToken,
    /// Is told how it goes.
    pub observer: Arc<dyn Observer>,
}

/// What checking an input gave.
#[derive(Debug, Clone)]
pub struct InputReport {
    /// Rows in the source.
    pub rows: u64,
    /// Rows held back ([`OnViolation::Quarantine`]).
    pub quarantined: u64,
    /// The results.
    pub results: Vec<CheckResult>,
}

/// A table that was written and that nobody sees yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    /// Rows.
    pub rows: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

/// Builds the tables of one run. Nothing that it writes is visible to consumers before the release is published. While
/// it lives its stored tables cannot be reserved, so it must live until they are part of a release.
#[async_trait]
pub trait Workshop: Send + Sync + std::fmt::Debug {
    /// Checks one input against its contract and, under [`OnViolation::Quarantine`], divides its rows.
    async fn check_input(&self, port: &PortName) -> Result<InputReport, EngineError>;

    /// Computes a model whose upstream models are built, and stages its rows. A view is only remembered.
    async fn build(&self, model: &TableName) -> Result<Staged, EngineError>;

    /// Audits the staged (or already built) table of a model against a table schema of an output contract.
    async fn audit(
        &self,
        contract: &Contract,
        tables: &BTreeMap<String, TableName>,
    ) -> Result<Vec<CheckResult>, EngineError>;

    /// Commits a staged table, a model's or a quarantine's.
    async fn commit(&self, table: &TableName) -> Result<TableVersion, EngineError>;

    /// Makes sure that no source changed since it was pinned.
    async fn verify_inputs(&self) -> Result<(), EngineError>;

    /// Removes what was staged and not committed.
    async fn discard(&self);
}

/// Record batches as they come.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch, EngineError>> + Send>>;

/// What one asker sees of the released tables, all at one moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The products that they may read anything of.
    pub products: BTreeMap<ProductName, VisibleProduct>,
    /// Releases that a query reads beside these: as the schema `product#number`, which no listing shows.
    pub beside: BTreeMap<(ProductName, ReleaseNumber), VisibleProduct>,
    /// Tables that they may know of and may not read.
    pub withheld: BTreeSet<(ProductName, TableName)>,
}

/// A product that someone may read something of.
#[derive(Debug, Clone)]
pub struct VisibleProduct {
    /// The release that is read.
    pub release: ReleaseNumber,
    /// What the product is for.
    pub purpose: Option<String>,
    /// The tables that they may read.
    pub tables: BTreeMap<TableName, VisibleTable>,
}

/// A table that someone may read.
#[derive(Debug, Clone)]
pub struct VisibleTable {
    /// The stored version.
    pub released: ReleasedTable,
    /// Where its rows are, if they are not in the warehouse; there is no stored version then.
    pub live: Option<Arc<dyn LiveTables>>,
    /// The output port that offers it.
    pub port: Option<PortName>,
    /// What it is about.
    pub description: Option<String>,
    /// What the contract says of its columns; empty for tables that no contract describes.
    pub columns: Vec<Column>,
    /// What they may see of it.
    pub sight: Sight,
}

/// How much of a table someone may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everything, as stored.
    Whole,
    /// This, and nothing else.
    Part(TableAccess),
}

/// A value for a parameter of a query; it takes the type that the query wants at its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A binary floating-point number.
    Float(f64),
    /// Text; also for days, moments and decimals, in SQL's notation.
    Text(String),
}

/// Values for the parameters of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// For `$1`, `$2`…
    Positional(Vec<Argument>),
    /// For `$name`…
    Named(BTreeMap<String, Argument>),
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

/// One query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// SQL, with parameters.
    pub sql: String,
    /// Their values.
    pub arguments: Arguments,
    /// Releases of products to read, where not their current ones.
    pub releases: BTreeMap<ProductName, ReleaseNumber>,
    /// Releases to read beside these, so that a query compares two: each is the schema `product#number`.
    pub beside: BTreeSet<(ProductName, ReleaseNumber)>,
}

impl Question {
    /// A query without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..Self::default() }
    }
}

/// One row of a table, by its key.
#[derive(Debug, Clone, PartialEq)]
pub struct LookUp {
    /// The product.
    pub product: ProductName,
    /// The table.
    pub table: TableName,
    /// The columns of the key, in its order, with the values that they are to have.
    pub key: Vec<(String, Argument)>,
    /// The columns of the answer.
    pub columns: Vec<String>,
}

impl LookUp {
    /// The query that asks for the same.
    pub fn question(&self) -> Question {
        let columns: Vec<String> = self.columns.iter().map(|name| identifier(name)).collect();
        let key = (1..).zip(&self.key).map(|(at, (name, _))| format!("{} = ${at}", identifier(name)));
        let (columns, key) = (columns.join(", "), key.collect::<Vec<_>>().join(" AND "));
        let table = format!("{}.{}", identifier(self.product.as_str()), identifier(self.table.as_str()));
        let arguments = Arguments::Positional(self.key.iter().map(|(_, value)| value.clone()).collect());
        Question { arguments, ..Question::new(format!("SELECT {columns} FROM {table} WHERE {key} LIMIT 1")) }
    }
}

/// A name as SQL takes it as it is.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns of each table that a query uses, whether or not it returns them.
pub type Reads = BTreeMap<ProductName, BTreeMap<TableName, BTreeSet<String>>>;

/// What a query would give.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// The columns of the answer.
    pub schema: SchemaRef,
    /// The parameters by name (`$1`, `$name`), with the type that each takes where the query tells.
    pub parameters: BTreeMap<String, Option<arrow::datatypes::DataType>>,
    /// What it would read.
    pub reads: Reads,
}

/// The answer to a query.
pub struct Answer {
    /// The columns.
    pub schema: SchemaRef,
    /// What is read.
    pub reads: Reads,
    /// The rows.
    pub batches: BatchStream,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Reads sources, builds, stores and queries.
#[async_trait]
pub trait Engine: Send + Sync + std::fmt::Debug {
    /// Decides what exactly would be read from files or a generator. Ports of other products are pinned by the release.
    async fn pin(&self, source: &Source) -> Result<InputVersion, EngineError>;

    /// Begins the work of a run.
    async fn open(&self, job: Job) -> Result<Arc<dyn Workshop>, EngineError>;

    /// Runs one query over what the asker sees, in no more memory than it is allowed. Dropping the answer's stream stops
    /// the query.
    async fn query(&self, question: &Question, view: &Arc<View>, allowance: &Allowance) -> Result<Answer, EngineError>;

    /// Looks up one row of what the asker sees. The answer is that to [`LookUp::question`], where several rows have the key
    /// any of them; an engine may know a shorter way to it.
    async fn look_up(&self, wanted: &LookUp, view: &Arc<View>, allowance: &Allowance) -> Result<Answer, EngineError> {
        self.query(&wanted.question(), view, allowance).await
    }

    /// Plans one query without running it.
    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError>;

    /// The columns of what a text would give, by name, if every name in it stands for something in the view; `None` where
    /// it does not plan. What counts of a table are the columns that its contract promises: no table is opened, and nothing
    /// is known of its rows.
    async fn promised(&self, sql: &str, view: &Arc<View>) -> Option<Vec<String>>;

    /// Tests a contract against data, without a bundle. `sources` has where the rows of each table are.
    async fn test_contract(
        &self,
        contract: &Contract,
        sources: &BTreeMap<String, Source>,
    ) -> Result<Vec<CheckResult>, EngineError>;

    /// Paths of all stored tables, relative to the warehouse.
    async fn stored_tables(&self) -> Result<BTreeSet<String>, EngineError>;

    /// Keeps every [`Workshop`], also of other processes, out of these stored tables. Those that one is working in now
    /// are left out.
    async fn reserve_tables(&self, paths: &BTreeSet<String>) -> Result<Box<dyn Reservation>, EngineError>;
}

/// Says which of some rows exist for someone, without any table of them: for trying policies.
#[async_trait]
pub trait Sieve: Send + Sync + std::fmt::Debug {
    /// For each row, whether it exists under this access, by what hides the rows of stored tables. Rows are objects as JSON
    /// has them, with columns of the table's contract; one that is left out has no value.
    async fn exist(
        &self,
        table: &TableSchema,
        rows: &[Map<String, Value>],
        access: &RowAccess,
    ) -> Result<Vec<bool>, EngineError>;
}

/// Stored tables that no workshop works in for as long as this lives.
#[async_trait]
pub trait Reservation: Send + Sync + std::fmt::Debug {
    /// The tables.
    fn paths(&self) -> &BTreeSet<String>;

    /// Removes some of them. A table that is gone already is no error.
    async fn remove(&self, paths: &BTreeSet<String>) -> Result<(), EngineError>;
}

/// What [`OnViolation`] makes of a report: whether the run may go on.
///
/// Quarantine holds back single rows, so what no single row breaks still fails the run.
pub fn may_go_on(on_violation: OnViolation, report: &InputReport) -> bool {
    let blocks = |r: &&CheckResult| r.outcome.blocks();
    match on_violation {
        OnViolation::Warn => true,
        OnViolation::Fail => !report.results.iter().any(|r| blocks(&r)),
        OnViolation::Quarantine => {
            !report.results.iter().filter(blocks).any(|r| r.outcome == Outcome::Error || !r.check.kind.is_row_rule())
        }
    }
}
