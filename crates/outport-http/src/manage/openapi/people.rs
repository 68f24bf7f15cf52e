//! Schemas of users, tokens, policies, agreements and the record of requests.

use outport_model::{name::MAX_LENGTH, principal::Door};
use serde_json::{Value, json};

use super::shape::{
    about, boolean, closed, count, either, list, map, maybe, moment, object, one_of, tagged, text, to, uuid,
};

type Schemas = Vec<(&'static str, Value)>;

/// The longest that anything lasts that is given to someone: ten years, in seconds.
const LONGEST: i64 = outport_app::gate::LONGEST.num_seconds();

/// Names and schemas.
pub(super) fn schemas() -> Schemas {
    [users(), tokens(), policies(), explanation(), agreements(), audit()].concat()
}

/// A name of letters, digits, `-` and `_`.
fn name() -> Value {
    json!({ "type": "string", "maxLength": MAX_LENGTH, "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$" })
}

/// How long something lasts.
fn lasting() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": LONGEST })
}

fn attributes() -> [(&'static str, Value); 5] {
    [
        ("groups?", list(&name())),
        ("department?", maybe(text())),
        ("region?", maybe(text())),
        ("clearance?", about("How much they are trusted with.", json!({ "type": ["integer", "null"] }))),
        ("labels?", about("Whatever else policies ask for.", map(&text()))),
    ]
}

fn users() -> Schemas {
    let kind = || ("kind", one_of(&["user", "service"]));
    let [groups, department, region, clearance, labels] = attributes();
    let principal = [("id", text()), kind(), groups, department, region, clearance, labels];
    let [groups, department, region, clearance, labels] = attributes();
    let password = json!({ "type": ["string", "null"], "minLength": 12, "maxLength": 1024 });
    vec![
        (
            "User",
            object(
                "Someone on record.",
                [
                    ("principal", object("", principal)),
                    ("disabled", about("Whether they are kept out.", boolean())),
                    ("createdAt", moment()),
                ],
            ),
        ),
        (
            "UserOrder",
            closed(object(
                "What is to be on record of a user.",
                [
                    kind(),
                    groups,
                    department,
                    region,
                    clearance,
                    labels,
                    ("password?", about("Without it, the one on record stays.", password)),
                    ("disabled?", about("Without it, as it is on record.", json!({ "type": ["boolean", "null"] }))),
                ],
            )),
        ),
    ]
}

fn tokens() -> Schemas {
    let doors = Door::ALL.map(Door::as_str);
    vec![
        (
            "Scope",
            object(
                "What a token is good for; where a member is null, everything that its owner may do.",
                [("doors?", maybe(list(&one_of(&doors)))), ("products?", maybe(list(&text())))],
            ),
        ),
        (
            "Token",
            object(
                "An API token on record.",
                [
                    ("id", text()),
                    ("owner", text()),
                    ("label", text()),
                    ("scope", to("Scope")),
                    ("createdAt", moment()),
                    ("expiresAt", moment()),
                    ("revokedAt", maybe(moment())),
                    ("lastUsedAt", maybe(moment())),
                ],
            ),
        ),
        (
            "TokenOrder",
            closed(object(
                "",
                [
                    ("owner", text()),
                    ("label?", text()),
                    ("scope?", to("Scope")),
                    ("seconds", about("How long it is good for.", lasting())),
                ],
            )),
        ),
        ("NewToken", object("", [("token", to("Token")), ("secret", about("It is shown this once.", text()))])),
    ]
}

fn policies() -> Schemas {
    vec![
        (
            "Policies",
            object(
                "A policy file of the workspace.",
                [
                    ("name", text()),
                    ("text", about("In Cedar.", text())),
                    ("changedAt", moment()),
                    ("changedBy", text()),
                ],
            ),
        ),
        ("PolicyOrder", closed(object("", [("text", about("In Cedar.", text()))]))),
        ("Warnings", object("", [("warnings", list(&to("Diagnostic")))])),
    ]
}

fn explanation() -> Schemas {
    let owner = either(&[
        object("", [("kind", json!({ "type": "string", "const": "workspace" }))]),
        tagged("kind", "product", [("name", text())]),
    ]);
    let rule = json!({ "type": "array", "prefixItems": [to("PolicyName"), text()], "minItems": 2, "maxItems": 2 });
    let column = object(
        "",
        [
            ("column", text()),
            ("access", about("What they see of it; null where it does not exist for them.", json!({}))),
            ("clear", to("Verdict")),
            ("masked", maybe(to("Verdict"))),
        ],
    );
    vec![
        ("PolicyName", object("", [("owner", owner), ("id", text())])),
        (
            "Verdict",
            object(
                "",
                [
                    ("allowed", boolean()),
                    ("policies", about("Those that decided.", list(&to("PolicyName")))),
                    ("grace", about("Those that would have forbidden it.", list(&to("PolicyName")))),
                ],
            ),
        ),
        (
            "Explanation",
            object(
                "Why someone sees what they see of a table.",
                [
                    ("port", to("PortVersion")),
                    ("table", text()),
                    ("administrator", boolean()),
                    ("agreement", maybe(uuid())),
                    (
                        "verdict",
                        object(
                            "",
                            [
                                ("read", to("Verdict")),
                                ("access", json!({})),
                                ("columns", list(&column)),
                                ("rows", maybe(object("", [("permits", list(&rule)), ("forbids", list(&rule))]))),
                            ],
                        ),
                    ),
                ],
            ),
        ),
    ]
}

fn agreements() -> Schemas {
    let decision = object("", [("by", maybe(text())), ("at", moment()), ("comment", maybe(text()))]);
    vec![
        ("PortVersion", object("", [("product", text()), ("port", text()), ("major", count())])),
        (
            "Agreement",
            object(
                "A right to read a port for a purpose and a time.",
                [
                    ("id", uuid()),
                    ("port", to("PortVersion")),
                    ("columns", about("All where it is null.", maybe(list(&text())))),
                    ("consumer", object("", [("kind", one_of(&["principal", "group"])), ("name", text())])),
                    ("purpose", text()),
                    ("justification", maybe(text())),
                    ("state", one_of(&["requested", "approved", "rejected", "withdrawn", "revoked"])),
                    ("requestedBy", text()),
                    ("requestedAt", moment()),
                    ("seconds", about("How long it lasts from its approval.", count())),
                    ("expiresAt", maybe(moment())),
                    ("renews", maybe(uuid())),
                    ("decision", maybe(decision)),
                    ("document?", about("The document that it was imported from.", json!({}))),
                ],
            ),
        ),
        (
            "ListedAgreement",
            object("", [("agreement", to("Agreement")), ("standing", one_of(&["none", "active", "expired"]))]),
        ),
        (
            "AgreementOrder",
            closed(object(
                "",
                [
                    ("product", text()),
                    ("port", text()),
                    ("major?", about("The newest by default.", maybe(count()))),
                    ("columns?", about("All by default.", maybe(list(&text())))),
                    ("group?", about("For everyone in it; for yourself by default.", maybe(text()))),
                    ("purpose", json!({ "type": "string", "maxLength": 200 })),
                    ("justification?", maybe(text())),
                    ("seconds", about("How long it is to last.", lasting())),
                ],
            )),
        ),
        (
            "DecisionOrder",
            closed(object(
                "",
                [("decision", one_of(&["approve", "reject", "withdraw", "revoke"])), ("comment?", maybe(text()))],
            )),
        ),
        ("RenewalOrder", closed(object("", [("seconds?", about("As long as before by default.", maybe(lasting())))]))),
    ]
}

fn audit() -> Schemas {
    let read = object(
        "",
        [
            ("port?", text()),
            ("major?", count()),
            ("release", count()),
            ("columns", list(&text())),
            ("agreement", maybe(uuid())),
        ],
    );
    let result = either(&[
        tagged("kind", "answered", []),
        tagged("kind", "refused", [("reason", text())]),
        tagged("kind", "limited", [("limit", text())]),
        tagged("kind", "failed", [("reason", text())]),
        tagged("kind", "cancelled", []),
    ]);
    vec![
        (
            "RequestRecord",
            object(
                "What is on record of one request.",
                [
                    ("id", uuid()),
                    ("at", moment()),
                    ("workspace", text()),
                    ("door", text()),
                    ("principal", maybe(text())),
                    ("principalKind?", text()),
                    ("purpose", maybe(text())),
                    ("client", maybe(text())),
                    ("request", text()),
                    ("reads", about("By product and table.", map(&map(&read)))),
                    ("rows", count()),
                    ("bytes", count()),
                    ("microseconds", count()),
                    ("result", result),
                    ("error?", about("What kind of error it was.", text())),
                    ("times?", about("How often the same came; once by default.", count())),
                ],
            ),
        ),
        (
            "Verification",
            object(
                "What checking the record gave.",
                [
                    ("records", count()),
                    ("chains", count()),
                    ("incomplete", list(&text())),
                    ("faults", list(&object("", [("file", text()), ("line", count()), ("message", text())]))),
                ],
            ),
        ),
    ]
}
