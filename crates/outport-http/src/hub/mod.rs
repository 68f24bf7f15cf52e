//! The hub: pages for people, and what only pages need.
//!
//! - `assets`: the files of the hub, as the binary has them; `pages` serves them below `/hub/`;
//! - `session`: `/v1/session`, who is signed in; `cookie` is how a browser keeps it;
//! - `provider`: signs someone in with an identity provider;
//! - `events`: `GET /v1/events`, what happens;
//! - `origin`: whether a page of this server sends a request.
//!
//! A session is shown as a cookie, which a browser sends by itself. So it is only accepted of pages of this server, and
//! whoever shows it comes through [`Door::Hub`](outport_model::principal::Door), whatever path is called. What a page
//! calls is the same as what programs call: this door has no way to data of its own.
//!
//! **Invariant**: a session is good for nothing in `Authorization`, and no other credential is good in the cookie.
//!
//! **Invariant**: what is served below `/hub/` is a file that the binary has; no path that a client names is opened.

mod assets;
pub(crate) mod cookie;
mod events;
mod origin;
mod pages;
mod provider;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::Next,
    response::Response,
    routing::get,
};
use http::{HeaderValue, StatusCode, header};

pub use self::assets::{Asset, Hub};
pub(crate) use self::{events::Streams, provider::Sealer};
use crate::state::Doors;

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/", get(pages::start))
        .route("/hub", get(pages::start))
        .route("/hub/", get(pages::index))
        .route("/hub/{*path}", get(pages::page))
        .route("/v1/session", get(session::current).post(session::sign_in).delete(session::sign_out))
        .route("/v1/session/options", get(session::options))
        .route("/v1/session/oidc/{provider}", get(provider::set_out))
        .route("/v1/session/callback", get(provider::come_back))
        .route("/v1/events", get(events::events))
}

/// Looks for the session that a request shows, before a door recognises anyone; and lets no browser ask for a password
/// by itself, over a page that asks for it in its own way.
pub(crate) async fn guard(State(doors): State<Arc<Doors>>, mut request: Request, next: Next) -> Response {
    let own = origin::is_own_page(request.headers(), request.uri(), doors.options.public_url.as_ref());
    if let Some(shown) = cookie::shown(&request, own, doors.options.is_secure()) {
        request.extensions_mut().insert(shown);
    }
    let mut response = next.run(request).await;
    if own == Some(true) && response.status() == StatusCode::UNAUTHORIZED {
        keep_bearer(&mut response);
    }
    response
}

/// Takes every challenge away but the one that browsers do nothing about.
fn keep_bearer(response: &mut Response) {
    let challenges = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let bearer: Vec<HeaderValue> =
        challenges.filter(|challenge| challenge.as_bytes().starts_with(b"Bearer")).cloned().collect();
    response.headers_mut().remove(header::WWW_AUTHENTICATE);
    response.headers_mut().extend(bearer.into_iter().map(|challenge| (header::WWW_AUTHENTICATE, challenge)));
}
