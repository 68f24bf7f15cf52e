//! A contract without a bundle.

use std::fs;

use insta::assert_snapshot;
use outport_spec::{
    alone::{self, Alone},
    bundle::BundleFiles,
};

use crate::{
    fixture::{DESCRIPTOR, INPUT, good},
    render::render,
};

/// The good bundle's input contract, spoiled.
fn load(from: &str, to: &str, server: Option<&str>) -> Alone {
    let text = String::from_utf8(good().files().files()[INPUT].clone()).unwrap();
    assert!(text.contains(from), "`{from}` is not in the contract");
    let files = [("raw.odcs.yaml".to_owned(), text.replace(from, to).into_bytes())];
    let files = BundleFiles::new("/contracts", files.into());
    alone::load(&files, server, &|_| None)
}

fn problems(from: &str, to: &str, server: Option<&str>) -> String {
    let alone = load(from, to, server);
    assert!(alone.contract.is_none() && alone.source.is_none());
    render(&alone.diagnostics).replace("/contracts/", "")
}

#[test]
fn the_only_local_server_is_read() {
    let alone = load("servers:\n", "servers:\n  - {server: prod, type: s3, location: 's3://${BUCKET}/x'}\n", None);
    assert_eq!(render(&alone.diagnostics), "");
    assert_eq!(alone.source.unwrap().location, "/contracts/data/trips-*.csv.gz");
    assert_eq!(alone.contract.unwrap().tables[0].name, "rows");
}

#[test]
fn a_server_is_chosen_by_name() {
    let more = "servers:\n  - {server: more, type: local, path: /in/more.parquet, format: parquet}\n";
    assert_eq!(load("servers:\n", more, Some("more")).source.unwrap().location, "/in/more.parquet");
}

#[test]
fn servers_that_cannot_be_read_are_told() {
    let more = "servers:\n  - {server: more, type: local, path: '${MORE}', format: parquet}\n  - {server: cloud, type: s3, location: 's3://b/x'}\n";
    assert_snapshot!(problems("servers:\n", more, None), @"OP0221 error raw.odcs.yaml:6:1+7 /servers the contract has 2 servers of type `local` | name one: `--server NAME`");
    assert_snapshot!(problems("servers:\n", more, Some("moar")), @"OP0223 error raw.odcs.yaml:6:1+7 /servers the contract has no server `moar` | known are `more`, `cloud`, `files`");
    assert_snapshot!(problems("servers:\n", more, Some("cloud")), @"OP0224 error raw.odcs.yaml:8:5+47 /servers/1 `cloud` is a server of type `s3` | name a server of type `local`");
    assert_snapshot!(problems("servers:\n", more, Some("more")), @"OP0012 error raw.odcs.yaml:7:39+9 /servers/0/path the variable `MORE` has no value | set `MORE`, or give a default: `${MORE:-default}`");
    assert_snapshot!(problems("type: local", "type: custom", None), @"OP0221 error raw.odcs.yaml:6:1+7 /servers the contract has 0 servers of type `local` | add a server of type `local` with `path` and `format`");
}

#[test]
fn faults_of_the_contract_are_told() {
    assert_snapshot!(problems("logicalType: integer", "logicalType: int", None), @"OP0104 error raw.odcs.yaml:18:33+3 /schema/0/properties/0/logicalType `int` is not a value of `logicalType` | allowed are `array`, `boolean`, `date`, `integer`, `map`, `number`, `object`, `string`, `time`, `timestamp`, `vector`");
}

#[test]
fn paths_start_from_the_bundle_that_the_contract_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join(INPUT);
    fs::create_dir_all(contract.parent().unwrap()).unwrap();
    fs::write(&contract, &good().files().files()[INPUT]).unwrap();
    let location = || {
        let files = alone::read(&contract).unwrap();
        alone::load(&files, None, &|_| None).source.unwrap().location
    };
    let at = |base: &std::path::Path| base.join("data/trips-*.csv.gz").display().to_string();
    assert_eq!(location(), at(contract.parent().unwrap()));
    fs::write(folder.path().join(DESCRIPTOR), "").unwrap();
    assert_eq!(location(), at(folder.path()));
}
