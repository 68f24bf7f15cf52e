//! The store in SQLite: the conformance suite, and what can go wrong with a file.

use std::{error::Error, path::PathBuf};

use outport_app::store::StoreError;
use outport_model::run::RunState;
use outport_store::SqliteStore;
use outport_test::{
    fixture::{agreement, compiled, fingerprint, moment, principal_id, product, run, run_id, token, user},
    store::PutUser,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::conformance::{Home, Stores, build, conformance, prod};

conformance!(SqliteHome::new());

struct SqliteHome(TempDir);

impl SqliteHome {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("outport.db")
    }

    /// Runs SQL on the file, past the store.
    async fn execute(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.path()).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// What SQL on the file fails with.
    async fn refused(&self, sql: &'static str) -> String {
        let options = SqliteConnectOptions::new().filename(self.path());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let error = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err();
        connection.close().await.unwrap();
        error.to_string()
    }

    async fn open_error(&self) -> StoreError {
        SqliteStore::open(&self.path()).await.unwrap_err()
    }
}

impl Home for SqliteHome {
    async fn open(&self) -> Stores {
        Stores::of(&SqliteStore::open(&self.path()).await.unwrap())
    }
}

/// The message, then its sources.
fn chain(error: &dyn Error) -> String {
    let source = error.source().map(|source| format!(": {}", chain(source)));
    format!("{error}{}", source.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_make_the_file_at_once() {
    for _ in 0..5 {
        let home = SqliteHome::new();
        let opened: Vec<_> = (0..8)
            .map(|_| {
                let path = home.path();
                tokio::spawn(async move { SqliteStore::open(&path).await.map(|store| Stores::of(&store)) })
            })
            .collect();
        for stores in opened {
            stores.await.unwrap().unwrap().intents.intents(&prod()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_written_outlives_the_handle() {
    let home = SqliteHome::new();
    let store = SqliteStore::open(&home.path()).await.unwrap();
    Stores::of(&store).put(compiled("flights", "SELECT 1"), None).await.unwrap();
    store.close().await;
    assert_eq!(home.open().await.intents.intents(&prod()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/such/outport.db");
    let error = SqliteStore::open(&path).await.unwrap_err();
    let parent = path.parent().unwrap().display();
    assert_eq!(
        chain(&error),
        format!("the metadata store `{}` cannot be opened: the folder `{parent}` does not exist", path.display())
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let home = SqliteHome::new();
    std::fs::write(home.path(), "name,age\n".repeat(200)).unwrap();
    let error = home.open_error().await;
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(chain(&error).contains("file is not a database"), "{}", chain(&error));
    assert_eq!(std::fs::read_to_string(home.path()).unwrap(), "name,age\n".repeat(200));
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let home = SqliteHome::new();
    home.execute("CREATE TABLE product (sku TEXT)").await;
    let error = home.open_error().await;
    assert!(chain(&error).ends_with("cannot be opened: the file is a database of another program"), "{error:?}");
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let home = SqliteHome::new();
    SqliteStore::open(&home.path()).await.unwrap().close().await;
    home.execute("PRAGMA user_version = 99").await;
    assert!(matches!(home.open_error().await, StoreError::TooNew { found: 99, known: 5, .. }));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_takes_no_files_is_an_error() {
    // Permissions do not hold root back; this file system does.
    let error = SqliteStore::open("/proc/outport.db".as_ref()).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }));
    assert!(chain(&error).contains("unable to open database file"), "{}", chain(&error));
}

/// The last write of a publication fails, as on a full disk: nothing of it stays, and the next one succeeds.
#[tokio::test]
async fn a_publication_that_fails_at_its_end_leaves_nothing() {
    let home = SqliteHome::new();
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    let lease = stores.lease("flights", "one").await;
    stores.release(&lease, 1, "flights/a").await.unwrap();
    stores.runs.begin_run(&lease, &run("flights", 2)).await.unwrap();
    home.execute(
        "CREATE TRIGGER full BEFORE UPDATE OF current_release ON product BEGIN
            SELECT raise(ABORT, 'database or disk is full');
        END",
    )
    .await;
    let error = stores.publish(&lease, &run("flights", 2), "flights/b").await.unwrap_err();
    let text = chain(&error);
    assert!(text.starts_with("the metadata store failed to publish a release: "), "{text}");
    assert!(text.ends_with("database or disk is full"), "{text}");

    assert_eq!(stores.numbers("flights").await, [1]);
    assert_eq!(stores.current("flights").await.map(|number| number.0), Some(1));
    assert_eq!(stores.runs.runs(&prod(), &product("flights"), 1).await.unwrap()[0].state, RunState::Running);
    assert_eq!(stores.runs.check_results(run_id(2)).await.unwrap(), []);
    let code = build("flights/b").table.fingerprint;
    assert_eq!(stores.runs.find_build(&code, &fingerprint("inputs")).await.unwrap(), None);
    home.execute("DROP TRIGGER full").await;
    assert_eq!(stores.publish(&lease, &run("flights", 2), "flights/b").await.unwrap().number.0, 2);
}

#[tokio::test]
async fn a_value_of_a_later_format_is_not_misread() {
    let home = SqliteHome::new();
    let stores = home.open().await;
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    home.execute(r#"UPDATE intent_generation SET compiled = '{"format":2,"product":{}}'"#).await;
    let error = stores.intents.intents(&prod()).await.unwrap_err();
    assert_eq!(
        chain(&error),
        "the metadata store holds a product that cannot be read: it has format 2, this Outport knows 1"
    );
    home.execute(r#"UPDATE intent_generation SET compiled = '{"format":1'"#).await;
    let error = stores.intents.intents(&prod()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { what: "product", .. }), "{error:?}");
}

/// A removal that fails at its end, when tokens are revoked, removes nobody.
#[tokio::test]
async fn a_removal_that_fails_leaves_the_user() {
    let home = SqliteHome::new();
    let stores = home.open().await;
    stores.users.put_user(&user("ada")).await.unwrap();
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    let before = stores.policies.changes().await.unwrap();
    home.execute("CREATE TRIGGER full BEFORE UPDATE ON token BEGIN SELECT raise(ABORT, 'disk full'); END").await;
    let error = stores.users.remove_user(&principal_id("ada"), moment(9)).await.unwrap_err();
    assert!(chain(&error).starts_with("the metadata store failed to remove a user: "), "{}", chain(&error));
    assert_eq!(stores.users.users().await.unwrap(), [user("ada")]);
    assert_eq!(stores.tokens.tokens(None).await.unwrap(), [token("a1", "ada")]);
    assert_eq!(stores.policies.changes().await.unwrap(), before);
}

#[tokio::test]
async fn what_an_agreement_was_is_kept_by_the_database() {
    let home = SqliteHome::new();
    let stores = home.open().await;
    stores.agreements.add_agreement(&prod(), &agreement(1, "flights")).await.unwrap();
    let changed = home.refused("UPDATE agreement SET agreement = '{}'").await;
    assert!(changed.contains("what an agreement was is never changed"), "{changed}");
    let removed = home.refused("DELETE FROM agreement").await;
    assert!(removed.contains("what an agreement was is never removed"), "{removed}");
    assert_eq!(stores.agreements.agreements(&prod()).await.unwrap(), [agreement(1, "flights")]);
}

#[tokio::test]
async fn a_token_that_is_broken_is_not_taken_for_one() {
    let home = SqliteHome::new();
    let stores = home.open().await;
    stores.users.put_user(&user("ada")).await.unwrap();
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    for sql in ["UPDATE token SET id = 'A!'", "UPDATE token SET id = 'a1', scope = '{\"format\":1}'"] {
        home.execute(sql).await;
        let error = stores.tokens.tokens(None).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { what: "token" | "token's scope", .. }), "{error:?}");
    }
    let digest = home.refused("UPDATE token SET digest = x'00'").await;
    assert!(digest.contains("CHECK constraint failed"), "{digest}");
}
