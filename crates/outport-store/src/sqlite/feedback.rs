//! Questions, problems and requests, with replies and votes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::{
    feedback::{FeedbackChange, FeedbackEntry, FeedbackFilter, FeedbackStore, Quota, WriteOutcome},
    store::StoreError,
};
use outport_model::{
    feedback::{Feedback, FeedbackId, FeedbackKind, FeedbackState, Reply, Subject, Title, Writing},
    name::WorkspaceName,
    principal::PrincipalId,
};
use sqlx::{FromRow, SqliteConnection};

use super::{SqliteStore, failed};
use crate::stored::{moment, parse, unsigned};

const WHAT: &str = "piece of feedback";
const ADD: &str = "put feedback on record";
const CHANGE: &str = "change feedback";
const REPLY: &str = "put a reply on record";
const VOTE: &str = "count a vote";

#[async_trait]
impl FeedbackStore for SqliteStore {
    async fn add_feedback(
        &self,
        workspace: &WorkspaceName,
        feedback: &Feedback,
        quota: Quota,
    ) -> Result<WriteOutcome, StoreError> {
        let mut transaction = self.write(ADD).await?;
        let written: i64 =
            sqlx::query_scalar("SELECT count(*) FROM feedback WHERE workspace = ? AND author = ? AND created_at >= ?")
                .bind(workspace.as_str())
                .bind(feedback.author.as_str())
                .bind(quota.since.timestamp_micros())
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed(ADD))?;
        if unsigned(WHAT, written)? >= quota.most {
            return Ok(WriteOutcome::OverQuota);
        }
        sqlx::query(
            "INSERT INTO feedback (workspace, id, product, of_table, of_column, kind, title, text, author, created_at,
                edited_at, state, state_changed_by, state_changed_at, assignee)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(workspace.as_str())
        .bind(feedback.id.to_string())
        .bind(feedback.subject.product.as_str())
        .bind(feedback.subject.table.as_ref().map(AsRef::<str>::as_ref))
        .bind(&feedback.subject.column)
        .bind(feedback.kind.as_str())
        .bind(feedback.title.as_str())
        .bind(feedback.text.as_str())
        .bind(feedback.author.as_str())
        .bind(feedback.created_at.timestamp_micros())
        .bind(feedback.edited_at.map(|at| at.timestamp_micros()))
        .bind(feedback.state.as_str())
        .bind(feedback.state_changed_by.as_ref().map(PrincipalId::as_str))
        .bind(feedback.state_changed_at.map(|at| at.timestamp_micros()))
        .bind(feedback.assignee.as_ref().map(PrincipalId::as_str))
        .execute(&mut *transaction)
        .await
        .map_err(failed(ADD))?;
        transaction.commit().await.map_err(failed(ADD))?;
        Ok(WriteOutcome::Written)
    }

    async fn change_feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        change: &FeedbackChange,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write(CHANGE).await?;
        let changed = update(&mut transaction, workspace, id, change, CHANGE).await?;
        transaction.commit().await.map_err(failed(CHANGE))?;
        Ok(changed)
    }

    async fn add_reply(
        &self,
        workspace: &WorkspaceName,
        to: FeedbackId,
        reply: &Reply,
        change: &FeedbackChange,
        quota: Quota,
        most: u64,
    ) -> Result<WriteOutcome, StoreError> {
        let mut transaction = self.write(REPLY).await?;
        if !update(&mut transaction, workspace, to, change, REPLY).await? {
            return Ok(WriteOutcome::Missing);
        }
        let (written, below): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM feedback_reply WHERE workspace = ?1 AND author = ?2 AND created_at >= ?3),
                (SELECT count(*) FROM feedback_reply WHERE workspace = ?1 AND feedback = ?4)",
        )
        .bind(workspace.as_str())
        .bind(reply.author.as_str())
        .bind(quota.since.timestamp_micros())
        .bind(to.to_string())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed(REPLY))?;
        if unsigned(WHAT, below)? >= most {
            return Ok(WriteOutcome::Full);
        }
        if unsigned(WHAT, written)? >= quota.most {
            return Ok(WriteOutcome::OverQuota);
        }
        sqlx::query(
            "INSERT INTO feedback_reply (workspace, feedback, id, author, created_at, text, operator)
            VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(workspace.as_str())
        .bind(to.to_string())
        .bind(reply.id.to_string())
        .bind(reply.author.as_str())
        .bind(reply.created_at.timestamp_micros())
        .bind(reply.text.as_str())
        .bind(reply.operator)
        .execute(&mut *transaction)
        .await
        .map_err(failed(REPLY))?;
        transaction.commit().await.map_err(failed(REPLY))?;
        Ok(WriteOutcome::Written)
    }

    async fn vote(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        voter: &PrincipalId,
        counts: bool,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write(VOTE).await?;
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM feedback WHERE workspace = ? AND id = ?)")
            .bind(workspace.as_str())
            .bind(id.to_string())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(VOTE))?;
        if !known {
            return Ok(false);
        }
        let statement = if counts {
            sqlx::query(
                "INSERT INTO feedback_vote (workspace, feedback, voter) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            )
        } else {
            sqlx::query("DELETE FROM feedback_vote WHERE workspace = ? AND feedback = ? AND voter = ?")
        };
        statement
            .bind(workspace.as_str())
            .bind(id.to_string())
            .bind(voter.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed(VOTE))?;
        transaction.commit().await.map_err(failed(VOTE))?;
        Ok(true)
    }

    async fn feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        reader: &PrincipalId,
    ) -> Result<Option<FeedbackEntry>, StoreError> {
        let row: Option<EntryRow> = sqlx::query_as(
            "SELECT *, EXISTS (SELECT 1 FROM feedback_vote AS vote WHERE vote.workspace = entry.workspace
                AND vote.feedback = entry.id AND vote.voter = ?2) AS voted
            FROM feedback_entry AS entry WHERE workspace = ?1 AND id = ?3",
        )
        .bind(workspace.as_str())
        .bind(reader.as_str())
        .bind(id.to_string())
        .fetch_optional(&self.reader)
        .await
        .map_err(failed("read feedback"))?;
        row.map(FeedbackEntry::try_from).transpose()
    }

    async fn replies(&self, workspace: &WorkspaceName, to: FeedbackId) -> Result<Vec<Reply>, StoreError> {
        let rows: Vec<ReplyRow> = sqlx::query_as(
            "SELECT id, author, created_at, text, operator FROM feedback_reply WHERE workspace = ? AND feedback = ?
            ORDER BY sequence",
        )
        .bind(workspace.as_str())
        .bind(to.to_string())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read replies"))?;
        rows.into_iter().map(Reply::try_from).collect()
    }

    async fn list_feedback(
        &self,
        workspace: &WorkspaceName,
        filter: &FeedbackFilter,
        reader: &PrincipalId,
        before: Option<FeedbackId>,
        limit: u32,
    ) -> Result<Vec<FeedbackEntry>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT *, EXISTS (SELECT 1 FROM feedback_vote AS vote WHERE vote.workspace = entry.workspace
                AND vote.feedback = entry.id AND vote.voter = ?2) AS voted
            FROM feedback_entry AS entry
            WHERE workspace = ?1 AND (?3 IS NULL OR product = ?3) AND (?4 IS NULL OR kind = ?4)
                AND (?5 IS NULL OR state = ?5) AND (?6 IS NULL OR assignee = ?6) AND (?7 IS NULL OR author = ?7)
                AND (?8 IS NULL OR sequence < (SELECT sequence FROM feedback WHERE workspace = ?1 AND id = ?8))
            ORDER BY sequence DESC LIMIT ?9",
        )
        .bind(workspace.as_str())
        .bind(reader.as_str())
        .bind(filter.product.as_ref().map(AsRef::<str>::as_ref))
        .bind(filter.kind.map(FeedbackKind::as_str))
        .bind(filter.state.map(FeedbackState::as_str))
        .bind(filter.assignee.as_ref().map(PrincipalId::as_str))
        .bind(filter.author.as_ref().map(PrincipalId::as_str))
        .bind(before.map(|id| id.to_string()))
        .bind(limit)
        .fetch_all(&self.reader)
        .await
        .map_err(failed("list feedback"))?;
        rows.into_iter().map(FeedbackEntry::try_from).collect()
    }
}

/// Whether there is one, which then is as the change says.
async fn update(
    connection: &mut SqliteConnection,
    workspace: &WorkspaceName,
    id: FeedbackId,
    change: &FeedbackChange,
    action: &'static str,
) -> Result<bool, StoreError> {
    let micros = |at: DateTime<Utc>| at.timestamp_micros();
    let (state, by, at) = match &change.state {
        Some((state, by, at)) => (Some(state.as_str()), Some(by.as_str()), Some(micros(*at))),
        None => (None, None, None),
    };
    let assignee = change.assignee.as_ref().and_then(|assignee| assignee.as_ref()).map(PrincipalId::as_str);
    let done = sqlx::query(
        "UPDATE feedback SET title = coalesce(?3, title), text = coalesce(?4, text),
            edited_at = coalesce(?5, edited_at), state = coalesce(?6, state),
            state_changed_by = coalesce(?7, state_changed_by), state_changed_at = coalesce(?8, state_changed_at),
            assignee = CASE WHEN ?9 THEN ?10 ELSE assignee END
        WHERE workspace = ?1 AND id = ?2",
    )
    .bind(workspace.as_str())
    .bind(id.to_string())
    .bind(change.title.as_ref().map(Title::as_str))
    .bind(change.text.as_ref().map(Writing::as_str))
    .bind(change.edited_at.map(micros))
    .bind(state)
    .bind(by)
    .bind(at)
    .bind(change.assignee.is_some())
    .bind(assignee)
    .execute(connection)
    .await
    .map_err(failed(action))?;
    Ok(done.rows_affected() > 0)
}

/// A question, a problem or a request as the database keeps it, with what there is beside it.
#[derive(FromRow)]
struct EntryRow {
    id: String,
    product: String,
    of_table: Option<String>,
    of_column: Option<String>,
    kind: String,
    title: String,
    text: String,
    author: String,
    created_at: i64,
    edited_at: Option<i64>,
    state: String,
    state_changed_by: Option<String>,
    state_changed_at: Option<i64>,
    assignee: Option<String>,
    votes: i64,
    voted: bool,
    replies: i64,
}

impl TryFrom<EntryRow> for FeedbackEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let at = |micros: Option<i64>| micros.map(|micros| moment(WHAT, micros)).transpose();
        let feedback = Feedback {
            id: parse(WHAT, &row.id)?,
            subject: Subject {
                product: parse(WHAT, &row.product)?,
                table: row.of_table.as_deref().map(|table| parse(WHAT, table)).transpose()?,
                column: row.of_column,
            },
            kind: parse(WHAT, &row.kind)?,
            title: parse(WHAT, &row.title)?,
            text: parse(WHAT, &row.text)?,
            author: parse(WHAT, &row.author)?,
            created_at: moment(WHAT, row.created_at)?,
            edited_at: at(row.edited_at)?,
            state: parse(WHAT, &row.state)?,
            state_changed_by: row.state_changed_by.as_deref().map(|by| parse(WHAT, by)).transpose()?,
            state_changed_at: at(row.state_changed_at)?,
            assignee: row.assignee.as_deref().map(|assignee| parse(WHAT, assignee)).transpose()?,
        };
        Ok(Self {
            feedback,
            votes: unsigned(WHAT, row.votes)?,
            voted: row.voted,
            replies: unsigned(WHAT, row.replies)?,
        })
    }
}

/// A reply as the database keeps it.
#[derive(FromRow)]
struct ReplyRow {
    id: String,
    author: String,
    created_at: i64,
    text: String,
    operator: bool,
}

impl TryFrom<ReplyRow> for Reply {
    type Error = StoreError;

    fn try_from(row: ReplyRow) -> Result<Self, StoreError> {
        const WHAT: &str = "reply";
        Ok(Self {
            id: parse(WHAT, &row.id)?,
            author: parse(WHAT, &row.author)?,
            created_at: moment(WHAT, row.created_at)?,
            text: parse(WHAT, &row.text)?,
            operator: row.operator,
        })
    }
}
