//! Data contracts as the Open Data Contract Standard writes them, v3.0.0 to v3.2.0.
//!
//! The types hold every key of the standard and keep all others, so that a document survives a round trip without
//! loss. Closed lists of values are plain text here: [`crate::schema`] checks them.

mod quality;
mod schema;
mod server;

use serde::{Deserialize, Serialize};

pub(crate) use self::quality::OPERATORS;
pub use self::{
    quality::Quality,
    schema::{EnumValue, LogicalTypeOptions, MapTypes, Property, Relationship, SchemaObject},
    server::{Port, Server},
};
pub use crate::bitol::{
    AuthoritativeDefinition, Constraint, CustomProperty, Description, Guidance, OneOrMany, Support, Synonym,
    TeamMember, VerifiedStatement,
};
use crate::bitol::{Team as TeamBlock, block};

block! {
    /// A data contract.
    DataContract {
        /// Version of the standard, as `v3.2.0`.
        api_version: String,
        /// `DataContract`.
        kind: String,
        /// Identity.
        id: String,
        /// Version of the contract.
        version: String,
    } {
        /// `proposed`, `draft`, `active`, `deprecated`, `retired` (open); required up to v3.1.0.
        status: String,
        /// What people call it.
        name: String,
        /// Whose it is.
        tenant: String,
        /// Business domain.
        domain: String,
        /// Name of the data product; deprecated since v3.1.0.
        data_product: String,
        /// Tags.
        tags: Vec<String>,
        /// What the data is for.
        description: Description,
        /// Guidance for people and agents (v3.2.0).
        context: Context,
        /// Where the data is.
        servers: Vec<Server>,
        /// Tables, topics, documents.
        schema: Vec<SchemaObject>,
        /// Where help is found.
        support: Vec<Support>,
        /// What it costs.
        price: Price,
        /// Who is responsible.
        team: Team,
        /// Who may do what.
        roles: Vec<Role>,
        /// What `slaProperties` are about; deprecated.
        sla_default_element: String,
        /// Service levels.
        sla_properties: Vec<SlaProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// When the contract was made, ISO 8601 in UTC.
        contract_created_ts: String,
    }
}

/// Guidance as one text or in parts (v3.2.0).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Context {
    /// One text.
    Text(String),
    /// In parts.
    Parts(Guidance),
}

/// Who is responsible: a team, or members alone as up to v3.0.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Team {
    /// Members alone.
    Members(Vec<TeamMember>),
    /// A team.
    Team(Box<TeamBlock>),
}

impl Team {
    /// The members, however they are written.
    pub fn members(&self) -> &[TeamMember] {
        match self {
            Self::Members(members) => members,
            Self::Team(team) => team.members.as_deref().unwrap_or_default(),
        }
    }
}

block! {
    /// What the data costs.
    Price {} {
        /// Stable id.
        id: String,
        /// Amount for one unit.
        price_amount: serde_json::Number,
        /// Currency.
        price_currency: String,
        /// Unit, as `megabyte`.
        price_unit: String,
    }
}

block! {
    /// A role that gives access.
    Role {
        /// The role's name.
        role: String,
    } {
        /// Stable id.
        id: String,
        /// What it is for.
        description: String,
        /// What it allows.
        access: String,
        /// Who approves first.
        first_level_approvers: String,
        /// Who approves then.
        second_level_approvers: String,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// One service level.
    SlaProperty {
        /// `latency`, `availability`, `retention`, … (open, any case).
        property: String,
        /// The agreed value: text, number, truth value or null.
        value: serde_json::Value,
    } {
        /// Stable id.
        id: String,
        /// A second value.
        value_ext: serde_json::Value,
        /// `d`, `y`, … .
        unit: String,
        /// What it is about, as `object.property`; several with commas.
        element: String,
        /// `regulatory`, `analytics`, `operational` (open).
        driver: String,
        /// What it means.
        description: String,
        /// Name of the scheduler.
        scheduler: String,
        /// When it is measured, as the scheduler writes it.
        schedule: String,
        /// Additional properties (v3.2.0).
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions (v3.2.0).
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}
