//! A test case of access policies: who asks for what, and what they are expected to see.
//!
//! Everything in a case is invented, but for the port that it is about: there need be no such user and no such agreement.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    access::{Mask, PortAction},
    agreement::PortVersion,
    name::TableName,
    principal::{Door, Principal, Purpose},
};

/// A test case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What it shows, in one line.
    pub name: String,
    /// The file that it is written in, as diagnostics name it.
    pub file: String,
    /// The line where it begins, from 1.
    pub line: usize,
    /// Who asks.
    pub principal: Principal,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Through which door.
    pub door: Door,
    /// The agreement that they have about the port.
    pub agreement: Option<CaseAgreement>,
    /// When; `None` is now.
    pub at: Option<DateTime<Utc>>,
    /// What is asked for.
    pub subject: Subject,
    /// What is expected.
    pub expected: Expected,
}

/// An agreement that was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAgreement {
    /// What for.
    pub purpose: Purpose,
    /// Which columns; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// When it ends; `None` is some time after the moment of the case.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What a case asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// To change users, policies and settings.
    Administration,
    /// To do something with a port.
    Port {
        /// The port.
        port: PortVersion,
        /// What.
        action: PortAction,
    },
    /// To read a table.
    Table {
        /// The port that offers it.
        port: PortVersion,
        /// The table.
        table: TableName,
        /// Rows that it might have.
        rows: Vec<SampleRow>,
    },
}

/// A row that a table might have.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRow {
    /// What cases call it.
    pub name: String,
    /// Its values as JSON has them; a column that is left out has none.
    pub values: Map<String, Value>,
}

/// What is expected. What is `None`, or is not named, may be anything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expected {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The ids of exactly the policies that decide so.
    pub by: Option<BTreeSet<String>>,
    /// The ids of exactly the policies in grace that would forbid it.
    pub grace: Option<BTreeSet<String>>,
    /// What is seen of columns.
    pub columns: BTreeMap<String, ExpectedColumn>,
    /// The names of exactly the sample rows that are seen.
    pub rows: Option<BTreeSet<String>>,
    /// The fewest rows that a group must have.
    pub minimum_group: Option<u32>,
}

/// What is expected of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedColumn {
    /// What is seen of it.
    pub sight: ExpectedSight,
    /// The ids of exactly the policies that decide so.
    pub by: Option<BTreeSet<String>>,
}

/// How a column is expected to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExpectedSight {
    /// Its values.
    Clear,
    /// Not at all.
    Hidden,
    /// Under this mask, or under any.
    Masked(Option<Mask>),
}
