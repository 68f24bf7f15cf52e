//! Releases, and the stored tables that they need.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::store::{HistoryEntry, HistoryKind, Lease, ReleaseStore, StoreError};
use outport_model::{
    name::{ProductName, TableName, WorkspaceName},
    release::{Release, ReleaseNumber, ReleasedTable},
    run::{Run, RunId},
};
use serde_json::json;
use sqlx::{FromRow, Sqlite, SqliteConnection, SqliteExecutor, Transaction};

use super::{SqliteStore, check_fence, failed, intent};
use crate::{
    KEPT_RELEASES,
    stored::{decode, encode, moment, parse, signed, unsigned},
};

const GO_BACK: &str = "make another release current";
const FORGET: &str = "forget stored tables";

#[async_trait]
impl ReleaseStore for SqliteStore {
    async fn current_releases(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Release>, StoreError> {
        let rows: Vec<ReleaseRow> = sqlx::query_as(
            "SELECT release.* FROM product JOIN release USING (workspace, product)
            WHERE workspace = ? AND number = current_release",
        )
        .bind(workspace.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read the current releases"))?;
        by_product(rows)
    }

    async fn current_releases_of(
        &self,
        workspace: &WorkspaceName,
        products: &BTreeSet<ProductName>,
    ) -> Result<BTreeMap<ProductName, Release>, StoreError> {
        let rows: Vec<ReleaseRow> = sqlx::query_as(
            "SELECT release.* FROM product JOIN release USING (workspace, product)
            WHERE workspace = ? AND product IN (SELECT value FROM json_each(?)) AND number = current_release",
        )
        .bind(workspace.as_str())
        .bind(json!(products).to_string())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read current releases"))?;
        by_product(rows)
    }

    async fn releases(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Release>, StoreError> {
        let rows: Vec<ReleaseRow> =
            sqlx::query_as("SELECT * FROM release WHERE workspace = ? AND product = ? ORDER BY number DESC")
                .bind(workspace.as_str())
                .bind(product.as_str())
                .fetch_all(&self.reader)
                .await
                .map_err(failed("list the releases"))?;
        rows.into_iter().map(Release::try_from).collect()
    }

    async fn make_current(&self, lease: &Lease, number: ReleaseNumber, at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.write(GO_BACK).await?;
        check_fence(&mut transaction, lease, &lease.product, GO_BACK).await?;
        let from = current_or_last(&mut transaction, lease).await?;
        if !exists(&mut transaction, lease, number).await? {
            return Err(StoreError::NoSuchRelease { product: lease.product.clone(), number });
        }
        if point_at(&mut transaction, lease, number, GO_BACK).await? {
            let kind = HistoryKind::RolledBack { from, to: number };
            let entry = HistoryEntry { at, product: lease.product.clone(), kind };
            intent::remember(&mut transaction, &lease.workspace, &entry, GO_BACK).await?;
        }
        transaction.commit().await.map_err(failed(GO_BACK))
    }

    async fn needed_tables(&self) -> Result<BTreeSet<String>, StoreError> {
        needed(&self.reader, "list the tables that releases need").await
    }

    async fn forget_tables(&self, paths: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.write(FORGET).await?;
        let needed = needed(&mut *transaction, FORGET).await?;
        let free: BTreeSet<String> = paths.difference(&needed).cloned().collect();
        forget(&mut transaction, &json!(free).to_string()).await?;
        transaction.commit().await.map_err(failed(FORGET))?;
        Ok(free)
    }
}

/// A release as the database keeps it.
#[derive(FromRow)]
struct ReleaseRow {
    product: String,
    number: i64,
    run: String,
    published_at: i64,
    tables: String,
}

impl TryFrom<ReleaseRow> for Release {
    type Error = StoreError;

    fn try_from(row: ReleaseRow) -> Result<Self, StoreError> {
        const WHAT: &str = "release";
        Ok(Self {
            product: parse(WHAT, &row.product)?,
            number: ReleaseNumber(unsigned(WHAT, row.number)?),
            run: parse(WHAT, &row.run)?,
            published_at: moment(WHAT, row.published_at)?,
            tables: decode(&row.tables)?,
        })
    }
}

fn by_product(rows: Vec<ReleaseRow>) -> Result<BTreeMap<ProductName, Release>, StoreError> {
    rows.into_iter().map(|row| Release::try_from(row).map(|release| (release.product.clone(), release))).collect()
}

/// The number that the next release of the run's product has; numbers of forgotten releases do not come back.
pub(super) async fn next_number(
    connection: &mut SqliteConnection,
    lease: &Lease,
    run: &Run,
    action: &'static str,
) -> Result<ReleaseNumber, StoreError> {
    let number: Option<i64> = sqlx::query_scalar(
        "UPDATE product SET last_release = last_release + 1
        WHERE workspace = ? AND product = ? AND recorded_since <= ? RETURNING last_release",
    )
    .bind(lease.workspace.as_str())
    .bind(run.product.as_str())
    .bind(signed("generation", run.generation)?)
    .fetch_optional(connection)
    .await
    .map_err(failed(action))?;
    let number = number.ok_or_else(|| StoreError::Outdated { product: run.product.clone() })?;
    unsigned("release", number).map(ReleaseNumber)
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    release: &Release,
    action: &'static str,
) -> Result<(), StoreError> {
    let number = signed("release", release.number.0)?;
    sqlx::query(
        "INSERT INTO release (workspace, product, number, run, published_at, tables) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(workspace.as_str())
    .bind(release.product.as_str())
    .bind(number)
    .bind(release.run.to_string())
    .bind(release.published_at.timestamp_micros())
    .bind(encode(&release.tables)?)
    .execute(&mut *connection)
    .await
    .map_err(failed(action))?;
    sqlx::query(
        "INSERT OR IGNORE INTO release_table (path, workspace, product, number)
        SELECT value, ?, ?, ? FROM json_each(?)",
    )
    .bind(workspace.as_str())
    .bind(release.product.as_str())
    .bind(number)
    .bind(paths(&release.tables))
    .execute(connection)
    .await
    .map_err(failed(action))?;
    Ok(())
}

/// Makes a release current; `false` where it was.
pub(super) async fn point_at(
    connection: &mut SqliteConnection,
    lease: &Lease,
    number: ReleaseNumber,
    action: &'static str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE product SET current_release = ?3
        WHERE workspace = ?1 AND product = ?2 AND current_release IS NOT ?3",
    )
    .bind(lease.workspace.as_str())
    .bind(lease.product.as_str())
    .bind(signed("release", number.0)?)
    .execute(connection)
    .await
    .map_err(failed(action))?;
    Ok(done.rows_affected() > 0)
}

/// Refuses tables that were forgotten since the run began: their files may be gone by now.
pub(super) async fn check_not_forgotten(
    connection: &mut SqliteConnection,
    run: RunId,
    tables: &BTreeMap<TableName, ReleasedTable>,
    action: &'static str,
) -> Result<(), StoreError> {
    let gone: Option<String> = sqlx::query_scalar(
        "SELECT path FROM forgotten_table WHERE run = ? AND path IN (SELECT value FROM json_each(?))",
    )
    .bind(run.to_string())
    .bind(paths(tables))
    .fetch_optional(connection)
    .await
    .map_err(failed(action))?;
    gone.map_or(Ok(()), |path| Err(StoreError::TableForgotten { path }))
}

/// Drops the notes about forgotten tables of a run that has ended.
pub(super) async fn forget_forgotten(
    connection: &mut SqliteConnection,
    run: &str,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM forgotten_table WHERE run = ?")
        .bind(run)
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}

/// The release that is current, or was the last one that was published where none is.
async fn current_or_last(connection: &mut SqliteConnection, lease: &Lease) -> Result<ReleaseNumber, StoreError> {
    let from: Option<i64> = sqlx::query_scalar(
        "SELECT coalesce(current_release, last_release) FROM product
        WHERE workspace = ? AND product = ? AND intent IS NOT NULL",
    )
    .bind(lease.workspace.as_str())
    .bind(lease.product.as_str())
    .fetch_optional(connection)
    .await
    .map_err(failed(GO_BACK))?;
    let from = from.ok_or_else(|| StoreError::Outdated { product: lease.product.clone() })?;
    unsigned("release", from).map(ReleaseNumber)
}

async fn exists(connection: &mut SqliteConnection, lease: &Lease, number: ReleaseNumber) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM release WHERE workspace = ? AND product = ? AND number = ?)")
        .bind(lease.workspace.as_str())
        .bind(lease.product.as_str())
        .bind(signed("release", number.0)?)
        .fetch_one(connection)
        .await
        .map_err(failed(GO_BACK))
}

async fn needed(executor: impl SqliteExecutor<'_>, action: &'static str) -> Result<BTreeSet<String>, StoreError> {
    let paths: Vec<String> = sqlx::query_scalar(
        "WITH aged AS (
            SELECT workspace, product, number,
                row_number() OVER (PARTITION BY workspace, product ORDER BY number DESC) AS age
            FROM release
        )
        SELECT DISTINCT path
        FROM release_table JOIN aged USING (workspace, product, number) JOIN product USING (workspace, product)
        WHERE intent IS NOT NULL AND (age <= ? OR number = current_release)",
    )
    .bind(KEPT_RELEASES)
    .fetch_all(executor)
    .await
    .map_err(failed(action))?;
    Ok(paths.into_iter().collect())
}

/// Forgets the builds and releases that have one of the paths, a JSON list, and leaves a note for runs under way.
async fn forget(transaction: &mut Transaction<'_, Sqlite>, paths: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM build WHERE path IN (SELECT value FROM json_each(?))",
        "DELETE FROM release WHERE (workspace, product, number) IN
            (SELECT workspace, product, number FROM release_table WHERE path IN (SELECT value FROM json_each(?)))",
        "INSERT OR IGNORE INTO forgotten_table (run, path)
            SELECT run.id, value FROM run JOIN product USING (workspace, product), json_each(?)
            WHERE state = 'running' AND intent IS NOT NULL",
    ] {
        sqlx::query(statement).bind(paths).execute(&mut **transaction).await.map_err(failed(FORGET))?;
    }
    Ok(())
}

/// The stored tables of a release as a JSON list.
fn paths(tables: &BTreeMap<TableName, ReleasedTable>) -> String {
    json!(tables.values().map(|table| &table.version.path).collect::<BTreeSet<_>>()).to_string()
}
