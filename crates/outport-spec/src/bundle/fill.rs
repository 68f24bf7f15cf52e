//! Variables of a document, filled in from the environment.

use outport_model::diagnostic::Diagnostic;
use serde_json::Value;

use crate::{
    codes,
    document::{Document, pointer},
};

pub(crate) struct Filled {
    pub(crate) value: Value,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

pub(crate) fn resolve(document: &Document, environment: &dyn Fn(&str) -> Option<String>) -> Filled {
    let mut filled = Filled { value: document.value().clone(), diagnostics: Vec::new() };
    let mut value = std::mem::take(&mut filled.value);
    filled.walk(document, &mut value, "", environment);
    filled.value = value;
    filled
}

impl Filled {
    fn walk(&mut self, document: &Document, value: &mut Value, at: &str, environment: &dyn Fn(&str) -> Option<String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    self.walk(document, member, &pointer::join(at, key), environment);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.walk(document, item, &pointer::join(at, index.to_string()), environment);
                }
            }
            Value::String(text) => *text = self.fill(document, text, at, environment),
            _ => {}
        }
    }

    fn fill(
        &mut self,
        document: &Document,
        text: &str,
        at: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((inside, tail)) = after.split_once('}') else { break };
            filled.push_str(before);
            let (name, default) = inside.split_once(":-").map_or((inside, None), |(n, d)| (n, Some(d)));
            let placeholder = matches!(name, "table" | "column" | "object" | "property" | "model");
            let value = environment(name).filter(|v| !v.is_empty()).or_else(|| default.map(str::to_owned));
            match value {
                Some(value) => filled.push_str(&value),
                None => {
                    filled.push_str(&format!("${{{inside}}}"));
                    if !placeholder {
                        self.diagnostics.push(document.error_at(
                            codes::VARIABLE_UNSET,
                            at,
                            format!("the variable `{name}` has no value"),
                        ));
                    }
                }
            }
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }
}
