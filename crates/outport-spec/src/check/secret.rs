//! Secrets do not belong into bundles.

use outport_model::diagnostic::Diagnostic;
use serde_json::Value;

use crate::{
    codes,
    document::{Document, pointer},
};

const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accesskeyid",
    "secretkey",
    "privatekey",
    "credential",
    "credentials",
    "connectionstring",
];

/// Reports values that look like secrets: by their key, by the custom property's name beside them, or as the password
/// in a URL.
pub(crate) fn check(document: &Document, diagnostics: &mut Vec<Diagnostic>) {
    walk(document, document.value(), "", None, diagnostics);
}

fn walk(document: &Document, value: &Value, at: &str, key: Option<&str>, diagnostics: &mut Vec<Diagnostic>) {
    match value {
        Value::Object(members) => {
            let property = members.get("property").and_then(Value::as_str);
            for (key, member) in members {
                let name = if key == "value" { property.unwrap_or(key) } else { key };
                walk(document, member, &pointer::join(at, key), Some(name), diagnostics);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(document, item, &pointer::join(at, index.to_string()), key, diagnostics);
            }
        }
        Value::String(text) => diagnostics.extend(reason(key, text).map(|reason| {
            document.error_at(codes::SECRET, at, reason).help(
                "name its place instead: `env:NAME`, `file:/path` or `${NAME}`, and change the secret if it was shared",
            )
        })),
        _ => {}
    }
}

fn reason(key: Option<&str>, text: &str) -> Option<String> {
    if is_reference(text) {
        return None;
    }
    match key.filter(|key| names_secret(key)) {
        Some(key) => Some(format!("`{key}` is written out")),
        None => has_password(text).then(|| "the URL has a password in it".to_owned()),
    }
}

fn is_reference(text: &str) -> bool {
    text.is_empty()
        || text.starts_with("env:")
        || text.starts_with("file:")
        || (text.starts_with("${") && !text.contains(":-"))
}

fn names_secret(key: &str) -> bool {
    let folded: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|name| folded == *name || (name.len() > 4 && folded.ends_with(name)))
}

/// `scheme://user:password@host`
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !is_reference(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_key_or_url() {
        let cases = [
            (Some("password"), "hunter2", true),
            (Some("db_password"), "hunter2", true),
            (Some("API-Key"), "abc", true),
            (Some("password"), "env:PASSWORD", false),
            (Some("password"), "${PASSWORD}", false),
            (Some("password"), "${PASSWORD:-hunter2}", true),
            (Some("format"), "password", false),
            (Some("url"), "postgres://me:hunter2@host/db", true),
            (Some("url"), "postgres://me:${PASSWORD}@host/db", false),
            (Some("url"), "https://example.org/a@b:c", false),
            (Some("tokenization"), "words", false),
        ];
        for (key, text, expect) in cases {
            assert_eq!(reason(key, text).is_some(), expect, "{key:?}: {text}");
        }
    }
}
