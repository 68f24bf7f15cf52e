//! One request, from its arrival to its record.

use std::{collections::BTreeMap, sync::Arc};

use outport_model::{
    audit::{RequestId, RequestRecord, RequestResult, TableRead},
    name::{ProductName, TableName, WorkspaceName},
    principal::{Door, PrincipalId, Purpose},
};

use super::error::GateError;
use crate::{audit::AuditLog, clock::Clock, engine::EngineError};

/// What is known of a request when it comes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) workspace: WorkspaceName,
    pub(super) principal: Option<PrincipalId>,
    pub(super) purpose: Option<Purpose>,
    pub(super) door: Door,
    pub(super) client: Option<String>,
    pub(super) request: String,
}

/// A request under way. It is put on record once: when it ends or, where nobody ends it, as cancelled when it is dropped.
#[derive(Debug)]
#[must_use = "a request that is dropped is on record as cancelled"]
pub struct Request {
    audit: Arc<dyn AuditLog>,
    clock: Arc<dyn Clock>,
    record: RequestRecord,
    ended: bool,
}

impl Request {
    pub(super) fn new(audit: Arc<dyn AuditLog>, clock: Arc<dyn Clock>, asked: Asked) -> Self {
        let Asked { workspace, principal, purpose, door, client, request } = asked;
        let record = RequestRecord {
            id: RequestId::new(uuid::Uuid::now_v7()),
            at: clock.now(),
            workspace,
            door,
            principal,
            purpose,
            client,
            request,
            reads: BTreeMap::new(),
            rows: 0,
            bytes: 0,
            microseconds: 0,
            result: RequestResult::Cancelled,
        };
        Self { audit, clock, record, ended: false }
    }

    /// Its id, which errors outside show.
    pub fn id(&self) -> RequestId {
        self.record.id
    }

    /// What is read of which tables.
    pub fn reads(&mut self, reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>) {
        self.record.reads = reads;
    }

    /// Counts rows and bytes that leave.
    pub fn count(&mut self, rows: u64, bytes: u64) {
        self.record.rows += rows;
        self.record.bytes += bytes;
    }

    /// How many rows and bytes have left.
    pub fn counted(&self) -> (u64, u64) {
        (self.record.rows, self.record.bytes)
    }

    /// It was answered.
    pub fn answered(mut self) {
        self.end(RequestResult::Answered);
    }

    /// It was not answered. Gives the error back, for the door to show.
    pub fn fail(mut self, error: GateError) -> GateError {
        self.fail_in_place(&error);
        error
    }

    /// It was answered, or it was not.
    pub fn settle<T>(self, outcome: Result<T, GateError>) -> Result<T, GateError> {
        match outcome {
            Ok(value) => {
                self.answered();
                Ok(value)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    pub(super) fn fail_in_place(&mut self, error: &GateError) {
        let reason = error.full();
        self.end(match error {
            GateError::Unauthenticated { .. }
            | GateError::TooMany { .. }
            | GateError::Forbidden { .. }
            | GateError::NoAgreement { .. }
            | GateError::AgreementExpired { .. }
            | GateError::OtherPurpose { .. }
            | GateError::PurposeMissing
            | GateError::Policies { .. } => RequestResult::Refused { reason },
            GateError::Limited { limit, .. } => RequestResult::Limited { limit: (*limit).to_owned() },
            GateError::Engine(EngineError::Cancelled) => RequestResult::Cancelled,
            GateError::NotFound { .. }
            | GateError::NoSuchRelease { .. }
            | GateError::Engine(_)
            | GateError::Terms { .. }
            | GateError::AgreementMoved { .. }
            | GateError::WrongPolicies(_)
            | GateError::Internal(_) => RequestResult::Failed { reason },
        });
    }

    pub(super) fn end(&mut self, result: RequestResult) {
        if self.ended {
            return;
        }
        self.ended = true;
        self.record.result = result;
        let took = self.clock.now() - self.record.at;
        self.record.microseconds = took.num_microseconds().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        if let Err(error) = self.audit.append(&self.record) {
            tracing::error!(%error, request = %self.record.id, "a request could not be put on record");
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.end(RequestResult::Cancelled);
    }
}
