//! What a caller may do with a product, in plain words.
//!
//! Why it is so, policy by policy, is told to administrators alone ([`Gate::explain_access`]): it names what is hidden.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use outport_model::{
    access::{DateUnit, Mask},
    agreement::{Agreement, AgreementId, AgreementState, Standing},
    name::{PortName, ProductName, TableName},
    principal::{PrincipalId, Purpose},
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, agreements::concerns, error::GateError},
    known::{KnownProduct, Look, Seen, SeenPort, SeenTable},
    page::{ColumnSight, sql_name},
};

/// What a caller may do with a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductAccess {
    /// Who.
    pub principal: PrincipalId,
    /// For what, where they said so.
    pub purpose: Option<Purpose>,
    /// What they see of each table.
    pub tables: Vec<TableRights>,
    /// Their agreements about it, newest first.
    pub agreements: Vec<AccessAgreement>,
    /// Who decides on requests.
    pub reviewers: Vec<PortReviewers>,
}

/// What a caller may do with a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableRights {
    /// The port that offers it.
    pub port: PortName,
    /// The major version of the port.
    pub major: u64,
    /// The table.
    pub table: TableName,
    /// The same as SQL names it.
    pub sql_name: String,
    /// Whether they may read it.
    pub readable: bool,
    /// Whether they may ask for an agreement.
    pub requestable: bool,
    /// What that means, in sentences.
    pub words: Vec<String>,
    /// What they see of each column.
    pub columns: Vec<ColumnRights>,
}

/// What a caller sees of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnRights {
    /// The column.
    pub name: String,
    /// How its values are seen.
    pub access: ColumnSight,
    /// The same in words.
    pub words: String,
}

/// An agreement of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessAgreement {
    /// Its id.
    pub id: AgreementId,
    /// The port that it is about.
    pub port: PortName,
    /// The major version of the port.
    pub major: u64,
    /// What for.
    pub purpose: Purpose,
    /// How far it has come.
    pub state: AgreementState,
    /// What it is good for now.
    pub standing: Standing,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// The columns; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// The same in words.
    pub words: String,
}

/// Who decides on requests about a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortReviewers {
    /// The port.
    pub port: PortName,
    /// The major version of the port.
    pub major: u64,
    /// People and groups that the contract names.
    pub approvers: BTreeSet<String>,
    /// The same in words.
    pub words: String,
}

impl Gate {
    /// What a caller may do with a product.
    pub async fn product_access(&self, caller: &Caller, product: &ProductName) -> Result<ProductAccess, GateError> {
        let look = self.look(caller).await?;
        let known = look.product(product)?;
        let mut tables = Vec::new();
        for port in known.ports() {
            for table in port.tables()? {
                tables.push(rights(&look, &known, &port, &table));
            }
        }
        let own = look.snapshot.agreements().iter().filter(|agreement| {
            let port = &agreement.port;
            port.product == *product && known.knows(&port.port, port.major) && concerns(agreement, &look.principal)
        });
        let mut agreements: Vec<_> = own.collect();
        agreements.sort_by_key(|agreement| std::cmp::Reverse((agreement.requested_at, agreement.id)));
        Ok(ProductAccess {
            principal: look.principal.id.clone(),
            purpose: caller.purpose.clone(),
            tables,
            agreements: agreements.into_iter().map(|agreement| shown(agreement, look.now)).collect(),
            reviewers: known.ports().map(|port| reviewers(&port)).collect(),
        })
    }
}

fn rights(look: &Look<'_>, known: &KnownProduct<'_>, port: &SeenPort<'_>, table: &SeenTable<'_>) -> TableRights {
    let columns = table.columns().map(|(column, seen)| ColumnRights {
        name: column.name.clone(),
        access: ColumnSight::of(&seen),
        words: in_words(&seen),
    });
    TableRights {
        port: port.port.name.clone(),
        major: port.known.version.major,
        table: table.offered.name.clone(),
        sql_name: sql_name(known.name(), &table.offered.name),
        readable: port.known.readable,
        requestable: port.known.requestable,
        words: if port.known.readable { read(look, port, table) } else { unread(look, known, port, table) },
        columns: columns.collect(),
    }
}

/// Why someone may read a table, and what they see of it.
fn read(look: &Look<'_>, port: &SeenPort<'_>, table: &SeenTable<'_>) -> Vec<String> {
    if look.principal.is_administrator() {
        return vec!["You are an administrator: you see all of it.".to_owned()];
    }
    let mut agreements = look.snapshot.agreements().iter();
    let agreement = agreements.find(|agreement| Some(agreement.id) == port.known.agreement);
    let ground = match agreement {
        Some(Agreement { purpose, expires_at: Some(end), .. }) => {
            format!("You may read it under your agreement for “{purpose}”, which ends on {}.", day(*end))
        }
        Some(Agreement { purpose, .. }) => format!("You may read it under your agreement for “{purpose}”."),
        None => "Policies let you read it.".to_owned(),
    };
    let rows = match table.minimum_group() {
        Some(least) => format!("You see groups of at least {least} rows, and no single row."),
        None if table.filters_rows() => "You see the rows that policies let you see; there may be others.".to_owned(),
        None => "You see all rows.".to_owned(),
    };
    let masked = table.columns().filter(|(_, seen)| matches!(seen, Seen::Masked(_))).count();
    let columns = match masked {
        0 => "You see its columns as they are.".to_owned(),
        1 => "One of its columns is masked for you.".to_owned(),
        several => format!("{several} of its columns are masked for you."),
    };
    vec![ground, rows, columns]
}

/// Why someone may not read a table that they may know of, and what they can do about it.
fn unread(look: &Look<'_>, known: &KnownProduct<'_>, port: &SeenPort<'_>, table: &SeenTable<'_>) -> Vec<String> {
    let why = look.snapshot.withheld(look.caller, &look.principal, known.name(), &table.offered.name, look.now);
    let why = match why {
        GateError::OtherPurpose { purpose, .. } => {
            format!("Your agreement is for “{purpose}”: say that this is your purpose, and you may read it.")
        }
        GateError::AgreementExpired { at, .. } => format!("Your agreement ended on {}.", day(at)),
        _ => "You may not read it without an agreement.".to_owned(),
    };
    let next = if port.known.requestable { "You may ask for one." } else { "You may not ask for one." };
    vec![why, next.to_owned()]
}

fn in_words(seen: &Seen<'_>) -> String {
    match seen {
        Seen::Plain => "as it is".to_owned(),
        Seen::Masked(mask) => mask_in_words(mask),
        Seen::Promised => "not without an agreement".to_owned(),
    }
}

/// What a mask leaves, in words.
pub(in crate::gate) fn mask_in_words(mask: &Mask) -> String {
    match mask {
        Mask::Null => "no value".to_owned(),
        Mask::Redact => "hidden behind `***`".to_owned(),
        Mask::Hash => "the same code for the same value".to_owned(),
        Mask::Last { characters } => format!("the last {characters} characters"),
        Mask::First { characters } => format!("the first {characters} characters"),
        Mask::NumberBucket { width } => format!("in steps of {width}"),
        Mask::DateBucket { unit } => format!("only the {}", DateUnit::as_str(*unit)),
        Mask::Regex { .. } => "with parts of the text replaced".to_owned(),
    }
}

fn shown(agreement: &Agreement, now: DateTime<Utc>) -> AccessAgreement {
    let standing = agreement.standing(now);
    let words = match (agreement.state, standing, agreement.expires_at) {
        (AgreementState::Requested, ..) => "Somebody has to decide on it.".to_owned(),
        (AgreementState::Approved, Standing::Active, Some(end)) => format!("In force until {}.", day(end)),
        (AgreementState::Approved, _, Some(end)) => format!("It ended on {}.", day(end)),
        (AgreementState::Approved, _, None) => "In force.".to_owned(),
        (AgreementState::Rejected, ..) => "It was rejected.".to_owned(),
        (AgreementState::Withdrawn, ..) => "It was withdrawn.".to_owned(),
        (AgreementState::Revoked, ..) => "It was ended before its time.".to_owned(),
    };
    AccessAgreement {
        id: agreement.id,
        port: agreement.port.port.clone(),
        major: agreement.port.major,
        purpose: agreement.purpose.clone(),
        state: agreement.state,
        standing,
        expires_at: agreement.expires_at,
        columns: agreement.columns.clone(),
        words,
    }
}

fn reviewers(port: &SeenPort<'_>) -> PortReviewers {
    let approvers = port.port.contract.approvers.clone();
    let names: Vec<_> = approvers.iter().map(String::as_str).collect();
    let words = match names.as_slice() {
        [] => "Administrators decide on requests, and whoever policies let.".to_owned(),
        names => format!("{} decides on requests; administrators may, too.", names.join(" or ")),
    };
    PortReviewers { port: port.port.name.clone(), major: port.known.version.major, approvers, words }
}

/// A day, as people write it.
pub(in crate::gate) fn day(moment: DateTime<Utc>) -> String {
    moment.format("%-d %B %Y").to_string()
}
