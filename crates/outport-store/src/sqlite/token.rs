//! API tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_app::{
    identity::{Token, TokenId, TokenScope, TokenStore},
    store::StoreError,
};
use outport_model::principal::PrincipalId;
use sqlx::{FromRow, SqliteConnection};

use super::{SqliteStore, failed};
use crate::stored::{corrupt, decode, encode, moment, parse};

const WHAT: &str = "token";
const ADD: &str = "put a token on record";
const USED: &str = "remember that a token was used";

const MINUTE: i64 = 60_000_000;

#[async_trait]
impl TokenStore for SqliteStore {
    async fn add_token(&self, token: &Token) -> Result<(), StoreError> {
        // Only while the owner is on record: a token that came after their removal would be nobody's to revoke, and good
        // again once someone gets their name.
        let done = sqlx::query(
            "INSERT INTO token (id, owner, label, digest, scope, created_at, expires_at, revoked_at, last_used_at)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE EXISTS (SELECT 1 FROM user WHERE id = ?2)",
        )
        .bind(token.id.as_str())
        .bind(token.owner.as_str())
        .bind(&token.label)
        .bind(token.digest.as_slice())
        .bind(encode(&token.scope)?)
        .bind(token.created_at.timestamp_micros())
        .bind(token.expires_at.timestamp_micros())
        .bind(token.revoked_at.map(|at| at.timestamp_micros()))
        .bind(token.last_used_at.map(|at| at.timestamp_micros()))
        .execute(&self.writer)
        .await
        .map_err(failed(ADD))?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Database { action: ADD, source: Box::new(NoOwner(token.owner.clone())) });
        }
        Ok(())
    }

    async fn token(&self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        let row: Option<TokenRow> = sqlx::query_as("SELECT * FROM token WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(failed("read a token"))?;
        row.map(Token::try_from).transpose()
    }

    async fn tokens(&self, owner: Option<&PrincipalId>) -> Result<Vec<Token>, StoreError> {
        let list = match owner {
            Some(owner) => {
                sqlx::query_as("SELECT * FROM token WHERE owner = ? ORDER BY sequence DESC").bind(owner.as_str())
            }
            None => sqlx::query_as("SELECT * FROM token ORDER BY sequence DESC"),
        };
        let rows: Vec<TokenRow> = list.fetch_all(&self.reader).await.map_err(failed("list the tokens"))?;
        rows.into_iter().map(Token::try_from).collect()
    }

    async fn revoke_token(&self, id: &TokenId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(at.timestamp_micros())
            .bind(id.as_str())
            .execute(&self.writer)
            .await
            .map_err(failed("revoke a token"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn forget_tokens(
        &self,
        owner: &PrincipalId,
        scope: &TokenScope,
        before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM token WHERE owner = ?1 AND scope = ?2 AND (expires_at < ?3 OR revoked_at < ?3)")
            .bind(owner.as_str())
            .bind(encode(scope)?)
            .bind(before.timestamp_micros())
            .execute(&self.writer)
            .await
            .map_err(failed("forget tokens"))?;
        Ok(())
    }

    async fn token_used(&self, id: &TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let micros = at.timestamp_micros();
        let minute = micros - micros.rem_euclid(MINUTE);
        // Asked with every request, written once a minute: whoever only reads does not wait for the lock.
        let news: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM token WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?))",
        )
        .bind(id.as_str())
        .bind(minute)
        .fetch_one(&self.reader)
        .await
        .map_err(failed(USED))?;
        if news {
            sqlx::query("UPDATE token SET last_used_at = max(coalesce(last_used_at, ?2), ?2) WHERE id = ?1")
                .bind(id.as_str())
                .bind(minute)
                .execute(&self.writer)
                .await
                .map_err(failed(USED))?;
        }
        Ok(())
    }
}

/// A token of nobody.
#[derive(Debug, thiserror::Error)]
#[error("there is no user `{0}`")]
struct NoOwner(PrincipalId);

/// Revokes every token of an owner that is not revoked already.
pub(super) async fn revoke_all(
    connection: &mut SqliteConnection,
    owner: &PrincipalId,
    at: DateTime<Utc>,
    action: &'static str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE token SET revoked_at = ? WHERE owner = ? AND revoked_at IS NULL")
        .bind(at.timestamp_micros())
        .bind(owner.as_str())
        .execute(connection)
        .await
        .map_err(failed(action))?;
    Ok(())
}

/// A token as the database keeps it.
#[derive(FromRow)]
struct TokenRow {
    id: String,
    owner: String,
    label: String,
    digest: Vec<u8>,
    scope: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

/// A text in the place of a token's id that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the id of a token")]
struct NoTokenId(String);

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: TokenId::new(&row.id).ok_or(NoTokenId(row.id)).map_err(corrupt(WHAT))?,
            owner: parse(WHAT, &row.owner)?,
            label: row.label,
            digest: row.digest.as_slice().try_into().map_err(corrupt(WHAT))?,
            scope: decode(&row.scope)?,
            created_at: moment(WHAT, row.created_at)?,
            expires_at: moment(WHAT, row.expires_at)?,
            revoked_at: row.revoked_at.map(|at| moment(WHAT, at)).transpose()?,
            last_used_at: row.last_used_at.map(|at| moment(WHAT, at)).transpose()?,
        })
    }
}
