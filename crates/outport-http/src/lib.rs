//! The doors that speak HTTP. Each turns a request into a [`Question`](outport_app::engine::Question) for the
//! [`Gate`], and the answer into a response; none of them decides what anyone may see.
//!
//! Where to start:
//! - [`serve`] takes connections (TLS, slow clients, an end without broken answers); [`router`] is everything behind it;
//! - `state` is what the doors share, `layers` what holds for every response;
//! - `identify` makes a [`Caller`](outport_app::gate::Caller) of a request; `body` reads what was sent;
//! - `problem` is what every error looks like outside (RFC 9457);
//! - `rows` makes bodies of record batches as they come: JSON, NDJSON, CSV, Arrow, Parquet;
//! - `query` asks the gate and answers with rows; `running` lists what is under way, so that it can be stopped;
//! - a folder or file for each door: `sql`, `rest`, `download`; `control` is for whoever runs the server.
//!
//! **Invariant**: a failed answer is never taken for a whole one: where rows are on their way already, NDJSON ends with
//! an `error` line, and every other format with a broken connection.
//!
//! **Invariant**: what a caller writes reaches SQL as a parameter or as a quoted name of something they see.

mod body;
mod control;
mod download;
mod identify;
mod layers;
mod options;
mod problem;
mod query;
mod rest;
mod rows;
mod running;
mod serve;
mod sql;
mod state;

use std::sync::Arc;

use axum::Router;
use outport_app::gate::Gate;

pub use control::{Metered, Metrics};
pub use options::Options;
pub use serve::serve;

use state::Doors;

/// Every door, for one gate.
pub fn router(gate: Arc<Gate>, options: Options) -> Router {
    let doors = Arc::new(Doors::new(gate, options));
    let routes =
        Router::new().merge(control::routes()).merge(sql::routes()).merge(rest::routes()).merge(download::routes());
    layers::around(routes, &doors).with_state(doors)
}
