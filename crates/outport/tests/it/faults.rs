//! Bad input and faults: each is a clear message and a non-zero exit, and consumers keep what they had.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{
    place::{Place, Ran, ran, snapshot},
    shop::{ROWS, open_shop, shop, still_sells},
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
fn recovers(place: &Place) {
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
    error: 2 errors
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
    error: 2 errors
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
    error: 2 errors
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
    error: 1 error
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
        ✗ fail sales.item · item is present: measured 1, must be = 0 (1 of 3 rows)
        ✗ fail sales.amount · amount has the right type: measured 1, must be = 0 (1 of 3 rows)
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

#[test]
fn unknown_products_and_workspaces() {
    let place = open_shop();
    snapshot!(place, place.run(&["run", "shopp"]), @"
    exit 1
    --- stderr
    error: there is no product `shopp` in workspace `dev`
    help: there are: shop
    ");
    snapshot!(place, place.run(&["get", "shopp", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "there is no product `shopp` in workspace `dev`",
        "help": "there are: shop"
      }
    }
    "#);
    snapshot!(place, place.run(&["delete", "shopp", "--yes"]), @"
    exit 1
    --- stderr
    error: there is no product `shopp` in workspace `dev`
    help: there are: shop
    ");
    snapshot!(place, place.run(&["get", "-w", "No Such"]), @"
    exit 1
    --- stderr
    error: `No Such` is no name of a workspace
    help: `No Such` has `N`, which a name cannot have; names have lower case letters, digits, `-` and `_`
    ");
    snapshot!(place, place.run(&["get", "shop", "-w", "prod"]), @"
    exit 1
    --- stderr
    error: there is no product `shop` in workspace `prod`
    help: nothing is applied yet: `outport apply PATH`
    ");
}

#[test]
fn settings_that_are_not_understood() {
    let place = open_shop();
    place.write("home/outport.toml", "treads = 3\n");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: `[FOLDER]/home/outport.toml` has a setting that is not understood
    TOML parse error at line 1, column 1
      |
    1 | treads = 3
      | ^^^^^^
    unknown field `treads`, expected one of `workspace`, `memory_limit`, `threads`, `depots`, `workspaces`
    help: settings are `workspace`, `memory_limit`, `threads`, `[depots.NAME]` and `[workspaces.NAME.depots.NAME]` with `location`
    ");
    place.write("home/outport.toml", "workspace = \n");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: `[FOLDER]/home/outport.toml` has a setting that is not understood
    TOML parse error at line 1, column 13
      |
    1 | workspace = 
      |             ^
    string values must be quoted, expected literal string
    help: settings are `workspace`, `memory_limit`, `threads`, `[depots.NAME]` and `[workspaces.NAME.depots.NAME]` with `location`
    ");
    place.write("home/outport.toml", "memory_limit = \"lots\"\n");
    snapshot!(place, place.run(&["get", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "`lots` is no amount of memory",
        "help": "write it like `512MiB` or `4GiB`"
      }
    }
    "#);
}

#[test]
fn a_home_of_a_newer_version() {
    let place = open_shop();
    let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 9999')";
    crate::place::ask_python(program, &[&place.path("home/outport.db")]);
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: the metadata store `[FOLDER]/home/outport.db` has format 9999; this Outport knows 1
    help: use the newer Outport that wrote it
    ");
}

#[test]
fn a_database_that_is_none() {
    let place = shop();
    place.write("home/outport.db", "this is no database, and it is long enough to be read as a header of one, or not");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: the metadata store `[FOLDER]/home/outport.db` cannot be opened: error returned from database: (code: 26) file is not a database
    help: check that it is a file of Outport in a folder that can be written, or choose another home with `--home`
    ");
}

/// As root, permission bits stop nobody; below `/proc` nobody can make a folder.
#[test]
fn a_home_that_cannot_be_written() {
    let place = shop();
    let mut command = place.command(&["apply", "shop", "--yes"]);
    snapshot!(place, ran(command.env("OUTPORT_HOME", "/proc/outport")), @"
    exit 1
    --- stderr
    error: the home `/proc/outport` cannot be used: No such file or directory (os error 2)
    help: let this user write there, or choose another folder with `--home` or `OUTPORT_HOME`
    ");
    place.write("file", "");
    let mut command = place.command(&["get"]);
    snapshot!(place, ran(command.env("OUTPORT_HOME", "file")), @"
    exit 1
    --- stderr
    error: `[FOLDER]/file/outport.toml` cannot be read: Not a directory (os error 20)
    help: check that the home is a folder that this user can read, or choose another with `--home`
    ");
}

/// Enough rows to outgrow a small disk.
fn many_rows() -> String {
    let row = |id: u64| format!("{id},item {}\u{2026}{id},{}\n", id * 7_919 % 100_003, id * 104_729 % 1_000_003);
    format!("id,item,amount\n{}", (1..200_000).map(row).collect::<String>())
}

/// Runs a script; `$outport` is the binary.
fn script(place: &Place, program: &str, arguments: &[&str], script: &str) -> Ran {
    let mut command = assert_cmd::Command::new(program);
    command.args(arguments).args(["bash", "-c", script]).env_clear().current_dir(place.path(""));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("OUTPORT_HOME", place.path("home"));
    ran(command.env("outport", env!("CARGO_BIN_EXE_outport")).env("OUTPORT_THREADS", "2"))
}

/// A mount that only the script sees and that goes with it. Not every machine lets a test have one.
fn may_mount() -> bool {
    let tried =
        Command::new("unshare").args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "t", "/mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// A limit on the size of files fails a write like a full disk does, and needs no privilege.
#[test]
fn a_disk_that_takes_no_more() {
    let place = open_shop();
    place.write("data/sales.csv", many_rows());
    let limited = "trap '' XFSZ; ulimit -f 256; exec $outport run shop --quiet";
    snapshot!(place, script(&place, "env", &[], limited), @"
    exit 1
    --- stdout
    ✗ shop: the warehouse `[FOLDER]/home/warehouse/shop/sales-[FINGERPRINT]` failed to write rows: File too large (os error 27)
        help: check that the folder exists and can be written
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    still_sells(&place);
    recovers(&place);
}

#[test]
fn a_disk_that_is_full() {
    if !may_mount() {
        return a_disk_that_takes_no_more();
    }
    let place = open_shop();
    place.write("more.csv", many_rows());
    let full = "mkdir disk && mount -t tmpfs -o size=1m disk disk && export OUTPORT_HOME=$PWD/disk/home
        $outport apply shop --yes --quiet > /dev/null && cp data/sales.csv data/before.csv && cp more.csv data/sales.csv
        $outport run shop --quiet; echo \"exit $?\"
        $outport query 'SELECT * FROM shop.sales ORDER BY id' --format csv
        mount -o remount,size=64m disk && $outport run shop --quiet
        $outport query 'SELECT count(*) AS rows FROM shop.sales' --format csv";
    snapshot!(place, script(&place, "unshare", &["--map-root-user", "--mount"], full), @"
    exit 0
    --- stdout
    ✗ shop: there is no space left on the disk that holds `[FOLDER]/disk/home/warehouse/shop/sales-[FINGERPRINT]`
        help: free some space and run again; nothing was published
    1 failed or skipped
    exit 1
    id,item,amount
    1,apple,3
    2,pear,4
    ✓ shop: release 2 is published
    1 published
    rows
    199999
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
}

#[test]
fn a_home_that_can_only_be_read() {
    if !may_mount() {
        return a_home_that_cannot_be_written();
    }
    let place = open_shop();
    let sealed = "mount --bind home home && mount -o remount,ro,bind home && $outport apply shop --yes";
    snapshot!(place, script(&place, "unshare", &["--map-root-user", "--mount"], sealed), @"
    exit 1
    --- stderr
    error: the home `[FOLDER]/home` cannot be used: Read-only file system (os error 30)
    help: let this user write there, or choose another folder with `--home` or `OUTPORT_HOME`
    ");
    still_sells(&place);
}

/// A model that takes about a second.
const SLOW: &str = "SELECT id, item, amount + (SELECT min(a.value * b.value) FROM generate_series(1, 5000) AS a, \
    generate_series(1, 5000) AS b WHERE a.value + b.value > 9999) * 0 AS amount\nFROM input.sales\n";

/// An `apply` under way.
fn begun(place: &Place) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
    command.args(["apply", "shop", "--yes", "-o", "json"]).env_clear().current_dir(place.path(""));
    command.env("OUTPORT_HOME", place.path("home")).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// Waits until a model has begun; gives the lines after that.
#[track_caller]
fn until_model(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("\"modelStarted\"")), "no model began");
    lines
}

/// The file is written to once the model has begun, so before the inputs are looked at again.
#[test]
fn a_source_that_changes_while_it_is_read() {
    let place = open_shop();
    place.write("shop/models/sales.sql", SLOW);
    let mut child = begun(&place);
    let lines = until_model(&mut child);
    place.write("data/sales.csv", format!("{ROWS}3,fig,5\n"));
    let rest: String = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("sales.csv` changed while it was read"), "{rest}");
    still_sells(&place);
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    recovers(&place);
}

#[test]
fn a_full_disk_behind_a_query() {
    let place = open_shop();
    for format in ["table", "csv", "json", "ndjson", "parquet", "arrow"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_outport"))
            .args(["query", "SELECT * FROM shop.sales", "--format", format])
            .env_clear()
            .env("OUTPORT_HOME", place.path("home"))
            .stdout(Stdio::from(full))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said, "error: `the answer` cannot be written: No space left on device (os error 28)\n", "{format}");
    }
}

/// Whoever comes second finds the product busy, or finds nothing left to do; either way the state is whole.
#[test]
fn two_applies_at_once() {
    let place = Place::with_example("retail");
    let spawn = || {
        let arguments = ["apply", "retail", "--yes", "-o", "json"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
        command.args(arguments).env_clear().env("OUTPORT_HOME", place.path("home")).current_dir(place.path(""));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [spawn(), spawn()].map(|child| child.wait_with_output().unwrap());
    for output in &both {
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let explained = ["another process", "changed since", "look at the plan again"].iter().any(|t| said.contains(t));
        assert!(output.status.success() || explained, "{said}");
    }
    place.run(&["apply", "retail", "--yes"]).succeeded();
    assert_eq!(place.run(&["plan", "retail", "--detailed-exitcode"]).code, 0);
    let listed = place.run(&["get", "-o", "json"]).succeeded().json();
    assert_eq!(listed.as_array().unwrap().iter().filter(|product| product["release"].is_object()).count(), 9);
    assert_eq!(place.scalar("SELECT count(*) FROM orders.order_lines"), 60_175);
}

/// Ctrl-C comes once the model has begun.
#[test]
fn an_interrupt_leaves_the_old_release() {
    let place = open_shop();
    place.write("shop/models/sales.sql", SLOW);
    let mut child = begun(&place);
    let lines = until_model(&mut child);
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let rest: String = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("it was stopped; the release from before stays"), "{rest}");
    still_sells(&place);
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    recovers(&place);
}

#[test]
fn names_that_are_one_in_sql() {
    let place = open_shop();
    place.write("other/outport.yaml", "apiVersion: outport/v1\nproduct: my-shop\ninputs:\n  sales: {server: files}\n");
    for file in ["product.odps.yaml", "contracts/input.odcs.yaml", "contracts/sales.odcs.yaml", "models/sales.sql"] {
        place.write(&format!("other/{file}"), std::fs::read(place.path(&format!("shop/{file}"))).unwrap());
    }
    place.run(&["apply", "other", "--yes"]).succeeded();
    place.edit("other/outport.yaml", "my-shop", "my_shop");
    snapshot!(place, place.run(&["plan", "other"]), @"
    exit 1
    --- stderr
    error[OP0204]

      × the name `my_shop` is that of `my-shop`, which the workspace has already (other/
      │ product.odps.yaml)
      help: give each product its own name; `-` and `_` count as one
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn failures_for_machines() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n1,,4\n");
    let ran = place.run(&["run", "shop", "-o", "json"]);
    assert_eq!(ran.code, 1);
    let events = ran.events();
    let summary = events.iter().find(|value| value["runs"].is_array()).expect("a summary");
    let failure = &summary["runs"][0]["failure"];
    assert!(failure["message"].as_str().unwrap().starts_with("input port `sales` breaks its contract"), "{failure:#}");
    assert!(failure["help"].is_string() && failure["results"].as_array().is_some_and(|r| !r.is_empty()), "{failure:#}");
    assert_eq!(ran.stderr, "");
}
