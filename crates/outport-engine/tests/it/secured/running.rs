//! How answers come.

use std::time::Duration;

use futures::StreamExt;
use tokio::{runtime::Handle, time::timeout};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_rows_stops_the_work() {
    let home = european_home().await;
    let before = Handle::current().metrics().num_alive_tasks();
    let endless = "SELECT a.value, s.id FROM shop.staff s CROSS JOIN generate_series(1, 1000000000000) a \
                   WHERE a.value % 7 > s.id";
    let mut answer = home.answer(Question::new(endless)).await.unwrap();
    answer.batches.next().await.unwrap().unwrap();
    assert!(Handle::current().metrics().num_alive_tasks() > before);
    drop(answer);
    let stopped = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_mins(1), stopped).await.expect("it goes on");
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
