//! The store in one SQLite file.

mod agreement;
mod feedback;
mod intent;
mod lease;
mod migrate;
mod policy;
mod question;
mod rating;
mod release;
mod run;
mod token;
mod user;

use std::{path::Path, sync::Arc, time::Duration};

use outport_app::store::{Lease, StoreError};
use outport_model::name::{ProductName, WorkspaceName};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::stored::signed;

/// How long a transaction waits for another process to finish its own. Transactions here take milliseconds; the rest
/// is for slow disks.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many connections read beside the writer.
const READERS: u32 = 4;

/// The metadata store in one SQLite file, for as many processes of one machine as like.
///
/// Writers of this process queue for one connection, those of other processes for SQLite's lock; readers never wait and
/// see one moment. The file must not be on a network file system: write-ahead logs need shared memory.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl SqliteStore {
    /// Opens the store, makes it where it does not exist, and brings its tables to this version. The folder must exist.
    ///
    /// # Errors
    /// [`StoreError::Open`] where the file cannot be made, written or is not Outport's; [`StoreError::TooNew`] where a
    /// newer Outport wrote it.
    pub async fn open(path: &Path) -> Result<Arc<Self>, StoreError> {
        let location = path.display().to_string();
        let options = options(path);
        let writer = migrate::connect(&location, path, &options).await?;
        let reader = pool(READERS).connect_lazy_with(options.create_if_missing(false).read_only(true));
        let store = Self { writer, reader };
        migrate::migrate(&location, &store.writer).await?;
        Ok(Arc::new(store))
    }

    /// Closes all connections; what is under way ends first. Without it they close some time after the store is dropped.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Begins to write: with the lock from the start, so that what is read in the transaction cannot have changed when
    /// it writes (a deferred one would fail in the middle).
    async fn write(&self, action: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(action))
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would lose the last commits at a power cut: a release that consumers have read would be gone, and the
        // garbage collector may have removed the tables of the one before. One fsync for each commit is the price.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // Reopening a local file gains nothing.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Names what the database was to do.
fn failed(action: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Database { action, source: Box::new(source) }
}

/// Refuses whoever does not hold the lease (any more), or holds that of another product.
async fn check_fence(
    connection: &mut SqliteConnection,
    lease: &Lease,
    product: &ProductName,
    action: &'static str,
) -> Result<(), StoreError> {
    let held: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM lease WHERE workspace = ? AND product = ? AND holder = ? AND fence = ?)",
    )
    .bind(lease.workspace.as_str())
    .bind(product.as_str())
    .bind(&lease.holder)
    .bind(signed("fence", lease.fence)?)
    .fetch_one(connection)
    .await
    .map_err(failed(action))?;
    if held && lease.product == *product { Ok(()) } else { Err(StoreError::LeaseLost { product: product.clone() }) }
}

/// The row of a product that is on record or may come to be.
async fn ensure_product(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    product: &ProductName,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO product (workspace, product) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(workspace.as_str())
        .bind(product.as_str())
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}
