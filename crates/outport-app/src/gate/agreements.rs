//! Agreements from the request to their end.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    agreement::{Agreement, AgreementDecision, AgreementId, AgreementState, Consumer, PortVersion, Standing},
    contract::Contract,
    name::{PortName, ProductName},
    principal::{Principal, PrincipalId, Purpose},
};

use super::{Caller, Gate, error::GateError, snapshot::Snapshot};
use crate::{agreement::AgreementOutcome, policy::PortAction};

/// The longest that an agreement lasts: ten years.
pub const LONGEST: TimeDelta = TimeDelta::days(3_653);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The product.
    pub product: ProductName,
    /// The port.
    pub port: PortName,
    /// Its major version; `None` is the newest.
    pub major: Option<u64>,
    /// The columns; `None` for all.
    pub columns: Option<BTreeSet<String>>,
    /// Who is to read; `None` is whoever asks.
    pub consumer: Option<Consumer>,
    /// What for.
    pub purpose: Purpose,
    /// Why.
    pub justification: Option<String>,
    /// For how long, from the approval on.
    pub duration: TimeDelta,
}

/// How a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The consumer may read.
    Approve,
    /// They may not.
    Reject,
}

impl Gate {
    /// Asks for an agreement. Where a policy lets the asker `autoApprove`, it is in force at once.
    pub async fn request_agreement(&self, caller: &Caller, terms: Terms) -> Result<Agreement, GateError> {
        let request = format!("request {}.{}", terms.product, terms.port);
        self.recorded(caller, request, self.try_request(caller, terms, None)).await
    }

    /// Asks for the same once more, to follow an agreement that ends or has ended.
    pub async fn renew_agreement(
        &self,
        caller: &Caller,
        id: AgreementId,
        duration: Option<TimeDelta>,
    ) -> Result<Agreement, GateError> {
        self.recorded(caller, format!("renew {id}"), async {
            let old = self.own(caller, id).await?;
            let seconds = TimeDelta::seconds(i64::try_from(old.seconds).unwrap_or(i64::MAX / 1_000));
            let terms = Terms {
                product: old.port.product,
                port: old.port.port,
                major: Some(old.port.major),
                columns: old.columns,
                consumer: Some(old.consumer),
                purpose: old.purpose,
                justification: old.justification,
                duration: duration.unwrap_or(seconds),
            };
            self.try_request(caller, terms, Some(id)).await
        })
        .await
    }

    /// Approves or rejects a request. Nobody decides on their own, except administrators.
    pub async fn decide_agreement(
        &self,
        caller: &Caller,
        id: AgreementId,
        decision: Decision,
        comment: Option<String>,
    ) -> Result<Agreement, GateError> {
        self.recorded(caller, format!("{decision:?} {id}").to_lowercase(), async {
            let (snapshot, principal, now) = self.now(caller).await?;
            let agreement = self.known(&snapshot, caller, &principal, id, now).await?;
            if !reviews(&snapshot, caller, &principal, &agreement, now)? {
                return Err(forbidden(&principal, format!("decide on agreement {id}")));
            }
            let state = match decision {
                Decision::Approve => AgreementState::Approved,
                Decision::Reject => AgreementState::Rejected,
            };
            let by = Some(principal.id.clone());
            self.change(agreement, AgreementState::Requested, state, AgreementDecision { by, at: now, comment }).await
        })
        .await
    }

    /// Takes a request back, before it is decided.
    pub async fn withdraw_agreement(&self, caller: &Caller, id: AgreementId) -> Result<Agreement, GateError> {
        self.recorded(caller, format!("withdraw {id}"), async {
            let agreement = self.own(caller, id).await?;
            let decision =
                AgreementDecision { by: Some(caller.principal.id.clone()), at: self.app.clock.now(), comment: None };
            self.change(agreement, AgreementState::Requested, AgreementState::Withdrawn, decision).await
        })
        .await
    }

    /// Ends an agreement before its time: a reviewer, or whom it is for.
    pub async fn revoke_agreement(
        &self,
        caller: &Caller,
        id: AgreementId,
        comment: Option<String>,
    ) -> Result<Agreement, GateError> {
        self.recorded(caller, format!("revoke {id}"), async {
            let (snapshot, principal, now) = self.now(caller).await?;
            let agreement = self.known(&snapshot, caller, &principal, id, now).await?;
            if !concerns(&agreement, &principal) && !reviews(&snapshot, caller, &principal, &agreement, now)? {
                return Err(forbidden(&principal, format!("revoke agreement {id}")));
            }
            let by = Some(principal.id.clone());
            let decision = AgreementDecision { by, at: now, comment };
            self.change(agreement, AgreementState::Approved, AgreementState::Revoked, decision).await
        })
        .await
    }

    /// The agreements that concern a caller: their own, those that they asked for, and those that they may decide on;
    /// newest first, each with what it is good for now.
    pub async fn agreements(&self, caller: &Caller) -> Result<Vec<(Agreement, Standing)>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let mut found = Vec::new();
        for agreement in self.wardens.agreements.agreements(&self.app.workspace).await? {
            if concerns(&agreement, &principal) || reviews(&snapshot, caller, &principal, &agreement, now)? {
                let standing = agreement.standing(now);
                found.push((agreement, standing));
            }
        }
        Ok(found)
    }

    async fn try_request(
        &self,
        caller: &Caller,
        terms: Terms,
        renews: Option<AgreementId>,
    ) -> Result<Agreement, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let (port, contract) = snapshot.offered(caller, &principal, &terms, now)?;
        check(&terms, &contract)?;
        let consumer = terms.consumer.clone().unwrap_or_else(|| Consumer::Principal(principal.id.clone()));
        if !consumer.includes(&principal) && !principal.is_administrator() {
            return Err(forbidden(&principal, format!("ask for access for {consumer}")));
        }
        let may = |action| snapshot.may(caller, &principal, action, &port, now);
        if !may(PortAction::Request)? {
            return Err(forbidden(&principal, format!("ask for access to `{port}`")));
        }
        let mut agreement = Agreement {
            id: AgreementId::new(uuid::Uuid::now_v7()),
            port: port.clone(),
            columns: terms.columns,
            consumer,
            purpose: terms.purpose,
            justification: terms.justification,
            state: AgreementState::Requested,
            requested_by: principal.id.clone(),
            requested_at: now,
            seconds: u64::try_from(terms.duration.num_seconds()).unwrap_or(0),
            expires_at: None,
            renews,
            decision: None,
            document: None,
        };
        if may(PortAction::AutoApprove)? {
            agreement.state = AgreementState::Approved;
            agreement.expires_at = Some(now + terms.duration);
            agreement.decision = Some(AgreementDecision { by: None, at: now, comment: None });
        }
        self.wardens.agreements.add_agreement(&self.app.workspace, &agreement).await?;
        Ok(agreement)
    }

    async fn change(
        &self,
        mut agreement: Agreement,
        from: AgreementState,
        to: AgreementState,
        decision: AgreementDecision,
    ) -> Result<Agreement, GateError> {
        if to == AgreementState::Approved {
            agreement.expires_at = Some(end_of(&agreement, decision.at));
        }
        agreement.state = to;
        agreement.decision = Some(decision);
        match self.wardens.agreements.change_agreement(&self.app.workspace, &agreement, from).await? {
            AgreementOutcome::Changed => Ok(agreement),
            AgreementOutcome::Moved(state) => Err(GateError::AgreementMoved { agreement: agreement.id, state }),
            AgreementOutcome::Missing => Err(missing(agreement.id)),
        }
    }

    /// An agreement that the caller asked for or that is for them.
    async fn own(&self, caller: &Caller, id: AgreementId) -> Result<Agreement, GateError> {
        let (_, principal, _) = self.now(caller).await?;
        let found = self.wardens.agreements.agreement(&self.app.workspace, id).await?;
        found.filter(|a| concerns(a, &principal) || principal.is_administrator()).ok_or_else(|| missing(id))
    }

    /// An agreement that the caller may know of.
    async fn known(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        principal: &Principal,
        id: AgreementId,
        now: DateTime<Utc>,
    ) -> Result<Agreement, GateError> {
        let found = self.wardens.agreements.agreement(&self.app.workspace, id).await?;
        let agreement = found.ok_or_else(|| missing(id))?;
        let may_know = concerns(&agreement, principal) || reviews(snapshot, caller, principal, &agreement, now)?;
        may_know.then_some(agreement).ok_or_else(|| missing(id))
    }
}

/// When an agreement ends that is approved at a moment.
pub(super) fn end_of(agreement: &Agreement, approved: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = i64::try_from(agreement.seconds).unwrap_or(i64::MAX);
    approved + TimeDelta::try_seconds(seconds).unwrap_or(LONGEST).min(LONGEST)
}

pub(super) fn concerns(agreement: &Agreement, principal: &Principal) -> bool {
    agreement.requested_by == principal.id || agreement.consumer.includes(principal)
}

/// Whether someone may decide on an agreement: an administrator; whoever the contract names; whoever a policy lets. A token
/// that is good for other products decides about those alone.
pub(super) fn reviews(
    snapshot: &Snapshot,
    caller: &Caller,
    principal: &Principal,
    agreement: &Agreement,
    now: DateTime<Utc>,
) -> Result<bool, GateError> {
    if !caller.scope.allows_product(&agreement.port.product) {
        return Ok(false);
    }
    if principal.is_administrator() {
        return Ok(true);
    }
    if agreement.requested_by == principal.id {
        return Ok(false);
    }
    may_decide(snapshot, caller, principal, &agreement.port, now)
}

/// Whether someone may decide on agreements of others about a port.
pub(super) fn may_decide(
    snapshot: &Snapshot,
    caller: &Caller,
    principal: &Principal,
    port: &PortVersion,
    now: DateTime<Utc>,
) -> Result<bool, GateError> {
    if principal.is_administrator() {
        return Ok(true);
    }
    let named = snapshot.approvers(port).is_some_and(|approvers| {
        approvers.contains(principal.id.as_str()) || principal.groups.iter().any(|g| approvers.contains(g.as_str()))
    });
    Ok(named || snapshot.may(caller, principal, PortAction::Approve, port, now)?)
}

fn check(terms: &Terms, contract: &Contract) -> Result<(), GateError> {
    let wrong = |what: String| GateError::Terms { reason: what };
    if terms.duration < TimeDelta::seconds(1) || terms.duration > LONGEST {
        return Err(wrong("an agreement lasts between a second and ten years".to_owned()));
    }
    let Some(columns) = &terms.columns else { return Ok(()) };
    if columns.is_empty() {
        return Err(wrong("an agreement is about one column at least".to_owned()));
    }
    let known = |column: &String| contract.tables.iter().any(|table| table.column(column).is_some());
    match columns.iter().find(|column| !known(column)) {
        Some(column) => Err(wrong(format!("the contract has no column `{column}`"))),
        None => Ok(()),
    }
}

pub(super) fn missing(id: AgreementId) -> GateError {
    GateError::NotFound { what: "agreement", name: id.to_string() }
}

pub(super) fn forbidden(principal: &Principal, action: String) -> GateError {
    let principal: &PrincipalId = &principal.id;
    GateError::Forbidden { principal: principal.to_string(), action }
}

/// A port as it is offered, and whether the caller may know of it.
impl Snapshot {
    fn offered(
        &self,
        caller: &Caller,
        principal: &Principal,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<(PortVersion, Contract), GateError> {
        let name = format!("{}.{}", terms.product, terms.port);
        let missing = || GateError::NotFound { what: "port", name: name.clone() };
        let compiled = self.estate().get(&terms.product).ok_or_else(missing)?;
        let port = compiled.product.output(terms.port.as_str(), terms.major).ok_or_else(missing)?;
        let version = super::snapshot::version_of(&compiled.product, port);
        let known = self.may(caller, principal, PortAction::Discover, &version, now)?
            || self.may(caller, principal, PortAction::Read, &version, now)?;
        known.then(|| (version, port.contract.clone())).ok_or_else(missing)
    }

    /// Whom the contract of a port names to decide.
    fn approvers(&self, port: &PortVersion) -> Option<&BTreeSet<String>> {
        let product = &self.estate().get(&port.product)?.product;
        Some(&product.output(port.port.as_str(), Some(port.major))?.contract.approvers)
    }
}
