//! Schemas of plans, applies and runs.

use serde_json::{Value, json};

use super::shape::{about, boolean, count, either, list, map, maybe, moment, object, one_of, tagged, text, to, uuid};

type Schemas = Vec<(&'static str, Value)>;

/// Names and schemas.
pub(super) fn schemas() -> Schemas {
    [sent(), plan(), effects(), problems(), tasks()].concat()
}

fn sent() -> Schemas {
    let file = either(&[
        about("Text.", text()),
        object("Anything else.", [("base64", json!({ "type": "string", "contentEncoding": "base64" }))]),
    ]);
    let mut change = object(
        "What is to change.",
        [
            ("bundles?", list(&to("Bundle"))),
            ("variables?", about("Values for `${NAME}` in documents. The server's own are never used.", map(&text()))),
            ("remove?", about("Names of products that are to go.", list(&text()))),
        ],
    );
    change["additionalProperties"] = json!(false);
    vec![
        ("Change", change),
        (
            "Bundle",
            object(
                "The files of one data product.",
                [
                    ("root", about("The folder, as messages are to name it. It is never opened.", text())),
                    ("files", about("By path relative to the bundle, with `/` between names.", map(&file))),
                ],
            ),
        ),
        (
            "ApplyOrder",
            object(
                "",
                [
                    ("change", to("Change")),
                    ("fingerprint", about("Of the plan that was agreed to.", text())),
                    ("force?", about("Also remove what other products read; that is then on record.", boolean())),
                ],
            ),
        ),
        ("RunOrder", object("", [("products?", about("All of the workspace where none is named.", list(&text())))])),
        (
            "RollbackOrder",
            object(
                "",
                [("product", text()), ("to?", about("The one before the current one by default.", maybe(count())))],
            ),
        ),
        ("RolledBack", object("", [("product", text()), ("from", count()), ("to", count())])),
        ("Workspace", object("", [("workspace", text()), ("version", about("Of the server.", text()))])),
    ]
}

fn plan() -> Schemas {
    let action = || one_of(&["create", "change", "unchanged", "remove"]);
    vec![
        (
            "PlanDocument",
            object(
                "",
                [
                    ("plan", to("Plan")),
                    ("fingerprint", about("What an apply names, so that it does just this.", text())),
                    ("warnings", list(&to("Diagnostic"))),
                ],
            ),
        ),
        (
            "Plan",
            object(
                "What an apply would do.",
                [
                    ("workspace", text()),
                    ("products", about("In the order in which they are run.", list(&to("ProductPlan")))),
                    ("garbage", about("Stored tables that nothing needs any more.", list(&text()))),
                ],
            ),
        ),
        (
            "ProductPlan",
            object(
                "",
                [
                    ("product", text()),
                    ("action", action()),
                    ("fromVersion", maybe(text())),
                    ("toVersion", maybe(text())),
                    ("files", list(&object("", [("file", text()), ("action", action())]))),
                    ("ports", list(&to("PortChange"))),
                    ("rebuilt", about("Models that are built anew.", list(&text()))),
                    ("pending", boolean()),
                    ("affected", list(&to("Affected"))),
                    ("refusals", about("What forbids the plan.", list(&to("Refusal")))),
                ],
            ),
        ),
    ]
}

fn effects() -> Schemas {
    let action = || one_of(&["create", "change", "unchanged", "remove"]);
    let step = || one_of(&["none", "patch", "minor", "major"]);
    vec![
        (
            "PortChange",
            object(
                "",
                [
                    ("port", text()),
                    ("major", count()),
                    ("action", action()),
                    ("contract", list(&to("ContractChange"))),
                    ("demanded", about("The step that the changes demand of the version.", step())),
                    ("fromVersion", maybe(text())),
                    ("toVersion", maybe(text())),
                ],
            ),
        ),
        (
            "ContractChange",
            object(
                "",
                [
                    ("table", text()),
                    ("column", maybe(text())),
                    (
                        "kind",
                        json!({
                            "type": "object", "required": ["change"], "properties": { "change": text() },
                            "additionalProperties": true,
                        }),
                    ),
                ],
            ),
        ),
        (
            "Affected",
            object(
                "What depends on something that breaks.",
                [("product", text()), ("table", text()), ("column", maybe(text())), ("becauseOf", text())],
            ),
        ),
        (
            "Refusal",
            either(&[
                tagged("reason", "versionSaysLess", [("port", text()), ("atLeast", text()), ("written", text())]),
                tagged("reason", "stillRead", [("what", text()), ("by", list(&text()))]),
            ]),
        ),
    ]
}

fn problems() -> Schemas {
    let refusal = object("", [("product", text()), ("refusal", to("Refusal"))]);
    vec![
        (
            "Problem",
            object(
                "A problem document (RFC 9457).",
                [
                    ("type", about("Tells problems apart: `urn:outport:problem:<name>`.", text())),
                    ("title", text()),
                    ("status", json!({ "type": "integer" })),
                    ("detail?", text()),
                    ("help?", about("What to do about it.", text())),
                    ("request?", about("The id under which the request is on record.", uuid())),
                    (
                        "diagnostics?",
                        about(
                            "Of `invalid-bundles`, `invalid-documents` and `wrong-policies`.",
                            list(&to("Diagnostic")),
                        ),
                    ),
                    ("refusals?", about("Of `refused`.", list(&refusal))),
                    ("line?", about("Of `query`.", count())),
                    ("column?", about("Of `query`.", count())),
                ],
            ),
        ),
        (
            "Diagnostic",
            object(
                "A problem in a file.",
                [
                    ("code", about("Each has a page in `docs/errors`.", text())),
                    ("severity", one_of(&["error", "warning"])),
                    ("message", text()),
                    ("file", text()),
                    (
                        "span",
                        maybe(object(
                            "Where in the file: bytes, and line and column from 1.",
                            [("start", count()), ("end", count()), ("line", count()), ("column", count())],
                        )),
                    ),
                    ("label", maybe(text())),
                    ("pointer", maybe(text())),
                    ("help", maybe(text())),
                ],
            ),
        ),
    ]
}

fn tasks() -> Schemas {
    vec![
        (
            "Task",
            object(
                "An apply or a run.",
                [
                    ("id", about("That of the request that began it.", uuid())),
                    ("kind", one_of(&["apply", "run"])),
                    (
                        "state",
                        about(
                            "`stopped` says that something was left undone because it was told to stop, and `result` what. A stop \
                             that comes after the last product was published changes nothing: the task is `done`.",
                            one_of(&["running", "done", "stopped", "failed"]),
                        ),
                    ),
                    ("startedBy", text()),
                    ("startedAt", moment()),
                    ("endedAt", maybe(moment())),
                    (
                        "result",
                        about(
                            "What it gave. Runs that failed are in it.",
                            either(&[to("ApplyReport"), to("RunsReport"), json!({ "type": "null" })]),
                        ),
                    ),
                    ("problem", about("Why it was not done.", maybe(to("Problem")))),
                ],
            ),
        ),
        ("ApplyReport", object("", [("plan", to("Plan")), ("runs", list(&to("RunReport"))), ("collected", count())])),
        ("RunsReport", object("", [("runs", list(&to("RunReport")))])),
        (
            "RunReport",
            object(
                "How the run of one product went.",
                [
                    ("product", text()),
                    ("run", maybe(to("Run"))),
                    (
                        "failure",
                        maybe(object(
                            "Why it published nothing.",
                            [("message", text()), ("help", maybe(text())), ("results", list(&to("CheckResult")))],
                        )),
                    ),
                    ("held", about("The release that it was rolled back to, so that it was not run.", maybe(count()))),
                ],
            ),
        ),
        ("Event", event()),
    ]
}

/// One step of a run.
fn event() -> Value {
    let product = || ("product", text());
    let took = || ("milliseconds", count());
    either(&[
        tagged("event", "runStarted", [product(), ("run", uuid()), ("steps", count())]),
        tagged(
            "event",
            "inputChecked",
            [product(), ("port", text()), ("rows", count()), ("quarantined", count()), ("violations", count()), took()],
        ),
        tagged("event", "modelStarted", [product(), ("model", text())]),
        tagged(
            "event",
            "modelBuilt",
            [product(), ("model", text()), ("rows", maybe(count())), ("reused", boolean()), took()],
        ),
        tagged(
            "event",
            "audited",
            [product(), ("port", text()), ("passed", count()), ("violations", list(&to("CheckResult"))), took()],
        ),
        tagged(
            "event",
            "runEnded",
            [
                product(),
                ("run", uuid()),
                ("state", text()),
                ("release", maybe(count())),
                ("error", maybe(text())),
                took(),
            ],
        ),
        tagged("event", "skipped", [product(), ("becauseOf", text())]),
        tagged("event", "notBegun", [product()]),
    ])
}
