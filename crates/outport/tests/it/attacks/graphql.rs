//! GraphQL: introspection, filters, cursors, and documents that ask for too much at once.

use serde_json::{Value, json};

use super::twins::{Single, Twins, Verdict};
use crate::through::Asker;

const INTROSPECTION: &str = "{ __schema { queryType { name } types { kind name description \
    fields(includeDeprecated: true) { name description args { name defaultValue type { name kind ofType { name } } } \
    type { name kind ofType { name kind ofType { name } } } } \
    inputFields { name type { name kind ofType { name } } } enumValues(includeDeprecated: true) { name } } \
    directives { name args { name } } } }";

/// Documents, each of them answered or refused alike by both homes.
pub(super) const DOCUMENTS: [(&str, &str); 44] = [
    ("introspection: everything", INTROSPECTION),
    ("introspection: a visible type", "{ __type(name: \"vault_people\") { name fields { name } } }"),
    ("introspection: a hidden type", "{ __type(name: \"sealed_secrets\") { name fields { name } } }"),
    ("introspection: filters", "{ __type(name: \"vault_people__where\") { inputFields { name } } }"),
    ("introspection: orders", "{ __type(name: \"vault_people__order\") { enumValues { name } } }"),
    ("introspection: under another name", "{ x: __schema { y: types { z: name } } }"),
    ("introspection: names of rows", "{ vault_people { nodes { __typename id } __typename } }"),
    ("column: hidden", "{ vault_people { nodes { note } } }"),
    ("column: hidden, under another name", "{ vault_people { nodes { id: note } } }"),
    ("column: hidden, in a fragment", "{ vault_people { nodes { ...f } } } fragment f on vault_people { note }"),
    ("column: hidden, in a filter", "{ vault_people(where: {note: {eq: \"hid-note-1\"}}) { nodes { id } } }"),
    ("column: hidden, in an order", "{ vault_people(orderBy: [note_ASC]) { nodes { id } } }"),
    ("column: hidden, skipped", "{ vault_people { nodes { id note @skip(if: true) } } }"),
    ("column: nearly the name of a hidden one", "{ vault_people { nodes { nota } } }"),
    ("table: hidden", "{ sealed_secrets { nodes { id secret } } }"),
    ("table: hidden, counted by pages", "{ sealed_secrets(first: 1) { pageInfo { hasNextPage } } }"),
    ("table: rows that were held back", "{ vault_people_quarantine { nodes { id } } }"),
    ("table: nearly the name of a hidden one", "{ sealed_secret { nodes { id } } }"),
    (
        "rows: all",
        "{ vault_people(first: 1000) { nodes { id region email salary } pageInfo { hasNextPage endCursor } } }",
    ),
    ("rows: another region", "{ vault_people(where: {region: {eq: \"US\"}}) { nodes { id } } }"),
    ("rows: any region but one's own", "{ vault_people(where: {region: {ne: \"EU\"}}) { nodes { id } } }"),
    ("rows: no region", "{ vault_people(where: {region: {isNull: true}}) { nodes { id } } }"),
    ("rows: by key", "{ vault_people(where: {id: {eq: 9001}}) { nodes { id salary } } }"),
    ("rows: by a list of keys", "{ vault_people(where: {id: {in: [1, 9001, 9002]}}) { nodes { id } } }"),
    ("rows: by a great value", "{ vault_people(where: {salary: {gt: 880000}}) { nodes { id } } }"),
    ("rows: the greatest value", "{ vault_people(orderBy: [salary_DESC], first: 1) { nodes { salary } } }"),
    (
        "rows: whether there is another page",
        "{ vault_people(first: 4) { nodes { id } pageInfo { hasNextPage endCursor } } }",
    ),
    ("rows: pages of one", "{ vault_people(first: 1, orderBy: [salary_DESC]) { pageInfo { hasNextPage endCursor } } }"),
    ("mask: compared with the value", "{ vault_people(where: {email: {eq: \"hid-mail-1@x.test\"}}) { nodes { id } } }"),
    ("mask: compared with a prefix", "{ vault_people(where: {email: {like: \"hid%\"}}) { nodes { id } } }"),
    ("mask: by halving", "{ vault_people(where: {email: {lt: \"hj\"}}) { nodes { id } } }"),
    ("mask: in an order", "{ vault_people(orderBy: [email_DESC]) { nodes { id } } }"),
    ("mask: a list", "{ vault_people(where: {email: {in: [\"hid-mail-1@x.test\", \"x\"]}}) { nodes { id } } }"),
    ("injection: SQL in a value", "{ vault_people(where: {region: {eq: \"EU' OR '1'='1\"}}) { nodes { id } } }"),
    (
        "injection: SQL in a pattern",
        "{ vault_people(where: {region: {like: \"%' UNION SELECT note FROM vault.people --\"}}) { nodes { id } } }",
    ),
    ("injection: an order that is a text", "{ vault_people(orderBy: [\"note\"]) { nodes { id } } }"),
    ("injection: a number that is a text", "{ vault_people(where: {id: {eq: \"1 OR 1=1\"}}) { nodes { id } } }"),
    ("injection: a great number", "{ vault_people(where: {id: {eq: 99999999999999999999}}) { nodes { id } } }"),
    ("cursor: one that was made up", "{ vault_people(after: \"eyJ2IjpbOTAwMF19\") { nodes { id } } }"),
    ("cursor: SQL", "{ vault_people(after: \"' OR 1=1 --\") { nodes { id } } }"),
    ("cursor: nothing", "{ vault_people(after: \"\") { nodes { id } } }"),
    (
        "alias: the same table three times",
        "{ a: vault_people { nodes { id } } b: vault_people { nodes { salary } } c: vault_people(first: 1) { nodes { id } } }",
    ),
    (
        "alias: a hidden table among visible ones",
        "{ a: vault_people { nodes { id } } b: sealed_secrets { nodes { id } } }",
    ),
    ("release: which one", "{ vault_people(first: 1) { release } }"),
];

async fn whole(asker: &Asker<'_>, document: &str) -> Result<Value, String> {
    let reply = asker.post("/graphql", &json!({ "query": document })).await;
    let said = sorted(reply.json());
    // Order and number of errors count too, so that the whole answer is compared.
    if said.get("errors").is_none() && reply.status == 200 { Ok(said) } else { Err(said.to_string()) }
}

/// Members by name: roots come in the order in which they are ready.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.into_iter().collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_tell_nothing_of_what_is_hidden() {
    let twins = Twins::open().await;
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    for (name, document) in DOCUMENTS {
        let answers = [whole(&one, document).await, whole(&other, document).await];
        verdict.compare(name, document, &answers);
    }
    verdict.is_clean(DOCUMENTS.len(), 20);
}

/// What is refused for its form, before anything is read.
pub(super) const FORMS: [&str; 14] = [
    "form: a mutation",
    "form: a subscription",
    "form: more aliases than are allowed",
    "form: more roots than are allowed",
    "form: deeper than is allowed",
    "form: brackets without end",
    "form: fragments that double each other",
    "form: a fragment within itself",
    "form: more directives than are allowed",
    "form: several documents at once",
    "form: a document that is a number",
    "form: a body that is no JSON",
    "form: an operation that is not there",
    "form: more rows than are allowed",
];

#[expect(clippy::format_collect, reason = "fragments are few")]
fn form(name: &str) -> String {
    let many = |count: usize, each: &str| (0..count).map(|n| each.replace('#', &n.to_string())).collect::<String>();
    let nodes = "vault_people { nodes { id } }";
    let document = match name {
        "form: a mutation" => format!("mutation {{ {nodes} }}"),
        "form: a subscription" => format!("subscription {{ {nodes} }}"),
        "form: more aliases than are allowed" => {
            format!("{{ vault_people {{ nodes {{ {} }} }} }}", many(60, "a#: id "))
        }
        "form: more roots than are allowed" => format!("{{ {} }}", many(11, &format!("a#: {nodes} "))),
        "form: deeper than is allowed" => "{ a ".repeat(9) + &"}".repeat(9),
        "form: brackets without end" => "{a".repeat(50_000),
        "form: fragments that double each other" => {
            let fragments: String =
                (0..20).map(|n| format!("fragment f{n} on Query {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
            format!("{{ ...f0 }} {fragments} fragment f20 on Query {{ workspace }}")
        }
        "form: a fragment within itself" => "{ ...f } fragment f on Query { ...f }".to_owned(),
        "form: more directives than are allowed" => format!("{{ workspace {} }}", "@skip(if: false) ".repeat(40)),
        "form: several documents at once" => {
            return json!([{ "query": "{ workspace }" }, { "query": "{ workspace }" }]).to_string();
        }
        "form: a document that is a number" => return json!({ "query": 7 }).to_string(),
        "form: a body that is no JSON" => return "query { workspace }".to_owned(),
        "form: an operation that is not there" => {
            return json!({ "query": "query a { workspace }", "operationName": "b" }).to_string();
        }
        "form: more rows than are allowed" => "{ vault_people(first: 1001) { nodes { id } } }".to_owned(),
        other => panic!("{other} is not tried"),
    };
    json!({ "query": document }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_of_a_wrong_form_are_refused() {
    let single = Single::open().await;
    let asker = single.asker();
    for name in FORMS {
        let request = asker.request(reqwest::Method::POST, "/graphql");
        let reply = asker.send(request.header("content-type", "application/json").body(form(name))).await;
        let said = reply.text();
        let refused = (400..500).contains(&reply.status)
            || (reply.status == 200 && reply.json()["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
        assert!(refused, "{name}: {} {said}", reply.status);
        assert!(!said.contains("hid-") && said.len() < 4_096, "{name}: {said}");
    }
    // The server is as it was.
    assert!(asker.graphql("{ workspace }", &json!({})).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_is_good_for_its_own_question_alone() {
    let single = Single::open().await;
    let asker = single.asker();
    let first = "{ vault_people(first: 2, orderBy: [id_ASC]) { pageInfo { endCursor } } }";
    let page = asker.graphql(first, &json!({})).await.unwrap();
    let cursor = page["vault_people"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let next = |more: &str| format!("{{ vault_people(first: 2, after: \"{cursor}\"{more}) {{ nodes {{ id }} }} }}");
    assert!(asker.graphql(&next(", orderBy: [id_ASC]"), &json!({})).await.is_ok());
    for other in [", orderBy: [salary_ASC]", ", orderBy: [id_ASC], where: {id: {gt: 0}}", ", orderBy: [id_DESC]"] {
        assert!(asker.graphql(&next(other), &json!({})).await.is_err(), "{other}");
    }
}
