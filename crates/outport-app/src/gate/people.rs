//! Users and their tokens.

use chrono::TimeDelta;
use outport_model::principal::{Principal, PrincipalId};

use super::{Caller, Gate, agreements::forbidden, error::GateError};
use crate::identity::{Token, TokenId, TokenScope, User};

/// What is to be on record of a user. What is `None` stays as it is, or is what a new user has.
#[derive(Debug, Clone)]
pub struct UserChange {
    /// Who, and everything that policies ask of them.
    pub principal: Principal,
    /// A new password.
    pub password: Option<String>,
    /// Whether they are kept out.
    pub disabled: Option<bool>,
}

/// A new token. The secret is shown once.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What is on record.
    pub token: Token,
    /// What its owner sends.
    pub secret: String,
}

impl Gate {
    /// Puts the first administrator of the home on record; [`GateError::Terms`] where there is a user already.
    pub async fn first_administrator(&self, id: PrincipalId, password: &str) -> Result<User, GateError> {
        let caller = Caller::local();
        self.recorded(&caller, format!("first administrator {id}"), async {
            check_name(&id)?;
            let mut principal = Principal::new(id, outport_model::principal::PrincipalKind::User);
            principal.groups.insert(outport_model::name::GroupName::administrators());
            let user = User {
                principal,
                password_hash: Some(self.wardens.authenticator.hash_password(password).await?),
                disabled: false,
                created_at: self.app.clock.now(),
            };
            if self.wardens.users.put_first_user(&user).await? {
                return Ok(user);
            }
            Err(GateError::Terms { reason: "the home has users already".to_owned() })
        })
        .await
    }

    /// Everyone on record.
    pub async fn users(&self, caller: &Caller) -> Result<Vec<User>, GateError> {
        self.administrator(caller, "see users").await?;
        Ok(self.wardens.users.users().await?)
    }

    /// One user.
    pub async fn user(&self, caller: &Caller, id: &PrincipalId) -> Result<User, GateError> {
        self.administrator(caller, "see users").await?;
        let missing = || GateError::NotFound { what: "user", name: id.to_string() };
        self.wardens.users.user(id).await?.ok_or_else(missing)
    }

    /// Puts a user on record, or changes what is on record of them. `seen` says whether that is what the caller has seen;
    /// where it is not, nothing is changed: [`GateError::Changed`].
    pub async fn put_user(
        &self,
        caller: &Caller,
        change: UserChange,
        seen: impl Fn(Option<&User>) -> bool + Send + Sync,
    ) -> Result<User, GateError> {
        self.recorded(caller, format!("put user {}", change.principal.id), async {
            self.administrator(caller, "change users").await?;
            let password_hash = match &change.password {
                Some(password) => Some(self.wardens.authenticator.hash_password(password).await?),
                None => None,
            };
            loop {
                let known = self.wardens.users.user(&change.principal.id).await?;
                if known.is_none() {
                    check_name(&change.principal.id)?;
                }
                if !seen(known.as_ref()) {
                    return Err(GateError::Changed { what: "user", name: change.principal.id.to_string() });
                }
                let before = known.as_ref();
                let user = User {
                    principal: change.principal.clone(),
                    password_hash: password_hash.clone().or_else(|| before.and_then(|user| user.password_hash.clone())),
                    disabled: change.disabled.unwrap_or(before.is_some_and(|user| user.disabled)),
                    created_at: before.map_or_else(|| self.app.clock.now(), |user| user.created_at),
                };
                // Whoever was faster changed what this rests on.
                if self.wardens.users.replace_user(before, &user).await? {
                    // Whoever knows the old password alone is to be out.
                    if change.password.is_some() {
                        self.end_sessions(&user.principal.id).await?;
                    }
                    return Ok(user);
                }
            }
        })
        .await
    }

    /// Removes a user and revokes their tokens.
    pub async fn remove_user(&self, caller: &Caller, id: &PrincipalId) -> Result<(), GateError> {
        self.recorded(caller, format!("remove user {id}"), async {
            self.administrator(caller, "remove users").await?;
            let removed = self.wardens.users.remove_user(id, self.app.clock.now()).await?;
            removed.then_some(()).ok_or_else(|| GateError::NotFound { what: "user", name: id.to_string() })
        })
        .await
    }

    /// Makes a token of a user, who may be the caller; administrators make them for others.
    pub async fn create_token(
        &self,
        caller: &Caller,
        owner: &PrincipalId,
        label: &str,
        scope: TokenScope,
        duration: TimeDelta,
    ) -> Result<NewToken, GateError> {
        self.recorded(caller, format!("create token for {owner}"), async {
            self.oneself(caller, owner, "make tokens of others").await?;
            let missing = || GateError::NotFound { what: "user", name: owner.to_string() };
            self.wardens.users.user(owner).await?.ok_or_else(missing)?;
            if duration < TimeDelta::seconds(1) || duration > super::LONGEST {
                let reason = "a token lasts between a second and ten years".to_owned();
                return Err(GateError::Terms { reason });
            }
            let (id, secret, digest) = self.wardens.authenticator.new_token();
            let now = self.app.clock.now();
            let token = Token {
                id,
                owner: owner.clone(),
                label: label.to_owned(),
                digest,
                scope,
                created_at: now,
                expires_at: now + duration,
                revoked_at: None,
                last_used_at: None,
            };
            self.wardens.tokens.add_token(&token).await?;
            Ok(NewToken { token, secret })
        })
        .await
    }

    /// Tokens of a user; of everyone where `owner` is `None`, for administrators.
    pub async fn tokens(&self, caller: &Caller, owner: Option<&PrincipalId>) -> Result<Vec<Token>, GateError> {
        match owner {
            Some(owner) => self.owner(caller, owner, "see tokens of others").await?,
            None => self.administrator(caller, "see all tokens").await?,
        }
        Ok(self.wardens.tokens.tokens(owner).await?)
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Result<(), GateError> {
        self.recorded(caller, format!("revoke token {id}"), async {
            let missing = || GateError::NotFound { what: "token", name: id.to_string() };
            let token = self.wardens.tokens.token(id).await?.ok_or_else(missing)?;
            // Whether there is such a token of another is none of the caller's business.
            self.owner(caller, &token.owner, "revoke tokens of others").await.map_err(|_| missing())?;
            let revoked = self.wardens.tokens.revoke_token(id, self.app.clock.now()).await?;
            revoked.then_some(()).ok_or_else(missing)
        })
        .await
    }

    /// That a caller may administer. `action` is what they want to do, as the end of a sentence.
    pub async fn administrator(&self, caller: &Caller, action: &str) -> Result<(), GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        if snapshot.may_administer(caller, &principal, now)? {
            return Ok(());
        }
        Err(forbidden(&principal, action.to_owned()))
    }

    /// That someone is the owner of tokens, at a page of the hub too, or may administer. A session makes no token, but it may
    /// end some.
    async fn owner(&self, caller: &Caller, owner: &PrincipalId, action: &str) -> Result<(), GateError> {
        if caller.scope.is_session() && caller.local_user && caller.principal.id == *owner {
            return self.now(caller).await.map(|_| ());
        }
        self.oneself(caller, owner, action).await
    }

    async fn oneself(&self, caller: &Caller, owner: &PrincipalId, action: &str) -> Result<(), GateError> {
        // A token cannot make another that can do more, so that a stolen one cannot be prolonged.
        if caller.token.is_none() && caller.local_user && caller.principal.id == *owner {
            return self.now(caller).await.map(|_| ());
        }
        self.administrator(caller, action).await
    }
}

/// Names with `:` belong to identity providers.
fn check_name(id: &PrincipalId) -> Result<(), GateError> {
    if id.as_str().contains(':') {
        return Err(GateError::Terms { reason: format!("`{id}` has a `:`, which names of local users do not have") });
    }
    Ok(())
}
