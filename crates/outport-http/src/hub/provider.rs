//! Signs someone in with an identity provider: `GET /v1/session/oidc/{provider}` sends them there, and they come back
//! to `GET /v1/session/callback`.
//!
//! In between the browser keeps a [`Flow`] as a cookie, under a seal that only this process can make. What the provider
//! is told is derived from it by the same key: whoever knows the cookie or the address can make neither out of the
//! other, and nothing is kept here for people who never come back.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};
use outport_app::{
    gate::ErrorKind,
    identity::{AuthenticationError, Credential, SignInCode, SignInRequest},
};
use serde::{Deserialize, Serialize};

use super::cookie;
use crate::{identify::Visitor, problem::Problem, state::Doors};

/// How long someone has to sign in there.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// The longest path of the hub that is remembered.
const LONGEST: usize = 1024;

/// Where people come back to, below the address of the server.
const CALLBACK: &str = "/v1/session/callback";

/// Where people are told that they were not signed in.
const REFUSED: &str = "/hub/sign-in?refused=true";

/// Makes seals that nobody else can make, and secrets that nobody else knows, for as long as the process lives.
pub(crate) struct Sealer([u8; 32]);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Default for Sealer {
    fn default() -> Self {
        Self(rand::random())
    }
}

impl Sealer {
    fn seal(&self, text: &str) -> String {
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(text), self.hash("seal", text).to_hex())
    }

    /// What is under a seal that was made here.
    fn open(&self, sealed: &str) -> Option<String> {
        let (text, seal) = sealed.split_once('.')?;
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // Comparing two hashes takes the same time wherever they differ.
        (self.hash("seal", &text) == blake3::Hash::from_hex(seal).ok()?).then_some(text)
    }

    fn hash(&self, label: &str, text: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.0, format!("{label}\n{text}").as_bytes())
    }
}

/// Someone on their way to an identity provider and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Flow {
    /// Tells this one from every other.
    seed: [u8; 16],
    provider: String,
    /// Where in the hub they want to be.
    path: String,
    until: i64,
}

/// What a flow says to the provider.
struct Secrets {
    state: String,
    nonce: String,
    verifier: String,
}

impl Flow {
    fn new(provider: String, path: String, now: DateTime<Utc>) -> Self {
        Self { seed: rand::random(), provider, path, until: (now + PATIENCE).timestamp() }
    }

    /// The flow that a browser shows, where it has not taken too long.
    fn shown(headers: &HeaderMap, sealer: &Sealer, now: DateTime<Utc>) -> Option<Self> {
        let text = sealer.open(cookie::value(headers, cookie::FLOW)?)?;
        serde_json::from_str(&text).ok().filter(|flow: &Self| now.timestamp() <= flow.until)
    }

    fn sealed(&self, sealer: &Sealer) -> String {
        // It has nothing that cannot be written.
        sealer.seal(&serde_json::to_string(self).unwrap_or_default())
    }

    fn secrets(&self, sealer: &Sealer) -> Secrets {
        let seed = BASE64_URL_SAFE_NO_PAD.encode(self.seed);
        let secret = |label| BASE64_URL_SAFE_NO_PAD.encode(sealer.hash(label, &seed).as_bytes());
        Secrets { state: secret("state"), nonce: secret("nonce"), verifier: secret("verifier") }
    }
}

/// What the address says with which someone sets out.
#[derive(Debug, Deserialize)]
pub(super) struct SetOut {
    #[serde(rename = "return")]
    path: Option<String>,
}

/// What the address says with which they come back. Providers add more to it.
#[derive(Debug, Deserialize)]
pub(super) struct Back {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
}

/// Sends someone to a provider.
pub(super) async fn set_out(
    State(doors): State<Arc<Doors>>,
    Path(provider): Path<String>,
    wanted: Result<Query<SetOut>, QueryRejection>,
) -> Result<Response, Problem> {
    let path = wanted.ok().and_then(|Query(wanted)| wanted.path).filter(|path| is_of_the_hub(path));
    let (now, sealer) = (doors.gate.app().clock.now(), &doors.sealer);
    let flow = Flow::new(provider, path.unwrap_or_else(|| "/hub/".to_owned()), now);
    let unknown = || Problem::not_found(format!("nobody can sign in here with `{}`", flow.provider));
    let redirect = redirect(&doors).ok_or_else(unknown)?;
    let Secrets { state, nonce, verifier } = flow.secrets(sealer);
    let request = SignInRequest { redirect, state, nonce, verifier };
    let authenticator = &doors.gate.wardens().authenticator;
    let address = authenticator.sign_in_address(&flow.provider, &request).await.map_err(|error| unavailable(&error))?;
    let sent = Redirect::to(&address.ok_or_else(unknown)?);
    let kept = cookie::flow(&flow.sealed(sealer), doors.options.is_secure(), PATIENCE);
    Ok(([(header::SET_COOKIE, kept.ok_or_else(Problem::internal)?)], sent).into_response())
}

/// Begins a session of whoever comes back with a code, in the browser that was sent there.
pub(super) async fn come_back(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    back: Result<Query<Back>, QueryRejection>,
) -> Result<Response, Problem> {
    let flow = Flow::shown(&headers, &doors.sealer, doors.gate.app().clock.now());
    let back = back.ok().map(|Query(back)| back);
    let Some((flow, code)) = flow.zip(back).and_then(|(flow, back)| code(&doors, flow, back)) else {
        visitor.unrecognised(&doors.gate);
        return Ok(refused());
    };
    let began = match visitor.sign_in(&doors.gate, &Credential::Code(code)).await {
        Ok(began) => began,
        Err(error) if error.kind() == ErrorKind::Unauthenticated => return Ok(refused()),
        Err(error) => return Err(error.into()),
    };
    let kept = cookie::kept(&began.secret, doors.options.is_secure()).ok_or_else(Problem::internal)?;
    let mut response = leaving(&flow.path);
    response.headers_mut().append(header::SET_COOKIE, kept);
    Ok(response)
}

/// The code that someone came back with; nothing where they were not sent from this browser, or the provider did not
/// sign them in.
fn code(doors: &Doors, flow: Flow, back: Back) -> Option<(Flow, SignInCode)> {
    let Secrets { state, nonce, verifier } = flow.secrets(&doors.sealer);
    // Hashes, so that the time that it takes says nothing of what is compared.
    let same = blake3::hash(back.state?.as_bytes()) == blake3::hash(state.as_bytes());
    let (code, redirect) = (back.code.filter(|_| same)?, redirect(doors)?);
    let provider = flow.provider.clone();
    Some((flow, SignInCode { provider, issuer: back.iss, code, redirect, nonce, verifier }))
}

/// Whether a path stays within the hub, as whatever a browser may take it for.
fn is_of_the_hub(path: &str) -> bool {
    path.len() <= LONGEST
        && path.starts_with("/hub/")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// Where providers send people back to; `None` where it is not known how the server is reached, which no request can
/// say.
pub(super) fn redirect(doors: &Doors) -> Option<String> {
    let base = doors.base();
    (!base.is_empty()).then(|| format!("{base}{CALLBACK}"))
}

fn unavailable(error: &AuthenticationError) -> Problem {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, source, "nobody can be sent to an identity provider");
    Problem::unavailable().with_detail("the identity provider cannot be asked now").with_help("try again in a minute")
}

/// Tells a person, and not a program, that they are not signed in.
fn refused() -> Response {
    leaving(REFUSED)
}

/// Sends someone to a page of the hub. The flow is at its end.
fn leaving(path: &str) -> Response {
    ([(header::SET_COOKIE, cookie::flow_forgotten())], Redirect::to(path)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_491_200, 0).unwrap()
    }

    fn shown(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, format!("{}={value}", cookie::FLOW).parse().unwrap())])
    }

    #[test]
    fn a_flow_is_read_as_it_was_sealed_and_for_ten_minutes() {
        let sealer = Sealer::default();
        let flow = Flow::new("corp".to_owned(), "/hub/estate?x=ü".to_owned(), now());
        let headers = shown(&flow.sealed(&sealer));
        assert_eq!(Flow::shown(&headers, &sealer, now()), Some(flow.clone()));
        assert_eq!(Flow::shown(&headers, &sealer, now() + PATIENCE), Some(flow));
        assert_eq!(Flow::shown(&headers, &sealer, now() + PATIENCE + TimeDelta::seconds(1)), None);
        assert_eq!(Flow::shown(&headers, &Sealer::default(), now()), None, "sealed by another process");
    }

    #[test]
    fn what_was_changed_is_no_flow() {
        let sealer = Sealer::default();
        let sealed = Flow::new("corp".to_owned(), "/hub/".to_owned(), now()).sealed(&sealer);
        let (text, seal) = sealed.split_once('.').unwrap();
        let other = Flow::new("evil".to_owned(), "/hub/".to_owned(), now()).sealed(&sealer);
        let (other, _) = other.split_once('.').unwrap();
        for wrong in
            [text.to_owned(), format!("{other}.{seal}"), format!("{text}."), format!("{text}.{}", "0".repeat(64))]
        {
            assert_eq!(Flow::shown(&shown(&wrong), &sealer, now()), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_differ_by_what_they_are_for_and_by_flow() {
        let sealer = Sealer::default();
        let flow = || Flow::new("corp".to_owned(), "/hub/".to_owned(), now());
        let all: Vec<_> = [flow(), flow()]
            .iter()
            .map(|flow| flow.secrets(&sealer))
            .flat_map(|secrets| [secrets.state, secrets.nonce, secrets.verifier])
            .collect();
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), 6);
        assert!(all.iter().all(|secret| (43..=128).contains(&secret.len())), "RFC 7636 wants so many letters");
    }

    #[test]
    fn nobody_is_sent_out_of_the_hub() {
        for path in ["/hub/", "/hub/products/customers?tab=use#columns", "/hub//example.org"] {
            assert!(is_of_the_hub(path), "{path}");
        }
        let long = format!("/hub/{}", "x".repeat(LONGEST));
        for path in
            ["", "/", "//example.org/hub/", "https://example.org/hub/", "/hub", "/hub/\\example.org", "/hub/\n", &long]
        {
            assert!(!is_of_the_hub(path), "{path}");
        }
    }
}
