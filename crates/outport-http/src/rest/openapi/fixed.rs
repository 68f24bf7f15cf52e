//! What is the same for everyone: paths that do not depend on products.

use serde_json::{Value, json};

use crate::{problem::MEDIA_TYPE, rows::Format};

/// The description of the paths that are the same for everyone.
pub(super) fn document(base: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outport",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Data products by SQL, by address and as files. Each product describes its own data API.",
        },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "security": security(),
        "paths": paths(),
        "components": {
            "responses": { "Problem": problem_response() },
            "securitySchemes": security_schemes(),
        },
    })
}

fn paths() -> Value {
    json!({
        "/v1/sql": {
            "post": {
                "operationId": "ask",
                "summary": "Ask in SQL",
                "parameters": [format(&Format::ALL.map(Format::parameter)), purpose()],
                "requestBody": { "required": true, "content": {
                    "application/json": { "schema": question() },
                    "text/plain": { "schema": { "type": "string" } },
                } },
                "responses": answer("The rows."),
            },
            "get": operation("underway", "Your queries under way", &json!([]), &json!({ "type": "object" })),
        },
        "/v1/sql/{request}": {
            "delete": {
                "operationId": "stop",
                "summary": "Stop a query of yours",
                "parameters": [in_path("request")],
                "responses": { "204": { "description": "It is told to stop." }, "default": failure() },
            },
        },
        "/v1/products": {
            "get": operation("products", "Products that you may know of", &json!([]), &json!({ "type": "object" })),
        },
        "/v1/products/{product}": {
            "get": operation("product", "One product", &json!([in_path("product")]), &json!({ "type": "object" })),
        },
        "/v1/data/{product}/openapi.json": {
            "get": operation("describe", "The data API of a product", &json!([in_path("product")]), &json!({ "type": "object" })),
        },
        "/v1/download/{product}/{file}": {
            "get": {
                "operationId": "download",
                "summary": "A table as a file",
                "parameters": [in_path("product"), in_path("file"), purpose()],
                "responses": answer("The file: `<table>.csv`, `.parquet`, `.arrow`, `.ndjson` or `.json`."),
            },
        },
        "/health": { "get": open("health", "Whether the process answers") },
        "/ready": { "get": open("ready", "Whether requests can be answered") },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Figures as OpenMetrics text, for administrators",
                "responses": {
                    "200": { "description": "The figures.", "content": {
                        "application/openmetrics-text": { "schema": { "type": "string" } },
                    } },
                    "default": failure(),
                },
            },
        },
    })
}

fn operation(id: &str, summary: &str, parameters: &Value, schema: &Value) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": summary, "content": { "application/json": { "schema": schema } } },
            "default": failure(),
        },
    })
}

fn open(id: &str, summary: &str) -> Value {
    let mut operation = operation(id, summary, &json!([]), &json!({ "type": "object" }));
    operation["security"] = json!([]);
    operation
}

fn answer(about: &str) -> Value {
    let content = Format::ALL.map(|format| (format.media_type().to_owned(), json!({})));
    let content: serde_json::Map<String, Value> = content.into_iter().collect();
    json!({ "200": { "description": about, "content": content }, "default": failure() })
}

fn failure() -> Value {
    json!({ "$ref": "#/components/responses/Problem" })
}

fn in_path(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

fn format(names: &[&str]) -> Value {
    let about = "The format; goes before `Accept`.";
    json!({ "name": "format", "in": "query", "description": about, "schema": { "type": "string", "enum": names } })
}

fn purpose() -> Value {
    let about = "What the data is read for.";
    let schema = json!({ "type": "string", "maxLength": 200 });
    json!({ "name": "Outport-Purpose", "in": "header", "description": about, "schema": schema })
}

fn question() -> Value {
    let value = json!({ "type": ["string", "number", "boolean", "null"] });
    json!({
        "type": "object",
        "required": ["sql"],
        "additionalProperties": false,
        "properties": {
            "sql": { "type": "string", "description": "One query, with `$1`, `$2`… or `$name`… as parameters." },
            "parameters": { "oneOf": [
                { "type": "array", "items": value },
                { "type": "object", "additionalProperties": value },
            ] },
            "purpose": { "type": "string", "maxLength": 200 },
        },
    })
}

/// Name and type of a column.
pub(super) fn column() -> Value {
    json!({
        "type": "object",
        "required": ["name", "type"],
        "properties": { "name": { "type": "string" }, "type": { "type": "string" } },
    })
}

/// A problem document.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "A problem document (RFC 9457).",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "help": { "type": "string", "description": "What to do about it." },
            "request": { "type": "string", "description": "The id under which the request is on record." },
        },
    })
}

/// Every answer that is an error.
pub(super) fn problem_response() -> Value {
    let schema = json!({ "schema": problem() });
    let content = serde_json::Map::from_iter([(MEDIA_TYPE.to_owned(), schema)]);
    json!({ "description": "What is wrong.", "content": content })
}

/// How a caller is recognised.
pub(crate) fn security_schemes() -> Value {
    json!({ "bearer": { "type": "http", "scheme": "bearer" }, "basic": { "type": "http", "scheme": "basic" } })
}

/// Either of them.
pub(crate) fn security() -> Value {
    json!([{ "bearer": [] }, { "basic": [] }])
}
