//! Who there is, how they prove it, and the traits that keep and check it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use outport_model::{
    name::{ProductName, WorkspaceName},
    principal::{Door, Principal, PrincipalId},
};
use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// Someone on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Who.
    pub principal: Principal,
    /// The password's hash in PHC string format (argon2id); `None` for those who have no password here.
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// Whether they are kept out, whatever they prove.
    pub disabled: bool,
    /// When they were put on record.
    pub created_at: DateTime<Utc>,
}

/// The public part of an API token: it finds the token on record and is in every listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(String);

impl TokenId {
    /// An id: 1 to 32 lower-case letters and digits; `None` for any other text.
    pub fn new(text: &str) -> Option<Self> {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        ((1..=32).contains(&text.len()) && text.chars().all(letter)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token is good for; `None` is everything that its owner may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenScope {
    /// Through which doors.
    pub doors: Option<BTreeSet<Door>>,
    /// Which products.
    pub products: Option<BTreeSet<ProductName>>,
}

impl TokenScope {
    /// What a session of the hub is good for: its pages, whichever path they call.
    pub fn session() -> Self {
        Self { doors: Some(BTreeSet::from([Door::Hub])), products: None }
    }

    /// Whether this is what a session of the hub is good for.
    pub fn is_session(&self) -> bool {
        *self == Self::session()
    }

    /// Whether the token opens a door.
    pub fn allows_door(&self, door: Door) -> bool {
        self.doors.as_ref().is_none_or(|doors| doors.contains(&door))
    }

    /// Whether the token is good for a product.
    pub fn allows_product(&self, product: &ProductName) -> bool {
        self.products.as_ref().is_none_or(|products| products.contains(product))
    }
}

/// An API token on record. The secret itself is shown once, when it is made, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose rights it has.
    pub owner: PrincipalId,
    /// What its owner calls it.
    pub label: String,
    /// The BLAKE3 hash of the whole secret text.
    #[serde(skip)]
    pub digest: [u8; 32],
    /// What it is good for.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Users of a home. They are the same in all its workspaces.
#[async_trait]
pub trait UserStore: Send + Sync + std::fmt::Debug {
    /// Everyone, by name.
    async fn users(&self) -> Result<Vec<User>, StoreError>;

    /// Someone.
    async fn user(&self, id: &PrincipalId) -> Result<Option<User>, StoreError>;

    /// Puts someone on record in the place of what is known of them, which is nothing for someone new; `false`, and nothing
    /// happens, where something else is on record by now. `created_at` stays what it was.
    async fn replace_user(&self, known: Option<&User>, user: &User) -> Result<bool, StoreError>;

    /// Puts the very first user on record; `false`, and nothing happens, where there is one already.
    async fn put_first_user(&self, user: &User) -> Result<bool, StoreError>;

    /// Removes someone with the questions that they saved and revokes their tokens, so that whoever is called like that
    /// next finds nothing of theirs; `false` where there is no such user.
    async fn remove_user(&self, id: &PrincipalId, at: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// API tokens of a home.
#[async_trait]
pub trait TokenStore: Send + Sync + std::fmt::Debug {
    /// Puts a new token on record. Its owner is on record.
    async fn add_token(&self, token: &Token) -> Result<(), StoreError>;

    /// A token.
    async fn token(&self, id: &TokenId) -> Result<Option<Token>, StoreError>;

    /// Tokens of one owner, or all, newest first.
    async fn tokens(&self, owner: Option<&PrincipalId>) -> Result<Vec<Token>, StoreError>;

    /// Revokes a token; `false` where there is none that is not revoked already.
    async fn revoke_token(&self, id: &TokenId, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Forgets the tokens of an owner that are good for exactly this and ended before a moment, by themselves or revoked.
    async fn forget_tokens(
        &self,
        owner: &PrincipalId,
        scope: &TokenScope,
        before: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Remembers that a token was used.
    async fn token_used(&self, id: &TokenId, at: DateTime<Utc>) -> Result<(), StoreError>;
}

/// What someone shows to prove who they are. Never printed.
#[derive(Clone)]
pub enum Credential {
    /// A local user's name and password. The password may also be an API token of that user.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// An API token, or a JWT of a configured identity provider.
    Bearer(String),
    /// What an identity provider gave someone who has just signed in there.
    Code(SignInCode),
}

/// An identity provider with whom someone can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInProvider {
    /// Its name here.
    pub name: String,
    /// What people call it.
    pub title: String,
}

/// What an identity provider is asked for when someone is sent there to sign in (OpenID Connect, with PKCE).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRequest {
    /// Where it sends them afterwards.
    pub redirect: String,
    /// What it sends along then, so that nobody else can send them there.
    pub state: String,
    /// What it puts into the JWT, so that no other JWT can stand in its place.
    pub nonce: String,
    /// What is shown with the code, so that a code that was stolen is good for nothing. The provider is told its hash.
    pub verifier: String,
}

/// What an identity provider gave someone who has just signed in there, and what it was asked for with.
#[derive(Clone)]
pub struct SignInCode {
    /// The provider.
    pub provider: String,
    /// Whom the answer says that it is of, where it says it.
    pub issuer: Option<String>,
    /// What it gave.
    pub code: String,
    /// Where it sent them.
    pub redirect: String,
    /// What it was to put into the JWT.
    pub nonce: String,
    /// What the provider was told the hash of.
    pub verifier: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password { user, .. } => f.debug_struct("Password").field("user", user).finish_non_exhaustive(),
            Self::Bearer(_) => f.debug_tuple("Bearer").finish_non_exhaustive(),
            Self::Code(code) => f.debug_struct("Code").field("provider", &code.provider).finish_non_exhaustive(),
        }
    }
}

/// Someone who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who.
    pub principal: Principal,
    /// What the credential is good for.
    pub scope: TokenScope,
    /// From when on the credential is not good any more, where that is known.
    pub until: Option<DateTime<Utc>>,
    /// The token that was shown.
    pub token: Option<TokenId>,
    /// Whether they are a user of this home (and not one whom an identity provider vouches for).
    pub local_user: bool,
}

/// Why a credential was not accepted. Whoever showed it is told nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// It is not right. The reason is for the record alone.
    #[error("the credential was refused: {0}")]
    Refused(&'static str),
    /// Too many wrong ones came from there.
    #[error("too many credentials were refused; the next is looked at in {seconds} s")]
    TooMany {
        /// Until the next one is looked at.
        seconds: u64,
    },
    /// It cannot be checked now.
    #[error("the credential cannot be checked now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is on record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks credentials.
#[async_trait]
pub trait Authenticator: Send + Sync + std::fmt::Debug {
    /// Who shows this credential. `from` tells apart where attempts come from (an address), to slow down guessing.
    async fn authenticate(&self, credential: &Credential, from: &str) -> Result<Authenticated, AuthenticationError>;

    /// The hash of a password, to be kept, in PHC string format.
    async fn hash_password(&self, password: &str) -> Result<String, AuthenticationError>;

    /// A new secret: the id that finds it, the text that its owner gets, and the digest that is kept.
    fn new_token(&self) -> (TokenId, String, [u8; 32]);

    /// The identity providers with whom someone can sign in; by default none.
    fn sign_in_providers(&self) -> Vec<SignInProvider> {
        Vec::new()
    }

    /// The address to which someone is sent to sign in with a provider; `None` where there is no such provider.
    async fn sign_in_address(
        &self,
        _provider: &str,
        _request: &SignInRequest,
    ) -> Result<Option<String>, AuthenticationError> {
        Ok(None)
    }
}

/// Workspace-wide policies, and what of a workspace changed.
#[async_trait]
pub trait PolicyStore: Send + Sync + std::fmt::Debug {
    /// The policy files of a workspace, by name.
    async fn policies(&self, workspace: &WorkspaceName) -> Result<Vec<WorkspacePolicies>, StoreError>;

    /// Puts a policy file on record in the place of the one that is known by its name, which is none for a new one;
    /// `false`, and nothing happens, where another one is on record by now.
    async fn replace_policies(
        &self,
        workspace: &WorkspaceName,
        known: Option<&WorkspacePolicies>,
        policies: &WorkspacePolicies,
    ) -> Result<bool, StoreError>;

    /// Removes a policy file; `false` where there is none.
    async fn remove_policies(
        &self,
        workspace: &WorkspaceName,
        name: &outport_model::name::PolicySetName,
    ) -> Result<bool, StoreError>;

    /// How often anything has changed that decides what someone sees, by whatever process. Cheap: it is asked for with every
    /// request.
    async fn changes(&self) -> Result<Changes, StoreError>;
}

/// How often anything has changed that decides what someone sees. Each number grows with every change of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// Changes of users and tokens: of who there is.
    pub people: u64,
    /// Changes of agreements, policies, intents and current releases: of what somebody sees, whoever there is.
    pub decisions: u64,
}

/// One file of workspace-wide policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspacePolicies {
    /// Its name: the file's without `.cedar`.
    pub name: outport_model::name::PolicySetName,
    /// Its text, in Cedar.
    pub text: String,
    /// When it was put on record.
    pub changed_at: DateTime<Utc>,
    /// By whom.
    pub changed_by: PrincipalId,
}
