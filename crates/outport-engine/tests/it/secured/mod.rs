//! Queries over tables of which the asker sees everything, a part, or nothing.

mod attacks;
mod catalog;
mod groups;
mod look_ups;
mod masks;
mod parameters;
mod promised;
mod properties;
mod running;
mod samples;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use datafusion::arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use deltalake::DeltaTable;
use futures::TryStreamExt;
use outport_app::{
    clock::SystemClock,
    engine::{Answer, Argument, Arguments, Engine, EngineError, Question, Sight, View, VisibleProduct, VisibleTable},
    memory::Allowance,
};
use outport_engine::{LocalEngine, session::Limits};
use outport_model::{
    access::{ColumnAccess, Comparison, Condition, Mask, RowAccess, RowRule, TableAccess, Value},
    fingerprint::Fingerprint,
    release::{ReleaseNumber, ReleasedTable, TableRole, TableVersion},
};
use url::Url;

pub(super) use crate::source::texts;

/// An engine, its warehouse, and what someone sees of it.
pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) engine: LocalEngine,
    pub(super) view: View,
}

impl Home {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { memory: 1 << 28, threads: 2, spill: folder.path().to_owned() };
        let engine = LocalEngine::new(folder.path().join("warehouse"), &limits, Arc::new(SystemClock)).unwrap();
        Self { folder, engine: engine.with_mask_key([7; 32]), view: View::default() }
    }

    pub(super) fn path(&self, product: &str, table: &str) -> PathBuf {
        self.folder.path().join("warehouse").join(product).join(table)
    }

    /// Stores a table; each batch becomes a file.
    pub(super) async fn store(&self, product: &str, table: &str, batches: &[RecordBatch]) -> ReleasedTable {
        let path = self.path(product, table);
        std::fs::create_dir_all(&path).unwrap();
        let mut version = 0;
        for batch in batches {
            let stored = DeltaTable::try_from_url(Url::from_directory_path(&path).unwrap()).await.unwrap();
            version = stored.write([batch.clone()]).await.unwrap().version().unwrap();
        }
        let version = TableVersion {
            fingerprint: Fingerprint::of("test").part("table", table).finish(),
            path: format!("{product}/{table}"),
            version,
            rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
            bytes: 0,
        };
        ReleasedTable { role: TableRole::Output, version, major: Some(1) }
    }

    pub(super) fn show(&mut self, product: &str, table: &str, released: ReleasedTable, sight: Sight) {
        let product = self.view.products.entry(product.parse().unwrap()).or_insert_with(|| VisibleProduct {
            release: ReleaseNumber(1),
            purpose: None,
            tables: BTreeMap::new(),
        });
        let visible = VisibleTable { released, live: None, port: None, description: None, columns: Vec::new(), sight };
        product.tables.insert(table.parse().unwrap(), visible);
    }

    pub(super) async fn answer(&self, question: Question) -> Result<Answer, EngineError> {
        self.answer_within(question, &Allowance::unlimited()).await
    }

    pub(super) async fn answer_within(&self, question: Question, allowance: &Allowance) -> Result<Answer, EngineError> {
        self.engine.query(&question, &Arc::new(self.view.clone()), allowance).await
    }

    pub(super) async fn batches(&self, question: Question) -> Result<Vec<RecordBatch>, EngineError> {
        self.answer(question).await?.batches.try_collect().await
    }

    pub(super) async fn try_ask(&self, sql: &str) -> Result<Vec<String>, EngineError> {
        Ok(texts(&self.batches(Question::new(sql)).await?))
    }

    /// Rows as text, fields divided by `|`.
    pub(super) async fn ask(&self, sql: &str) -> Vec<String> {
        self.try_ask(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    pub(super) async fn failure(&self, sql: &str) -> EngineError {
        match self.try_ask(sql).await {
            Ok(rows) => panic!("{sql} gives {rows:?}"),
            Err(error) => error,
        }
    }

    /// A failure, as people read it.
    pub(super) async fn told(&self, sql: &str) -> String {
        let error = self.failure(sql).await;
        format!("{error}\n{}", error.help().unwrap_or_default())
    }
}

pub(super) fn positional(sql: &str, values: Vec<Argument>) -> Question {
    Question { arguments: Arguments::Positional(values), ..Question::new(sql) }
}

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// People in two files. Those of `US` and of no region are hidden from most.
pub(super) fn staff() -> Vec<RecordBatch> {
    type Row = (i64, Option<&'static str>, Option<i64>, Option<&'static str>, Option<&'static str>, Option<i32>);
    let file = |rows: &[Row]| {
        batch(vec![
            ("id", Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>())),
            ("region", Arc::new(rows.iter().map(|r| r.1).collect::<StringArray>())),
            ("salary", Arc::new(rows.iter().map(|r| r.2).collect::<Int64Array>())),
            ("email", Arc::new(rows.iter().map(|r| r.3).collect::<StringArray>())),
            ("note", Arc::new(rows.iter().map(|r| r.4).collect::<StringArray>())),
            ("born", Arc::new(rows.iter().map(|r| r.5).collect::<Date32Array>())),
            ("Secret", Arc::new(rows.iter().map(|r| Some(r.0 * 100)).collect::<Int64Array>())),
        ])
    };
    vec![
        file(&[
            (1, Some("EU"), Some(4000), Some("a@x.org"), Some("11"), Some(0)),
            (2, Some("US"), Some(5000), Some("b@x.org"), Some("hidden text"), Some(365)),
            (3, Some("EU"), Some(6000), Some("c@x.org"), Some("33"), Some(400)),
        ]),
        file(&[
            (4, None, Some(7000), Some("d@x.org"), Some("hidden too"), Some(800)),
            (5, Some("EU"), None, None, None, None),
            (6, Some("US"), Some(9_223_372_036_854_775_807), Some("a@x.org"), Some("66"), Some(-1)),
        ]),
    ]
}

/// `region = 'EU'`; mails are redacted and `Secret` does not exist.
pub(super) fn european() -> TableAccess {
    let clear = ["id", "region", "salary", "note", "born"];
    let mut columns: BTreeMap<_, _> = clear.iter().map(|name| ((*name).to_owned(), ColumnAccess::Clear)).collect();
    columns.insert("email".to_owned(), ColumnAccess::Masked(Mask::Redact));
    TableAccess { columns, rows: only(equals("region", "EU")), minimum_group: None, agreement: None }
}

pub(super) fn equals(column: &str, text: &str) -> Condition {
    let value = Value::Text(text.to_owned());
    Condition::Compare { column: column.to_owned(), comparison: Comparison::Equal, value }
}

pub(super) fn only(condition: Condition) -> RowAccess {
    RowAccess::Where(RowRule { permits: vec![condition], forbids: Vec::new() })
}

/// A home with `shop.staff`, of which the asker sees this.
pub(super) async fn home_with(access: TableAccess) -> Home {
    let mut home = Home::new();
    let staff = home.store("shop", "staff", &staff()).await;
    home.show("shop", "staff", staff, Sight::Part(access));
    home
}

pub(super) async fn european_home() -> Home {
    home_with(european()).await
}
