//! What the tools are called and take.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

/// Rows of an answer where the caller names no limit.
pub(super) const ROWS: usize = 100;

/// Rows of an answer at most.
pub(super) const MOST_ROWS: usize = 1_000;

/// Products that a search finds where the caller names no limit.
pub(super) const HITS: usize = 10;

/// Products that a search finds at most.
pub(super) const MOST_HITS: usize = 50;

/// How long an agreement is asked for where the caller names no time.
pub(super) const DAYS: i64 = 90;

/// The tools, always in the same order.
pub(super) fn all() -> Vec<Tool> {
    vec![search(), describe(), query(), request()]
}

fn search() -> Tool {
    let text = "Finds data products by words in their names, purposes, tables, columns and descriptions. Begin here. \
                Says which ones can be read and which ones only asked for.";
    let schema = json!({
        "query": { "type": "string", "description": "words to look for; empty for all products" },
        "limit": {
            "type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": HITS,
            "description": "products at most",
        },
    });
    tool("search_products", "Search data products", text, schema, &["query"], reads())
}

fn describe() -> Tool {
    let text = "Says what a data product means before it is used: its ports and tables as SQL names them, columns with \
                types, keys and descriptions, how many checks guard them, when the current release was published, what \
                is masked, and how to ask for access where it cannot be read.";
    let schema = json!({
        "product": { "type": "string", "description": "the name of the product, as search_products gives it" },
        "port": { "type": "string", "description": "one of its ports; all where it is left out" },
    });
    tool("describe_product", "Describe a data product", text, schema, &["product"], reads())
}

fn query() -> Tool {
    let text = "Runs one SQL query (SELECT) over the tables that can be read, named as <product>.<table>. The answer says \
                which releases were read, how fresh they are, which columns are masked and whether rows may be filtered. \
                Aggregate in SQL rather than reading many rows.";
    let schema = json!({
        "sql": { "type": "string", "description": "one SELECT statement" },
        "purpose": {
            "type": "string", "minLength": 1, "maxLength": 200,
            "description": "what the data is read for, in the words of whoever it is read for; it is put on record and decides what may be read",
        },
        "limit": {
            "type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": ROWS,
            "description": "rows at most; the answer says whether there are more",
        },
    });
    tool("query", "Query data", text, schema, &["sql", "purpose"], reads())
}

fn request() -> Tool {
    let text = "Asks for the right to read a port of a data product. This only makes a request: a person decides on it. \
                Ask whoever you work for before you call it.";
    let schema = json!({
        "product": { "type": "string", "description": "the name of the product" },
        "port": { "type": "string", "description": "the name of the port" },
        "purpose": {
            "type": "string", "minLength": 1, "maxLength": 200,
            "description": "what the data is to be read for; the agreement holds for this purpose alone",
        },
        "justification": { "type": "string", "description": "why, for the person who decides" },
        "columns": {
            "type": "array", "items": { "type": "string" }, "minItems": 1,
            "description": "the columns that are needed; all where it is left out",
        },
        "days": {
            "type": "integer", "minimum": 1, "maximum": 3_652, "default": DAYS,
            "description": "how many days the agreement is to last",
        },
        "major": { "type": "integer", "minimum": 0, "description": "the major version of the port; the newest where it is left out" },
    });
    let annotations = ToolAnnotations::new().read_only(false).destructive(false).idempotent(false).open_world(false);
    tool("request_access", "Request access", text, schema, &["product", "port", "purpose"], annotations)
}

fn reads() -> ToolAnnotations {
    ToolAnnotations::new().read_only(true).open_world(false)
}

fn tool(
    name: &'static str,
    title: &'static str,
    text: &'static str,
    properties: Value,
    required: &[&str],
    annotations: ToolAnnotations,
) -> Tool {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Tool::new(name, text, Arc::new(schema)).with_title(title).with_annotations(annotations)
}
