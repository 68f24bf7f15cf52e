//! Agreements. What an agreement was is never changed: each change adds a row.

use async_trait::async_trait;
use outport_app::{
    agreement::{AgreementOutcome, AgreementStore, AgreementsOutcome},
    store::StoreError,
};
use outport_model::{
    agreement::{Agreement, AgreementId, AgreementState},
    name::WorkspaceName,
};
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{SqliteStore, failed};
use crate::stored::{decode, encode};

const ADD: &str = "put an agreement on record";
const CHANGE: &str = "change an agreement";
const PUT: &str = "put agreements on record";
const READ: &str = "read an agreement";

#[async_trait]
impl AgreementStore for SqliteStore {
    async fn add_agreement(&self, workspace: &WorkspaceName, agreement: &Agreement) -> Result<(), StoreError> {
        let mut transaction = self.write(ADD).await?;
        insert(&mut transaction, workspace, agreement, 1, ADD).await?;
        transaction.commit().await.map_err(failed(ADD))
    }

    async fn change_agreement(
        &self,
        workspace: &WorkspaceName,
        agreement: &Agreement,
        expected: AgreementState,
    ) -> Result<AgreementOutcome, StoreError> {
        let mut transaction = self.write(CHANGE).await?;
        let Some((number, found)) = newest(&mut *transaction, workspace, agreement.id, CHANGE).await? else {
            return Ok(AgreementOutcome::Missing);
        };
        if found.state != expected {
            return Ok(AgreementOutcome::Moved(found.state));
        }
        insert(&mut transaction, workspace, agreement, number + 1, CHANGE).await?;
        transaction.commit().await.map_err(failed(CHANGE))?;
        Ok(AgreementOutcome::Changed)
    }

    async fn put_agreements(
        &self,
        workspace: &WorkspaceName,
        agreements: &[(Agreement, Option<AgreementState>)],
    ) -> Result<AgreementsOutcome, StoreError> {
        let mut transaction = self.write(PUT).await?;
        for (agreement, expected) in agreements {
            let found = newest(&mut *transaction, workspace, agreement.id, PUT).await?;
            if found.as_ref().map(|(_, found)| found.state) != *expected {
                return Ok(AgreementsOutcome::Moved(agreement.id));
            }
            let number = found.map_or(1, |(number, _)| number + 1);
            insert(&mut transaction, workspace, agreement, number, PUT).await?;
        }
        transaction.commit().await.map_err(failed(PUT))?;
        Ok(AgreementsOutcome::Changed)
    }

    async fn agreement(&self, workspace: &WorkspaceName, id: AgreementId) -> Result<Option<Agreement>, StoreError> {
        Ok(newest(&self.reader, workspace, id, READ).await?.map(|(_, agreement)| agreement))
    }

    async fn agreements(&self, workspace: &WorkspaceName) -> Result<Vec<Agreement>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "SELECT agreement
            FROM agreement JOIN (SELECT min(sequence) AS first, max(sequence) AS last FROM agreement
                WHERE workspace = ? GROUP BY id) ON sequence = last
            ORDER BY first DESC",
        )
        .bind(workspace.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("list the agreements"))?;
        texts.iter().map(|text| decode(text)).collect()
    }

    async fn agreement_history(
        &self,
        workspace: &WorkspaceName,
        id: AgreementId,
    ) -> Result<Vec<Agreement>, StoreError> {
        let texts: Vec<String> =
            sqlx::query_scalar("SELECT agreement FROM agreement WHERE workspace = ? AND id = ? ORDER BY number")
                .bind(workspace.as_str())
                .bind(id.to_string())
                .fetch_all(&self.reader)
                .await
                .map_err(failed("read the history of an agreement"))?;
        texts.iter().map(|text| decode(text)).collect()
    }
}

/// What an agreement is now, and how often it was put on record.
async fn newest(
    executor: impl SqliteExecutor<'_>,
    workspace: &WorkspaceName,
    id: AgreementId,
    action: &'static str,
) -> Result<Option<(i64, Agreement)>, StoreError> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT number, agreement FROM agreement WHERE workspace = ? AND id = ? ORDER BY number DESC LIMIT 1",
    )
    .bind(workspace.as_str())
    .bind(id.to_string())
    .fetch_optional(executor)
    .await
    .map_err(failed(action))?;
    row.map(|(number, text)| Ok((number, decode(&text)?))).transpose()
}

async fn insert(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    agreement: &Agreement,
    number: i64,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO agreement (workspace, id, number, agreement) VALUES (?, ?, ?, ?)")
        .bind(workspace.as_str())
        .bind(agreement.id.to_string())
        .bind(number)
        .bind(encode(agreement)?)
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}
