//! `GET /v1/products`: what a caller may know of, whether or not they may read it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use outport_app::{
    engine::View,
    gate::{DiscoveredPort, DiscoveredProduct, GateError},
};
use outport_model::{
    agreement::AgreementId,
    contract::Column,
    name::{PortName, ProductName, TableName},
    principal::Door,
    release::ReleaseNumber,
};
use serde::Serialize;

use super::shape::{Seen, Shape};
use crate::{identify::Visitor, problem::Problem, state::Doors, unread::Path};

/// A product.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    name: ProductName,
    title: Option<String>,
    purpose: Option<String>,
    domain: Option<String>,
    owner: Option<String>,
    alignment: Option<&'static str>,
    status: Option<String>,
    release: Option<Release>,
    ports: Vec<Port>,
    /// Where its data API is described.
    openapi: String,
}

/// The current release of a product.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    number: ReleaseNumber,
    published_at: DateTime<Utc>,
}

/// An output port.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    name: PortName,
    major: u64,
    version: String,
    description: Option<String>,
    readable: bool,
    agreement: Option<AgreementId>,
    tables: Vec<Table>,
}

/// A table of a port.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    name: TableName,
    description: Option<String>,
    /// Where its rows are, for those who may read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<ColumnView>>,
}

/// A column of a table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a member of what is sent")]
struct ColumnView {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    nullable: bool,
    masked: bool,
    key: bool,
    description: Option<String>,
    deprecated: bool,
}

/// Every product that the caller may know of.
pub(super) async fn products(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Rest).await?;
    let (inquiry, catalog) = doors.inquire(caller, "GET /v1/products".to_owned()).catalog().await?;
    let (inquiry, view) = inquiry.view().await?;
    inquiry.answered();
    let products: Vec<Product> =
        catalog.into_iter().map(|product| Product::of(product, &view, doors.base(), Detail::Names)).collect();
    Ok(Json(BTreeMap::from([("products", products)])).into_response())
}

/// One product, with the columns of its tables.
pub(super) async fn product(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let caller = visitor.enter(&doors.gate, Door::Rest).await?;
    let (inquiry, catalog) = doors.inquire(caller, format!("GET /v1/products/{name}")).catalog().await?;
    let (inquiry, view) = inquiry.view().await?;
    let found = catalog.into_iter().find(|product| product.name.as_str() == name || product.name.sql() == name);
    let Some(found) = found else {
        return Err(inquiry.refuse(GateError::NotFound { what: "product", name }));
    };
    inquiry.answered();
    Ok(Json(Product::of(found, &view, doors.base(), Detail::Columns)).into_response())
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Names,
    Columns,
}

impl Product {
    fn of(product: DiscoveredProduct, view: &View, base: &str, detail: Detail) -> Self {
        let openapi = format!("{base}/v1/data/{}/openapi.json", product.name);
        let ports = product.ports.into_iter().map(|port| Port::of(&product.name, port, view, base, detail)).collect();
        Self {
            title: product.title,
            purpose: product.purpose,
            domain: product.domain,
            owner: product.owner,
            alignment: product.alignment.map(outport_model::product::Alignment::as_str),
            status: product.status,
            release: product.release.map(|(number, published_at)| Release { number, published_at }),
            ports,
            openapi,
            name: product.name,
        }
    }
}

impl Port {
    fn of(product: &ProductName, port: DiscoveredPort, view: &View, base: &str, detail: Detail) -> Self {
        let DiscoveredPort { version, contract, tables, readable, agreement } = port;
        let tables = tables.into_iter().map(|(name, object)| {
            let visible = view.products.get(product).and_then(|product| product.tables.get(&name));
            let schema = contract.table(&object);
            let columns = match (visible, schema) {
                _ if detail == Detail::Names => None,
                // Who may read it is told of what they see of it, and others of what it promises.
                (Some(visible), _) => Shape::of(product, &name, visible).map(|shape| of_shape(&shape)),
                (None, Some(schema)) if !readable => Some(schema.columns.iter().map(of_contract).collect()),
                (None, _) => None,
            };
            Table {
                rows: visible.map(|_| format!("{base}/v1/data/{product}/{name}")),
                description: schema.and_then(|schema| schema.description.clone()),
                columns,
                name,
            }
        });
        Self {
            tables: tables.collect(),
            name: version.port,
            major: version.major,
            version: contract.version.to_string(),
            description: contract.description,
            readable,
            agreement,
        }
    }
}

fn of_shape(shape: &Shape) -> Vec<ColumnView> {
    let column = |column: &Seen| ColumnView {
        name: column.name.clone(),
        data_type: column.data_type.to_string(),
        nullable: column.nullable,
        masked: column.masked,
        key: shape.key.contains(&column.name),
        description: column.description.clone(),
        deprecated: column.deprecated,
    };
    shape.columns.iter().map(column).collect()
}

fn of_contract(column: &Column) -> ColumnView {
    ColumnView {
        name: column.name.clone(),
        data_type: column.data_type.to_string(),
        nullable: column.nullable,
        masked: false,
        key: column.primary_key.is_some(),
        description: column.description.clone(),
        deprecated: column.deprecated,
    }
}
