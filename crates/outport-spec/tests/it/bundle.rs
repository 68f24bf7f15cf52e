//! From a folder of files to a product.

use std::fs;

use insta::assert_snapshot;
use outport_model::{
    product::{Materialization, OnViolation},
    source::{Compression, FileFormat, Source},
};
use outport_spec::{bundle, validate};
use serde_json::{Value, json};

use crate::{
    fixture::{DESCRIPTOR, INPUT, MODEL, OUTPUT, SETTINGS, good, with_context},
    render::render,
};

fn source(fixture: &crate::fixture::Fixture) -> Value {
    serde_json::to_value(&fixture.product().inputs[0].source).unwrap()
}

#[test]
fn what_is_for_people_is_kept() {
    let fixture = good()
        .edit(DESCRIPTOR, "{purpose: Who drove where}", "{purpose: Who, usage: Count trips., limitations: Not live.}")
        .edit(DESCRIPTOR, "{username: eva, role: Product Owner}", "{username: eva, name: Eva}, {username: bo}")
        .add(
            DESCRIPTOR,
            "tags: [fleet, trips]\nsupport:\n  - {channel: chat, url: 'https://chat.example', tool: slack}\n",
        )
        .file("docs/usage.md", "# Trips\n\nOne row each.\n")
        .file("docs/picture.png", [0xff, 0xd8]);
    let guide = fixture.product().guide;
    assert_eq!((guide.usage.as_deref(), guide.limitations.as_deref()), (Some("Count trips."), Some("Not live.")));
    assert_eq!(guide.tags, ["fleet", "trips"]);
    let team: Vec<_> = guide.team.iter().map(|member| (member.name.as_str(), member.role.as_deref())).collect();
    assert_eq!(team, [("Eva", None), ("bo", None)]);
    let [channel] = guide.support.as_slice() else { panic!("{:?}", guide.support) };
    assert_eq!((channel.url.as_deref(), channel.tool.as_deref()), (Some("https://chat.example"), Some("slack")));
    let [document] = guide.documents.as_slice() else { panic!("{:?}", guide.documents) };
    assert_eq!((document.file.as_str(), document.title.as_str()), ("docs/usage.md", "Trips"));
    assert_eq!(document.text, "# Trips\n\nOne row each.\n");
}

#[test]
fn a_good_bundle_becomes_a_product() {
    let product = good().product();
    let mut value = serde_json::to_value(&product).unwrap();
    for pointer in ["/inputs/0/contract", "/outputs/0/contract"] {
        let contract = value.pointer_mut(pointer).unwrap();
        *contract = json!(contract["id"]);
    }
    value.as_object_mut().unwrap().retain(|part, _| !["files", "guide"].contains(&part.as_str()));
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "name": "fleet",
      "id": "fleet",
      "title": "The fleet",
      "version": "1.2.0",
      "status": "active",
      "domain": "logistics",
      "alignment": "source-aligned",
      "purpose": "Who drove where",
      "owner": "eva",
      "inputs": [
        {
          "name": "raw",
          "contract": "raw-trips",
          "contractId": "raw-trips",
          "source": {
            "files": {
              "location": "/bundles/fleet/data/trips-*.csv.gz",
              "written": "data/trips-*.csv.gz",
              "format": {
                "csv": {
                  "delimiter": ",",
                  "quote": "'",
                  "escape": null,
                  "comment": null,
                  "header": true,
                  "nullValues": [
                    "NA"
                  ],
                  "compression": "gzip"
                }
              }
            }
          },
          "onViolation": "quarantine"
        }
      ],
      "outputs": [
        {
          "name": "trips",
          "version": "2.0.0",
          "contract": "trips",
          "tables": [
            {
              "name": "trips",
              "object": "rows",
              "model": "trips"
            }
          ]
        }
      ],
      "models": [
        {
          "name": "trips",
          "file": "models/trips.sql",
          "sql": "SELECT id, fuel FROM input.raw WHERE fuel > $least\n",
          "materialization": "table",
          "parameters": {
            "least": 1
          }
        }
      ],
      "policies": []
    }
    "#);
}

#[test]
fn fingerprints_follow_the_bytes() {
    let before = good().product().files;
    assert_eq!(before.keys().collect::<Vec<_>>(), [INPUT, OUTPUT, MODEL, SETTINGS, DESCRIPTOR]);
    let after = good().edit(MODEL, "> $least", ">= $least").product().files;
    let changed: Vec<_> = before.iter().filter(|(path, print)| after[*path] != **print).map(|(path, _)| path).collect();
    assert_eq!(changed, [MODEL]);
}

#[test]
fn a_local_server_is_read_in_its_dialect() {
    let product = good().product();
    let Source::Files(files) = &product.inputs[0].source else { panic!("files") };
    assert_eq!(files.location, "/bundles/fleet/data/trips-*.csv.gz");
    let FileFormat::Csv(dialect) = &files.format else { panic!("CSV") };
    assert_eq!((dialect.quote, dialect.compression), ('\'', Compression::Gzip));
    assert_eq!(dialect.null_values, ["NA"]);
}

#[test]
fn sources_are_chosen_in_outport_yaml() {
    let cases = [
        (
            "{depot: landing, path: 'in/*.ndjson'}",
            json!({"files": {"location": "/landing/in/*.ndjson", "written": "in/*.ndjson", "format": {"ndjson": "none"}}}),
        ),
        (
            "{depot: landing, path: in, format: parquet}",
            json!({"files": {"location": "/landing/in", "written": "in", "format": "parquet"}}),
        ),
        ("{address: 'outport:///other/trips@3'}", json!({"port": "outport:///other/trips@3"})),
        ("{tpch: {table: orders, scale: 0.1}}", json!({"tpch": {"table": "orders", "scale": 0.1}})),
        ("{tpch: {table: orders, scale: '${SCALE:-0.5}'}}", json!({"tpch": {"table": "orders", "scale": 0.5}})),
    ];
    for (settings, expect) in cases {
        let fixture = good().edit(SETTINGS, "{onViolation: quarantine}", settings);
        assert_eq!(source(&fixture), expect, "{settings}");
    }
}

#[test]
fn outport_yaml_goes_before_the_dialect_of_the_server() {
    let fixture = good().edit(
        SETTINGS,
        "{onViolation: quarantine}",
        "{server: files, csv: {delimiter: \"\\t\", compression: none}}",
    );
    let dialect = &source(&fixture)["files"]["format"]["csv"];
    assert_eq!((&dialect["delimiter"], &dialect["quote"]), (&json!("\t"), &json!("'")));
    assert_eq!(dialect["compression"], json!("none"));
}

#[test]
fn variables_are_filled_in() {
    let fixture = good().edit(INPUT, "data/trips-*.csv.gz", "/in/${REGION}/${YEAR:-2013}.csv");
    let Source::Files(files) = &fixture.product().inputs[0].source else { panic!("files") };
    assert_eq!(files.location, "/in/north/2013.csv");
    assert_eq!(files.written, "/in/${REGION}/${YEAR:-2013}.csv");
}

#[test]
fn a_workspace_overrides_key_by_key() {
    let dev = good();
    let prod = good().workspace("prod");
    assert_eq!(dev.product().models[0].parameters["least"], json!(1));
    assert_eq!(prod.product().models[0].parameters["least"], json!(100));
    assert_eq!(prod.product().inputs[0].on_violation, OnViolation::Quarantine);

    let override_source = "prod: {inputs: {raw: {depot: landing, path: a.csv}}, parameters: {least: 100}}";
    let prod = good().edit(SETTINGS, "prod: {parameters: {least: 100}}", override_source).workspace("prod");
    assert_eq!(source(&prod)["files"]["location"], json!("/landing/a.csv"));
    assert_eq!(prod.product().inputs[0].on_violation, OnViolation::Quarantine);
}

#[test]
fn without_a_local_server_the_port_that_the_contract_guards_is_read() {
    let fixture = good().without(INPUT).offers(&[
        ("outport:///source/trips@1", "raw-trips"),
        ("outport:///source/trips@2", "raw-trips"),
        ("outport:///source/other@1", "other"),
    ]);
    let product = fixture.product();
    assert_eq!(serde_json::to_value(&product.inputs[0].source).unwrap(), json!({"port": "outport:///source/trips@1"}));
    assert!(product.inputs[0].contract.is_none());
    assert_eq!(product.inputs[0].contract_id.as_ref().unwrap().as_str(), "raw-trips");
}

#[test]
fn an_output_port_has_several_majors() {
    let fixture = good()
        .add(DESCRIPTOR, "outputPorts:\n")
        .edit(DESCRIPTOR, "outputPorts:\n", "")
        .add(DESCRIPTOR, "outputPorts:\n  - {name: trips, version: 1.3.0, contractId: trips}\n  - {name: trips, version: 2.0.0, contractId: trips}\n")
        .edit(DESCRIPTOR, "  - {name: trips, version: 2.0.0, contractId: trips}\nteam", "team")
        .file("contracts/trips.v1.odcs.yaml", std::str::from_utf8(&good().files().files()[OUTPUT]).unwrap().replace("2.0.0", "1.3.0"))
        .file("models/trips_v1.sql", "SELECT id, fuel FROM trips");
    let product = fixture.product();
    let tables: Vec<_> = product
        .tables()
        .map(|(port, table)| (port.version.major(), table.name.as_str(), table.model.as_str()))
        .collect();
    assert_eq!(tables, [(1, "trips_v1", "trips_v1"), (2, "trips", "trips")]);
}

#[test]
fn a_contract_of_several_objects_gives_tables_of_their_names() {
    let fixture = good()
        .edit(OUTPUT, "schema:\n", "schema:\n  - name: stops\n    properties: [{name: id, logicalType: integer}]\n")
        .edit(OUTPUT, "  - name: rows", "  - name: trips-by-day")
        .edit(
            SETTINGS,
            "parameters: {least: 1}",
            "outputs: {stops: {model: trips}}\nmodels: {Trips_By_Day: {materialized: table}}\nparameters: {least: 1}",
        )
        .file("models/Trips_By_Day.sql", "SELECT 1 AS id, 2.0 AS fuel");
    let product = fixture.product();
    let tables: Vec<_> =
        product.tables().map(|(_, table)| (table.name.as_str(), table.object.as_str(), table.model.as_str())).collect();
    assert_eq!(tables, [("stops", "stops", "trips"), ("trips-by-day", "trips-by-day", "Trips_By_Day")]);
}

#[test]
fn models_between_others_may_be_views_and_have_only_their_own_parameters() {
    let fixture = good()
        .edit(
            SETTINGS,
            "parameters: {least: 1}",
            "models: {daily: {materialized: view}}\nparameters: {least: 1, most: 9}",
        )
        .file("models/daily.sql", "SELECT * FROM input.raw WHERE fuel < $most -- $least")
        .edit(MODEL, "input.raw", "\"Daily\"");
    let product = fixture.product();
    let model = product.model("daily").unwrap();
    assert_eq!(model.materialization, Materialization::View);
    assert_eq!(model.parameters.keys().collect::<Vec<_>>(), ["most"]);
}

#[test]
fn a_product_takes_its_name_from_outport_yaml() {
    let fixture = good().edit(DESCRIPTOR, "id: fleet", "id: 7a6f2d10 Fleet!").edit(
        SETTINGS,
        "inputs:",
        "product: fleet-2\ninputs:",
    );
    let product = fixture.product();
    assert_eq!((product.name.as_str(), product.id.as_str()), ("fleet-2", "7a6f2d10 Fleet!"));
}

#[test]
fn variables_of_servers_that_are_not_read_are_not_needed() {
    let other = "servers:\n  - {server: prod, type: s3, location: 's3://${BUCKET}/x'}\n";
    let fixture = good().edit(INPUT, "servers:\n", other);
    assert_eq!(fixture.problems(), "");
}

#[test]
fn the_folder_is_read_without_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in good().files().files() {
        let path = folder.path().join("fleet").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for hidden in [".git", ".outport"] {
        fs::create_dir(folder.path().join("fleet").join(hidden)).unwrap();
        fs::write(folder.path().join("fleet").join(hidden).join("x"), "x").unwrap();
    }
    let files = bundle::read(&folder.path().join("fleet")).unwrap();
    assert_eq!(files.files(), good().files().files());

    let found = bundle::discover(folder.path()).unwrap();
    assert_eq!(found, bundle::Discovered::Bundles(vec![folder.path().join("fleet")]));
    let contract = folder.path().join("fleet").join(OUTPUT);
    assert_eq!(bundle::discover(&contract).unwrap(), bundle::Discovered::Document(contract.clone()));

    for path in [folder.path(), &folder.path().join("fleet"), &contract] {
        let report = with_context("dev", None, |context| validate::validate(path, context));
        assert!(report.is_valid() && report.diagnostics.is_empty(), "{}", render(&report.diagnostics));
        assert!(report.sources.get(&contract.display().to_string()).unwrap().contains("One row a trip"));
    }
}

#[test]
fn a_path_without_anything_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing")] {
        let report = with_context("dev", None, |context| validate::validate(&path, context));
        let codes: Vec<_> = report.diagnostics.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(codes, [if path.exists() { "OP0201" } else { "OP0001" }]);
    }
}
