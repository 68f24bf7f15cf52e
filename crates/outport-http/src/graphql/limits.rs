//! How large a document may be.

use async_graphql::{
    Positioned,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType, Selection, SelectionSet},
    },
};

/// Fields within fields at most.
const DEPTH: usize = 8;

/// The same for what a document asks of the schema itself, where tools go deep.
const INTROSPECTION_DEPTH: usize = 20;

/// Fields of a document, each counted wherever a fragment brings it in.
const FIELDS: usize = 1_000;

/// Fields that get another name.
const ALIASES: usize = 50;

/// Fields at the root: each is a query.
const ROOTS: usize = 10;

/// Brackets within brackets at most, of every kind. The parser calls itself for each, and has no limit of its own.
const NESTING: usize = 64;

/// Reads a document, or says why it is refused before anything of it is looked at. `None` is one that cannot be parsed.
pub(super) fn check(text: &str) -> Result<Option<ExecutableDocument>, String> {
    limit("brackets within brackets", nesting(text), NESTING)?;
    let Ok(document) = parse_query(text) else { return Ok(None) };
    for (_, operation) in document.operations.iter() {
        if operation.node.ty != OperationType::Query {
            return Err("only queries are answered here".to_owned());
        }
        let mut counted = Counted { document: &document, fields: 0, aliases: 0, roots: 0 };
        counted.set(&operation.node.selection_set, 1, DEPTH)?;
    }
    Ok(Some(document))
}

/// How deep brackets stand in each other at most; those in texts and comments count too, which hurts nobody.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

struct Counted<'a> {
    document: &'a ExecutableDocument,
    fields: usize,
    aliases: usize,
    roots: usize,
}

impl Counted<'_> {
    fn set(&mut self, set: &Positioned<SelectionSet>, depth: usize, deepest: usize) -> Result<(), String> {
        set.node.items.iter().try_for_each(|item| self.selection(&item.node, depth, deepest))
    }

    fn selection(&mut self, selection: &Selection, depth: usize, deepest: usize) -> Result<(), String> {
        self.fields += 1;
        limit("fields", self.fields, FIELDS)?;
        match selection {
            Selection::Field(field) => {
                let field = &field.node;
                let own = field.name.node.starts_with("__");
                let deepest = if own { INTROSPECTION_DEPTH } else { deepest };
                limit("fields within fields", depth, deepest)?;
                self.aliases += usize::from(field.alias.is_some());
                limit("aliases", self.aliases, ALIASES)?;
                self.roots += usize::from(depth == 1);
                limit("fields at the root", self.roots, ROOTS)?;
                self.set(&field.selection_set, depth + 1, deepest)
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set, depth, deepest),
            // A fragment within itself comes to an end at the number of fields.
            Selection::FragmentSpread(spread) => match self.document.fragments.get(&spread.node.fragment_name.node) {
                Some(fragment) => self.set(&fragment.node.selection_set, depth, deepest),
                None => Ok(()),
            },
        }
    }
}

fn limit(what: &str, is: usize, most: usize) -> Result<(), String> {
    if is > most { Err(format!("the document has more than {most} {what}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        check(text).unwrap_err()
    }

    #[test]
    fn large_documents_are_refused() {
        let nested = |depth: usize| format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth));
        assert!(check(&nested(8)).is_ok());
        assert_eq!(refused(&nested(9)), "the document has more than 8 fields within fields");
        assert!(check("{ __schema { a { b { c { d { e { f { g { h { i } } } } } } } } } }").is_ok());
        let many = |count: usize, each: &str| (0..count).map(|n| each.replace('#', &n.to_string())).collect::<String>();
        assert_eq!(refused(&format!("{{ {} }}", many(11, "a# "))), "the document has more than 10 fields at the root");
        assert_eq!(refused(&format!("{{ a {{ {} }} }}", many(51, "a#: b "))), "the document has more than 50 aliases");
        assert_eq!(refused(&format!("{{ a {{ {} }} }}", many(1000, "a "))), "the document has more than 1000 fields");
        assert_eq!(refused("mutation { a }"), "only queries are answered here");
        let bottomless = "{a".repeat(100_000);
        assert_eq!(refused(&bottomless), "the document has more than 64 brackets within brackets");
    }

    #[test]
    fn fragments_count_where_they_are_used() {
        let fragments: Vec<String> =
            (0..20).map(|n| format!("fragment f{n} on T {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
        let fragments = fragments.concat();
        assert_eq!(refused(&format!("{{ a {{ ...f0 }} }} {fragments}")), "the document has more than 1000 fields");
        assert_eq!(refused("{ a { ...f } } fragment f on T { ...f }"), "the document has more than 1000 fields");
        assert_eq!(
            refused("{ ...f } fragment f on T { a { ...f } }"),
            "the document has more than 8 fields within fields"
        );
    }
}
