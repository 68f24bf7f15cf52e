//! The store of questions that people keep to ask them again.

use async_trait::async_trait;
use outport_model::{
    name::WorkspaceName,
    principal::PrincipalId,
    question::{QuestionId, SavedQuestion},
};

use crate::store::StoreError;

/// Which ones are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionFilter {
    /// All of one owner.
    Of(PrincipalId),
    /// All of this reader, and those of others that are not for their owner alone.
    Shared(PrincipalId),
}

/// Saved questions of a workspace.
#[async_trait]
pub trait QuestionStore: Send + Sync + std::fmt::Debug {
    /// Puts a new one on record; `false`, and nothing happens, where its owner has `most` already.
    async fn add_question(
        &self,
        workspace: &WorkspaceName,
        question: &SavedQuestion,
        most: u64,
    ) -> Result<bool, StoreError>;

    /// Puts one in the place of what is on record under its id; `false`, and nothing happens, where that is not `known`.
    async fn replace_question(
        &self,
        workspace: &WorkspaceName,
        known: &SavedQuestion,
        question: &SavedQuestion,
    ) -> Result<bool, StoreError>;

    /// Removes one; `false` where there is none.
    async fn remove_question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<bool, StoreError>;

    /// One.
    async fn question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<Option<SavedQuestion>, StoreError>;

    /// Those that are wanted, newest first: at most `limit` of those that were saved before the one with this id. Ids sort
    /// by the time at which they were given, so that the one need not be there any more.
    async fn questions(
        &self,
        workspace: &WorkspaceName,
        wanted: &QuestionFilter,
        before: Option<QuestionId>,
        limit: u32,
    ) -> Result<Vec<SavedQuestion>, StoreError>;
}
