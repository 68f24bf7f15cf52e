//! The store of agreements.

use async_trait::async_trait;
use outport_model::{
    agreement::{Agreement, AgreementId, AgreementState},
    name::WorkspaceName,
};

use crate::store::StoreError;

/// Whether an agreement was changed.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgreementOutcome {
    /// It was.
    Changed,
    /// Someone else was first: it is in another state by now.
    Moved(AgreementState),
    /// There is no such agreement.
    Missing,
}

/// Whether several agreements were changed.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgreementsOutcome {
    /// They were, all of them.
    Changed,
    /// None was: this one is not in the state that was expected.
    Moved(AgreementId),
}

/// Agreements of a workspace.
#[async_trait]
pub trait AgreementStore: Send + Sync + std::fmt::Debug {
    /// Puts a new agreement on record.
    async fn add_agreement(&self, workspace: &WorkspaceName, agreement: &Agreement) -> Result<(), StoreError>;

    /// Puts an agreement in the place of what is on record, if that is in the expected state.
    async fn change_agreement(
        &self,
        workspace: &WorkspaceName,
        agreement: &Agreement,
        expected: AgreementState,
    ) -> Result<AgreementOutcome, StoreError>;

    /// Puts several agreements on record, all of them or none: each in the place of what is on record, if that is in the
    /// expected state, or as a new one, if there is to be none.
    async fn put_agreements(
        &self,
        workspace: &WorkspaceName,
        agreements: &[(Agreement, Option<AgreementState>)],
    ) -> Result<AgreementsOutcome, StoreError>;

    /// One agreement.
    async fn agreement(&self, workspace: &WorkspaceName, id: AgreementId) -> Result<Option<Agreement>, StoreError>;

    /// All agreements of a workspace, newest first.
    async fn agreements(&self, workspace: &WorkspaceName) -> Result<Vec<Agreement>, StoreError>;

    /// How an agreement came to be as it is, oldest first: what it was after each change.
    async fn agreement_history(&self, workspace: &WorkspaceName, id: AgreementId)
    -> Result<Vec<Agreement>, StoreError>;
}
