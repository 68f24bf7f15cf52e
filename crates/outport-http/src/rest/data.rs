//! `GET /v1/data/{product}/{table}`: rows of a table, and single rows by their key.

use std::sync::Arc;

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Uri, header};
use outport_app::{
    engine::{EngineError, LookUp, View},
    gate::GateError,
};
use outport_model::principal::Door;
use url::form_urlencoded;

use super::{
    fault::Fault,
    page::Page,
    parameters::Parameters,
    shape::{Named, Shape, find},
    value::argument,
};
use crate::{
    identify::Visitor,
    problem::Problem,
    query::{Gathered, describe},
    rows::{self, Encoder, Format, json},
    state::Doors,
    unread::Path,
};

/// The longest cursor: what follows it must fit into the head of a request.
const LONGEST_CURSOR: usize = 8_000;

/// A page of a table.
pub(super) async fn page(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((product, table)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = visitor.enter_to_ask(&doors.gate, Door::Rest).await?;
    let (inquiry, shape) = super::table(doors.inquire(caller, format!("GET {uri}")), &product, &table).await?;
    let text = uri.query().unwrap_or_default();
    let read = Parameters::read(&shape, text).and_then(|parameters| {
        let format = parameters.format.clone();
        Page::new(&shape, parameters).map(|page| (page, format))
    });
    let (page, format) = match read {
        Ok(read) => read,
        Err(fault) => return Err(inquiry.refuse(fault)),
    };
    let format = match Format::wanted(format.as_deref(), &headers) {
        Ok(format) => format,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let gathered = inquiry.ask(page.question()).await?.gather().await?;
    let rows = page.close(&gathered.schema, &gathered.batches).map_err(|error| {
        tracing::error!(%error, request = %gathered.id, "a page could not be closed");
        Problem::internal().with_request(gathered.id)
    })?;
    if rows.next.as_ref().is_some_and(|cursor| cursor.len() > LONGEST_CURSOR) {
        return Err(Problem::limited("the values that the next page begins after are too long for an address")
            .with_help("order by shorter columns, download the table, or ask in SQL")
            .with_request(gathered.id));
    }
    let next = rows.next.map(|cursor| address(doors.base(), &uri, &cursor));
    let mut encoder: Box<dyn Encoder> = match format {
        Format::Json => Box::new(json::Document::page(&rows.schema, next.as_deref())?),
        other => rows::encoder(other, &rows.schema)?,
    };
    let body = rows::whole(encoder.as_mut(), &rows.batches)?;
    let mut response = respond(&gathered, format, body);
    if let Some(link) = next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// The same address with another cursor.
fn address(base: &str, uri: &Uri, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let text = uri.query().unwrap_or_default();
    query.extend_pairs(form_urlencoded::parse(text.as_bytes()).filter(|(name, _)| name != "cursor"));
    query.append_pair("cursor", cursor);
    format!("{base}{}?{}", uri.path(), query.finish())
}

/// The row with a key.
pub(super) async fn row(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((product, table, _)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = visitor.enter_to_ask(&doors.gate, Door::Rest).await?;
    let inquiry = doors.inquire(caller, format!("GET {uri}"));
    let parameter =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).find(|(name, _)| name == "format");
    let format = match Format::wanted(parameter.as_ref().map(|(_, format)| format.as_ref()), &headers) {
        Ok(format) => format,
        Err(problem) => return Err(inquiry.reject(problem)),
    };
    let gathered = inquiry.look_up(|view| look_up(view, &product, &table, &uri)).await?.gather().await?;
    if gathered.batches.iter().all(|batch| batch.num_rows() == 0) {
        let missing = format!("`{product}.{table}` has no row with this key");
        return Err(Problem::not_found(missing).with_request(gathered.id));
    }
    let body = match format {
        Format::Json => object(&gathered.schema, &gathered.batches)?,
        other => rows::whole(rows::encoder(other, &gathered.schema)?.as_mut(), &gathered.batches)?,
    };
    Ok(respond(&gathered, format, body))
}

/// The row that an address means, of a table as the caller sees it.
fn look_up(view: &View, product: &str, table: &str, uri: &Uri) -> Result<LookUp, GateError> {
    let (product, table, visible) = match find(view, product, table) {
        Named::Visible(product, table, visible) => (product, table, visible),
        // Only the gate knows why.
        Named::Withheld(product, table) => {
            return Err(GateError::Engine(EngineError::Withheld { product: product.clone(), table: table.clone() }));
        }
        Named::Missing => return Err(GateError::NotFound { what: "table", name: format!("{product}.{table}") }),
    };
    // A table without a contract has no key.
    let named = Shape::of(product, table, visible).and_then(|shape| Some((key(uri.path(), &shape)?, shape)));
    let Some((key, shape)) = named else {
        return Err(GateError::NotFound { what: "key of this form of", name: format!("{product}.{table}") });
    };
    let parameters = Parameters::read(&shape, uri.query().unwrap_or_default())?;
    Ok(wanted(shape, &key, parameters)?)
}

/// The parts of a key in the path: as many as the key has, where the caller sees one.
fn key(path: &str, shape: &Shape) -> Option<Vec<String>> {
    // `/v1/data/{product}/{table}/` stands before them; a `/` in a value is written `%2F`.
    let parts: Option<Vec<String>> = path.split('/').skip(5).map(decoded).collect();
    parts.filter(|parts| !shape.key.is_empty() && parts.len() == shape.key.len())
}

/// A part of a path, with `%xx` for bytes.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn wanted(shape: Shape, key: &[String], parameters: Parameters) -> Result<LookUp, Fault> {
    if !parameters.filters.is_empty() || !parameters.order.is_empty() || parameters.cursor.is_some() {
        return Err(
            Fault::new("a row is looked up by its key alone").help("use `select` and `format`, or ask for a page")
        );
    }
    let value = |(name, text): (&String, &String)| {
        let column = shape.column(name)?;
        Ok((column.name.clone(), argument(column, text)?))
    };
    let key = shape.key.iter().zip(key).map(value).collect::<Result<_, Fault>>()?;
    Ok(LookUp { product: shape.product, table: shape.table, key, columns: parameters.select })
}

/// The one row as a JSON object.
fn object(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>, Problem> {
    rows::whole(&mut json::Lines::new(schema)?, batches)
}

fn respond(gathered: &Gathered, format: Format, body: Vec<u8>) -> Response {
    let mut headers = HeaderMap::new();
    describe(&mut headers, gathered.id, &gathered.reads);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_decoded_or_refused() {
        assert_eq!(decoded("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decoded("%C3%A4+1").as_deref(), Some("ä+1"));
        for wrong in ["%", "%2", "%zz", "%ff", "%C3"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_next_address_has_one_cursor() {
        let uri: Uri = "/v1/data/shop/orders?a=gte.1&cursor=old&t=%26%3D".parse().unwrap();
        assert_eq!(address("https://x", &uri, "new"), "https://x/v1/data/shop/orders?a=gte.1&t=%26%3D&cursor=new");
    }
}
