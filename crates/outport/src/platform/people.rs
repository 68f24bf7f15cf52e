//! Users and their tokens.

use chrono::TimeDelta;
use outport_app::{
    gate::{Caller, NewToken, UserChange},
    identity::{Token, TokenId, TokenScope, User},
};
use outport_model::principal::PrincipalId;

use super::Platform;
use crate::{failure::Failure, remote::Seen};

impl Platform {
    /// Everyone on record.
    pub(crate) async fn users(&self) -> Result<Vec<User>, Failure> {
        match self {
            Self::Home(home) => Ok(home.gate.users(&Caller::local()).await?),
            Self::Server(server) => server.users().await,
        }
    }

    /// What is on record of a user.
    pub(crate) async fn user(&self, id: &PrincipalId) -> Result<Seen, Failure> {
        match self {
            Self::Home(home) => {
                let users = home.gate.users(&Caller::local()).await?;
                Ok(Seen::at_home(users.into_iter().find(|user| user.principal.id == *id)))
            }
            Self::Server(server) => server.user(id).await,
        }
    }

    /// Puts a user on record, or changes what is on record of them, if that is what was seen.
    pub(crate) async fn put_user(&self, change: UserChange, seen: &Seen) -> Result<(), Failure> {
        match self {
            Self::Home(home) => {
                home.gate.put_user(&Caller::local(), change, |found| found == seen.user.as_ref()).await?;
                Ok(())
            }
            Self::Server(server) => server.put_user(change, seen).await,
        }
    }

    /// Removes a user and revokes their tokens.
    pub(crate) async fn remove_user(&self, id: &PrincipalId) -> Result<(), Failure> {
        match self {
            Self::Home(home) => Ok(home.gate.remove_user(&Caller::local(), id).await?),
            Self::Server(server) => server.remove_user(id).await,
        }
    }

    /// Makes a token.
    pub(crate) async fn create_token(
        &self,
        owner: &PrincipalId,
        label: &str,
        scope: TokenScope,
        duration: TimeDelta,
    ) -> Result<NewToken, Failure> {
        match self {
            Self::Home(home) => Ok(home.gate.create_token(&Caller::local(), owner, label, scope, duration).await?),
            Self::Server(server) => server.create_token(owner, label, &scope, duration).await,
        }
    }

    /// Tokens of one user, or of everyone.
    pub(crate) async fn tokens(&self, owner: Option<&PrincipalId>) -> Result<Vec<Token>, Failure> {
        match self {
            Self::Home(home) => Ok(home.gate.tokens(&Caller::local(), owner).await?),
            Self::Server(server) => server.tokens(owner).await,
        }
    }

    /// Revokes a token.
    pub(crate) async fn revoke_token(&self, id: &TokenId) -> Result<(), Failure> {
        match self {
            Self::Home(home) => Ok(home.gate.revoke_token(&Caller::local(), id).await?),
            Self::Server(server) => server.revoke_token(id).await,
        }
    }
}
