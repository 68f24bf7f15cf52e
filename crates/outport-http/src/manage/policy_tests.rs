//! `POST /v1/policy-tests`: what someone would see, and whether test cases of policies hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use outport_app::{
    UseCaseError,
    gate::{Caller, Gate, GateError, Glance, OperateError, PolicyTests, PolicyTrial},
    identity::TokenScope,
    named_by_root,
};
use outport_model::{
    case::{Case, CaseAgreement},
    diagnostic::Diagnostic,
    name::{GroupName, PolicySetName},
    principal::{Door, Principal, PrincipalId, PrincipalKind, Purpose},
    product::Product,
};
use serde::Deserialize;

use super::{
    bundles::{self, Bundle, LoadedBundles},
    documents::{self, SentDocument},
    failure,
    governance::{subject, with_diagnostics},
    plans::{self, Stopped},
    reply,
};
use crate::{identify::Visitor, problem::Problem, state::Doors};

/// What is to be tried.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    #[serde(default)]
    user: Option<PrincipalId>,
    #[serde(default)]
    principal: Option<Invented>,
    #[serde(default)]
    purpose: Option<Purpose>,
    #[serde(default = "sql")]
    door: Door,
    #[serde(default)]
    at: Option<DateTime<Utc>>,
    #[serde(default)]
    agreement: Option<Supposed>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    table: Option<String>,
    #[serde(default)]
    cases: Vec<SentDocument>,
    #[serde(default)]
    bundles: Vec<Bundle>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    policies: Vec<PolicyText>,
}

/// Someone who need not be on record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Invented {
    id: PrincipalId,
    #[serde(default = "user")]
    kind: PrincipalKind,
    #[serde(default)]
    groups: BTreeSet<GroupName>,
    #[serde(default)]
    department: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    clearance: Option<i64>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// An agreement that was approved.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Supposed {
    purpose: Purpose,
    #[serde(default)]
    columns: Option<BTreeSet<String>>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

/// A policy file of the workspace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyText {
    pub(super) name: PolicySetName,
    pub(super) text: String,
}

/// Who asks for what.
struct Question {
    user: Option<PrincipalId>,
    principal: Option<Invented>,
    purpose: Option<Purpose>,
    door: Door,
    at: Option<DateTime<Utc>>,
    agreement: Option<Supposed>,
    product: String,
    table: String,
}

/// Tries policies. Only of an administrator is the body read.
pub(super) async fn test(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    const SAID: &str = "POST /v1/policy-tests";
    let caller = plans::administrator(&doors, visitor, "test policies", SAID).await?;
    let inquiry = doors.inquire(caller.clone(), SAID.to_owned());
    let tried = async {
        let order: Order = plans::read(request).await?;
        tried(&doors, &caller, order).await
    };
    match Box::pin(tried).await {
        Ok(tests) => Ok(reply(inquiry.answered(), StatusCode::OK, &tests)),
        Err(Stopped::Sent(problem)) => Err(inquiry.reject(problem)),
        Err(Stopped::UseCase(error)) => Err(failure::refuse(inquiry, error)),
    }
}

async fn tried(doors: &Doors, caller: &Caller, order: Order) -> Result<PolicyTests, Stopped> {
    let Order { user, principal, purpose, door, at, agreement, product, table, cases, bundles, variables, policies } =
        order;
    let glance = match product.zip(table) {
        Some((product, table)) => {
            let question = Question { user, principal, purpose, door, at, agreement, product, table };
            Some(question.glance(&doors.gate, caller).await.map_err(OperateError::from)?)
        }
        None => None,
    };
    if glance.is_none() && cases.is_empty() && bundles.is_empty() {
        let problem = Problem::bad_request("nothing is to be tried");
        return Err(problem.with_help("name a `product` and a `table`, or send `cases` or `bundles`").into());
    }
    let sent = bundles::sent(bundles, variables.clone())?;
    let LoadedBundles { products, roots, cases: own, diagnostics } = plans::load(doors, caller, sent).await?;
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(UseCaseError::Invalid(diagnostics).into());
    }
    let further = further(doors, caller, documents::sent(cases, variables)?, &products).await?;
    let cases = own.into_iter().chain(further).collect();
    let policies = policies.into_iter().map(|PolicyText { name, text }| (name, text)).collect();
    match doors.gate.test_policies(caller, PolicyTrial { products, policies, cases, glance }).await {
        Ok(mut tests) => {
            tests.warnings = named_by_root(tests.warnings, &roots);
            Ok(tests)
        }
        Err(GateError::WrongPolicies(found)) => {
            Err(with_diagnostics(GateError::WrongPolicies(named_by_root(found, &roots))).into())
        }
        Err(error) => Err(OperateError::from(error).into()),
    }
}

/// The cases in files of their own, about the products on record and those that were sent.
async fn further(
    doors: &Doors,
    caller: &Caller,
    sent: documents::SentDocuments,
    products: &[Product],
) -> Result<Vec<Case>, Stopped> {
    if sent.documents.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = doors.gate.products_for_tests(caller).await.map_err(OperateError::from)?;
    known.retain(|known| products.iter().all(|product| product.name != known.name));
    known.extend_from_slice(products);
    let loaded = documents::read(doors, move |documents| documents.cases(sent, &known)).await?;
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(failure::invalid_documents(&loaded.diagnostics).into());
    }
    Ok(loaded.found)
}

impl Question {
    async fn glance(self, gate: &Gate, caller: &Caller) -> Result<Glance, GateError> {
        let subject = match self.principal {
            Some(invented) => Caller {
                principal: invented.principal(),
                scope: TokenScope::default(),
                purpose: self.purpose,
                until: None,
                token: None,
                local_user: false,
                ..caller.clone()
            },
            None => subject(gate, caller, self.user, self.purpose).await?,
        };
        let agreement = self.agreement.map(|Supposed { purpose, columns, expires_at }| CaseAgreement {
            purpose,
            columns,
            expires_at,
        });
        let subject = Caller { door: self.door, ..subject };
        Ok(Glance { subject, product: self.product, table: self.table, agreement, at: self.at })
    }
}

impl Invented {
    fn principal(self) -> Principal {
        let Self { id, kind, groups, department, region, clearance, labels } = self;
        Principal { id, kind, groups, department, region, clearance, labels }
    }
}

const fn sql() -> Door {
    Door::Sql
}

const fn user() -> PrincipalKind {
    PrincipalKind::User
}
