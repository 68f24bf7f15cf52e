//! Delta Sharing: products as shares, for the clients of that protocol (pandas, Spark, Power BI…).
//!
//! A product is a share with one schema, `ports`, whose tables are the tables of its output ports that the caller may
//! read. The version of a table is the number of the release. What is served are Parquet files made for the caller alone:
//! the answer to `SELECT *` through the gate, so that masks and row rules are in the files and not in a client's hands.
//!
//! - `listing`: shares, schemas and tables, in pages;
//! - `table`: the version, the metadata and the files of one table;
//! - `capabilities`: which of the two formats of the protocol a client takes; `actions`: what they look like;
//! - `schema`: types as Delta Lake has them; `write`: the Parquet files;
//! - `files`: the files that are kept; `link`: signed addresses for them; `download`: gives them out;
//! - `refusal`: what errors look like here.
//!
//! **Invariant**: a file is given only while its owner's credential is good and what they may see of the table is what
//! they could see when the file was made.

mod actions;
mod capabilities;
mod download;
mod files;
mod link;
mod listing;
mod refusal;
mod schema;
mod table;
mod write;

use std::sync::Arc;

use axum::{
    Extension, Router,
    routing::{get, post},
};

use crate::state::Doors;
use files::Files;

/// The only schema of a share.
const SCHEMA: &str = "ports";

/// Where everything of this door is.
const PREFIX: &str = "/delta-sharing";

/// The paths of this door. The files that it keeps are removed with the routes.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    let table = "/shares/{share}/schemas/{schema}/tables/{table}";
    let routes = Router::new()
        .route("/shares", get(listing::shares))
        .route("/shares/{share}", get(listing::share))
        .route("/shares/{share}/schemas", get(listing::schemas))
        .route("/shares/{share}/schemas/{schema}/tables", get(listing::tables))
        .route("/shares/{share}/all-tables", get(listing::all_tables))
        // Older clients ask for the version by `HEAD`.
        .route(table, get(table::version))
        .route(&format!("{table}/version"), get(table::version))
        .route(&format!("{table}/metadata"), get(table::metadata))
        .route(&format!("{table}/query"), post(table::query))
        .route(&format!("{table}/changes"), get(table::changes))
        .route("/files/{file}", get(download::file))
        .layer(Extension(Arc::new(Files::new())));
    Router::new().nest(PREFIX, routes)
}
