//! Identifiers. One type per thing, parsed once at the edge.

use crate::text::text;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("the name is empty")]
    Empty,
    /// The text is longer than [`MAX_LENGTH`].
    #[error("`{0}` is longer than {MAX_LENGTH} characters")]
    TooLong(String),
    /// The text has a character that names do not have.
    #[error("`{name}` has `{character}`, which a name cannot have")]
    Character {
        /// The text as given.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// The text does not begin with a letter.
    #[error("`{0}` does not begin with a letter")]
    Start(String),
}

/// The longest name, in characters: what PostgreSQL keeps of an identifier.
pub const MAX_LENGTH: usize = 63;

fn parse(text: &str, allowed: fn(char) -> bool) -> Result<String, NameError> {
    let Some(first) = text.chars().next() else {
        return Err(NameError::Empty);
    };
    if text.chars().count() > MAX_LENGTH {
        return Err(NameError::TooLong(text.to_owned()));
    }
    if let Some(character) = text.chars().find(|c| !allowed(*c)) {
        return Err(NameError::Character { name: text.to_owned(), character });
    }
    if !(first.is_ascii_alphabetic() || first == '_') {
        return Err(NameError::Start(text.to_owned()));
    }
    Ok(text.to_owned())
}

fn slug(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '-' | '_')
}

fn identifier(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $allowed:expr) => {
        text!($(#[$doc])* $type, NameError, |text| parse(text, $allowed));

        impl $type {
            /// The name as an SQL identifier that needs no quotes: lower case, `-` written as `_`.
            pub fn sql(&self) -> String {
                self.0.to_ascii_lowercase().replace('-', "_")
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// The address name of a data product: lower case letters, digits, `-` and `_`.
    ProductName,
    slug
);
name!(
    /// The name of a workspace, as [`ProductName`].
    WorkspaceName,
    slug
);
name!(
    /// The name of an input or output port.
    PortName,
    identifier
);
name!(
    /// The name of a table that a product releases, and of the model that builds it.
    TableName,
    identifier
);
name!(
    /// The name of a depot: a named connection to where data lives.
    DepotName,
    slug
);
name!(
    /// The name of a group of principals.
    GroupName,
    identifier
);
name!(
    /// The name of a set of workspace-wide policies.
    PolicySetName,
    identifier
);

impl ProductName {
    /// The product as which the record of requests is read: `outport`. No bundle has this name.
    pub fn record() -> Self {
        Self("outport".to_owned())
    }

    /// Whether it is a name that no bundle may have.
    pub fn is_reserved(&self) -> bool {
        *self == Self::record()
    }
}

impl GroupName {
    /// The group whose members may do everything in every workspace. It exists from the first day and its rights are not
    /// a policy, so that no policy can lock everyone out.
    pub fn administrators() -> Self {
        Self("administrators".to_owned())
    }
}

impl TableName {
    /// `<input port>_quarantine`: the table of rows that an input contract held back.
    pub fn quarantine_of(port: &PortName) -> Self {
        Self(format!("{port}_quarantine"))
    }

    /// The name among the tables of one major version: beside a newer major a table is named `<name>_v<major>`.
    pub fn within_major(&self, major: u64) -> &str {
        self.0.strip_suffix(&format!("_v{major}")).filter(|name| !name.is_empty()).unwrap_or(&self.0)
    }

    /// Whether it is the table of that name of an output port with this major version.
    pub fn is_of_port(&self, port: &PortName, major: u64) -> bool {
        self.0 == port.0 || self.within_major(major) == port.0
    }
}
