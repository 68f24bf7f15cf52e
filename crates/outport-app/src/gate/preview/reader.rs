//! Who would read under an agreement.

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{Agreement, Consumer, Standing},
    name::GroupName,
    principal::{Principal, PrincipalId, PrincipalKind},
};
use serde::Serialize;

use super::super::{Caller, catalog::day, snapshot::Snapshot};

/// What decisions are supposed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReaderKind {
    /// Someone.
    Principal,
    /// Anyone in a group, of whom nothing else is known.
    Member,
}

/// Who would read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewReader {
    /// What they are.
    pub kind: ReaderKind,
    /// Who, or the group.
    pub name: String,
    /// Whether their groups and attributes are on record.
    pub known: bool,
}

/// Someone whom decisions are supposed for.
#[derive(Debug)]
pub(super) struct Reader {
    /// As policies take them.
    pub(super) principal: Principal,
    /// As reviewers are told of them.
    pub(super) shown: PreviewReader,
    /// What else is to be known of them, in sentences.
    pub(super) words: Vec<String>,
}

impl Reader {
    /// Who would read under an agreement: as they are on record, else as much as the agreement tells of them.
    pub(super) fn of(agreement: &Agreement, snapshot: &Snapshot, now: DateTime<Utc>) -> Self {
        let mut reader = match &agreement.consumer {
            Consumer::Principal(id) => Self::someone(id, snapshot),
            Consumer::Group(group) => Self::one_of(group, &agreement.requested_by, snapshot),
        };
        let others = snapshot.of_port(&reader.principal, &agreement.port);
        let others = others.filter(|o| o.standing(now) == Standing::Active && o.purpose != agreement.purpose);
        reader.words.extend(others.map(reads_already));
        reader
    }

    fn someone(id: &PrincipalId, snapshot: &Snapshot) -> Self {
        if *id == PrincipalId::home() {
            return Self::known(Caller::local().principal, Vec::new());
        }
        let Some(user) = snapshot.user(id) else {
            let word = format!(
                "Groups and attributes of `{id}` are not on record here: where policies ask for them, they may see more or \
                 less than this."
            );
            let shown = PreviewReader { kind: ReaderKind::Principal, name: id.to_string(), known: false };
            return Self { principal: Principal::new(id.clone(), PrincipalKind::User), shown, words: vec![word] };
        };
        let disabled = user.disabled.then(|| format!("`{id}` is disabled, and reads nothing until that changes."));
        Self::known(user.principal.clone(), disabled.into_iter().collect())
    }

    /// Whoever asked, where they are in the group and on record; else anyone who is in it.
    fn one_of(group: &GroupName, asked: &PrincipalId, snapshot: &Snapshot) -> Self {
        let word = format!(
            "It is for everyone in `{group}`: where policies tell them apart, others see more or less than this."
        );
        match snapshot.user(asked).filter(|user| user.principal.groups.contains(group)) {
            Some(user) => Self::known(user.principal.clone(), vec![word]),
            None => {
                // No user and nobody whom a provider vouches for is called so, and no agreement is for them.
                let name = "home:anyone".parse().unwrap_or_else(|_| PrincipalId::home());
                let mut principal = Principal::new(name, PrincipalKind::User);
                principal.groups.insert(group.clone());
                let shown = PreviewReader { kind: ReaderKind::Member, name: group.to_string(), known: false };
                Self { principal, shown, words: vec![word] }
            }
        }
    }

    fn known(principal: Principal, words: Vec<String>) -> Self {
        let shown = PreviewReader { kind: ReaderKind::Principal, name: principal.id.to_string(), known: true };
        Self { principal, shown, words }
    }
}

/// Under an agreement for another purpose.
fn reads_already(Agreement { port, purpose, expires_at, .. }: &Agreement) -> String {
    let end = expires_at.map(|end| format!(", until {}", day(end))).unwrap_or_default();
    format!("They may read `{port}` already for “{purpose}”{end}.")
}
