//! What the descriptor says of a product as a whole.

use std::collections::BTreeMap;

use outport_model::{
    contract::Version,
    diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    name::ProductName,
    product::{Alignment, Guide, InputPort, Model, OutputPort, PolicyFile, Product, ProductDocument},
};

use super::guide;
use crate::{codes, config::Layers, contract, node::Node};

pub(super) struct Header {
    pub(super) name: Option<ProductName>,
    id: String,
    title: Option<String>,
    version: Option<Version>,
    status: Option<String>,
    domain: Option<String>,
    alignment: Option<Alignment>,
    purpose: Option<String>,
    owner: Option<String>,
    guide: Guide,
}

/// What else there is in a product.
pub(super) struct Parts {
    pub(super) inputs: Vec<InputPort>,
    pub(super) outputs: Vec<OutputPort>,
    pub(super) models: Vec<Model>,
    pub(super) policies: Vec<PolicyFile>,
    pub(super) documents: Vec<ProductDocument>,
}

impl Header {
    pub(super) fn product(self, parts: Parts, files: BTreeMap<String, Fingerprint>) -> Option<Product> {
        let Parts { inputs, outputs, models, policies, documents } = parts;
        Some(Product {
            name: self.name?,
            id: self.id,
            title: self.title,
            version: self.version,
            status: self.status,
            domain: self.domain,
            alignment: self.alignment,
            purpose: self.purpose,
            owner: self.owner,
            guide: Guide { documents, ..self.guide },
            inputs,
            outputs,
            models,
            policies,
            files,
        })
    }
}

pub(super) fn header(root: &Node<'_>, settings: &Layers<'_>, diagnostics: &mut Vec<Diagnostic>) -> Header {
    let description = root.get("description");
    Header {
        name: name(root, settings, diagnostics),
        id: root.string("id").unwrap_or_default(),
        title: root.string("name"),
        version: root.get("version").and_then(|version| contract::version(&version, diagnostics)),
        status: root.string("status"),
        domain: root.string("domain"),
        alignment: root.text("type").and_then(alignment),
        purpose: description.and_then(|description| description.string("purpose")),
        owner: root.get("team").and_then(|team| owner(&team)),
        guide: guide::of_descriptor(root),
    }
}

/// The name in `outport.yaml`, whose form its JSON Schema has checked, or the descriptor's id, which may be any text.
fn name(root: &Node<'_>, settings: &Layers<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<ProductName> {
    if let Some(written) = settings.value("product")
        && let Some(text) = written.as_text()
    {
        let name = text.parse().ok();
        demand_free(name.as_ref(), &written, diagnostics);
        return name;
    }
    let id = root.get("id")?;
    let text = id.as_text()?;
    let name = text.parse().ok();
    demand_free(name.as_ref(), &id, diagnostics);
    if name.is_none() {
        diagnostics.push(
            id.error(codes::PRODUCT_NAME, format!("`{text}` cannot be the name of a product"))
                .help("give the product a name in `outport.yaml`: `product: <name>`"),
        );
    }
    name
}

/// What Outport offers itself has names that no bundle has.
fn demand_free(name: Option<&ProductName>, place: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(name) = name.filter(|name| name.is_reserved()) {
        diagnostics.push(
            place
                .error(codes::RESERVED_NAME, format!("the name `{name}` is that of the record of requests"))
                .help("give the product another name in `outport.yaml`: `product: <name>`"),
        );
    }
}

fn alignment(text: &str) -> Option<Alignment> {
    match crate::sql::folded(text).replace('_', "").as_str() {
        "sourcealigned" => Some(Alignment::SourceAligned),
        "aggregate" => Some(Alignment::Aggregate),
        "consumeraligned" => Some(Alignment::ConsumerAligned),
        _ => None,
    }
}

fn owner(team: &Node<'_>) -> Option<String> {
    let members = team.list("members");
    let owner = members.iter().find(|m| m.text("role").is_some_and(|role| role.to_lowercase().contains("owner")));
    let name = owner.and_then(|member| member.string("name").or_else(|| member.string("username")));
    name.or_else(|| team.string("name"))
}
