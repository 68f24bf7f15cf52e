//! What a bundle can get wrong beyond its schemas: one fault at a time.

use insta::assert_snapshot;

use crate::fixture::{DESCRIPTOR, Fixture, INPUT, MODEL, OUTPUT, SETTINGS, compile, good, problems_together};

const RAW: &str = "{onViolation: quarantine}";

fn source(settings: &str) -> String {
    good().edit(SETTINGS, RAW, settings).problems()
}

/// The good bundle under another name, with another input.
fn named(name: &str, input: &str) -> Fixture {
    good()
        .at(&format!("/bundles/{name}"))
        .edit(DESCRIPTOR, "id: fleet", &format!("id: {name}"))
        .edit(SETTINGS, RAW, input)
}

fn property(property: &str) -> String {
    compile(&format!("schema:\n  - name: t\n    properties:\n      - {{name: c, {property}}}\n      - {{name: d, logicalType: timestamp}}\n")).1
}

fn rule(rule: &str) -> String {
    property(&format!("logicalType: string, quality: [{{{rule}}}]"))
}

fn below(rest: &str) -> String {
    compile(&format!("schema:\n  - name: t\n    properties:\n      - {{name: c, id: c1, logicalType: string}}\n      - {{name: d, logicalType: timestamp}}\n{rest}")).1
}

#[test]
fn a_good_bundle_has_no_problem() {
    assert_eq!(good().problems(), "");
}

#[test]
fn the_folder() {
    assert_snapshot!(good().without(DESCRIPTOR).problems(), @"OP0201 error /bundles/fleet:- - the folder has no `product.odps.yaml` | a bundle is a folder with a `product.odps.yaml`");
    assert_snapshot!(good().file(DESCRIPTOR, "a: [").problems(), @"OP0003 error product.odps.yaml:1:5+0 - did not find expected node content | is the `[` on line 1 closed?");
    assert_snapshot!(good().file(OUTPUT, b"\xff").problems(), @"
    OP0002 error contracts/trips.odcs.yaml:1:1+1 - the file is not UTF-8 text | save the file in the encoding UTF-8
    OP0208 error product.odps.yaml:13:47+5 /outputPorts/0/contractId no document in `contracts/` has the id `trips` | known are `raw-trips`
    ");
}

#[test]
fn names_and_versions() {
    assert_snapshot!(good().edit(DESCRIPTOR, "id: fleet", "id: Fleet One").problems(), @"OP0202 error product.odps.yaml:3:5+9 /id `Fleet One` cannot be the name of a product | give the product a name in `outport.yaml`: `product: <name>`");
    assert_snapshot!(good().edit(DESCRIPTOR, "id: fleet", "id: outport").problems(), @"OP0237 error product.odps.yaml:3:5+7 /id the name `outport` is that of the record of requests | give the product another name in `outport.yaml`: `product: <name>`");
    assert_snapshot!(good().edit(SETTINGS, "inputs:", "product: outport\ninputs:").problems(), @"OP0237 error outport.yaml:2:10+7 /product the name `outport` is that of the record of requests | give the product another name in `outport.yaml`: `product: <name>`");
    assert_snapshot!(good().edit(SETTINGS, "inputs:", "product: 9lives\ninputs:").problems(), @"OP0105 error outport.yaml:2:10+6 /product `9lives` does not have the required form | it must match `^[a-z_][a-z0-9_-]{0,62}$`");
    assert_snapshot!(good().edit(DESCRIPTOR, "version: v1.2.0", "version: newest").problems(), @"OP0203 error product.odps.yaml:5:10+6 /version `newest` is not a semantic version | write `major.minor.patch`, for example `1.0.0`");
    assert_snapshot!(good().edit(OUTPUT, "version: 2.0.0", "version: two").problems(), @"OP0203 error contracts/trips.odcs.yaml:4:10+3 /version `two` is not a semantic version | write `major.minor.patch`, for example `1.0.0`");
    assert_snapshot!(good().edit(DESCRIPTOR, "name: trips", "name: 1st trips").problems(), @"OP0206 error product.odps.yaml:13:12+9 /outputPorts/0/name `1st trips` has ` `, which a name cannot have | use letters, digits, `-` and `_`, and begin with a letter or `_`");
    assert_snapshot!(good().file("models/a b.sql", "SELECT 1").problems(), @"OP0206 error models/a b.sql:- - `a b` has ` `, which a name cannot have | name the file with letters, digits, `-` and `_`, beginning with a letter or `_`");
}

#[test]
fn ports_and_contracts() {
    assert_snapshot!(good().edit(DESCRIPTOR, ", version: 2.0.0, contractId: trips", ", version: 2.0.0").problems(), @"OP0207 error product.odps.yaml:13:5+29 /outputPorts/0 the output port `trips` has no contract | add `contractId`, the `id` of a document in `contracts/`");
    assert_snapshot!(good().edit(DESCRIPTOR, "contractId: trips", "contractId: tripz").problems(), @"OP0208 error product.odps.yaml:13:47+5 /outputPorts/0/contractId no document in `contracts/` has the id `tripz` | did you mean `trips`?");
    assert_snapshot!(good().edit(DESCRIPTOR, "contractId: raw-trips", "contractId: raw").edit(SETTINGS, RAW, "{tpch: {table: orders, scale: 1}}").problems(), @"OP0208 error product.odps.yaml:11:45+3 /inputPorts/0/contractId no document in `contracts/` has the id `raw` | known are `raw-trips`, `trips`");
    assert_snapshot!(good().edit(DESCRIPTOR, ", version: 1.0.0, contractId: raw-trips", "").edit(SETTINGS, RAW, "{tpch: {table: orders, scale: 1}}").problems(), @"OP0207 error product.odps.yaml:11:5+11 /inputPorts/0 an input port that reads files needs a contract | add `contractId` and `version` of a document in `contracts/`");
    assert_snapshot!(good().edit(DESCRIPTOR, "version: 2.0.0", "version: 2.1.0").problems(), @"OP0209 error product.odps.yaml:13:28+5 /outputPorts/0/version there is no version `2.1.0` of the contract `trips` | the bundle has `2.0.0`; the version of a port is that of its contract");
    let other = String::from_utf8(good().files().files()[OUTPUT].clone()).unwrap();
    assert_snapshot!(good().file("contracts/trips.v1.odcs.yaml", other.replace("2.0.0", "1.0.0")).edit(DESCRIPTOR, "version: 2.0.0, ", "").problems(), @"OP0209 error product.odps.yaml:13:5+32 /outputPorts/0 the port does not say which version of `trips` it has | add `version`; the bundle has `2.0.0`, `1.0.0`");
    assert_snapshot!(good().file("contracts/trips.copy.odcs.yaml", &other).problems(), @"OP0210 error contracts/trips.odcs.yaml:3:5+5 /id `contracts/trips.copy.odcs.yaml` is the same version of the same contract | remove one of the two, or give it another `version`");
    assert_snapshot!(good().file("contracts/old.odcs.yaml", other.replace("id: trips", "id: old")).problems(), @"OP0211 warning contracts/old.odcs.yaml:3:5+3 /id no port uses this contract | name its `id` and `version` at a port of `product.odps.yaml`, or remove the file");
    assert_snapshot!(good().edit(INPUT, "status: active", "status: deprecated").problems(), @"OP0231 warning product.odps.yaml:11:45+9 /inputPorts/0/contractId the contract is deprecated | ask its owner which version replaces it");
}

#[test]
fn ports_that_are_there_twice() {
    let twice = "  - {name: raw, version: 1.0.0, contractId: raw-trips}\n";
    assert_snapshot!(good().edit(DESCRIPTOR, twice, &format!("{twice}{twice}")).problems(), @"OP0205 error product.odps.yaml:12:5+50 /inputPorts/1 the input port `raw` is there twice | give each input port a name of its own");
    let twice = "  - {name: trips, version: 2.0.0, contractId: trips}\n";
    assert_snapshot!(good().edit(DESCRIPTOR, twice, &format!("{twice}{twice}")).problems(), @"OP0205 error product.odps.yaml:14:5+48 /outputPorts/1 the output port `trips` is there twice with major version 2 | a port has one entry for each major version; give this one another name or version");
    assert_snapshot!(good().edit(DESCRIPTOR, &format!("outputPorts:\n{twice}"), "").problems(), @"OP0233 error product.odps.yaml:1:1+18  the product has no output port | add `outputPorts` with a `name`, a `version` and a `contractId`");
}

#[test]
fn tables_of_contracts() {
    assert_snapshot!(good().add(INPUT, "  - name: more\n    properties: [{name: id, logicalType: string}]\n").problems(), @"OP0212 error contracts/raw.odcs.yaml:15:1+6 /schema the contract of input port `raw` has 2 tables | split the contract: one input port for each table");
    assert_snapshot!(good().add(OUTPUT, "  - name: more\n").problems(), @"
    OP0213 error contracts/trips.odcs.yaml:12:5+10 /schema/1 the table `more` has no columns | add `properties`, one for each column
    OP0215 error product.odps.yaml:13:5+48 /outputPorts/0 no model builds the table `rows` | add `models/rows.sql`, or name a model in `outport.yaml`: `outputs: {rows: {model: …}}`
    OP0215 error product.odps.yaml:13:5+48 /outputPorts/0 no model builds the table `more` | add `models/more.sql`, or name a model in `outport.yaml`: `outputs: {more: {model: …}}`
    ");
    let contract = String::from_utf8(good().files().files()[OUTPUT].clone()).unwrap();
    let (head, _) = contract.split_once("schema:").unwrap();
    assert_snapshot!(good().file(OUTPUT, head).problems(), @"OP0213 error contracts/trips.odcs.yaml:1:1+18  the contract of a port has no tables | add `schema` with one object and its `properties`");
}

#[test]
fn models() {
    assert_snapshot!(good().without(MODEL).edit(SETTINGS, "parameters: {least: 1}\n", "").problems(), @"OP0215 error product.odps.yaml:13:5+48 /outputPorts/0 no model builds the table `trips` | add `models/trips.sql`, or name a model in `outport.yaml`: `outputs: {trips: {model: …}}`");
    assert_snapshot!(good().edit(SETTINGS, "parameters: {least: 1}", "outputs: {trips: {model: tripps}}\nparameters: {least: 1}").problems(), @"OP0216 error outport.yaml:4:26+6 /outputs/trips/model there is no model `tripps` | did you mean `trips`?");
    assert_snapshot!(good().edit(SETTINGS, "parameters: {least: 1}", "models: {tips: {materialized: view}}\nparameters: {least: 1}").problems(), @"OP0216 error outport.yaml:4:10+4 /models/tips there is no model `tips` | did you mean `trips`?");
    assert_snapshot!(good().file("models/more.sql", "SELECT 1").problems(), @"OP0217 warning models/more.sql:- - no output port and no other model reads the model | offer it by an output port, read it in another model, or remove the file");
    assert_snapshot!(good().file("models/more.sql", " \n").problems(), @"OP0236 error models/more.sql:- - the model is empty | write one SQL query");
    assert_snapshot!(good().edit(SETTINGS, "parameters: {least: 1}", "models: {trips: {materialized: view}}\nparameters: {least: 1}").problems(), @"OP0218 error outport.yaml:4:32+4 /models/trips/materialized an output port offers `trips`, so it cannot be a view | write `materialized: table`, or leave it out");
    assert_snapshot!(good().edit(SETTINGS, "{least: 1}", "{least: 1, most: 2}").problems(), @"OP0219 warning outport.yaml:4:24+4 /parameters/most no model uses the parameter `most` | write `$most` in a model, or remove the parameter");
    assert_snapshot!(good().edit(MODEL, "input.raw", "input.other").problems(), @"OP0234 warning product.odps.yaml:11:5+50 /inputPorts/0 no model reads the input port `raw` | read it in a model as `input.raw`, or remove the port");
}

#[test]
fn names_of_tables_that_clash() {
    let read = good().edit(MODEL, "input.raw", "input.raw, raw_quarantine, \"Trips\"");
    assert_snapshot!(read.clone().file("models/raw_quarantine.sql", "SELECT 1").problems(), @"OP0214 error models/raw_quarantine.sql:- - the name is taken by the rows that the contract of input port `raw` holds back | rename the file");
    assert_snapshot!(read.file("models/Trips.sql", "SELECT 1").problems(), @"OP0214 error models/trips.sql:- - the model has the same name as `models/Trips.sql` | rename one of the files; case and `-` or `_` make no difference");
    let ports = "outputPorts:\n  - {name: Trips, version: 2.0.0, contractId: trips}\n";
    let two = good().edit(DESCRIPTOR, "outputPorts:\n", ports).edit(
        DESCRIPTOR,
        "{name: trips, version: 2.0.0, contractId: trips}",
        "{name: others, version: 1.0.0, contractId: others}",
    );
    let others = String::from_utf8(good().files().files()[OUTPUT].clone()).unwrap();
    let others = others.replace("id: trips", "id: others").replace("version: 2.0.0", "version: 1.0.0");
    let others = others
        .replace("  - name: rows", "  - name: x\n    properties: [{name: a, logicalType: string}]\n  - name: trips");
    assert_snapshot!(two.file("contracts/others.odcs.yaml", others).file("models/x.sql", "SELECT 1").problems(), @"OP0214 error product.odps.yaml:14:5+50 /outputPorts/1 the table `trips` has the same name as `Trips` of output port `Trips` | rename the port, or the object in its contract; case and `-` or `_` make no difference");
    let hidden =
        good().edit(SETTINGS, "parameters: {least: 1}", "outputs: {trips: {model: new}}\nparameters: {least: 1}");
    assert_snapshot!(hidden.file("models/new.sql", "SELECT * FROM trips").problems(), @"OP0214 error models/trips.sql:- - the model has the name of a table that model `new` builds | rename the file, or let the model build the table");
}

#[test]
fn settings_of_what_is_not_there() {
    assert_snapshot!(good().edit(SETTINGS, "  raw:", "  rwa: {onViolation: warn}\n  raw:").problems(), @"OP0220 error outport.yaml:3:3+3 /inputs/rwa the product has no input port `rwa` | did you mean `raw`?");
    assert_snapshot!(good().edit(SETTINGS, "parameters: {least: 1}", "outputs: {triips: {model: trips}}\nparameters: {least: 1}").problems(), @"OP0220 error outport.yaml:4:11+6 /outputs/triips no output port offers a table `triips` | did you mean `trips`?");
}

#[test]
fn sources() {
    assert_snapshot!(good().edit(INPUT, "type: local", "type: custom").problems(), @"OP0221 error product.odps.yaml:11:5+50 /inputPorts/0 nothing says where the rows of input port `raw` come from | add `inputs: {raw: …}` to `outport.yaml` with `depot` and `path`, `address` or `tpch`, or a server of type `local` to the contract");
    assert_snapshot!(good().edit(INPUT, "servers:\n", "servers:\n  - {server: more, type: local, path: x, format: csv}\n").problems(), @"OP0221 error product.odps.yaml:11:5+50 /inputPorts/0 the contract of input port `raw` has 2 local servers | choose one in `outport.yaml`: `inputs: {raw: {server: more}}`");
    assert_snapshot!(source("{depot: landing, address: 'outport:///a/b', path: x.csv}"), @"OP0222 error outport.yaml:3:25+7 /inputs/raw/address the input port has `address` beside `depot` | keep one of them");
    assert_snapshot!(source("{server: fiels}"), @"OP0223 error outport.yaml:3:17+5 /inputs/raw/server the contract of the port has no server `fiels` | did you mean `files`?");
    assert_snapshot!(good().edit(INPUT, "servers:\n", "servers:\n  - {server: cloud, type: s3, location: 's3://b/x'}\n").edit(SETTINGS, RAW, "{server: cloud}").problems(), @"OP0224 error outport.yaml:3:17+5 /inputs/raw/server `cloud` is a server of type `s3` | choose a server of type `local`, or use `depot` and `path`");
    assert_snapshot!(source("{depot: landng, path: x.csv}"), @"OP0225 error outport.yaml:3:16+6 /inputs/raw/depot the workspace has no depot `landng` | did you mean `landing`?");
    assert_snapshot!(source("{depot: landing}"), @"OP0221 error outport.yaml:3:9+5 /inputs/raw/depot the input port names a depot without a path | add `path`, a file, folder or glob below the depot's root");
    assert_snapshot!(source("{depot: landing, path: ../x.csv}"), @"OP0235 error outport.yaml:3:31+8 /inputs/raw/path `../x.csv` is not below the depot | write a relative path without `..`");
    assert_snapshot!(source("{depot: landing, path: x.dat}"), @"OP0226 error outport.yaml:3:31+5 /inputs/raw/path the format of the files is not known | give `format`: csv, json, ndjson, parquet or delta");
    assert_snapshot!(source("{depot: landing, path: x.csv, csv: {delimiter: ab}}"), @r#"OP0226 error outport.yaml:3:55+2 /inputs/raw/csv/delimiter `delimiter` is one ASCII character, not `ab` | write it in quotes, a tab as "\t""#);
    assert_snapshot!(good().edit(INPUT, "    format: csv", "    format: csv\n    encoding: latin1").problems(), @"OP0226 error contracts/raw.odcs.yaml:11:15+6 /servers/0/encoding files in `latin1` cannot be read | convert them to UTF-8, for example with `iconv -t utf-8`");
    assert_snapshot!(good().edit(INPUT, "{property: quote, value: \"'\"}", "{property: compression, value: rar}").problems(), @r#"OP0226 error contracts/raw.odcs.yaml:13:40+3 /servers/0/customProperties/1/value "rar" is no compression | write none, gzip, zstd, bzip2 or xz"#);
    assert_snapshot!(source("{address: fleet.trips}"), @"OP0227 error outport.yaml:3:18+11 /inputs/raw/address `fleet.trips` is not an address of the form `outport://<workspace>/<product>/<port>[@major]` | write `outport:///<product>/<port>`, with `@<major>` for an older version");
    assert_snapshot!(source("{address: 'outport:///Fleet/trips'}"), @"OP0227 error outport.yaml:3:18+24 /inputs/raw/address the address has a wrong name: `Fleet` has `F`, which a name cannot have | write `outport:///<product>/<port>`, with `@<major>` for an older version");
    assert_snapshot!(source("{tpch: {table: orders, scale: 0}}"), @"OP0232 error outport.yaml:3:38+1 /inputs/raw/tpch/scale 0 is not a scale | write a number above 0, for example 0.01");
    assert_snapshot!(good().edit(INPUT, "data/trips", "${MISSING}/trips").problems(), @"OP0012 error contracts/raw.odcs.yaml:9:11+25 /servers/0/path the variable `MISSING` has no value | set `MISSING`, or give a default: `${MISSING:-default}`");
    assert_snapshot!(good().without(INPUT).problems(), @"OP0221 error product.odps.yaml:11:5+50 /inputPorts/0 nothing says where the rows of input port `raw` come from | add `inputs: {raw: {address: outport:///<product>/<port>}}` to `outport.yaml`, or the contract to `contracts/`");
}

#[test]
fn secrets() {
    let secret = "    customProperties:\n      - {property: password, value: hunter2}\n";
    assert_snapshot!(good().edit(INPUT, "    customProperties:\n", secret).problems(), @"OP0230 error contracts/raw.odcs.yaml:12:37+7 /servers/0/customProperties/0/value `password` is written out | name its place instead: `env:NAME`, `file:/path` or `${NAME}`, and change the secret if it was shared");
}

#[test]
fn products_that_read_each_other() {
    let reads = |name: &str, other: &str| named(name, &format!("{{address: 'outport:///{other}'}}"));
    assert_snapshot!(problems_together(&[good(), reads("reader", "fleet/trips@2")], None), @"");
    assert_snapshot!(problems_together(&[good(), good().at("/bundles/other")], None), @"OP0204 error other/product.odps.yaml:3:5+5 /id the name `fleet` is that of another product | give each product its own name");
    assert_snapshot!(problems_together(&[good(), reads("reader", "fleeet/trips")], None), @"OP0228 error reader/outport.yaml:3:18+25 /inputs/raw/address there is no product `fleeet` | did you mean `fleet`?");
    assert_snapshot!(problems_together(&[good(), reads("reader", "fleet/trip")], None), @"OP0228 error reader/outport.yaml:3:18+23 /inputs/raw/address `fleet` has no output port `trip` | did you mean `trips`?");
    assert_snapshot!(problems_together(&[good(), reads("reader", "fleet/trips@1")], None), @"OP0228 error reader/outport.yaml:3:18+26 /inputs/raw/address `fleet/trips` has no major version 1 | there is `@2`");
    assert_snapshot!(problems_together(&[reads("reader", "fleet/trips@1")], None), @"");
    assert_snapshot!(problems_together(&[reads("reader", "fleet/trips@1")], Some(&[])), @"OP0228 error reader/outport.yaml:3:18+26 /inputs/raw/address there is no product `fleet` | apply the product first, or give its folder too");
    assert_snapshot!(problems_together(&[reads("a", "b/trips"), reads("b", "c/trips"), reads("c", "a/trips")], None), @"
    OP0229 error a/outport.yaml:3:18+20 /inputs/raw/address products read each other in a circle: `a` → `b` → `c` → `a` | remove one of the readings, or make one product of them
    OP0229 error b/outport.yaml:3:18+20 /inputs/raw/address products read each other in a circle: `b` → `c` → `a` → `b` | remove one of the readings, or make one product of them
    OP0229 error c/outport.yaml:3:18+20 /inputs/raw/address products read each other in a circle: `c` → `a` → `b` → `c` | remove one of the readings, or make one product of them
    ");
    assert_snapshot!(problems_together(&[reads("a", "a/trips"), good()], None), @"OP0229 error a/outport.yaml:3:18+20 /inputs/raw/address products read each other in a circle: `a` → `a` | remove one of the readings, or make one product of them");
}

#[test]
fn several_tables_behind_one_address() {
    let two = good()
        .add(OUTPUT, "  - {name: more, properties: [{name: id, logicalType: string}]}\n")
        .file("models/rows.sql", "SELECT 1 AS id, 2.0 AS fuel")
        .file("models/more.sql", "SELECT 'x' AS id FROM trips");
    let reader = named("reader", "{address: 'outport:///fleet/trips'}");
    assert_snapshot!(problems_together(&[two.clone(), reader.clone()], None), @"");
    let without_contract = reader.without(INPUT).edit(DESCRIPTOR, ", version: 1.0.0, contractId: raw-trips", "");
    assert_snapshot!(problems_together(&[two, without_contract], None), @"OP0228 error reader/outport.yaml:3:18+24 /inputs/raw/address `fleet/trips` has 2 tables, and nothing says which is read | give the input port a contract with one of the objects `rows`, `more`");
}

#[test]
fn a_fault_of_one_bundle_does_not_make_its_reader_wrong() {
    let broken = good().edit(DESCRIPTOR, "contractId: trips", "contractId: trps");
    assert_snapshot!(problems_together(&[broken, named("reader", "{address: 'outport:///fleet/trips@2'}")], None), @"OP0208 error fleet/product.odps.yaml:13:47+4 /outputPorts/0/contractId no document in `contracts/` has the id `trps` | did you mean `trips`?");
}

#[test]
fn types() {
    assert_snapshot!(property("logicalType: array"), @"OP0251 warning c.odcs.yaml:9:9+29 /schema/0/properties/0 the array `c` does not say what its items are | add `items`, for example `items: {logicalType: string}`");
    assert_snapshot!(good().edit(OUTPUT, "logicalType: number, logicalTypeOptions: {minimum: 0}", "logicalType: array").problems(), @"OP0251 error contracts/trips.odcs.yaml:11:9+32 /schema/0/properties/1 the array `fuel` does not say what its items are | add `items`, for example `items: {logicalType: string}`");
    assert_snapshot!(property("logicalType: number, physicalType: 'decimal(40, 2)'"), @"OP0252 error c.odcs.yaml:9:54+16 /schema/0/properties/0/physicalType a decimal number with 40 digits, 2 of them after the point, cannot be kept | give 1 to 38 digits, and no more after the point than in all");
    assert_snapshot!(property("description: what"), @"OP0253 warning c.odcs.yaml:9:9+28 /schema/0/properties/0 nothing says what type `c` has | add a `logicalType`: string, integer, number, boolean, date, timestamp, time, array, object or map");
    assert_snapshot!(property("physicalType: Flag"), @"OP0253 warning c.odcs.yaml:9:33+4 /schema/0/properties/0/physicalType the physical type `Flag` has no type of its own here | add a `logicalType`: string, integer, number, boolean, date, timestamp, time, array, object or map");
}

#[test]
fn names_ids_and_keys() {
    assert_snapshot!(property("logicalType: string}\n      - {name: C, logicalType: string"), @"OP0254 error c.odcs.yaml:10:16+1 /schema/0/properties/1/name the name `C` is taken by another property | names are unique: change one of the two");
    assert_snapshot!(property("id: x, logicalType: string}\n      - {name: e, id: x, logicalType: string"), @"OP0255 error c.odcs.yaml:10:23+1 /schema/0/properties/1/id the id `x` is taken by another property | ids are unique: change one of the two");
    assert_snapshot!(below("  - {name: t}\n"), @"OP0254 error c.odcs.yaml:11:12+1 /schema/1/name the name `t` is taken by another object | names are unique: change one of the two");
    assert_snapshot!(property("logicalType: string, primaryKey: true, primaryKeyPosition: 2"), @"OP0256 error c.odcs.yaml:9:78+1 /schema/0/properties/0/primaryKeyPosition position 2 in a primary key of 1 column | count the key's columns from 1, each number once");
    assert_snapshot!(property("logicalType: string, primaryKey: true, primaryKeyPosition: 1}\n      - {name: e, logicalType: string, primaryKey: true, primaryKeyPosition: 1"), @"OP0256 error c.odcs.yaml:10:78+1 /schema/0/properties/1/primaryKeyPosition position 1 is taken | count the key's columns from 1, each number once");
    assert_snapshot!(property("logicalType: string, primaryKey: true, primaryKeyPosition: 1}\n      - {name: e, logicalType: string, primaryKey: true"), @"OP0256 error c.odcs.yaml:10:9+48 /schema/0/properties/1 the primary key's other columns have a position, this one has none | count the key's columns from 1, each number once");
    assert_snapshot!(property("logicalType: string, primaryKeyPosition: 1"), @"OP0256 warning c.odcs.yaml:9:60+1 /schema/0/properties/0/primaryKeyPosition the position is that of a property outside the primary key | add `primaryKey: true`, or remove the position");
}

#[test]
fn relationships() {
    assert_snapshot!(property("logicalType: string, relationships: [{to: t.x}]"), @"OP0257 error c.odcs.yaml:9:61+3 /schema/0/properties/0/relationships/0/to `t.x` refers to nothing in this contract | did you mean `t.c`?");
    assert_snapshot!(property("logicalType: string, relationships: [{to: s.x}]"), @"OP0257 warning c.odcs.yaml:9:61+3 /schema/0/properties/0/relationships/0/to `s.x` refers to nothing in this contract | write `object.property`, with the names from `schema`");
    assert_snapshot!(good().edit(OUTPUT, "logicalType: number, ", "logicalType: number, relationships: [{to: stations.id}], ").problems(), @"OP0257 error contracts/trips.odcs.yaml:11:64+11 /schema/0/properties/1/relationships/0/to `stations.id` refers to nothing in this contract | write `object.property`, with the names from `schema`");
    assert_snapshot!(property("logicalType: string, relationships: [{to: schema/t1/properties/c1}]"), @"OP0257 error c.odcs.yaml:9:61+23 /schema/0/properties/0/relationships/0/to `schema/t1/properties/c1` refers to nothing in this contract | write `object.property`, with the names from `schema`");
    assert_snapshot!(property("logicalType: string, relationships: [{to: 'other.yaml#schema/t/properties/c'}]"), @"OP0267 warning c.odcs.yaml:9:61+34 /schema/0/properties/0/relationships/0/to the reference to `other.yaml#schema/t/properties/c` is not checked | references are checked between columns of one contract");
    assert_snapshot!(below("    relationships: [{from: [t.c, t.d], to: [t.c]}]\n"), @"OP0112 error c.odcs.yaml:11:21+29 /schema/0/relationships/0 a key of 2 columns cannot refer to a key of 1 column | give `from` and `to` the same number of columns");
    assert_snapshot!(below("    relationships: [{from: [t.c, u.e], to: [u.e, t.c]}]\n  - name: u\n    properties: [{name: e, logicalType: string}]\n"), @"OP0112 error c.odcs.yaml:11:21+34 /schema/0/relationships/0 all columns of one end of a relationship belong to one table | `from` has columns of `t`, `to` has columns of one other object");
}

#[test]
fn limits_and_patterns() {
    assert_snapshot!(property("logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 4}"), @"OP0258 error c.odcs.yaml:9:41+18 /schema/0/properties/0/logicalTypeOptions no value is above 5 and below 4 | swap or widen the limits");
    assert_snapshot!(property("logicalType: integer, logicalTypeOptions: {minimum: 4, exclusiveMaximum: 4}"), @"OP0258 error c.odcs.yaml:9:41+18 /schema/0/properties/0/logicalTypeOptions no value is above 4 and below 4 | swap or widen the limits");
    assert_snapshot!(property("logicalType: date, logicalTypeOptions: {minimum: '2014-01-01', maximum: '2013-01-01'}"), @r#"OP0258 error c.odcs.yaml:9:38+18 /schema/0/properties/0/logicalTypeOptions no value is above "2014-01-01" and below "2013-01-01" | swap or widen the limits"#);
    assert_snapshot!(property("logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 4}"), @"OP0258 error c.odcs.yaml:9:40+18 /schema/0/properties/0/logicalTypeOptions `minLength` is 5 and `maxLength` is 4, so nothing is allowed | swap or widen the limits");
    assert_snapshot!(property("logicalType: string, logicalTypeOptions: {pattern: '^[A-Z'}"), @"OP0259 error c.odcs.yaml:9:70+7 /schema/0/properties/0/logicalTypeOptions/pattern `^[A-Z` is not a regular expression that can be used | see the syntax of ECMA-262; in YAML, patterns are best put in single quotes");
    assert_snapshot!(property("logicalType: string, logicalTypeOptions: {pattern: '^(?!x)'}"), @"OP0259 error c.odcs.yaml:9:70+8 /schema/0/properties/0/logicalTypeOptions/pattern `^(?!x)` is not a regular expression that can be used | look-around cannot be used: write a rule of type `sql`, or two patterns in two rules");
    assert_snapshot!(property("logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}"), @"OP0267 warning c.odcs.yaml:9:67+10 /schema/0/properties/0/logicalTypeOptions/format the format `dd.MM.yyyy` is not used | dates and times in text files are read as ISO 8601");
    assert_snapshot!(property("logicalType: object, properties: [{name: x, logicalType: string, quality: [{metric: nullValues, mustBe: 0}]}]"), @"OP0267 warning c.odcs.yaml:9:84+7 /schema/0/properties/0/properties/0/quality `quality` inside a column is not checked | only columns are measured; a rule of `type: sql` can look inside");
}

#[test]
fn quality_rules() {
    assert_snapshot!(rule("metric: nullValues"), @"OP0107 error c.odcs.yaml:9:50+20 /schema/0/properties/0/quality/0 the quality rule has no operator | say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`");
    assert_snapshot!(rule("metric: nullValues, mustBe: 0, mustNotBe: 1"), @"OP0107 error c.odcs.yaml:9:82+9 /schema/0/properties/0/quality/0/mustNotBe the quality rule has several operators: `mustBe`, `mustNotBe` | keep one; write `mustBeBetween` for two limits, or two rules");
    assert_snapshot!(rule("metric: nullValues, mustBeBetween: [5, 1]"), @"OP0261 error c.odcs.yaml:9:86+6 /schema/0/properties/0/quality/0/mustBeBetween 5 is not below 1 | write the smaller number first: `[1, 5]`");
    assert_snapshot!(rule("description: nothing, mustBe: 0"), @"OP0260 error c.odcs.yaml:9:50+33 /schema/0/properties/0/quality/0 the rule does not say what it measures | add `metric`, or `type: sql` with a `query`, or `type: text` for a rule that people check");
    assert_snapshot!(rule("rule: nullValuess, mustBe: 0"), @"OP0267 warning c.odcs.yaml:9:57+11 /schema/0/properties/0/quality/0/rule the metric `nullValuess` is not measured | did you mean `nullValues`?");
    assert_snapshot!(rule("metric: rowCount, mustBe: 0"), @"OP0260 error c.odcs.yaml:9:59+8 /schema/0/properties/0/quality/0/metric `rowCount` is measured of an object, not of a property | move the rule to `quality` of the object");
    assert_snapshot!(rule("metric: invalidValues, mustBe: 0"), @"OP0260 error c.odcs.yaml:9:59+13 /schema/0/properties/0/quality/0/metric `invalidValues` needs to know what is valid | add `arguments: {validValues: […]}` or `arguments: {pattern: …}`");
    assert_snapshot!(rule("metric: duplicateValues, mustBe: 0, unit: percent"), @"OP0268 warning c.odcs.yaml:9:93+7 /schema/0/properties/0/quality/0/unit the rule does not measure a share of the rows | leave the unit out");
    assert_snapshot!(rule("metric: nullValues, mustBe: 0, schedule: 0 20 * * *"), @"OP0264 error c.odcs.yaml:9:82+8 /schema/0/properties/0/quality/0/schedule the schedule has no scheduler | add `scheduler`, for example `scheduler: cron`");
    assert_snapshot!(rule("metric: nullValues, mustBe: 0, scheduler: cron"), @"OP0264 warning c.odcs.yaml:9:82+9 /schema/0/properties/0/quality/0/scheduler the scheduler has no schedule | add `schedule`, for example `schedule: 0 20 * * *`");
    assert_snapshot!(rule("type: custom, engine: soda, implementation: x"), @"OP0267 warning c.odcs.yaml:9:50+47 /schema/0/properties/0/quality/0 the rule is written for `soda` and is not measured | write it as a library metric or as `type: sql` to have it measured");
    assert_snapshot!(below("    quality: [{metric: nullValues, mustBe: 0}]\n"), @"OP0260 error c.odcs.yaml:11:24+10 /schema/0/quality/0/metric `nullValues` is measured of a property, not of an object | move the rule to `quality` of a property");
    assert_snapshot!(below("    quality: [{metric: duplicateValues, mustBe: 0}]\n"), @"OP0260 error c.odcs.yaml:11:24+15 /schema/0/quality/0/metric `duplicateValues` of an object needs to know which properties are unique | add `arguments: {properties: […]}`");
    assert_snapshot!(below("    quality: [{metric: duplicateValues, arguments: {properties: [e]}, mustBe: 0}]\n"), @"OP0263 error c.odcs.yaml:11:66+1 /schema/0/quality/0/arguments/properties/0 `t` has no property `e` | name a property of this object");
    assert_snapshot!(below("    quality: [{type: sql, query: 'SELECT max({property}) FROM {object}', mustBe: 0}]\n"), @"OP0262 error c.odcs.yaml:11:34+38 /schema/0/quality/0/query `{property}` has no value in a rule of an object | name the column, or move the rule to `quality` of a property");
}

#[test]
fn a_fault_that_the_schema_tells_is_told_once() {
    let quality = |rule: &str| {
        good()
            .edit(OUTPUT, "logicalType: number, ", &format!("logicalType: number, quality: [{{{rule}}}], "))
            .problems()
    };
    assert_snapshot!(quality("metric: nullValues"), @"OP0107 error contracts/trips.odcs.yaml:11:53+20 /schema/0/properties/1/quality/0 the quality rule has no operator | say what the measured value must be, for example `mustBe: 0` or `mustBeLessThan: 10`");
    assert_snapshot!(quality("metric: nullValues, mustBe: 0, mustNotBe: 1"), @"OP0107 error contracts/trips.odcs.yaml:11:85+9 /schema/0/properties/1/quality/0/mustNotBe the quality rule has several operators: `mustBe`, `mustNotBe` | keep one; write `mustBeBetween` for two limits, or two rules");
    assert_snapshot!(quality("metric: nullValues, mustBeBetween: [a, 1]"), @"OP0103 error contracts/trips.odcs.yaml:11:90+1 /schema/0/properties/1/quality/0/mustBeBetween/0 an item of `mustBeBetween` must be a number, but is the text `a`");
}

#[test]
fn service_levels() {
    assert_snapshot!(below("slaProperties: [{property: freshness, value: 4, unit: d}]\n"), @"OP0267 warning c.odcs.yaml:11:17+40 /slaProperties/0 the service level is not measured: it names no column | add `element: object.property`, a column of time");
    assert_snapshot!(below("slaProperties: [{property: freshness, value: 4, unit: d, element: u.x}]\n"), @"OP0265 warning c.odcs.yaml:11:67+3 /slaProperties/0/element `u.x` is no column of this contract | write `object.property`, with the names from `schema`");
    assert_snapshot!(below("slaProperties: [{property: freshness, value: 4, unit: d, element: t.e}]\n"), @"OP0265 error c.odcs.yaml:11:67+3 /slaProperties/0/element `t` has no column `e` | name a column of time");
    assert_snapshot!(below("slaProperties: [{property: retention, value: 4, unit: d, element: t.c}]\n"), @"OP0265 error c.odcs.yaml:11:67+3 /slaProperties/0/element `c` has no age: it is of type string | name a column of type date or timestamp");
    assert_snapshot!(below("slaProperties: [{property: freshness, value: soon, element: t.d}]\n"), @"OP0266 error c.odcs.yaml:11:46+4 /slaProperties/0/value `soon` is not a duration | write a number with a unit (`d`, `h`, `m`, `s`), or an ISO 8601 duration such as `PT4H`");
    assert_snapshot!(below("slaProperties: [{property: freshness, value: 4, unit: d, element: t.d, schedule: daily}]\n"), @"OP0264 error c.odcs.yaml:11:72+8 /slaProperties/0/schedule the schedule has no scheduler | add `scheduler`, for example `scheduler: cron`");
}
