//! `outport validate`: no home, every document, all problems at once.

use serde_json::json;

use crate::{
    place::{Place, snapshot, test_data},
    shop::shop,
};

#[test]
fn errors_of_models_need_no_home() {
    let place = shop();
    place.write("shop/models/sales.sql", "SELECT id, itm AS item, amount\nFROM input.sales\n");
    snapshot!(place, place.run(&["validate", "shop"]), @"
    exit 1
    --- stdout
    `shop` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0303]

      × column `itm` is not in `input.sales`
       ╭─[shop/models/sales.sql:1:12]
     1 │ SELECT id, itm AS item, amount
       ·            ───
     2 │ FROM input.sales
       ╰────
      help: did you mean `item`?
    ");
    assert!(!place.path("home").exists(), "`validate` makes no home");
}

#[test]
fn the_json_has_every_field() {
    let place = shop();
    place.write("shop/models/sales.sql", "SELECT id, itm AS item, amount\nFROM input.sales\n");
    let ran = place.run(&["validate", "shop", "--output", "json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.json(),
        json!({"valid": false, "diagnostics": [{
            "code": "OP0303",
            "severity": "error",
            "message": "column `itm` is not in `input.sales`",
            "file": "shop/models/sales.sql",
            "line": 1,
            "column": 12,
            "pointer": null,
            "help": "did you mean `item`?"
        }]})
    );
}

#[test]
fn a_diagnostic_in_yaml_has_a_pointer() {
    let place = shop();
    place.edit("shop/contracts/sales.odcs.yaml", "logicalType: string", "logicalType: strin");
    let found = place.run(&["validate", "shop", "-o", "json"]).json();
    assert_eq!(found["diagnostics"][0]["pointer"], "/schema/0/properties/1/logicalType", "{found:#}");
    assert_eq!(found["diagnostics"][0]["line"], 10);
}

#[test]
fn all_problems_of_all_documents_at_once() {
    let place = shop();
    place.edit("shop/contracts/sales.odcs.yaml", "logicalType: string", "logicalType: strin");
    place.edit("shop/product.odps.yaml", "contractId: shop.input.sales", "contractId: shop.input.sails");
    place.edit("shop/outport.yaml", "server: files", "servr: files");
    snapshot!(place, place.run(&["validate", "shop"]), @"
    exit 1
    --- stdout
    `shop` is not valid: 3 errors, 0 warnings
    --- stderr
    error[OP0104]

      × `strin` is not a value of `logicalType`
        ╭─[shop/contracts/sales.odcs.yaml:10:35]
      9 │       - {name: id, logicalType: integer, required: true, primaryKey: true}
     10 │       - {name: item, logicalType: strin, required: true}
        ·                                   ─────
     11 │       - name: amount
        ╰────
      help: did you mean `string`? allowed are `array`, `boolean`, `date`, `integer`, `number`,
            `object`, `string`, `time`, `timestamp`
    error[OP0101]

      × the key `servr` is not known here
       ╭─[shop/outport.yaml:3:11]
     2 │ inputs:
     3 │   sales: {servr: files}
       ·           ─────
       ╰────
      help: did you mean `server`?
    error[OP0221]

      × nothing says where the rows of input port `sales` come from
        ╭─[shop/product.odps.yaml:9:5]
      8 │ inputPorts:
      9 │   - {name: sales, version: 1.0.0, contractId: shop.input.sails}
        ·     ───────────────────────────────────────────────────────────
     10 │ outputPorts:
        ╰────
      help: add `inputs: {sales: {address: outport:///<product>/<port>}}` to `outport.yaml`, or the
            contract to `contracts/`
    ");
}

#[test]
fn a_bundle_and_a_folder_of_bundles() {
    let place = Place::with_example("retail");
    snapshot!(place, place.run(&["validate", "retail"]), @"
    exit 0
    --- stdout
    `retail` is valid
    ");
    snapshot!(place, place.run(&["validate", "retail/customers"]), @"
    exit 0
    --- stdout
    `retail/customers` is valid
    ");
    snapshot!(place, place.run(&["validate", "retail/revenue"]), @"
    exit 0
    --- stdout
    `retail/revenue` is valid, with 3 warnings
    --- stderr
    warning[OP0401]

      ⚠ input port `customers` reads `outport:///customers/customers@1`, but there is no product
      │ `customers` (retail/revenue/product.odps.yaml)
      help: validate a folder that holds both, to have the models planned too
    warning[OP0401]

      ⚠ input port `orders` reads `outport:///orders/orders@1`, but there is no product `orders`
      │ (retail/revenue/product.odps.yaml)
      help: validate a folder that holds both, to have the models planned too
    warning[OP0401]

      ⚠ input port `order_lines` reads `outport:///orders/order_lines@1`, but there is no product
      │ `orders` (retail/revenue/product.odps.yaml)
      help: validate a folder that holds both, to have the models planned too
    ");
    place.edit("retail/customers/models/customers.sql", "customer.c_acctbal", "customer.c_balance");
    let found = place.run(&["validate", "retail", "-o", "json"]).json();
    assert_eq!(found["diagnostics"][0]["file"], "retail/customers/models/customers.sql");
}

#[test]
fn the_workspace_knows_what_is_read_from_elsewhere() {
    let place = Place::with_example("retail");
    place.run(&["apply", "retail", "--yes"]).succeeded();
    let ran = place.run(&["validate", "retail/revenue"]).succeeded();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("`retail/revenue` is valid\n", ""));
}

#[test]
fn every_example_of_the_standard_is_valid() {
    let place = Place::new();
    let mut validated = 0;
    for entry in std::fs::read_dir(test_data("odcs-v3.1-examples")).unwrap() {
        let file = entry.unwrap().path();
        let ran = place.run(&["validate", file.to_str().unwrap(), "-o", "json"]);
        assert_eq!((ran.code, &ran.json()["valid"]), (0, &json!(true)), "{}", ran.text());
        validated += 1;
    }
    assert_eq!(validated, 18);
}

#[test]
fn one_document() {
    let place = shop();
    snapshot!(place, place.run(&["validate", "shop/contracts/sales.odcs.yaml"]), @"
    exit 0
    --- stdout
    `shop/contracts/sales.odcs.yaml` is valid
    ");
    snapshot!(place, place.run(&["validate", "shop/product.odps.yaml"]), @"
    exit 0
    --- stdout
    `shop/product.odps.yaml` is valid
    ");
    place.edit("shop/contracts/sales.odcs.yaml", "kind: DataContract\n", "");
    snapshot!(place, place.run(&["validate", "shop/contracts/sales.odcs.yaml"]), @"
    exit 1
    --- stdout
    `shop/contracts/sales.odcs.yaml` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0102]

      × the document has no `kind`
       ╭─[shop/contracts/sales.odcs.yaml:1:1]
     1 │ apiVersion: v3.1.0
       · ─────────┬────────
       ·          ╰── `kind` is missing
     2 │ id: shop.sales
       ╰────
      help: add `kind: …`
    ");
}

#[test]
fn paths_that_lead_to_nothing() {
    let place = shop();
    snapshot!(place, place.run(&["validate", "nowhere"]), @"
    exit 1
    --- stdout
    `nowhere` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0001]

      × `nowhere` does not exist
      help: check the path and its permissions
    ");
    snapshot!(place, place.run(&["validate", "data"]), @"
    exit 1
    --- stdout
    `data` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0201]

      × `data` is no bundle, no folder of bundles, and no document
      help: a bundle is a folder with `product.odps.yaml`; documents are `*.odcs.yaml`, `*.odps.yaml`
            and `outport.yaml`
    ");
    snapshot!(place, place.run(&["validate", "data/sales.csv"]), @"
    exit 1
    --- stdout
    `data/sales.csv` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0201]

      × `data/sales.csv` is no bundle, no folder of bundles, and no document
      help: a bundle is a folder with `product.odps.yaml`; documents are `*.odcs.yaml`, `*.odps.yaml`
            and `outport.yaml`
    ");
}
