//! Test cases of policies: what is asked of the policies, and what is compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use outport_app::{
    case::{Aspect, CaseResult, try_cases},
    engine::{EngineError, Sieve},
    policy::{Asking, ColumnVerdict, Policies, PolicyName, PolicyOwner, PortAction, RowVerdict, TableVerdict, Verdict},
};
use outport_model::{
    access::{ColumnAccess, Mask, RowAccess, TableAccess},
    agreement::PortVersion,
    case::{Case, CaseAgreement, Expected, ExpectedColumn, ExpectedSight, SampleRow, Subject},
    contract::TableSchema,
    name::TableName,
    plan::Estate,
    principal::{Door, Purpose},
};
use outport_test::fixture::{compiled_of, daily_of, moment, principal, product_of_files, purpose, table};
use serde_json::{Map, Value, json};

/// Whoever reads under an agreement reads, `name` under a mask and `secret` not at all; the rows that exist are all.
#[derive(Debug, Default)]
struct ByAgreement {
    asked: Mutex<Vec<Asked>>,
}

/// What was asked: the purpose, whether under an agreement, the moment.
type Asked = (Option<Purpose>, bool, DateTime<Utc>);

fn verdict(allowed: bool, policies: &[&str]) -> Verdict {
    let name = |id: &&str| PolicyName { owner: PolicyOwner::Workspace, id: (*id).to_owned() };
    Verdict { allowed, policies: policies.iter().map(name).collect(), grace: BTreeSet::new() }
}

fn column(name: &str, access: Option<ColumnAccess>) -> ColumnVerdict {
    let clear = access == Some(ColumnAccess::Clear);
    let masked = (!clear).then(|| verdict(access.is_some(), &["masks"]));
    ColumnVerdict { column: name.to_owned(), access, clear: verdict(clear, &["names"]), masked }
}

impl Policies for ByAgreement {
    fn port(&self, asking: &Asking<'_>, action: PortAction, _: &PortVersion) -> Verdict {
        verdict(action == PortAction::Discover || asking.agreement.is_some(), &["ports"])
    }

    fn table(&self, asking: &Asking<'_>, _: &PortVersion, _: &TableName) -> TableVerdict {
        self.asked.lock().unwrap().push((asking.purpose.cloned(), asking.agreement.is_some(), asking.now));
        if asking.agreement.is_none() {
            return TableVerdict { read: verdict(false, &[]), access: None, columns: Vec::new(), rows: None };
        }
        let masked = ColumnAccess::Masked(Mask::Hash);
        let access = TableAccess { minimum_group: Some(5), ..TableAccess::unrestricted(["id"]) };
        TableVerdict {
            read: verdict(true, &["agreement"]),
            access: Some(access),
            columns: vec![
                column("id", Some(ColumnAccess::Clear)),
                column("name", Some(masked)),
                column("secret", None),
            ],
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false, &[])
    }
}

/// Rows with an even `id` exist.
#[derive(Debug)]
struct Even;

#[async_trait]
impl Sieve for Even {
    async fn exist(
        &self,
        _: &TableSchema,
        rows: &[Map<String, Value>],
        _: &RowAccess,
    ) -> Result<Vec<bool>, EngineError> {
        Ok(rows.iter().map(|row| row["id"].as_i64().is_some_and(|id| id % 2 == 0)).collect())
    }
}

fn estate() -> Estate {
    let product = product_of_files("a", &["daily"]);
    BTreeMap::from([(product.name.clone(), compiled_of(product))])
}

fn case(expected: Expected) -> Case {
    let row = |id: i64| SampleRow { name: format!("row {id}"), values: Map::from_iter([("id".to_owned(), json!(id))]) };
    Case {
        name: "a case".to_owned(),
        file: "a.access.yaml".to_owned(),
        line: 7,
        principal: principal("ann", &["analysts"]),
        purpose: None,
        door: Door::Sql,
        agreement: Some(CaseAgreement { purpose: purpose("churn"), columns: None, expires_at: None }),
        at: None,
        subject: Subject::Table { port: daily_of("a"), table: table("daily"), rows: vec![row(1), row(2), row(4)] },
        expected,
    }
}

async fn tried(case: Case) -> CaseResult {
    try_cases(vec![case], &ByAgreement::default(), &estate(), &Even, moment(0)).await.unwrap().remove(0)
}

#[expect(clippy::unnecessary_wraps, reason = "as expectations have them")]
fn names(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

fn expected(columns: &[(&str, ExpectedSight)]) -> Expected {
    let column = |(name, sight): &(&str, ExpectedSight)| {
        ((*name).to_owned(), ExpectedColumn { sight: sight.clone(), by: names(&["masks"]) })
    };
    Expected {
        allowed: true,
        by: names(&["agreement"]),
        grace: names(&[]),
        columns: columns.iter().map(column).collect(),
        rows: names(&["row 2", "row 4"]),
        minimum_group: Some(5),
    }
}

#[tokio::test]
async fn a_case_holds_where_everything_is_as_expected() {
    let mut wanted = expected(&[("name", ExpectedSight::Masked(Some(Mask::Hash))), ("secret", ExpectedSight::Hidden)]);
    wanted.columns.get_mut("name").unwrap().by = names(&["names"]);
    let result = tried(case(wanted)).await;
    assert_eq!(result.differences, []);
    let any = ExpectedColumn { sight: ExpectedSight::Masked(None), by: None };
    let result = tried(case(Expected {
        allowed: true,
        columns: BTreeMap::from([("name".to_owned(), any)]),
        ..Expected::default()
    }))
    .await;
    assert!(result.holds());
}

#[tokio::test]
async fn everything_that_differs_is_told() {
    let mut wanted = expected(&[("id", ExpectedSight::Masked(None)), ("name", ExpectedSight::Clear)]);
    wanted.by = names(&["agreement", "staff"]);
    wanted.grace = names(&["later"]);
    wanted.rows = names(&["row 1"]);
    wanted.minimum_group = Some(6);
    let result = tried(case(wanted)).await;
    let told: Vec<_> = result
        .differences
        .iter()
        .map(|difference| (difference.about.clone(), difference.expected.as_str(), difference.found.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Aspect::Policies, "agreement, staff", "agreement"),
            (Aspect::Grace, "later", "none"),
            (Aspect::Column("id".to_owned()), "masked", "clear"),
            (Aspect::ColumnPolicies("id".to_owned()), "masks", "names"),
            (Aspect::Column("name".to_owned()), "clear", "masked hash"),
            (Aspect::ColumnPolicies("name".to_owned()), "masks", "names"),
            (Aspect::Rows, "row 1", "row 2, row 4"),
            (Aspect::MinimumGroup, "6", "5"),
        ]
    );
}

#[tokio::test]
async fn an_agreement_counts_as_it_does_at_the_gate() {
    let denied = || Expected::default();
    let without = Case { agreement: None, ..case(denied()) };
    assert!(tried(without).await.holds());
    let elsewhere = Case { purpose: Some(purpose("marketing")), ..case(denied()) };
    assert!(tried(elsewhere).await.holds(), "for another purpose");
    let agreement = |end| CaseAgreement { purpose: purpose("churn"), columns: None, expires_at: Some(end) };
    let over = Case { agreement: Some(agreement(moment(0))), ..case(denied()) };
    assert!(tried(over.clone()).await.holds(), "over at the very moment of its end");
    let before =
        Case { at: Some(moment(0) - TimeDelta::seconds(1)), expected: Expected { allowed: true, ..denied() }, ..over };
    assert!(tried(before).await.holds());

    let policies = ByAgreement::default();
    try_cases(vec![case(denied())], &policies, &estate(), &Even, moment(3)).await.unwrap();
    let asked = policies.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [(Some(purpose("churn")), true, moment(3))],
        "who says nothing of a purpose reads for the agreement's"
    );
}

#[tokio::test]
async fn ports_and_administration_are_asked_for() {
    let port = |action| Subject::Port { port: daily_of("a"), action };
    let discover = Case { subject: port(PortAction::Discover), agreement: None, ..case(Expected::default()) };
    let result = tried(discover).await;
    assert_eq!((result.differences.len(), &result.differences[0].about), (1, &Aspect::Access));
    let administer =
        Case { subject: Subject::Administration, ..case(Expected { by: names(&[]), ..Expected::default() }) };
    assert!(tried(administer).await.holds());
}
