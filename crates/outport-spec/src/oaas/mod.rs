//! Agreements as the Open Access Agreement Standard writes them: v0.9.0, a draft (RFC 0056).
//!
//! As in [`crate::odcs`], the types keep everything, known or not. [`load`] makes agreements of documents, [`document`] a
//! document of an agreement; what the standard has no key for is in custom properties with the vendor `outport`.

mod read;
mod write;

use std::path::Path;

use outport_model::diagnostic::Diagnostic;

pub use self::{
    read::{Context, LoadedAgreements, load},
    write::document,
};
pub use crate::bitol::{AuthoritativeDefinition, CustomProperty};
use crate::{
    bitol::block,
    bundle::{self, BundleFiles},
};

/// The version of the standard that is written.
const API_VERSION: &str = "v0.9.0";
/// What documents write behind `kind`.
const KIND: &str = "AccessAgreement";
/// Whose custom properties ours are.
const VENDOR: &str = "outport";

/// Reads the file of an agreement.
///
/// # Errors
/// A diagnostic where it cannot be read.
pub fn read(path: &Path) -> Result<BundleFiles, Vec<Diagnostic>> {
    bundle::read_one(path)
}

/// The names of our custom properties.
mod property {
    pub(super) const COLUMNS: &str = "columns";
    pub(super) const JUSTIFICATION: &str = "justification";
    pub(super) const STATE: &str = "state";
    pub(super) const REQUESTED_BY: &str = "requestedBy";
    pub(super) const REQUESTED_AT: &str = "requestedAt";
    pub(super) const SECONDS: &str = "seconds";
    pub(super) const RENEWS: &str = "renews";
    pub(super) const DECIDED_BY: &str = "decidedBy";
    pub(super) const DECIDED_AT: &str = "decidedAt";
    pub(super) const COMMENT: &str = "comment";
}

block! {
    /// An agreement between a provider and a consumer.
    AccessAgreement {
        /// Version of the standard, as `v0.9.0`.
        api_version: String,
        /// `AccessAgreement`.
        kind: String,
        /// Identity.
        id: String,
        /// `requested`, `approved`, `rejected`.
        status: String,
        /// What it is for, and on which terms.
        description: Terms,
        /// What is accessed.
        provider: Provider,
        /// Who accesses it.
        consumer: Recipient,
    } {
        /// What people call it.
        name: String,
        /// Version of the document.
        version: String,
        /// From when on it holds (RFC 3339).
        start_timestamp: String,
        /// When it ends.
        end_timestamp: String,
        /// When it is looked at again.
        next_reassessment_timestamp: String,
        /// Roles of the provider that the consumer gets.
        roles: Vec<GrantedRole>,
        /// Tags.
        tags: Vec<String>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// What an agreement is for, and on which terms.
    Terms {
        /// Why the consumer needs the data.
        purpose: String,
    } {
        /// What they may do with it.
        usage: String,
        /// What they may not.
        limitations: String,
        /// Commercial and contractual terms.
        terms: String,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// What is accessed.
    Provider {
        /// The team whose product it is.
        team_id: String,
        /// The data product.
        data_product_id: String,
        /// Its output port.
        output_port_id: String,
    } {
        /// The contract of the port.
        data_contract_id: String,
        /// The version of the contract that was agreed upon.
        data_contract_version: String,
    }
}

block! {
    /// Who accesses it; one of the keys at least.
    Recipient {} {
        /// A team.
        team_id: String,
        /// A data product of that team.
        data_product_id: String,
        /// A person or program.
        user_id: String,
    }
}

block! {
    /// A role in the provider's system.
    GrantedRole {
        /// The name of the role.
        role: String,
    } {
        /// Stable id.
        id: String,
        /// What it is for.
        description: String,
        /// What it may do, as `read`.
        access: String,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}
