//! Users, tokens, policies and agreements.

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use outport_app::{
    agreement::{AgreementOutcome, AgreementStore, AgreementsOutcome},
    identity::{Changes, PolicyStore, Token, TokenId, TokenScope, TokenStore, User, UserStore, WorkspacePolicies},
    store::StoreError,
};
use outport_model::{
    agreement::{Agreement, AgreementId, AgreementState},
    name::{PolicySetName, WorkspaceName},
    principal::PrincipalId,
};

use super::MemoryStore;

/// Puts someone on record, whatever is on record of them.
#[async_trait]
pub trait PutUser {
    /// Puts someone on record.
    async fn put_user(&self, user: &User) -> Result<(), StoreError>;
}

#[async_trait]
impl<S: UserStore + ?Sized> PutUser for S {
    async fn put_user(&self, user: &User) -> Result<(), StoreError> {
        loop {
            let known = self.user(&user.principal.id).await?;
            if self.replace_user(known.as_ref(), user).await? {
                return Ok(());
            }
        }
    }
}

/// Puts a policy file on record, whatever is on record under its name.
#[async_trait]
pub trait PutPolicies {
    /// Puts a policy file on record.
    async fn put_policies(&self, workspace: &WorkspaceName, policies: &WorkspacePolicies) -> Result<(), StoreError>;
}

#[async_trait]
impl<S: PolicyStore + ?Sized> PutPolicies for S {
    async fn put_policies(&self, workspace: &WorkspaceName, policies: &WorkspacePolicies) -> Result<(), StoreError> {
        loop {
            let all = self.policies(workspace).await?;
            let known = all.iter().find(|known| known.name == policies.name);
            if self.replace_policies(workspace, known, policies).await? {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        Ok(self.record().users.values().cloned().collect())
    }

    async fn user(&self, id: &PrincipalId) -> Result<Option<User>, StoreError> {
        Ok(self.record().users.get(id).cloned())
    }

    async fn replace_user(&self, known: Option<&User>, user: &User) -> Result<bool, StoreError> {
        let mut record = self.record();
        let found = record.users.get(&user.principal.id);
        if found != known {
            return Ok(false);
        }
        let created_at = found.map_or(user.created_at, |found| found.created_at);
        record.users.insert(user.principal.id.clone(), User { created_at, ..user.clone() });
        record.changes.people += 1;
        Ok(true)
    }

    async fn put_first_user(&self, user: &User) -> Result<bool, StoreError> {
        let mut record = self.record();
        if !record.users.is_empty() {
            return Ok(false);
        }
        record.users.insert(user.principal.id.clone(), user.clone());
        record.changes.people += 1;
        Ok(true)
    }

    async fn remove_user(&self, id: &PrincipalId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut record = self.record();
        if record.users.remove(id).is_none() {
            return Ok(false);
        }
        for token in record.tokens.iter_mut().filter(|token| token.owner == *id) {
            token.revoked_at.get_or_insert(at);
        }
        record.questions.retain(|_, question| question.owner != *id);
        record.changes.people += 1;
        Ok(true)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn add_token(&self, token: &Token) -> Result<(), StoreError> {
        let mut record = self.record();
        if !record.users.contains_key(&token.owner) {
            return Err(refused("put a token on record", format!("there is no user `{}`", token.owner)));
        }
        if record.tokens.iter().any(|known| known.id == token.id) {
            return Err(refused("put a token on record", format!("there is a token `{}`", token.id)));
        }
        record.tokens.push(token.clone());
        record.changes.people += 1;
        Ok(())
    }

    async fn token(&self, id: &TokenId) -> Result<Option<Token>, StoreError> {
        Ok(self.record().tokens.iter().find(|token| token.id == *id).cloned())
    }

    async fn tokens(&self, owner: Option<&PrincipalId>) -> Result<Vec<Token>, StoreError> {
        let record = self.record();
        let wanted = record.tokens.iter().rev().filter(|token| owner.is_none_or(|owner| token.owner == *owner));
        Ok(wanted.cloned().collect())
    }

    async fn revoke_token(&self, id: &TokenId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut record = self.record();
        let live = record.tokens.iter_mut().find(|token| token.id == *id && token.revoked_at.is_none());
        let Some(token) = live else { return Ok(false) };
        token.revoked_at = Some(at);
        record.changes.people += 1;
        Ok(true)
    }

    async fn forget_tokens(
        &self,
        owner: &PrincipalId,
        scope: &TokenScope,
        before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut record = self.record();
        let known = record.tokens.len();
        record.tokens.retain(|token| {
            let ended = token.revoked_at.map_or(token.expires_at, |at| at.min(token.expires_at));
            token.owner != *owner || token.scope != *scope || ended >= before
        });
        record.changes.people += u64::from(record.tokens.len() < known);
        Ok(())
    }

    async fn token_used(&self, id: &TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let minute = at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at);
        let mut record = self.record();
        if let Some(token) = record.tokens.iter_mut().find(|token| token.id == *id) {
            token.last_used_at = token.last_used_at.max(Some(minute));
        }
        Ok(())
    }
}

#[async_trait]
impl PolicyStore for MemoryStore {
    async fn policies(&self, workspace: &WorkspaceName) -> Result<Vec<WorkspacePolicies>, StoreError> {
        let record = self.record();
        let own = record.policies.iter().filter(|((of, _), _)| of == workspace);
        Ok(own.map(|(_, policies)| policies.clone()).collect())
    }

    async fn replace_policies(
        &self,
        workspace: &WorkspaceName,
        known: Option<&WorkspacePolicies>,
        policies: &WorkspacePolicies,
    ) -> Result<bool, StoreError> {
        let mut record = self.record();
        let key = (workspace.clone(), policies.name.clone());
        if record.policies.get(&key) != known {
            return Ok(false);
        }
        record.policies.insert(key, policies.clone());
        record.changes.decisions += 1;
        Ok(true)
    }

    async fn remove_policies(&self, workspace: &WorkspaceName, name: &PolicySetName) -> Result<bool, StoreError> {
        let mut record = self.record();
        let removed = record.policies.remove(&(workspace.clone(), name.clone())).is_some();
        record.changes.decisions += u64::from(removed);
        Ok(removed)
    }

    async fn changes(&self) -> Result<Changes, StoreError> {
        Ok(self.record().changes)
    }
}

#[async_trait]
impl AgreementStore for MemoryStore {
    async fn add_agreement(&self, workspace: &WorkspaceName, agreement: &Agreement) -> Result<(), StoreError> {
        let mut record = self.record();
        if record.agreements.iter().any(|(of, known)| of == workspace && known.id == agreement.id) {
            return Err(refused("put an agreement on record", format!("there is an agreement {}", agreement.id)));
        }
        record.agreements.push((workspace.clone(), agreement.clone()));
        record.changes.decisions += 1;
        Ok(())
    }

    async fn change_agreement(
        &self,
        workspace: &WorkspaceName,
        agreement: &Agreement,
        expected: AgreementState,
    ) -> Result<AgreementOutcome, StoreError> {
        let mut record = self.record();
        let own = record.agreements.iter().rev().find(|(of, known)| of == workspace && known.id == agreement.id);
        Ok(match own.map(|(_, known)| known.state) {
            None => AgreementOutcome::Missing,
            Some(found) if found != expected => AgreementOutcome::Moved(found),
            Some(_) => {
                record.agreements.push((workspace.clone(), agreement.clone()));
                record.changes.decisions += 1;
                AgreementOutcome::Changed
            }
        })
    }

    async fn put_agreements(
        &self,
        workspace: &WorkspaceName,
        agreements: &[(Agreement, Option<AgreementState>)],
    ) -> Result<AgreementsOutcome, StoreError> {
        let mut record = self.record();
        let mut all = record.agreements.clone();
        for (agreement, expected) in agreements {
            let own = all.iter().rev().find(|(of, known)| of == workspace && known.id == agreement.id);
            if own.map(|(_, known)| known.state) != *expected {
                return Ok(AgreementsOutcome::Moved(agreement.id));
            }
            all.push((workspace.clone(), agreement.clone()));
        }
        if !agreements.is_empty() {
            record.agreements = all;
            record.changes.decisions += 1;
        }
        Ok(AgreementsOutcome::Changed)
    }

    async fn agreement(&self, workspace: &WorkspaceName, id: AgreementId) -> Result<Option<Agreement>, StoreError> {
        Ok(self.agreement_history(workspace, id).await?.pop())
    }

    async fn agreements(&self, workspace: &WorkspaceName) -> Result<Vec<Agreement>, StoreError> {
        let record = self.record();
        let mut newest: Vec<Agreement> = Vec::new();
        for (_, agreement) in record.agreements.iter().filter(|(of, _)| of == workspace) {
            match newest.iter_mut().find(|known| known.id == agreement.id) {
                Some(known) => *known = agreement.clone(),
                None => newest.push(agreement.clone()),
            }
        }
        newest.reverse();
        Ok(newest)
    }

    async fn agreement_history(
        &self,
        workspace: &WorkspaceName,
        id: AgreementId,
    ) -> Result<Vec<Agreement>, StoreError> {
        let record = self.record();
        let own = record.agreements.iter().filter(|(of, known)| of == workspace && known.id == id);
        Ok(own.map(|(_, agreement)| agreement.clone()).collect())
    }
}

fn refused(action: &'static str, reason: String) -> StoreError {
    StoreError::Database { action, source: reason.into() }
}
