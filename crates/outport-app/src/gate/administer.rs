//! What administrators look at and try: the record of requests, groups, what reads files, and policies.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    access::{ColumnAccess, Mask, RowAccess},
    agreement::{Consumer, Standing},
    audit::{RequestId, RequestRecord},
    case::{Case, CaseAgreement},
    diagnostic::Diagnostic,
    name::{GroupName, PolicySetName, PortName, ProductName},
    plan::{CompiledProduct, Estate},
    principal::{PrincipalId, PrincipalKind},
    product::Product,
    source::Source,
};
use serde::Serialize;

use super::{
    Caller, Gate,
    error::GateError,
    governance::{Explanation, Offered},
    kept::beside,
    preview::rows_in_words,
    snapshot::{Snapshot, version_of},
};
use crate::{
    audit::{Place, RequestFilter, newest},
    case::{TriedCase, supposed, try_cases},
    identity::WorkspacePolicies,
    live::During,
    plan::policy_texts,
    policy::{Asking, Policies, PolicyOwner, TableVerdict},
};

/// How far the moment that the id of a request says can be from that at which it came: clocks are set.
const SLACK: TimeDelta = TimeDelta::days(1);

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// The users on record that are in it, by name.
    pub members: Vec<GroupMember>,
    /// The policy files that name it.
    pub policies: Vec<GroupPolicies>,
    /// How many agreements for it are in force.
    pub agreements: u64,
}

/// A user on record that is in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// Who.
    pub id: PrincipalId,
    /// What they are.
    pub kind: PrincipalKind,
    /// Whether they are kept out.
    pub disabled: bool,
}

/// A policy file that names a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPolicies {
    /// The file; of a product, its path in the bundle.
    pub file: String,
    /// The product whose file it is; `None` for one of the workspace.
    pub product: Option<ProductName>,
}

/// An input port that reads files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInput {
    /// The product.
    pub product: ProductName,
    /// The port.
    pub port: PortName,
    /// The absolute path that it reads, which may be a glob.
    pub location: String,
}

/// What is to be tried of policies.
#[derive(Debug, Clone, Default)]
pub struct PolicyTrial {
    /// Products in the place of those on record with the same names.
    pub products: Vec<Product>,
    /// Policy files of the workspace in the place of those on record with the same names.
    pub policies: Vec<(PolicySetName, String)>,
    /// Cases that are to hold.
    pub cases: Vec<Case>,
    /// What someone would see.
    pub glance: Option<Glance>,
}

/// What someone would see of a table.
#[derive(Debug, Clone)]
pub struct Glance {
    /// Who asks, what for and through which door. They need not be on record.
    pub subject: Caller,
    /// The product.
    pub product: String,
    /// The table.
    pub table: String,
    /// An agreement that they are supposed to have; without it, the one that they have counts.
    pub agreement: Option<CaseAgreement>,
    /// When; `None` is now.
    pub at: Option<DateTime<Utc>>,
}

/// What was decided.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyTests {
    /// Whether every case holds.
    pub passed: bool,
    /// What would be seen.
    pub sight: Option<TableGlance>,
    /// Each case.
    pub cases: Vec<TriedCase>,
    /// What only looks wrong with the policies.
    pub warnings: Vec<Diagnostic>,
}

/// What someone would see of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableGlance {
    /// Whether they could read it at all.
    pub readable: bool,
    /// All columns, in the contract's order.
    pub columns: Vec<ColumnGlance>,
    /// Which rows, as far as rules say.
    pub rows: RowGlance,
    /// The rule about rows in words, where some are seen.
    pub words: Option<String>,
    /// Why, policy by policy.
    pub explanation: Explanation,
}

/// What someone would see of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnGlance {
    /// The column.
    pub name: String,
    /// How its values are seen.
    pub sight: ColumnLook,
    /// The mask, in the notation of policies.
    pub mask: Option<String>,
}

/// How values of a column are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnLook {
    /// As they are.
    Clear,
    /// Under a mask.
    Masked,
    /// Not at all.
    Hidden,
}

/// Which rows are seen, as far as rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowGlance {
    /// All of them.
    All,
    /// Those that a rule lets through.
    Some,
    /// None.
    None,
}

impl Gate {
    /// The newest of the requests that are wanted, before a place where one is given, at most so many; oldest first. Looking
    /// for them counts as a query, and takes no longer than one may.
    pub async fn requests(
        &self,
        caller: &Caller,
        filter: &RequestFilter,
        before: Option<Place>,
        most: usize,
    ) -> Result<Vec<RequestRecord>, GateError> {
        self.administrator(caller, "see the record of requests").await?;
        let deadline = self.limits.deadline();
        let _permit = self.admit(caller).await?;
        let found = newest(self.wardens.audit.as_ref(), filter, before, most);
        match tokio::time::timeout_at(deadline, found).await {
            Ok(found) => Ok(found?),
            Err(_) => Err(self.limits.out_of_time()),
        }
    }

    /// One request on record.
    pub async fn request_on_record(&self, caller: &Caller, id: RequestId) -> Result<RequestRecord, GateError> {
        let about = id.moment().map(|at| During { from: Some(at - SLACK), until: Some(at + SLACK) });
        // Most are found where their id says; one that came while a clock was wrong is found all the same.
        for during in about.into_iter().chain([During::default()]) {
            let filter = RequestFilter { id: Some(id), during, ..RequestFilter::default() };
            if let Some(record) = self.requests(caller, &filter, None, 1).await?.pop() {
                return Ok(record);
            }
        }
        Err(GateError::NotFound { what: "request", name: id.to_string() })
    }

    /// Every group that a user on record is in, or that policies or agreements name; by name.
    pub async fn groups(&self, caller: &Caller) -> Result<Vec<Group>, GateError> {
        self.administrator(caller, "see groups").await?;
        let (snapshot, _, now) = self.now(caller).await?;
        let mut groups = Groups::default();
        for user in self.wardens.users.users().await? {
            for name in &user.principal.groups {
                let (id, kind, disabled) = (user.principal.id.clone(), user.principal.kind, user.disabled);
                groups.of(name).members.push(GroupMember { id, kind, disabled });
            }
        }
        for agreement in snapshot.agreements() {
            if let Consumer::Group(name) = &agreement.consumer {
                groups.of(name).agreements += u64::from(agreement.standing(now) == Standing::Active);
            }
        }
        let workspace = self.app.stores.policies.policies(&self.app.workspace).await?;
        for text in policy_texts(workspace, snapshot.estate()) {
            let named = self.app.policies.groups(&text);
            let policies = match text.owner {
                PolicyOwner::Workspace => GroupPolicies { file: text.file, product: None },
                PolicyOwner::Product(product) => {
                    let file = text.file.strip_prefix(&format!("{product}/")).unwrap_or(&text.file).to_owned();
                    GroupPolicies { file, product: Some(product) }
                }
            };
            for name in &named {
                groups.of(name).policies.push(policies.clone());
            }
        }
        Ok(groups.0.into_values().collect())
    }

    /// Every input port that reads files.
    pub async fn file_inputs(&self, caller: &Caller) -> Result<Vec<FileInput>, GateError> {
        self.administrator(caller, "see what reads files").await?;
        let snapshot = self.snapshot().await?;
        let products = snapshot.estate().iter();
        let inputs = products.flat_map(|(name, compiled)| compiled.product.inputs.iter().map(move |port| (name, port)));
        let of_files = inputs.filter_map(|(product, input)| match &input.source {
            Source::Files(files) => {
                Some(FileInput { product: product.clone(), port: input.name.clone(), location: files.location.clone() })
            }
            Source::Port(_) | Source::Tpch(_) => None,
        });
        Ok(of_files.collect())
    }

    /// Every product that policies can speak of: for whoever tries policies.
    pub async fn products_for_tests(&self, caller: &Caller) -> Result<Vec<Product>, GateError> {
        self.administrator(caller, "test policies").await?;
        let snapshot = self.snapshot().await?;
        Ok(snapshot.estate().values().map(|compiled| compiled.product.clone()).collect())
    }

    /// What policies would decide. No data is read, and nothing changes; it counts as a query, and takes no longer than one
    /// may. Every problem where the policies cannot be used.
    pub async fn test_policies(&self, caller: &Caller, trial: PolicyTrial) -> Result<PolicyTests, GateError> {
        self.administrator(caller, "test policies").await?;
        let deadline = self.limits.deadline();
        let _permit = self.admit(caller).await?;
        match tokio::time::timeout_at(deadline, Box::pin(self.try_policies_of(caller, trial))).await {
            Ok(tried) => tried,
            Err(_) => Err(self.limits.out_of_time()),
        }
    }

    async fn try_policies_of(&self, caller: &Caller, trial: PolicyTrial) -> Result<PolicyTests, GateError> {
        let PolicyTrial { products, policies, cases, glance } = trial;
        let (snapshot, _, now) = self.now(caller).await?;
        let mut estate = snapshot.estate().clone();
        estate.extend(products.into_iter().map(|product| (product.name.clone(), unbuilt(product))));
        let mut workspace = self.app.stores.policies.policies(&self.app.workspace).await?;
        for (name, text) in policies {
            workspace.retain(|policies| policies.name != name);
            workspace.push(WorkspacePolicies { name, text, changed_at: now, changed_by: caller.principal.id.clone() });
        }
        let compiler = Arc::clone(&self.app.policies);
        let (compiled, estate) = beside(move || {
            let compiled = compiler.compile(&policy_texts(workspace, &estate), &estate);
            compiled.map(|compiled| (compiled, estate)).map_err(GateError::WrongPolicies)
        })
        .await?;
        let policies = compiled.policies.as_ref();
        let sight = glance.map(|glance| glance.at(policies, &estate, &snapshot, now)).transpose()?;
        let tried = match &self.sieve {
            _ if cases.is_empty() => Vec::new(),
            Some(sieve) => try_cases(cases, policies, &estate, sieve.as_ref(), now).await?,
            None => return Err(GateError::Terms { reason: "no test cases are tried here".to_owned() }),
        };
        let passed = tried.iter().all(crate::case::CaseResult::holds);
        let cases = tried.into_iter().map(TriedCase::from).collect();
        Ok(PolicyTests { passed, sight, cases, warnings: compiled.warnings })
    }
}

/// Groups by name.
#[derive(Default)]
struct Groups(BTreeMap<GroupName, Group>);

impl Groups {
    fn of(&mut self, name: &GroupName) -> &mut Group {
        self.0.entry(name.clone()).or_insert_with(|| Group {
            name: name.clone(),
            members: Vec::new(),
            policies: Vec::new(),
            agreements: 0,
        })
    }
}

/// A product as policies see it: they need its contracts, not its models.
fn unbuilt(product: Product) -> CompiledProduct {
    CompiledProduct { product, models: BTreeMap::new(), inputs: BTreeMap::new() }
}

impl Glance {
    /// What these policies let be seen.
    fn at(
        self,
        policies: &dyn Policies,
        estate: &Estate,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
    ) -> Result<TableGlance, GateError> {
        let Self { subject, product, table, agreement, at } = self;
        let now = at.unwrap_or(now);
        let Offered { product, port, table } = Offered::find(estate, &product, &table)?;
        let (principal, version) = (&subject.principal, version_of(product, port));
        let purpose = subject.purpose.as_ref();
        let given = agreement.map(|agreement| supposed(&agreement, &principal.id, purpose, &version, now));
        let agreement = match &given {
            Some(given) => given.as_ref(),
            None => snapshot.agreement(&subject, principal, &version, now),
        };
        let asking = Asking::under(principal, purpose, subject.door, agreement, now);
        let verdict = policies.table(&asking, &version, &table.name);
        let schema = port.contract.table(&table.object);
        let columns = schema.map(|schema| schema.columns.as_slice()).unwrap_or_default();
        let columns = columns.iter().map(|column| ColumnGlance::of(&verdict, &column.name)).collect();
        let rows = RowGlance::of(&verdict);
        let access = verdict.access.as_ref().filter(|_| rows == RowGlance::Some);
        let words = access.map(|access| rows_in_words(&access.rows, access.minimum_group).1);
        let explanation = Explanation {
            administrator: principal.is_administrator(),
            agreement: agreement.map(|agreement| agreement.id),
            table: table.name.clone(),
            port: version,
            verdict,
        };
        Ok(TableGlance { readable: explanation.verdict.access.is_some(), columns, rows, words, explanation })
    }
}

impl ColumnGlance {
    fn of(verdict: &TableVerdict, column: &str) -> Self {
        let access = verdict.access.as_ref().and_then(|access| access.columns.get(column));
        let (sight, mask) = match access {
            None => (ColumnLook::Hidden, None),
            Some(ColumnAccess::Clear) => (ColumnLook::Clear, None),
            Some(ColumnAccess::Masked(mask)) => (ColumnLook::Masked, Some(mask)),
        };
        Self { name: column.to_owned(), sight, mask: mask.map(Mask::to_string) }
    }
}

impl RowGlance {
    fn of(verdict: &TableVerdict) -> Self {
        match verdict.access.as_ref().map(|access| &access.rows) {
            None => Self::None,
            Some(RowAccess::All) => Self::All,
            Some(RowAccess::Where(rule)) if rule.permits.is_empty() => Self::None,
            Some(RowAccess::Where(_)) => Self::Some,
        }
    }
}
