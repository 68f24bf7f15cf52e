//! Test cases of policies: what they say, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use outport_model::{
    access::{Mask, PortAction},
    case::{Case, ExpectedSight, Subject},
    diagnostic::Diagnostic,
    name::GroupName,
    principal::{Door, PrincipalKind},
};
use outport_spec::{Document, bundle::BundleFiles, cases, schema, write};
use proptest::prelude::*;

use crate::{
    fixture::{Fixture, good},
    render::render,
    values,
};

const FILE: &str = "policies/tests/trips.yaml";

/// A case with every key.
const ALL_KEYS: &str = "
  - name: all of it
    principal: ann
    purpose: planning
    door: mcp
    at: 2026-06-15T12:00:00+02:00
    agreement: {columns: [id], expires: 2026-07-01}
    table: fleet.trips
    expect:
      by: [drivers]
      grace: []
      columns: {id: clear, fuel: {is: masked number(10), by: [coarse]}}
      rows: [short]
      minimumGroup: 5
";

const HEAD: &str = "\
apiVersion: outport/v1
kind: AccessTests
principals:
  ann: {groups: [drivers], region: north, department: fleet, clearance: 3, labels: {team: blue}}
  bot: {kind: service}
rows:
  trips:
    short: {id: 1, fuel: 0.5}
    long: {id: 2}
cases:
";

fn bundle(cases: &str) -> Fixture {
    good().file(FILE, format!("{HEAD}{cases}"))
}

fn problems(cases: &str) -> String {
    bundle(cases).problems()
}

/// The cases of a bundle that is as it should be.
fn cases_of(cases: &str) -> Vec<Case> {
    let loaded = bundle(cases).load();
    assert_eq!(render(&loaded.diagnostics), "");
    loaded.cases
}

#[test]
fn a_case_says_everything_that_a_decision_depends_on() {
    let cases = cases_of(ALL_KEYS);
    let [case] = cases.as_slice() else { panic!("{cases:?}") };
    assert_eq!((case.name.as_str(), case.line), ("all of it", 12));
    assert!(case.file.ends_with(FILE), "{}", case.file);
    assert_eq!(case.principal.id.as_str(), "ann");
    assert_eq!(case.principal.groups.iter().map(GroupName::as_str).collect::<Vec<_>>(), ["drivers"]);
    assert_eq!((case.principal.region.as_deref(), case.principal.clearance), (Some("north"), Some(3)));
    assert_eq!(case.principal.labels, BTreeMap::from([("team".to_owned(), "blue".to_owned())]));
    assert_eq!((case.door, case.at), (Door::Mcp, Some("2026-06-15T10:00:00Z".parse().unwrap())));
    let agreement = case.agreement.as_ref().unwrap();
    assert_eq!(agreement.purpose.as_str(), "planning");
    assert_eq!(agreement.columns, Some(BTreeSet::from(["id".to_owned()])));
    assert_eq!(agreement.expires_at, Some("2026-07-01T00:00:00Z".parse().unwrap()));
    let Subject::Table { port, table, rows } = &case.subject else { panic!("{:?}", case.subject) };
    assert_eq!((port.to_string().as_str(), table.as_str()), ("fleet.trips@2", "trips"));
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["short", "long"]);
    assert_eq!(rows[0].values["fuel"], 0.5);
    let expected = &case.expected;
    assert!(expected.allowed);
    assert_eq!(expected.by, Some(BTreeSet::from(["drivers".to_owned()])));
    assert_eq!(expected.grace, Some(BTreeSet::new()));
    assert_eq!(expected.columns["id"].sight, ExpectedSight::Clear);
    assert_eq!(expected.columns["fuel"].sight, ExpectedSight::Masked(Some(Mask::NumberBucket { width: 10 })));
    assert_eq!(expected.columns["fuel"].by, Some(BTreeSet::from(["coarse".to_owned()])));
    assert_eq!(expected.rows, Some(BTreeSet::from(["short".to_owned()])));
    assert_eq!(expected.minimum_group, Some(5));
}

#[test]
fn ports_and_administration_are_asked_for_by_their_actions() {
    let cases = cases_of(
        "
  - {name: a, principal: bot, port: trips, action: autoApprove, expect: denied}
  - {name: b, principal: bot, port: trips@2, expect: allowed}
  - {name: c, principal: bot, action: administer, expect: {access: denied, by: []}}
",
    );
    let subjects: Vec<_> = cases.iter().map(|case| case.subject.clone()).collect();
    let Subject::Port { action: PortAction::AutoApprove, .. } = &subjects[0] else { panic!("{subjects:?}") };
    let Subject::Port { port, action: PortAction::Read } = &subjects[1] else { panic!("{subjects:?}") };
    assert_eq!(port.major, 2);
    assert_eq!(subjects[2], Subject::Administration);
    assert_eq!(cases[0].principal.kind, PrincipalKind::Service);
    assert_eq!(cases.iter().map(|case| case.expected.allowed).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(cases[0].door, Door::Sql);
}

#[test]
fn names_that_lead_to_nothing_are_told_with_what_was_meant() {
    assert_snapshot!(problems("  - {name: a, principal: anne, table: trips, expect: allowed}\n"), @"OP0507 error policies/tests/trips.yaml:11:26+4 /cases/0/principal there is no principal `anne` | did you mean `ann`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trip, expect: allowed}\n"), @"OP0507 error policies/tests/trips.yaml:11:38+4 /cases/0/table there is no table `trip` | did you mean `trips`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, port: trips@1, expect: allowed}\n"), @"OP0507 error policies/tests/trips.yaml:11:37+7 /cases/0/port there is no port `trips@1` | did you mean `trips@2`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: {columns: {feul: clear}}}\n"), @"OP0507 error policies/tests/trips.yaml:11:70+5 /cases/0/expect/columns/feul there is no column `feul` | did you mean `fuel`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: {rows: [shrot]}}\n"), @"OP0507 error policies/tests/trips.yaml:11:61+5 /cases/0/expect/rows/0 there is no sample row `shrot` | did you mean `short`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, purpose: x, agreement: {columns: [ids]}, table: trips, expect: allowed}\n"), @"OP0507 error policies/tests/trips.yaml:11:65+3 /cases/0/agreement/columns/0 there is no column `ids` | did you mean `id`?");
}

#[test]
fn parts_that_do_not_fit_together_are_told() {
    assert_snapshot!(problems("  - {name: a, principal: ann, expect: allowed}\n"), @"OP0508 error policies/tests/trips.yaml:11:5+42 /cases/0 the case does not say one thing that is asked for | name a `table` that is read, a `port` and the `action` with it, or only the action `administer`");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, action: request, expect: allowed}\n"), @"OP0508 error policies/tests/trips.yaml:11:5+73 /cases/0 the case does not say one thing that is asked for | name a `table` that is read, a `port` and the `action` with it, or only the action `administer`");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: {access: denied, rows: []}}\n"), @"OP0508 error policies/tests/trips.yaml:11:70+4 /cases/0/expect/rows `rows` of a table that may not be read | who may not read it sees nothing of it: remove this");
    assert_snapshot!(problems("  - {name: a, principal: ann, port: trips, expect: {columns: {id: clear}}}\n"), @"OP0508 error policies/tests/trips.yaml:11:53+7 /cases/0/expect/columns `columns` of something that is no table | name a `table` in the case, or remove this");
    assert_snapshot!(problems("  - {name: a, principal: ann, agreement: {}, table: trips, expect: allowed}\n"), @"OP0508 error policies/tests/trips.yaml:11:31+9 /cases/0/agreement the agreement is for no purpose | give the agreement or the case a `purpose`");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: other.trips, expect: allowed}\n"), @"OP0508 error policies/tests/trips.yaml:11:38+11 /cases/0/table `other.trips` is not of the product `fleet` | the policies of a bundle decide about its own product alone, and so do its cases; cases about others belong into a file of the workspace: `outport access test FILE`");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: allowed}\n  - {name: a, principal: bot, table: trips, expect: denied}\n"), @"OP0510 error policies/tests/trips.yaml:12:5+55 /cases/1 two cases have the name `a` | results are told apart by the name: give each case its own");
}

#[test]
fn texts_of_the_wrong_form_are_told() {
    assert_snapshot!(problems("  - {name: a, principal: ann, at: noon, table: trips, expect: allowed}\n"), @"OP0105 error policies/tests/trips.yaml:11:35+4 /cases/0/at `noon` is not a moment | write it as `2026-06-15T12:00:00Z`, or as a day, `2026-06-15`");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: {columns: {id: maskd}}}\n"), @"OP0105 error policies/tests/trips.yaml:11:68+5 /cases/0/expect/columns/id `maskd` is not how a column is seen | did you mean `masked`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: {columns: {id: masked last}}}\n"), @"OP0105 error policies/tests/trips.yaml:11:68+11 /cases/0/expect/columns/id `last` lacks what belongs in brackets | masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`");
    let empty = good()
        .file(FILE, HEAD.replace("bot:", "\" \":") + "  - {name: a, principal: ann, table: trips, expect: allowed}\n");
    assert_snapshot!(empty.problems(), @r#"OP0105 error policies/tests/trips.yaml:5:8+15 /principals/  ` ` is not the name of a principal: it is empty"#);
}

#[test]
fn sample_rows_are_rows_that_the_table_could_have() {
    let rows = |rows: &str| {
        let text = HEAD.replace("    short: {id: 1, fuel: 0.5}\n", &format!("    short: {rows}\n"));
        good().file(FILE, text + "  - {name: a, principal: ann, table: trips, expect: allowed}\n").problems()
    };
    assert_eq!(rows("{id: null, fuel: 3}"), "");
    assert_snapshot!(rows("{id: 1.5}"), @"OP0509 error policies/tests/trips.yaml:8:17+3 /rows/trips/short/id this is no value of `id`, which is integer (i64) | write a whole number that the type can hold, without quotes");
    assert_snapshot!(rows("{fuel: \"3\"}"), @r#"OP0509 error policies/tests/trips.yaml:8:19+3 /rows/trips/short/fuel this is no value of `fuel`, which is number (f64) | write a number, without quotes"#);
    assert_snapshot!(rows("{feul: 3}"), @"OP0507 error policies/tests/trips.yaml:8:13+4 /rows/trips/short/feul there is no column `feul` | did you mean `fuel`?");
}

#[test]
fn the_form_is_that_of_the_published_schema() {
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expct: allowed}\n"), @"OP0101 error policies/tests/trips.yaml:11:45+5 /cases/0/expct the key `expct` is not known here | did you mean `expect`?");
    assert_snapshot!(problems("  - {name: a, principal: ann, table: trips, expect: alowed}\n"), @"OP0104 error policies/tests/trips.yaml:11:53+6 /cases/0/expect `alowed` is not a value of `expect` | did you mean `allowed`? allowed are `allowed`, `denied`");
    assert_snapshot!(problems("  - {name: a, principal: ann, port: trips, action: write, expect: denied}\n"), @"OP0104 error policies/tests/trips.yaml:11:52+5 /cases/0/action `write` is not a value of `action` | allowed are `administer`, `approve`, `autoApprove`, `discover`, `operate`, `read`, `request`");
    assert_snapshot!(problems("  []\n"), @"OP0106 error policies/tests/trips.yaml:11:3+2 /cases `cases` must have at least 1 items");
}

#[test]
fn the_schema_names_every_door_and_every_action() {
    let schema: serde_json::Value = serde_json::from_str(cases::SCHEMA).unwrap();
    let listed = |pointer: &str| {
        let values = schema.pointer(pointer).unwrap().as_array().unwrap();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let doors: Vec<_> = Door::ALL.iter().map(|door| door.as_str().to_owned()).collect();
    assert_eq!(listed("/$defs/Case/properties/door/enum"), doors);
    let actions: Vec<_> =
        PortAction::ALL.iter().map(|action| action.as_str()).chain(["administer"]).map(str::to_owned).collect();
    assert_eq!(listed("/$defs/Case/properties/action/enum"), actions);
}

#[test]
fn the_guide_has_every_key_of_the_schema() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        found.extend(properties.into_iter().flat_map(serde_json::Map::keys).cloned());
        schema.as_object().into_iter().flat_map(serde_json::Map::values).for_each(|member| keys(member, found));
    }
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(cases::SCHEMA).unwrap(), &mut found);
    assert!(found.contains("minimumGroup") && found.contains("department"), "{found:?}");
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/access.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let missing: Vec<_> = found.iter().filter(|key| !guide.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/guide/access.md does not describe {missing:?}");
}

#[test]
fn a_file_of_the_workspace_names_products() {
    let (fleet, text) = (good().product(), |table: &str| {
        format!(
            "apiVersion: outport/v1\nkind: AccessTests\nprincipals: {{ann: {{}}}}\ncases:\n  - {{name: a, principal: ann, table: {table}, expect: denied}}\n"
        )
    });
    let load = |table: &str| {
        let files = BTreeMap::from([("all.access.yaml".to_owned(), text(table).into_bytes())]);
        cases::load(&BundleFiles::new("", files), &[&fleet], &|_| None)
    };
    let loaded = load("fleet.trips");
    assert_eq!((render(&loaded.diagnostics).as_str(), loaded.cases.len()), ("", 1));
    assert_snapshot!(render(&load("trips").diagnostics), @"OP0105 error all.access.yaml:5:38+5 /cases/0/table `trips` does not say of which product it is | write it as `product.table` or `product.port`");
    assert_snapshot!(render(&load("fleets.trips").diagnostics), @"OP0507 error all.access.yaml:5:38+12 /cases/0/table there is no product `fleets` | did you mean `fleet`?");
    assert!(load("trips").cases.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands anywhere in a file: every case is read, or something is told with its place.
    #[test]
    fn no_case_is_lost_without_a_word(at in any::<prop::sample::Index>(), value in values::value()) {
        let mut changed = Document::parse("a", format!("{HEAD}{ALL_KEYS}")).unwrap().value().clone();
        let pointers = values::pointers(&changed);
        *changed.pointer_mut(&pointers[at.index(pointers.len())]).unwrap() = value;
        let loaded = good().file(FILE, write::yaml(&changed)).load();
        let wrong = loaded.diagnostics.iter().any(Diagnostic::is_error);
        prop_assert!(loaded.diagnostics.iter().all(|problem| problem.span.is_some()), "{}", render(&loaded.diagnostics));
        let read = if wrong { 0 } else { changed["cases"].as_array().map_or(0, Vec::len) };
        prop_assert_eq!(loaded.cases.len(), read, "{}", render(&loaded.diagnostics));
        prop_assert!(wrong || read > 0);
    }
}

#[test]
fn a_document_of_another_kind_is_no_file_of_cases() {
    let document = Document::parse("a.access.yaml", "apiVersion: outport/v1\nkind: DataProduct\n").unwrap();
    let found: Vec<_> =
        schema::validate_access_tests(&document).iter().map(|problem| problem.code.to_string()).collect();
    assert_eq!(found, ["OP0102", "OP0102", "OP0104"]);
}
