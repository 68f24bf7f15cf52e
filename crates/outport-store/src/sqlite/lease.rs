//! Leases.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::store::{Lease, LeaseOutcome, LeaseStore, StoreError};
use outport_model::name::{ProductName, WorkspaceName};
use sqlx::SqliteConnection;

use super::{SqliteStore, failed};
use crate::stored::{moment, signed, unsigned};

const ACQUIRE: &str = "take a lease";

#[async_trait]
impl LeaseStore for SqliteStore {
    async fn acquire_lease(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        dead: Option<&Lease>,
    ) -> Result<LeaseOutcome, StoreError> {
        let mut transaction = self.write(ACQUIRE).await?;
        if let Some(held) = held(&mut transaction, workspace, product).await?
            && held.expires_at > now
            && dead != Some(&held)
        {
            return Ok(LeaseOutcome::Held(held));
        }
        let (fence, expires_at): (i64, i64) = sqlx::query_as(
            "INSERT INTO lease (workspace, product, holder, fence, expires_at) VALUES (?, ?, ?, 1, ?)
            ON CONFLICT DO UPDATE SET holder = excluded.holder, fence = fence + 1, expires_at = excluded.expires_at
            RETURNING fence, expires_at",
        )
        .bind(workspace.as_str())
        .bind(product.as_str())
        .bind(holder)
        .bind(until.timestamp_micros())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed(ACQUIRE))?;
        transaction.commit().await.map_err(failed(ACQUIRE))?;
        lease(workspace, product, holder.to_owned(), fence, expires_at).map(LeaseOutcome::Acquired)
    }

    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        let renewed: Option<i64> = sqlx::query_scalar(
            "UPDATE lease SET expires_at = max(expires_at, ?)
            WHERE workspace = ? AND product = ? AND holder = ? AND fence = ? RETURNING expires_at",
        )
        .bind(until.timestamp_micros())
        .bind(lease.workspace.as_str())
        .bind(lease.product.as_str())
        .bind(&lease.holder)
        .bind(signed("fence", lease.fence)?)
        .fetch_optional(&self.writer)
        .await
        .map_err(failed("prolong a lease"))?;
        match renewed {
            Some(expires_at) => Ok(Lease { expires_at: moment("lease", expires_at)?, ..lease.clone() }),
            None => Err(StoreError::LeaseLost { product: lease.product.clone() }),
        }
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        sqlx::query("UPDATE lease SET holder = NULL WHERE workspace = ? AND product = ? AND holder = ? AND fence = ?")
            .bind(lease.workspace.as_str())
            .bind(lease.product.as_str())
            .bind(&lease.holder)
            .bind(signed("fence", lease.fence)?)
            .execute(&self.writer)
            .await
            .map_err(failed("give a lease back"))?;
        Ok(())
    }
}

async fn held(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    product: &ProductName,
) -> Result<Option<Lease>, StoreError> {
    let row: Option<(String, i64, i64)> = sqlx::query_as(
        "SELECT holder, fence, expires_at FROM lease WHERE workspace = ? AND product = ? AND holder IS NOT NULL",
    )
    .bind(workspace.as_str())
    .bind(product.as_str())
    .fetch_optional(connection)
    .await
    .map_err(failed(ACQUIRE))?;
    row.map(|(holder, fence, expires_at)| lease(workspace, product, holder, fence, expires_at)).transpose()
}

fn lease(
    workspace: &WorkspaceName,
    product: &ProductName,
    holder: String,
    fence: i64,
    expires_at: i64,
) -> Result<Lease, StoreError> {
    Ok(Lease {
        workspace: workspace.clone(),
        product: product.clone(),
        holder,
        fence: unsigned("fence", fence)?,
        expires_at: moment("lease", expires_at)?,
    })
}
