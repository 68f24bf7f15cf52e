//! Reading YAML: values, places and what can be wrong with a text.

use insta::assert_snapshot;
use outport_model::diagnostic::{Code, Span};
use outport_spec::{Document, codes, odcs::DataContract, schema, variables};
use serde_json::json;

use crate::render::{examples, render};

fn parse(text: &str) -> Document {
    Document::parse("test.yaml", text).unwrap_or_else(|problems| panic!("{}", render(&problems)))
}

fn problems(text: &str) -> String {
    match Document::parse("test.yaml", text) {
        Ok(document) => format!("fine: {}\n{}", document.value(), render(document.warnings())),
        Err(problems) => render(&problems),
    }
}

/// Each pointer with the text of key and node.
fn places(text: &str) -> String {
    let document = parse(text);
    let line = |pointer: &String| {
        let slice = |span: Option<Span>| span.map_or("-", |span| &text[span.start..span.end]);
        let start = document.span(pointer).unwrap();
        let (key, node) = (slice(document.key_span(pointer)), slice(Some(start)));
        format!("{}:{} {pointer} {key:?} {node:?}", start.line, start.column)
    };
    crate::values::pointers(document.value()).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_node_has_its_place() {
    assert_snapshot!(places("a: 1 # one\nb:\n  - x\n  - {c: \"y\" , d: [1, 2,], e: }\n'f': &n\n  g: *m_n\n".replace("*m_n", "z").as_str()), @r#"
    1:1  "-" "a: 1 # one\nb:\n  - x\n  - {c: \"y\" , d: [1, 2,], e: }\n'f': &n\n  g: z"
    1:4 /a "a" "1"
    3:5 /b/0 "-" "x"
    4:9 /b/1/c "c" "\"y\""
    4:19 /b/1/d/0 "-" "1"
    4:22 /b/1/d/1 "-" "2"
    4:18 /b/1/d "d" "[1, 2,]"
    4:28 /b/1/e "e" ""
    4:5 /b/1 "-" "{c: \"y\" , d: [1, 2,], e: }"
    3:3 /b "b" "- x\n  - {c: \"y\" , d: [1, 2,], e: }"
    6:6 /f/g "g" "z"
    6:3 /f "'f'" "g: z"
    "#);
}

#[test]
fn scalars_over_several_lines_have_their_whole_extent() {
    assert_snapshot!(places("a: |\n  one\n  two\n\nb: >- # folded\n\n  three\nc: four\n  five\nd: 'six\n  seven'  # eight\ne:\n- |2\n   nine\n- ''\n"), @r#"
    1:1  "-" "a: |\n  one\n  two\n\nb: >- # folded\n\n  three\nc: four\n  five\nd: 'six\n  seven'  # eight\ne:\n- |2\n   nine\n- ''"
    1:4 /a "a" "|\n  one\n  two"
    5:4 /b "b" ">- # folded\n\n  three"
    8:4 /c "c" "four\n  five"
    10:4 /d "d" "'six\n  seven'"
    13:3 /e/0 "-" "|2\n   nine"
    15:3 /e/1 "-" "''"
    13:3 /e "e" "|2\n   nine\n- ''"
    "#);
}

#[test]
fn offsets_count_bytes_and_columns_count_characters() {
    assert_snapshot!(places("größe: 'süß' # ü\nliste: [ä, 🦀, z]\nende: x\n"), @r#"
    1:1  "-" "größe: 'süß' # ü\nliste: [ä, 🦀, z]\nende: x"
    1:8 /größe "größe" "'süß'"
    2:9 /liste/0 "-" "ä"
    2:12 /liste/1 "-" "🦀"
    2:15 /liste/2 "-" "z"
    2:8 /liste "liste" "[ä, 🦀, z]"
    3:7 /ende "ende" "x"
    "#);
}

#[test]
fn windows_line_breaks_and_byte_order_marks_are_counted() {
    assert_snapshot!(places("\u{feff}ä: 1\r\nb:\r\n  - x\r\n  - y # c\r\n"), @r#"
    1:1  "-" "ä: 1\r\nb:\r\n  - x\r\n  - y"
    1:4 /ä "ä" "1"
    3:5 /b/0 "-" "x"
    4:5 /b/1 "-" "y"
    3:3 /b "b" "- x\r\n  - y"
    "#);
}

#[test]
fn anchors_and_aliases_repeat_values() {
    let text = "a: &x {b: [1]}\nc: *x\nd: &t !!str 5\ne: *t\n";
    assert_eq!(parse(text).value(), &json!({"a": {"b": [1]}, "c": {"b": [1]}, "d": "5", "e": "5"}));
    assert_snapshot!(places(text), @r#"
    1:1  "-" "a: &x {b: [1]}\nc: *x\nd: &t !!str 5\ne: *t"
    1:12 /a/b/0 "-" "1"
    1:11 /a/b "b" "[1]"
    1:7 /a "a" "{b: [1]}"
    1:12 /c/b/0 "-" "1"
    1:11 /c/b "b" "[1]"
    2:4 /c "c" "*x"
    3:13 /d "d" "5"
    4:4 /e "e" "*t"
    "#);
}

#[test]
fn json_is_yaml() {
    let text = "{\"a\": [1, 2.50, \"x\\u00e9\\n\"],\n \"b\": null}";
    assert_eq!(parse(text).value(), &json!({"a": [1, 2.5, "xé\n"], "b": null}));
}

#[test]
fn places_of_missing_nodes_are_those_of_the_nearest_above() {
    let document = parse("a:\n  b: 1\n");
    assert_eq!(document.span("/a/x/y"), document.span("/a"));
    assert_eq!(document.span("/x"), document.span(""));
    assert_eq!(document.span("x"), None);
    assert_eq!(document.key_span("/a/x"), None);
    assert_eq!(document.written("/a/b"), Some("1"));
    assert_eq!(document.written("/a/c"), None);
}

#[test]
fn pointers_escape_their_segments() {
    let document = parse("a/b: {c~d: 1}\n");
    assert_eq!(document.get("/a~1b/c~0d"), Some(&json!(1)));
    assert_eq!(document.span("/a~1b/c~0d").unwrap().column, 12);
}

#[test]
fn broken_syntax_is_reported_at_its_place() {
    assert_snapshot!(problems("a: [1, 2\nb: 3\n"), @r"OP0003 error test.yaml:2:2+1 - illegal placement of ':' indicator | is the `[` on line 1 closed?");
    assert_snapshot!(problems("a:\n\tb: 1\n"), @r"OP0003 error test.yaml:2:2+1 - tabs disallowed within this context (block indentation) | indent with spaces, not with tabs");
    assert_snapshot!(problems("a: \"x\nb: 1\n"), @r"OP0003 error test.yaml:1:4+1 - invalid indentation in quoted scalar | is the quote that opens here closed?");
    assert_snapshot!(problems("a: b: c\n"), @r"OP0003 error test.yaml:1:5+1 - mapping values are not allowed in this context | put a text that has `: ` inside into quotes");
    assert_snapshot!(problems("a:\n  - 1\n b: 2\n"), @"OP0003 error test.yaml:3:2+1 - did not find expected key");
    assert_snapshot!(problems("ü: {a: 1]\n"), @r"OP0003 error test.yaml:1:9+1 - did not find expected ',' or '}' | is the `{` on line 1 closed?");
    assert_snapshot!(problems("a: @b\n"), @r"OP0003 error test.yaml:1:4+1 - unexpected character: `@` | put the text into quotes");
}

#[test]
fn keys_are_unique_text() {
    assert_snapshot!(problems("a: 1\nb: 2\n\"a\": 3\nb: 4\n"), @r"
    OP0004 error test.yaml:3:1+3 - the key `a` is there already | remove or rename one of them
    OP0004 error test.yaml:4:1+1 - the key `b` is there already | remove or rename one of them
    ");
    assert_snapshot!(problems("1: x\ntrue: y\n: z\n"), @r#"
    OP0007 error test.yaml:1:1+1 - the key `1` is not text | write it in quotes: `"1"`
    OP0007 error test.yaml:2:1+4 - the key `true` is not text | write it in quotes: `"true"`
    OP0007 error test.yaml:3:1+0 - the key is missing
    "#);
    assert_snapshot!(problems("? [a]\n: b\n"), @r"OP0007 error test.yaml:1:3+1 - a key cannot be a list or mapping | put text that has `{`, `[` or `${…}` at its beginning into quotes");
    assert_snapshot!(problems("${X}: 1\n"), @r#"fine: {"${X}":1}"#);
    assert_snapshot!(problems("{a}: 1\n"), @r"OP0007 error test.yaml:1:1+1 - a key cannot be a list or mapping | put text that has `{`, `[` or `${…}` at its beginning into quotes");
    assert_snapshot!(problems("a: &x {b: 1}\n<<: *x\n"), @r"OP0010 error test.yaml:2:1+2 - merge keys (`<<`) are not part of YAML 1.2 | repeat the whole value with an alias, or write the keys out");
}

#[test]
fn a_file_is_one_document() {
    assert_snapshot!(problems("---\na: 1\n---\nb: 2\n"), @r"OP0005 error test.yaml:3:1+3 - a second document begins here | give each document a file of its own");
    assert_snapshot!(problems(""), @"OP0009 error test.yaml:1:1+0 - the file is empty");
    assert_snapshot!(problems("# nothing\n\n---\n"), @"OP0009 error test.yaml:1:1+0 - the file is empty");
    assert_snapshot!(problems("--- \na: 1\n...\n"), @r#"fine: {"a":1}"#);
    assert_snapshot!(problems("null\n"), @"fine: null");
}

#[test]
fn numbers_are_kept_or_refused() {
    assert_snapshot!(problems("a: 18446744073709551616\nb: .inf\nc: -9223372036854775809\nd: 1e999\n"), @r#"
    OP0008 error test.yaml:1:4+20 - the number `18446744073709551616` is out of range | if it is meant as text, put it into quotes: `"18446744073709551616"`
    OP0008 error test.yaml:2:4+4 - the number `.inf` is out of range | if it is meant as text, put it into quotes: `".inf"`
    OP0008 error test.yaml:3:4+20 - the number `-9223372036854775809` is out of range | if it is meant as text, put it into quotes: `"-9223372036854775809"`
    OP0008 error test.yaml:4:4+5 - the number `1e999` is out of range | if it is meant as text, put it into quotes: `"1e999"`
    "#);
    assert_snapshot!(problems("a: 3.14159265358979323846\nb: 18446744073709551615\nc: 0.10\nd: '1e999'\n"), @r#"
    fine: {"a":3.141592653589793,"b":18446744073709551615,"c":0.1,"d":"1e999"}
    OP0008 warning test.yaml:1:4+22 - the number `3.14159265358979323846` is kept as 3.141592653589793 | put it into quotes if every digit counts
    "#);
}

#[test]
fn tags_must_fit() {
    assert_snapshot!(problems("a: !!int x\nb: !secret y\nc: !!binary aGk=\nd: !!map []\ne: !!float 1\n"), @r"
    OP0011 error test.yaml:1:10+1 - the tag `!!int` does not fit the value | remove the tag; quotes make any value text
    OP0011 error test.yaml:2:12+1 - the tag `!secret` is not known | remove the tag; quotes make any value text
    OP0011 error test.yaml:3:13+4 - the tag `!!binary` is not known | remove the tag; quotes make any value text
    OP0011 error test.yaml:4:4+7 - the tag `!!map` does not fit the value | remove the tag; quotes make any value text
    ");
}

#[test]
fn aliases_are_bounded() {
    assert_snapshot!(problems("a: *b\n"), @r"OP0010 error test.yaml:1:4+1 - the alias repeats something that is not marked before");
    assert_snapshot!(problems("a: &x [*x]\n"), @r"OP0010 error test.yaml:1:8+2 - the alias stands inside of what it repeats");
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let item = format!("*a{}", n - 1);
        format!("{text}a{n}: &a{n} [{}]\n", [item.as_str(); 10].join(", "))
    });
    assert_snapshot!(problems(&bomb), @"OP0006 error test.yaml:6:15+3 - aliases make the document too large");
}

#[test]
fn deep_nesting_is_refused_without_exhausting_the_stack() {
    assert_snapshot!(problems(&"[".repeat(100_000)), @"OP0006 error test.yaml:1:256+1 - the document is nested too deeply");
    assert_snapshot!(problems(&format!("{}x\n", "- ".repeat(20_000))), @r"OP0006 error test.yaml:1:201+0 - the document is nested more than 100 levels deep");
    let deep = (0..3000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    assert_snapshot!(problems(&deep), @r"OP0006 error test.yaml:101:101+0 - the document is nested more than 100 levels deep");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let problems = Document::from_bytes("test.yaml", b"a: \xc3\xbc\nb: \xff\n".to_vec()).unwrap_err();
    assert_snapshot!(render(&problems), @r"OP0002 error test.yaml:2:4+1 - the file is not UTF-8 text | save the file in the encoding UTF-8");
}

#[test]
fn diagnostics_underline_nodes_and_keys() {
    let document = parse("a:\n  - b: 1\n    c: 2\n");
    let code = Code::new("OP0000");
    let found = [
        document.error_at(code.clone(), "/a/0/c", "node"),
        document.warning_at(code.clone(), "/a/0/x", "nearest"),
        document.error_at_key(code.clone(), "/a/0/c", "key"),
        document.warning_at_key(code, "/a/0", "first line"),
    ];
    assert_snapshot!(render(&found), @r"
    OP0000 error test.yaml:3:8+1 /a/0/c node
    OP0000 warning test.yaml:2:5+13 /a/0/x nearest
    OP0000 error test.yaml:3:5+1 /a/0/c key
    OP0000 warning test.yaml:2:5+4 /a/0 first line
    ");
}

#[test]
fn typed_documents_point_at_what_does_not_fit() {
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n      - {name: a, required: maybe}\n";
    assert_snapshot!(render(&parse(text).typed::<DataContract>().unwrap_err()), @r#"OP0103 error test.yaml:8:29+5 /schema/0/properties/0/required invalid type: string "maybe", expected a boolean"#);
}

#[test]
fn the_spans_of_real_documents_hold_what_they_stand_for() {
    for (file, text) in examples() {
        let document = Document::parse(file, text.as_str()).unwrap();
        for pointer in crate::values::pointers(document.value()) {
            let value = document.get(&pointer).unwrap();
            let written = document.written(&pointer).unwrap();
            if value.is_object() || value.is_array() {
                continue;
            }
            // A scalar's own text, read alone, is the scalar again (but for the indentation of block scalars).
            let alone = Document::parse("alone", format!("k: {written}\n")).unwrap();
            let same = alone.get("/k") == Some(value) || written.starts_with(['|', '>']);
            assert!(same, "{} {pointer}: {written:?} is not {value}", document.file());
        }
    }
}

fn resolve(text: &str) -> String {
    let environment = |name: &str| match name {
        "HOST" => Some("db.example".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let resolution = variables::resolve(&parse(text), &environment);
    format!("{}\n{}", resolution.value, render(&resolution.diagnostics))
}

#[test]
fn variables_are_filled_in() {
    assert_snapshot!(resolve("a: ${HOST}\nb: ['x${HOST}:${PORT:-5432}y', $HOST]\nc: {d: '${EMPTY:-e}', f: '${NONE:-}'}\n"), @r#"{"a":"db.example","b":["xdb.example:5432y","$HOST"],"c":{"d":"e","f":""}}"#);
}

#[test]
fn variables_without_a_value_are_errors() {
    assert_snapshot!(resolve("a: x${PASSWORD}y\nb: [1, '${EMPTY}']\n"), @r#"
    {"a":"x${PASSWORD}y","b":[1,"${EMPTY}"]}
    OP0012 error test.yaml:1:4+13 /a the variable `PASSWORD` has no value | set `PASSWORD`, or give a default: `${PASSWORD:-default}`
    OP0012 error test.yaml:2:8+10 /b/1 the variable `EMPTY` has no value | set `EMPTY`, or give a default: `${EMPTY:-default}`
    "#);
}

#[test]
fn what_is_no_variable_stays() {
    assert_snapshot!(resolve("a: '${1}'\nb: '${HOST'\nc: '${A:-${HOST}}'\nd: $${HOST}\n"), @r#"
    {"a":"${1}","b":"${HOST","c":"${A:-${HOST}}","d":"$db.example"}
    OP0013 warning test.yaml:1:4+6 /a `${1}` is not a variable | variables are written `${NAME}` or `${NAME:-default}`
    OP0013 warning test.yaml:2:4+8 /b `${` is not a variable | variables are written `${NAME}` or `${NAME:-default}`
    OP0013 warning test.yaml:3:4+15 /c `${A:-${HOST}` is not a variable | variables are written `${NAME}` or `${NAME:-default}`
    "#);
}

#[test]
fn placeholders_of_quality_queries_stay() {
    let rule =
        "{type: sql, query: 'SELECT ${column} FROM ${table} WHERE ${object} = ${property} AND ${HOST} = ${other}'}";
    assert_snapshot!(resolve(&format!("schema: [{{quality: [{rule}]}}]\na: ${{table}}\n")), @r#"
    {"schema":[{"quality":[{"type":"sql","query":"SELECT ${column} FROM ${table} WHERE ${object} = ${property} AND db.example = ${other}"}]}],"a":"${table}"}
    OP0012 error test.yaml:1:40+85 /schema/0/quality/0/query the variable `other` has no value | set `other`, or give a default: `${other:-default}`
    OP0012 error test.yaml:2:4+8 /a the variable `table` has no value | set `table`, or give a default: `${table:-default}`
    "#);
}

#[test]
fn variables_do_not_change_what_the_schema_sees() {
    let document = parse(
        "apiVersion: v3.2.0\nkind: DataContract\nid: ${ID}\nversion: 1.0.0\nservers:\n  - {server: a, type: postgres, host: h, port: '${PORT}', database: d, schema: s}\n",
    );
    assert_eq!(render(&schema::validate(&document)), "");
    assert_eq!(document.get("/id"), Some(&json!("${ID}")));
    assert_eq!(codes::find("OP0012").unwrap().title, "a variable has no value");
}
