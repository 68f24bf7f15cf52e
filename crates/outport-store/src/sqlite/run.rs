//! Runs and what they built.

use std::collections::BTreeMap;

use async_trait::async_trait;
use outport_app::store::{Build, Lease, RunEnd, RunStore, StoreError};
use outport_model::{
    check::CheckResult,
    fingerprint::Fingerprint,
    name::{ProductName, TableName, WorkspaceName},
    release::{Release, ReleaseNumber, ReleasedTable, TableVersion},
    run::{Run, RunId, RunState},
};
use sqlx::{FromRow, SqliteConnection};

use super::{SqliteStore, check_fence, ensure_product, failed, release};
use crate::stored::{decode, encode, moment, parse, signed, unsigned};

const BEGIN: &str = "begin a run";
const END: &str = "end a run";
const PUBLISH: &str = "publish a release";

/// What a run without end says once its product is run again.
const ORPHANED: &str = "its process ended";

#[async_trait]
impl RunStore for SqliteStore {
    async fn begin_run(&self, lease: &Lease, run: &Run) -> Result<(), StoreError> {
        let mut transaction = self.write(BEGIN).await?;
        check_fence(&mut transaction, lease, &run.product, BEGIN).await?;
        ensure_product(&mut transaction, &lease.workspace, &run.product, BEGIN).await?;
        fail_orphans(&mut transaction, lease, run).await?;
        insert(&mut transaction, lease, run).await?;
        transaction.commit().await.map_err(failed(BEGIN))
    }

    async fn end_run(&self, lease: &Lease, end: &RunEnd) -> Result<(), StoreError> {
        let mut transaction = self.write(END).await?;
        check_fence(&mut transaction, lease, &end.run.product, END).await?;
        finish(&mut transaction, lease, end, END).await?;
        transaction.commit().await.map_err(failed(END))
    }

    async fn publish(
        &self,
        lease: &Lease,
        end: &RunEnd,
        tables: &BTreeMap<TableName, ReleasedTable>,
        builds: &[Build],
    ) -> Result<Release, StoreError> {
        let mut transaction = self.write(PUBLISH).await?;
        check_fence(&mut transaction, lease, &end.run.product, PUBLISH).await?;
        let number = release::next_number(&mut transaction, lease, &end.run, PUBLISH).await?;
        release::check_not_forgotten(&mut transaction, end.run.id, tables, PUBLISH).await?;
        let run = Run { state: RunState::Published, release: Some(number), error: None, ..end.run.clone() };
        let release = Release {
            product: run.product.clone(),
            number,
            run: run.id,
            published_at: run.ended_at.unwrap_or(run.started_at),
            tables: tables.clone(),
        };
        finish(&mut transaction, lease, &RunEnd { run, results: end.results.clone() }, PUBLISH).await?;
        for build in builds {
            remember_build(&mut transaction, build).await?;
        }
        release::insert(&mut transaction, &lease.workspace, &release, PUBLISH).await?;
        release::point_at(&mut transaction, lease, number, PUBLISH).await?;
        transaction.commit().await.map_err(failed(PUBLISH))?;
        Ok(release)
    }

    async fn find_build(
        &self,
        fingerprint: &Fingerprint,
        inputs: &Fingerprint,
    ) -> Result<Option<TableVersion>, StoreError> {
        let built: Option<String> = sqlx::query_scalar("SELECT built FROM build WHERE fingerprint = ? AND inputs = ?")
            .bind(fingerprint.as_str())
            .bind(inputs.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(failed("look for a build"))?;
        built.as_deref().map(decode).transpose()
    }

    async fn runs(&self, workspace: &WorkspaceName, product: &ProductName, limit: u32) -> Result<Vec<Run>, StoreError> {
        let rows: Vec<RunRow> =
            sqlx::query_as("SELECT * FROM run WHERE workspace = ? AND product = ? ORDER BY sequence DESC LIMIT ?")
                .bind(workspace.as_str())
                .bind(product.as_str())
                .bind(limit)
                .fetch_all(&self.reader)
                .await
                .map_err(failed("list the runs"))?;
        rows.into_iter().map(Run::try_from).collect()
    }

    async fn newest_runs(
        &self,
        workspace: &WorkspaceName,
        limit: u32,
    ) -> Result<Vec<(RunId, ProductName, RunState)>, StoreError> {
        const WHAT: &str = "run";
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("SELECT id, product, state FROM run WHERE workspace = ? ORDER BY sequence DESC LIMIT ?")
                .bind(workspace.as_str())
                .bind(limit)
                .fetch_all(&self.reader)
                .await
                .map_err(failed("list the newest runs"))?;
        let run = |(id, product, state): (String, String, String)| {
            Ok((parse(WHAT, &id)?, parse(WHAT, &product)?, parse(WHAT, &state)?))
        };
        rows.into_iter().map(run).collect()
    }

    async fn last_runs(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Run>, StoreError> {
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT run.* FROM product JOIN run ON run.sequence =
                (SELECT max(sequence) FROM run
                WHERE workspace = product.workspace AND product = product.product AND state <> 'running')
            WHERE product.workspace = ?",
        )
        .bind(workspace.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("list the last runs"))?;
        rows.into_iter().map(|row| Run::try_from(row).map(|run| (run.product.clone(), run))).collect()
    }

    async fn check_results(&self, run: RunId) -> Result<Vec<CheckResult>, StoreError> {
        let results: Option<String> = sqlx::query_scalar("SELECT results FROM run_results WHERE run = ?")
            .bind(run.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(failed("read check results"))?;
        results.as_deref().map_or_else(|| Ok(Vec::new()), decode)
    }
}

/// A run as the database keeps it.
#[derive(FromRow)]
struct RunRow {
    id: String,
    product: String,
    generation: i64,
    state: String,
    started_at: i64,
    ended_at: Option<i64>,
    inputs: String,
    release: Option<i64>,
    error: Option<String>,
}

impl TryFrom<RunRow> for Run {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        const WHAT: &str = "run";
        Ok(Self {
            id: parse(WHAT, &row.id)?,
            product: parse(WHAT, &row.product)?,
            state: parse(WHAT, &row.state)?,
            generation: unsigned(WHAT, row.generation)?,
            started_at: moment(WHAT, row.started_at)?,
            ended_at: row.ended_at.map(|at| moment(WHAT, at)).transpose()?,
            inputs: decode(&row.inputs)?,
            release: row.release.map(|number| unsigned(WHAT, number).map(ReleaseNumber)).transpose()?,
            error: row.error,
        })
    }
}

/// A run that nobody can end.
#[derive(Debug, thiserror::Error)]
#[error("run `{0}` is not under way")]
struct NotRunning(RunId);

async fn fail_orphans(connection: &mut SqliteConnection, lease: &Lease, run: &Run) -> Result<(), StoreError> {
    let orphans: Vec<String> = sqlx::query_scalar(
        "UPDATE run SET state = 'failed', error = ?, ended_at = ?
        WHERE workspace = ? AND product = ? AND state = 'running' AND fence < ? RETURNING id",
    )
    .bind(ORPHANED)
    .bind(run.started_at.timestamp_micros())
    .bind(lease.workspace.as_str())
    .bind(run.product.as_str())
    .bind(signed("fence", lease.fence)?)
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(BEGIN))?;
    for orphan in orphans {
        release::forget_forgotten(connection, &orphan, BEGIN).await?;
    }
    Ok(())
}

async fn insert(connection: &mut SqliteConnection, lease: &Lease, run: &Run) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO run (id, workspace, product, fence, generation, state, started_at, ended_at, inputs, release, error)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(run.id.to_string())
    .bind(lease.workspace.as_str())
    .bind(run.product.as_str())
    .bind(signed("fence", lease.fence)?)
    .bind(signed("generation", run.generation)?)
    .bind(run.state.as_str())
    .bind(run.started_at.timestamp_micros())
    .bind(run.ended_at.map(|at| at.timestamp_micros()))
    .bind(encode(&run.inputs)?)
    .bind(run.release.map(|number| signed("release", number.0)).transpose()?)
    .bind(&run.error)
    .execute(connection)
    .await
    .map_err(failed(BEGIN))?;
    Ok(())
}

/// Writes the end of a run that is under way, and its results.
async fn finish(
    connection: &mut SqliteConnection,
    lease: &Lease,
    end: &RunEnd,
    action: &'static str,
) -> Result<(), StoreError> {
    let (run, id) = (&end.run, end.run.id.to_string());
    let ended = sqlx::query(
        "UPDATE run SET state = ?, ended_at = ?, inputs = ?, release = ?, error = ?
        WHERE id = ? AND workspace = ? AND product = ? AND state = 'running'",
    )
    .bind(run.state.as_str())
    .bind(run.ended_at.map(|at| at.timestamp_micros()))
    .bind(encode(&run.inputs)?)
    .bind(run.release.map(|number| signed("release", number.0)).transpose()?)
    .bind(&run.error)
    .bind(&id)
    .bind(lease.workspace.as_str())
    .bind(run.product.as_str())
    .execute(&mut *connection)
    .await
    .map_err(failed(action))?;
    if ended.rows_affected() == 0 {
        return Err(StoreError::Database { action, source: Box::new(NotRunning(run.id)) });
    }
    release::forget_forgotten(connection, &id, action).await?;
    sqlx::query("INSERT INTO run_results (run, results) VALUES (?, ?)")
        .bind(&id)
        .bind(encode(&end.results)?)
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}

async fn remember_build(connection: &mut SqliteConnection, build: &Build) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO build (fingerprint, inputs, path, built) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET path = excluded.path, built = excluded.built",
    )
    .bind(build.table.fingerprint.as_str())
    .bind(build.inputs.as_str())
    .bind(&build.table.path)
    .bind(encode(&build.table)?)
    .execute(connection)
    .await
    .map_err(failed(PUBLISH))?;
    Ok(())
}
