//! The doors that speak HTTP. Each turns a request into a [`Question`](outport_app::engine::Question) for the
//! [`Gate`], and the answer into a response; none of them decides what anyone may see.
//!
//! Where to start:
//! - [`serve`] takes connections (TLS, slow clients, an end without broken answers), and closes those without `activity`; [`router`] is everything behind it;
//! - `state` is what the doors share, `layers` what holds for every response;
//! - `identify` makes a [`Caller`](outport_app::gate::Caller) of a request; `body` reads what was sent;
//! - `problem` is what every error looks like outside (RFC 9457);
//! - `rows` makes bodies of record batches as they come: JSON, NDJSON, CSV, Arrow, Parquet;
//! - `query` asks the gate and answers with rows; `running` lists what is under way, so that it can be stopped;
//! - a folder or file for each door: `sql`, `rest`, `download`, `graphql`, `mcp`, `sharing`, `changes`; `manage` does on a
//!   server what the command line does on a home; `control` is for whoever runs the server.
//!
//! **Invariant**: a failed answer is never taken for a whole one: where rows are on their way already, NDJSON ends with
//! an `error` line, and every other format with a broken connection.
//!
//! **Invariant**: what a caller writes reaches SQL as a parameter or as a quoted name of something they see.

mod activity;
mod body;
mod changes;
mod control;
mod download;
mod graphql;
mod identify;
mod layers;
mod manage;
mod mcp;
mod options;
mod problem;
mod query;
mod rest;
mod rows;
mod running;
mod serve;
mod sharing;
mod sql;
mod state;

use std::sync::Arc;

use axum::Router;
use outport_app::gate::Gate;

pub use control::{Metered, Metrics};
pub use manage::{BundleLoader, LoadedBundles, SentBundle, SentBundles};
pub use mcp::mcp_stdio;
pub use options::Options;
pub use serve::serve;

use state::Doors;

/// Every door, for one gate.
pub fn router(gate: Arc<Gate>, options: Options) -> Router {
    let doors = Arc::new(Doors::new(gate, options));
    let routes = Router::new()
        .merge(control::routes())
        .merge(sql::routes())
        .merge(rest::routes())
        .merge(download::routes())
        .merge(changes::routes())
        .merge(graphql::routes())
        .merge(mcp::routes())
        .merge(sharing::routes())
        .merge(manage::routes());
    layers::around(routes, manage::bundle_routes(), &doors).with_state(doors)
}
