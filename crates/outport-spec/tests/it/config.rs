//! `outport.yaml` against its published JSON Schema, and the pages that explain codes.

use std::{collections::BTreeSet, fs, path::PathBuf};

use insta::assert_snapshot;
use outport_spec::{Document, codes, schema};

use crate::render::render;

fn problems(settings: &str) -> String {
    let document = Document::parse("outport.yaml", format!("apiVersion: outport/v1\n{settings}")).unwrap();
    render(&schema::validate_settings(&document))
}

fn docs(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path)
}

#[test]
fn every_setting_is_known() {
    let settings = r#"
product: customer-360
inputs:
  a: {server: nyc, csv: {delimiter: ",", quote: '"', escape: null, comment: null, header: true, nullValues: [NA], compression: gzip}}
  b: {depot: landing, path: "flights/*.csv.gz", format: csv, onViolation: warn}
  c: {address: "outport:///flights/flights@1"}
  d: {tpch: {table: orders, scale: "${TPCH_SCALE:-0.01}"}}
outputs: {flights: {model: flights_v2}}
models: {daily: {materialized: view}}
parameters: {minimum_flights: 10, name: x, on: true}
workspaces:
  prod: {parameters: {minimum_flights: 100}, inputs: {a: {server: prod}}, models: {daily: {materialized: table}}}
"#;
    assert_eq!(problems(settings), "");
}

#[test]
fn unknown_and_wrong_settings_are_told() {
    assert_snapshot!(problems("inptus: {}"), @"OP0101 error outport.yaml:2:1+6 /inptus the key `inptus` is not known here | did you mean `inputs`?");
    assert_snapshot!(problems("inputs: {a: {onViolation: quarantaine}}"), @"OP0104 error outport.yaml:2:27+11 /inputs/a/onViolation `quarantaine` is not a value of `onViolation` | did you mean `quarantine`? allowed are `fail`, `quarantine`, `warn`");
    assert_snapshot!(problems("inputs: {a: {tpch: {table: order, scale: 1}}}"), @"OP0104 error outport.yaml:2:28+5 /inputs/a/tpch/table `order` is not a value of `table` | did you mean `orders`? allowed are `customer`, `lineitem`, `nation`, `orders`, `part`, `partsupp`, `region`, `supplier`");
    assert_snapshot!(problems("inputs: {a: {tpch: {table: orders}}}"), @"OP0102 error outport.yaml:2:14+4 /inputs/a/tpch/scale `tpch` has no `scale` | add `scale: …`");
    assert_snapshot!(problems("models: {daily: {materialised: view}}"), @"OP0101 error outport.yaml:2:18+12 /models/daily/materialised the key `materialised` is not known here | did you mean `materialized`?");
    assert_snapshot!(problems("parameters: {least: [1]}"), @"OP0103 error outport.yaml:2:14+5 /parameters/least `least` must be text, a number, `true` or `false` or empty, but is a list");
    assert_snapshot!(problems("workspaces: {prod: {product: x}}"), @"OP0101 error outport.yaml:2:21+7 /workspaces/prod/product the key `product` is not known here | known are `inputs`, `models`, `outputs`, `parameters`");
    assert_snapshot!(problems("product: Fleet"), @"OP0105 error outport.yaml:2:10+5 /product `Fleet` does not have the required form | it must match `^[a-z_][a-z0-9_-]{0,62}$`");
}

#[test]
fn the_version_of_the_format_is_required() {
    for (text, code) in [("product: x", "OP0102"), ("apiVersion: outport/v2", "OP0104"), ("- x", "OP0103")] {
        let document = Document::parse("outport.yaml", text).unwrap();
        let found: Vec<_> = schema::validate_settings(&document).iter().map(|d| d.code.to_string()).collect();
        assert_eq!(found, [code], "{text}");
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let known: BTreeSet<_> = codes::ALL.iter().map(|info| info.code.to_owned()).collect();
    let pages: BTreeSet<_> = fs::read_dir(docs("errors"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(known, pages);
    for info in codes::ALL {
        let page = fs::read_to_string(docs(&format!("errors/{}.md", info.code))).unwrap();
        assert!(page.starts_with(&format!("# {}: {}\n", info.code, info.title)), "title of {}", info.code);
        assert!(page.contains(info.explanation), "explanation of {}", info.code);
        assert!(page.contains("```"), "example of {}", info.code);
    }
}
