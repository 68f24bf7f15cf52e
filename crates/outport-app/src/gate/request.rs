//! One request, from its arrival to its record.

use std::{collections::BTreeMap, sync::Arc};

use outport_model::{
    audit::{RequestId, RequestRecord, RequestResult, TableRead},
    name::{ProductName, TableName, WorkspaceName},
    principal::{Door, Principal, Purpose},
};
use tracing::{Instrument, Span, field};

use super::error::{ErrorKind, GateError};
use crate::{audit::AuditLog, clock::Clock, engine::EngineError};

/// What is known of a request when it comes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) workspace: WorkspaceName,
    pub(super) principal: Option<Principal>,
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
    /// What of it is traced: nothing that says who asked for what.
    span: Span,
    ended: bool,
}

impl Request {
    pub(super) fn new(audit: Arc<dyn AuditLog>, clock: Arc<dyn Clock>, asked: Asked) -> Self {
        let Asked { workspace, principal, purpose, door, client, request } = asked;
        let id = RequestId::new(uuid::Uuid::now_v7());
        let span = tracing::info_span!(
            "request",
            door = door.as_str(),
            principal = principal.as_ref().map(|principal| principal.kind.as_str()),
            request = %id,
            products = field::Empty,
            rows = field::Empty,
            bytes = field::Empty,
            microseconds = field::Empty,
            result = field::Empty,
            error = field::Empty,
        );
        let record = RequestRecord {
            id,
            at: clock.now(),
            workspace,
            door,
            principal_kind: principal.as_ref().map(|principal| principal.kind),
            principal: principal.map(|principal| principal.id),
            purpose,
            client,
            request,
            reads: BTreeMap::new(),
            rows: 0,
            bytes: 0,
            microseconds: 0,
            result: RequestResult::Cancelled,
            error: None,
            times: 1,
        };
        Self { audit, clock, record, span, ended: false }
    }

    /// Its id, which errors outside show.
    pub fn id(&self) -> RequestId {
        self.record.id
    }

    /// What is traced of it.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// What is read of which tables.
    pub fn reads(&mut self, reads: BTreeMap<ProductName, BTreeMap<TableName, TableRead>>) {
        if !self.span.is_disabled() {
            let products = reads.keys().map(ProductName::as_str).collect::<Vec<_>>().join(",");
            self.span.record("products", products);
        }
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

    /// It was not understood, and asks the gate for nothing.
    pub fn misread(self, reason: impl Into<String>) {
        let _ = self.fail(EngineError::Query { reason: reason.into(), position: None, help: None }.into());
    }

    /// Does what was asked; how that ends is how the request does.
    pub async fn run<T>(self, work: impl Future<Output = Result<T, GateError>>) -> Result<T, GateError> {
        match work.instrument(self.span.clone()).await {
            Ok(value) => {
                self.answered();
                Ok(value)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    pub(super) fn fail_in_place(&mut self, error: &GateError) {
        let (kind, reason) = (error.kind(), error.full());
        self.span.record("error", kind.as_str());
        self.record.error = Some(kind.as_str().to_owned());
        self.end(match kind {
            ErrorKind::Unauthenticated
            | ErrorKind::TooManyAttempts
            | ErrorKind::Forbidden
            | ErrorKind::NoAgreement
            | ErrorKind::AgreementExpired
            | ErrorKind::OtherPurpose
            | ErrorKind::PurposeMissing
            | ErrorKind::Policies => RequestResult::Refused { reason },
            ErrorKind::Limit | ErrorKind::TimeLimit | ErrorKind::Busy | ErrorKind::Overloaded => {
                RequestResult::Limited { limit: error.limit().map_or(reason, |limit| limit.to_string()) }
            }
            ErrorKind::Stopped => RequestResult::Cancelled,
            ErrorKind::Ungrouped
            | ErrorKind::NotFound
            | ErrorKind::NoSuchRelease
            | ErrorKind::Query
            | ErrorKind::Terms
            | ErrorKind::WrongPolicies
            | ErrorKind::AgreementMoved
            | ErrorKind::Changed
            | ErrorKind::Internal => RequestResult::Failed { reason },
        });
    }

    pub(super) fn end(&mut self, result: RequestResult) {
        if self.ended {
            return;
        }
        self.ended = true;
        // The outcome alone: why it is so may say what was asked for.
        self.span.record("result", result.outcome().as_str());
        self.record.result = result;
        let took = self.clock.now() - self.record.at;
        self.record.microseconds = took.num_microseconds().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        self.span.record("rows", self.record.rows);
        self.span.record("bytes", self.record.bytes);
        self.span.record("microseconds", self.record.microseconds);
        self.span.in_scope(|| tracing::info!("the request has ended"));
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
