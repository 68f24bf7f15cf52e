//! Ratings of products.

use std::collections::BTreeMap;

use async_trait::async_trait;
use outport_app::{feedback::RatingStore, store::StoreError};
use outport_model::{
    feedback::{Nps, Rating, RatingSummary, Writing},
    name::{ProductName, WorkspaceName},
};
use sqlx::FromRow;

use super::{SqliteStore, failed};
use crate::stored::{corrupt, moment, parse};

const WHAT: &str = "rating";

#[async_trait]
impl RatingStore for SqliteStore {
    async fn put_rating(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        rating: &Rating,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO rating (workspace, product, author, rated_at, csat, nps, text) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET rated_at = excluded.rated_at, csat = excluded.csat, nps = excluded.nps,
                text = excluded.text",
        )
        .bind(workspace.as_str())
        .bind(product.as_str())
        .bind(rating.author.as_str())
        .bind(rating.rated_at.timestamp_micros())
        .bind(i64::from(rating.csat))
        .bind(rating.nps.map(i64::from))
        .bind(rating.text.as_ref().map(Writing::as_str))
        .execute(&self.writer)
        .await
        .map_err(failed("put a rating on record"))?;
        Ok(())
    }

    async fn ratings(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Rating>, StoreError> {
        let rows: Vec<RatingRow> = sqlx::query_as(
            "SELECT author, rated_at, csat, nps, text FROM rating WHERE workspace = ? AND product = ?
            ORDER BY rated_at DESC, author",
        )
        .bind(workspace.as_str())
        .bind(product.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(failed("read the ratings of a product"))?;
        rows.into_iter().map(Rating::try_from).collect()
    }

    async fn rating_summaries(
        &self,
        workspace: &WorkspaceName,
    ) -> Result<BTreeMap<ProductName, RatingSummary>, StoreError> {
        let rows: Vec<(String, i64, Option<i64>)> =
            sqlx::query_as("SELECT product, csat, nps FROM rating WHERE workspace = ?")
                .bind(workspace.as_str())
                .fetch_all(&self.reader)
                .await
                .map_err(failed("read the ratings"))?;
        let mut summaries: BTreeMap<ProductName, RatingSummary> = BTreeMap::new();
        for (product, csat, nps) in rows {
            let summary = summaries.entry(parse(WHAT, &product)?).or_default();
            summary.add(csat.try_into().map_err(corrupt(WHAT))?, given(nps)?);
        }
        Ok(summaries)
    }
}

fn given(nps: Option<i64>) -> Result<Option<Nps>, StoreError> {
    nps.map(Nps::try_from).transpose().map_err(corrupt(WHAT))
}

/// A rating as the database keeps it.
#[derive(FromRow)]
struct RatingRow {
    author: String,
    rated_at: i64,
    csat: i64,
    nps: Option<i64>,
    text: Option<String>,
}

impl TryFrom<RatingRow> for Rating {
    type Error = StoreError;

    fn try_from(row: RatingRow) -> Result<Self, StoreError> {
        Ok(Self {
            author: parse(WHAT, &row.author)?,
            rated_at: moment(WHAT, row.rated_at)?,
            csat: row.csat.try_into().map_err(corrupt(WHAT))?,
            nps: given(row.nps)?,
            text: row.text.as_deref().map(|text| parse(WHAT, text)).transpose()?,
        })
    }
}
