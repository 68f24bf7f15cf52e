//! Workspace-wide policies, and the number of the last change.

use async_trait::async_trait;
use outport_app::{
    identity::{Changes, PolicyStore, WorkspacePolicies},
    store::StoreError,
};
use outport_model::name::{PolicySetName, WorkspaceName};
use sqlx::FromRow;

use super::{SqliteStore, failed};
use crate::stored::{moment, parse, unsigned};

const PUT: &str = "put policies on record";

#[async_trait]
impl PolicyStore for SqliteStore {
    async fn policies(&self, workspace: &WorkspaceName) -> Result<Vec<WorkspacePolicies>, StoreError> {
        let rows: Vec<PolicyRow> = sqlx::query_as("SELECT * FROM policy WHERE workspace = ? ORDER BY name")
            .bind(workspace.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(failed("read the policies"))?;
        rows.into_iter().map(WorkspacePolicies::try_from).collect()
    }

    async fn replace_policies(
        &self,
        workspace: &WorkspaceName,
        known: Option<&WorkspacePolicies>,
        policies: &WorkspacePolicies,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write(PUT).await?;
        let row: Option<PolicyRow> = sqlx::query_as("SELECT * FROM policy WHERE workspace = ? AND name = ?")
            .bind(workspace.as_str())
            .bind(policies.name.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(PUT))?;
        let found = row.map(WorkspacePolicies::try_from).transpose()?;
        if found.as_ref() != known {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO policy (workspace, name, text, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET text = excluded.text, changed_at = excluded.changed_at,
                changed_by = excluded.changed_by",
        )
        .bind(workspace.as_str())
        .bind(policies.name.as_str())
        .bind(&policies.text)
        .bind(policies.changed_at.timestamp_micros())
        .bind(policies.changed_by.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed(PUT))?;
        transaction.commit().await.map_err(failed(PUT))?;
        Ok(true)
    }

    async fn remove_policies(&self, workspace: &WorkspaceName, name: &PolicySetName) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM policy WHERE workspace = ? AND name = ?")
            .bind(workspace.as_str())
            .bind(name.as_str())
            .execute(&self.writer)
            .await
            .map_err(failed("remove policies"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn changes(&self) -> Result<Changes, StoreError> {
        let (people, decisions): (i64, i64) = sqlx::query_as("SELECT people, number - people FROM change")
            .fetch_one(&self.reader)
            .await
            .map_err(failed("see whether anything changed"))?;
        let counted = |number| unsigned("number of changes", number);
        Ok(Changes { people: counted(people)?, decisions: counted(decisions)? })
    }
}

/// A policy file as the database keeps it.
#[derive(FromRow)]
struct PolicyRow {
    name: String,
    text: String,
    changed_at: i64,
    changed_by: String,
}

impl TryFrom<PolicyRow> for WorkspacePolicies {
    type Error = StoreError;

    fn try_from(row: PolicyRow) -> Result<Self, StoreError> {
        const WHAT: &str = "policy file";
        Ok(Self {
            name: parse(WHAT, &row.name)?,
            text: row.text,
            changed_at: moment(WHAT, row.changed_at)?,
            changed_by: parse(WHAT, &row.changed_by)?,
        })
    }
}
