//! The record of intent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::store::{HistoryEntry, HistoryKind, IntentChange, IntentStore, StoreError};
use outport_model::{
    name::{ProductName, WorkspaceName},
    plan::{CompiledProduct, Intent},
};
use sqlx::SqliteConnection;

use super::{SqliteStore, ensure_product, failed};
use crate::stored::{decode, encode, moment, parse, signed, unsigned};

const CHANGE: &str = "change the record of intent";

#[async_trait]
impl IntentStore for SqliteStore {
    async fn intents(&self, workspace: &WorkspaceName) -> Result<BTreeMap<ProductName, Intent>, StoreError> {
        let rows: Vec<(String, i64, i64, String)> = sqlx::query_as(
            "SELECT product, generation, applied_at, compiled
            FROM product JOIN intent_generation USING (workspace, product)
            WHERE workspace = ? AND generation = intent",
        )
        .bind(workspace.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read the record of intent"))?;
        rows.into_iter()
            .map(|(product, generation, applied_at, compiled)| {
                Ok((parse("product", &product)?, intent(generation, applied_at, &compiled)?))
            })
            .collect()
    }

    async fn change_intents(
        &self,
        workspace: &WorkspaceName,
        changes: &[IntentChange],
        entries: &[HistoryEntry],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write(CHANGE).await?;
        let mut generations = BTreeMap::new();
        for change in changes {
            match change {
                IntentChange::Put { expected, compiled } => {
                    let product = &compiled.product.name;
                    expect_generation(&mut transaction, workspace, product, *expected).await?;
                    let generation = put(&mut transaction, workspace, compiled, at).await?;
                    generations.insert(product, generation);
                }
                IntentChange::Remove { product, expected } => {
                    expect_generation(&mut transaction, workspace, product, Some(*expected)).await?;
                    remove(&mut transaction, workspace, product).await?;
                }
            }
        }
        for entry in entries {
            let mut entry = entry.clone();
            if let (HistoryKind::Applied { generation, .. }, Some(now)) =
                (&mut entry.kind, generations.get(&entry.product))
            {
                *generation = *now;
            }
            remember(&mut transaction, workspace, &entry, CHANGE).await?;
        }
        transaction.commit().await.map_err(failed(CHANGE))
    }

    async fn generations(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<Intent>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT generation, applied_at, compiled
            FROM product JOIN intent_generation USING (workspace, product)
            WHERE workspace = ? AND product = ? AND generation BETWEEN recorded_since AND intent
            ORDER BY generation DESC LIMIT ?",
        )
        .bind(workspace.as_str())
        .bind(product.as_str())
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read the record of intent"))?;
        rows.into_iter().map(|(generation, applied_at, compiled)| intent(generation, applied_at, &compiled)).collect()
    }

    async fn history(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT at, kind FROM history WHERE workspace = ? AND product = ? ORDER BY sequence DESC LIMIT ?",
        )
        .bind(workspace.as_str())
        .bind(product.as_str())
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read the history"))?;
        rows.into_iter()
            .map(|(at, kind)| {
                let at = moment("history entry", at)?;
                Ok(HistoryEntry { at, product: product.clone(), kind: decode(&kind)? })
            })
            .collect()
    }

    async fn workspaces(&self) -> Result<Vec<WorkspaceName>, StoreError> {
        let names: Vec<String> =
            sqlx::query_scalar("SELECT workspace FROM product UNION SELECT workspace FROM history ORDER BY workspace")
                .fetch_all(&self.reader)
                .await
                .map_err(failed("list the workspaces"))?;
        names.iter().map(|name| parse("workspace", name)).collect()
    }
}

fn intent(generation: i64, applied_at: i64, compiled: &str) -> Result<Intent, StoreError> {
    Ok(Intent {
        generation: unsigned("generation", generation)?,
        compiled: decode(compiled)?,
        applied_at: moment("product", applied_at)?,
    })
}

/// Refuses where the generation on record is another (`None`: where the product is on record).
async fn expect_generation(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    product: &ProductName,
    expected: Option<u64>,
) -> Result<(), StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT intent FROM product WHERE workspace = ? AND product = ?")
        .bind(workspace.as_str())
        .bind(product.as_str())
        .fetch_optional(connection)
        .await
        .map_err(failed(CHANGE))?
        .flatten();
    let expected = expected.map(|generation| signed("generation", generation)).transpose()?;
    if found == expected { Ok(()) } else { Err(StoreError::Outdated { product: product.clone() }) }
}

/// Puts the product on record and gives its new generation.
async fn put(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    compiled: &CompiledProduct,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let product = &compiled.product.name;
    ensure_product(connection, workspace, product, CHANGE).await?;
    sqlx::query(
        "INSERT INTO intent_generation (workspace, product, generation, applied_at, compiled)
        SELECT workspace, product, last_generation + 1, ?, ? FROM product WHERE workspace = ? AND product = ?",
    )
    .bind(at.timestamp_micros())
    .bind(encode(compiled)?)
    .bind(workspace.as_str())
    .bind(product.as_str())
    .execute(&mut *connection)
    .await
    .map_err(failed(CHANGE))?;
    let generation: i64 = sqlx::query_scalar(
        "UPDATE product SET intent = last_generation + 1, last_generation = last_generation + 1,
            recorded_since = CASE WHEN intent IS NULL THEN last_generation + 1 ELSE recorded_since END
        WHERE workspace = ? AND product = ? RETURNING intent",
    )
    .bind(workspace.as_str())
    .bind(product.as_str())
    .fetch_one(connection)
    .await
    .map_err(failed(CHANGE))?;
    unsigned("generation", generation)
}

async fn remove(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    product: &ProductName,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE product SET intent = NULL, recorded_since = NULL, current_release = NULL
        WHERE workspace = ? AND product = ?",
    )
    .bind(workspace.as_str())
    .bind(product.as_str())
    .execute(connection)
    .await
    .map_err(failed(CHANGE))?;
    Ok(())
}

/// Adds to the history.
pub(super) async fn remember(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    entry: &HistoryEntry,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO history (workspace, product, at, kind) VALUES (?, ?, ?, ?)")
        .bind(workspace.as_str())
        .bind(entry.product.as_str())
        .bind(entry.at.timestamp_micros())
        .bind(encode(&entry.kind)?)
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}
