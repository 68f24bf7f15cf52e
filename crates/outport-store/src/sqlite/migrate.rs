//! Opening a file and bringing it to the newest format.
//!
//! The format is the number of the last migration, kept in the header (`PRAGMA user_version`), which each migration sets
//! itself. sqlx's own migrator takes no lock on SQLite, so two processes would run the same migration.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use outport_app::store::StoreError;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::{PATIENCE, pool};

/// Every migration in order; the first one makes format 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_record.sql"),
    include_str!("../../migrations/sqlite/0002_access.sql"),
    include_str!("../../migrations/sqlite/0003_feedback.sql"),
    include_str!("../../migrations/sqlite/0004_questions.sql"),
    include_str!("../../migrations/sqlite/0005_people.sql"),
];

/// What the header of Outport's files says in `PRAGMA application_id`.
const APPLICATION: i64 = 1_333_097_584;

/// Why a path is no store.
#[derive(Debug, thiserror::Error)]
enum NoStore {
    #[error("the folder `{}` does not exist", .0.display())]
    NoFolder(PathBuf),
    #[error("the file is a database of another program")]
    Foreign,
}

/// Opens the connection that writes.
pub(super) async fn connect(
    location: &str,
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    let begin = Instant::now();
    loop {
        match pool(1).connect_with(options.clone()).await {
            Ok(pool) => return Ok(pool),
            // SQLite does not wait by itself while another process turns the write-ahead log on.
            Err(error) if is_busy(&error) && begin.elapsed() < PATIENCE => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            Err(error) => return Err(why_not_open(location, path, error).await),
        }
    }
}

/// Runs the migrations that the file has not seen, all or none.
pub(super) async fn migrate(location: &str, writer: &SqlitePool) -> Result<(), StoreError> {
    let known = MIGRATIONS.len();
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(|error| cannot_open(location, error))?;
    let (application, found, objects): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
            (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(|error| cannot_open(location, error))?;
    let fresh = (application, found, objects) == (0, 0, 0);
    let seen = match usize::try_from(found) {
        _ if !fresh && application != APPLICATION => return Err(cannot_open(location, NoStore::Foreign)),
        Ok(seen) if seen <= known => seen,
        _ => {
            return Err(StoreError::TooNew { location: location.to_owned(), found, known: known.cast_signed() as i64 });
        }
    };
    for migration in MIGRATIONS.iter().skip(seen) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(|error| cannot_open(location, error))?;
    }
    transaction.commit().await.map_err(|error| cannot_open(location, error))
}

async fn why_not_open(location: &str, path: &Path, error: sqlx::Error) -> StoreError {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !tokio::fs::try_exists(folder).await.unwrap_or(true) => {
            cannot_open(location, NoStore::NoFolder(folder.to_owned()))
        }
        _ => cannot_open(location, error),
    }
}

fn cannot_open(location: &str, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Open { location: location.to_owned(), source: Box::new(source) }
}

/// `SQLITE_BUSY` or one of its extended codes, whose lowest byte is the same.
fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: u32 = 5;
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == BUSY)
}
