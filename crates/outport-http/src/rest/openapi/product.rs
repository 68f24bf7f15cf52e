//! The data API of one product: a function of what one caller sees of it, and of nothing else.

use outport_app::engine::VisibleProduct;
use outport_model::{
    contract::{DataType, Field},
    name::ProductName,
};
use serde_json::{Map, Value, json};

use super::{
    super::{
        filter::OPERATORS,
        parameters::{DEFAULT_LIMIT, GREATEST_LIMIT, RESERVED},
        shape::{Seen, Shape},
    },
    fixed,
};
use crate::rows::Format;

/// The description of a product's tables of these shapes.
pub(super) fn document(product: &ProductName, visible: &VisibleProduct, shapes: &[Shape], base: &str) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for shape in shapes {
        let path = format!("/v1/data/{product}/{}", shape.table);
        paths.insert(path.clone(), json!({ "get": page(shape) }));
        if !shape.key.is_empty() {
            let parts = shape.key.iter().map(|part| format!("/{{{}}}", variable(part)));
            paths.insert(format!("{path}{}", parts.collect::<String>()), json!({ "get": row(shape) }));
        }
        schemas.insert(shape.table.to_string(), object(shape));
    }
    let mut info = json!({ "title": format!("Data API of {product}"), "version": visible.release.to_string() });
    if let Some(purpose) = &visible.purpose {
        info["description"] = json!(purpose);
    }
    json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "security": fixed::security(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": fixed::problem_response() },
            "securitySchemes": fixed::security_schemes(),
        },
    })
}

fn page(shape: &Shape) -> Value {
    let columns = || shape.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    let query = |name: &str, about: String, schema: Value| {
        let place = "query";
        json!({ "name": name, "in": place, "required": false, "description": about, "schema": schema })
    };
    let text = || json!({ "type": "string" });
    let mut parameters = vec![
        query("select", format!("Columns, with commas: {}. All of them by default.", columns().join(", ")), text()),
        query(
            "order",
            "Columns, with commas; after each `.asc` or `.desc`, and `.nullsfirst` or `.nullslast`. Ends with the key."
                .to_owned(),
            text(),
        ),
        query(
            "limit",
            "Rows of the page.".to_owned(),
            json!({ "type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": DEFAULT_LIMIT }),
        ),
        query("cursor", "Where the page before ended, of its `next`.".to_owned(), text()),
        query(
            "format",
            "The format; goes before `Accept`.".to_owned(),
            json!({ "type": "string", "enum": Format::ALL.map(Format::parameter) }),
        ),
    ];
    for column in &shape.columns {
        let name = filter_name(&column.name);
        let about = format!("A value, or `<operator>.<value>` with one of {}.", OPERATORS.join(", "));
        parameters.push(query(&name, about, text()));
    }
    let reference = json!({ "$ref": reference(shape) });
    let whole = json!({
        "type": "object",
        "required": ["columns", "rows", "next"],
        "properties": {
            "columns": { "type": "array", "items": fixed::column() },
            "rows": { "type": "array", "items": reference },
            "next": { "type": ["string", "null"], "description": "The address of the next page." },
        },
    });
    json!({
        "operationId": format!("list_{}", shape.table),
        "summary": format!("Rows of {}", shape.table),
        "description": shape.description.clone().unwrap_or_else(|| "A page of rows.".to_owned()),
        "parameters": parameters,
        "responses": responses(&whole, &reference, "The page."),
    })
}

fn row(shape: &Shape) -> Value {
    let parameter = |part: &String| {
        let column = shape.columns.iter().find(|column| column.name == *part);
        let schema = column.map_or_else(|| json!({}), |column| json_type(&column.data_type));
        json!({ "name": variable(part), "in": "path", "required": true, "schema": schema })
    };
    let reference = json!({ "$ref": reference(shape) });
    json!({
        "operationId": format!("get_{}", shape.table),
        "summary": format!("One row of {}, by its key", shape.table),
        "parameters": shape.key.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses(&reference, &reference, "The row."),
    })
}

fn responses(whole: &Value, line: &Value, about: &str) -> Value {
    let mut content = Map::new();
    for format in Format::ALL {
        let schema = match format {
            Format::Json => json!({ "schema": whole }),
            Format::Ndjson => json!({ "schema": line }),
            Format::Csv => json!({ "schema": { "type": "string" } }),
            Format::Arrow | Format::Parquet => json!({}),
        };
        content.insert(format.media_type().to_owned(), schema);
    }
    let headers = json!({
        "Outport-Request": { "description": "The id under which the request is on record.", "schema": { "type": "string" } },
        "Outport-Releases": { "description": "The releases that were read.", "schema": { "type": "string" } },
    });
    json!({
        "200": { "description": about, "headers": headers, "content": content },
        "default": { "$ref": "#/components/responses/Problem" },
    })
}

/// A table's name has no character that a reference escapes.
fn reference(shape: &Shape) -> String {
    format!("#/components/schemas/{}", shape.table)
}

/// A name of a path's variable, which has no braces and no slash.
fn variable(name: &str) -> String {
    name.replace(['{', '}', '/', '?', '#'], "_")
}

/// The name of the parameter that filters by a column.
fn filter_name(column: &str) -> String {
    if RESERVED.contains(&column) || column.starts_with('.') { format!(".{column}") } else { column.to_owned() }
}

fn object(shape: &Shape) -> Value {
    let mut properties = Map::new();
    for column in &shape.columns {
        properties.insert(column.name.clone(), property(column));
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if let Some(description) = &shape.description {
        object["description"] = json!(description);
    }
    object
}

fn property(column: &Seen) -> Value {
    let mut schema = json_type(&column.data_type);
    if column.nullable {
        schema = nullable(schema);
    }
    let about = [column.description.clone(), column.masked.then(|| "Masked for you.".to_owned())];
    let about: Vec<String> = about.into_iter().flatten().collect();
    if !about.is_empty() {
        schema["description"] = json!(about.join(" "));
    }
    if column.deprecated {
        schema["deprecated"] = json!(true);
    }
    schema
}

fn nullable(mut schema: Value) -> Value {
    if let Some(name) = schema.get("type").cloned() {
        schema["type"] = json!([name, "null"]);
    }
    schema
}

/// The type as answers in JSON have it.
fn json_type(data_type: &DataType) -> Value {
    match data_type {
        DataType::Boolean => json!({ "type": "boolean" }),
        DataType::Integer { bits: 64, signed: true } => json!({ "type": "integer", "format": "int64" }),
        DataType::Integer { signed: true, .. } => json!({ "type": "integer", "format": "int32" }),
        DataType::Integer { signed: false, .. } => json!({ "type": "integer", "minimum": 0 }),
        DataType::Float { bits: 32 } => json!({ "type": "number", "format": "float" }),
        DataType::Float { .. } => json!({ "type": "number", "format": "double" }),
        DataType::Decimal { .. } => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" }),
        DataType::Date => json!({ "type": "string", "format": "date" }),
        DataType::String | DataType::Time | DataType::Timestamp { zoned: false } => json!({ "type": "string" }),
        DataType::Timestamp { zoned: true } => json!({ "type": "string", "format": "date-time" }),
        DataType::Binary => json!({ "type": "string", "contentEncoding": "base64" }),
        DataType::List(item) => json!({ "type": "array", "items": nullable(json_type(item)) }),
        DataType::Struct(fields) => json!({ "type": "object", "properties": of_fields(fields) }),
        DataType::Map(_, value) => json!({ "type": "object", "additionalProperties": nullable(json_type(value)) }),
    }
}

fn of_fields(fields: &[Field]) -> Map<String, Value> {
    let schema = |field: &Field| {
        let schema = json_type(&field.data_type);
        if field.nullable { nullable(schema) } else { schema }
    };
    fields.iter().map(|field| (field.name.clone(), schema(field))).collect()
}
