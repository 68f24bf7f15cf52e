//! Changes to text that leave the rest as it is, and text made of values.

use insta::assert_snapshot;
use outport_spec::{
    Document,
    edit::{self, EditError},
    write,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::values;

const TEXT: &str = "\
# The contract.
apiVersion: v3.2.0  # newest
id:   'trips'   # quoted

schema:
  # one table
  - name: trips
    tags: [a, b]  # two
    description: |
      First.
      Second.
    # below
    properties:
      - name: id
        required: true
      - { name: amount, logicalType: number, }
empty:
options: {}
";

fn document() -> Document {
    Document::parse("test.yaml", TEXT).unwrap()
}

/// The lines that a change removed and added.
fn difference(changed: &Result<Document, EditError>) -> String {
    let changed = match changed {
        Ok(changed) => changed.text(),
        Err(error) => return error.to_string(),
    };
    let (old, new): (Vec<_>, Vec<_>) = (TEXT.split('\n').collect(), changed.split('\n').collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let removed = old[start..old.len() - end].iter().map(|line| format!("-{line}"));
    let added = new[start..new.len() - end].iter().map(|line| format!("+{line}"));
    removed.chain(added).collect::<Vec<_>>().join("\n")
}

fn set(pointer: &str, value: &Value) -> String {
    difference(&edit::set(&document(), pointer, value))
}

fn insert(pointer: &str, value: &Value) -> String {
    difference(&edit::insert(&document(), pointer, value))
}

fn remove(pointer: &str) -> String {
    difference(&edit::remove(&document(), pointer))
}

#[test]
fn scalars_are_set_in_place() {
    assert_snapshot!(set("/apiVersion", &json!("v3.1.0")), @r"
    -apiVersion: v3.2.0  # newest
    +apiVersion: v3.1.0  # newest
    ");
    assert_snapshot!(set("/id", &json!("true")), @r#"
    -id:   'trips'   # quoted
    +id:   "true"   # quoted
    "#);
    assert_snapshot!(set("/empty", &json!(1.5)), @r"
    -empty:
    +empty: 1.5
    ");
    assert_snapshot!(set("/schema/0/tags/1", &json!("c, d")), @r#"
    -    tags: [a, b]  # two
    +    tags: [a, "c, d"]  # two
    "#);
    assert_snapshot!(set("/schema/0/properties/1/name", &json!("price")), @r"
    -      - { name: amount, logicalType: number, }
    +      - { name: price, logicalType: number, }
    ");
    assert_snapshot!(set("/schema/0/description", &json!("One.")), @r"
    -    description: |
    -      First.
    -      Second.
    +    description: One.
    ");
    assert_snapshot!(set("/schema/0/description", &json!("One.\nTwo.\n")), @r"
    -      First.
    -      Second.
    +      One.
    +      Two.
    ");
}

#[test]
fn collections_are_set_in_the_style_around_them() {
    assert_snapshot!(set("/id", &json!({"a": 1, "b": [true]})), @r"
    -id:   'trips'   # quoted
    +id:   # quoted
    +  a: 1
    +  b:
    +    - true
    ");
    assert_snapshot!(set("/options", &json!({"a": {"b": "c"}})), @r"
    -options: {}
    +options:
    +  a:
    +    b: c
    ");
    assert_snapshot!(set("/schema/0/properties", &json!([])), @r"
    -    properties:
    -      - name: id
    -        required: true
    -      - { name: amount, logicalType: number, }
    +    properties: []
    ");
    assert_snapshot!(set("/schema/0/properties/1", &json!({"name": "x"})), @r"
    -      - { name: amount, logicalType: number, }
    +      - name: x
    ");
    assert_snapshot!(set("/schema/0/properties/0", &json!({"name": "x", "tags": ["y"]})), @r#"
    -      - name: id
    -        required: true
    +      - name: x
    +        tags:
    +          - "y"
    "#);
}

#[test]
fn new_nodes_are_inserted() {
    assert_snapshot!(insert("/status", &json!("active")), @"+status: active");
    assert_snapshot!(insert("/schema/0/properties/0/unique", &json!(true)), @"+        unique: true");
    assert_snapshot!(insert("/schema/0/properties/1/unique", &json!(true)), @r"
    -      - { name: amount, logicalType: number, }
    +      - { name: amount, logicalType: number, unique: true, }
    ");
    assert_snapshot!(insert("/schema/0/properties/0", &json!({"name": "first"})), @"+      - name: first");
    assert_snapshot!(insert("/schema/0/properties/-", &json!({"name": "last", "tags": ["a"]})), @r"
    +      - name: last
    +        tags:
    +          - a
    ");
    assert_snapshot!(insert("/schema/0/tags/1", &json!("x")), @r"
    -    tags: [a, b]  # two
    +    tags: [a, x, b]  # two
    ");
    assert_snapshot!(insert("/options/limit", &json!(3)), @r"
    -options: {}
    +options:
    +  limit: 3
    ");
}

#[test]
fn nodes_are_removed() {
    assert_snapshot!(remove("/id"), @"-id:   'trips'   # quoted");
    assert_snapshot!(remove("/schema/0/name"), @r"
    -  - name: trips
    -    tags: [a, b]  # two
    +  - tags: [a, b]  # two
    ");
    assert_snapshot!(remove("/schema/0/tags"), @"-    tags: [a, b]  # two");
    assert_snapshot!(remove("/schema/0/tags/0"), @r"
    -    tags: [a, b]  # two
    +    tags: [b]  # two
    ");
    assert_snapshot!(remove("/schema/0/description"), @r"
    -    description: |
    -      First.
    -      Second.
    ");
    assert_snapshot!(remove("/schema/0/properties/0"), @r"
    -      - name: id
    -        required: true
    ");
    assert_snapshot!(remove("/schema/0/properties/1/logicalType"), @r"
    -      - { name: amount, logicalType: number, }
    +      - { name: amount, }
    ");
    assert_snapshot!(remove("/schema/0"), @r"
    -  - name: trips
    -    tags: [a, b]  # two
    -    description: |
    -      First.
    -      Second.
    -    # below
    -    properties:
    -      - name: id
    -        required: true
    -      - { name: amount, logicalType: number, }
    +  []
    ");
    assert_snapshot!(remove("/options"), @"-options: {}");
}

#[test]
fn changes_without_a_place_are_refused() {
    assert_snapshot!(insert("/id", &json!(1)), @"there is something at `/id` already");
    assert_snapshot!(insert("/id/x", &json!(1)), @"nothing can be inserted at `/id/x`");
    assert_snapshot!(insert("/schema/7", &json!(1)), @"nothing can be inserted at `/schema/7`");
    assert_snapshot!(remove("/nothing"), @"there is nothing at `/nothing`");
    assert_snapshot!(remove(""), @"`` cannot be changed without changing something else");
    let aliased = Document::parse("test.yaml", "a: &x {b: 1}\nc: *x\n").unwrap();
    assert_snapshot!(difference(&edit::set(&aliased, "/c/b", &json!(2))), @"`/c/b` cannot be changed without changing something else");
}

#[test]
fn line_breaks_stay_those_of_the_file() {
    let document = Document::parse("test.yaml", "a: 1\r\nb: 2\r\n").unwrap();
    let changed = edit::insert(&document, "/c", &json!(["x"])).unwrap();
    assert_eq!(changed.text(), "a: 1\r\nb: 2\r\nc:\r\n  - x\r\n");
    assert_eq!(edit::remove(&document, "/a").unwrap().text(), "b: 2\r\n");
}

/// What the change means for the value.
fn expected(value: &Value, pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut expected = value.clone();
    change(expected.pointer_mut(pointer).unwrap());
    expected
}

proptest! {
    #[test]
    fn text_reads_back_as_the_value(value in values::value()) {
        let text = write::yaml(&value);
        // A document of nothing is an empty file to a reader.
        let wrapped = json!({"value": value});
        let read = Document::parse("test.yaml", write::yaml(&wrapped)).unwrap();
        prop_assert_eq!(read.value(), &wrapped, "{}", text);
    }

    #[test]
    fn setting_gives_the_value_that_was_meant(
        value in values::value(), new in values::value(), pick in any::<prop::sample::Index>(),
    ) {
        let document = Document::parse("test.yaml", write::yaml(&json!({"root": value}))).unwrap();
        let pointers = values::pointers(document.value());
        let pointer = pick.get(&pointers);
        let changed = edit::set(&document, pointer, &new).unwrap();
        prop_assert_eq!(changed.value(), &expected(document.value(), pointer, |node| *node = new));
    }

    #[test]
    fn removing_gives_the_value_that_was_meant(value in values::value(), pick in any::<prop::sample::Index>()) {
        let document = Document::parse("test.yaml", write::yaml(&json!({"root": value, "last": 1}))).unwrap();
        let pointers = values::pointers(document.value());
        let pointer = pick.get(&pointers);
        prop_assume!(!pointer.is_empty());
        let changed = edit::remove(&document, pointer).unwrap();
        let lost = values::pointers(document.value()).len() - values::pointers(changed.value()).len();
        prop_assert_eq!(lost, values::pointers(document.get(pointer).unwrap()).len());
    }
}

#[test]
fn text_is_written_so_that_no_reader_mistakes_it() {
    let value = json!({
        "plain": ["flights", "v1.2.0", "1.2.3", "2b8a1c3e-11aa", "a b", "x:y", "schema/a/properties/b", "größe"],
        "YAML 1.2": ["", "null", "true", "1", "1.0", ".inf", "- a", "a: b", "a #b", "<<", "{a}", " a"],
        "YAML 1.1": ["on", "Yes", "n", "2022-08-02", "12:30:00", "1_000", "0b1", "2026-01-01T00:00:00Z"],
        "lines": ["a\nb\n", "a\n  b", "a\n\nb", " a\nb", "a\n\n", "a\tb", "a\u{85}b"],
        "others": [null, true, 1, 1.0, 1e300, -0.5, [], {}, [["a"], [[]]], [{"a": {"b": "c\nd"}}]],
        "1": {"on": {"a: b": 1}},
    });
    assert_snapshot!(write::yaml(&value), @r#"
    plain:
      - flights
      - v1.2.0
      - 1.2.3
      - "2b8a1c3e-11aa"
      - a b
      - x:y
      - schema/a/properties/b
      - größe
    YAML 1.2:
      - ""
      - "null"
      - "true"
      - "1"
      - "1.0"
      - ".inf"
      - "- a"
      - "a: b"
      - "a #b"
      - "<<"
      - "{a}"
      - " a"
    YAML 1.1:
      - "on"
      - "Yes"
      - "n"
      - "2022-08-02"
      - "12:30:00"
      - "1_000"
      - "0b1"
      - "2026-01-01T00:00:00Z"
    lines:
      - |
        a
        b
      - |-
        a
          b
      - |-
        a

        b
      - " a\nb"
      - "a\n\n"
      - "a\tb"
      - "a\u0085b"
    others:
      - null
      - true
      - 1
      - 1.0
      - 1e+300
      - -0.5
      - []
      - {}
      - - - a
        - - []
      - - a:
            b: |-
              c
              d
    "1":
      "on":
        "a: b": 1
    "#);
}
