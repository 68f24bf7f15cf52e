//! What is asked of values inside a column: known, but not measured.

use outport_model::diagnostic::Diagnostic;

use crate::{codes, node::Node};

/// Warns of rules below a column: on fields of objects, items of arrays, keys and values of maps.
pub(super) fn report(property: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for child in children(property) {
        for key in ["quality", "enum", "relationships", "logicalTypeOptions"] {
            if let Some(rules) = child.get(key).filter(|rules| restricts(key, rules)) {
                diagnostics.push(
                    rules
                        .warning_key(codes::NOT_CHECKED, format!("`{key}` inside a column is not checked"))
                        .help("only columns are measured; a rule of `type: sql` can look inside"),
                );
            }
        }
        report(&child, diagnostics);
    }
}

fn children<'a>(property: &Node<'a>) -> Vec<Node<'a>> {
    let map = property.get("map");
    let ends = ["key", "value"].iter().filter_map(|key| map.as_ref()?.get(key));
    property.list("properties").into_iter().chain(property.get("items")).chain(ends).collect()
}

/// `format` and the like say what the type is; they restrict nothing.
fn restricts(key: &str, rules: &Node<'_>) -> bool {
    const TYPE: [&str; 5] = ["format", "timezone", "defaultTimezone", "required", "elementType"];
    key != "logicalTypeOptions" || rules.entries().iter().any(|(name, _)| !TYPE.contains(name))
}
