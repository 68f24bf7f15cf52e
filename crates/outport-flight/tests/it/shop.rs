//! An engine that knows one shop, and policies about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use arrow::{
    array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use async_trait::async_trait;
use futures::{Stream, StreamExt, stream};
use outport_app::{
    engine::{
        Answer, Argument, Arguments, BatchStream, Engine, EngineError, Job, Prospect, Question, Reads, Reservation,
        Sight, View, Workshop,
    },
    memory::Allowance,
    policy::{
        Asking, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict, TableVerdict, Verdict,
    },
};
use outport_model::{
    access::{ColumnAccess, Mask, TableAccess},
    agreement::PortVersion,
    check::CheckResult,
    contract::{Column, Contract, DataType as ContractType},
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
    run::InputVersion,
    source::Source,
};
use outport_test::{fixture, policy::verdict};
use tokio::sync::mpsc::UnboundedSender;

/// Rows of the table `daily`.
pub(crate) const ROWS: usize = 3;

/// The columns of the table `daily` in its contract.
pub(crate) fn columns() -> Vec<Column> {
    let column = |name: &str, data_type, key: Option<u32>| Column {
        name: name.to_owned(),
        data_type,
        nullable: key.is_none(),
        primary_key: key,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    };
    vec![
        column("id", ContractType::Integer { bits: 64, signed: true }, Some(1)),
        column("email", ContractType::String, None),
        column("amount", ContractType::Decimal { precision: 10, scale: 2 }, None),
        column("day", ContractType::Date, None),
    ]
}

/// The rows of `daily`. Text is what the caller says: engines keep it as they please.
fn daily(text: &DataType, seen: &[String]) -> RecordBatch {
    let emails: ArrayRef = Arc::new(StringArray::from(vec![Some("a@x"), None, Some("a@x")]));
    let amounts = Decimal128Array::from(vec![150, 250, 999]).with_precision_and_scale(10, 2).unwrap();
    let all: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("email", cast(&emails, text).unwrap()),
        ("amount", Arc::new(amounts)),
        ("day", Arc::new(Date32Array::from(vec![20_000, 20_001, 20_002]))),
    ];
    let all = all.into_iter().filter(|(name, _)| seen.iter().any(|column| column == name));
    RecordBatch::try_from_iter(all).unwrap()
}

/// Answers a handful of queries.
#[derive(Debug)]
pub(crate) struct Shop {
    /// Is told when a query that never ends is given up.
    pub(crate) given_up: UnboundedSender<()>,
}

impl Shop {
    fn answer(&self, question: &Question, view: &View, text: &DataType) -> Result<Answer, EngineError> {
        let sql = question.sql.replace('"', "");
        let failing = || Err(EngineError::Sealed { table: "daily".to_owned(), reason: "the value 4711".to_owned() });
        let (schema, batches): (SchemaRef, BatchStream) = match sql.as_str() {
            "SELECT * FROM shop_sales.daily" => {
                let rows = daily(text, &seen(view)?);
                (rows.schema(), stream::iter([Ok(rows)]).boxed())
            }
            "SELECT amount FROM shop_sales.daily WHERE id = $1" => {
                let id = match &question.arguments {
                    Arguments::Positional(values) => values.first().cloned(),
                    Arguments::Named(_) => None,
                };
                let place = match id {
                    Some(Argument::Integer(id)) => usize::try_from(id - 1).unwrap_or(ROWS),
                    None if matches!(text, DataType::Utf8View) => ROWS,
                    other => return Err(wrong(&format!("`$1` is {other:?}"))),
                };
                let rows = daily(text, &["amount".to_owned()]);
                let rows = if place < ROWS { rows.slice(place, 1) } else { rows.slice(0, 0) };
                (rows.schema(), stream::iter([Ok(rows)]).boxed())
            }
            "SELECT count(*) AS n FROM shop_sales.daily WHERE $1 > 0" => {
                let all = match &question.arguments {
                    Arguments::Positional(values) if matches!(values.as_slice(), [Argument::Integer(1)]) => 3,
                    _ if matches!(text, DataType::Utf8View) => 0,
                    Arguments::Positional(values) if !values.is_empty() => 0,
                    _ => return Err(wrong("`$1` has no value")),
                };
                let counted: ArrayRef = Arc::new(Int64Array::from(vec![all]));
                let rows = RecordBatch::try_from_iter([("n", counted)]).unwrap();
                (rows.schema(), stream::iter([Ok(rows)]).boxed())
            }
            "SELECT broken" => {
                let rows = numbers(2);
                (rows.schema(), stream::iter([Ok(rows), failing()]).boxed())
            }
            "SELECT endless" => {
                let rows = numbers(2);
                let schema = rows.schema();
                let ends = GivenUp(self.given_up.clone());
                let batches = stream::iter([Ok(rows)]).chain(stream::pending());
                (schema, Watched { batches: batches.boxed(), _ends: ends }.boxed())
            }
            "SELECT many" => {
                let rows = numbers(100_000);
                (rows.schema(), stream::iter([Ok(rows)]).boxed())
            }
            "SELECT moving" => {
                let name = if matches!(text, DataType::Utf8View) { "before" } else { "after" };
                let rows = RecordBatch::new_empty(Arc::new(Schema::new(vec![Field::new(name, DataType::Int64, true)])));
                (rows.schema(), stream::iter([Ok(rows)]).boxed())
            }
            "SELECT * FROM warehouse" => {
                let (location, reason) = ("/srv/warehouse".to_owned(), "the value 4711".to_owned());
                return Err(EngineError::Warehouse { location, action: "read", reason });
            }
            _ => return Err(wrong("there is no table `salse`")),
        };
        Ok(Answer { schema, reads: reads(view), batches })
    }
}

fn wrong(reason: &str) -> EngineError {
    EngineError::Query { reason: reason.to_owned(), position: Some((1, 15)), help: Some("look at the name".to_owned()) }
}

fn numbers(count: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
    RecordBatch::try_from_iter([("n", numbers)]).unwrap()
}

/// The columns of `daily` that exist for whoever asks.
fn seen(view: &View) -> Result<Vec<String>, EngineError> {
    let (product, table) = (fixture::product("shop-sales"), fixture::table("daily"));
    let all = || columns().into_iter().map(|column| column.name);
    match view.products.get(&product).and_then(|visible| visible.tables.get(&table)) {
        Some(visible) => Ok(match &visible.sight {
            Sight::Whole => all().collect(),
            Sight::Part(access) => all().filter(|name| access.columns.contains_key(name)).collect(),
        }),
        None if view.withheld.contains(&(product.clone(), table.clone())) => {
            Err(EngineError::Withheld { product, table })
        }
        None => Err(wrong("there is no table `shop_sales.daily`")),
    }
}

fn reads(view: &View) -> Reads {
    let columns = seen(view).unwrap_or_default().into_iter().collect();
    BTreeMap::from([(fixture::product("shop-sales"), BTreeMap::from([(fixture::table("daily"), columns)]))])
}

struct GivenUp(UnboundedSender<()>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

struct Watched<S> {
    batches: S,
    _ends: GivenUp,
}

impl<S: Stream + Unpin> Stream for Watched<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.batches.poll_next_unpin(cx)
    }
}

#[async_trait]
impl Engine for Shop {
    async fn query(&self, question: &Question, view: &Arc<View>, _: &Allowance) -> Result<Answer, EngineError> {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        self.answer(question, view, &dictionary)
    }

    async fn prospect(&self, question: &Question, view: &Arc<View>) -> Result<Prospect, EngineError> {
        let answer = self.answer(question, view, &DataType::Utf8View)?;
        let known = question.sql.contains("$1").then(|| ("$1".to_owned(), Some(DataType::Int64)));
        Ok(Prospect { schema: answer.schema, parameters: known.into_iter().collect(), reads: answer.reads })
    }

    async fn pin(&self, _: &Source) -> Result<InputVersion, EngineError> {
        Err(EngineError::Cancelled)
    }

    async fn open(&self, _: Job) -> Result<Arc<dyn Workshop>, EngineError> {
        Err(EngineError::Cancelled)
    }

    async fn promised(&self, _: &str, _: &Arc<View>) -> Option<Vec<String>> {
        None
    }

    async fn test_contract(&self, _: &Contract, _: &BTreeMap<String, Source>) -> Result<Vec<CheckResult>, EngineError> {
        Err(EngineError::Cancelled)
    }

    async fn stored_tables(&self) -> Result<BTreeSet<String>, EngineError> {
        Ok(BTreeSet::new())
    }

    async fn reserve_tables(&self, _: &BTreeSet<String>) -> Result<Box<dyn Reservation>, EngineError> {
        Err(EngineError::Cancelled)
    }
}

/// Analysts read `shop-sales`; labels say which columns are `hidden` or `redacted`. Guests know of it. Nobody knows of
/// anything else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules;

impl PolicyCompiler for Rules {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(*self), warnings: Vec::new() })
    }
}

impl Rules {
    fn is_in(asking: &Asking<'_>, group: &str, port: &PortVersion) -> bool {
        port.product.as_str() == "shop-sales" && asking.principal.groups.iter().any(|name| name.as_str() == group)
    }
}

impl Policies for Rules {
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict {
        let group = if action == PortAction::Discover { "guests" } else { "analysts" };
        verdict(Self::is_in(asking, group, port))
    }

    fn table(&self, asking: &Asking<'_>, port: &PortVersion, _: &TableName) -> TableVerdict {
        if !Self::is_in(asking, "analysts", port) {
            return TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None };
        }
        let labelled = |label: &str, name: &str| {
            asking.principal.labels.get(label).is_some_and(|names| names.split(',').any(|known| known == name))
        };
        let columns = columns().into_iter().map(|column| column.name);
        let mut access = TableAccess::unrestricted([]);
        for name in columns.filter(|name| !labelled("hidden", name)) {
            let masked = labelled("redacted", &name);
            access.columns.insert(name, if masked { ColumnAccess::Masked(Mask::Redact) } else { ColumnAccess::Clear });
        }
        let rows = Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() });
        TableVerdict { read: verdict(true), access: Some(access), columns: Vec::new(), rows }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}
