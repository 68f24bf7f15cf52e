//! Schemas of what is on record of products.

use serde_json::{Value, json};

use super::shape::{about, boolean, count, either, list, map, maybe, moment, object, one_of, tagged, text, to, uuid};

/// Names and schemas.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    [record(), release(), product(), lineage(), contract(), check()].concat()
}

type Schemas = Vec<(&'static str, Value)>;

fn listed() -> [(&'static str, Value); 4] {
    [
        ("intent", to("Intent")),
        ("release", about("The current release.", maybe(to("Release")))),
        ("lastRun", about("The newest run that has ended.", maybe(to("Run")))),
        ("pending", about("Whether no run of what is on record has succeeded.", boolean())),
    ]
}

fn record() -> Schemas {
    let [intent, current, last, pending] = listed();
    vec![
        ("Listed", object("A product on record.", listed())),
        (
            "Described",
            object(
                "A product in full.",
                [
                    intent,
                    current,
                    last,
                    pending,
                    ("releases", about("Newest first.", list(&to("Release")))),
                    ("runs", about("The newest 50, newest first.", list(&to("Run")))),
                    ("history", about("The newest 50 entries, newest first.", list(&to("HistoryEntry")))),
                    ("checks", about("What the checks of the newest run gave.", list(&to("CheckResult")))),
                ],
            ),
        ),
        (
            "Past",
            object(
                "What happened to a product.",
                [
                    ("history", about("The newest 50 entries, newest first.", list(&to("HistoryEntry")))),
                    ("runs", about("The newest 50, newest first.", list(&to("Run")))),
                    ("releases", about("Newest first.", list(&to("Release")))),
                    ("current", about("The number of the current release.", maybe(count()))),
                ],
            ),
        ),
        (
            "Intent",
            object(
                "What a product is meant to be.",
                [
                    ("generation", about("Counts the changes of the product, from 1.", count())),
                    ("compiled", to("CompiledProduct")),
                    ("applied_at", moment()),
                ],
            ),
        ),
        (
            "CompiledProduct",
            object(
                "A product whose models have been planned against the contracts.",
                [
                    ("product", to("Product")),
                    ("models", about("By name.", map(&to("CompiledModel")))),
                    ("inputs", about("The fingerprint of what guards each input port.", map(&text()))),
                ],
            ),
        ),
        (
            "CompiledModel",
            object(
                "What compiling a model gave.",
                [
                    ("fingerprint", text()),
                    ("lineage", to("Lineage")),
                    ("reads", about("Models of the same product that it reads.", list(&text()))),
                    ("inputs", about("Input ports that it reads.", list(&text()))),
                ],
            ),
        ),
        ("HistoryEntry", object("", [("at", moment()), ("product", text()), ("kind", to("HistoryKind"))])),
        (
            "HistoryKind",
            either(&[
                tagged("event", "applied", [("generation", count()), ("summary", list(&text()))]),
                tagged("event", "removed", [("forcedOver", list(&text()))]),
                tagged("event", "forced", [("what", text()), ("over", list(&text()))]),
                tagged("event", "rolledBack", [("from", count()), ("to", count())]),
            ]),
        ),
    ]
}

fn release() -> Schemas {
    vec![
        (
            "Release",
            object(
                "The set of table versions that consumers see.",
                [
                    ("product", text()),
                    ("number", count()),
                    ("run", about("The run that made it.", uuid())),
                    ("publishedAt", moment()),
                    ("tables", about("By name.", map(&to("ReleasedTable")))),
                ],
            ),
        ),
        (
            "ReleasedTable",
            object(
                "",
                [
                    ("role", one_of(&["output", "quarantine", "internal"])),
                    ("version", to("TableVersion")),
                    ("major", about("Major version of the output port.", maybe(count()))),
                ],
            ),
        ),
        (
            "TableVersion",
            object(
                "One version of one stored table.",
                [
                    ("fingerprint", text()),
                    ("path", about("Relative to the warehouse.", text())),
                    ("version", count()),
                    ("rows", count()),
                    ("bytes", count()),
                ],
            ),
        ),
        (
            "Run",
            object(
                "One execution of a product's models.",
                [
                    ("id", uuid()),
                    ("product", text()),
                    ("state", one_of(&["running", "published", "unchanged", "failed", "cancelled"])),
                    ("generation", about("Of the record of intent that it executed.", count())),
                    ("startedAt", moment()),
                    ("endedAt", maybe(moment())),
                    ("inputs", about("What it read, by input port.", map(&to("InputVersion")))),
                    ("release", about("The release that it published or found up to date.", maybe(count()))),
                    ("error", maybe(text())),
                ],
            ),
        ),
        (
            "InputVersion",
            either(&[
                tagged("kind", "content", [("fingerprint", text()), ("files", count()), ("bytes", count())]),
                tagged("kind", "release", [("product", text()), ("number", count()), ("table", to("TableVersion"))]),
                tagged("kind", "generated", [("recipe", text())]),
            ]),
        ),
    ]
}

fn product() -> Schemas {
    vec![
        (
            "Product",
            object(
                "A data product.",
                [
                    ("name", text()),
                    ("id", text()),
                    ("title", maybe(text())),
                    ("version", maybe(text())),
                    ("status", maybe(text())),
                    ("domain", maybe(text())),
                    ("alignment", maybe(one_of(&["source-aligned", "aggregate", "consumer-aligned"]))),
                    ("purpose", maybe(text())),
                    ("owner", maybe(text())),
                    ("guide", guide()),
                    ("inputs", list(&to("InputPort"))),
                    ("outputs", list(&to("OutputPort"))),
                    ("models", list(&to("Model"))),
                    ("policies", list(&object("", [("file", text()), ("text", text())]))),
                    ("files", about("The fingerprint of each file of the bundle.", map(&text()))),
                ],
            ),
        ),
        (
            "InputPort",
            object(
                "",
                [
                    ("name", text()),
                    ("contract", maybe(to("Contract"))),
                    ("contractId", maybe(text())),
                    ("source", to("Source")),
                    ("onViolation", one_of(&["fail", "quarantine", "warn"])),
                ],
            ),
        ),
        (
            "Source",
            either(&[
                object("", [("files", to("FileSource"))]),
                object("", [("port", text())]),
                object("", [("tpch", to("TpchSource"))]),
            ]),
        ),
        (
            "FileSource",
            object("Files of one format.", [("location", text()), ("written", text()), ("format", json!({}))]),
        ),
        (
            "TpchSource",
            object("A table of the TPC-H benchmark.", [("table", text()), ("scale", json!({ "type": "number" }))]),
        ),
        (
            "OutputPort",
            object(
                "",
                [
                    ("name", text()),
                    ("version", text()),
                    ("contract", to("Contract")),
                    ("tables", list(&object("", [("name", text()), ("object", text()), ("model", text())]))),
                ],
            ),
        ),
        (
            "Model",
            object(
                "One transformation.",
                [
                    ("name", text()),
                    ("file", text()),
                    ("sql", text()),
                    ("materialization", one_of(&["table", "view"])),
                    ("parameters", map(&json!({}))),
                ],
            ),
        ),
    ]
}

fn guide() -> Value {
    object(
        "What its owner says of it to whoever uses it.",
        [
            ("usage", maybe(text())),
            ("limitations", maybe(text())),
            ("tags", list(&text())),
            ("team", list(&to("PageMember"))),
            ("support", list(&to("PageSupport"))),
            ("documents", list(&to("PageDocument"))),
        ],
    )
}

fn terms() -> Value {
    object(
        "What it says of the data as a whole, for people.",
        [
            ("status", maybe(text())),
            ("usage", maybe(text())),
            ("limitations", maybe(text())),
            ("tags", list(&text())),
            ("serviceLevels", list(&to("PageServiceLevel"))),
            ("price", maybe(to("PagePrice"))),
        ],
    )
}

fn lineage() -> Schemas {
    vec![
        (
            "Lineage",
            object(
                "Where the columns of a model come from.",
                [
                    ("columns", list(&object("", [("column", text()), ("sources", list(&source_column(&DIRECT)))]))),
                    ("indirect", about("Columns that decide which rows there are.", list(&source_column(&INDIRECT)))),
                    ("relations", list(&text())),
                ],
            ),
        ),
        ("SourceColumn", object("", [("relation", text()), ("column", text())])),
    ]
}

const DIRECT: [&str; 3] = ["identity", "transformation", "aggregation"];
const INDIRECT: [&str; 5] = ["filter", "join", "group", "sort", "window"];

/// A column, and how it comes in.
fn source_column(ways: &[&str]) -> Value {
    json!({ "type": "array", "prefixItems": [to("SourceColumn"), one_of(ways)], "minItems": 2, "maxItems": 2 })
}

fn contract() -> Schemas {
    vec![
        (
            "Contract",
            object(
                "What a port promises.",
                [
                    ("id", text()),
                    ("version", text()),
                    ("name", maybe(text())),
                    ("file", text()),
                    ("description", maybe(text())),
                    ("approvers", list(&text())),
                    ("terms", terms()),
                    ("tables", list(&to("TableSchema"))),
                ],
            ),
        ),
        (
            "TableSchema",
            object(
                "",
                [
                    ("name", text()),
                    ("description", maybe(text())),
                    ("columns", list(&to("Column"))),
                    ("checks", list(&to("Check"))),
                ],
            ),
        ),
        (
            "Column",
            object(
                "",
                [
                    ("name", text()),
                    ("data_type", to("DataType")),
                    ("nullable", boolean()),
                    ("primary_key", about("Its place in the key, from 1.", maybe(count()))),
                    ("unique", boolean()),
                    ("description", maybe(text())),
                    ("classification", maybe(text())),
                    ("tags", list(&text())),
                    ("deprecated", boolean()),
                ],
            ),
        ),
        (
            "DataType",
            about(
                "`string`, `boolean`, `date`, `time`, `binary`, or an object with one member: the type and its parts.",
                either(&[text(), json!({ "type": "object", "minProperties": 1, "maxProperties": 1 })]),
            ),
        ),
    ]
}

fn check() -> Schemas {
    let dimensions = ["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"];
    vec![
        (
            "Check",
            object(
                "One quality rule of a contract.",
                [
                    ("id", text()),
                    ("name", text()),
                    ("table", text()),
                    ("column", maybe(text())),
                    (
                        "kind",
                        json!({
                            "type": "object", "required": ["metric"], "properties": { "metric": text() },
                            "additionalProperties": true,
                        }),
                    ),
                    (
                        "threshold",
                        about(
                            "`none`, or an object with one member: the operator and what it compares with.",
                            either(&[text(), json!({ "type": "object", "minProperties": 1, "maxProperties": 1 })]),
                        ),
                    ),
                    ("unit", one_of(&["rows", "percent", "seconds", "value"])),
                    ("dimension", one_of(&dimensions)),
                    ("severity", one_of(&["error", "warning"])),
                    ("description", maybe(text())),
                    ("pointer", text()),
                ],
            ),
        ),
        (
            "CheckResult",
            object(
                "What measuring a check gave.",
                [
                    ("port", maybe(text())),
                    ("check", to("Check")),
                    ("outcome", one_of(&["pass", "fail", "warn", "error", "skip"])),
                    ("measured", about("In the unit of the check.", json!({}))),
                    ("rows", maybe(count())),
                    ("failedRows", maybe(count())),
                    ("sampleQuery", about("SQL that shows rows that break the rule.", maybe(text()))),
                    ("message", maybe(text())),
                    ("method", one_of(&["statistics", "scan", "none"])),
                ],
            ),
        ),
    ]
}
