//! `outport query`: every format, what is refused, how tables are named.

use std::io::Read;

use arrow::{array::AsArray, datatypes::Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;

use crate::{
    place::{Place, snapshot},
    shop::{open_shop, shop},
};

const ALL: &str = "SELECT id, item, amount FROM shop.sales ORDER BY id";

#[test]
fn text_formats() {
    let place = open_shop();
    snapshot!(place, place.run(&["query", ALL]), @"
    exit 0
    --- stdout
    +----+-------+--------+
    | id | item  | amount |
    +----+-------+--------+
    | 1  | apple | 3      |
    | 2  | pear  | 4      |
    +----+-------+--------+
    2 rows
    ");
    snapshot!(place, place.run(&["query", ALL, "--format", "csv"]), @"
    exit 0
    --- stdout
    id,item,amount
    1,apple,3
    2,pear,4
    ");
    snapshot!(place, place.run(&["query", ALL, "--format", "ndjson"]), @r#"
    exit 0
    --- stdout
    {"id":1,"item":"apple","amount":3}
    {"id":2,"item":"pear","amount":4}
    "#);
    snapshot!(place, place.run(&["query", ALL, "--format", "json"]), @r#"
    exit 0
    --- stdout
    [{"id":1,"item":"apple","amount":3},{"id":2,"item":"pear","amount":4}]
    "#);
    let by_output = place.run(&["query", ALL, "--output", "json"]).succeeded();
    assert_eq!(by_output.json(), place.query(ALL));
}

#[test]
fn no_rows_in_every_text_format() {
    let place = open_shop();
    let none = "SELECT id, item FROM shop.sales WHERE id > 9";
    snapshot!(place, place.run(&["query", none]), @"
    exit 0
    --- stdout
    +----+------+
    | id | item |
    +----+------+
    +----+------+
    0 rows
    ");
    snapshot!(place, place.run(&["query", none, "--format", "csv"]), @"
    exit 0
    --- stdout
    id,item
    ");
    snapshot!(place, place.run(&["query", none, "--format", "ndjson"]), @"exit 0");
    snapshot!(place, place.run(&["query", none, "--format", "json"]), @"
    exit 0
    --- stdout
    []
    ");
}

#[test]
fn binary_formats_read_back() {
    let place = open_shop();
    let bytes = |format: &str| place.command(&["query", ALL, "--format", format]).output().unwrap().stdout;

    let parquet = place.path("rows.parquet");
    std::fs::write(&parquet, bytes("parquet")).unwrap();
    let file = std::fs::File::open(&parquet).unwrap();
    let batches: Result<Vec<_>, _> = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().collect();
    let batches = batches.unwrap();
    assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().values(), &[1, 2]);

    let arrow = bytes("arrow");
    let reader = arrow::ipc::reader::StreamReader::try_new(arrow.as_slice(), None).unwrap();
    let again: Result<Vec<_>, _> = reader.collect();
    assert_eq!(again.unwrap()[0].columns(), batches[0].columns());

    for format in ["parquet", "arrow"] {
        let none =
            place.command(&["query", "SELECT * FROM shop.sales WHERE false", "--format", format]).output().unwrap();
        assert!(none.status.success() && !none.stdout.is_empty(), "{format}: no rows still have columns");
    }
}

#[test]
fn values_that_formats_must_quote() {
    let place = open_shop();
    let odd = r#"SELECT 'a"b,c' AS "x,y", NULL AS n, 'line
two' AS l, CAST('2013-11-03T05:00:00Z' AS TIMESTAMP) AS t, CAST(1.50 AS DECIMAL(9,2)) AS d, [1, 2] AS list, true AS b"#;
    snapshot!(place, place.run(&["query", odd, "--format", "csv"]), @"
    exit 1
    --- stderr
    error: a value of column `list` has parts, and CSV has no place for them
    help: choose `--format ndjson`, `json`, `parquet` or `arrow`, or select the parts
    ");
    snapshot!(place, place.run(&["query", odd, "--format", "ndjson"]), @r#"
    exit 0
    --- stdout
    {"x,y":"a\"b,c","l":"line\ntwo","t":"[MOMENT]","d":1.50,"list":[1,2],"b":true}
    "#);
}

#[test]
fn only_queries_run() {
    let place = open_shop();
    snapshot!(place, place.run(&["query", "DROP TABLE shop.sales"]), @"
    exit 1
    --- stderr
    error: `DROP` is not allowed here
    help: queries only read; tables are changed by `outport apply` and `outport run`
    ");
    snapshot!(place, place.run(&["query", "CREATE TABLE x AS SELECT 1"]), @"
    exit 1
    --- stderr
    error: `CREATE` is not allowed here
    help: queries only read; tables are changed by `outport apply` and `outport run`
    ");
    snapshot!(place, place.run(&["query", "INSERT INTO shop.sales VALUES (3, 'fig', 1)"]), @"
    exit 1
    --- stderr
    error: `INSERT` is not allowed here
    help: queries only read; tables are changed by `outport apply` and `outport run`
    ");
    snapshot!(place, place.run(&["query", "COPY (SELECT 1) TO 'out.csv'"]), @"
    exit 1
    --- stderr
    error: `COPY` is not allowed here
    help: queries only read; tables are changed by `outport apply` and `outport run`
    ");
    snapshot!(place, place.run(&["query", "SET datafusion.execution.batch_size = 1"]), @"
    exit 1
    --- stderr
    error: `SET` is not allowed here
    help: queries only read; tables are changed by `outport apply` and `outport run`
    ");
    snapshot!(place, place.run(&["query", "SELECT 1; DROP TABLE shop.sales"]), @"
    exit 1
    --- stderr
    error: there is more than one statement
    help: ask one query at a time, such as `SELECT * FROM product.table`
    ");
    snapshot!(place, place.run(&["query", ""]), @"
    exit 1
    --- stderr
    error: there is no query
    help: ask one query at a time, such as `SELECT * FROM product.table`
    ");
    for sql in [
        "DELETE FROM shop.sales",
        "UPDATE shop.sales SET id = 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "EXPLAIN ANALYZE INSERT INTO shop.sales VALUES (3, 'fig', 1)",
        "PREPARE p AS SELECT 1",
    ] {
        assert_eq!(place.run(&["query", sql]).code, 1, "{sql}");
    }
    assert_eq!(place.run(&["query", "SELECT * FROM 'data/sales.csv'"]).code, 1, "files are no tables");
    assert!(!place.path("out.csv").exists());
    crate::shop::still_sells(&place);
}

#[test]
fn wrong_queries_get_help() {
    let place = open_shop();
    snapshot!(place, place.run(&["query", "SELECT *\nFROM shop.sale"]), @"
    exit 1
    --- stderr
    error: there is no table `shop.sale`
      | FROM shop.sale
      |      ^
    help: did you mean `shop.sales`? released tables: `shop.sales`
    ");
    snapshot!(place, place.run(&["query", "SELECT * FROM sales"]), @"
    exit 1
    --- stderr
    error: there is no table `sales`
      | SELECT * FROM sales
      |               ^
    help: did you mean `shop.sales`? released tables: `shop.sales`
    ");
    snapshot!(place, place.run(&["query", "SELECT itm FROM shop.sales"]), @"
    exit 1
    --- stderr
    error: there is no column `itm`
      | SELECT itm FROM shop.sales
      |        ^
    help: did you mean `item`? there are: `id`, `item`, `amount`
    ");
    snapshot!(place, place.run(&["query", "SELEC 1"]), @"
    exit 1
    --- stderr
    error: expected: an SQL statement, found: SELEC
      | SELEC 1
      | ^
    ");
    snapshot!(place, place.run(&["query", "SELECT 1 / (id - 1) FROM shop.sales"]), @"
    exit 1
    --- stderr
    error: divide by zero error
    ");
    snapshot!(place, place.run(&["query", "SELECT * FROM shop.sales", "-o", "json", "-w", "other"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "there is no table `shop.sales`\n  | SELECT * FROM shop.sales\n  |               ^",
        "help": "nothing is released yet: `outport apply PATH`"
      }
    }
    "#);
    snapshot!(place, shop().run(&["query", "SELECT * FROM shop.sales"]), @"
    exit 1
    --- stderr
    error: there is no table `shop.sales`
      | SELECT * FROM shop.sales
      |               ^
    help: nothing is released yet: `outport apply PATH`
    ");
}

#[test]
fn names_with_dashes_majors_and_two_products() {
    let place = Place::with_example("retail");
    place.run(&["apply", "retail", "--yes"]).succeeded();
    let count = |table: &str| place.scalar(&format!("SELECT count(*) FROM {table}"));
    assert_eq!(count("customer_360.customers"), 1_500);
    assert_eq!(count(r#""customer-360".customers"#), 1_500);
    assert_eq!(count(r#""customer-360@1".customers"#), 1_500);
    assert_eq!(count(r#""customers@1".customers"#), 1_500);
    assert_eq!(
        place.query(
            "SELECT count(*) AS orders FROM orders.orders AS o
             JOIN customers.customers AS c ON o.customer_id = c.customer_id"
        ),
        json!([{"orders": 15_000}])
    );
    assert_eq!(
        place.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'customer_360' ORDER BY 1"),
        json!([{"table_name": "customer_years"}, {"table_name": "customers"}]),
        "the view `sales` is internal"
    );
    assert_eq!(place.scalar("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'customers'"), 8);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let place = open_shop();
    let numbers = "SELECT a.value AS x FROM generate_series(1, 3000000) AS a";
    for format in ["csv", "ndjson", "json", "table"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_outport"))
            .args(["query", numbers, "--format", format])
            .env_clear()
            .env("OUTPORT_HOME", place.path("home"))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut start = [0; 4];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
