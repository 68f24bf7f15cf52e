//! Saved questions.

use async_trait::async_trait;
use outport_app::{
    question::{QuestionFilter, QuestionStore},
    store::StoreError,
};
use outport_model::{
    name::WorkspaceName,
    principal::PrincipalId,
    question::{Audience, QuestionId, SavedQuestion},
};
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{SqliteStore, failed};
use crate::stored::{Stored, decode, encode, unsigned};

const ADD: &str = "save a question";
const CHANGE: &str = "change a question";
const REMOVE: &str = "remove a question";
const READ: &str = "read a question";

#[async_trait]
impl QuestionStore for SqliteStore {
    async fn add_question(
        &self,
        workspace: &WorkspaceName,
        question: &SavedQuestion,
        most: u64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write(ADD).await?;
        let saved: i64 = sqlx::query_scalar("SELECT count(*) FROM question WHERE workspace = ? AND owner = ?")
            .bind(workspace.as_str())
            .bind(question.owner.as_str())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(ADD))?;
        if unsigned(SavedQuestion::WHAT, saved)? >= most {
            return Ok(false);
        }
        sqlx::query("INSERT INTO question (workspace, id, owner, shared, question) VALUES (?, ?, ?, ?, ?)")
            .bind(workspace.as_str())
            .bind(question.id.to_string())
            .bind(question.owner.as_str())
            .bind(is_shared(question))
            .bind(encode(question)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed(ADD))?;
        transaction.commit().await.map_err(failed(ADD))?;
        Ok(true)
    }

    async fn replace_question(
        &self,
        workspace: &WorkspaceName,
        known: &SavedQuestion,
        question: &SavedQuestion,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write(CHANGE).await?;
        if find(&mut *transaction, workspace, known.id, CHANGE).await?.as_ref() != Some(known) {
            return Ok(false);
        }
        sqlx::query("UPDATE question SET owner = ?, shared = ?, question = ? WHERE workspace = ? AND id = ?")
            .bind(question.owner.as_str())
            .bind(is_shared(question))
            .bind(encode(question)?)
            .bind(workspace.as_str())
            .bind(known.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed(CHANGE))?;
        transaction.commit().await.map_err(failed(CHANGE))?;
        Ok(true)
    }

    async fn remove_question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<bool, StoreError> {
        // One statement, and so one transaction.
        let done = sqlx::query("DELETE FROM question WHERE workspace = ? AND id = ?")
            .bind(workspace.as_str())
            .bind(id.to_string())
            .execute(&self.writer)
            .await
            .map_err(failed(REMOVE))?;
        Ok(done.rows_affected() > 0)
    }

    async fn question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<Option<SavedQuestion>, StoreError> {
        find(&self.reader, workspace, id, READ).await
    }

    async fn questions(
        &self,
        workspace: &WorkspaceName,
        wanted: &QuestionFilter,
        before: Option<QuestionId>,
        limit: u32,
    ) -> Result<Vec<SavedQuestion>, StoreError> {
        let (owner, others) = match wanted {
            QuestionFilter::Of(owner) => (owner, false),
            QuestionFilter::Shared(reader) => (reader, true),
        };
        let texts: Vec<String> = sqlx::query_scalar(
            "SELECT question FROM question
            WHERE workspace = ?1 AND (owner = ?2 OR (?3 AND shared = 1)) AND (?4 IS NULL OR id < ?4)
            ORDER BY id DESC LIMIT ?5",
        )
        .bind(workspace.as_str())
        .bind(owner.as_str())
        .bind(others)
        .bind(before.map(|id| id.to_string()))
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed("list questions"))?;
        texts.iter().map(|text| decode(text)).collect()
    }
}

/// Removes everything that someone saved, in every workspace.
pub(super) async fn remove_all(
    connection: &mut SqliteConnection,
    owner: &PrincipalId,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM question WHERE owner = ?")
        .bind(owner.as_str())
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}

async fn find(
    executor: impl SqliteExecutor<'_>,
    workspace: &WorkspaceName,
    id: QuestionId,
    action: &'static str,
) -> Result<Option<SavedQuestion>, StoreError> {
    let text: Option<String> = sqlx::query_scalar("SELECT question FROM question WHERE workspace = ? AND id = ?")
        .bind(workspace.as_str())
        .bind(id.to_string())
        .fetch_optional(executor)
        .await
        .map_err(failed(action))?;
    text.as_deref().map(decode).transpose()
}

fn is_shared(question: &SavedQuestion) -> bool {
    question.content.audience != Audience::Owner
}
