//! What is wrong with a model: code, place, message and the way out.

use insta::assert_snapshot;

use super::bundle::Bundle;

/// The problems of one model over the shop.
fn problems(sql: &str) -> String {
    Bundle::shop().model("m", sql).problems()
}

/// The problems of one served model over the shop.
fn served(columns: &str, sql: &str) -> String {
    Bundle::shop().model("m", sql).output("m", columns).problems()
}

#[test]
fn sql_that_cannot_be_parsed() {
    assert_snapshot!(problems("SELECT id,\nFROM input.orders WHERE"), @"OP0301 m.sql:2:19 expected an expression, found the end of the file");
    assert_snapshot!(problems("SELECT (id FROM input.orders"), @"OP0301 m.sql:1:12 expected `)`, found `FROM`");
    assert_snapshot!(problems("SELECT 'open FROM input.orders"), @"OP0301 m.sql:1:8 unterminated string literal");
    assert_snapshot!(problems("SELEC id FROM input.orders"), @"OP0301 m.sql:1:1 expected an SQL statement, found `SELEC`");
    assert_snapshot!(problems("SELECT id FROM input.orders ORDER id"), @"OP0301 m.sql:1:29 expected end of statement, found `ORDER`");
    assert_snapshot!(problems(&format!("SELECT {}1{} AS x", "(".repeat(200), ")".repeat(200))), @"OP0301 m.sql:1:1 the query nests too deeply");
}

#[test]
fn more_or_less_than_one_query() {
    assert_snapshot!(problems(""), @"OP0309 m.sql:1:1 the model is empty | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("-- nothing\n"), @"OP0309 m.sql:1:1 the model is empty | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems(";"), @"OP0309 m.sql:1:1 the model is empty | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("SELECT 1 AS a;\n SELECT 2 AS b"), @"OP0309 m.sql:2:2 the model has a second statement | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("SELECT id FROM input.orders;"), @"");
}

#[test]
fn statements_that_change_something() {
    assert_snapshot!(problems("/* é */ CREATE TABLE t AS SELECT 1 AS a"), @"OP0309 m.sql:1:9 `CREATE` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("INSERT INTO t VALUES (1)"), @"OP0309 m.sql:1:1 `INSERT` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("COPY input.orders TO 'x.csv'"), @"OP0309 m.sql:1:1 `COPY` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("SET a = 1"), @"OP0309 m.sql:1:1 `SET` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("EXPLAIN SELECT 1"), @"OP0309 m.sql:1:1 `EXPLAIN` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("DROP TABLE t"), @"OP0309 m.sql:1:1 `DROP` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("SELECT id INTO t FROM input.orders"), @"OP0309 m.sql:1:16 `INTO` writes a table | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("WITH x AS (INSERT INTO t VALUES (1)) SELECT 1 AS a"), @"OP0309 m.sql:1:12 a query cannot change tables | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("SHOW TABLES"), @"OP0309 m.sql:1:1 `SHOW` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
    assert_snapshot!(problems("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'"), @"OP0309 m.sql:1:1 `CREATE` is not a query | a model is one `SELECT` or `WITH … SELECT`; it cannot change anything");
}

#[test]
fn tables_that_are_not_there() {
    assert_snapshot!(problems("SELECT * FROM input.order"), @"OP0302 m.sql:1:15 there is no table `input.order` | did you mean `input.orders`? the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT * FROM orders"), @"OP0302 m.sql:1:15 there is no table `orders` | did you mean `input.orders`? the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT id FROM input.orders WHERE id IN (SELECT id\n FROM warehouse)"), @"OP0302 m.sql:2:7 there is no table `warehouse` | the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT * FROM information_schema.tables"), @"OP0302 m.sql:1:15 there is no table `information_schema.tables` | the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT * FROM other.input.orders"), @"OP0302 m.sql:1:15 there is no table `other.input.orders` | did you mean `input.orders`? the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT * FROM '/etc/passwd'"), @"OP0302 m.sql:1:15 there is no table `/etc/passwd` | the model can read `input.customers`, `input.orders`");
    assert_snapshot!(problems("SELECT * FROM read_csv('/etc/passwd')"), @"OP0302 m.sql:1:15 `read_csv(…)` cannot be read as a table | the only functions that give tables are `generate_series`, `range`");
    assert_snapshot!(problems("SELECT * FROM input.orders TABLESAMPLE (10 PERCENT)"), @"OP0310 m.sql:1:15 `TABLESAMPLE` is not supported");
    assert_snapshot!(problems("WITH a AS (SELECT id FROM input.orders) SELECT a.id FROM a JOIN b ON a.id = b.id"), @"OP0302 m.sql:1:65 there is no table `b` | the model can read `input.customers`, `input.orders`");
}

#[test]
fn columns_that_are_not_there() {
    assert_snapshot!(problems("SELECT totl FROM input.orders"), @"OP0303 m.sql:1:8 column `totl` is not in `input.orders` | did you mean `total`?");
    assert_snapshot!(problems("SELECT o.idd FROM input.orders AS o"), @"OP0303 m.sql:1:8 column `idd` is not in `o` | did you mean `id`?");
    assert_snapshot!(problems("SELECT orders.id FROM input.orders AS o"), @"OP0303 m.sql:1:8 `orders` is no table of this query, so `orders.id` is unknown | the query has `o`");
    assert_snapshot!(problems("SELECT joinedAt FROM input.customers"), @r#"OP0303 m.sql:1:8 column `joinedAt` is not in `input.customers` | write `"joinedAt"`: names with capital letters need double quotes"#);
    assert_snapshot!(problems("SELECT c.joinedAt FROM input.customers c"), @r#"OP0303 m.sql:1:8 column `joinedAt` is not in `c` | write `"joinedAt"`: names with capital letters need double quotes"#);
    assert_snapshot!(problems("SELECT 'ä' AS a, wrong FROM input.orders"), @"OP0303 m.sql:1:18 column `wrong` is not in `input.orders` | there are `id`, `customer`, `total`, `placed`, `note`, `tags`");
    assert_snapshot!(problems("SELECT id FROM input.orders\nWHERE totl > 3"), @"OP0303 m.sql:2:7 column `totl` is not in `input.orders` | did you mean `total`?");
    assert_snapshot!(problems("SELECT count(*) AS n FROM input.orders GROUP BY contry"), @"OP0303 m.sql:1:49 column `contry` is not in `input.orders` | there are `n`, `id`, `customer`, `total`, `placed`, `note`, `tags`");
    assert_snapshot!(problems("SELECT id FROM input.orders ORDER BY plased"), @"OP0303 m.sql:1:38 column `plased` is not in `input.orders` | did you mean `placed`?");
    assert_snapshot!(problems("SELECT o.id FROM input.orders o JOIN input.customers c ON o.custmer = c.id"), @"OP0303 m.sql:1:59 column `custmer` is not in `o` | did you mean `customer`?");
    assert_snapshot!(problems("SELECT o.id FROM input.orders o JOIN input.customers c USING (customer)"), @r#"OP0303 m.sql:1:63 column `customer` is not in `c` | there are `id`, `name`, `country`, `"joinedAt"`"#);
    assert_snapshot!(problems("SELECT zzz FROM input.orders o, input.customers c"), @r#"OP0303 m.sql:1:8 column `zzz` is in none of `c`, `o` | there are `id`, `customer`, `total`, `placed`, `note`, `tags`, `id`, `name`, `country`, `"joinedAt"`"#);
    assert_snapshot!(problems("SELECT nothing"), @"OP0303 m.sql:1:8 column `nothing` is unknown: the query reads no table | read a table with `FROM`, or put text in single quotes");
    assert_snapshot!(problems("SELECT id FROM input.orders o WHERE EXISTS (SELECT 1 FROM input.customers c WHERE c.id = o.custom)"), @"OP0303 m.sql:1:90 column `custom` is not in `o` | did you mean `customer`?");
}

#[test]
fn queries_without_meaning() {
    assert_snapshot!(problems("SELECT id FROM input.orders o JOIN input.customers c ON o.customer = c.id"), @"OP0310 m.sql:1:8 column `id` is in several tables | write one of `c.id`, `o.id`");
    assert_snapshot!(problems("SELECT o.id, c.id FROM input.orders o JOIN input.customers c ON o.customer = c.id"), @"OP0310 m.sql:1:16 two columns are called `id` | give one of them another name with `AS`");
    assert_snapshot!(problems("SELECT id, id FROM input.orders"), @"OP0310 m.sql:1:12 two columns are called `id` | give one of them another name with `AS`");
    assert_snapshot!(problems("SELECT id,\n  rond(total) AS x FROM input.orders"), @"OP0310 m.sql:2:3 function `rond` is unknown | did you mean `rand`?");
    assert_snapshot!(problems("SELECT round(note, note, note) AS x FROM input.orders"), @"OP0310 m.sql:1:8 there is no function `round(string, string, string)` | cast the arguments, or use another function");
    assert_snapshot!(problems("SELECT placed + total AS x FROM input.orders"), @"OP0310 m.sql:1:8 cannot coerce arithmetic expression timestamp + number (decimal(10,2)) to valid types");
    assert_snapshot!(problems("SELECT note, count(*) AS n FROM input.orders GROUP BY id"), @"OP0310 m.sql:1:8 `note` is neither in `GROUP BY` nor in an aggregate | add it to `GROUP BY`, or write an aggregate such as `max(note)`");
    assert_snapshot!(problems("SELECT sum(sum(total)) AS n FROM input.orders"), @"OP0310 m.sql:1:16 aggregate function calls cannot be nested: `sum(input.orders.total)` is nested inside `sum(sum(input.orders.total))` | compute `sum(input.orders.total)` in an inner query and aggregate its result");
    assert_snapshot!(problems("SELECT id FROM input.orders WHERE total"), @"OP0310 m.sql:1:35 cannot create filter with non-boolean predicate `input.orders.total` returning number (decimal(10,2))");
    assert_snapshot!(problems("SELECT id FROM input.orders UNION ALL SELECT id, name FROM input.customers"), @"OP0310 m.sql:1:1 UNION queries have different number of columns | the first query returns 1, the second 2");
    assert_snapshot!(problems("SELECT (SELECT id, name FROM input.customers) AS x FROM input.orders"), @"OP0310 m.sql:1:20 a subquery returns several columns where one is needed | select only one column in the subquery");
    assert_snapshot!(problems("SELECT total * 2,\n  CAST(id AS INT), (note) FROM input.orders"), @"
    OP0310 m.sql:1:8 `total * 2` has no name | give the column a name with `AS`
    OP0310 m.sql:2:3 `CAST(id AS INT)` has no name | give the column a name with `AS`
    ");
    assert_snapshot!(problems("SELECT CAST(id AS nonsense) AS x FROM input.orders"), @"OP0310 m.sql:1:19 unsupported SQL type nonsense");
}

#[test]
fn parameters() {
    let bundle = |sql: &str| Bundle::shop().model("m", sql).parameter("minimum", 3).parameter("many", vec![1, 2]);
    assert_snapshot!(bundle("SELECT id FROM input.orders WHERE total > $minimum").problems(), @"");
    assert_snapshot!(bundle("SELECT id FROM input.orders\nWHERE total > $minimun AND id > $x").problems(), @"
    OP0308 m.sql:2:15 parameter `minimun` has no value | did you mean `$minimum`?
    OP0308 m.sql:2:33 parameter `x` has no value | give `x` a value under `parameters` in `outport.yaml`
    ");
    assert_snapshot!(bundle("SELECT id FROM input.orders WHERE id = $many").problems(), @"OP0308 m.sql:1:40 parameter `many` is not a single value | parameters are text, numbers, truth values or null");
    assert_snapshot!(bundle("SELECT id FROM input.orders WHERE id = $1 OR id = ?").problems(), @"
    OP0308 m.sql:1:40 `$1` is not the name of a parameter | write `$name` and give `name` a value under `parameters` in `outport.yaml`
    OP0308 m.sql:1:51 `?` is not the name of a parameter | write `$name` and give `name` a value under `parameters` in `outport.yaml`
    ");
}

#[test]
fn results_that_lack_or_add_columns() {
    assert_snapshot!(served("id i64!, total decimal(10,2)", "SELECT id FROM input.orders"), @"OP0304 m.sql:1:1 the contract of `m` promises `total`, which the model does not return | add `… AS total`; the model returns `id`");
    assert_snapshot!(served("id i64!, total decimal(10,2)", "SELECT id, total AS totals FROM input.orders"), @"OP0304 m.sql:1:21 the contract of `m` promises `total`, which the model does not return | if it is `totals`, write `totals AS total`");
    assert_snapshot!(served("id i64!, \"joinedAt\" date", "SELECT id, \"joinedAt\" AS joinedAt FROM input.customers"), @r#"OP0304 m.sql:1:26 the contract of `m` promises `joinedAt`, which the model does not return | if it is `joinedat`, write `joinedat AS "joinedAt"`"#);
    assert_snapshot!(served("id i64!", "SELECT id,\n  note AS remark FROM input.orders"), @"OP0311 m.sql:2:11 the contract of `m` has no column `remark` | remove it from the model, or add it to `contracts/m.odcs.yaml`");
    assert_snapshot!(served("id i64!, customer i64!", "SELECT * FROM input.orders"), @"
    OP0311 m.sql:1:8 the contract of `m` has no column `total` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    OP0311 m.sql:1:8 the contract of `m` has no column `placed` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    OP0311 m.sql:1:8 the contract of `m` has no column `note` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    OP0311 m.sql:1:8 the contract of `m` has no column `tags` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    ");
    assert_snapshot!(served("customer i64!, id i64!", "SELECT id, customer FROM input.orders"), @"");
    assert_snapshot!(served("a i64!", "VALUES (1)"), @"
    OP0304 m.sql:1:1 the contract of `m` promises `a`, which the model does not return | add `… AS a`; the model returns `column1`
    OP0311 m.sql:1:1 the contract of `m` has no column `column1` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    ");
}

#[test]
fn results_of_the_wrong_type() {
    assert_snapshot!(served("id string!", "SELECT id FROM input.orders"), @"OP0305 m.sql:1:8 `id` is integer (i64), and the contract of `m` asks for string | write `CAST(id AS VARCHAR) AS id`, or change the contract");
    assert_snapshot!(served("total decimal(8,2)", "SELECT total FROM input.orders"), @"OP0305 m.sql:1:8 `total` is number (decimal(10,2)), and the contract of `m` asks for number (decimal(8,2)) | write `CAST(total AS DECIMAL(8, 2)) AS total`, or change the contract");
    assert_snapshot!(served("id i32!", "SELECT id FROM input.orders"), @"OP0305 m.sql:1:8 `id` is integer (i64), and the contract of `m` asks for integer (i32) | write `CAST(id AS INT) AS id`, or change the contract");
    assert_snapshot!(served("placed wall!", "SELECT placed FROM input.orders"), @"OP0305 m.sql:1:8 `placed` is timestamp, and the contract of `m` asks for timestamp without time zone | write `CAST(placed AS TIMESTAMP) AS placed`, or change the contract");
    assert_snapshot!(served("tags i64[]", "SELECT tags FROM input.orders"), @"OP0305 m.sql:1:8 `tags` is array of string, and the contract of `m` asks for array of integer (i64) | write `CAST(tags AS BIGINT[]) AS tags`, or change the contract");
    assert_snapshot!(served("n i16!", "SELECT count(*) AS n FROM input.orders"), @"OP0305 m.sql:1:20 `n` is integer (i64), and the contract of `m` asks for integer (i16) | write `CAST(count(*) AS SMALLINT) AS n`, or change the contract");
    assert_snapshot!(served("tags struct<a i64>", "SELECT tags FROM input.orders"), @"OP0305 m.sql:1:8 `tags` is array of string, and the contract of `m` asks for object of 1 fields | return object of 1 fields from the model, or change the contract");
    assert_snapshot!(served("day date!", "SELECT date_trunc('day', placed) AS day FROM input.orders"), @"OP0305 m.sql:1:37 `day` is timestamp, and the contract of `m` asks for date | write `CAST(date_trunc('day', placed) AS DATE) AS day`, or change the contract");
    assert_snapshot!(served("id string!", "SELECT customer, (id + 1) * 2 AS id FROM input.orders"), @"
    OP0311 m.sql:1:8 the contract of `m` has no column `customer` | remove it from the model, or add it to `contracts/m.odcs.yaml`
    OP0305 m.sql:1:34 `id` is integer (i64), and the contract of `m` asks for string | write `CAST((id + 1) * 2 AS VARCHAR) AS id`, or change the contract
    ");
    assert_snapshot!(served("name string!", "SELECT 'x' || name AS name FROM input.customers"), @"");
}

#[test]
fn results_that_may_be_null() {
    let left = "SELECT o.id, c.name FROM input.orders o LEFT JOIN input.customers c ON o.customer = c.id";
    assert_snapshot!(served("id i64!, name string!", left), @"OP0306 m.sql:1:16 `name` may be null, and the contract of `m` requires it (null where the outer join finds no match) | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("id i64!, name string!", &format!("{left} WHERE c.id IS NOT NULL")), @"");
    assert_snapshot!(served("id i64!, name string!", &format!("{left} WHERE c.country = 'NZ'")), @"");
    assert_snapshot!(served("id i64!, name string!", &format!("{left} WHERE coalesce(c.country, '') <> ''")), @"OP0306 warning: m.sql:1:16 `name` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("note string!", "SELECT note FROM input.orders"), @"OP0306 m.sql:1:8 `note` may be null, and the contract of `m` requires it (`input.orders.note` may be null) | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("note string!", "SELECT note FROM input.orders WHERE note IS NOT NULL"), @"");
    assert_snapshot!(served("note string!", "SELECT note FROM input.orders WHERE note LIKE 'a%'"), @"");
    assert_snapshot!(served("note string!", "SELECT note FROM input.orders WHERE note IS NULL OR id > 3"), @"OP0306 warning: m.sql:1:8 `note` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("note string!", "SELECT coalesce(note, '') AS note FROM input.orders"), @"");
    assert_snapshot!(served("note string!", "SELECT upper(note) AS note FROM input.orders"), @"OP0306 warning: m.sql:1:23 `note` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("note string!", "SELECT CAST(NULL AS VARCHAR) AS note FROM input.orders"), @"OP0306 m.sql:1:33 `note` may be null, and the contract of `m` requires it (`NULL`) | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("name string!", "SELECT upper(name) AS name FROM input.customers"), @"");
    assert_snapshot!(served("k string!", "SELECT CASE WHEN id > 3 THEN 'a' END AS k FROM input.orders"), @"OP0306 warning: m.sql:1:41 `k` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("k string!", "SELECT CASE WHEN note IS NULL THEN 'a' ELSE 'b' END AS k FROM input.orders"), @"");
    assert_snapshot!(served("t decimal(38,2)!", "SELECT sum(total) AS t FROM input.orders GROUP BY customer"), @"");
    assert_snapshot!(served("p i64!", "SELECT lag(id) OVER (ORDER BY id) AS p FROM input.orders"), @"OP0306 warning: m.sql:1:38 `p` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("n i64!", "SELECT row_number() OVER (ORDER BY id) AS n FROM input.orders"), @"OP0305 m.sql:1:43 `n` is integer (u64), and the contract of `m` asks for integer (i64) | write `CAST(row_number() OVER (ORDER BY id) AS BIGINT) AS n`, or change the contract");
    assert_snapshot!(served("x i64!", "SELECT id AS x FROM input.orders UNION ALL SELECT NULL"), @"OP0306 m.sql:1:14 `x` may be null, and the contract of `m` requires it (`NULL`) | leave out rows without it, use `coalesce`, or drop `required` from the contract");
    assert_snapshot!(served("d date!", "SELECT CAST(placed AS DATE) AS d FROM input.orders"), @"");
    assert_snapshot!(served("i i64!", "SELECT try_cast(name AS BIGINT) AS i FROM input.customers"), @"OP0306 warning: m.sql:1:36 `i` may be null, and the contract of `m` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
}

#[test]
fn a_required_column_of_a_served_model_is_relied_on() {
    let bundle = Bundle::shop()
        .model("first", "SELECT upper(note) AS note FROM input.orders")
        .output("first", "note string!")
        .model("second", "SELECT note FROM first")
        .output("second", "note string!");
    assert_snapshot!(bundle.problems(), @"OP0306 warning: first.sql:1:23 `note` may be null, and the contract of `first` requires it | leave out rows without it, use `coalesce`, or drop `required` from the contract");
}

#[test]
fn circles() {
    let circle = Bundle::shop()
        .model("c", "SELECT x FROM a")
        .model("b", "SELECT x\nFROM c")
        .model("a", "SELECT x FROM b")
        .model("after", "SELECT nothing FROM a")
        .model("apart", "SELECT nope FROM input.orders");
    assert_snapshot!(circle.problems(), @"
    OP0307 a.sql:1:15 models read each other in a circle: `a` reads `b` reads `c` reads `a` | let one of them read an input port or another model instead
    OP0303 apart.sql:1:8 column `nope` is not in `input.orders` | did you mean `note`?
    ");
    assert_snapshot!(Bundle::shop().model("own", "SELECT x FROM own").problems(), @"OP0307 own.sql:1:15 model `own` reads itself | let one of them read an input port or another model instead");
    assert_snapshot!(Bundle::shop().model("own", "WITH own AS (SELECT id FROM input.orders) SELECT id FROM own").problems(), @"");
    assert_snapshot!(Bundle::shop().model("own", "WITH own AS (SELECT id FROM own) SELECT id FROM own").problems(), @"OP0307 own.sql:1:29 model `own` reads itself | let one of them read an input port or another model instead");
}

#[test]
fn independent_models_are_all_reported_and_dependent_ones_are_not() {
    let bundle = Bundle::shop()
        .model("one", "SELECT totl FROM input.orders")
        .model("two", "SELECT nme FROM input.customers")
        .model("three", "SELECT totl, nonsense FROM one");
    assert_snapshot!(bundle.problems(), @"
    OP0303 one.sql:1:8 column `totl` is not in `input.orders` | did you mean `total`?
    OP0303 two.sql:1:8 column `nme` is not in `input.customers` | did you mean `name`?
    ");
}

#[test]
fn names_with_a_dash_are_written_with_an_underscore_or_in_quotes() {
    let bundle = Bundle::empty()
        .input("on-time", "id i64!")
        .model("by-day", "SELECT id FROM input.on_time UNION ALL SELECT id FROM input.\"on-time\"")
        .model("last", "SELECT id FROM by_day UNION ALL SELECT id FROM \"by-day\"");
    assert_snapshot!(bundle.problems(), @"");
    let last = bundle.compiled("last");
    assert_eq!(last.reads.iter().map(ToString::to_string).collect::<Vec<_>>(), ["by-day"]);
    assert_eq!(last.lineage.relations.iter().collect::<Vec<_>>(), ["by-day"]);
}

#[test]
fn generated_tables_can_be_read() {
    assert_snapshot!(problems("SELECT value AS day FROM generate_series(1, 10)"), @"");
    assert_snapshot!(problems("SELECT value FROM range(1, 10)"), @"");
}

#[test]
fn a_name_of_a_with_clause_ends_with_its_query() {
    let sql = "(WITH t AS (SELECT id FROM input.orders) SELECT id FROM t) UNION ALL SELECT id FROM t";
    assert_snapshot!(problems(sql), @"OP0302 m.sql:1:85 there is no table `t` | the model can read `input.customers`, `input.orders`");
    let forward = "WITH a AS (SELECT id FROM b), b AS (SELECT id FROM input.orders) SELECT id FROM a";
    assert_snapshot!(problems(forward), @"OP0302 m.sql:1:27 there is no table `b` | the model can read `input.customers`, `input.orders`");
}

#[test]
fn a_table_is_no_function() {
    assert_snapshot!(problems("SELECT id FROM input.orders(1)"), @"OP0302 m.sql:1:16 `input.orders(…)` cannot be read as a table | the only functions that give tables are `generate_series`, `range`");
}
