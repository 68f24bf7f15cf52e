//! The doors that speak HTTP. Each turns a request into a [`Question`](outport_app::engine::Question) for the
//! [`Gate`], and the answer into a response; none of them decides what anyone may see.
//!
//! Where to start:
//! - [`serve`] takes connections (TLS, slow clients, an end without broken answers), closes those without `activity`, and
//!   lets clients take what is left (`linger`); [`router`] is everything behind it;
//! - `state` is what the doors share, `layers` what holds for every response;
//! - `identify` makes a [`Caller`](outport_app::gate::Caller) of a request; `body` reads what was sent; `unread` puts on
//!   record what no door could read;
//! - `trace` is the span within which a request is traced;
//! - `problem` is what every error looks like outside (RFC 9457);
//! - `rows` makes bodies of record batches as they come: JSON, NDJSON, CSV, Arrow, Parquet;
//! - `known` does not send again what a client has already;
//! - `query` asks the gate and answers with rows; `running` lists what is under way, so that it can be stopped;
//! - a folder or file for each door: `sql`, `rest`, `download`, `graphql`, `mcp`, `sharing`, `changes`; `manage` does on a
//!   server what the command line does on a home; `catalog` is all there is to know of products; `control` is for whoever
//!   runs the server; `hub` has pages for people, and their sessions.
//!
//! **Invariant**: a failed answer is never taken for a whole one: where rows are on their way already, NDJSON ends with
//! an `error` line, and every other format with a broken connection.
//!
//! **Invariant**: what a caller writes reaches SQL as a parameter or as a quoted name of something they see.

mod activity;
mod body;
mod catalog;
mod changes;
mod control;
mod download;
mod graphql;
mod hub;
mod identify;
mod known;
mod layers;
mod linger;
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
mod trace;
mod unread;

use std::sync::Arc;

use axum::Router;
use outport_app::gate::Gate;
use outport_model::principal::Door;

pub use control::{Metered, Metrics};
pub use hub::{Asset, Hub};
pub use manage::{
    AgreementContext, BundleLoader, DepotFound, DepotSetting, Documents, Installation, Loaded, LoadedBundles,
    SentBundle, SentBundles, SentDocument, SentDocuments, Setting, SettingSource,
};
pub use mcp::mcp_stdio;
pub use options::{Addresses, Endpoint, Options};
pub use serve::serve;
pub use trace::JoinTrace;

use state::Doors;

/// Every door, for one gate.
pub fn router(gate: Arc<Gate>, options: Options) -> Router {
    let doors = Arc::new(Doors::new(gate, options));
    let (limit, large) = (doors.options.body_limit, doors.options.bundle_limit);
    let at = |door, routes| layers::at(door, routes, limit, &doors);
    let routes = Router::new()
        .merge(at(Door::Management, control::routes().merge(manage::routes()).merge(catalog::routes())))
        .merge(layers::at(Door::Management, manage::bundle_routes(), large, &doors))
        .merge(at(Door::Sql, sql::routes()))
        .merge(at(Door::Rest, rest::routes()))
        .merge(at(Door::Download, download::routes()))
        .merge(at(Door::Changes, changes::routes()))
        .merge(at(Door::Graphql, graphql::routes()))
        .merge(at(Door::Mcp, mcp::routes()))
        .merge(at(Door::Sharing, sharing::routes()));
    let routes = if doors.options.hub.is_some() { routes.merge(at(Door::Hub, hub::routes())) } else { routes };
    layers::around(routes, &doors).with_state(doors)
}
