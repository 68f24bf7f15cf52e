//! `outport://<workspace>/<product>/<port>[@major]`: the unique address of an output port.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::name::{NameError, PortName, ProductName, WorkspaceName};

/// The address of an output port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The workspace; `None` (written `outport:///…`) is the workspace of whoever reads the address.
    pub workspace: Option<WorkspaceName>,
    /// The product.
    pub product: ProductName,
    /// The output port.
    pub port: PortName,
    /// The major version; `None` is the newest active one.
    pub major: Option<u64>,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text has another form.
    #[error("`{0}` is not an address of the form `outport://<workspace>/<product>/<port>[@major]`")]
    Form(String),
    /// One of its names is not a name.
    #[error("the address has a wrong name")]
    Name(#[from] NameError),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let form = || AddressError::Form(text.to_owned());
        let rest = text.strip_prefix("outport://").ok_or_else(form)?;
        let mut parts = rest.split('/');
        let (Some(workspace), Some(product), Some(port), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(form());
        };
        let (port, major) = match port.split_once('@') {
            Some((port, major)) => (port, Some(major.parse().map_err(|_| form())?)),
            None => (port, None),
        };
        Ok(Self {
            workspace: if workspace.is_empty() { None } else { Some(workspace.parse()?) },
            product: product.parse()?,
            port: port.parse()?,
            major,
        })
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workspace = self.workspace.as_ref().map_or("", WorkspaceName::as_str);
        write!(f, "outport://{workspace}/{}/{}", self.product, self.port)?;
        self.major.map_or(Ok(()), |major| write!(f, "@{major}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        for text in ["outport:///flights/flights", "outport://prod/customer-360/customers@2"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["flights.flights", "outport://flights", "outport:///a/b/c", "outport:///A/b", "outport:///a/b@x"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
