//! Where columns come from, for each construct of SQL.

use insta::assert_snapshot;
use outport_model::lineage::{Direct, Indirect, ModelLineage};

use super::bundle::Bundle;

fn lineage(sql: &str) -> String {
    show(&Bundle::shop().model("m", sql).compiled("m").lineage)
}

/// `column <- sources`, where `=` is identity, `~` transformation and `Σ` aggregation; then what decides on rows.
fn show(lineage: &ModelLineage) -> String {
    let mut lines: Vec<String> = Vec::new();
    for column in &lineage.columns {
        let source = |(source, how): &(_, Direct)| {
            let mark = match how {
                Direct::Identity => '=',
                Direct::Transformation => '~',
                Direct::Aggregation => 'Σ',
            };
            format!("{mark}{source}").replace("input.", "")
        };
        let sources: Vec<String> = column.sources.iter().map(source).collect();
        lines.push(format!("{} <- {}", column.column, sources.join(" ")));
    }
    let indirect = |(source, how): &(_, Indirect)| format!("{how:?}({source})").replace("input.", "");
    if !lineage.indirect.is_empty() {
        lines.push(lineage.indirect.iter().map(indirect).collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

#[test]
fn projections() {
    assert_snapshot!(lineage("SELECT id, total AS amount, total * 2 AS twice, 1 AS one FROM input.orders"), @"
    id <- =orders.id
    amount <- =orders.total
    twice <- ~orders.total
    one <-
    ");
    assert_snapshot!(lineage("SELECT * FROM input.customers"), @"
    id <- =customers.id
    name <- =customers.name
    country <- =customers.country
    joinedAt <- =customers.joinedAt
    ");
    assert_snapshot!(lineage("SELECT CAST(id AS VARCHAR) AS id, coalesce(note, 'x') AS note FROM input.orders"), @"
    id <- ~orders.id
    note <- ~orders.note
    ");
    assert_snapshot!(lineage("SELECT CASE WHEN note IS NULL THEN total ELSE 0 END AS x FROM input.orders"), @"x <- ~orders.note ~orders.total");
}

#[test]
fn filters_limits_and_sorts() {
    assert_snapshot!(lineage("SELECT id FROM input.orders WHERE total > 3 AND note LIKE 'a%'"), @"
    id <- =orders.id
    Filter(orders.note) Filter(orders.total)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders ORDER BY placed LIMIT 3"), @"
    id <- =orders.id
    Sort(orders.placed)
    ");
}

#[test]
fn aggregates() {
    assert_snapshot!(lineage("SELECT customer, sum(total) AS t, count(*) AS n FROM input.orders GROUP BY customer"), @"
    customer <- =orders.customer
    t <- Σorders.total
    n <- 
    Group(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT date_trunc('day', placed) AS d, max(id) + min(id) AS x FROM input.orders GROUP BY 1"), @"
    d <- ~orders.placed
    x <- Σorders.id
    Group(orders.placed)
    ");
    assert_snapshot!(lineage("SELECT count(*) FILTER (WHERE note IS NULL) AS n FROM input.orders"), @"
    n <- 
    Filter(orders.note)
    ");
    assert_snapshot!(lineage("SELECT count(DISTINCT customer) AS n, array_agg(note ORDER BY placed) AS a FROM input.orders"), @"
    n <- Σorders.customer
    a <- Σorders.note
    Sort(orders.placed)
    ");
    assert_snapshot!(lineage("SELECT customer, sum(total) AS t FROM input.orders GROUP BY customer HAVING max(id) > 3"), @"
    customer <- =orders.customer
    t <- Σorders.total
    Group(orders.customer) Filter(orders.id)
    ");
    assert_snapshot!(lineage("SELECT customer, note, sum(total) AS t FROM input.orders GROUP BY ROLLUP (customer, note)"), @"
    customer <- =orders.customer
    note <- =orders.note
    t <- Σorders.total
    Group(orders.customer) Group(orders.note)
    ");
    assert_snapshot!(lineage("SELECT customer, note, count(*) AS n, grouping(note) AS g FROM input.orders GROUP BY GROUPING SETS ((customer), (note))"), @"
    customer <- =orders.customer
    note <- =orders.note
    n <- 
    g <- 
    Group(orders.customer) Group(orders.note)
    ");
}

#[test]
fn joins() {
    assert_snapshot!(lineage("SELECT o.id, c.name FROM input.orders o JOIN input.customers c ON o.customer = c.id"), @"
    id <- =orders.id
    name <- =customers.name
    Join(customers.id) Join(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT o.id, c.id AS c FROM input.orders o LEFT JOIN input.customers c ON o.customer = c.id AND c.country = 'NZ'"), @"
    id <- =orders.id
    c <- =customers.id
    Join(customers.country) Join(customers.id) Join(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT id, o.note, c.name FROM input.orders o FULL JOIN input.customers c USING (id)"), @"
    id <- =orders.id
    note <- =orders.note
    name <- =customers.name
    Join(customers.id) Join(orders.id)
    ");
    assert_snapshot!(lineage("SELECT c.name FROM input.customers c LEFT SEMI JOIN input.orders o ON o.customer = c.id"), @"
    name <- =customers.name
    Join(customers.id) Join(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT c.name FROM input.customers c LEFT ANTI JOIN input.orders o ON o.customer = c.id"), @"
    name <- =customers.name
    Join(customers.id) Join(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT o.note FROM input.customers c RIGHT SEMI JOIN input.orders o ON o.customer = c.id"), @"
    note <- =orders.note
    Join(customers.id) Join(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT o.id, c.name FROM input.orders o, input.customers c WHERE o.total > 3"), @"
    id <- =orders.id
    name <- =customers.name
    Filter(orders.total)
    ");
    assert_snapshot!(lineage("SELECT o.id, c.name FROM input.orders o CROSS JOIN input.customers c"), @"
    id <- =orders.id
    name <- =customers.name
    ");
}

#[test]
fn one_table_twice() {
    assert_snapshot!(lineage("SELECT a.id, b.id AS next, a.note, b.total FROM input.orders a JOIN input.orders b ON a.customer = b.id"), @"
    id <- =orders.id
    next <- =orders.id
    note <- =orders.note
    total <- =orders.total
    Join(orders.customer) Join(orders.id)
    ");
    assert_snapshot!(lineage("SELECT a.x, b.x AS y FROM (SELECT id AS x FROM input.orders) a JOIN (SELECT total AS x, customer FROM input.orders) b ON a.x = b.customer"), @"
    x <- =orders.id
    y <- =orders.total
    Join(orders.customer) Join(orders.id)
    ");
    assert_snapshot!(lineage("WITH o AS (SELECT id, customer AS note FROM input.orders) SELECT o.note, p.note AS other FROM o JOIN input.orders p ON o.id = p.id"), @"
    note <- =orders.customer
    other <- =orders.note
    Join(orders.id)
    ");
}

#[test]
fn sets() {
    assert_snapshot!(lineage("SELECT id, note FROM input.orders UNION ALL SELECT id, name FROM input.customers"), @"
    id <- =customers.id =orders.id
    note <- =customers.name =orders.note
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders UNION SELECT id FROM input.customers"), @"
    id <- =customers.id =orders.id
    Group(customers.id) Group(orders.id)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders INTERSECT SELECT id FROM input.customers"), @"
    id <- =orders.id
    Join(customers.id) Join(orders.id) Group(orders.id)
    ");
    assert_snapshot!(lineage("SELECT customer FROM input.orders EXCEPT SELECT id FROM input.customers"), @"
    customer <- =orders.customer
    Join(customers.id) Join(orders.customer) Group(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT total AS x FROM input.orders UNION ALL SELECT id FROM input.customers"), @"x <- ~customers.id ~orders.total");
    assert_snapshot!(lineage("SELECT id, note FROM input.orders UNION ALL BY NAME SELECT name AS note, id FROM input.customers"), @"
    id <- =customers.id =orders.id
    note <- =customers.name =orders.note
    ");
}

#[test]
fn distinct() {
    assert_snapshot!(lineage("SELECT DISTINCT note FROM input.orders"), @"
    note <- =orders.note
    Group(orders.note)
    ");
    assert_snapshot!(lineage("SELECT DISTINCT ON (customer) customer, id FROM input.orders ORDER BY customer, placed DESC"), @"
    customer <- =orders.customer
    id <- =orders.id
    Group(orders.customer) Sort(orders.customer) Sort(orders.placed)
    ");
}

#[test]
fn windows() {
    assert_snapshot!(lineage("SELECT id, row_number() OVER (PARTITION BY customer ORDER BY placed) AS n FROM input.orders"), @"
    id <- =orders.id
    n <- 
    Window(orders.customer) Window(orders.placed)
    ");
    assert_snapshot!(lineage("SELECT sum(total) OVER (PARTITION BY customer) AS s, lag(id) OVER (ORDER BY placed) AS l FROM input.orders"), @"
    s <- Σorders.total
    l <- ~orders.id
    Window(orders.customer) Window(orders.placed)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY placed) = 1"), @"
    id <- =orders.id
    Window(orders.customer) Window(orders.placed)
    ");
}

#[test]
fn common_table_expressions() {
    assert_snapshot!(lineage("WITH t AS (SELECT customer AS c, sum(total) AS s FROM input.orders GROUP BY customer), u AS (SELECT c, s / 2 AS half FROM t) SELECT half, c FROM u"), @"
    half <- Σorders.total
    c <- =orders.customer
    Group(orders.customer)
    ");
    assert_snapshot!(lineage("WITH t(a, b) AS (SELECT id, note FROM input.orders) SELECT b, a FROM t"), @"
    b <- =orders.note
    a <- =orders.id
    ");
    assert_snapshot!(lineage("WITH RECURSIVE t AS (SELECT id, customer AS parent FROM input.orders WHERE total > 3 UNION ALL SELECT o.id, t.id FROM input.orders o JOIN t ON o.customer = t.parent) SELECT id, parent FROM t"), @"
    id <- =orders.id
    parent <- =orders.customer =orders.id
    Join(orders.customer) Join(orders.id) Filter(orders.total)
    ");
    assert_snapshot!(lineage("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n"), @"i <-");
    assert_snapshot!(lineage("WITH RECURSIVE t AS (SELECT id AS a, customer AS b FROM input.orders UNION ALL SELECT b, a FROM t) SELECT a FROM t"), @"a <- =orders.customer =orders.id");
}

#[test]
fn subqueries() {
    assert_snapshot!(lineage("SELECT id, (SELECT max(id) FROM input.customers) AS m FROM input.orders"), @"
    id <- =orders.id
    m <- Σcustomers.id
    ");
    assert_snapshot!(lineage("SELECT id, (SELECT max(c.name) FROM input.customers c WHERE c.id = o.customer AND c.country = o.note) AS name FROM input.orders o"), @"
    id <- =orders.id
    name <- Σcustomers.name
    Filter(customers.country) Filter(customers.id) Filter(orders.customer) Filter(orders.note)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders WHERE customer IN (SELECT id FROM input.customers WHERE country = 'NZ')"), @"
    id <- =orders.id
    Filter(customers.country) Filter(customers.id) Filter(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders o WHERE EXISTS (SELECT 1 FROM input.customers c WHERE c.id = o.customer)"), @"
    id <- =orders.id
    Filter(customers.id) Filter(orders.customer)
    ");
    assert_snapshot!(lineage("SELECT id FROM input.orders WHERE id > ALL (SELECT id FROM input.customers)"), @"
    id <- =orders.id
    Filter(customers.id) Filter(orders.id)
    ");
    assert_snapshot!(lineage("SELECT id, customer IN (SELECT id FROM input.customers) AS known FROM input.orders"), @"
    id <- =orders.id
    known <- ~customers.id ~orders.customer
    ");
    assert_snapshot!(lineage("SELECT c.name, l.id FROM input.customers c CROSS JOIN LATERAL (SELECT o.id FROM input.orders o WHERE o.customer = c.id) l"), @"
    name <- =customers.name
    id <- =orders.id
    Filter(customers.id) Filter(orders.customer)
    ");
}

#[test]
fn values_and_unnest() {
    assert_snapshot!(lineage("VALUES (1, 'a'), (2, 'b')"), @"
    column1 <- 
    column2 <-
    ");
    assert_snapshot!(lineage("SELECT id, unnest(tags) AS tag FROM input.orders"), @"
    id <- =orders.id
    tag <- ~orders.tags
    ");
    assert_snapshot!(lineage("SELECT o.id, t.tag FROM input.orders o CROSS JOIN unnest(o.tags) AS t(tag)"), @"
    id <- =orders.id
    tag <- ~orders.tags
    ");
    assert_snapshot!(lineage("SELECT value FROM generate_series(1, 3)"), @"value <-");
}

#[test]
fn models_name_only_what_they_read_themselves() {
    let bundle = Bundle::shop()
        .model("first", "SELECT id, total * 2 AS twice FROM input.orders")
        .model("second", "SELECT f.twice, c.name FROM first f JOIN input.customers c ON c.id = f.id");
    let second = bundle.compiled("second");
    assert_snapshot!(show(&second.lineage), @"
    twice <- =first.twice
    name <- =customers.name
    Join(first.id) Join(customers.id)
    ");
    assert_eq!(second.lineage.relations.iter().collect::<Vec<_>>(), ["first", "input.customers"]);
    assert_eq!(second.inputs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["customers"]);
}

#[test]
fn relations_count_without_columns_too() {
    let counted = Bundle::shop().model("m", "SELECT count(*) AS n FROM input.orders").compiled("m");
    assert_eq!(counted.lineage.relations.iter().collect::<Vec<_>>(), ["input.orders"]);
    let unused = "WITH unused AS (SELECT name FROM input.customers) SELECT id FROM input.orders";
    let unused = Bundle::shop().model("m", unused).compiled("m");
    assert_eq!(unused.lineage.relations.iter().collect::<Vec<_>>(), ["input.customers", "input.orders"]);
}

#[test]
fn columns_of_capital_letters_keep_them() {
    assert_snapshot!(lineage("SELECT \"joinedAt\" AS \"Joined\" FROM input.customers"), @"Joined <- =customers.joinedAt");
}
