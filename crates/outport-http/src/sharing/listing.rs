//! Shares, schemas and tables, in pages.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use outport_app::{
    engine::View,
    gate::{Caller, GateError},
};
use outport_model::{
    name::{ProductName, TableName},
    principal::Door,
    release::TableRole,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{SCHEMA, refusal::Refusal};
use crate::{identify::Visitor, rest::fault::Fault, state::Doors, unread::Path};

/// Items of a page where the client names no number, and at most.
const PAGE: usize = 500;

/// Which page is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Paging {
    max_results: Option<u32>,
    page_token: Option<String>,
}

type Paged = Result<Query<Paging>, axum::extract::rejection::QueryRejection>;

pub(super) async fn shares(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    paging: Paged,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    list(&doors, &caller, "shares", paging, |view| {
        let shares = view.products.keys().filter(|product| outputs(view, product).next().is_some());
        Ok(shares.map(|product| (product.to_string(), share_item(&doors, product))).collect())
    })
    .await
}

pub(super) async fn share(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(share): Path<String>,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    let found = async {
        let view = doors.gate.view(&caller).await?;
        let product = product(&view, &share)?;
        Ok(json!({ "share": share_item(&doors, product) }))
    };
    let said = format!("delta-sharing share {share}");
    let (_, found) = doors.inquire(caller.clone(), said).run(found).await?;
    Ok(Json(found).into_response())
}

pub(super) async fn schemas(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(share): Path<String>,
    paging: Paged,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    list(&doors, &caller, &format!("schemas of {share}"), paging, |view| {
        let product = product(view, &share)?;
        Ok(vec![(SCHEMA.to_owned(), json!({ "name": SCHEMA, "share": product }))])
    })
    .await
}

pub(super) async fn tables(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path((share, schema)): Path<(String, String)>,
    paging: Paged,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    list(&doors, &caller, &format!("tables of {share}"), paging, |view| {
        if !schema.eq_ignore_ascii_case(SCHEMA) {
            return Err(GateError::NotFound { what: "schema", name: schema.clone() });
        }
        of_share(&doors, view, &share)
    })
    .await
}

pub(super) async fn all_tables(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(share): Path<String>,
    paging: Paged,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    list(&doors, &caller, &format!("tables of {share}"), paging, |view| of_share(&doors, view, &share)).await
}

/// The share of this name, in whatever case.
pub(super) fn product<'a>(view: &'a View, share: &str) -> Result<&'a ProductName, GateError> {
    let found = view.products.keys().find(|product| product.as_str().eq_ignore_ascii_case(share));
    let found = found.filter(|product| outputs(view, product).next().is_some());
    found.ok_or_else(|| GateError::NotFound { what: "share", name: share.to_owned() })
}

/// The tables that a product offers, as far as the caller may read them.
pub(super) fn outputs<'a>(view: &'a View, product: &ProductName) -> impl Iterator<Item = &'a TableName> {
    let tables = view.products.get(product).into_iter().flat_map(|product| &product.tables);
    tables.filter(|(_, table)| table.released.role == TableRole::Output).map(|(name, _)| name)
}

/// An id that stays: the same for the same names in the same workspace.
pub(super) fn id(doors: &Doors, names: &[&str]) -> String {
    let mut text = doors.gate.app().workspace.to_string();
    for name in names {
        text.push('/');
        text.push_str(name);
    }
    let hash = blake3::hash(text.as_bytes());
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.as_bytes()) {
        *byte = *hashed;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn share_item(doors: &Doors, product: &ProductName) -> Value {
    json!({ "name": product, "id": id(doors, &[product.as_str()]) })
}

fn of_share(doors: &Doors, view: &View, share: &str) -> Result<Vec<(String, Value)>, GateError> {
    let product = product(view, share)?;
    let share_id = id(doors, &[product.as_str()]);
    let tables = outputs(view, product).map(|table| {
        let item = json!({
            "name": table,
            "schema": SCHEMA,
            "share": product,
            "shareId": share_id,
            "id": id(doors, &[product.as_str(), table.as_str()]),
        });
        (table.to_string(), item)
    });
    Ok(tables.collect())
}

async fn list(
    doors: &Doors,
    caller: &Caller,
    what: &str,
    paging: Paged,
    items: impl FnOnce(&View) -> Result<Vec<(String, Value)>, GateError> + Send,
) -> Result<Response, Refusal> {
    let listed = async {
        let view = doors.gate.view(caller).await?;
        let Query(paging) = paging.map_err(|_| wrong("`maxResults` is not a number of items"))?;
        page(items(&view)?, &paging)
    };
    let (_, listed) = doors.inquire(caller.clone(), format!("delta-sharing {what}")).run(listed).await?;
    Ok(Json(listed).into_response())
}

/// One page of items, which come by name. There is no token for a page after the last: older clients take an empty one
/// for another page.
fn page(items: Vec<(String, Value)>, paging: &Paging) -> Result<Value, GateError> {
    let after = paging.page_token.as_deref().filter(|token| !token.is_empty()).map(after).transpose()?;
    let size = paging.max_results.map_or(PAGE, |size| usize::try_from(size).unwrap_or(PAGE).min(PAGE));
    let rest = items.into_iter().filter(|(name, _)| after.as_ref().is_none_or(|after| name > after));
    let mut rest: Vec<(String, Value)> = rest.collect();
    let more = rest.len() > size;
    rest.truncate(size);
    let last = rest.last().map(|(name, _)| name.clone()).or(after).unwrap_or_default();
    let items: Vec<Value> = rest.into_iter().map(|(_, item)| item).collect();
    let mut page = json!({ "items": items });
    if more {
        page["nextPageToken"] = json!(URL_SAFE_NO_PAD.encode(format!("after:{last}")));
    }
    Ok(page)
}

fn after(token: &str) -> Result<String, GateError> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let after = text.as_deref().and_then(|text| text.strip_prefix("after:")).map(str::to_owned);
    after.ok_or_else(|| wrong("`pageToken` is not one of this server"))
}

fn wrong(reason: &str) -> GateError {
    Fault::new(reason).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_every_item_once() {
        let items: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| (name.to_owned(), json!(name))).into();
        for size in 1..7 {
            let mut seen = Vec::new();
            let mut paging = Paging { max_results: Some(size), page_token: None };
            loop {
                let page = page(items.clone(), &paging).unwrap();
                seen.extend(page["items"].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()));
                let Some(token) = page.get("nextPageToken") else { break };
                paging.page_token = Some(token.as_str().unwrap().to_owned());
            }
            assert_eq!(seen, ["a", "b", "c", "d", "e"], "{size}");
        }
        let none = page(items, &Paging { max_results: Some(0), page_token: None }).unwrap();
        assert_eq!(none["items"], json!([]));
        assert!(none.get("nextPageToken").is_some());
        assert!(after("no").is_err());
    }
}
