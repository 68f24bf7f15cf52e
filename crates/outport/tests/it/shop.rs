//! A bundle of one input, one model and one output, small enough to break in every way.

use crate::place::Place;

const DESCRIPTOR: &str = "\
apiVersion: v1.0.0
kind: DataProduct
id: shop
name: Shop
version: 1.0.0
status: active
description: {purpose: What was sold., limitations: Small., usage: For tests.}
inputPorts:
  - {name: sales, version: 1.0.0, contractId: shop.input.sales}
outputPorts:
  - {name: sales, version: 1.0.0, type: tables, contractId: shop.sales}
team: {name: shop, members: [{username: owner@example.com, role: owner}]}
";

const INPUT: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: shop.input.sales
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: ../data/sales.csv, format: csv}
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: item, logicalType: string, required: true}
      - {name: amount, logicalType: integer}
";

const OUTPUT: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: shop.sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: item, logicalType: string, required: true}
      - name: amount
        logicalType: integer
        logicalTypeOptions: {minimum: 0}
";

pub(crate) const ROWS: &str = "id,item,amount\n1,apple,3\n2,pear,4\n";

/// A folder with the bundle `shop` and its data `data/sales.csv`.
pub(crate) fn shop() -> Place {
    let place = Place::new();
    place.write("shop/product.odps.yaml", DESCRIPTOR);
    place.write("shop/outport.yaml", "apiVersion: outport/v1\ninputs:\n  sales: {server: files}\n");
    place.write("shop/contracts/input.odcs.yaml", INPUT);
    place.write("shop/contracts/sales.odcs.yaml", OUTPUT);
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    place.write("data/sales.csv", ROWS);
    place
}

/// The same, applied: release 1 has two rows.
#[track_caller]
pub(crate) fn open_shop() -> Place {
    let place = shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place
}

/// Release 1 is still what consumers see.
#[track_caller]
pub(crate) fn still_sells(place: &Place) {
    assert_eq!(
        place.query("SELECT id, item, amount FROM shop.sales ORDER BY id"),
        serde_json::json!([
            {"id": 1, "item": "apple", "amount": 3},
            {"id": 2, "item": "pear", "amount": 4}
        ])
    );
}
