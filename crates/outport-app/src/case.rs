//! Test cases of policies: what is decided, held against what is expected.
//!
//! Policies decide here as they do for every door, and what hides rows from queries hides the sample rows: nothing is
//! decided in two ways. No data is read, and nothing is put on record.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    access::ColumnAccess,
    agreement::{Agreement, AgreementId, AgreementState, Consumer, PortVersion},
    case::{Case, CaseAgreement, Expected, ExpectedColumn, ExpectedSight, SampleRow, Subject},
    contract::TableSchema,
    name::TableName,
    plan::Estate,
    principal::{PrincipalId, Purpose},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{EngineError, Sieve},
    policy::{Asking, ColumnVerdict, Policies, PolicyName, TableVerdict, Verdict},
};

/// How long an agreement of a case lasts that names no end.
const LASTS: TimeDelta = TimeDelta::days(1);

/// What a case gave.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// What was decided.
    pub decided: Decided,
    /// Everything that is otherwise than expected; nothing where the case holds.
    pub differences: Vec<Difference>,
}

impl CaseResult {
    /// Whether everything is as expected.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

/// The same as others are told of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriedCase {
    /// What the case shows.
    pub name: String,
    /// The file that it is written in.
    pub file: String,
    /// The line where it begins, from 1.
    pub line: usize,
    /// Who asks.
    pub principal: PrincipalId,
    /// Whether everything is as expected.
    pub passed: bool,
    /// Everything that is not.
    pub differences: Vec<Difference>,
    /// What was decided.
    pub decided: Decided,
}

impl From<CaseResult> for TriedCase {
    fn from(result: CaseResult) -> Self {
        let passed = result.holds();
        let CaseResult { case: Case { name, file, line, principal, .. }, decided, differences } = result;
        Self { name, file, line, principal: principal.id, passed, differences, decided }
    }
}

/// What was decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decided {
    /// About a port, or administration.
    Action(Verdict),
    /// About a table.
    Table {
        /// What the policies say.
        verdict: TableVerdict,
        /// The names of the sample rows that are seen.
        rows: BTreeSet<String>,
    },
}

impl Decided {
    /// Whether and why it is allowed.
    pub const fn access(&self) -> &Verdict {
        match self {
            Self::Action(verdict) => verdict,
            Self::Table { verdict, .. } => &verdict.read,
        }
    }
}

/// What is otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Of what.
    pub about: Aspect,
    /// What was expected, in the notation of cases.
    pub expected: String,
    /// What was decided.
    pub found: String,
}

/// What of a decision is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum Aspect {
    /// Whether it is allowed.
    Access,
    /// The policies that decide so.
    Policies,
    /// The policies that will forbid it.
    Grace,
    /// What is seen of a column.
    Column(String),
    /// The policies that decide what is seen of a column.
    ColumnPolicies(String),
    /// Which sample rows are seen.
    Rows,
    /// The fewest rows of a group.
    MinimumGroup,
}

/// Tries cases against policies over these products, at a moment where a case names none.
///
/// # Errors
/// Where a sample row, or a rule about rows, does not fit its table.
pub async fn try_cases(
    cases: Vec<Case>,
    policies: &dyn Policies,
    products: &Estate,
    sieve: &dyn Sieve,
    now: DateTime<Utc>,
) -> Result<Vec<CaseResult>, EngineError> {
    let mut results = Vec::new();
    for case in cases {
        let decided = decide(&case, policies, products, sieve, case.at.unwrap_or(now)).await?;
        let differences = differences(&case.expected, &decided);
        results.push(CaseResult { case, decided, differences });
    }
    Ok(results)
}

async fn decide(
    case: &Case,
    policies: &dyn Policies,
    products: &Estate,
    sieve: &dyn Sieve,
    now: DateTime<Utc>,
) -> Result<Decided, EngineError> {
    let asking = |agreement| Asking::under(&case.principal, case.purpose.as_ref(), case.door, agreement, now);
    match &case.subject {
        Subject::Administration => Ok(Decided::Action(policies.administer(&asking(None)))),
        Subject::Port { port, action } => {
            let agreement = in_force(case, port, now);
            Ok(Decided::Action(policies.port(&asking(agreement.as_ref()), *action, port)))
        }
        Subject::Table { port, table, rows } => {
            let agreement = in_force(case, port, now);
            let verdict = policies.table(&asking(agreement.as_ref()), port, table);
            let rows = seen(&verdict, schema(products, port, table), rows, sieve).await?;
            Ok(Decided::Table { verdict, rows })
        }
    }
}

/// The agreement of a case, where whoever asks may read under it.
fn in_force(case: &Case, port: &PortVersion, now: DateTime<Utc>) -> Option<Agreement> {
    supposed(case.agreement.as_ref()?, &case.principal.id, case.purpose.as_ref(), port, now)
}

/// An agreement that someone is supposed to have, where they may read under it.
pub(crate) fn supposed(
    agreement: &CaseAgreement,
    principal: &PrincipalId,
    purpose_of_query: Option<&Purpose>,
    port: &PortVersion,
    now: DateTime<Utc>,
) -> Option<Agreement> {
    let CaseAgreement { purpose, columns, expires_at } = agreement;
    let agreement = Agreement {
        id: AgreementId::of("the agreement of a test case"),
        port: port.clone(),
        columns: columns.clone(),
        consumer: Consumer::Principal(principal.clone()),
        purpose: purpose.clone(),
        justification: None,
        state: AgreementState::Approved,
        requested_by: principal.clone(),
        requested_at: now,
        seconds: 0,
        expires_at: Some(expires_at.unwrap_or(now + LASTS)),
        renews: None,
        decision: None,
        document: None,
    };
    agreement.holds_for(purpose_of_query, now).then_some(agreement)
}

fn schema<'a>(products: &'a Estate, port: &PortVersion, table: &TableName) -> Option<&'a TableSchema> {
    let product = &products.get(&port.product)?.product;
    let offered = product.output(port.port.as_str(), Some(port.major))?;
    let table = offered.tables.iter().find(|offered| offered.name == *table)?;
    offered.contract.table(&table.object)
}

/// The names of the sample rows that are seen.
async fn seen(
    verdict: &TableVerdict,
    schema: Option<&TableSchema>,
    rows: &[SampleRow],
    sieve: &dyn Sieve,
) -> Result<BTreeSet<String>, EngineError> {
    let (Some(access), Some(schema)) = (&verdict.access, schema) else { return Ok(BTreeSet::new()) };
    let values: Vec<_> = rows.iter().map(|row| row.values.clone()).collect();
    let exist = sieve.exist(schema, &values, &access.rows).await?;
    Ok(rows.iter().zip(exist).filter(|(_, exists)| *exists).map(|(row, _)| row.name.clone()).collect())
}

fn differences(expected: &Expected, decided: &Decided) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |about: Aspect, expected: String, decided: String| {
        if expected != decided {
            found.push(Difference { about, expected, found: decided });
        }
    };
    let access = decided.access();
    compare(Aspect::Access, word(expected.allowed).to_owned(), word(access.allowed).to_owned());
    if let Some(by) = &expected.by {
        compare(Aspect::Policies, list(by), ids(&access.policies));
    }
    if let Some(grace) = &expected.grace {
        compare(Aspect::Grace, list(grace), ids(&access.grace));
    }
    if let Decided::Table { verdict, rows } = decided {
        for (name, wanted) in &expected.columns {
            let column = verdict.columns.iter().find(|column| column.column == *name);
            let shown = column.and_then(|column| column.access.as_ref());
            compare(Aspect::Column(name.clone()), sight(wanted, shown), sight_of(shown));
            if let (Some(by), Some(column)) = (&wanted.by, column) {
                compare(Aspect::ColumnPolicies(name.clone()), list(by), ids(&deciding(column).policies));
            }
        }
        if let Some(wanted) = &expected.rows {
            compare(Aspect::Rows, list(wanted), list(rows));
        }
        if let Some(least) = expected.minimum_group {
            let decided = verdict.access.as_ref().and_then(|access| access.minimum_group);
            compare(Aspect::MinimumGroup, least.to_string(), decided.map_or("none".to_owned(), |n| n.to_string()));
        }
    }
    found
}

/// What says how a column is seen: why it is in clear or not, or why it is not even masked.
pub fn deciding(column: &ColumnVerdict) -> &Verdict {
    match (&column.access, &column.masked) {
        (None, Some(masked)) => masked,
        _ => &column.clear,
    }
}

const fn word(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}

/// An expectation of any mask is met by the one that there is.
fn sight(wanted: &ExpectedColumn, shown: Option<&ColumnAccess>) -> String {
    match (&wanted.sight, shown) {
        (ExpectedSight::Clear, _) => "clear".to_owned(),
        (ExpectedSight::Hidden, _) => "hidden".to_owned(),
        (ExpectedSight::Masked(Some(mask)), _) | (ExpectedSight::Masked(None), Some(ColumnAccess::Masked(mask))) => {
            format!("masked {mask}")
        }
        (ExpectedSight::Masked(None), _) => "masked".to_owned(),
    }
}

fn sight_of(shown: Option<&ColumnAccess>) -> String {
    match shown {
        None => "hidden".to_owned(),
        Some(ColumnAccess::Clear) => "clear".to_owned(),
        Some(ColumnAccess::Masked(mask)) => format!("masked {mask}"),
    }
}

fn ids(policies: &BTreeSet<PolicyName>) -> String {
    list(&policies.iter().map(|policy| policy.id.clone()).collect())
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
