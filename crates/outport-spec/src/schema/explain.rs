//! From the errors of the JSON Schema validator to diagnostics.

use std::collections::BTreeSet;

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Fault},
};
use outport_model::diagnostic::{Code, Diagnostic};
use serde_json::Value;

use super::{Release, keys, message};
use crate::{
    codes,
    document::{Document, pointer},
    odcs::OPERATORS,
    suggest,
};

/// Every problem of a document, in the order of the text.
pub(super) fn problems(document: &Document, release: Release) -> Vec<Diagnostic> {
    let Some(validator) = release.validator() else { return Vec::new() };
    let mut explainer = Explainer { document, release, found: Vec::new(), suggested: BTreeSet::new() };
    let mut first = None;
    for error in validator.iter_errors(document.value()) {
        first.get_or_insert_with(|| error.instance_path().as_str().to_owned());
        explainer.explain(&error, "");
    }
    let mut found = explainer.finish();
    if let Some(at) = first.filter(|_| found.is_empty()) {
        // The schema decides: what it rejects is never let through for want of a better message.
        found.push(document.error_at_key(codes::SCHEMA, at, "this does not follow the standard"));
    }
    found
}

struct Explainer<'a> {
    document: &'a Document,
    release: Release,
    found: Vec<Diagnostic>,
    /// Pointers of keys that an unknown key was probably meant to be.
    suggested: BTreeSet<String>,
}

impl Explainer<'_> {
    /// `base` is the pointer to what the error's own path starts from.
    fn explain(&mut self, error: &ValidationError<'_>, base: &str) {
        let at = format!("{base}{}", error.instance_path().as_str());
        if self.options_without_type(&at, error) {
            return;
        }
        match error.kind() {
            Fault::AdditionalProperties { unexpected } | Fault::UnevaluatedProperties { unexpected } => {
                self.unknown_keys(&at, unexpected, error.schema_path().as_str());
            }
            Fault::Required { property } => self.missing(&at, property.as_str().unwrap_or_default()),
            Fault::Enum { options } => self.not_in_list(&at, options),
            Fault::Constant { expected_value } => {
                let expected = message::quoted(expected_value);
                self.report(codes::NOT_IN_LIST, &at, format!("{} must be {expected}", self.name(&at)));
            }
            Fault::Type { kind } => self.wrong_type(&at, &type_names(kind)),
            Fault::OneOfNotValid { context } | Fault::AnyOf { context } => {
                self.no_branch(&at, context, base, error.schema_path().as_str());
            }
            Fault::OneOfMultipleValid { .. } => self.several_branches(&at, error.schema_path().as_str()),
            Fault::Not { .. } if self.value(&at).get("from").is_some() => self.relationship_from(&at),
            Fault::Pattern { pattern } => self.wrong_form(&at, pattern, error.schema_path().as_str()),
            _ => self.out_of_range(&at, error),
        }
    }

    fn value(&self, at: &str) -> &Value {
        self.document.get(at).unwrap_or(&Value::Null)
    }

    /// How messages call the node: the key in backticks, or what list it is in.
    fn name(&self, at: &str) -> String {
        match pointer::split(at) {
            None => "the document".to_owned(),
            Some((parent, last)) if self.value(parent).is_array() => {
                let owner = pointer::split(parent).map_or(last, |(_, key)| key);
                format!("an item of `{owner}`")
            }
            Some((_, last)) => format!("`{last}`"),
        }
    }

    fn report(&mut self, code: Code, at: &str, text: String) {
        let problem = self.document.error_at(code, at, text);
        self.found.push(problem);
    }

    fn unknown_keys(&mut self, at: &str, unexpected: &[String], keyword_path: &str) {
        let root = self.release.schema();
        let schema = pointer::split(keyword_path).and_then(|(parent, _)| root.pointer(parent)).unwrap_or(root);
        let Some(object) = self.value(at).as_object().cloned() else { return };
        let known = keys::known(root, schema, &object);
        if unexpected.iter().any(|key| OPERATORS.contains(&key.as_str()) && known.active.contains(&key.as_str())) {
            // An operator of the wrong form beside a good one: the schema takes the good one and rejects the other.
            self.operators(at, &[], "");
        }
        for key in unexpected.iter().filter(|key| !known.active.contains(&key.as_str())) {
            let place = pointer::join(at, key);
            if known.dormant.contains(&key.as_str()) {
                self.not_for_type(at, &place, key, &known.active);
            } else {
                let problem = self.unknown_key(at, &place, key, keyword_path, &known);
                self.found.push(problem);
            }
        }
    }

    fn unknown_key(
        &mut self,
        at: &str,
        place: &str,
        key: &str,
        keyword_path: &str,
        known: &keys::Keys<'_>,
    ) -> Diagnostic {
        let problem =
            self.document.error_at_key(codes::UNKNOWN_KEY, place, format!("the key `{key}` is not known here"));
        let absent = |candidate: &&str| self.value(at).get(*candidate).is_none();
        if let Some(near) = suggest::nearest(key, known.active.iter().copied().filter(absent)) {
            self.suggested.insert(pointer::join(at, near));
            return problem.help(format!("did you mean `{near}`?"));
        }
        if let Some(version) = self.known_later(keyword_path, key) {
            return problem.help(format!("`{key}` exists since {version}: raise `apiVersion`, or remove the key"));
        }
        if at.ends_with("/logicalTypeOptions") {
            return self.unknown_option(problem, at, key, &known.active);
        }
        match key {
            "isNullable" => problem.help("write `required: true` for columns that always have a value"),
            "isUnique" => problem.help("write `unique: true`"),
            "isPrimaryKey" => problem.help("write `primaryKey: true`"),
            _ if known.active.contains(&"customProperties") => {
                problem.help("what the standard does not have belongs into `customProperties`")
            }
            _ => problem.help(format!("known are {}", message::list(&sorted(&known.active)))),
        }
    }

    /// An option that belongs to another logical type.
    fn unknown_option(&self, problem: Diagnostic, at: &str, key: &str, active: &[&str]) -> Diagnostic {
        let logical_type = pointer::split(at).and_then(|(parent, _)| self.value(parent).get("logicalType")?.as_str());
        let Some(logical_type) = logical_type else { return problem };
        Diagnostic {
            code: codes::NOT_FOR_TYPE,
            message: format!("`{key}` is not an option of the logical type `{logical_type}`"),
            help: Some(format!("its options are {}", message::list(&sorted(active)))),
            ..problem
        }
    }

    /// The version that has the key at the same place, if this one is too old for it.
    fn known_later(&self, keyword_path: &str, key: &str) -> Option<&'static str> {
        let (newer, version) = self.release.newer()?;
        let (parent, _) = pointer::split(keyword_path)?;
        let schema = newer.schema().pointer(parent)?;
        let known = keys::known(newer.schema(), schema, &serde_json::Map::new());
        known.active.iter().chain(&known.dormant).any(|known| *known == key).then_some(version)
    }

    fn not_for_type(&mut self, at: &str, place: &str, key: &str, active: &[&str]) {
        let (discriminator, of) =
            if self.value(at).get("server").is_some() || self.value(at).get("metric").is_some() || key == "query" {
                ("type", "type")
            } else if active.contains(&"logicalType") {
                ("logicalType", "logical type")
            } else {
                ("type", "type")
            };
        let Some(given) = self.value(at).get(discriminator).and_then(Value::as_str) else {
            return self.needs_type(at, place, key, discriminator);
        };
        let message = format!("`{key}` is not for the {of} `{given}`");
        let problem = self.document.error_at_key(codes::NOT_FOR_TYPE, place, message);
        self.found.push(problem.help("remove the key, or put it into `customProperties`"));
    }

    fn needs_type(&mut self, at: &str, place: &str, key: &str, discriminator: &str) {
        let renamed = self.value(at).get("rule").is_some();
        if at.starts_with("/servers/") || (renamed && OPERATORS.contains(&key)) {
            return;
        }
        if key == "rule" {
            let problem = self.document.error_at_key(codes::UNKNOWN_KEY, place, "`rule` is the old name of `metric`");
            self.found.push(problem.help("since v3.1.0 write `metric: …`"));
            return;
        }
        let message = format!("`{key}` needs a `{discriminator}` beside it");
        let problem = self.document.error_at_key(codes::NOT_FOR_TYPE, place, message);
        self.found.push(if OPERATORS.contains(&key) {
            problem.help("name what is measured: `metric: …`, or `type: sql` with a `query`")
        } else {
            problem.help(format!("say which `{discriminator}` it is"))
        });
    }

    fn missing(&mut self, at: &str, key: &str) {
        let owner = match pointer::split(at) {
            None => "the document".to_owned(),
            Some((parent, _)) if self.value(parent).is_array() => self.name(at),
            Some(_) => self.name(at),
        };
        let problem = self.document.error_at_key(codes::MISSING_KEY, at, format!("{owner} has no `{key}`"));
        let object = self.value(at);
        let kind = object.get("type").or_else(|| object.get("logicalType")).and_then(Value::as_str);
        let help = match kind {
            Some(kind) if at.starts_with("/servers/") && key != "server" => {
                format!("a server of type `{kind}` needs `{key}`")
            }
            _ => format!("add `{key}: …`"),
        };
        let place = pointer::join(at, key);
        self.found.push(problem.label(format!("`{key}` is missing")).help(help).pointing(place));
    }

    fn not_in_list(&mut self, at: &str, options: &Value) {
        let value = self.value(at);
        if !value.is_string() {
            // The wrong type is reported by itself.
            return;
        }
        let text = value.as_str().unwrap_or_default();
        let names: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let message = format!("{} is not a value of {}", message::quoted(value), self.name(at));
        let verb = if names.len() == 1 { "is" } else { "are" };
        let all = format!("allowed {verb} {}", message::list(&sorted(&names)));
        let help = match suggest::nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        };
        let problem = self.document.error_at(codes::NOT_IN_LIST, at, message).help(help);
        self.found.push(problem);
    }

    fn wrong_type(&mut self, at: &str, expected: &[&str]) {
        let value = self.value(at);
        let phrases: Vec<&str> = expected.iter().map(|name| message::type_name(name)).collect();
        let message =
            format!("{} must be {}, but is {}", self.name(at), message::either(&phrases), message::found(value));
        let written = self.document.written(at).unwrap_or_default();
        let help = match value {
            Value::Null => Some("give a value, or remove the key".to_owned()),
            Value::Number(_) | Value::Bool(_) if expected.contains(&"string") => {
                Some(format!("put it into quotes: `\"{written}\"`"))
            }
            Value::String(text) if is_number_or_truth(text, expected) => Some("remove the quotes".to_owned()),
            Value::String(text)
                if expected.contains(&"boolean") && matches!(text.as_str(), "yes" | "on" | "no" | "off") =>
            {
                Some("YAML 1.2 knows only `true` and `false`".to_owned())
            }
            Value::Object(_) if expected.contains(&"array") => Some("begin each item with `- `".to_owned()),
            _ => None,
        };
        let problem = if value.is_null() || value.is_object() || value.is_array() {
            self.document.error_at_key(codes::WRONG_TYPE, at, message)
        } else {
            self.document.error_at(codes::WRONG_TYPE, at, message)
        };
        self.found.push(Diagnostic { help, ..problem });
    }

    /// No alternative fits: explain the one that was meant, judging by the type of the value.
    fn no_branch(&mut self, at: &str, branches: &[Vec<ValidationError<'static>>], base: &str, keyword_path: &str) {
        if keyword_path.contains("/DataQualityOperators/") {
            return self.operators(at, branches, base);
        }
        if keyword_path.contains("/RelationshipSchemaLevel/") {
            return self.relationship_ends(at);
        }
        let is_other_type = |error: &ValidationError<'_>| {
            matches!(error.kind(), Fault::Type { .. }) && format!("{base}{}", error.instance_path().as_str()) == at
        };
        let meant: Vec<_> = branches.iter().filter(|errors| !errors.iter().any(is_other_type)).collect();
        let Some(nearest) = meant.iter().min_by_key(|errors| errors.len()) else {
            let mut expected: Vec<&str> = Vec::new();
            for error in branches.iter().flatten().filter(|error| is_other_type(error)) {
                if let Fault::Type { kind } = error.kind() {
                    expected
                        .extend(type_names(kind).iter().filter(|name| !expected.contains(*name)).collect::<Vec<_>>());
                }
            }
            return self.wrong_type(at, &expected);
        };
        for error in *nearest {
            self.explain(error, base);
        }
    }

    fn several_branches(&mut self, at: &str, keyword_path: &str) {
        if keyword_path.contains("/DataQualityOperators/") {
            self.operators(at, &[], "");
        } else {
            self.report(codes::SCHEMA, at, format!("{} fits several alternatives at once", self.name(at)));
        }
    }

    fn operators(&mut self, at: &str, branches: &[Vec<ValidationError<'static>>], base: &str) {
        let present: Vec<&str> =
            OPERATORS.iter().copied().filter(|operator| self.value(at).get(*operator).is_some()).collect();
        match present.as_slice() {
            [] => {
                let problem = self.document.error_at_key(codes::OPERATORS, at, "the quality rule has no operator");
                let help = "say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`";
                self.found.push(problem.help(help));
            }
            [one] => {
                let place = pointer::join(at, one);
                let below = |error: &&ValidationError<'_>| {
                    format!("{base}{}", error.instance_path().as_str()).starts_with(&place)
                };
                for error in branches.iter().flatten().filter(below) {
                    self.explain(error, base);
                }
            }
            [.., last] => {
                let message = format!("the quality rule has several operators: {}", message::list(&present));
                let problem = self.document.error_at_key(codes::OPERATORS, pointer::join(at, last), message);
                self.found.push(problem.help("keep one; write `mustBeBetween` for two limits, or two rules"));
            }
        }
    }

    fn relationship_from(&mut self, at: &str) {
        let message = "a relationship of a property has no `from`";
        let problem = self.document.error_at_key(codes::RELATIONSHIP, pointer::join(at, "from"), message);
        self.found.push(
            problem.help(
                "remove `from`: it is the property itself; for several columns move the relationship to the object",
            ),
        );
    }

    fn relationship_ends(&mut self, at: &str) {
        let ends = ["from", "to"].map(|end| self.value(at).get(end).cloned().unwrap_or_default());
        if ends.iter().all(|end| end.is_string() || end.is_array()) {
            let message = "`from` and `to` must both be one reference or both be lists";
            let problem = self.document.error_at_key(codes::RELATIONSHIP, at, message);
            self.found.push(problem.help("write both as lists with one item for each column"));
        }
    }

    fn wrong_form(&mut self, at: &str, pattern: &str, keyword_path: &str) {
        let value = message::quoted(self.value(at));
        let (message, help) = if keyword_path.contains("/StableId/") {
            let help = match self.release {
                Release::Odcs32 => "ids have no white space and none of `. # / \\ @ ! % & ^`",
                _ => "ids have only letters, digits, `-` and `_`",
            };
            (format!("{value} is not an id"), help.to_owned())
        } else if keyword_path.contains("Reference/") {
            let help = "write `object.property` by name, or `schema/<id>/properties/<id>` by id";
            (format!("{value} is not a reference"), help.to_owned())
        } else if pattern == "^sftp://.*" {
            (format!("{value} is not an SFTP address"), "write `sftp://…`".to_owned())
        } else {
            (format!("{value} does not have the required form"), format!("it must match `{pattern}`"))
        };
        let problem = self.document.error_at(codes::FORM, at, message).help(help);
        self.found.push(problem);
    }

    fn out_of_range(&mut self, at: &str, error: &ValidationError<'_>) {
        let name = self.name(at);
        let (code, text) = match error.kind() {
            Fault::Minimum { limit } => (codes::OUT_OF_RANGE, format!("{name} must be at least {limit}")),
            Fault::Maximum { limit } => (codes::OUT_OF_RANGE, format!("{name} must be at most {limit}")),
            Fault::ExclusiveMinimum { limit } => (codes::OUT_OF_RANGE, format!("{name} must be above {limit}")),
            Fault::ExclusiveMaximum { limit } => (codes::OUT_OF_RANGE, format!("{name} must be below {limit}")),
            Fault::MinItems { limit } => (codes::OUT_OF_RANGE, format!("{name} must have at least {limit} items")),
            Fault::MaxItems { limit } => (codes::OUT_OF_RANGE, format!("{name} must have at most {limit} items")),
            Fault::UniqueItems => (codes::OUT_OF_RANGE, format!("{name} has the same item twice")),
            _ => (codes::SCHEMA, format!("{name} breaks the rule `{}` of the standard", error.kind().keyword())),
        };
        self.report(code, at, text);
    }

    /// Without a logical type the schema holds the options against every type at once; say it once.
    fn options_without_type(&mut self, at: &str, error: &ValidationError<'_>) -> bool {
        let Some(end) = at.rfind("/logicalTypeOptions") else { return false };
        let (options, below) = at.split_at(end + "/logicalTypeOptions".len());
        let owner = at.get(..end).unwrap_or_default();
        let outside = !(below.is_empty() || below.starts_with('/')) || self.value(owner).get("logicalType").is_some();
        let own_type = below.is_empty() && matches!(error.kind(), Fault::Type { .. });
        if outside || own_type || !error.schema_path().as_str().contains("/SchemaBaseProperty/") {
            return false;
        }
        let message = "`logicalTypeOptions` needs a `logicalType` beside it";
        let problem = self.document.error_at_key(codes::OPTIONS_WITHOUT_TYPE, options, message);
        self.found.push(problem.help("add `logicalType: …`; which options there are depends on it"));
        true
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        let suggested = std::mem::take(&mut self.suggested);
        let mut found = std::mem::take(&mut self.found);
        // A missing key that is there with a typing error, and keys that only an invalid type makes wrong.
        let wrong_types: BTreeSet<String> = found
            .iter()
            .filter(|problem| problem.code == codes::NOT_IN_LIST || problem.code == codes::WRONG_TYPE)
            .filter_map(|problem| pointer::split(problem.pointer.as_deref()?))
            .filter(|(_, key)| matches!(key.as_str(), "type" | "logicalType"))
            .map(|(parent, _)| parent.to_owned())
            .collect();
        found.retain(|problem| {
            let place = problem.pointer.as_deref().unwrap_or_default();
            let parent = pointer::split(place).map_or("", |(parent, _)| parent);
            let misspelt = problem.code == codes::MISSING_KEY && suggested.contains(place);
            let unknowable = problem.code == codes::NOT_FOR_TYPE && wrong_types.contains(parent);
            !misspelt && !unknowable
        });
        found.sort_by_key(|problem| (problem.span, problem.code.clone(), problem.message.clone()));
        found.dedup();
        found
    }
}

fn type_names(kind: &TypeKind) -> Vec<&'static str> {
    let each = ["string", "integer", "number", "boolean", "array", "object", "null"];
    let is = |name: &str, json: jsonschema::JsonType| json.to_string() == name;
    match kind {
        TypeKind::Single(one) => each.into_iter().filter(|name| is(name, *one)).collect(),
        TypeKind::Multiple(set) => each.into_iter().filter(|name| set.iter().any(|one| is(name, one))).collect(),
    }
}

fn is_number_or_truth(text: &str, expected: &[&str]) -> bool {
    let number = expected.iter().any(|name| matches!(*name, "number" | "integer")) && text.parse::<f64>().is_ok();
    number || (expected.contains(&"boolean") && matches!(text, "true" | "false"))
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names
}
