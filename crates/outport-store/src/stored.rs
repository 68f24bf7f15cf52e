//! How values become JSON in a column.
//!
//! Every column has `{"format": n, "value": …}`. A later Outport that changes the form of a value raises its
//! [`Stored::FORMAT`] and teaches [`decode`] to read the earlier ones.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use outport_app::{
    identity::TokenScope,
    store::{HistoryKind, StoreError},
};
use outport_model::{
    agreement::Agreement,
    check::CheckResult,
    name::{PortName, TableName},
    plan::CompiledProduct,
    principal::Principal,
    question::SavedQuestion,
    release::{ReleasedTable, TableVersion},
    run::InputVersion,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A value that is kept as JSON.
pub(crate) trait Stored: Serialize + DeserializeOwned {
    /// What it is, for messages.
    const WHAT: &'static str;
    /// The format that is written.
    const FORMAT: u32 = 1;
}

impl Stored for CompiledProduct {
    const WHAT: &'static str = "product";
}
impl Stored for HistoryKind {
    const WHAT: &'static str = "history entry";
}
impl Stored for BTreeMap<PortName, InputVersion> {
    const WHAT: &'static str = "run's inputs";
}
impl Stored for Vec<CheckResult> {
    const WHAT: &'static str = "run's check results";
}
impl Stored for BTreeMap<TableName, ReleasedTable> {
    const WHAT: &'static str = "release";
}
impl Stored for TableVersion {
    const WHAT: &'static str = "build";
}
impl Stored for Principal {
    const WHAT: &'static str = "user";
}
impl Stored for TokenScope {
    const WHAT: &'static str = "token's scope";
}
impl Stored for Agreement {
    const WHAT: &'static str = "agreement";
}
impl Stored for SavedQuestion {
    const WHAT: &'static str = "saved question";
}

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    value: &'a T,
}

#[derive(Deserialize)]
struct Read<T> {
    format: u32,
    value: T,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// Why a stored value cannot be read.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("it has format {found}, this Outport knows {known}")]
    Format { found: u32, known: u32 },
    #[error("{0} is not a moment")]
    Moment(i64),
}

/// The JSON of a value.
pub(crate) fn encode<T: Stored>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(&Written { format: T::FORMAT, value }).map_err(corrupt(T::WHAT))
}

/// The value of its JSON.
pub(crate) fn decode<T: Stored>(text: &str) -> Result<T, StoreError> {
    match serde_json::from_str::<Read<T>>(text) {
        Ok(Read { format, value }) if format == T::FORMAT => Ok(value),
        Ok(Read { format, .. }) => Err(other_format::<T>(format)),
        // A newer format may have another form altogether: that is the better message.
        Err(source) => match serde_json::from_str::<Head>(text) {
            Ok(Head { format }) if format != T::FORMAT => Err(other_format::<T>(format)),
            _ => Err(corrupt(T::WHAT)(source)),
        },
    }
}

fn other_format<T: Stored>(found: u32) -> StoreError {
    corrupt(T::WHAT)(Unreadable::Format { found, known: T::FORMAT })
}

/// Parses a text column that holds a name, an id or a state.
pub(crate) fn parse<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(corrupt(what))
}

/// The moment in a column of microseconds.
pub(crate) fn moment(what: &'static str, micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt(what)(Unreadable::Moment(micros)))
}

/// A counter as the database keeps it.
pub(crate) fn signed(what: &'static str, count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(corrupt(what))
}

/// A counter as the model has it.
pub(crate) fn unsigned(what: &'static str, count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(corrupt(what))
}

/// Names what cannot be read.
pub(crate) fn corrupt<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::Corrupt { what, source: Box::new(source) }
}
