//! Tickets and handles: everything that a query is, with a seal that only this process can make.
//!
//! What is sealed can be read by whoever holds it, and is: it is what they asked. It cannot be changed, passed on to
//! someone else, or used for ever.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use outport_app::{
    engine::{Argument, EngineError},
    gate::GateError,
};
use outport_model::principal::PrincipalId;
use serde::{Deserialize, Serialize};

/// How long the seal is, in bytes.
const SEAL: usize = blake3::OUT_LEN;

/// A query with values for its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    /// SQL.
    pub(crate) sql: String,
    /// Its parameters, in the order in which values are bound.
    pub(crate) parameters: Vec<String>,
    /// Their values in the same order, once they are bound.
    pub(crate) values: Option<Vec<Bound>>,
}

/// A value for a parameter, as it is kept in a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound {
    Null,
    Boolean(bool),
    Integer(i64),
    /// The bits, since JSON has neither infinities nor NaN.
    Float(u64),
    Text(String),
}

impl From<&Bound> for Argument {
    fn from(bound: &Bound) -> Self {
        match bound {
            Bound::Null => Self::Null,
            Bound::Boolean(value) => Self::Boolean(*value),
            Bound::Integer(value) => Self::Integer(*value),
            Bound::Float(bits) => Self::Float(f64::from_bits(*bits)),
            Bound::Text(text) => Self::Text(text.clone()),
        }
    }
}

/// What is under a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The query.
    pub(crate) statement: Statement,
    /// A hash of the columns that were announced, in a ticket.
    pub(crate) columns: Option<[u8; 32]>,
    /// Who asked.
    pub(crate) principal: PrincipalId,
    /// From when on it is not good any more.
    pub(crate) until: DateTime<Utc>,
    /// Tells apart what is otherwise the same.
    pub(crate) number: u64,
}

/// Makes seals and checks them.
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl Default for Sealer {
    /// With a key of its own.
    fn default() -> Self {
        Self { key: rand::random() }
    }
}

impl Sealer {
    /// Puts a seal on it.
    pub(crate) fn seal(&self, sealed: &Sealed) -> Result<Bytes, GateError> {
        let content = serde_json::to_vec(sealed).map_err(|error| GateError::Internal(Box::new(error)))?;
        let mut bytes = blake3::keyed_hash(&self.key, &content).as_bytes().to_vec();
        bytes.extend(content);
        Ok(bytes.into())
    }

    /// What is under a seal, where the seal is whole and whoever shows it may.
    pub(crate) fn open(&self, bytes: &[u8], shown_by: &PrincipalId, now: DateTime<Utc>) -> Result<Sealed, GateError> {
        let forbidden =
            |action: &str| GateError::Forbidden { principal: shown_by.to_string(), action: action.to_owned() };
        let broken =
            || forbidden("use a ticket or statement that this server did not give out, or not since it started");
        let (seal, content) = bytes.split_at_checked(SEAL).ok_or_else(broken)?;
        // Comparing hashes takes the same time wherever they differ.
        let seal: [u8; SEAL] = seal.try_into().map_err(|_| broken())?;
        if blake3::keyed_hash(&self.key, content) != blake3::Hash::from_bytes(seal) {
            return Err(broken());
        }
        let sealed: Sealed = serde_json::from_slice(content).map_err(|_| broken())?;
        if sealed.principal != *shown_by {
            return Err(forbidden("use a ticket or statement of someone else"));
        }
        if sealed.until <= now {
            return Err(refusal("the ticket or statement has expired", "send the query again"));
        }
        Ok(sealed)
    }
}

/// A request that cannot be answered as it is.
pub(crate) fn refusal(reason: impl Into<String>, help: &str) -> GateError {
    EngineError::Query { reason: reason.into(), position: None, help: Some(help.to_owned()) }.into()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn ada() -> PrincipalId {
        "ada".parse().unwrap()
    }

    fn sealed(sql: &str, values: Option<Vec<Bound>>) -> Sealed {
        let parameters = values.iter().flatten().enumerate().map(|(n, _)| format!("${}", n + 1)).collect();
        let statement = Statement { sql: sql.to_owned(), parameters, values };
        Sealed { statement, columns: Some([7; 32]), principal: ada(), until: moment(10), number: u64::MAX }
    }

    fn bound() -> impl Strategy<Value = Bound> {
        prop_oneof![
            Just(Bound::Null),
            any::<bool>().prop_map(Bound::Boolean),
            any::<i64>().prop_map(Bound::Integer),
            any::<u64>().prop_map(Bound::Float),
            ".*".prop_map(Bound::Text),
        ]
    }

    fn values() -> impl Strategy<Value = Option<Vec<Bound>>> {
        prop::option::of(prop::collection::vec(bound(), 0..4))
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_out_as_it_was(sql in ".*", values in values()) {
            let (sealer, sealed) = (Sealer::default(), sealed(&sql, values));
            let bytes = sealer.seal(&sealed).unwrap();
            prop_assert_eq!(sealer.open(&bytes, &ada(), moment(9)).unwrap(), sealed);
        }

        #[test]
        fn no_bit_can_be_changed(sql in ".{0,20}", at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let sealer = Sealer::default();
            let mut bytes = sealer.seal(&sealed(&sql, None)).unwrap().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(sealer.open(&bytes, &ada(), moment(0)).is_err());
        }

        #[test]
        fn no_bytes_open(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(Sealer::default().open(&bytes, &ada(), moment(0)).is_err());
        }
    }

    #[test]
    fn a_seal_is_of_one_principal_of_one_process_and_for_a_time() {
        let sealer = Sealer::default();
        let bytes = sealer.seal(&sealed("SELECT 1", None)).unwrap();
        assert!(sealer.open(&bytes, &ada(), moment(9)).is_ok());
        let failure = |result: Result<Sealed, GateError>| result.unwrap_err().to_string();
        let other = failure(sealer.open(&bytes, &"bob".parse().unwrap(), moment(9)));
        assert_eq!(other, "`bob` may not use a ticket or statement of someone else");
        let late = failure(sealer.open(&bytes, &ada(), moment(10)));
        assert_eq!(late, "the ticket or statement has expired");
        let elsewhere = failure(Sealer::default().open(&bytes, &ada(), moment(9)));
        assert!(elsewhere.contains("did not give out"), "{elsewhere}");
    }
}
