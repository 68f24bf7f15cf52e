//! How answers come.

use std::time::Duration;

use futures::StreamExt;
use outport_app::{gate::Limit, memory::Budget};
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn dropping_the_rows_stops_the_work() {
    let home = european_home().await;
    let endless = "SELECT a.value, s.id FROM shop.staff s CROSS JOIN generate_series(1, 1000000000000) a \
                   WHERE a.value % 7 > s.id";
    let allowance = allowed(1 << 26, 1 << 26);
    let mut answer = home.answer_within(Question::new(endless), &allowance).await.unwrap();
    answer.batches.next().await.unwrap().unwrap();
    assert!(allowance.shared.taken() > 0);
    drop(answer);
    // What it took is given back by the task that goes on for it, when that ends.
    given_back(&allowance).await;
}

/// Here everything waits on one thread.
#[tokio::test]
async fn what_computes_for_long_keeps_nothing_else_waiting() {
    let home = european_home().await;
    let long = "SELECT count(*) FROM generate_series(1, 1000) a(x) CROSS JOIN generate_series(1, 20000) b(y) \
                WHERE (x + y) % 7 = 3";
    let waits = async {
        let mut turns = 0_u64;
        loop {
            tokio::task::yield_now().await;
            turns += 1;
            if turns == 10_000 {
                return;
            }
        }
    };
    let answered = home.ask(long);
    tokio::select! {
        biased;
        rows = answered => panic!("{rows:?} came before anything else did"),
        () = waits => {}
    }
}

#[tokio::test]
async fn rows_come_after_the_question_is_forgotten() {
    let home = european_home().await;
    let answer = home.answer(Question::new("SELECT table_name FROM information_schema.columns")).await.unwrap();
    let Home { folder: _folder, engine, .. } = home;
    drop(engine);
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await.unwrap();
    assert_eq!(texts(&batches).len(), 12);
}

#[tokio::test]
async fn answers_of_masked_columns_may_be_null() {
    let home = european_home().await;
    let answer = home.answer(Question::new("SELECT email, id FROM shop.staff")).await.unwrap();
    assert!(answer.schema.field(0).is_nullable());
    let schema = answer.schema;
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await.unwrap();
    assert!(batches.iter().all(|batch| batch.schema() == schema));
}

/// What a query may take of memory, and what its principal may.
fn allowed(bytes: u64, together: u64) -> Allowance {
    Allowance { bytes, shared: Arc::new(Budget::new(together)) }
}

/// The rows of a query in so much memory.
async fn within(home: &Home, sql: &str, allowance: &Allowance) -> Result<Vec<RecordBatch>, EngineError> {
    home.answer_within(Question::new(sql), allowance).await?.batches.try_collect().await
}

/// Everything is given back, once the tasks of the query have noticed that it has ended.
async fn given_back(allowance: &Allowance) {
    let back = async {
        while allowance.shared.taken() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_mins(1), back).await.expect("something is kept");
}

/// The build side of this join is 16 MB of numbers, and a hash table over them.
const JOIN: &str = "SELECT count(*) FROM generate_series(1, 2000000) a JOIN generate_series(1, 2000000) b \
                    ON a.value = b.value";

/// 32 MB of numbers to be sorted.
const SORT: &str = "SELECT value FROM generate_series(1, 4000000) ORDER BY value DESC";

/// Of a table that is shown whole: the scan reads no column, and is answered from the log.
#[tokio::test]
async fn a_limit_holds_where_no_column_is_read() {
    let mut home = Home::new();
    let staff = home.store("shop", "staff", &staff()).await;
    home.show("shop", "staff", staff, Sight::Whole);
    assert_eq!(home.ask("SELECT count(*) FROM (SELECT * FROM shop.staff LIMIT 4) AS s").await, ["4"]);
    assert_eq!(home.ask("SELECT count(*) FROM (SELECT * FROM shop.staff LIMIT 3 OFFSET 2) AS s").await, ["3"]);
    assert_eq!(home.ask("SELECT 'x' FROM shop.staff LIMIT 1").await, ["x"]);
    assert_eq!(home.ask("SELECT count(*) FROM shop.staff").await, ["6"]);
}

#[tokio::test]
async fn a_query_that_needs_more_memory_than_it_may_take_is_refused() {
    let home = european_home().await;
    let allowance = allowed(8 << 20, 1 << 30);
    let error = within(&home, JOIN, &allowance).await.unwrap_err();
    let EngineError::Memory { limit, bytes, .. } = error else { panic!("{error:?}") };
    assert_eq!((limit, bytes), (Limit::Memory, 8 << 20));
    given_back(&allowance).await;
    let enough = allowed(1 << 28, 1 << 30);
    assert_eq!(texts(&within(&home, JOIN, &enough).await.unwrap()), ["2000000"]);
    given_back(&enough).await;
}

#[tokio::test]
async fn queries_of_one_principal_take_no_more_memory_than_they_may_together() {
    let home = european_home().await;
    let allowance = allowed(1 << 28, 8 << 20);
    let error = within(&home, JOIN, &allowance).await.unwrap_err();
    let EngineError::Memory { limit, bytes, .. } = error else { panic!("{error:?}") };
    assert_eq!((limit, bytes), (Limit::PrincipalMemory, 8 << 20));
    given_back(&allowance).await;
}

#[tokio::test]
async fn everyone_takes_no_more_memory_than_there_is() {
    let home = european_home().await;
    // The engine of this home has 256 MiB, the hash table of this join needs more.
    let larger = JOIN.replace("2000000", "16000000");
    let error = within(&home, &larger, &Allowance::unlimited()).await.unwrap_err();
    let EngineError::Memory { limit, bytes, .. } = error else { panic!("{error:?}") };
    assert_eq!((limit, bytes), (Limit::MemoryLimit, 1 << 28));
}

#[tokio::test]
async fn what_can_spill_does_so_within_what_it_may_take() {
    let home = european_home().await;
    let allowance = allowed(48 << 20, 48 << 20);
    let rows = within(&home, SORT, &allowance).await.unwrap();
    let numbers = rows.iter().flat_map(|batch| {
        let column: &Int64Array = batch.column(0).as_any().downcast_ref().unwrap();
        column.values().to_vec()
    });
    assert!(numbers.eq((1..=4_000_000).rev()));
    given_back(&allowance).await;
}
