//! Placeholders in the query of a quality rule.

/// The query with its placeholders replaced by quoted names, or the placeholder that has no value.
pub(super) fn fill(query: &str, table: &str, column: Option<&str>) -> Result<String, String> {
    let mut filled = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(open) = rest.find('{') {
        let before = &rest[..open];
        let after = &rest[open + 1..];
        let name = after.split_once('}').map_or("", |(name, _)| name);
        let value = match name {
            "object" | "table" | "model" => Some(quoted(table)),
            "property" | "column" => Some(column.map(quoted).ok_or_else(|| format!("{{{name}}}"))?),
            _ => None,
        };
        if let Some(value) = value {
            filled.push_str(before.strip_suffix('$').unwrap_or(before));
            filled.push_str(&value);
            rest = &after[name.len() + 1..];
        } else {
            filled.push_str(&rest[..=open]);
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_quoted_names() {
        let cases = [
            ("SELECT max({property}) FROM {object}", r#"SELECT max("fuel") FROM "trips""#),
            ("SELECT max(${column}) FROM ${table}", r#"SELECT max("fuel") FROM "trips""#),
            ("SELECT '{other}' FROM {model}", r#"SELECT '{other}' FROM "trips""#),
            ("SELECT '{' FROM {model", r"SELECT '{' FROM {model"),
        ];
        for (query, expect) in cases {
            assert_eq!(fill(query, "trips", Some("fuel")).as_deref(), Ok(expect), "{query}");
        }
    }

    #[test]
    fn a_rule_of_an_object_has_no_column() {
        assert_eq!(fill("SELECT {column}", "trips", None), Err("{column}".to_owned()));
    }
}
