//! Rows by their key: what is found is what the query finds, from whatever is kept in memory.

use std::collections::BTreeSet;

use outport_app::{engine::LookUp, memory::Allowance};
use outport_model::contract::{Column, DataType};
use proptest::{collection::vec, prelude::*};

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
        let asked = self.plain.query(&wanted.question(), &view, &unlimited).await.unwrap();
        assert_eq!(found.schema.fields(), asked.schema.fields());
        assert_eq!(found.reads, asked.reads);
        let found: Vec<RecordBatch> = found.batches.try_collect().await.unwrap();
        let asked: Vec<RecordBatch> = asked.batches.try_collect().await.unwrap();
        assert_eq!(texts(&found), texts(&asked), "{wanted:?}");
        texts(&found)
    }
}

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
