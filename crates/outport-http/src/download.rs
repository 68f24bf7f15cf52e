//! A table as a file: `GET /v1/download/{product}/{table}.{format}`, what the caller sees of it and no more.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use http::{HeaderValue, Uri, header};
use outport_app::{engine::Question, gate::GateError};
use outport_model::principal::Door;

use crate::{
    identify::Visitor,
    problem::Problem,
    rest::{predicate::Sql, table},
    rows::Format,
    state::Doors,
    unread::Path,
};

/// The paths of this door.
pub(crate) fn routes() -> Router<Arc<Doors>> {
    Router::new().route("/v1/download/{product}/{file}", get(download))
}

async fn download(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((product, file)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Download).await?;
    let inquiry = doors.inquire(caller, format!("GET {}", uri.path()));
    let named = file.rsplit_once('.').and_then(|(table, ending)| Some((table, Format::named(ending)?)));
    let Some((name, format)) = named else {
        return Err(inquiry.refuse(GateError::NotFound { what: "file", name: format!("{product}/{file}") }));
    };
    let (inquiry, shape) = table(inquiry, &product, name).await?;
    let mut sql = Sql::default();
    sql.words("SELECT ").names(shape.columns.iter().map(|column| column.name.as_str()));
    sql.words(" FROM ").name(shape.product.as_str()).words(".").name(shape.table.as_str());
    let (sql, arguments) = sql.finish();
    let begun = inquiry.ask(Question { sql, arguments, ..Question::default() }).await?;
    let mut response = begun.respond(format, doors.options.stall_time)?;
    let name = format!("attachment; filename=\"{}-{}.{}\"", shape.product, shape.table, format.parameter());
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
