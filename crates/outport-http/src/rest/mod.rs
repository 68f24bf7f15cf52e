//! The data API: products, tables and rows by address.
//!
//! - `catalog`: `GET /v1/products`, what a caller may know of;
//! - `data`: `GET /v1/data/{product}/{table}`, rows by columns, filters, order and pages, and single rows by their key;
//! - `openapi`: the same, described for programs;
//! - `shape` is a table as a caller sees it, `parameters` what an address asks of it, `filter`, `value` and `list` read the
//!   parts of that; `predicate` and `page` make SQL of it, `cursor` is where a page ended; `fault` is what is wrong.

mod catalog;
pub(crate) mod cursor;
mod data;
pub(crate) mod fault;
mod filter;
mod list;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod parameters;
pub(crate) mod predicate;
pub(crate) mod shape;
pub(crate) mod value;

use std::sync::Arc;

use axum::{Router, routing::get};
use outport_app::{engine::Question, gate::GateError};

use self::{
    predicate::Sql,
    shape::{Named, Shape, find},
};
use crate::{problem::Problem, query::Inquiry, state::Doors};

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new()
        .route("/v1/products", get(catalog::products))
        .route("/v1/products/{product}", get(catalog::product))
        .route("/v1/data/{product}/openapi.json", get(openapi::of_product))
        .route("/v1/data/{product}/{table}", get(data::page))
        .route("/v1/data/{product}/{table}/{*key}", get(data::row))
        .route("/openapi.json", get(openapi::fixed))
}

/// The table that a caller named, as they see it.
pub(crate) async fn table<'a>(
    inquiry: Inquiry<'a>,
    product: &str,
    table: &str,
) -> Result<(Inquiry<'a>, Shape), Problem> {
    let (inquiry, view) = inquiry.view().await?;
    match find(&view, product, table) {
        Named::Visible(product, table, visible) => match Shape::of(product, table, visible) {
            Some(shape) => Ok((inquiry, shape)),
            None => {
                let (inquiry, schema) = inquiry.schema(&everything(product.as_str(), table.as_str())).await?;
                Ok((inquiry, Shape::of_schema(product, table, &schema)))
            }
        },
        // Only the gate knows why.
        Named::Withheld(product, table) => Err(inquiry.withhold(product, table).await),
        Named::Missing => {
            Err(inquiry.refuse(GateError::NotFound { what: "table", name: format!("{product}.{table}") }))
        }
    }
}

/// All that there is of a table.
pub(crate) fn everything(product: &str, table: &str) -> Question {
    let mut sql = Sql::default();
    sql.words("SELECT * FROM ").name(product).words(".").name(table);
    let (sql, arguments) = sql.finish();
    Question { sql, arguments, ..Question::default() }
}
