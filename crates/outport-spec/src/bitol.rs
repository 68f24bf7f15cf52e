//! What the two Bitol standards (ODCS and ODPS) share: the way that typed documents are defined, and common blocks.

use serde::{Deserialize, Deserializer, Serialize};

/// Reads an optional field so that an explicit null is a value (or an error), not an absent field.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Defines one block of a document: keys in camel case, absent keys stay absent, unknown keys are kept.
macro_rules! block {
    (
        $(#[$doc:meta])* $name:ident
        { $($(#[$required_doc:meta])* $required:ident: $required_type:ty,)* }
        { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$required_doc])* pub $required: $required_type,)*
            $(
                $(#[$optional_doc])*
                #[serde(default, deserialize_with = "crate::bitol::present", skip_serializing_if = "Option::is_none")]
                pub $optional: Option<$optional_type>,
            )*
            /// Keys that the standard does not name at this place, as they are.
            #[serde(flatten)]
            pub other: serde_json::Map<String, serde_json::Value>,
        }
    };
}
pub(crate) use block;

block! {
    /// A property that the standard does not have.
    CustomProperty {
        /// The name.
        property: String,
        /// The value, of any type.
        value: serde_json::Value,
    } {
        /// Stable id.
        id: String,
        /// What it is for.
        description: String,
        /// Whose property it is (ODCS v3.2.0, ODPS v1.1.0).
        vendor: String,
    }
}

block! {
    /// A link to where something is defined.
    AuthoritativeDefinition {
        /// `businessDefinition`, `canonicalUrl`, `glossary`, `implementation`, `tutorial`, … (open).
        r#type: String,
        /// Where it is.
        url: String,
    } {
        /// Stable id.
        id: String,
        /// What it defines.
        description: String,
    }
}

block! {
    /// Another name (ODCS v3.2.0, ODPS v1.1.0).
    Synonym {
        /// The name.
        synonym: String,
    } {
        /// Stable id.
        id: String,
        /// When it is used.
        description: String,
        /// Language, as BCP 47 writes it.
        locale: String,
        /// Where it comes from.
        source: String,
        /// Whether it is approved (open).
        status: String,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// What the data is for.
    Description {} {
        /// Why it exists.
        purpose: String,
        /// What it should not be used for.
        limitations: String,
        /// How it is meant to be used.
        usage: String,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// Guidance for people and agents that use the data (ODCS v3.2.0, ODPS v1.1.0).
    Guidance {} {
        /// How to use it.
        instructions: String,
        /// Questions with answers that were checked.
        verified_statements: Vec<VerifiedStatement>,
        /// What must not be done with it.
        constraints: Vec<Constraint>,
    }
}

block! {
    /// A question and its checked answer.
    VerifiedStatement {
        /// The question.
        question: String,
    } {
        /// Stable id.
        id: String,
        /// The answer.
        answer: String,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// A limit on use.
    Constraint {
        /// The limit.
        constraint: String,
    } {
        /// Stable id.
        id: String,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}

block! {
    /// Who is responsible.
    Team {} {
        /// Stable id.
        id: String,
        /// The name.
        name: String,
        /// What it does.
        description: String,
        /// Its members.
        members: Vec<TeamMember>,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// One person of a team.
    TeamMember {
        /// User name or mail address.
        username: String,
    } {
        /// Stable id.
        id: String,
        /// The name.
        name: String,
        /// What the person does.
        description: String,
        /// `owner`, `data steward`, … (open).
        role: String,
        /// First day, ISO 8601.
        date_in: String,
        /// Last day, ISO 8601.
        date_out: String,
        /// Who came after.
        replaced_by_username: String,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

block! {
    /// Where help is found.
    Support {
        /// The channel's name.
        channel: String,
    } {
        /// Stable id.
        id: String,
        /// Where it is (required by ODPS).
        url: String,
        /// What it is for.
        description: String,
        /// `email`, `slack`, `teams`, `discord`, `ticket`, … (open).
        tool: String,
        /// `interactive`, `announcements`, `issues`, `notifications` (open).
        scope: String,
        /// Where to ask for an invitation.
        invitation_url: String,
        /// Tags (ODPS).
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions (ODPS).
        authoritative_definitions: Vec<AuthoritativeDefinition>,
    }
}

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// A list.
    Many(Vec<String>),
}
