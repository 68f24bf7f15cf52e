//! The names that policies and decisions share.

use cedar_policy::{EntityId, EntityTypeName, EntityUid, ParseErrors};
use outport_app::policy::PortAction;

/// What a policy can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Action {
    /// Something with a port.
    Port(PortAction),
    /// Read a column in clear.
    ReadColumn,
    /// Read a column under a mask.
    ReadMasked,
    /// Read a row.
    ReadRow,
    /// Change users, policies and settings.
    Administer,
}

impl Action {
    /// Every action.
    pub(crate) const ALL: [Self; 10] = [
        Self::Port(PortAction::Discover),
        Self::Port(PortAction::Read),
        Self::Port(PortAction::Request),
        Self::Port(PortAction::AutoApprove),
        Self::Port(PortAction::Approve),
        Self::Port(PortAction::Operate),
        Self::ReadColumn,
        Self::ReadMasked,
        Self::ReadRow,
        Self::Administer,
    ];

    /// The name in policies.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Port(action) => action.as_str(),
            Self::ReadColumn => "readColumn",
            Self::ReadMasked => "readMasked",
            Self::ReadRow => "readRow",
            Self::Administer => "administer",
        }
    }

    /// Whether it is reading in part, which `action in Action::"read"` means too.
    pub(crate) const fn is_part_of_reading(self) -> bool {
        matches!(self, Self::ReadColumn | Self::ReadMasked | Self::ReadRow)
    }
}

/// The type of rows where policies of the workspace are looked at without any product.
pub(crate) const ANY_ROW: &str = "AnyRow";

/// The types of entities that every product shares, ready for use.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    pub(crate) user: EntityTypeName,
    group: EntityTypeName,
    domain: EntityTypeName,
    product: EntityTypeName,
    port: EntityTypeName,
    column: EntityTypeName,
    workspace: EntityTypeName,
    action: EntityTypeName,
}

impl Vocabulary {
    /// The types. Their names are fixed, so that this does not fail.
    pub(crate) fn new() -> Result<Self, Box<ParseErrors>> {
        Ok(Self {
            user: "User".parse()?,
            group: "Group".parse()?,
            domain: "Domain".parse()?,
            product: "Product".parse()?,
            port: "Port".parse()?,
            column: "Column".parse()?,
            workspace: "Workspace".parse()?,
            action: "Action".parse()?,
        })
    }

    pub(crate) fn user(&self, id: &str) -> EntityUid {
        entity(&self.user, id)
    }

    pub(crate) fn group(&self, name: &str) -> EntityUid {
        entity(&self.group, name)
    }

    pub(crate) fn domain(&self, name: &str) -> EntityUid {
        entity(&self.domain, name)
    }

    pub(crate) fn product(&self, name: &str) -> EntityUid {
        entity(&self.product, name)
    }

    pub(crate) fn port(&self, id: &str) -> EntityUid {
        entity(&self.port, id)
    }

    pub(crate) fn column(&self, id: &str) -> EntityUid {
        entity(&self.column, id)
    }

    /// The workspace. There is one, whatever it is called.
    pub(crate) fn workspace(&self) -> EntityUid {
        entity(&self.workspace, "this")
    }

    pub(crate) fn action(&self, action: Action) -> EntityUid {
        entity(&self.action, action.as_str())
    }
}

/// The entity of a type with this id.
pub(crate) fn entity(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}
