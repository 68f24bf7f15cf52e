//! What changes from release to release.
//!
//! - `GET /v1/changes/{product}` tells of every release of a product as it is published (`releases`);
//! - `GET /v1/changes/{product}/{table}` gives the rows that were put in, changed and taken out: as an answer that ends,
//!   or as events that go on with every release (`rows`); `difference` is the question that is asked for them, also by
//!   Delta Sharing;
//! - `watch` is what both streams of events have in common.
//!
//! A position is the number of a release, or a place within the changes from one release to another: a client that was
//! away goes on where it was.
//!
//! **Invariant**: each look passes the gate, so that a stream ends with the right to it.

pub(crate) mod difference;
mod releases;
mod rows;
pub(crate) mod watch;

use std::sync::Arc;

use axum::{Router, routing::get};
use http::HeaderName;

pub(crate) use self::rows::POSITION;
use crate::state::Doors;

/// The header with the id of the last event that the client has.
const LAST: HeaderName = HeaderName::from_static("last-event-id");

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/v1/changes/{product}", get(releases::changes))
        .route("/v1/changes/{product}/{table}", get(rows::changes))
}
