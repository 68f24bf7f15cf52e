//! Sessions of the hub.
//!
//! A session is a token that a browser keeps as a cookie. It opens that one door, ends by itself after [`SESSION`], and
//! is on record like every other token: whoever may revoke one revokes it, and it never outlives its owner.

use chrono::TimeDelta;
use outport_model::principal::{Door, Principal, PrincipalId};

use super::{Caller, Gate, error::GateError};
use crate::identity::{Credential, Token, TokenScope, User};

/// How long a session lasts.
pub const SESSION: TimeDelta = TimeDelta::hours(12);

/// How long a session that has ended stays on record. What was asked in it stays on the record of requests.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// A session that has begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Who is signed in.
    pub caller: Caller,
    /// What the browser keeps.
    pub secret: String,
}

impl Gate {
    /// Begins a session of whoever this credential is of: a password, or what an identity provider says of someone who
    /// has just signed in there. `from` tells apart where attempts come from; what is refused is on record.
    pub async fn sign_in(
        &self,
        credential: &Credential,
        from: &str,
        client: Option<String>,
    ) -> Result<NewSession, GateError> {
        let caller = self.authenticate(credential, from, Door::Hub, client).await?;
        self.begin(&caller, "sign in").run(self.begin_session(caller.clone())).await
    }

    /// Ends the session of a caller. Whoever shows no session has none to end.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), GateError> {
        self.recorded(caller, "sign out", async {
            let session = caller.token.as_ref().filter(|_| caller.scope.is_session());
            let session = session.ok_or_else(|| GateError::Terms { reason: "there is no session".to_owned() })?;
            self.wardens.tokens.revoke_token(session, self.app.clock.now()).await?;
            Ok(())
        })
        .await
    }

    /// That a caller is still let through: what they showed has not ended, and neither have they.
    pub async fn still_known(&self, caller: &Caller) -> Result<(), GateError> {
        self.now(caller).await.map(|_| ())
    }

    /// Ends every session of someone, whose password is another one now.
    pub(super) async fn end_sessions(&self, owner: &PrincipalId) -> Result<(), GateError> {
        let now = self.app.clock.now();
        for token in self.wardens.tokens.tokens(Some(owner)).await? {
            if token.scope.is_session() && token.expires_at > now {
                self.wardens.tokens.revoke_token(&token.id, now).await?;
            }
        }
        Ok(())
    }

    async fn begin_session(&self, caller: Caller) -> Result<NewSession, GateError> {
        // A token is to do no more than it says, and for no longer.
        if caller.token.is_some() {
            let reason = "a session begins with a password, and not with a token".to_owned();
            return Err(GateError::Unauthenticated { reason });
        }
        if !caller.local_user {
            self.put_vouched(&caller.principal).await?;
        }
        let (tokens, now) = (&self.wardens.tokens, self.app.clock.now());
        let (id, secret, digest) = self.wardens.authenticator.new_token();
        let token = Token {
            id,
            owner: caller.principal.id.clone(),
            label: "session of the hub".to_owned(),
            digest,
            scope: TokenScope::session(),
            created_at: now,
            expires_at: now + SESSION,
            revoked_at: None,
            last_used_at: None,
        };
        tokens.forget_tokens(&token.owner, &token.scope, now - REMEMBERED).await?;
        tokens.add_token(&token).await?;
        let (scope, until) = (token.scope, Some(token.expires_at));
        let caller = Caller { scope, until, token: Some(token.id), local_user: true, ..caller };
        Ok(NewSession { caller, secret })
    }

    /// Puts someone whom an identity provider vouches for on record as they are now, so that their session has an
    /// owner.
    async fn put_vouched(&self, principal: &Principal) -> Result<(), GateError> {
        loop {
            let known = self.wardens.users.user(&principal.id).await?;
            let user = User {
                principal: principal.clone(),
                password_hash: None,
                disabled: known.as_ref().is_some_and(|user| user.disabled),
                created_at: known.as_ref().map_or_else(|| self.app.clock.now(), |user| user.created_at),
            };
            if user.disabled {
                return Err(GateError::Unauthenticated { reason: "the user is disabled".to_owned() });
            }
            // Whoever was faster changed what this rests on.
            if self.wardens.users.replace_user(known.as_ref(), &user).await? {
                return Ok(());
            }
        }
    }
}
