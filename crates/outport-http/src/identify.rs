//! Who sends a request: the credential that they show, where they come from, and what they say that they want.
//!
//! A credential is in `Authorization`, or a session of the hub is in a cookie. Whoever shows a session comes through
//! [`Door::Hub`], whichever door they call.

use std::{convert::Infallible, net::SocketAddr};

use axum::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, header, request::Parts};
use outport_app::{
    gate::{Caller, ErrorKind, Gate, GateError, NewSession},
    identity::Credential,
};
use outport_model::principal::{Door, Purpose};

use crate::{
    hub::cookie::{self, Shown},
    problem::Problem,
    query::reject,
};

/// The header that says what data is read for.
pub(crate) const PURPOSE: HeaderName = HeaderName::from_static("outport-purpose");

/// The longest name of a program that is kept, in characters.
const LONGEST_CLIENT: usize = 200;

/// The other end of the connection; set by [`serve`](crate::serve) on every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Someone who sends a request, not recognised yet.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    credential: Result<Option<Credential>, Problem>,
    /// The session that they show; only where they show no credential.
    session: Option<Shown>,
    purpose: Result<Option<Purpose>, Problem>,
    client: Option<String>,
    from: String,
    /// What is asked for.
    said: String,
}

impl Visitor {
    /// What the head of a request says.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>();
        Self {
            credential: credential(&parts.headers),
            session: parts.extensions.get::<Shown>().cloned(),
            purpose: purpose(&parts.headers),
            client: client(&parts.headers),
            said: format!("{} {}", parts.method, parts.uri.path()),
            from: peer.map_or_else(|| "unknown".to_owned(), |Peer(address)| address.ip().to_string()),
        }
    }

    /// Recognises them at a door.
    pub(crate) async fn enter(self, gate: &Gate, door: Door) -> Result<Caller, Problem> {
        self.come(gate, door, Next::Anything).await
    }

    /// The same for a request whose next step asks the gate: see [`Gate::authenticate_to_ask`].
    pub(crate) async fn enter_to_ask(self, gate: &Gate, door: Door) -> Result<Caller, Problem> {
        self.come(gate, door, Next::Ask).await
    }

    async fn come(self, gate: &Gate, door: Door, next: Next) -> Result<Caller, Problem> {
        let Self { credential, session, purpose, client, from, said } = self;
        let (credential, session) = match (credential, session) {
            (Ok(Some(credential)), _) => (credential, None),
            (Ok(None), Some(Shown::Session { secret, secure })) => (Credential::Bearer(secret), Some(secure)),
            (Ok(None), Some(Shown::Foreign)) => {
                gate.unrecognised(&from, Door::Hub, client);
                return Err(Problem::forbidden("a page of another address sent this, with a session of this server")
                    .with_help("send a credential: `Authorization: Bearer …`"));
            }
            (shown, _) => {
                gate.unrecognised(&from, door, client);
                return Err(shown.err().unwrap_or_else(Problem::unauthenticated));
            }
        };
        // By a purpose that is none nobody is kept from being recognised, and the gate is asked for nothing more.
        let next = if purpose.is_ok() { next } else { Next::Anything };
        let caller = match (session, next) {
            (Some(secure), _) => in_session(gate, &credential, &from, client, secure).await?,
            (None, Next::Ask) => gate.authenticate_to_ask(&credential, &from, door, client).await?,
            (None, Next::Anything) => gate.authenticate(&credential, &from, door, client).await?,
        };
        match purpose {
            Ok(purpose) => Ok(Caller { purpose, ..caller }),
            Err(problem) => Err(reject(gate.begin(&caller, said), problem)),
        }
    }

    /// Puts on record that what they send cannot be read, and why. Gives the problem under its id; `None` where they are not
    /// recognised, or ask for a purpose that is none, which then is what is on record.
    pub(crate) async fn unread(self, gate: &Gate, door: Door, problem: Problem) -> Option<Problem> {
        let said = self.said.clone();
        let caller = self.enter(gate, door).await.ok()?;
        Some(reject(gate.begin(&caller, said), problem))
    }

    /// Puts on record that they come to sign in, and show nothing by which they could be.
    pub(crate) fn unrecognised(self, gate: &Gate) {
        gate.unrecognised(&self.from, Door::Hub, self.client);
    }

    /// Begins a session of whoever this credential is of.
    pub(crate) async fn sign_in(self, gate: &Gate, credential: &Credential) -> Result<NewSession, GateError> {
        gate.sign_in(credential, &self.from, self.client).await
    }
}

/// What is done after someone has come.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// The gate is asked what holds now.
    Ask,
    Anything,
}

/// Whose session it is. One that has ended the browser is to forget.
async fn in_session(
    gate: &Gate,
    credential: &Credential,
    from: &str,
    client: Option<String>,
    secure: bool,
) -> Result<Caller, Problem> {
    let error = match gate.authenticate(credential, from, Door::Hub, client).await {
        Ok(caller) if caller.scope.is_session() => return Ok(caller),
        Ok(caller) => {
            let reason = "what is in the cookie is another credential than a session".to_owned();
            gate.begin(&caller, "authenticate").fail(GateError::Unauthenticated { reason })
        }
        Err(error) => error,
    };
    let ended = error.kind() == ErrorKind::Unauthenticated;
    let problem = Problem::from(error);
    Err(match cookie::forgotten(secure) {
        Some(forgotten) if ended => problem.with_help("sign in").with_header(header::SET_COOKIE, forgotten),
        _ => problem,
    })
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// The credential in `Authorization`: `Bearer <token>` or `Basic <base64 of user:password>`.
fn credential(headers: &HeaderMap) -> Result<Option<Credential>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let several = headers.contains_key(header::AUTHORIZATION);
        return if several { Err(malformed("there are several `Authorization` headers")) } else { Ok(None) };
    };
    let text = value.to_str().map_err(|_| malformed("`Authorization` has characters that it cannot have"))?;
    let Some((scheme, rest)) = text.trim().split_once(' ') else {
        return Err(malformed("`Authorization` is not a scheme and a credential"));
    };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
        Ok(Some(Credential::Bearer(rest.to_owned())))
    } else if scheme.eq_ignore_ascii_case("basic") {
        basic(rest).map(Some).ok_or_else(|| malformed("`Authorization: Basic` is not the base64 of `user:password`"))
    } else {
        Err(malformed("`Authorization` is neither `Bearer` nor `Basic`"))
    }
}

fn basic(text: &str) -> Option<Credential> {
    let decoded = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(Credential::Password { user: user.to_owned(), password: password.to_owned() })
}

fn malformed(detail: &str) -> Problem {
    Problem::unauthenticated().with_detail(detail)
}

fn purpose(headers: &HeaderMap) -> Result<Option<Purpose>, Problem> {
    let Some(value) = headers.get(PURPOSE) else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| "it is not UTF-8".to_owned());
    let purpose = text.and_then(|text| text.parse().map_err(|error| format!("{error}")));
    purpose.map(Some).map_err(|reason| {
        Problem::bad_request(format!("`Outport-Purpose` is not a purpose: {reason}"))
            .with_help("name the purpose in one line of at most 200 characters")
    })
}

fn client(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes()).into_owned();
    Some(text.chars().filter(|c| !c.is_control()).take(LONGEST_CLIENT).collect())
}
