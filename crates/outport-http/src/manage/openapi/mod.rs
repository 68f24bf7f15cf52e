//! The management API, described in OpenAPI 3.1: `GET /v1/openapi.json`.
//!
//! `shape` has the parts of schemas, `products`, `changes` and `people` the schemas, by what they are about. Of the rest,
//! paths and schemas stand in the JSON files beside, which clients in other languages are made of too.

mod changes;
mod people;
mod products;
mod shape;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use self::shape::{list, to};
use super::page::{LARGEST_PAGE, PAGE};
use crate::{problem::MEDIA_TYPE, rest::openapi, state::Doors};

const ABOUT: &str = "What the command line does on a home, done on a server. Documents are those of `--output json`.";
const EVENTS: &str = "Events `progress` with an `Event` each, numbered from 1; then one event `end` with the `Task`. \
                      A client that was cut off goes on after the last event that it has.";

/// What is the same for everyone.
pub(super) async fn document(State(doors): State<Arc<Doors>>) -> Response {
    Json(of(doors.base())).into_response()
}

/// Parts of the document that are written as such, each with `paths` and `schemas`.
const WRITTEN: [&str; 8] = [
    include_str!("session.json"),
    include_str!("catalog.json"),
    include_str!("search.json"),
    include_str!("feedback.json"),
    include_str!("questions.json"),
    include_str!("operate.json"),
    include_str!("preview.json"),
    include_str!("administer.json"),
];

fn of(base: &str) -> Value {
    let schemas = [products::schemas(), changes::schemas(), people::schemas()].into_iter().flatten();
    let schemas: Map<String, Value> = schemas.map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outport management",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "security": openapi::security(),
        "tags": [
            { "name": "catalog", "description": "All that there is to know of products, for those who use them." },
            { "name": "feedback", "description": "Questions, problems, requests and ratings." },
            { "name": "questions", "description": "Questions that people keep to ask them again." },
            { "name": "session", "description": "Sessions of the hub, and what happens." },
            { "name": "products", "description": "What is on record of products." },
            { "name": "changes", "description": "Plans, applies, runs and rollbacks." },
            { "name": "tasks", "description": "Applies and runs that were begun." },
            { "name": "people", "description": "Users and their tokens." },
            { "name": "access", "description": "Policies, agreements, and why someone sees what they see." },
            { "name": "audit", "description": "The record of requests." },
            { "name": "server", "description": "The server itself." },
        ],
        "paths": paths(),
        "components": {
            "schemas": schemas,
            "responses": { "Problem": problem() },
            "securitySchemes": openapi::security_schemes(),
        },
    });
    for part in WRITTEN {
        add(&mut document, part);
    }
    document
}

/// Adds a part that is written.
fn add(document: &mut Value, part: &str) {
    // What cannot be read is missing: a test sees to it that all can.
    let Ok(Value::Object(mut part)) = serde_json::from_str(part) else { return };
    for (name, place) in [("paths", "/paths"), ("schemas", "/components/schemas")] {
        if let (Some(Value::Object(known)), Some(Value::Object(more))) =
            (document.pointer_mut(place), part.remove(name))
        {
            known.extend(more);
        }
    }
}

fn paths() -> Value {
    let all = [products(), tasks(), people(), access(), audit()];
    let all = all.into_iter().filter_map(|paths| match paths {
        Value::Object(paths) => Some(paths),
        _ => None,
    });
    Value::Object(all.flatten().collect())
}

fn products() -> Value {
    let product = || json!([in_path("product", "The product.")]);
    json!({
        "/v1/openapi.json": { "get": open("openapi", "server", "This document", &json!({ "type": "object" })) },
        "/v1/workspace": {
            "get": get(
                "workspace", "server", "The workspace that is served",
                &json!([]), &to("Workspace"),
            ),
        },
        "/v1/intents": {
            "get": pages("products", "products", "Products that you may operate, by name", None, &to("Listed")),
        },
        "/v1/intents/{product}": {
            "get": get("describeProduct", "products", "A product in full", &product(), &to("Described")),
        },
        "/v1/intents/{product}/history": {
            "get": get("productHistory", "products", "What happened to a product", &product(), &to("Past")),
        },
        "/v1/plans": {
            "post": send("plan", "changes", "What would change", &json!([]), &to("Change"), (200, &to("PlanDocument"))),
        },
        "/v1/applies": {
            "post": begin("apply", "Change what is on record, and run what that changes", &to("ApplyOrder")),
        },
        "/v1/runs": { "post": begin("run", "Build products again where anything is new", &to("RunOrder")) },
        "/v1/rollbacks": {
            "post": send(
                "rollBack", "changes", "Make an earlier release current again",
                &json!([]), &to("RollbackOrder"), (200, &to("RolledBack")),
            ),
        },
    })
}

fn tasks() -> Value {
    let task = || in_path("task", "The task.");
    json!({
        "/v1/tasks": { "get": get("tasks", "tasks", "Tasks, newest first", &json!([]), &list(&to("Task"))) },
        "/v1/tasks/{task}": {
            "get": get("task", "tasks", "One task", &json!([task()]), &to("Task")),
            "delete": stop(&task()),
        },
        "/v1/tasks/{task}/events": { "get": events(&task()) },
    })
}

fn people() -> Value {
    let user = || json!([in_path("user", "The user.")]);
    let of = in_query("user", "Of one user; of all by default.", &json!({ "type": "string" }));
    json!({
        "/v1/users": { "get": pages("users", "people", "Everyone on record, by name", None, &to("User")) },
        "/v1/users/{user}": {
            "get": tagged(get("user", "people", "One user", &user(), &to("User"))),
            "put": conditional(send(
                "putUser", "people", "Put a user on record",
                &user(), &to("UserOrder"), (200, &to("User")),
            )),
            "delete": remove("removeUser", "people", "Remove a user and revoke their tokens", &user()),
        },
        "/v1/tokens": {
            "get": pages("tokens", "people", "Tokens, newest first", Some(of), &to("Token")),
            "post": send(
                "createToken", "people", "Make a token",
                &json!([]), &to("TokenOrder"), (201, &to("NewToken")),
            ),
        },
        "/v1/tokens/{token}": {
            "delete": remove("revokeToken", "people", "Revoke a token", &json!([in_path("token", "The token's id.")])),
        },
    })
}

fn access() -> Value {
    let policies = || json!([in_path("policies", "The name of the policy file.")]);
    let agreement = || json!([in_path("agreement", "The agreement.")]);
    let explained = json!([
        in_path("product", "The product."),
        in_path("table", "The table."),
        in_query("user", "Who; you by default.", &json!({ "type": "string" })),
        in_query("purpose", "What for.", &json!({ "type": "string", "maxLength": 200 })),
    ]);
    json!({
        "/v1/policies": { "get": get("policies", "access", "Policy files", &json!([]), &list(&to("Policies"))) },
        "/v1/policies/{policies}": {
            "get": tagged(get("policyFile", "access", "One policy file", &policies(), &to("Policies"))),
            "put": conditional(send(
                "putPolicies", "access", "Put a policy file in force",
                &policies(), &to("PolicyOrder"), (200, &to("Warnings")),
            )),
            "delete": remove("removePolicies", "access", "Remove a policy file", &policies()),
        },
        "/v1/explanations/{product}/{table}": {
            "get": get(
                "explain", "access", "Why someone sees what they see of a table",
                &explained, &to("Explanation"),
            ),
        },
        "/v1/agreements": {
            "get": pages(
                "agreements", "access", "Agreements that concern you, newest first",
                None, &to("ListedAgreement"),
            ),
            "post": send(
                "requestAgreement", "access", "Ask for an agreement",
                &json!([]), &to("AgreementOrder"), (201, &to("Agreement")),
            ),
        },
        "/v1/agreements/{agreement}/decision": {
            "post": send(
                "decideAgreement", "access", "Approve, reject, withdraw or revoke",
                &agreement(), &to("DecisionOrder"), (200, &to("Agreement")),
            ),
        },
        "/v1/agreements/{agreement}/renewal": {
            "post": send(
                "renewAgreement", "access", "Ask for the same once more",
                &agreement(), &to("RenewalOrder"), (201, &to("Agreement")),
            ),
        },
    })
}

fn audit() -> Value {
    json!({
        "/v1/audit/verification": {
            "get": get(
                "verifyRequests", "audit", "Whether the record is as it was written",
                &json!([]), &to("Verification"),
            ),
        },
    })
}

fn get(id: &str, tag: &str, summary: &str, parameters: &Value, schema: &Value) -> Value {
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "responses": { "200": answer(summary, schema), "default": failure() },
    })
}

fn open(id: &str, tag: &str, summary: &str, schema: &Value) -> Value {
    let mut operation = get(id, tag, summary, &json!([]), schema);
    operation["security"] = json!([]);
    operation
}

fn send(
    id: &str,
    tag: &str,
    summary: &str,
    parameters: &Value,
    body: &Value,
    (status, schema): (u16, &Value),
) -> Value {
    let mut responses = Map::new();
    responses.insert(status.to_string(), answer(summary, schema));
    responses.insert("default".to_owned(), failure());
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
        "responses": responses,
    })
}

fn begin(id: &str, summary: &str, body: &Value) -> Value {
    let mut operation = send(id, "changes", summary, &json!([]), body, (202, &to("Task")));
    operation["responses"]["202"]["headers"]["Location"] =
        json!({ "description": "The address of the task.", "schema": { "type": "string" } });
    operation
}

fn remove(id: &str, tag: &str, summary: &str, parameters: &Value) -> Value {
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "parameters": parameters,
        "responses": { "204": { "description": "It is done." }, "default": failure() },
    })
}

/// A list in pages, which a further parameter may narrow.
fn pages(id: &str, tag: &str, about: &str, narrowed: Option<Value>, item: &Value) -> Value {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE });
    let paging = [in_query("limit", "Items of the page.", &limit), cursor()];
    let parameters = narrowed.into_iter().chain(paging).collect();
    linked(get(id, tag, about, &parameters, &list(item)))
}

fn cursor() -> Value {
    in_query("cursor", "Where the page before ended, of its `Link`.", &json!({ "type": "string" }))
}

/// The same with the address of the next page.
fn linked(mut operation: Value) -> Value {
    let link = "The address of the next page (`rel=\"next\"`), where there is one.";
    operation["responses"]["200"]["headers"]["Link"] = json!({ "description": link, "schema": { "type": "string" } });
    operation
}

/// The same with the mark of what is on record.
fn tagged(mut operation: Value) -> Value {
    let tag = "Marks what is on record: another one as soon as anything of it changes.";
    operation["responses"]["200"]["headers"]["ETag"] = json!({ "description": tag, "schema": { "type": "string" } });
    operation
}

/// The same with what has to be on record for the change to be made.
fn conditional(operation: Value) -> Value {
    let in_header = |name: &str, about: &str, schema: &Value| json!({ "name": name, "in": "header", "description": about, "schema": schema });
    let seen = "Change what has this `ETag`, and nothing else.";
    let new = "Change nothing that is there.";
    let mut operation = tagged(operation);
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.push(in_header("If-Match", seen, &json!({ "type": "string" })));
        parameters.push(in_header("If-None-Match", new, &json!({ "type": "string", "enum": ["*"] })));
    }
    operation["responses"]["412"] = json!({
        "description": "What is on record is not that: someone else was faster.",
        "content": problem()["content"],
    });
    operation
}

fn stop(task: &Value) -> Value {
    let mut operation = get("stopTask", "tasks", "Tell a task to stop", &json!([task]), &to("Task"));
    if let Some(responses) = operation["responses"].as_object_mut()
        && let Some(answer) = responses.remove("200")
    {
        responses.insert("202".to_owned(), answer);
    }
    operation
}

fn events(task: &Value) -> Value {
    let last = json!({
        "name": "Last-Event-ID", "in": "header", "description": "The last event that you have.",
        "schema": { "type": "integer", "minimum": 0 },
    });
    let content = json!({ "text/event-stream": { "schema": { "type": "string" } } });
    json!({
        "operationId": "taskEvents",
        "tags": ["tasks"],
        "summary": "What a task does, as server-sent events",
        "description": EVENTS,
        "parameters": [task, last],
        "responses": { "200": { "description": "The events.", "content": content }, "default": failure() },
    })
}

fn answer(about: &str, schema: &Value) -> Value {
    json!({
        "description": about,
        "headers": { "Outport-Request": {
            "description": "The id under which the request is on record.", "schema": { "type": "string" },
        } },
        "content": { "application/json": { "schema": schema } },
    })
}

fn failure() -> Value {
    json!({ "$ref": "#/components/responses/Problem" })
}

fn problem() -> Value {
    let content = Map::from_iter([(MEDIA_TYPE.to_owned(), json!({ "schema": to("Problem") }))]);
    json!({ "description": "What is wrong.", "content": content })
}

fn in_query(name: &str, about: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": about, "schema": schema })
}

fn in_path(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string" } })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn written_parts_add_to_the_document_and_replace_nothing() {
        let mut names: BTreeSet<String> = [products::schemas(), changes::schemas(), people::schemas()]
            .concat()
            .iter()
            .map(|(n, _)| (*n).to_owned())
            .collect();
        names.extend(paths().as_object().unwrap().keys().cloned());
        for part in WRITTEN {
            let part: Value = serde_json::from_str(part).unwrap();
            for members in ["paths", "schemas"] {
                for name in part[members].as_object().unwrap().keys() {
                    assert!(names.insert(name.clone()), "{name} is there twice");
                }
            }
        }
        let document = of("");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(names.len(), schemas.len() + document["paths"].as_object().unwrap().len());
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_tag_that_is_explained() {
        let document = of("");
        let tags = document["tags"].as_array().unwrap();
        let mut names = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
                let tag = &operation["tags"][0];
                assert!(tags.iter().any(|known| known["name"] == *tag), "{tag}");
            }
        }
    }
}
