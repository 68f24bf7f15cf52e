//! The doors, described in OpenAPI 3.1.

mod fixed;
mod product;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use outport_app::gate::GateError;
use outport_model::principal::Door;

pub(crate) use self::fixed::{security, security_schemes};
use super::shape::Shape;
use crate::{identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// The data API of one product, as the caller sees it.
pub(super) async fn of_product(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Rest).await?;
    let inquiry = doors.inquire(caller, format!("GET /v1/data/{name}/openapi.json"));
    let (mut inquiry, view) = inquiry.view().await?;
    let found = view.products.iter().find(|(product, _)| product.as_str() == name || product.sql() == name);
    let Some((product, visible)) = found else {
        return Err(inquiry.refuse(GateError::NotFound { what: "product", name }));
    };
    let mut shapes = Vec::new();
    for (table, visible) in &visible.tables {
        match Shape::of(product, table, visible) {
            Some(shape) => shapes.push(shape),
            None => {
                let everything = super::everything(product.as_str(), table.as_str());
                let (further, schema) = inquiry.schema(&everything).await?;
                inquiry = further;
                shapes.push(Shape::of_schema(product, table, &schema));
            }
        }
    }
    inquiry.answered();
    Ok(Json(product::document(product, visible, &shapes, doors.base())).into_response())
}

/// What is the same for everyone.
pub(super) async fn fixed(State(doors): State<Arc<Doors>>) -> Response {
    Json(fixed::document(doors.base())).into_response()
}
