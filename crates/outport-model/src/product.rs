//! A data product as one validated whole: what `outport-spec` makes of a bundle and the record of intent keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    contract::{Contract, ContractId, Version},
    fingerprint::Fingerprint,
    name::{PortName, ProductName, TableName},
    source::Source,
};

/// What a product's owner says of it to whoever uses it. It promises nothing: where it changes nothing is built anew, and
/// no step of a version is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Guide {
    /// ODPS `description.usage`: how it is meant to be used.
    pub usage: Option<String>,
    /// ODPS `description.limitations`: what it is not for.
    pub limitations: Option<String>,
    /// ODPS `tags`.
    pub tags: Vec<String>,
    /// ODPS `team.members`.
    pub team: Vec<TeamMember>,
    /// ODPS `support`: where help is found.
    pub support: Vec<SupportChannel>,
    /// The bundle's `docs/*.md`, by file.
    pub documents: Vec<ProductDocument>,
}

/// Someone who works on a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamMember {
    /// The name, else the user name.
    pub name: String,
    /// What they are in the team, as the descriptor writes it.
    pub role: Option<String>,
}

/// Where help is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportChannel {
    /// The channel's name.
    pub channel: String,
    /// Where it is.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// `email`, `slack`, `ticket`… (open).
    pub tool: Option<String>,
    /// `interactive`, `announcements`, `issues`… (open).
    pub scope: Option<String>,
}

/// A file of a bundle that is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductDocument {
    /// The file, relative to the bundle.
    pub file: String,
    /// Its first heading, else its name.
    pub title: String,
    /// What it says, in Markdown.
    pub text: String,
    /// Whether there is more in the file than is kept.
    #[serde(default)]
    pub truncated: bool,
}

/// How a product relates to its sources and consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// Close to an operational source.
    SourceAligned,
    /// Combines others.
    Aggregate,
    /// Made for one use.
    ConsumerAligned,
}

impl Alignment {
    /// The name as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceAligned => "source-aligned",
            Self::Aggregate => "aggregate",
            Self::ConsumerAligned => "consumer-aligned",
        }
    }
}

/// A data product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The address name.
    pub name: ProductName,
    /// ODPS `id`.
    pub id: String,
    /// ODPS `name`: what people call it.
    pub title: Option<String>,
    /// ODPS `version`.
    pub version: Option<Version>,
    /// ODPS `status`.
    pub status: Option<String>,
    /// ODPS `domain`.
    pub domain: Option<String>,
    /// ODPS `type`.
    pub alignment: Option<Alignment>,
    /// ODPS `description.purpose`.
    pub purpose: Option<String>,
    /// The member of ODPS `team` whose role is owner, or the team's name.
    pub owner: Option<String>,
    /// What else its owner says of it.
    #[serde(default)]
    pub guide: Guide,
    /// What it reads.
    pub inputs: Vec<InputPort>,
    /// What it offers.
    pub outputs: Vec<OutputPort>,
    /// How it makes the one from the other.
    pub models: Vec<Model>,
    /// Its access policies, in Cedar.
    #[serde(default)]
    pub policies: Vec<PolicyFile>,
    /// Every file of the bundle by its path relative to the bundle, and the fingerprint of its bytes.
    pub files: BTreeMap<String, Fingerprint>,
}

impl Product {
    /// The input port with this name.
    pub fn input(&self, name: &str) -> Option<&InputPort> {
        self.inputs.iter().find(|i| i.name.as_str() == name)
    }

    /// The model with this name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|m| m.name.as_str() == name)
    }

    /// The newest major of the output port with this name, or the major that is asked for.
    pub fn output(&self, name: &str, major: Option<u64>) -> Option<&OutputPort> {
        self.outputs
            .iter()
            .filter(|o| o.name.as_str() == name && major.is_none_or(|m| o.version.major() == m))
            .max_by_key(|o| &o.version)
    }

    /// Every table that a release of this product has, with the schema that guards it.
    pub fn tables(&self) -> impl Iterator<Item = (&OutputPort, &OutputTable)> {
        self.outputs.iter().flat_map(|port| port.tables.iter().map(move |table| (port, table)))
    }
}

/// What happens to rows that break an input contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnViolation {
    /// The run fails and nothing is published.
    #[default]
    Fail,
    /// The rows are held back in `<product>.<input port>_quarantine`, with the reasons.
    Quarantine,
    /// The rows go on; the violation is recorded.
    Warn,
}

/// A port through which a product reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputPort {
    /// The port's name; models read `input.<name>`.
    pub name: PortName,
    /// The contract that the consumer relies on: its own copy from the bundle, or `None` where the producer's
    /// contract is taken as it is.
    pub contract: Option<Contract>,
    /// ODPS `contractId`.
    pub contract_id: Option<ContractId>,
    /// Where the rows come from.
    pub source: Source,
    /// What happens to rows that break the contract.
    pub on_violation: OnViolation,
}

impl InputPort {
    /// The table that holds the rows that the input contract held back.
    pub fn quarantine(&self) -> TableName {
        TableName::quarantine_of(&self.name)
    }
}

/// A port through which a product is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputPort {
    /// The port's name.
    pub name: PortName,
    /// The port's version: that of its contract. Its major is part of the address.
    pub version: Version,
    /// The contract that guards it.
    pub contract: Contract,
    /// Its tables: one for each object in the contract's schema.
    pub tables: Vec<OutputTable>,
}

/// A table that an output port offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputTable {
    /// The name in SQL, `<product>.<name>`: the port's name where the contract has one object, else the object's.
    pub name: TableName,
    /// The object's name in the contract.
    pub object: String,
    /// The model that builds it.
    pub model: TableName,
}

/// How the result of a model is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Materialization {
    /// Stored as a Delta table.
    #[default]
    Table,
    /// Not stored: computed by whoever reads it. Only for models that no output port offers.
    View,
}

/// One file of access policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyFile {
    /// The file, relative to the bundle.
    pub file: String,
    /// What it says.
    pub text: String,
}

/// One transformation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The model's name: its file name without `.sql`.
    pub name: TableName,
    /// The file, relative to the bundle.
    pub file: String,
    /// One SQL query.
    pub sql: String,
    /// How its result is kept.
    pub materialization: Materialization,
    /// Values for `$name` in the query.
    pub parameters: BTreeMap<String, Value>,
}
