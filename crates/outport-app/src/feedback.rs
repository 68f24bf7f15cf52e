//! The stores of what people say about products.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_model::{
    feedback::{Feedback, FeedbackId, FeedbackKind, FeedbackState, Rating, RatingSummary, Reply, Title, Writing},
    name::{ProductName, WorkspaceName},
    principal::PrincipalId,
};

use crate::store::StoreError;

/// How much one author may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// From this moment on.
    pub since: DateTime<Utc>,
    /// At most so many.
    pub most: u64,
}

/// Whether something was written.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was.
    Written,
    /// Its author has written as much as they may.
    OverQuota,
    /// There is as much below it as there may be.
    Full,
    /// There is nothing that it could be added to.
    Missing,
}

/// What a question, a problem or a request becomes. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackChange {
    /// What it is about in short.
    pub title: Option<Title>,
    /// What it says.
    pub text: Option<Writing>,
    /// When its author corrected it.
    pub edited_at: Option<DateTime<Utc>>,
    /// How far it has come; who says so, and when.
    pub state: Option<(FeedbackState, PrincipalId, DateTime<Utc>)>,
    /// Who is to see to it; `Some(None)` is nobody.
    pub assignee: Option<Option<PrincipalId>>,
}

/// Which ones are wanted. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackFilter {
    /// Those of one product.
    pub product: Option<ProductName>,
    /// Those of one kind.
    pub kind: Option<FeedbackKind>,
    /// Those in one state.
    pub state: Option<FeedbackState>,
    /// Those that one person is to see to.
    pub assignee: Option<PrincipalId>,
    /// Those that one person wrote.
    pub author: Option<PrincipalId>,
}

/// A question, a problem or a request with what there is beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackEntry {
    /// What was written.
    pub feedback: Feedback,
    /// How many say that it matters to them too.
    pub votes: u64,
    /// Whether whoever reads is one of them.
    pub voted: bool,
    /// How many replies there are.
    pub replies: u64,
}

/// Questions, problems and requests of a workspace.
#[async_trait]
pub trait FeedbackStore: Send + Sync + std::fmt::Debug {
    /// Puts a new one on record, unless its author has written as many as they may.
    async fn add_feedback(
        &self,
        workspace: &WorkspaceName,
        feedback: &Feedback,
        quota: Quota,
    ) -> Result<WriteOutcome, StoreError>;

    /// Changes one; `false`, and nothing happens, where there is none.
    async fn change_feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        change: &FeedbackChange,
    ) -> Result<bool, StoreError>;

    /// Adds a reply and changes what it replies to, unless its author has written as many as they may or there are `most`
    /// below it already.
    async fn add_reply(
        &self,
        workspace: &WorkspaceName,
        to: FeedbackId,
        reply: &Reply,
        change: &FeedbackChange,
        quota: Quota,
        most: u64,
    ) -> Result<WriteOutcome, StoreError>;

    /// Counts someone among those to whom it matters, or does not any more; `false` where there is no such thing.
    async fn vote(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        voter: &PrincipalId,
        counts: bool,
    ) -> Result<bool, StoreError>;

    /// One, as `reader` sees it.
    async fn feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        reader: &PrincipalId,
    ) -> Result<Option<FeedbackEntry>, StoreError>;

    /// The replies to one, oldest first.
    async fn replies(&self, workspace: &WorkspaceName, to: FeedbackId) -> Result<Vec<Reply>, StoreError>;

    /// Those that are wanted as `reader` sees them, newest first: at most `limit` of those that are older than `before`.
    async fn list_feedback(
        &self,
        workspace: &WorkspaceName,
        filter: &FeedbackFilter,
        reader: &PrincipalId,
        before: Option<FeedbackId>,
        limit: u32,
    ) -> Result<Vec<FeedbackEntry>, StoreError>;
}

/// Ratings of the products of a workspace.
#[async_trait]
pub trait RatingStore: Send + Sync + std::fmt::Debug {
    /// Puts a rating in the place of what its author said of the product before.
    async fn put_rating(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        rating: &Rating,
    ) -> Result<(), StoreError>;

    /// The ratings of a product, newest first.
    async fn ratings(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Rating>, StoreError>;

    /// The ratings of every product that anyone has rated, together.
    async fn rating_summaries(
        &self,
        workspace: &WorkspaceName,
    ) -> Result<BTreeMap<ProductName, RatingSummary>, StoreError>;
}
