//! Users.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::{
    identity::{User, UserStore},
    store::StoreError,
};
use outport_model::principal::PrincipalId;
use sqlx::FromRow;

use super::{SqliteStore, failed, question, token};
use crate::stored::{decode, encode, moment};

const PUT: &str = "put a user on record";
const REMOVE: &str = "remove a user";

#[async_trait]
impl UserStore for SqliteStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> = sqlx::query_as("SELECT * FROM user ORDER BY id")
            .fetch_all(&self.reader)
            .await
            .map_err(failed("list the users"))?;
        rows.into_iter().map(User::try_from).collect()
    }

    async fn user(&self, id: &PrincipalId) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = sqlx::query_as("SELECT * FROM user WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(failed("read a user"))?;
        row.map(User::try_from).transpose()
    }

    async fn replace_user(&self, known: Option<&User>, user: &User) -> Result<bool, StoreError> {
        let mut transaction = self.write(PUT).await?;
        let row: Option<UserRow> = sqlx::query_as("SELECT * FROM user WHERE id = ?")
            .bind(user.principal.id.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(PUT))?;
        let found = row.map(User::try_from).transpose()?;
        if found.as_ref() != known {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO user (id, principal, password_hash, disabled, created_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET principal = excluded.principal, password_hash = excluded.password_hash,
                disabled = excluded.disabled",
        )
        .bind(user.principal.id.as_str())
        .bind(encode(&user.principal)?)
        .bind(&user.password_hash)
        .bind(user.disabled)
        .bind(user.created_at.timestamp_micros())
        .execute(&mut *transaction)
        .await
        .map_err(failed(PUT))?;
        transaction.commit().await.map_err(failed(PUT))?;
        Ok(true)
    }

    async fn put_first_user(&self, user: &User) -> Result<bool, StoreError> {
        // One statement, and so one transaction: nobody can come between the question and the insertion.
        let done = sqlx::query(
            "INSERT INTO user (id, principal, password_hash, disabled, created_at)
            SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM user)",
        )
        .bind(user.principal.id.as_str())
        .bind(encode(&user.principal)?)
        .bind(&user.password_hash)
        .bind(user.disabled)
        .bind(user.created_at.timestamp_micros())
        .execute(&self.writer)
        .await
        .map_err(failed(PUT))?;
        Ok(done.rows_affected() > 0)
    }

    async fn remove_user(&self, id: &PrincipalId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut transaction = self.write(REMOVE).await?;
        let done = sqlx::query("DELETE FROM user WHERE id = ?")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed(REMOVE))?;
        let removed = done.rows_affected() > 0;
        if removed {
            token::revoke_all(&mut transaction, id, at, REMOVE).await?;
            question::remove_all(&mut transaction, id, REMOVE).await?;
        }
        transaction.commit().await.map_err(failed(REMOVE))?;
        Ok(removed)
    }
}

/// A user as the database keeps them.
#[derive(FromRow)]
struct UserRow {
    principal: String,
    password_hash: Option<String>,
    disabled: bool,
    created_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            principal: decode(&row.principal)?,
            password_hash: row.password_hash,
            disabled: row.disabled,
            created_at: moment("user", row.created_at)?,
        })
    }
}
