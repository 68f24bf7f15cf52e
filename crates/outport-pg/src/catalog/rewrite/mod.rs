//! Statements of PostgreSQL as DataFusion understands them.
//!
//! Clients ask the catalog in ways that DataFusion lacks, or spells otherwise. Each rule here changes one thing, wherever
//! it stands in a statement; rules of `datafusion-pg-catalog` stand among ours:
//! - [`names`]: names of the columns of a result;
//! - [`system`]: columns that every table has;
//! - [`empty`]: what is read from tables that have no rows;
//! - [`order`]: sorting by what follows from subqueries;
//! - [`rows`]: functions that give rows, and fields of composite values;
//! - [`casts`]: names of things to ids and back;
//! - [`conditions`]: how values are compared;
//! - [`subqueries`]: queries in the place of a value.
//!
//! **Invariant**: a rule keeps what a statement means. What cannot be kept is left, so that DataFusion refuses it.

mod build;
mod casts;
mod conditions;
mod empty;
mod names;
mod order;
mod rows;
mod subqueries;
mod system;

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{Statement, VisitMut};
use datafusion_pg_catalog::sql::rules::{
    CurrentUserVariableToSessionUserFunctionCall, FixArrayLiteral, ResolveUnqualifiedIdentifier,
    RewriteArrayAnyAllOperation, RewritePgCatalogOperator, SqlStatementRewriteRule, StripCallableQualifier,
    StripCollate,
};

pub(super) use self::{names::shown_schema, order::without_hidden};

/// What the rules know of the catalog.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Tables that have no rows, whoever looks; those of `information_schema` with its name.
    pub(super) empty: BTreeSet<String>,
    /// Columns that are true or false.
    pub(super) flags: BTreeSet<String>,
    /// Columns that are ids.
    pub(super) ids: BTreeSet<String>,
}

/// The statement, rewritten.
pub(super) fn rewritten(mut statement: Statement, known: &Known) -> Statement {
    // First, since columns are named by what stands in the statement before anything is rewritten.
    let _ = statement.visit(&mut names::Names);
    casts::show(&mut statement);
    let _ = statement.visit(&mut system::Qualify);
    system::replace(&mut statement);
    let _ = statement.visit(&mut empty::Hollow(&known.empty));
    order::hide(&mut statement);
    let _ = statement.visit(&mut rows::Rows(&known.ids));
    let _ = statement.visit(&mut casts::Casts);
    let _ = statement.visit(&mut conditions::Conditions(&known.flags));
    let library: [&dyn SqlStatementRewriteRule; 7] = [
        &ResolveUnqualifiedIdentifier,
        &RewriteArrayAnyAllOperation,
        &StripCallableQualifier,
        &FixArrayLiteral,
        &CurrentUserVariableToSessionUserFunctionCall,
        &StripCollate,
        &RewritePgCatalogOperator,
    ];
    for rule in library {
        statement = rule.rewrite(statement);
    }
    let _ = statement.visit(&mut subqueries::Subqueries);
    statement
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    fn check(sql: &str, expected: &str) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known = Known {
            empty: names(&["pg_trigger", "pg_attrdef"]),
            flags: names(&["indisprimary"]),
            ids: names(&["atttypid"]),
        };
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
        assert_eq!(rewritten(statement, &known).to_string().replace('\u{1}', "#"), expected);
    }

    #[test]
    fn tables_are_found_in_pg_catalog() {
        check("SELECT oid FROM pg_class", "SELECT oid FROM pg_catalog.pg_class");
        check("SELECT id FROM pg_orders", "SELECT id FROM pg_orders");
        check(
            "SELECT c.tableoid, c.xmin FROM pg_catalog.pg_class AS c",
            "SELECT 1259 AS \"tableoid\", 1 AS \"xmin\" FROM pg_catalog.pg_class AS c",
        );
    }

    #[test]
    fn names_become_ids_and_ids_names() {
        check("SELECT 1 WHERE 'pg_class'::regclass = 1", "SELECT 1 AS \"?column?\" WHERE to_regclass('pg_class') = 1");
        check(
            "SELECT c.oid::regclass FROM pg_class AS c",
            "SELECT regclass_text(c.oid) AS \"oid\" FROM pg_catalog.pg_class AS c",
        );
        check(
            "SELECT t.oid::regtype::text AS name FROM pg_type AS t",
            "SELECT regtype_text(t.oid) AS name FROM pg_catalog.pg_type AS t",
        );
        check("SELECT 1 WHERE $1::regclass = 5", "SELECT 1 AS \"?column?\" WHERE to_regclass($1) = 5");
    }

    #[test]
    fn columns_are_named_as_postgres_names_them() {
        check(
            "SELECT count(*), NULL, NULL, 1::int8, n.oid, n.* FROM pg_namespace AS n",
            "SELECT count(*) AS \"count\", NULL AS \"?column?\", NULL AS \"?column?#2\", 1::INT8 AS \"int8\", \
             n.oid AS \"oid#4\", n.* FROM pg_catalog.pg_namespace AS n",
        );
        assert_eq!(names::shown("?column?\u{1}2"), "?column?");
    }

    #[test]
    fn what_reads_an_empty_table_has_no_rows() {
        check("SELECT t.tgname FROM pg_trigger AS t ORDER BY 1", "SELECT NULL AS \"tgname\" WHERE false");
        check("SELECT count(*) AS n FROM pg_trigger", "SELECT count(*) AS n FROM pg_catalog.pg_trigger");
        check(
            "SELECT c.oid, (SELECT d.adbin FROM pg_attrdef AS d WHERE d.adrelid = c.oid AND c.x) AS d FROM pg_class AS c",
            "SELECT c.oid, NULL AS d FROM pg_catalog.pg_class AS c",
        );
        check("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_trigger)", "SELECT 1 AS \"?column?\" WHERE true");
        check(
            "SELECT c.oid FROM pg_class AS c LEFT JOIN pg_trigger AS t ON t.tgrelid = c.oid",
            "SELECT c.oid FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid",
        );
    }

    #[test]
    fn subqueries_that_follow_a_row_give_one_value() {
        check(
            "SELECT (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = c.relnamespace) AS s FROM pg_class AS c",
            "SELECT (SELECT first_value(n.nspname) FROM pg_catalog.pg_namespace AS n \
             WHERE n.oid = c.relnamespace) AS s FROM pg_catalog.pg_class AS c",
        );
        check(
            "SELECT ARRAY(SELECT x.a FROM x WHERE x.b = c.oid ORDER BY 1) FROM c",
            "SELECT (SELECT array_agg(x.a ORDER BY x.a) FROM x WHERE x.b = c.oid) AS \"array\" FROM c",
        );
        check(
            "SELECT EXISTS (SELECT 1 FROM x WHERE x.b = c.oid) AS e FROM c",
            "SELECT coalesce((SELECT count(*) FROM x WHERE x.b = c.oid), 0) > 0 AS e FROM c",
        );
        check(
            "SELECT (SELECT x.a FROM x WHERE x.b = c.b AND c.d AND x.e <> c.e) AS v FROM c",
            "SELECT CASE WHEN c.d AND (SELECT first_value(x.e) FROM x WHERE x.b = c.b) <> c.e \
             THEN (SELECT first_value(x.a) FROM x WHERE x.b = c.b) END AS v FROM c",
        );
        check("SELECT (SELECT max(x.a) FROM x) AS m FROM c", "SELECT (SELECT max(x.a) AS \"max\" FROM x) AS m FROM c");
    }

    #[test]
    fn what_only_sorts_is_hidden() {
        check(
            "SELECT a.b FROM a ORDER BY CASE WHEN a.b IN (SELECT c FROM d) THEN 0 ELSE 1 END, 1",
            "SELECT a.b, CASE WHEN coalesce(array_contains((SELECT array_agg(c) FROM d), a.b), false) THEN 0 ELSE 1 END \
             AS \"#0\" FROM a ORDER BY \"#0\", 1",
        );
    }

    #[test]
    fn domains_are_of_base_types() {
        check(
            "SELECT (WITH RECURSIVE b(oid, depth) AS (SELECT u.typbasetype AS oid, 0 AS depth FROM pg_type AS u WHERE \
             u.oid = t.oid UNION ALL SELECT u.typbasetype, b.depth + 1 FROM pg_type AS u, b WHERE b.oid = u.oid) \
             SELECT oid FROM b ORDER BY depth DESC LIMIT 1) AS x FROM pg_type AS t",
            "SELECT (SELECT first_value(u.typbasetype) FROM pg_catalog.pg_type AS u WHERE u.oid = t.oid) AS x \
             FROM pg_catalog.pg_type AS t",
        );
    }

    #[test]
    fn functions_that_give_rows_are_unfolded() {
        check(
            "SELECT (information_schema._pg_expandarray(i.indkey)).n AS n FROM i",
            "SELECT get_field(unnest(_pg_expandarray(i.indkey)), 'n') AS n FROM i",
        );
        check(
            "SELECT unnest(i.indkey) AS k, generate_subscripts(i.indkey, 1) AS n, i.indkey[0] FROM i",
            "SELECT unnest(i.indkey) AS k, unnest(generate_subscripts(i.indkey, 0)) AS n, \
             array_element(i.indkey, 0 + 1) AS \"indkey\" FROM i",
        );
        check(
            "SELECT ARRAY(SELECT unnest::regoper::varchar FROM unnest(c.ops)) AS o FROM c",
            "SELECT c.ops::VARCHAR[] AS o FROM c",
        );
        check(
            "SELECT array_agg(a.atttypid) AS t, array_agg(a.attnum) AS n FROM a",
            "SELECT list_of_ids(array_agg(a.atttypid)) AS t, array_agg(a.attnum) AS n FROM a",
        );
        check("SELECT (r.keys).x AS x FROM r", "SELECT get_field(r.keys, 'x') AS x FROM r");
        check("SELECT i FROM generate_series(1, 2) AS i", "SELECT i FROM generate_series(1, 2) AS i (i)");
        check(
            "SELECT s FROM string_to_array('a,b', ',') AS s",
            "SELECT s FROM (SELECT string_to_array('a,b', ',') AS s) AS s",
        );
    }

    #[test]
    fn comparisons_are_spelled_otherwise() {
        check("SELECT 1 WHERE 'a' LIKE 'pg/_%' ESCAPE '/'", "SELECT 1 AS \"?column?\" WHERE 'a' LIKE 'pg\\_%'");
        check("SELECT 1 WHERE a = ANY (SELECT b FROM c)", "SELECT 1 AS \"?column?\" WHERE a IN (SELECT b FROM c)");
        check(
            "SELECT 1 WHERE 'a' NOT LIKE 'pg/_' || '%' ESCAPE '/'",
            "SELECT 1 AS \"?column?\" WHERE 'a' NOT LIKE like_pattern('pg/_' || '%', '/')",
        );
        check("SELECT 1 WHERE a = ANY (b)", "SELECT 1 AS \"?column?\" WHERE array_contains(b, a)");
        check("SELECT 1 WHERE (a.b, a.c) = (d.b, d.c)", "SELECT 1 AS \"?column?\" WHERE a.b = d.b AND a.c = d.c");
        check(
            "SELECT 1 WHERE i.indisprimary = 't' AND i.contype = 'f'",
            "SELECT 1 AS \"?column?\" WHERE i.indisprimary = true AND i.contype = 'f'",
        );
        check(
            "SELECT a.b IN (SELECT c FROM d) AS e FROM a",
            "SELECT coalesce(array_contains((SELECT array_agg(c) FROM d), a.b), false) AS e FROM a",
        );
        check("SELECT user", "SELECT session_user() AS \"user\"");
    }
}
