//! Why a bearer credential is not good.

use outport_app::{identity::AuthenticationError, store::StoreError};

/// Why a token or JWT is not good. Reasons are for the record alone.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// Nothing shows that whoever sent it ever had a right one: it may be a guess.
    Forged(&'static str),
    /// It is genuine, but not good any more, or not here.
    Lapsed(&'static str),
    /// It cannot be checked.
    Unchecked(AuthenticationError),
}

impl From<StoreError> for Rejected {
    fn from(error: StoreError) -> Self {
        Self::Unchecked(error.into())
    }
}
