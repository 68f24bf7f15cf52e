//! Bad input and faults: each is a clear message and a non-zero exit, and consumers keep what they had.

use crate::{
    place::{Place, Ran, snapshot},
    shop::{ROWS, open_shop, still_sells},
};

/// Applies what is broken: it must fail, and the first release must still be there.
#[track_caller]
fn refused(place: &Place) -> Ran {
    let ran = place.run(&["apply", "shop", "--yes", "--quiet"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    still_sells(place);
    ran
}

/// Runs over data that is broken: it must fail, and the first release must still be there.
#[track_caller]
fn failed(place: &Place) -> Ran {
    let ran = place.run(&["run", "shop", "--quiet"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    still_sells(place);
    ran
}

/// Once the data is whole again, so is the product, without further help.
#[track_caller]
pub(crate) fn recovers(place: &Place) {
    place.write("data/sales.csv", format!("{ROWS}3,fig,5\n"));
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.run(&["run", "shop"]).succeeded();
    assert_eq!(place.scalar("SELECT count(*) FROM shop.sales"), 3);
}

#[test]
fn malformed_yaml() {
    let place = open_shop();
    place.edit("shop/contracts/sales.odcs.yaml", "schema:\n", "schema: [\n");
    snapshot!(place, refused(&place), @r#"
    exit 1
    --- stderr
    error[OP0003]

      × "-" is only valid inside a block
       ╭─[shop/contracts/sales.odcs.yaml:7:3]
     6 │ schema: [
     7 │   - name: sales
       ·   ─
     8 │     properties:
       ╰────
      help: is the `[` on line 6 closed?
    error[OP0208]

      × no document in `contracts/` has the id `shop.sales`
        ╭─[shop/product.odps.yaml:11:61]
     10 │ outputPorts:
     11 │   - {name: sales, version: 1.0.0, type: tables, contractId: shop.sales}
        ·                                                             ──────────
     12 │ team: {name: shop, members: [{username: owner@example.com, role: owner}]}
        ╰────
      help: known are `shop.input.sales`
    error: 2 errors found; nothing was changed
    "#);
    place.write("shop/contracts/sales.odcs.yaml", b"id: \xff\xfe\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0002]

      × the file is not UTF-8 text
       ╭─[shop/contracts/sales.odcs.yaml:1:5]
     1 │ id: ��
       ·     ─
       ╰────
      help: save the file in the encoding UTF-8
    error[OP0208]

      × no document in `contracts/` has the id `shop.sales`
        ╭─[shop/product.odps.yaml:11:61]
     10 │ outputPorts:
     11 │   - {name: sales, version: 1.0.0, type: tables, contractId: shop.sales}
        ·                                                             ──────────
     12 │ team: {name: shop, members: [{username: owner@example.com, role: owner}]}
        ╰────
      help: known are `shop.input.sales`
    error: 2 errors found; nothing was changed
    ");
    place.write("shop/contracts/sales.odcs.yaml", "");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0009]

      × the file is empty
       ╭─[shop/contracts/sales.odcs.yaml:1:1]
       ╰────
    error[OP0208]

      × no document in `contracts/` has the id `shop.sales`
        ╭─[shop/product.odps.yaml:11:61]
     10 │ outputPorts:
     11 │   - {name: sales, version: 1.0.0, type: tables, contractId: shop.sales}
        ·                                                             ──────────
     12 │ team: {name: shop, members: [{username: owner@example.com, role: owner}]}
        ╰────
      help: known are `shop.input.sales`
    error: 2 errors found; nothing was changed
    ");
}

#[test]
fn wrong_types_in_documents() {
    let place = open_shop();
    place.edit("shop/contracts/sales.odcs.yaml", "required: true", "required: sometimes");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0103]

      × `required` must be `true` or `false`, but is the text `sometimes`
        ╭─[shop/contracts/sales.odcs.yaml:9:52]
      8 │     properties:
      9 │       - {name: id, logicalType: integer, required: sometimes, primaryKey: true}
        ·                                                    ─────────
     10 │       - {name: item, logicalType: string, required: sometimes}
        ╰────
    error[OP0103]

      × `required` must be `true` or `false`, but is the text `sometimes`
        ╭─[shop/contracts/sales.odcs.yaml:10:53]
      9 │       - {name: id, logicalType: integer, required: sometimes, primaryKey: true}
     10 │       - {name: item, logicalType: string, required: sometimes}
        ·                                                     ─────────
     11 │       - name: amount
        ╰────
    error: 2 errors found; nothing was changed
    ");
}

#[test]
fn models_that_read_each_other() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT * FROM more\n");
    place.write("shop/models/more.sql", "SELECT * FROM sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    warning[OP0234]

      ⚠ no model reads the input port `sales`
        ╭─[shop/product.odps.yaml:9:5]
      8 │ inputPorts:
      9 │   - {name: sales, version: 1.0.0, contractId: shop.input.sales}
        ·     ───────────────────────────────────────────────────────────
     10 │ outputPorts:
        ╰────
      help: read it in a model as `input.sales`, or remove the port
    error[OP0307]

      × models read each other in a circle: `more` reads `sales` reads `more`
       ╭─[shop/models/more.sql:1:15]
     1 │ SELECT * FROM sales
       ·               ─────
       ╰────
      help: let one of them read an input port or another model instead
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn an_unknown_column() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT id, item, amont AS amount\nFROM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0303]

      × column `amont` is not in `input.sales`
       ╭─[shop/models/sales.sql:1:18]
     1 │ SELECT id, item, amont AS amount
       ·                  ─────
     2 │ FROM input.sales
       ╰────
      help: did you mean `amount`?
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn sql_that_cannot_be_read() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFORM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0301]

      × expected end of statement, found `input`
       ╭─[shop/models/sales.sql:2:6]
     1 │ SELECT id, item, amount
     2 │ FORM input.sales
       ·      ─────
       ╰────
    error: 1 error found; nothing was changed
    ");
    place.write("shop/models/sales.sql", "");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0236]

      × the model is empty (shop/models/sales.sql)
      help: write one SQL query
    error[OP0215]

      × no model builds the table `sales`
        ╭─[shop/product.odps.yaml:11:5]
     10 │ outputPorts:
     11 │   - {name: sales, version: 1.0.0, type: tables, contractId: shop.sales}
        ·     ───────────────────────────────────────────────────────────────────
     12 │ team: {name: shop, members: [{username: owner@example.com, role: owner}]}
        ╰────
      help: add `models/sales.sql`, or name a model in `outport.yaml`: `outputs: {sales: {model: …}}`
    error: 2 errors found; nothing was changed
    ");
    place.write("shop/models/sales.sql", "DELETE FROM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0309]

      × `DELETE` is not a query
       ╭─[shop/models/sales.sql:1:1]
     1 │ DELETE FROM input.sales
       · ──────
       ╰────
      help: a model is one `SELECT` or `WITH … SELECT`; it cannot change anything
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn a_model_that_breaks_its_contract() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT id, amount AS item\nFROM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stderr
    error[OP0304]

      × the contract of `sales` promises `amount`, which the model does not return
       ╭─[shop/models/sales.sql:1:1]
     1 │ SELECT id, amount AS item
       · ──────
     2 │ FROM input.sales
       ╰────
      help: add `… AS amount`; the model returns `id`, `item`
    error[OP0305]

      × `item` is integer (i64), and the contract of `sales` asks for string
       ╭─[shop/models/sales.sql:1:22]
     1 │ SELECT id, amount AS item
       ·                      ────
     2 │ FROM input.sales
       ╰────
      help: write `CAST(amount AS VARCHAR) AS item`, or change the contract
    error: 2 errors found; nothing was changed
    ");
}

#[test]
fn an_audit_that_fails() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT id, item, -amount AS amount\nFROM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      ~ shop 1.0.0 changes
          files: ~ models/sales.sql
          builds: sales

    1 to change
    ✗ shop: the audit failed, so nothing was published: `sales.amount.range`
        ✗ fail sales.amount · amount is in range: measured 2, must be = 0 (2 of 2 rows)
        help: mend the models or correct the output contract; consumers keep the last release
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    recovers(&place);
}

#[test]
fn a_model_that_fails_on_the_data() {
    let place = open_shop();
    place.write("shop/models/sales.sql", "SELECT id, item, amount / (id - id) AS amount\nFROM input.sales\n");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      ~ shop 1.0.0 changes
          files: ~ models/sales.sql
          builds: sales

    1 to change
    ✗ shop: model `sales` failed: divide by zero error
        help: correct `models/sales.sql`, or the data that it reads
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
}

#[test]
fn empty_files() {
    let place = open_shop();
    place.write("data/sales.csv", "");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` cannot be read: it is empty, where a header was expected
        help: put the column names into its first line, or set `header: false`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn a_file_with_a_header_and_no_rows_is_no_fault() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n");
    place.run(&["run", "shop"]).succeeded();
    assert_eq!(place.scalar("SELECT count(*) FROM shop.sales"), 0);
}

#[test]
fn ragged_rows() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n2,pear\n3,fig,4,5\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` cannot be read: line 3 has 2 fields, where the header has 3
        help: correct that line; a field that holds the delimiter or a line break must be in quotes
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn an_open_quote() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,\"apple,3\n2,pear,4\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` cannot be read: line 2 has a quote that is never closed
        help: check the `quote` and `escape` characters of the file
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
}

#[test]
fn a_wrong_encoding() {
    let place = open_shop();
    place.write("data/sales.csv", b"id,item,amount\n1,p\xeache,3\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` cannot be read: line 2 is not UTF-8 text
        help: save it as UTF-8, for example with `iconv -f ISO-8859-1 -t UTF-8`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn numbers_that_overflow_and_texts_that_are_none() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,apple,99999999999999999999\n2,pear,many\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: input port `sales` breaks its contract: `sales.amount.type`
        ✗ fail input sales.amount · amount has the right type: measured 2, must be = 0 (2 of 2 rows)
        help: mend the source, correct the contract, or set `inputs.sales.onViolation` to `quarantine` or `warn` in `outport.yaml`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn a_missing_file() {
    let place = open_shop();
    std::fs::remove_file(place.path("data/sales.csv")).unwrap();
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` leads to no file
        help: put the file there, or correct `../data/sales.csv` in the contract's `servers` or in `outport.yaml`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn a_truncated_parquet_file() {
    let place = open_shop();
    let rows = place.command(&["query", "SELECT * FROM shop.sales", "--format", "parquet"]).output().unwrap().stdout;
    place.write("data/sales.parquet", &rows);
    place.edit("shop/contracts/input.odcs.yaml", "sales.csv, format: csv", "sales.parquet, format: parquet");
    place.run(&["apply", "shop", "--yes"]).succeeded();
    still_sells(&place);
    place.write("data/sales.parquet", &rows[..rows.len() / 2]);
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.parquet` cannot be read: Invalid Parquet file. Corrupt footer
        help: it is damaged, was cut off, or is no Parquet file; write or fetch it again
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    place.write("data/sales.parquet", &rows);
    place.run(&["run", "shop"]).succeeded();
}

#[test]
fn a_compressed_file_that_is_cut_off_or_is_none() {
    let place = open_shop();
    std::fs::rename(place.path("data/sales.csv"), place.path("data/sales.csv.gz")).unwrap();
    place.edit("shop/contracts/input.odcs.yaml", "sales.csv,", "sales.csv.gz,");
    snapshot!(place, refused(&place), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      ~ shop 1.0.0 changes
          files: ~ contracts/input.odcs.yaml

    1 to change
    ✗ shop: `[FOLDER]/data/sales.csv.gz` cannot be read: it is not compressed, where it was declared compressed with gzip
        help: correct `compression`, or leave it out
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
}

#[test]
fn a_source_whose_schema_changed() {
    let place = open_shop();
    place.write("data/sales.csv", "id,product,amount\n1,apple,3\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: `[FOLDER]/data/sales.csv` has no column `item`
        help: the source has the columns `id`, `product`, `amount`; correct the contract's `properties` or the source
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    recovers(&place);
}

#[test]
fn a_further_column_is_no_fault() {
    let place = open_shop();
    place.write("data/sales.csv", "amount,id,note,item\n3,1,hello,apple\n");
    place.run(&["run", "shop"]).succeeded();
    assert_eq!(place.scalar("SELECT item FROM shop.sales"), "apple");
}

#[test]
fn rows_that_break_the_input_contract() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n1,,4\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: input port `sales` breaks its contract: `sales.primary_key`, `sales.item.required`
        ✗ fail input sales.id · id is unique: measured 1, must be = 0 (2 of 2 rows)
        ✗ fail input sales.item · item is present: measured 1, must be = 0 (1 of 2 rows)
        help: mend the source, correct the contract, or set `inputs.sales.onViolation` to `warn` (`quarantine` holds back single rows, and not all of these checks are about single rows) in `outport.yaml`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n2,,4\n3,fig,many\n");
    snapshot!(place, failed(&place), @"
    exit 1
    --- stdout
    ✗ shop: input port `sales` breaks its contract: `sales.item.required`, `sales.amount.type`
        ✗ fail input sales.item · item is present: measured 1, must be = 0 (1 of 3 rows)
        ✗ fail input sales.amount · amount has the right type: measured 1, must be = 0 (1 of 3 rows)
        help: mend the source, correct the contract, or set `inputs.sales.onViolation` to `quarantine` or `warn` in `outport.yaml`
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    place.edit("shop/outport.yaml", "{server: files}", "{server: files, onViolation: quarantine}");
    place.run(&["apply", "shop", "--yes"]).succeeded();
    let held_back = place.query("SELECT * FROM shop.sales_quarantine ORDER BY id");
    insta::assert_snapshot!(held_back, @r#"[{"id":2,"amount":4,"_reasons":"sales.item.required","_unreadable":""},{"id":3,"item":"fig","_reasons":"sales.amount.type","_unreadable":"amount=many"}]"#);
}
