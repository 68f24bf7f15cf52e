//! Users, tokens and the record of requests on a server.

use chrono::TimeDelta;
use outport_app::{
    audit::Verification,
    gate::{NewToken, UserChange},
    identity::{Token, TokenId, TokenScope, User},
};
use outport_model::{audit::RequestRecord, principal::PrincipalId};
use reqwest::{
    Method,
    header::{self, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Server;
use crate::failure::Failure;

#[derive(Debug, Deserialize)]
struct MadeToken {
    token: Token,
    secret: String,
}

/// What was seen on record of a user, and how the server marks it; nothing where there is no such user.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The user.
    pub(crate) user: Option<User>,
    tag: Option<HeaderValue>,
}

impl Seen {
    /// What was seen on the home itself.
    pub(crate) fn at_home(user: Option<User>) -> Self {
        Self { user, tag: None }
    }
}

impl Server {
    /// Everyone on record.
    pub(crate) async fn users(&self) -> Result<Vec<User>, Failure> {
        self.all(&["users"], &[]).await
    }

    /// What is on record of a user.
    pub(crate) async fn user(&self, id: &PrincipalId) -> Result<Seen, Failure> {
        let request = self.request(Method::GET, &["users", id.as_str()]);
        let Some(response) = self.find(request).await? else { return Ok(Seen::default()) };
        let tag = response.headers().get(header::ETAG).cloned();
        Ok(Seen { user: Some(self.read(response).await?), tag })
    }

    /// Puts a user on record, or changes what is on record of them, if that is what was seen.
    pub(crate) async fn put_user(&self, change: UserChange, seen: &Seen) -> Result<(), Failure> {
        let UserChange { principal, password, disabled } = change;
        let order = json!({
            "kind": principal.kind,
            "groups": principal.groups,
            "department": principal.department,
            "region": principal.region,
            "clearance": principal.clearance,
            "labels": principal.labels,
            "password": password,
            "disabled": disabled,
        });
        let request = self.request(Method::PUT, &["users", principal.id.as_str()]).json(&order);
        let request = match &seen.tag {
            Some(tag) => request.header(header::IF_MATCH, tag),
            None => request.header(header::IF_NONE_MATCH, "*"),
        };
        let response = self.send(request).await?;
        self.read::<User>(response).await.map(|_| ())
    }

    /// Removes a user and revokes their tokens.
    pub(crate) async fn remove_user(&self, id: &PrincipalId) -> Result<(), Failure> {
        self.delete(&["users", id.as_str()]).await
    }

    /// Makes a token.
    pub(crate) async fn create_token(
        &self,
        owner: &PrincipalId,
        label: &str,
        scope: &TokenScope,
        duration: TimeDelta,
    ) -> Result<NewToken, Failure> {
        let order = json!({"owner": owner, "label": label, "scope": scope, "seconds": duration.num_seconds()});
        let made: MadeToken = self.post(&["tokens"], &order).await?;
        Ok(NewToken { token: made.token, secret: made.secret })
    }

    /// Tokens of one user, or of everyone.
    pub(crate) async fn tokens(&self, owner: Option<&PrincipalId>) -> Result<Vec<Token>, Failure> {
        self.all(&["tokens"], &[("user", owner.map(PrincipalId::as_str))]).await
    }

    /// Revokes a token.
    pub(crate) async fn revoke_token(&self, id: &TokenId) -> Result<(), Failure> {
        self.delete(&["tokens", id.as_str()]).await
    }

    /// The newest requests on record, oldest first.
    pub(crate) async fn requests(
        &self,
        user: Option<&PrincipalId>,
        limit: usize,
    ) -> Result<Vec<RequestRecord>, Failure> {
        let request = self.request(Method::GET, &["audit"]).query(&[("limit", limit)]).query(&[("user", user)]);
        let response = self.send(request).await?;
        self.read(response).await
    }

    /// Whether the record of requests is as it was written.
    pub(crate) async fn verify(&self) -> Result<Verification, Failure> {
        self.get(&["audit", "verification"]).await
    }

    pub(super) async fn put(&self, path: &[&str], body: &Value) -> Result<reqwest::Response, Failure> {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(super) async fn delete(&self, path: &[&str]) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, path)).await.map(|_| ())
    }
}
