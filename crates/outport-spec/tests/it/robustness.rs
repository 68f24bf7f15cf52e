//! Whatever the bytes are: no panic, and every diagnostic has a place inside of the text. This is the fuzzing of the
//! reader: thousands of mutations of real documents, repeatable by their seed.

use outport_spec::{Document, edit, schema, variables, write};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::render::examples;

/// What is spliced into documents: whatever means something to YAML.
const TOKENS: &[&str] = &[
    ":",
    "- ",
    "? ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "  ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<: ",
    "\u{feff}",
    "\u{85}",
    "é",
    "🦀",
    "\0",
    "~",
    ".inf",
    "1e999",
    "${",
    "}",
    "null",
    ": {}\n",
    "\n- ",
    "@",
    "`",
    "|2\n",
    ">+1\n",
];
const CASES: usize = 5000;

fn below(random: &mut TestRng, limit: usize) -> usize {
    usize::try_from(random.next_u64() % u64::try_from(limit.max(1)).unwrap()).unwrap()
}

/// Where the top-level keys of a document begin.
fn sections(text: &str) -> Vec<usize> {
    let starts_key = |line: &str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let starts = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.filter(|at| text.get(*at..).is_some_and(starts_key)).collect()
}

/// A part of a document: mostly some of its sections, sometimes any stretch.
fn part(random: &mut TestRng, text: &str) -> Vec<u8> {
    if below(random, 5) == 0 {
        let start = below(random, text.len());
        let end = (start + 1 + below(random, 1500)).min(text.len());
        return text.as_bytes()[start..end].to_vec();
    }
    let starts = sections(text);
    let first = below(random, starts.len());
    let last = first + 1 + below(random, 6);
    let end = starts.get(last).copied().unwrap_or(text.len());
    let kind = ["apiVersion: v3.2.0\nkind: DataContract\n", "apiVersion: v1.1.0\nkind: DataProduct\n", ""];
    let header = if starts[first] == 0 { "" } else { kind[below(random, 3)] };
    let body = &text[starts[first]..end];
    // Long sections end early, at a line.
    let body = if body.len() > 2500 { &body[..body[..2500].rfind('\n').unwrap_or(0)] } else { body };
    format!("{header}{body}").into_bytes()
}

/// A part of a document with a few bytes or tokens changed.
fn mutate(random: &mut TestRng, text: &str) -> Vec<u8> {
    let mut bytes = part(random, text);
    for _ in 0..below(random, 5) {
        if bytes.is_empty() {
            break;
        }
        let at = below(random, bytes.len());
        match below(random, 5) {
            0 => bytes[at] = u8::try_from(below(random, 256)).unwrap(),
            1 => {
                let end = (at + below(random, 20)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let end = (at + below(random, 60)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = below(random, bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => {
                bytes.splice(at..at, TOKENS[below(random, TOKENS.len())].bytes());
            }
        }
    }
    bytes
}

/// Uses everything that takes a text; whether it could be read.
fn exercise(bytes: Vec<u8>) -> bool {
    let length = bytes.len();
    let parsed = Document::from_bytes("fuzz", bytes);
    let readable = parsed.is_ok();
    let diagnostics = match parsed {
        Err(problems) => {
            assert!(!problems.is_empty());
            problems
        }
        Ok(document) => {
            let again = Document::parse("again", write::yaml(document.value()));
            assert!(document.value().is_null() || again.unwrap().value() == document.value());
            let mut diagnostics = schema::validate(&document);
            diagnostics.extend(variables::resolve(&document, &|_| None).diagnostics);
            for pointer in crate::values::pointers(document.value()).into_iter().step_by(5).take(2) {
                let span = document.span(&pointer).unwrap();
                assert!(document.text().get(span.start..span.end).is_some(), "{pointer} {span:?}");
                let _ = edit::set(&document, &pointer, &serde_json::json!({"a": ["b"]}));
                let _ = edit::remove(&document, &pointer);
            }
            let _ = document.typed::<outport_spec::odcs::DataContract>();
            let _ = document.typed::<outport_spec::odps::DataProduct>();
            diagnostics.extend(document.warnings().iter().cloned());
            diagnostics
        }
    };
    for diagnostic in &diagnostics {
        let span = diagnostic.span.unwrap();
        assert!(
            span.start <= span.end && span.end <= length.max(1) && span.line > 0 && span.column > 0,
            "{diagnostic:?}"
        );
    }
    readable
}

#[test]
fn mutated_documents_never_panic() {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut seeds: Vec<String> = examples().into_iter().map(|(_, text)| text).collect();
    seeds.push(include_str!("contract.odcs.yaml").to_owned());
    seeds.push(include_str!("product.odps.yaml").to_owned());
    let mut readable = 0;
    for _ in 0..CASES {
        let seed = below(&mut random, seeds.len());
        let bytes = mutate(&mut random, &seeds[seed]);
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let outcome = std::panic::catch_unwind(|| exercise(bytes));
        assert!(outcome.is_ok(), "panic for:\n{shown}\n{shown:?}");
        readable += usize::from(outcome.unwrap());
    }
    // Otherwise the mutations are too wild to get past the first line of the reader.
    assert!(readable > CASES / 4, "{readable} of {CASES}");
}
