//! Agreements as documents of OAAS: what is read of them, what is written, and that nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use insta::assert_snapshot;
use outport_model::{
    agreement::{Agreement, AgreementDecision, AgreementId, AgreementState, Consumer, PortVersion, WrittenAgreement},
    diagnostic::Diagnostic,
    product::Product,
};
use outport_spec::{
    Document,
    bundle::BundleFiles,
    oaas::{self, AccessAgreement, LoadedAgreements},
    schema, write,
};
use proptest::{collection::btree_set, option, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{fixture::good, render::render};

/// The first example of the RFC, about a port that there is.
const MINIMAL: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: 8f5d1c2a-4b3e-4a91-9d7c-6e2f0a1b3c4d
status: approved
description:
  purpose: Train the churn prediction model.
startTimestamp: 2026-07-01T00:00:00Z
provider:
  teamId: sales
  dataProductId: fleet
  outputPortId: trips
consumer:
  teamId: marketing
";

/// The second example, with everything that the RFC has.
const STRUCTURED: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: orders/2026-07
name: Orders for Realtime User Classification
version: 1.1.0
status: approved
description:
  purpose: |
    Classify users in realtime
    based on their order history.
  usage: Read-only access to aggregated order data for model inference.
  limitations: No PII may be extracted.
  terms: Free for the first three months.
startTimestamp: 2026-07-01T00:00:00Z
endTimestamp: 2027-06-30T23:59:59+02:00
nextReassessmentTimestamp: 2027-01-01T00:00:00Z
provider:
  teamId: sales
  dataProductId: fleet
  outputPortId: trips
  dataContractId: trips
  dataContractVersion: 2.0.0
consumer:
  teamId: marketing
  dataProductId: realtime_user_classification
  userId: classifier
roles:
  - role: orders.analyst.eu.read
  - role: orders.analyst.us.read
tags: [gdpr-relevant]
authoritativeDefinitions:
  - type: legalAgreement
    url: https://acme.example/legal/dpa-marketing-2026.pdf
    description: Signed data processing agreement covering this grant.
customProperties:
  - {property: costCenter, value: MKT-4711}
";

fn now() -> DateTime<Utc> {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn load_with(texts: &[&str], open_end: bool) -> LoadedAgreements {
    let product = good().product();
    let file = |(number, text): (usize, &&str)| {
        BundleFiles::new("", BTreeMap::from([(format!("{number}.oaas.yaml"), (*text).into())]))
    };
    let files: Vec<_> = texts.iter().enumerate().map(file).collect();
    let context = oaas::Context { products: &[&product], now: now(), open_end, environment: &|_| None };
    oaas::load(&files, &context)
}

fn load(text: &str) -> LoadedAgreements {
    load_with(&[text], false)
}

fn problems(text: &str) -> String {
    let loaded = load(text);
    assert!(loaded.agreements.is_empty(), "{:?}", loaded.agreements);
    render(&loaded.diagnostics)
}

#[track_caller]
fn read(text: &str) -> WrittenAgreement {
    let mut loaded = load(text);
    assert_eq!(render(&loaded.diagnostics), "", "{text}");
    loaded.agreements.remove(0)
}

/// An agreement as it comes on record when it is imported.
fn on_record(written: WrittenAgreement) -> Agreement {
    let decided = written.state != AgreementState::Requested;
    Agreement {
        id: written.id,
        port: written.port,
        columns: written.columns,
        consumer: written.consumer,
        purpose: written.purpose,
        justification: written.justification,
        state: written.state,
        requested_by: written.requested_by.unwrap_or_else(|| "root".parse().unwrap()),
        requested_at: written.requested_at.unwrap_or_else(now),
        seconds: written.seconds.unwrap_or_default(),
        expires_at: written.expires_at,
        renews: written.renews,
        decision: decided.then(|| AgreementDecision { by: None, at: now(), comment: None }),
        document: Some(written.document),
    }
}

#[test]
fn the_examples_of_the_standard_lose_nothing() {
    for text in [MINIMAL, STRUCTURED] {
        let document = Document::parse("a.oaas.yaml", text).unwrap();
        assert_eq!(render(&schema::validate(&document)), "");
        let typed: AccessAgreement = document.typed().unwrap_or_else(|problem| panic!("{}", render(&problem)));
        assert_eq!(&serde_json::to_value(&typed).unwrap(), document.value());
        let debug = format!("{typed:?}");
        assert_eq!(
            debug.matches("other: {").count(),
            debug.matches("other: {}").count(),
            "a key is not known: {debug}"
        );
    }
}

#[test]
fn keys_of_nobody_are_kept() {
    let mut value: Value = Document::parse("a", MINIMAL).unwrap().value().clone();
    value["zzz"] = json!({"a": null});
    value["provider"]["region"] = json!("EU");
    let typed: AccessAgreement = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), value);
}

#[test]
fn a_document_becomes_an_agreement() {
    let agreement = read(STRUCTURED);
    assert_eq!(agreement.id, AgreementId::of("orders/2026-07"));
    assert_eq!(agreement.port.to_string(), "fleet.trips@2");
    assert_eq!(agreement.consumer, Consumer::Principal("classifier".parse().unwrap()));
    assert_eq!(agreement.purpose.as_str(), "Classify users in realtime based on their order history.");
    assert_eq!(agreement.state, AgreementState::Approved);
    assert_eq!(agreement.expires_at, Some("2027-06-30T21:59:59Z".parse().unwrap()));
    assert_eq!(agreement.seconds, Some(31_528_799));
    assert_eq!((agreement.columns, agreement.requested_by, agreement.renews), (None, None, None));

    let of_a_team = MINIMAL.replace("consumer:", "endTimestamp: 2027-07-01T00:00:00Z\nconsumer:");
    assert_eq!(read(&of_a_team).consumer, Consumer::Group("marketing".parse().unwrap()));
}

/// Whether everything that a value says is said by another.
fn within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|found| within(value, found)))
        }
        (Value::Array(part), Value::Array(whole)) => part.iter().all(|value| whole.contains(value)),
        _ => part == whole,
    }
}

#[test]
fn what_has_no_place_here_comes_out_as_it_came_in() {
    let document = oaas::document(&on_record(read(STRUCTURED)), Some(&good().product()));
    let written = serde_json::to_value(&document).unwrap();
    assert!(within(Document::parse("a", STRUCTURED).unwrap().value(), &written), "{written:#}");
    let revoked = Agreement { state: AgreementState::Revoked, ..on_record(read(STRUCTURED)) };
    let document = oaas::document(&revoked, None);
    assert_eq!((document.status.as_str(), document.name.is_some()), ("rejected", true));
}

#[test]
fn what_cannot_be_kept_is_told_with_its_place() {
    let with = |from: &str, to: &str| {
        assert!(MINIMAL.contains(from), "{from}");
        problems(&MINIMAL.replace("consumer:", "endTimestamp: 2027-07-01T00:00:00Z\nconsumer:").replace(from, to))
    };
    assert_snapshot!(problems(MINIMAL), @"OP0603 error 0.oaas.yaml:1:1+18  the agreement has no `endTimestamp` | add one, or give it an end: `--expires 90d`");
    assert_snapshot!(with("dataProductId: fleet", "dataProductId: fleets"), @"OP0601 error 0.oaas.yaml:10:18+6 /provider/dataProductId there is no product `fleets` | did you mean `fleet`?");
    assert_snapshot!(with("outputPortId: trips", "outputPortId: trips\n  dataContractVersion: v1.4.0"), @"OP0601 error 0.oaas.yaml:11:17+5 /provider/outputPortId `fleet` has no output port `trips@1` | did you mean `trips@2`?");
    assert_snapshot!(with("  teamId: marketing", "  dataProductId: churn"), @"OP0602 error 0.oaas.yaml:14:18+5 /consumer/dataProductId a data product is nobody who can ask | `userId` is the name of a user or service of this workspace, `teamId` that of a group");
    assert_snapshot!(with("consumer:\n  teamId: marketing", "consumer: {}"), @"OP0602 error 0.oaas.yaml:13:1+8 /consumer the agreement is for nobody | name a `userId` or a `teamId`");
    assert_snapshot!(with("startTimestamp: 2026-07-01", "startTimestamp: 2027-02-01"), @"OP0603 error 0.oaas.yaml:7:17+20 /startTimestamp the agreement has not begun yet | import it once it has begun, or with the status `requested`");
    assert_snapshot!(with("startTimestamp: 2026-07-01T00:00:00Z", "startTimestamp: soon"), @"OP0603 error 0.oaas.yaml:7:17+4 /startTimestamp `startTimestamp` is not a moment | write it as `2027-06-30T23:59:59Z`");
    assert_snapshot!(with("status: approved", "status: aproved"), @"OP0104 error 0.oaas.yaml:4:9+7 /status `aproved` is not a value of `status` | did you mean `approved`? allowed are `approved`, `rejected`, `requested`");
    let own = |property: &str| problems(&STRUCTURED.replace("  - {property: costCenter, value: MKT-4711}", property));
    assert_snapshot!(own("  - {property: columns, value: [feul], vendor: outport}"), @"OP0604 error 0.oaas.yaml:36:33+4 /customProperties/0/value/0 the port has no column `feul` | did you mean `fuel`?");
    assert_snapshot!(own("  - {property: renews, value: x, vendor: outport}"), @"OP0604 error 0.oaas.yaml:36:31+1 /customProperties/0/value `renews` is not the id of an agreement | correct it, or leave it out");
    assert_snapshot!(own("  - {property: state, value: revoked, vendor: outport}"), @"OP0604 error 0.oaas.yaml:36:30+7 /customProperties/0/value this state does not fit the `status` | it is `withdrawn` or `revoked`, beside the status `rejected`");
    let long = STRUCTURED.replace("    Classify users in realtime\n", &format!("    {}\n", "x".repeat(201)));
    assert!(problems(&long).starts_with("OP0604 error 0.oaas.yaml:8:12"), "{}", problems(&long));
}

#[test]
fn an_end_can_be_given_to_what_has_none() {
    let loaded = load_with(&[MINIMAL], true);
    assert_eq!((render(&loaded.diagnostics).as_str(), loaded.agreements[0].expires_at), ("", None));
}

#[test]
fn all_documents_are_good_or_none_is_read() {
    let loaded = load_with(&[STRUCTURED, "kind: AccessAgreement\n"], false);
    assert!(loaded.agreements.is_empty() && loaded.diagnostics.iter().all(|problem| problem.file == "1.oaas.yaml"));
    let twice = load_with(&[STRUCTURED, STRUCTURED], false);
    assert_snapshot!(render(&twice.diagnostics), @"OP0605 error 1.oaas.yaml:3:5+14 /id the agreement `orders/2026-07` is in two documents | import one of them, or give it an id of its own");
    assert!(twice.agreements.is_empty());
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..40_000_000, 0_u32..3).prop_map(|(seconds, nanos)| {
        now() - TimeDelta::seconds(seconds) + TimeDelta::milliseconds(i64::from(nanos) * 7)
    })
}

fn agreements() -> impl Strategy<Value = Agreement> {
    let port = PortVersion { product: "fleet".parse().unwrap(), port: "trips".parse().unwrap(), major: 2 };
    let states = select(vec![
        AgreementState::Requested,
        AgreementState::Approved,
        AgreementState::Rejected,
        AgreementState::Withdrawn,
        AgreementState::Revoked,
    ]);
    let consumers = prop_oneof![
        select(vec!["ann", "corporate:ann@example.com", "1", "null", "Zoë"])
            .prop_map(|id| Consumer::Principal(id.parse().unwrap())),
        select(vec!["analysts", "on"]).prop_map(|name| Consumer::Group(name.parse().unwrap())),
    ];
    let texts = || select(vec!["churn analysis", "yes", "a: b #c", "12:30:00", "é 🦀"]).prop_map(str::to_owned);
    let who = (consumers, texts(), option::of(texts()), states);
    let what = (option::of(btree_set(select(vec!["id".to_owned(), "fuel".to_owned()]), 1..3)), 1_u64..90_000_000);
    let when = (moments(), moments(), option::of(any::<u64>()), option::of(texts()));
    (any::<u64>(), who, what, when).prop_map(
        move |(
            id,
            (consumer, purpose, justification, state),
            (columns, seconds),
            (asked, decided, renews, comment),
        )| {
            let of = |number: u64| AgreementId::of(&number.to_string());
            let was_approved = matches!(state, AgreementState::Approved | AgreementState::Revoked);
            let by = Some("root".parse().unwrap());
            Agreement {
                id: of(id),
                port: port.clone(),
                columns,
                purpose: purpose.parse().unwrap(),
                justification,
                state,
                requested_by: "ann".parse().unwrap(),
                requested_at: asked,
                seconds,
                expires_at: was_approved.then(|| decided + TimeDelta::seconds(i64::try_from(seconds).unwrap())),
                renews: renews.map(of),
                decision: (state != AgreementState::Requested).then_some(AgreementDecision {
                    by,
                    at: decided,
                    comment,
                }),
                document: None,
                consumer,
            }
        },
    )
}

fn substance(agreement: &Agreement) -> Agreement {
    Agreement { decision: None, document: None, ..agreement.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is exported and imported is the same agreement, by a document that follows the standard.
    #[test]
    fn agreements_survive_being_written_and_read(agreement in agreements()) {
        let product: Product = good().product();
        let document = oaas::document(&agreement, Some(&product));
        let text = write::document(&document).unwrap();
        let parsed = Document::parse("a.oaas.yaml", text.clone()).unwrap();
        prop_assert_eq!(render(&schema::validate(&parsed)), "");
        let read = on_record(read(&text));
        prop_assert_eq!(substance(&read), substance(&agreement), "{}", text);
        // Once more changes nothing but who decided.
        let again = oaas::document(&Agreement { decision: agreement.decision.clone(), ..read }, Some(&product));
        prop_assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&document).unwrap());
    }

    /// Whatever stands anywhere in a document: it is read, or something is told with its place.
    #[test]
    fn no_document_is_lost_without_a_word(at in any::<prop::sample::Index>(), value in crate::values::value()) {
        let mut changed = Document::parse("a", STRUCTURED).unwrap().value().clone();
        let pointers = crate::values::pointers(&changed);
        *changed.pointer_mut(&pointers[at.index(pointers.len())]).unwrap() = value;
        let loaded = load(&write::yaml(&changed));
        let wrong = loaded.diagnostics.iter().any(Diagnostic::is_error);
        prop_assert!(loaded.diagnostics.iter().all(|problem| problem.span.is_some()), "{}", render(&loaded.diagnostics));
        prop_assert_eq!(loaded.agreements.len(), usize::from(!wrong), "{}", render(&loaded.diagnostics));
    }

    /// Whatever a team of elsewhere has written down stays, key by key.
    #[test]
    fn documents_lose_nothing_on_record(name in crate::values::text(), tag in crate::values::text(), extra in crate::values::value()) {
        let mut value = Document::parse("a", STRUCTURED).unwrap().value().clone();
        value["name"] = json!(name);
        value["tags"] = json!([tag]);
        value["customProperties"][0]["value"] = extra;
        let text = write::yaml(&value);
        prop_assume!(!text.contains("${"));
        let written = oaas::document(&on_record(read(&text)), None);
        let written = serde_json::to_value(&written).unwrap();
        prop_assert!(within(&value, &written), "{:#}", written);
    }
}

#[test]
fn a_port_that_is_gone_is_exported_by_its_names() {
    let agreement =
        on_record(WrittenAgreement { columns: Some(BTreeSet::from(["id".to_owned()])), ..read(STRUCTURED) });
    let document = oaas::document(&Agreement { document: None, ..agreement }, None);
    let provider = &document.provider;
    let names = [&provider.team_id, &provider.data_product_id, &provider.output_port_id].map(String::as_str);
    assert_eq!(names, ["fleet", "fleet", "trips"]);
    assert_eq!(provider.data_contract_version.as_deref(), Some("2.0.0"));
}
