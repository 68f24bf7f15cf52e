//! Data products as the Open Data Product Standard writes them, v0.9.0 to v1.1.0.
//!
//! As in [`crate::odcs`], the types keep everything, known or not.

use crate::bitol::block;
pub use crate::bitol::{
    AuthoritativeDefinition, Constraint, CustomProperty, Description, Guidance, Support, Synonym, Team, TeamMember,
    VerifiedStatement,
};

block! {
    /// A data product.
    DataProduct {
        /// Version of the standard, as `v1.1.0`.
        api_version: String,
        /// `DataProduct`.
        kind: String,
        /// Identity.
        id: String,
    } {
        /// `proposed`, `draft`, `active`, `deprecated`, `retired` (open); required up to v1.0.0.
        status: String,
        /// What people call it.
        name: String,
        /// Version of the product.
        version: String,
        /// Business domain.
        domain: String,
        /// Whose it is.
        tenant: String,
        /// `sourceAligned`, `aggregate`, `consumerAligned` (open; v1.1.0).
        r#type: String,
        /// Guidance for people and agents (v1.1.0).
        context: Guidance,
        /// Other names (v1.1.0).
        synonyms: Vec<Synonym>,
        /// Whether it will go (v1.1.0).
        deprecated: bool,
        /// Tags.
        tags: Vec<String>,
        /// What the product is for.
        description: Description,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// What it reads.
        input_ports: Vec<InputPort>,
        /// What it offers.
        output_ports: Vec<OutputPort>,
        /// How it is observed and controlled.
        management_ports: Vec<ManagementPort>,
        /// Where help is found.
        support: Vec<Support>,
        /// Who is responsible.
        team: Team,
        /// When the product was made, ISO 8601 in UTC.
        product_created_ts: String,
    }
}

block! {
    /// What a product reads.
    InputPort {
        /// The name.
        name: String,
    } {
        /// Stable id (v1.1.0).
        id: String,
        /// Version of the contract; required in v1.0.0.
        version: String,
        /// Id of the contract; required in v1.0.0.
        contract_id: String,
        /// Whether it will go (v1.1.0).
        deprecated: bool,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// What a product offers. Name and version together are its key.
    OutputPort {
        /// The name.
        name: String,
    } {
        /// Stable id (v1.1.0).
        id: String,
        /// Version of the contract; required in v1.0.0.
        version: String,
        /// Id of the contract.
        contract_id: String,
        /// What it is, as `tables` (open).
        r#type: String,
        /// What it holds.
        description: String,
        /// Bills of material.
        sbom: Vec<Sbom>,
        /// Contracts of what it is made of.
        input_contracts: Vec<InputContract>,
        /// Guidance for people and agents (v1.1.0).
        context: Guidance,
        /// Other names (v1.1.0).
        synonyms: Vec<Synonym>,
        /// Whether it will go (v1.1.0).
        deprecated: bool,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// How a product is observed and controlled.
    ManagementPort {
        /// The name.
        name: String,
        /// `discoverability`, `observability`, `control`, `dictionary` (open).
        content: String,
    } {
        /// Stable id (v1.1.0).
        id: String,
        /// `rest` (default) or `topic` (open).
        r#type: String,
        /// Where it is.
        url: String,
        /// Channel of a topic.
        channel: String,
        /// What it is for.
        description: String,
        /// Whether it will go (v1.1.0).
        deprecated: bool,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// A bill of material.
    Sbom {} {
        /// Stable id (v1.1.0).
        id: String,
        /// `external`.
        r#type: String,
        /// Where it is; required in v1.0.0.
        url: String,
        /// Tags (v1.1.0).
        tags: Vec<String>,
        /// Additional properties (v1.1.0).
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions (v1.1.0).
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// A contract that an output port builds on.
    InputContract {
        /// Id of the contract.
        id: String,
        /// Version of the contract.
        version: String,
    } {}
}
