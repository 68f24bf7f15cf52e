//! What a caller may know of, and how the tools say it.

use std::{collections::BTreeSet, sync::Arc};

use outport_app::{
    engine::{Sight, View, VisibleTable},
    gate::{Caller, DiscoveredPort, DiscoveredProduct, Gate, GateError},
};
use outport_model::{
    access::{ColumnAccess, RowAccess},
    contract::{Column, TableSchema},
    name::{ProductName, TableName, WorkspaceName},
};
use serde_json::{Map, Value, json};

/// What a caller may know of, at one moment.
#[derive(Debug)]
pub(super) struct Known {
    workspace: WorkspaceName,
    products: Vec<DiscoveredProduct>,
    view: Arc<View>,
}

/// A column that exists for the caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownColumn<'a> {
    pub(super) column: &'a Column,
    pub(super) masked: bool,
}

/// A table that the caller may know of.
#[derive(Debug)]
pub(super) struct KnownTable<'a> {
    pub(super) name: &'a TableName,
    pub(super) schema: &'a TableSchema,
    pub(super) columns: Vec<KnownColumn<'a>>,
    visible: Option<&'a VisibleTable>,
}

impl Known {
    pub(super) async fn read(gate: &Gate, caller: &Caller) -> Result<Self, GateError> {
        let products = gate.catalog(caller).await?;
        let view = gate.view(caller).await?;
        Ok(Self { workspace: gate.app().workspace.clone(), products, view })
    }

    pub(super) fn products(&self) -> &[DiscoveredProduct] {
        &self.products
    }

    /// The product of this name, written as it is named or as SQL writes it.
    pub(super) fn product(&self, name: &str) -> Result<&DiscoveredProduct, GateError> {
        let found = self.products.iter().find(|product| product.name.as_str() == name);
        let found = found.or_else(|| self.products.iter().find(|product| product.name.sql() == name));
        found.ok_or_else(|| GateError::NotFound { what: "product", name: name.to_owned() })
    }

    /// The port at an address.
    pub(super) fn at(&self, address: &str) -> Option<(&DiscoveredProduct, &DiscoveredPort)> {
        let mut all = self.products.iter().flat_map(|product| product.ports.iter().map(move |port| (product, port)));
        all.find(|(product, port)| self.address(product, port) == address)
    }

    /// The address of a port; with the major version where it is not the newest.
    pub(super) fn address(&self, product: &DiscoveredProduct, port: &DiscoveredPort) -> String {
        let version = &port.version;
        let same = product.ports.iter().filter(|other| other.version.port == version.port);
        let newest = same.map(|other| other.version.major).max();
        let major = if newest == Some(version.major) { String::new() } else { format!("@{}", version.major) };
        format!("outport://{}/{}/{}{major}", self.workspace, product.name, version.port)
    }

    /// The tables of a port.
    pub(super) fn tables<'a>(&'a self, product: &DiscoveredProduct, port: &'a DiscoveredPort) -> Vec<KnownTable<'a>> {
        let visible = self.view.products.get(&product.name);
        let tables = port.tables.iter().filter_map(|(name, object)| {
            let schema = port.contract.table(object)?;
            let visible = visible.and_then(|visible| visible.tables.get(name));
            Some(KnownTable { name, schema, columns: columns(port, schema, visible), visible })
        });
        tables.collect()
    }

    /// Everything that is said of a product.
    pub(super) fn describe(&self, product: &DiscoveredProduct, port: Option<&str>) -> Result<Value, GateError> {
        let wanted = |candidate: &&DiscoveredPort| {
            port.is_none_or(|name| candidate.version.port.as_str() == name || candidate.version.port.sql() == name)
        };
        let ports: Vec<Value> =
            product.ports.iter().filter(wanted).map(|port| self.describe_port(product, port)).collect();
        if ports.is_empty() {
            let name = format!("{}.{}", product.name, port.unwrap_or_default());
            return Err(GateError::NotFound { what: "port", name });
        }
        let mut said = summary(product);
        said.insert("ports".to_owned(), Value::Array(ports));
        Ok(Value::Object(said))
    }

    /// What a port promises, and what the caller may do with it.
    pub(super) fn describe_port(&self, product: &DiscoveredProduct, port: &DiscoveredPort) -> Value {
        let contract = &port.contract;
        let tables: Vec<Value> =
            self.tables(product, port).iter().map(|table| describe_table(&product.name, table)).collect();
        let mut said = json!({
            "address": self.address(product, port),
            "port": port.version.port,
            "version": contract.version.to_string(),
            "contract": contract.id.as_str(),
            "description": contract.description,
            "readable": port.readable,
            "agreement": port.agreement,
            "freshness": freshness(product),
            "tables": tables,
        });
        if !port.readable {
            said["access"] = json!({
                "how": "call request_access with this product, port and a purpose; a person decides",
                "approvers": contract.approvers,
            });
        }
        said
    }

    /// What was read of a table: version, freshness, and what the policies made of it. The rule by which rows are kept
    /// back is never told.
    pub(super) fn provenance(&self, name: &ProductName, table: &TableName, columns: &BTreeSet<String>) -> Value {
        let product = self.products.iter().find(|product| product.name == *name);
        let port = product.and_then(|product| {
            product.ports.iter().find(|port| port.tables.iter().any(|(offered, _)| offered == table))
        });
        let visible = self.view.products.get(name).and_then(|product| product.tables.get(table));
        json!({
            "table": sql_name(name, table),
            "version": port.map(|port| port.contract.version.to_string()),
            "publishedAt": product.and_then(|product| product.release).map(|(_, at)| at),
            "columns": columns,
            "policy": visible.map(|visible| policy(visible, |column| columns.contains(column))),
        })
    }
}

/// What is said of a product in a list.
pub(super) fn summary(product: &DiscoveredProduct) -> Map<String, Value> {
    let said = json!({
        "product": product.name,
        "title": product.title,
        "purpose": product.purpose,
        "domain": product.domain,
        "owner": product.owner,
        "alignment": product.alignment.map(outport_model::product::Alignment::as_str),
        "status": product.status,
        "freshness": freshness(product),
    });
    match said {
        Value::Object(said) => said,
        _ => Map::new(),
    }
}

/// A table as SQL names it.
pub(super) fn sql_name(product: &ProductName, table: &TableName) -> String {
    format!("{}.{}", product.sql(), table.sql())
}

fn freshness(product: &DiscoveredProduct) -> Value {
    match product.release {
        Some((number, at)) => json!({ "release": number, "publishedAt": at }),
        None => Value::Null,
    }
}

fn describe_table(product: &ProductName, table: &KnownTable<'_>) -> Value {
    let described: Vec<Value> = table.columns.iter().map(|known| describe_column(*known)).collect();
    let exists = |name: &str| table.columns.iter().any(|known| known.column.name == name);
    // A key of which a part does not exist for the caller is no key.
    let key: Vec<&str> = table.schema.primary_key().iter().map(|column| column.name.as_str()).collect();
    let key = if key.iter().all(|name| exists(name)) { key } else { Vec::new() };
    json!({
        "sql": sql_name(product, table.name),
        "description": table.schema.description,
        "columns": described,
        "primaryKey": key,
        "checks": table.schema.checks.len(),
        "policy": table.visible.map(|visible| policy(visible, |_| true)),
    })
}

fn describe_column(known: KnownColumn<'_>) -> Value {
    let column = known.column;
    let mut said = json!({
        "name": column.name,
        "type": column.data_type.to_string(),
        "nullable": column.nullable,
        "description": column.description,
    });
    let more = [
        ("classification", column.classification.as_ref().map(|text| json!(text))),
        ("tags", (!column.tags.is_empty()).then(|| json!(column.tags))),
        ("unique", column.unique.then_some(json!(true))),
        ("deprecated", column.deprecated.then_some(json!(true))),
        ("masked", known.masked.then_some(json!(true))),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            said[name] = value;
        }
    }
    said
}

/// The columns that exist for the caller. What may be read is as the view has it; of what may only be known of, the
/// contract is no secret.
fn columns<'a>(port: &DiscoveredPort, schema: &'a TableSchema, visible: Option<&VisibleTable>) -> Vec<KnownColumn<'a>> {
    let all = schema.columns.iter();
    match visible.map(|visible| &visible.sight) {
        Some(Sight::Whole) => all.map(|column| KnownColumn { column, masked: false }).collect(),
        Some(Sight::Part(access)) => {
            let seen = all.filter_map(|column| {
                let access = access.columns.get(&column.name)?;
                Some(KnownColumn { column, masked: matches!(access, ColumnAccess::Masked(_)) })
            });
            seen.collect()
        }
        None if port.readable => Vec::new(),
        None => all.map(|column| KnownColumn { column, masked: false }).collect(),
    }
}

fn policy(visible: &VisibleTable, wanted: impl Fn(&str) -> bool) -> Value {
    let Sight::Part(access) = &visible.sight else {
        return json!({ "maskedColumns": [], "rowsMayBeFiltered": false, "minimumGroup": null });
    };
    let masked =
        access.columns.iter().filter(|(name, access)| matches!(access, ColumnAccess::Masked(_)) && wanted(name));
    let masked: Vec<&String> = masked.map(|(name, _)| name).collect();
    json!({
        "maskedColumns": masked,
        "rowsMayBeFiltered": access.rows != RowAccess::All,
        "minimumGroup": access.minimum_group,
    })
}
