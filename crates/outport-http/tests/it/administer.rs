//! What administrators look at and try: settings, depots, groups, the record of requests, policies; and documents of
//! agreements.

use std::{path::PathBuf, sync::Arc};

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use outport_http::{
    Addresses, AgreementContext, DepotFound, DepotSetting, Documents, Endpoint, Installation, Loaded, SentDocuments,
    Setting, SettingSource,
};
use outport_model::{
    agreement::{Agreement, WrittenAgreement},
    audit::RequestResult,
    case::Case,
    diagnostic::{Code, Diagnostic},
    principal::Door,
    product::Product,
};
use outport_test::{fixture, store::PutUser};
use serde_json::{Value, json};

use crate::support::{ADA, Home, OLGA, ROOT, Reply, request, send, with};

/// Three depots, one of which is there, and two settings, one of which is a secret.
#[derive(Debug)]
struct Installed;

impl Installation for Installed {
    fn settings(&self) -> Vec<Setting> {
        let setting = |name: &str, value: Value, secret| Setting {
            name: name.to_owned(),
            about: "A setting.",
            value,
            secret,
            source: SettingSource::Environment,
            from: Some("OUTPORT_X".to_owned()),
        };
        vec![setting("serve.key", Setting::SET.into(), true), setting("limits.rows", 7.into(), false)]
    }

    fn depots(&self) -> Vec<DepotSetting> {
        let depot = |name: &str, folder: &str| DepotSetting {
            name: name.parse().unwrap(),
            location: folder.to_owned(),
            folder: PathBuf::from(folder),
        };
        vec![depot("data", "/data"), depot("gone", "/dat"), depot("locked", "/locked")]
    }

    fn look_at(&self, depot: &DepotSetting) -> DepotFound {
        match depot.name.as_str() {
            "data" => DepotFound::Readable,
            "gone" => DepotFound::Missing,
            _ => DepotFound::Unreadable { reason: "permission denied".to_owned() },
        }
    }
}

/// Documents whose text is the name of a product; one with the text `broken` has an error.
#[derive(Debug)]
struct Named;

impl Documents for Named {
    fn cases(&self, sent: SentDocuments, _: &[Product]) -> Loaded<Case> {
        let diagnostics = sent.documents.iter().map(|document| broken(&document.file)).collect();
        Loaded { found: Vec::new(), diagnostics }
    }

    fn agreements(&self, sent: SentDocuments, context: &AgreementContext) -> Loaded<WrittenAgreement> {
        let mut loaded = Loaded { found: Vec::new(), diagnostics: Vec::new() };
        for document in sent.documents {
            let known = context.products.iter().any(|product| product.name.as_str() == document.text);
            if known {
                loaded.found.push(written(&document.text));
            } else {
                loaded.diagnostics.push(broken(&document.file));
            }
        }
        loaded
    }

    fn agreement(&self, agreement: &Agreement, product: Option<&Product>) -> Value {
        json!({ "id": agreement.id, "product": product.map(|product| &product.name) })
    }
}

fn broken(file: &str) -> Diagnostic {
    Diagnostic::error(Code::new("OP9999"), file, "it is broken")
}

/// An agreement of `cem` about a product.
fn written(product: &str) -> WrittenAgreement {
    let agreement = fixture::agreement(7, product);
    WrittenAgreement {
        id: agreement.id,
        port: agreement.port,
        columns: None,
        consumer: outport_model::agreement::Consumer::Principal(fixture::principal_id("cem")),
        purpose: fixture::purpose("churn"),
        justification: None,
        state: outport_model::agreement::AgreementState::Approved,
        requested_by: None,
        requested_at: None,
        begins_at: None,
        expires_at: None,
        seconds: None,
        renews: None,
        document: json!({}),
    }
}

fn open(home: &Home) -> Router {
    home.router_with(|options| {
        options.installation = Some(Arc::new(Installed));
        options.documents = Some(Arc::new(Named));
        let at = |port| Some(Endpoint { host: "127.0.0.1".to_owned(), port });
        options.addresses = Addresses { http: at(7411), postgres: at(5432), flight: None };
    })
}

fn post(token: &str, path: &str, body: &Value) -> Request<Body> {
    with(request(token, "POST", path, body.to_string()), "content-type", "application/json")
}

async fn ask(router: &Router, token: &str, path: &str) -> Reply {
    send(router, request(token, "GET", path, Body::empty())).await
}

async fn found(router: &Router, path: &str) -> Value {
    let reply = ask(router, ROOT, path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

/// The answer to something that is sent.
async fn done(router: &Router, token: &str, path: &str, body: &Value) -> Value {
    let reply = send(router, post(token, path, body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn only_administrators_are_told_and_each_request_is_on_record() {
    let home = Home::new().await;
    let router = open(&home);
    for token in [ADA, OLGA] {
        for asked in [
            request(token, "GET", "/v1/settings", ""),
            request(token, "GET", "/v1/depots", ""),
            request(token, "GET", "/v1/groups", ""),
            request(token, "GET", "/v1/audit?user=ada&door=sql", ""),
            request(token, "GET", "/v1/audit/00000000-0000-7000-8000-000000000000", ""),
            request(token, "GET", "/v1/audit/nosuch", ""),
            request(token, "GET", "/v1/product-policies/shop", ""),
            request(token, "GET", "/v1/product-policies/nosuch", ""),
            request(token, "GET", "/v1/product-policies/No%20such", ""),
            post(token, "/v1/policy-check", &json!({ "name": "x", "text": "permit;" })),
            post(token, "/v1/policy-tests", &json!({ "product": "shop", "table": "daily" })),
            post(token, "/v1/policy-tests", &json!({})),
        ] {
            let said = format!("{} {}", asked.method(), asked.uri());
            let before = home.records().len();
            let reply = send(&router, asked).await;
            assert_eq!(reply.problem()["status"], 403, "{said}");
            let records = home.records();
            assert_eq!(records.len(), before + 1, "{said}");
            let record = records.last().unwrap();
            assert_eq!(
                (record.door, record.id.to_string().as_str()),
                (Door::Management, reply.header("outport-request"))
            );
            assert!(matches!(record.result, RequestResult::Refused { .. }), "{said}: {:?}", record.result);
        }
    }
}

#[tokio::test]
async fn settings_are_told_with_doors_and_limits() {
    let home = Home::new().await;
    let told = found(&open(&home), "/v1/settings").await;
    assert_eq!((&told["workspace"], &told["limits"]["concurrent"]), (&json!("prod"), &json!(16)));
    assert_eq!(
        told["doors"],
        json!([
            { "door": "http", "address": "http://127.0.0.1:7411", "tls": false },
            { "door": "postgres", "address": "127.0.0.1:5432", "tls": false },
        ])
    );
    assert_eq!(
        told["settings"],
        json!([
            { "name": "limits.rows", "about": "A setting.", "value": 7, "secret": false, "source": "environment", "from": "OUTPORT_X" },
            { "name": "serve.key", "about": "A setting.", "value": "set", "secret": true, "source": "environment", "from": "OUTPORT_X" },
        ])
    );
}

#[tokio::test]
async fn depots_are_told_as_they_are_found_with_who_reads_them() {
    let home = Home::new().await;
    let product = fixture::product_of_files("files", &["daily"]);
    crate::support::publish_changed(&home, "files", move |compiled| compiled.product.inputs = product.inputs).await;
    let depots = found(&open(&home), "/v1/depots").await;
    let told: Vec<_> = depots
        .as_array()
        .unwrap()
        .iter()
        .map(|depot| json!([depot["name"], depot["state"], depot["problem"], depot["usedBy"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["data", "readable", null, [{ "product": "files", "port": "raw" }]],
            ["gone", "missing", null, []],
            ["locked", "unreadable", "permission denied", []],
        ])
    );
    assert_eq!((&depots[0]["kind"], &depots[0]["location"]), (&json!("folder"), &json!("/data")));
    assert!(depots[0]["lookedAt"].is_string());
    // A server that knows of none says so.
    assert_eq!(found(&home.router(), "/v1/depots").await, json!([]));
}

#[tokio::test]
async fn groups_come_in_pages() {
    let home = Home::new().await;
    let users = &home.gate.wardens().users;
    for (name, group) in [("ann", "analysts"), ("bob", "readers"), ("cem", "analysts")] {
        let principal = fixture::principal(name, &[group]);
        users.put_user(&outport_app::identity::User { principal, ..fixture::user(name) }).await.unwrap();
    }
    let router = open(&home);
    let page = ask(&router, ROOT, "/v1/groups?limit=1").await;
    let group = page.json();
    assert_eq!(group[0]["name"], "analysts");
    assert_eq!(group[0]["members"][1], json!({ "id": "cem", "kind": "user", "disabled": false }));
    let next = page.header("link").strip_suffix(">; rel=\"next\"").unwrap().trim_start_matches('<').to_owned();
    assert_eq!(found(&router, &next).await[0]["name"], "readers");
    for wrong in ["cursor=!", "page=2", "limit=x"] {
        assert_eq!(ask(&router, ROOT, &format!("/v1/groups?{wrong}")).await.problem()["status"], 400, "{wrong}");
    }
}

#[tokio::test]
async fn the_record_is_narrowed_and_the_link_keeps_by_what() {
    let home = Home::new().await;
    let router = open(&home);
    let audit = &home.gate.wardens().audit;
    for number in 1..=5 {
        let mut record = fixture::request_record(number, "SELECT 1");
        record.principal = Some(fixture::principal_id(if number == 2 { "bob" } else { "ann" }));
        audit.append(&record).unwrap();
    }
    let path = "/v1/audit?user=ann&product=flights&port=daily&door=sql&result=answered&purpose=churn+analysis\
                &from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=3";
    let page = ask(&router, ROOT, path).await;
    let seconds = |page: &Value| -> Vec<String> {
        page.as_array().unwrap().iter().map(|record| record["at"].as_str().unwrap().to_owned()).collect()
    };
    let at = |number| json!(fixture::moment(number)).as_str().unwrap().to_owned();
    assert_eq!(seconds(&page.json()), [at(3), at(4), at(5)], "{}", page.text());
    let next = page.header("link").strip_suffix(">; rel=\"next\"").unwrap().trim_start_matches('<').to_owned();
    assert_eq!(seconds(&found(&router, &next).await), [at(1)]);
    let agreement = fixture::agreement_id(1);
    assert_eq!(seconds(&found(&router, &format!("/v1/audit?agreement={agreement}&limit=1")).await), [at(5)]);
    let refused = found(&router, "/v1/audit?result=refused").await;
    assert_eq!(refused, json!([]));
    let id = fixture::request_record(4, "").id;
    assert_eq!(found(&router, &format!("/v1/audit/{id}")).await["at"], json!(fixture::moment(4)));
    for missing in ["00000000-0000-7000-8000-000000000000", "nosuch"] {
        assert_eq!(ask(&router, ROOT, &format!("/v1/audit/{missing}")).await.problem()["status"], 404, "{missing}");
    }
    for wrong in ["door=front", "result=fine", "from=yesterday", "product=No", "agreement=1", "principal=ann"] {
        let refused = ask(&router, ROOT, &format!("/v1/audit?{wrong}")).await;
        assert_eq!(refused.problem()["status"], 400, "{wrong}");
    }
}

#[tokio::test]
async fn administrators_see_what_someone_would_see() {
    let home = Home::new().await;
    let router = open(&home);
    let body = json!({ "product": "shop", "table": "daily", "principal": { "id": "eve", "groups": ["analysts"] }, "purpose": "churn" });
    let tests = done(&router, ROOT, "/v1/policy-tests", &body).await;
    assert_eq!((&tests["passed"], &tests["cases"]), (&json!(true), &json!([])));
    let sight = &tests["sight"];
    assert_eq!(sight["readable"], true);
    assert_eq!(
        sight["columns"],
        json!([
            { "name": "id", "sight": "clear", "mask": null },
            { "name": "name", "sight": "masked", "mask": "hash" },
            { "name": "price", "sight": "clear", "mask": null },
            { "name": "secret", "sight": "hidden", "mask": null },
        ])
    );
    assert_eq!((&sight["rows"], &sight["explanation"]["administrator"]), (&json!("all"), &json!(false)));
    let hidden = json!({ "product": "dark", "table": "daily", "principal": { "id": "eve" } });
    let hidden = done(&router, ROOT, "/v1/policy-tests", &hidden).await;
    assert_eq!((&hidden["sight"]["readable"], &hidden["sight"]["rows"]), (&json!(false), &json!("none")));
    for (body, status) in [
        (json!({}), 400),
        (json!({ "product": "shop" }), 400),
        (json!({ "product": "shop", "table": "daily", "user": "nosuch" }), 404),
        (json!({ "product": "shop", "table": "nosuch" }), 404),
        (json!({ "cases": [{ "file": "a.access.yaml", "text": "cases:" }] }), 422),
        (json!({ "cases": [{ "file": "a\n", "text": "" }] }), 400),
        (json!({ "tabel": "daily" }), 400),
    ] {
        let before = home.records().len();
        let reply = send(&router, post(ROOT, "/v1/policy-tests", &body)).await;
        assert_eq!(reply.problem()["status"], status, "{body}");
        assert_eq!(home.records().len(), before + 1, "{body}");
    }
    let invalid = json!({ "cases": [{ "file": "a.access.yaml", "text": "" }] });
    let invalid = send(&router, post(ROOT, "/v1/policy-tests", &invalid)).await.problem();
    assert_eq!(invalid["type"], "urn:outport:problem:invalid-documents");
    assert_eq!(invalid["diagnostics"][0]["file"], "a.access.yaml");
}

#[tokio::test]
async fn policy_files_are_checked_and_not_put_on_record() {
    let home = Home::new().await;
    let router = open(&home);
    let checked = done(&router, ROOT, "/v1/policy-check", &json!({ "name": "x", "text": "permit;" })).await;
    assert_eq!(checked, json!({ "warnings": [] }));
    assert_eq!(found(&router, "/v1/policies").await, json!([]));
    let wrong = send(&router, post(ROOT, "/v1/policy-check", &json!({ "name": "No such", "text": "" }))).await;
    assert_eq!(wrong.problem()["status"], 400);
    assert_eq!(found(&router, "/v1/product-policies/shop").await, json!([]));
    assert_eq!(ask(&router, ROOT, "/v1/product-policies/nosuch").await.problem()["status"], 404);
}

#[tokio::test]
async fn documents_of_agreements_are_for_who_may_decide() {
    let home = Home::new().await;
    let router = open(&home);
    let sent = |product: &str| json!({ "documents": [{ "file": "a.oaas.yaml", "text": product }], "seconds": 60 });
    let import =
        |token: &'static str, product: &str| send(&router, post(token, "/v1/agreement-imports", &sent(product)));
    // Whoever knows of the port is told that they may not; of others there is nothing to be told.
    let refused = import(ADA, "shop").await;
    assert_eq!(refused.problem()["status"], 403, "{}", refused.text());
    let (hidden, missing) = (import(ADA, "dark").await.problem(), import(ADA, "nosuch").await.problem());
    assert_eq!((&hidden["status"], &hidden), (&json!(422), &missing));
    assert_eq!(home.gate.agreements(&outport_app::gate::Caller::local()).await.unwrap().len(), 0);

    let imported = import(ROOT, "dark").await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.text());
    let imported = imported.json();
    assert_eq!((&imported["agreements"][0]["change"], &imported["warnings"]), (&json!("added"), &json!([])));
    let id = imported["agreements"][0]["agreement"]["id"].as_str().unwrap().to_owned();
    let document = found(&router, &format!("/v1/agreements/{id}/document")).await;
    assert_eq!(document, json!({ "id": id, "product": "dark" }));
    for other in [id.as_str(), "00000000-0000-7000-8000-000000000000", "nosuch"] {
        let missing = ask(&router, ADA, &format!("/v1/agreements/{other}/document")).await;
        assert_eq!(missing.problem()["status"], 404, "{other}: it is none of theirs");
    }
    // Where documents are not taken, nothing is said of agreements.
    let closed = home.router();
    assert_eq!(ask(&closed, ROOT, &format!("/v1/agreements/{id}/document")).await.problem()["status"], 503);
    assert_eq!(send(&closed, post(ROOT, "/v1/agreement-imports", &sent("shop"))).await.problem()["status"], 503);
}
