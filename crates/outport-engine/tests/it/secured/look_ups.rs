//! Rows by their key: what is found is what the query finds, from whatever is kept in memory.

use std::collections::BTreeSet;

use outport_app::{engine::LookUp, memory::Allowance};
use outport_model::contract::{Column, DataType};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    properties::{Row, accesses, rows, to_batch},
    *,
};

/// An engine that keeps tables in memory, and one over the same warehouse that keeps none.
struct Both {
    home: Home,
    plain: LocalEngine,
}

impl Both {
    fn new() -> Self {
        let home = Home::new();
        let limits = Limits { memory: 1 << 28, threads: 2, spill: home.folder.path().to_owned() };
        let warehouse = home.folder.path().join("warehouse");
        let plain = LocalEngine::new(warehouse, &limits, Arc::new(SystemClock)).unwrap().with_mask_key([7; 32]);
        let Home { folder, engine, view } = home;
        Self { home: Home { folder, engine: engine.with_cache(64 << 20), view }, plain }
    }

    /// `shop.t`, looked up by `id`.
    async fn show(&mut self, rows: &[Row], sight: Sight) {
        let middle = rows.len() / 2;
        let table = self.home.store("shop", "t", &[to_batch(&rows[..middle]), to_batch(&rows[middle..])]).await;
        self.home.show("shop", "t", table, sight);
        self.table().columns = vec![Column {
            name: "id".to_owned(),
            data_type: DataType::Integer { bits: 64, signed: true },
            nullable: false,
            primary_key: Some(1),
            unique: false,
            description: None,
            classification: None,
            tags: Vec::new(),
            deprecated: false,
        }];
    }

    fn table(&mut self) -> &mut VisibleTable {
        let product = self.home.view.products.values_mut().next().unwrap();
        product.tables.values_mut().next().unwrap()
    }

    /// Asks until the table is in memory.
    async fn warm(&self) {
        let mut questions = 0;
        while self.home.engine.tables_in_memory().is_empty() {
            self.home.ask("SELECT count(*) FROM shop.t").await;
            questions += 1;
            assert!(questions < 1_000, "the table does not come into memory");
            tokio::task::yield_now().await;
        }
        assert_eq!(self.home.engine.tables_in_memory(), BTreeSet::from(["shop/t".to_owned()]));
    }

    /// Looks a row up in memory, and asks for it in files. Both are to be the same; the row is given back as text.
    async fn find(&self, id: i64, columns: &[&str]) -> Vec<String> {
        let wanted = LookUp {
            product: "shop".parse().unwrap(),
            table: "t".parse().unwrap(),
            key: vec![("id".to_owned(), Argument::Integer(id))],
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        };
        let (view, unlimited) = (Arc::new(self.home.view.clone()), Allowance::unlimited());
        let found = self.home.engine.look_up(&wanted, &view, &unlimited).await.unwrap();
        let planned = self.home.engine.query(&wanted.question(), &view, &unlimited).await.unwrap();
        let asked = self.plain.query(&wanted.question(), &view, &unlimited).await.unwrap();
        let reads = asked.reads.clone();
        let asked = told(asked).await;
        for found in [found, planned] {
            assert_eq!(found.reads, reads);
            assert_eq!(told(found).await, asked, "{wanted:?}");
        }
        asked.1
    }

    /// What both answer to a question, which is to be the same.
    async fn agree(&self, question: &Question) {
        let (view, unlimited) = (Arc::new(self.home.view.clone()), Allowance::unlimited());
        let found = self.home.engine.query(question, &view, &unlimited).await.unwrap();
        let asked = self.plain.query(question, &view, &unlimited).await.unwrap();
        assert_eq!(told(found).await, told(asked).await, "{question:?}");
    }
}

/// The columns of an answer, and its rows in some order.
async fn told(answer: Answer) -> (Vec<(String, String, bool)>, Vec<String>) {
    let columns = answer.schema.fields().iter();
    let columns = columns.map(|field| (field.name().clone(), field.data_type().to_string(), field.is_nullable()));
    let columns = columns.collect();
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await.unwrap();
    assert!(batches.iter().all(|batch| batch.schema().fields() == answer.schema.fields()));
    let mut rows = texts(&batches);
    rows.sort();
    (columns, rows)
}

/// Conditions that say something of keys or of ranges, and some that do not.
const CONDITIONS: [&str; 24] = [
    "id = 3",
    "4 = id",
    "id = 3 AND id = 3",
    "id IN (1, 5, 5, 99)",
    "id IN (2, 3, 4, 6, 7, 8)",
    "id NOT IN (1, 2)",
    "id = 1 OR id = 9",
    "id = 1 OR text = 'a'",
    "id = 2 AND text = 'a'",
    "id IS NULL",
    "id = 3.0",
    "id BETWEEN 2 AND 6",
    "id <> 1",
    "whole > 1",
    "whole IS NULL",
    "big < -2",
    "text = 'ab' OR text > 'x'",
    "text LIKE 'a%'",
    "day < DATE '1970-01-02'",
    "at >= '1970-01-01T00:00:00Z'",
    "\"Money\" > 1.00",
    "flag",
    "NOT flag",
    "whole > big",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_row_in_memory_is_that_of_the_query(
        rows in rows(),
        accesses in vec(accesses(), 2),
        picks in vec(0_usize..1_000, 3),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::new();
            both.show(&rows, Sight::Whole).await;
            both.warm().await;
            // Askers of different rights, in turn, of the same rows in memory.
            for _ in 0..2 {
                for access in &accesses {
                    both.table().sight = Sight::Part(access.clone());
                    let columns: Vec<&str> = access.columns.keys().map(String::as_str).collect();
                    for pick in &picks {
                        let id = i64::try_from(pick % (rows.len() + 1)).unwrap();
                        both.find(id, &columns[..=pick % columns.len()]).await;
                    }
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn conditions_leave_out_the_same_rows_in_memory_and_in_files(
        rows in rows(),
        access in accesses(),
        conditions in vec(select(CONDITIONS.to_vec()), 6),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::new();
            both.show(&rows, Sight::Whole).await;
            both.warm().await;
            let all = conditions.iter().map(|condition| format!("({condition})")).collect::<Vec<_>>();
            let several = [all[..2].join(" AND "), all[2..5].join(" OR ")];
            for condition in all.iter().chain(&several) {
                both.agree(&Question::new(format!("SELECT id, text AS t FROM shop.t WHERE {condition}"))).await;
                both.agree(&Question::new(format!("SELECT count(*) FROM shop.t WHERE {condition}"))).await;
            }
            let shown: Vec<String> = access.columns.keys().map(|column| format!("\"{column}\"")).collect();
            let sees_key = access.columns.contains_key("id");
            both.table().sight = Sight::Part(access);
            for condition in ["id = 3", "id IN (1, 5, 5, 99)", "id > 2"].iter().filter(|_| sees_key) {
                both.agree(&Question::new(format!("SELECT {} FROM shop.t WHERE {condition}", shown.join(", ")))).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_by_their_key_have_the_names_and_the_number_that_a_query_wants() {
    let mut both = Both::new();
    let rows: Vec<Row> = (1..=9).map(|id| row(if id < 3 { 1 } else { id }, "text")).collect();
    both.show(&rows, Sight::Whole).await;
    both.warm().await;
    for sight in
        [Sight::Whole, Sight::Part(seeing(ColumnAccess::Clear)), Sight::Part(seeing(ColumnAccess::Masked(Mask::Null)))]
    {
        both.table().sight = sight;
        for sql in [
            "SELECT id FROM shop.t WHERE id = $1",
            "SELECT text, id AS number, text AS again FROM shop.t AS x WHERE x.id = $1",
            "SELECT id, text FROM shop.t WHERE id = $1 LIMIT 1",
            "SELECT id, text FROM shop.t WHERE id = $1 LIMIT 0",
            "SELECT id, text FROM shop.t WHERE id = $1 OFFSET 1",
            "SELECT id + 1 FROM shop.t WHERE id = $1",
            "SELECT DISTINCT id FROM shop.t WHERE id = $1",
            "SELECT a.id FROM shop.t a JOIN shop.t b ON a.id = b.id WHERE a.id = $1",
            "SELECT n FROM (SELECT id AS n FROM shop.t) WHERE n = $1",
        ] {
            for id in [1, 3, 99] {
                both.agree(&positional(sql, vec![Argument::Integer(id)])).await;
            }
            both.agree(&positional(sql, vec![Argument::Null])).await;
        }
    }
}

/// Everything but for texts, which are seen so.
fn seeing(text: ColumnAccess) -> TableAccess {
    let mut access = TableAccess::unrestricted(["id"]);
    access.columns.insert("text".to_owned(), text);
    access.rows = only(equals("text", "text"));
    access
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_key_is_not_looked_up() {
    let mut both = Both::new();
    both.show(&[row(1, "a"), row(2, "b")], Sight::Whole).await;
    both.warm().await;
    let mut access = TableAccess::unrestricted(["text"]);
    access.columns.insert("id".to_owned(), ColumnAccess::Masked(Mask::NumberBucket { width: 10 }));
    both.table().sight = Sight::Part(access);
    assert_eq!(both.home.ask("SELECT text FROM shop.t WHERE id = 1").await, Vec::<String>::new());
    assert_eq!(both.home.ask("SELECT text FROM shop.t WHERE id = 0 ORDER BY text").await, ["a", "b"]);
}

fn row(id: i64, text: &str) -> Row {
    Row { id, text: Some(text.to_owned()), ..Row::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_the_place_of_another_is_read_anew() {
    let mut both = Both::new();
    both.show(&[row(1, "first"), row(2, "first")], Sight::Whole).await;
    both.warm().await;
    assert_eq!(both.find(1, &["text"]).await, ["first"]);
    std::fs::remove_dir_all(both.home.path("shop", "t")).unwrap();
    both.show(&[row(1, "a table of the same name"), row(3, "second")], Sight::Whole).await;
    assert_eq!(both.find(1, &["text"]).await, ["a table of the same name"]);
    assert_eq!(both.find(2, &["text"]).await, Vec::<String>::new());
    assert_eq!(both.home.ask("SELECT id FROM shop.t ORDER BY id").await, ["1", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_answered_from_memory_alone() {
    let mut both = Both::new();
    both.show(&[row(1, "a"), row(2, "b")], Sight::Whole).await;
    both.warm().await;
    for file in std::fs::read_dir(both.home.path("shop", "t")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            std::fs::remove_file(path).unwrap();
        }
    }
    assert_eq!(both.home.ask("SELECT text FROM shop.t ORDER BY id").await, ["a", "b"]);
    let (question, view) = (Question::new("SELECT text FROM shop.t"), Arc::new(both.home.view.clone()));
    let failed = match both.plain.query(&question, &view, &Allowance::unlimited()).await {
        Ok(answer) => answer.batches.try_collect::<Vec<_>>().await.is_err(),
        Err(_) => true,
    };
    assert!(failed, "the files are gone");
}
