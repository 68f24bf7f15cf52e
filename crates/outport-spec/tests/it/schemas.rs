//! Documents against the JSON Schemas of the standards.

use insta::assert_snapshot;
use outport_spec::{Document, schema};

use crate::render::{examples, render};

fn check(text: &str) -> String {
    match Document::parse("test.yaml", text) {
        Ok(document) => render(&schema::validate(&document)),
        Err(problems) => render(&problems),
    }
}

/// A contract whose header is fine, with more below.
fn contract(more: &str) -> String {
    check(&format!("apiVersion: v3.2.0\nkind: DataContract\nid: trips\nversion: 1.0.0\n{more}"))
}

fn product(more: &str) -> String {
    check(&format!("apiVersion: v1.1.0\nkind: DataProduct\nid: trips\n{more}"))
}

#[test]
fn published_examples_are_valid() {
    let examples = examples();
    assert_eq!(examples.len(), 18);
    for (file, text) in examples {
        let document = Document::parse(file, text).unwrap();
        assert_eq!(render(&schema::validate(&document)), "", "{}", document.file());
    }
}

#[test]
fn unknown_keys_are_underlined() {
    assert_snapshot!(contract("sevrers: []\nschema:\n  - name: t\n    propertees: []\n    colour: red\n    properties: [{name: a, requird: true}]\n"), @r"
    OP0101 error test.yaml:5:1+7 /sevrers the key `sevrers` is not known here | did you mean `servers`?
    OP0101 error test.yaml:8:5+10 /schema/0/propertees the key `propertees` is not known here | what the standard does not have belongs into `customProperties`
    OP0101 error test.yaml:9:5+6 /schema/0/colour the key `colour` is not known here | what the standard does not have belongs into `customProperties`
    OP0101 error test.yaml:10:28+7 /schema/0/properties/0/requird the key `requird` is not known here | did you mean `required`?
    ");
    assert_snapshot!(product("inputPorts: [{nme: a}]\nteam: {leader: x}\n"), @r"
    OP0101 error test.yaml:4:15+3 /inputPorts/0/nme the key `nme` is not known here | did you mean `name`?
    OP0101 error test.yaml:5:8+6 /team/leader the key `leader` is not known here | what the standard does not have belongs into `customProperties`
    ");
}

#[test]
fn missing_keys_are_named() {
    assert_snapshot!(contract("schema:\n  - properties:\n      - logicalType: string\nroles: [{access: read}]\ncustomProperties:\n  - property: a\n"), @r"
    OP0102 error test.yaml:6:5+11 /schema/0/name an item of `schema` has no `name` | add `name: …`
    OP0102 error test.yaml:7:9+19 /schema/0/properties/0/name an item of `properties` has no `name` | add `name: …`
    OP0102 error test.yaml:8:9+14 /roles/0/role an item of `roles` has no `role` | add `role: …`
    OP0102 error test.yaml:10:5+11 /customProperties/0/value an item of `customProperties` has no `value` | add `value: …`
    ");
    assert_snapshot!(check("kind: DataContract\nid: a\n"), @r"
    OP0102 error test.yaml:1:1+18 /apiVersion the document has no `apiVersion` | add `apiVersion: …`
    OP0102 error test.yaml:1:1+18 /version the document has no `version` | add `version: …`
    ");
    assert_snapshot!(check("apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\n"), @r"OP0102 error test.yaml:1:1+18 /status the document has no `status` | add `status: …`");
}

#[test]
fn wrong_types_say_what_is_expected_and_found() {
    assert_snapshot!(check("apiVersion: v3.2.0\nkind: DataContract\nid: 12\nversion: 1.0\nname:\ntags: a\nschema: {name: t}\n"), @r#"
    OP0103 error test.yaml:3:5+2 /id `id` must be text, but is the number `12` | put it into quotes: `"12"`
    OP0103 error test.yaml:4:10+3 /version `version` must be text, but is the number `1.0` | put it into quotes: `"1.0"`
    OP0103 error test.yaml:5:1+4 /name `name` must be text, but is empty | give a value, or remove the key
    OP0103 error test.yaml:6:7+1 /tags `tags` must be a list, but is the text `a`
    OP0103 error test.yaml:7:1+6 /schema `schema` must be a list, but is a mapping | begin each item with `- `
    "#);
    assert_snapshot!(contract("schema: [{name: t, properties: [{name: a, required: yes, unique: 'true', primaryKeyPosition: '1'}]}]\n"), @r"
    OP0103 error test.yaml:5:53+3 /schema/0/properties/0/required `required` must be `true` or `false`, but is the text `yes` | YAML 1.2 knows only `true` and `false`
    OP0103 error test.yaml:5:66+6 /schema/0/properties/0/unique `unique` must be `true` or `false`, but is the text `true` | remove the quotes
    OP0103 error test.yaml:5:94+3 /schema/0/properties/0/primaryKeyPosition `primaryKeyPosition` must be a whole number, but is the text `1` | remove the quotes
    ");
    assert_snapshot!(contract("team: none\ncontext: [a]\nprice: {priceAmount: '${PRICE}'}\nslaProperties: [{property: a, value: [1]}]\n"), @r"
    OP0103 error test.yaml:5:7+4 /team `team` must be a mapping or a list, but is the text `none`
    OP0103 error test.yaml:6:1+7 /context `context` must be text or a mapping, but is a list
    OP0103 error test.yaml:7:22+10 /price/priceAmount `priceAmount` must be a number, but is the text `${PRICE}`
    OP0103 error test.yaml:8:31+5 /slaProperties/0/value `value` must be text, a number, a whole number, `true` or `false` or empty, but is a list
    ");
}

#[test]
fn closed_lists_are_spelled_out() {
    assert_snapshot!(contract("schema: [{name: t, properties: [{name: a, logicalType: strin}, {name: b, logicalType: money}]}]\n"), @r"
    OP0104 error test.yaml:5:56+5 /schema/0/properties/0/logicalType `strin` is not a value of `logicalType` | did you mean `string`? allowed are `array`, `boolean`, `date`, `integer`, `map`, `number`, `object`, `string`, `time`, `timestamp`, `vector`
    OP0104 error test.yaml:5:87+5 /schema/0/properties/1/logicalType `money` is not a value of `logicalType` | allowed are `array`, `boolean`, `date`, `integer`, `map`, `number`, `object`, `string`, `time`, `timestamp`, `vector`
    ");
    assert_snapshot!(contract("schema: [{name: t, quality: [{metric: rowcount, mustBe: 1, dimension: validity}]}]\n"), @r"
    OP0104 error test.yaml:5:39+8 /schema/0/quality/0/metric `rowcount` is not a value of `metric` | did you mean `rowCount`? allowed are `duplicateValues`, `invalidValues`, `missingValues`, `nullValues`, `rowCount`
    OP0104 error test.yaml:5:71+8 /schema/0/quality/0/dimension `validity` is not a value of `dimension` | allowed are `accuracy`, `completeness`, `conformity`, `consistency`, `coverage`, `timeliness`, `uniqueness`
    ");
}

#[test]
fn quality_rules_have_one_operator() {
    assert_snapshot!(contract("schema:\n  - name: t\n    quality:\n      - metric: rowCount\n      - {type: sql, query: SELECT 1}\n"), @r"
    OP0107 error test.yaml:8:9+16 /schema/0/quality/0 the quality rule has no operator | say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`
    OP0107 error test.yaml:9:9+28 /schema/0/quality/1 the quality rule has no operator | say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`
    ");
    assert_snapshot!(contract("schema:\n  - name: t\n    quality:\n      - {metric: rowCount, mustBeGreaterThan: 1, mustBeLessThan: 9}\n      - {metric: rowCount, mustBe: 1, mustBeBetween: 3}\n"), @r"
    OP0107 error test.yaml:8:50+14 /schema/0/quality/0/mustBeLessThan the quality rule has several operators: `mustBeGreaterThan`, `mustBeLessThan` | keep one; write `mustBeBetween` for two limits, or two rules
    OP0107 error test.yaml:9:39+13 /schema/0/quality/1/mustBeBetween the quality rule has several operators: `mustBe`, `mustBeBetween` | keep one; write `mustBeBetween` for two limits, or two rules
    ");
    assert_snapshot!(contract("schema:\n  - name: t\n    quality:\n      - {metric: rowCount, mustBeGreaterThan: many}\n      - {metric: rowCount, mustBeBetween: [1]}\n      - {metric: rowCount, mustBeBetween: [1, x]}\n"), @r"
    OP0103 error test.yaml:8:47+4 /schema/0/quality/0/mustBeGreaterThan `mustBeGreaterThan` must be a number, but is the text `many`
    OP0106 error test.yaml:9:43+3 /schema/0/quality/1/mustBeBetween `mustBeBetween` must have at least 2 items
    OP0103 error test.yaml:10:47+1 /schema/0/quality/2/mustBeBetween/1 an item of `mustBeBetween` must be a number, but is the text `x`
    ");
    assert_snapshot!(contract("schema:\n  - name: t\n    quality:\n      - {mustBe: 1}\n      - {type: custom, engine: soda}\n      - {type: text, query: SELECT 1}\n      - {type: sql, mustBe: 1}\n"), @r"
    OP0111 error test.yaml:8:10+6 /schema/0/quality/0/mustBe `mustBe` needs a `type` beside it | name what is measured: `metric: …`, or `type: sql` with a `query`
    OP0102 error test.yaml:9:9+28 /schema/0/quality/1/implementation an item of `quality` has no `implementation` | add `implementation: …`
    OP0111 error test.yaml:10:22+5 /schema/0/quality/2/query `query` is not for the type `text` | remove the key, or put it into `customProperties`
    OP0102 error test.yaml:11:9+22 /schema/0/quality/3/query an item of `quality` has no `query` | add `query: …`
    ");
}

#[test]
fn servers_are_checked_by_their_type() {
    assert_snapshot!(contract("servers:\n  - {server: a, type: local, path: x}\n  - {server: b, type: redshift, database: d, schema: s, port: 1}\n"), @r"
    OP0102 error test.yaml:6:5+33 /servers/0/format an item of `servers` has no `format` | a server of type `local` needs `format`
    OP0111 error test.yaml:7:57+4 /servers/1/port `port` is not for the type `redshift` | remove the key, or put it into `customProperties`
    ");
    assert_snapshot!(contract("servers:\n  - {server: a, type: delta, path: x}\n  - {server: b, path: x}\n  - {type: local, path: x, format: csv, delimiter: ','}\n"), @r"
    OP0104 error test.yaml:6:23+5 /servers/0/type `delta` is not a value of `type` | allowed are `api`, `athena`, `azure`, `bigquery`, `btrieve`, `clickhouse`, `cloudsql`, `custom`, `databricks`, `db2`, `denodo`, `dremio`, `duckdb`, `exasol`, `fastobjects`, `glue`, `hana`, `hive`, `iceberg`, `impala`, `informix`, `ingres`, `kafka`, `kinesis`, `local`, `mysql`, `oracle`, `poet`, `postgres`, `postgresql`, `presto`, `pubsub`, `redshift`, `s3`, `sftp`, `snowflake`, `sqlserver`, `synapse`, `teradata`, `trino`, `vectorwise`, `versant`, `vertica`, `zen`
    OP0102 error test.yaml:7:5+20 /servers/1/type an item of `servers` has no `type` | add `type: …`
    OP0102 error test.yaml:8:5+51 /servers/2/server an item of `servers` has no `server` | add `server: …`
    OP0111 error test.yaml:8:41+9 /servers/2/delimiter `delimiter` is not for the type `local` | remove the key, or put it into `customProperties`
    ");
    assert_snapshot!(contract("servers:\n  - {server: a, type: postgres, host: h, port: [1], database: d, schema: s}\n  - {server: b, type: sftp, location: 'http://x', pth: y}\n"), @r"
    OP0103 error test.yaml:6:42+4 /servers/0/port `port` must be text or a whole number, but is a list
    OP0105 error test.yaml:7:39+10 /servers/1/location `http://x` is not an SFTP address | write `sftp://…`
    OP0101 error test.yaml:7:51+3 /servers/1/pth the key `pth` is not known here | what the standard does not have belongs into `customProperties`
    ");
}

#[test]
fn logical_type_options_need_their_type() {
    assert_snapshot!(contract("schema: [{name: t, properties: [{name: a, logicalTypeOptions: {minLength: 1, maximum: 5}}]}]\n"), @r"OP0108 error test.yaml:5:43+18 /schema/0/properties/0/logicalTypeOptions `logicalTypeOptions` needs a `logicalType` beside it | add `logicalType: …`; which options there are depends on it");
    assert_snapshot!(contract("schema: [{name: t, properties: [{name: a, logicalType: integer, logicalTypeOptions: {minLength: 1, maximum: x, format: i33}}]}]\n"), @r"
    OP0111 error test.yaml:5:86+9 /schema/0/properties/0/logicalTypeOptions/minLength `minLength` is not an option of the logical type `integer` | its options are `exclusiveMaximum`, `exclusiveMinimum`, `format`, `maximum`, `minimum`, `multipleOf`
    OP0103 error test.yaml:5:109+1 /schema/0/properties/0/logicalTypeOptions/maximum `maximum` must be a number, but is the text `x`
    OP0104 error test.yaml:5:120+3 /schema/0/properties/0/logicalTypeOptions/format `i33` is not a value of `format` | did you mean `i32`? allowed are `i128`, `i16`, `i32`, `i64`, `i8`, `u128`, `u16`, `u32`, `u64`, `u8`
    ");
    assert_snapshot!(contract("schema: [{name: t, properties: [{name: a, logicalType: string, items: {logicalType: string}}, {name: b, logicalType: map}, {name: c, logicalType: vector, logicalTypeOptions: {dimensions: 0}}]}]\n"), @r"
    OP0111 error test.yaml:5:64+5 /schema/0/properties/0/items `items` is not for the logical type `string` | remove the key, or put it into `customProperties`
    OP0102 error test.yaml:5:95+27 /schema/0/properties/1/map an item of `properties` has no `map` | add `map: …`
    OP0106 error test.yaml:5:188+1 /schema/0/properties/2/logicalTypeOptions/dimensions `dimensions` must be at least 1
    ");
}

#[test]
fn relationships_depend_on_where_they_stand() {
    assert_snapshot!(contract("schema:\n  - name: t\n    relationships:\n      - {from: t.a, to: [u.b]}\n      - {to: u.b}\n    properties:\n      - {name: a, relationships: [{from: t.a, to: u.b}, {type: parent, to: b}]}\n"), @r"
    OP0112 error test.yaml:8:9+22 /schema/0/relationships/0 `from` and `to` must both be one reference or both be lists | write both as lists with one item for each column
    OP0102 error test.yaml:9:9+9 /schema/0/relationships/1/from an item of `relationships` has no `from` | add `from: …`
    OP0112 error test.yaml:11:36+4 /schema/0/properties/0/relationships/0/from a relationship of a property has no `from` | remove `from`: it is the property itself; for several columns move the relationship to the object
    OP0104 error test.yaml:11:64+6 /schema/0/properties/0/relationships/1/type `parent` is not a value of `type` | allowed is `foreignKey`
    OP0105 error test.yaml:11:76+1 /schema/0/properties/0/relationships/1/to `b` is not a reference | write `object.property` by name, or `schema/<id>/properties/<id>` by id
    ");
}

#[test]
fn ids_have_a_form() {
    assert_snapshot!(contract("schema: [{name: t, id: 'a b'}]\n"), @r"OP0105 error test.yaml:5:24+5 /schema/0/id `a b` is not an id | ids have no white space and none of `. # / \ @ ! % & ^`");
    assert_snapshot!(check("apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: draft\nschema: [{name: t, id: ä}]\n"), @r"OP0105 error test.yaml:6:24+2 /schema/0/id `ä` is not an id | ids have only letters, digits, `-` and `_`");
}

#[test]
fn one_problem_deep_inside_is_one_message() {
    assert_snapshot!(contract("schema:\n  - name: t\n    properties:\n      - name: o\n        logicalType: object\n        properties:\n          - name: l\n            logicalType: array\n            items:\n              logicalType: object\n              properties: [{name: x, requierd: true}]\n"), @r"OP0101 error test.yaml:15:38+8 /schema/0/properties/0/properties/0/items/properties/0/requierd the key `requierd` is not known here | did you mean `required`?");
}

#[test]
fn later_keys_name_their_version() {
    assert_snapshot!(check("apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: draft\ncontext: hello\nschema: [{name: t, deprecated: true, properties: [{name: a, semanticType: measure, isNullable: true}]}]\n"), @r"
    OP0101 error test.yaml:6:1+7 /context the key `context` is not known here | `context` exists since v3.2.0: raise `apiVersion`, or remove the key
    OP0101 error test.yaml:7:20+10 /schema/0/deprecated the key `deprecated` is not known here | `deprecated` exists since v3.2.0: raise `apiVersion`, or remove the key
    OP0101 error test.yaml:7:61+12 /schema/0/properties/0/semanticType the key `semanticType` is not known here | `semanticType` exists since v3.2.0: raise `apiVersion`, or remove the key
    OP0101 error test.yaml:7:84+10 /schema/0/properties/0/isNullable the key `isNullable` is not known here | write `required: true` for columns that always have a value
    ");
    assert_snapshot!(check("apiVersion: v1.0.0\nkind: DataProduct\nid: a\nstatus: draft\ntype: aggregate\ninputPorts: [{name: a}]\n"), @r"
    OP0101 error test.yaml:5:1+4 /type the key `type` is not known here | `type` exists since v1.1.0: raise `apiVersion`, or remove the key
    OP0102 error test.yaml:6:14+9 /inputPorts/0/contractId an item of `inputPorts` has no `contractId` | add `contractId: …`
    OP0102 error test.yaml:6:14+9 /inputPorts/0/version an item of `inputPorts` has no `version` | add `version: …`
    ");
}

#[test]
fn kinds_and_versions_are_known() {
    assert_snapshot!(check("apiVersion: v3.2.0\nkind: Datacontract\n"), @r"OP0109 error test.yaml:2:7+12 /kind `Datacontract` is not a kind of document | did you mean `DataContract`?");
    assert_snapshot!(check("id: x\n"), @r"OP0109 error test.yaml:1:1+5  the document has no `kind` | `kind` is `DataContract` for a data contract or `DataProduct` for a data product");
    assert_snapshot!(check("- a\n"), @r"OP0103 error test.yaml:1:1+3  the document must have keys and values, but is a list | a document begins with `apiVersion: …` and `kind: …`");
    assert_snapshot!(check("apiVersion: v2.2.2\nkind: DataContract\n"), @r"OP0110 error test.yaml:1:13+6 /apiVersion version `v2.2.2` of ODCS is not supported | v3 renamed most keys; convert the document to v3.2.0 first");
    assert_snapshot!(check("apiVersion: 3.2.0\nkind: DataContract\n"), @r"OP0110 error test.yaml:1:13+5 /apiVersion version `3.2.0` of ODCS is not supported | did you mean `v3.2.0`?");
    assert_snapshot!(check("apiVersion: v4.0.0\nkind: DataProduct\n"), @r"OP0110 error test.yaml:1:13+6 /apiVersion version `v4.0.0` of ODPS is not supported | supported are `v1.1.0`, `v1.0.0`, `v0.9.0`");
    let document = Document::parse("test.yaml", "apiVersion: v1.1.0\nkind: DataProduct\nid: a\n").unwrap();
    assert_snapshot!(render(&schema::validate_as(&document, schema::Kind::DataContract)), @r"OP0109 error test.yaml:2:7+11 /kind a `DataProduct` stands where a `DataContract` is expected | files `*.odcs.yaml` are data contracts, `*.odps.yaml` data products; this one must follow ODCS");
}

#[test]
fn old_releases_keep_their_spelling() {
    let contract = "apiVersion: v3.0.2\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: draft\nteam: [{username: x}]\nschema:\n  - name: t\n    quality: [{rule: rowCount, mustBeGreaterThan: 1, mustBeLessThan: 9}]\n    properties: [{name: a, logicalType: integer, logicalTypeOptions: {maximum: 5, exclusiveMaximum: true}}]\n";
    assert_eq!(check(contract), "");
    assert_snapshot!(check(&contract.replace("v3.0.2", "v3.1.0")), @r"
    OP0101 error test.yaml:9:16+4 /schema/0/quality/0/rule `rule` is the old name of `metric` | since v3.1.0 write `metric: …`
    OP0103 error test.yaml:10:101+4 /schema/0/properties/0/logicalTypeOptions/exclusiveMaximum `exclusiveMaximum` must be a number, but is the truth value `true`
    ");
    let product = "apiVersion: v0.9.0\nkind: DataProduct\nid: a\noutputPorts: [{name: a}]\n";
    assert_eq!(check(product), "");
    assert_snapshot!(check(&product.replace("v0.9.0", "v1.0.0")), @r"
    OP0102 error test.yaml:1:1+18 /status the document has no `status` | add `status: …`
    OP0102 error test.yaml:4:15+9 /outputPorts/0/version an item of `outputPorts` has no `version` | add `version: …`
    ");
}

#[test]
fn every_closed_object_of_a_product_refuses_other_keys() {
    let text = include_str!("product.odps.yaml");
    let document = Document::parse("product.odps.yaml", text).unwrap();
    assert_eq!(render(&schema::validate(&document)), "");
    let objects: Vec<_> = crate::values::pointers(document.value())
        .into_iter()
        .filter(|pointer| document.get(pointer).unwrap().is_object() && !pointer.contains("/value"))
        .collect();
    assert!(objects.len() > 30, "{}", objects.len());
    for pointer in objects {
        let place = format!("{pointer}/zzz");
        let changed = outport_spec::edit::insert(&document, &place, &serde_json::json!(1)).unwrap();
        let found = schema::validate(&changed);
        assert_eq!(found.len(), 1, "{}", render(&found));
        assert_eq!((found[0].code.as_str(), found[0].pointer.as_deref()), ("OP0101", Some(place.as_str())));
    }
}
