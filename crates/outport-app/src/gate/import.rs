//! Agreements that were written down elsewhere: all of them come on record, or none.

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    agreement::{Agreement, AgreementDecision, AgreementId, AgreementState, Consumer, WrittenAgreement},
    contract::Contract,
    principal::{Principal, PrincipalId},
    product::{OutputPort, Product},
};
use serde::{Deserialize, Serialize};

use super::{
    Caller, Gate, LONGEST,
    agreements::{forbidden, may_decide, reviews},
    error::GateError,
    snapshot::{Snapshot, version_of},
};
use crate::{
    agreement::AgreementsOutcome,
    policy::{Asking, PortAction},
};

/// What became of an agreement that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// As it is on record now.
    pub agreement: Agreement,
    /// How it came there.
    pub change: ImportChange,
}

/// How an imported agreement came on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImportChange {
    /// It is new.
    Added,
    /// It was on record in an earlier state.
    Moved,
    /// It was on record like this already.
    Unchanged,
}

impl Gate {
    /// Puts agreements of elsewhere on record, all of them or none: for whoever may decide on each of them, and nobody
    /// decides on their own. What is on record already stays as it is; what is on record in an earlier state moves on.
    /// Agreements without an end, or without a duration, get `open_end`.
    pub async fn import_agreements(
        &self,
        caller: &Caller,
        written: Vec<WrittenAgreement>,
        open_end: Option<TimeDelta>,
    ) -> Result<Vec<Imported>, GateError> {
        let ids: Vec<_> = written.iter().map(|agreement| agreement.id.to_string()).collect();
        let work = Box::pin(self.try_import(caller, written, open_end));
        self.recorded(caller, format!("import {}", ids.join(", ")), work).await
    }

    /// The products that documents of a caller may name, each with no more than the caller may know of: their ports, and of
    /// those that they may not decide about the columns that they see. That something else is there does not show in what is
    /// said of a document.
    pub async fn products_for_import(&self, caller: &Caller) -> Result<Vec<Product>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let mut products = Vec::new();
        for compiled in snapshot.estate().values() {
            let mut product = compiled.product.clone();
            let mut outputs = Vec::new();
            for port in std::mem::take(&mut product.outputs) {
                outputs.extend(named(&snapshot, caller, &principal, &product, port, now)?);
            }
            if !outputs.is_empty() {
                products.push(Product { outputs, ..product });
            }
        }
        Ok(products)
    }

    /// An agreement that concerns a caller, and the product that it is about as far as they may know of the port.
    pub async fn agreement_for_export(
        &self,
        caller: &Caller,
        id: AgreementId,
    ) -> Result<(Agreement, Option<Product>), GateError> {
        let missing = || GateError::NotFound { what: "agreement", name: id.to_string() };
        let known = self.agreements(caller).await?.into_iter().find(|(agreement, _)| agreement.id == id);
        let (agreement, _) = known.ok_or_else(missing)?;
        let (snapshot, principal, now) = self.now(caller).await?;
        let may = |action| snapshot.may(caller, &principal, action, &agreement.port, now);
        let knows = may(PortAction::Discover)? || may(PortAction::Read)?;
        let product = snapshot.estate().get(&agreement.port.product).filter(|_| knows);
        let product = product.map(|compiled| compiled.product.clone());
        Ok((agreement, product))
    }

    async fn try_import(
        &self,
        caller: &Caller,
        written: Vec<WrittenAgreement>,
        open_end: Option<TimeDelta>,
    ) -> Result<Vec<Imported>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let mut imported = Vec::new();
        let mut changes = Vec::new();
        for agreement in written {
            let contract = snapshot.contract(&agreement)?;
            check(&agreement, contract)?;
            let open_ended = agreement.expires_at.is_none();
            let new = Import { by: &principal.id, now, open_end }.agreement(agreement)?;
            demand_review(&snapshot, caller, &principal, &new, now)?;
            let known = self.wardens.agreements.agreement(&self.app.workspace, new.id).await?;
            let before = known.as_ref().map(|known| known.state);
            let (agreement, change) = match known {
                None => (new, ImportChange::Added),
                Some(known) => moved(known, new, open_ended)?,
            };
            if change != ImportChange::Unchanged {
                changes.push((agreement.clone(), before));
            }
            imported.push(Imported { agreement, change });
        }
        match self.wardens.agreements.put_agreements(&self.app.workspace, &changes).await? {
            AgreementsOutcome::Changed => Ok(imported),
            AgreementsOutcome::Moved(id) => Err(refused(id, "someone else changed it just now: import again")),
        }
    }
}

/// As much of a port as someone who imports agreements may name; nothing of one that they may not know of.
fn named(
    snapshot: &Snapshot,
    caller: &Caller,
    principal: &Principal,
    product: &Product,
    mut port: OutputPort,
    now: DateTime<Utc>,
) -> Result<Option<OutputPort>, GateError> {
    let version = version_of(product, &port);
    if !caller.scope.allows_product(&version.product) {
        return Ok(None);
    }
    let may = |action| snapshot.may(caller, principal, action, &version, now);
    if may_decide(snapshot, caller, principal, &version, now)? {
        return Ok(Some(port));
    }
    if may(PortAction::Read)? {
        let agreement = snapshot.agreement(caller, principal, &version, now);
        let asking = Asking::under(principal, caller.purpose.as_ref(), caller.door, agreement, now);
        for table in &port.tables {
            let access = snapshot.policies()?.table(&asking, &version, &table.name).access;
            let mut schemas = port.contract.tables.iter_mut();
            let Some(schema) = schemas.find(|schema| schema.name == table.object) else { continue };
            schema.columns.retain(|column| access.as_ref().is_some_and(|seen| seen.columns.contains_key(&column.name)));
        }
        return Ok(Some(port));
    }
    Ok(may(PortAction::Discover)?.then_some(port))
}

/// Demands that someone may decide on an agreement, and that it is not for themselves. One for a group, of which its document
/// does not say who asked for it, counts as asked for by whoever imports it: that takes an administrator.
fn demand_review(
    snapshot: &Snapshot,
    caller: &Caller,
    principal: &Principal,
    agreement: &Agreement,
    now: DateTime<Utc>,
) -> Result<(), GateError> {
    let within = caller.scope.allows_product(&agreement.port.product);
    let own = agreement.consumer.includes(principal) && !principal.is_administrator();
    if within && !own && reviews(snapshot, caller, principal, agreement, now)? {
        return Ok(());
    }
    Err(forbidden(principal, format!("import agreements about `{}`", agreement.port)))
}

/// How agreements are imported.
struct Import<'a> {
    by: &'a PrincipalId,
    now: DateTime<Utc>,
    open_end: Option<TimeDelta>,
}

impl Import<'_> {
    /// The agreement as it is to be on record. That it holds is the word of whoever imports it.
    fn agreement(&self, written: WrittenAgreement) -> Result<Agreement, GateError> {
        let id = written.id;
        let open_end = self.open_end.map(|length| length.min(LONGEST + TimeDelta::seconds(1)));
        let end = written.expires_at.or_else(|| Some(self.now + open_end?));
        let open = open_end.and_then(|length| u64::try_from(length.num_seconds()).ok());
        let seconds = written.seconds.filter(|seconds| *seconds > 0).or(open).unwrap_or(0);
        let longest = u64::try_from(LONGEST.num_seconds()).unwrap_or(u64::MAX);
        let ends = match written.state {
            AgreementState::Approved => end,
            AgreementState::Requested => None,
            AgreementState::Rejected | AgreementState::Withdrawn | AgreementState::Revoked => written.expires_at,
        };
        if seconds > longest || ends.is_some_and(|end| end > self.now + LONGEST) {
            return Err(refused(id, "an agreement lasts ten years at most"));
        }
        if written.state == AgreementState::Approved && ends.is_none() {
            return Err(refused(id, "an agreement that holds has an end"));
        }
        if written.state == AgreementState::Requested && seconds == 0 {
            return Err(refused(id, "an agreement lasts a second at least"));
        }
        let decided = written.state != AgreementState::Requested;
        let comment = Some("imported".to_owned());
        let requested_by = written.requested_by.unwrap_or_else(|| match &written.consumer {
            Consumer::Principal(consumer) => consumer.clone(),
            Consumer::Group(_) => self.by.clone(),
        });
        Ok(Agreement {
            id,
            port: written.port,
            columns: written.columns,
            consumer: written.consumer,
            purpose: written.purpose,
            justification: written.justification,
            state: written.state,
            requested_by,
            requested_at: written.requested_at.or(written.begins_at).unwrap_or(self.now),
            seconds,
            expires_at: ends,
            renews: written.renews,
            decision: decided.then(|| AgreementDecision { by: Some(self.by.clone()), at: self.now, comment }),
            document: Some(written.document),
        })
    }
}

/// What is on record of an agreement, and what is to be: as it is, or further on.
fn moved(known: Agreement, new: Agreement, open_ended: bool) -> Result<(Agreement, ImportChange), GateError> {
    let terms = |agreement: &Agreement| {
        (agreement.port.clone(), agreement.columns.clone(), agreement.consumer.clone(), agreement.purpose.clone())
    };
    if terms(&known) != terms(&new) {
        return Err(refused(known.id, "it is on record about something else, or for someone or something else"));
    }
    let same_end = known.expires_at == new.expires_at || open_ended;
    match (known.state, new.state) {
        (was, is) if was == is && (was != AgreementState::Approved || same_end) => Ok((known, ImportChange::Unchanged)),
        (was, is) if was == is => Err(refused(known.id, "it is on record with another end")),
        (was, is) if was.leads_to(is) => {
            let Agreement { state, expires_at, decision, document, .. } = new;
            let expires_at = expires_at.or(known.expires_at);
            Ok((Agreement { state, expires_at, decision, document, ..known }, ImportChange::Moved))
        }
        (was, is) => {
            Err(refused(known.id, format!("it is {} on record, and cannot become {}", was.as_str(), is.as_str())))
        }
    }
}

fn check(agreement: &WrittenAgreement, contract: &Contract) -> Result<(), GateError> {
    let Some(columns) = &agreement.columns else { return Ok(()) };
    let known = |column: &String| contract.tables.iter().any(|table| table.column(column).is_some());
    match columns.iter().find(|column| !known(column)) {
        Some(column) => Err(refused(agreement.id, format!("the contract has no column `{column}`"))),
        None if columns.is_empty() => Err(refused(agreement.id, "an agreement is about one column at least")),
        None => Ok(()),
    }
}

fn refused(id: AgreementId, reason: impl std::fmt::Display) -> GateError {
    GateError::Terms { reason: format!("agreement {id} cannot be imported: {reason}") }
}

impl Snapshot {
    /// The contract of the port that an agreement is about.
    fn contract(&self, agreement: &WrittenAgreement) -> Result<&Contract, GateError> {
        let port = &agreement.port;
        let compiled = self.estate().get(&port.product);
        let offered = compiled.and_then(|compiled| compiled.product.output(port.port.as_str(), Some(port.major)));
        let missing = || GateError::NotFound { what: "port", name: port.to_string() };
        offered.map(|offered| &offered.contract).ok_or_else(missing)
    }
}
