//! The same statements through PostgreSQL, and what only this protocol has: its catalog, cursors, `COPY`, settings,
//! roles.

use std::error::Error;

use futures::TryStreamExt;
use tokio_postgres::{
    Client, SimpleQueryMessage,
    types::{FromSql, Type},
};

use super::{
    statements,
    twins::{Single, Twins, Verdict},
};
use crate::through::said_by_postgres;

/// What only PostgreSQL has. Several statements of one attempt are sent as one query.
pub(super) const CATALOG: [(&str, &str); 62] = [
    ("pg_catalog: relations", "SELECT relname, relkind FROM pg_catalog.pg_class ORDER BY 1"),
    ("pg_catalog: a relation that is hidden", "SELECT oid FROM pg_catalog.pg_class WHERE relname = 'secrets'"),
    ("pg_catalog: estimates of rows", "SELECT relname, reltuples, relpages FROM pg_catalog.pg_class ORDER BY 1"),
    ("pg_catalog: numbers of relations", "SELECT oid, relname FROM pg_catalog.pg_class ORDER BY 1"),
    ("pg_catalog: columns", "SELECT attname, attnum FROM pg_catalog.pg_attribute ORDER BY attrelid, 2"),
    ("pg_catalog: a column that is hidden", "SELECT * FROM pg_catalog.pg_attribute WHERE attname = 'note'"),
    ("pg_catalog: how many columns", "SELECT relname, relnatts FROM pg_catalog.pg_class ORDER BY 1"),
    ("pg_catalog: schemas", "SELECT nspname FROM pg_catalog.pg_namespace ORDER BY 1"),
    ("pg_catalog: databases", "SELECT datname FROM pg_catalog.pg_database"),
    ("pg_catalog: tables", "SELECT schemaname, tablename FROM pg_catalog.pg_tables ORDER BY 1, 2"),
    ("pg_catalog: views", "SELECT viewname, definition FROM pg_catalog.pg_views"),
    ("pg_catalog: rules", "SELECT * FROM pg_catalog.pg_rules"),
    ("pg_catalog: row policies", "SELECT * FROM pg_catalog.pg_policies"),
    ("pg_catalog: row policies by relation", "SELECT * FROM pg_catalog.pg_policy"),
    ("pg_catalog: statistics of columns", "SELECT * FROM pg_catalog.pg_stats"),
    ("pg_catalog: statistics", "SELECT * FROM pg_catalog.pg_statistic"),
    ("pg_catalog: extended statistics", "SELECT * FROM pg_catalog.pg_statistic_ext"),
    ("pg_catalog: use of tables", "SELECT * FROM pg_catalog.pg_stat_user_tables"),
    ("pg_catalog: what others do", "SELECT * FROM pg_catalog.pg_stat_activity"),
    ("pg_catalog: locks", "SELECT * FROM pg_catalog.pg_locks"),
    ("pg_catalog: roles", "SELECT rolname FROM pg_catalog.pg_roles ORDER BY 1"),
    ("pg_catalog: users", "SELECT usename FROM pg_catalog.pg_user ORDER BY 1"),
    ("pg_catalog: passwords", "SELECT usename, passwd FROM pg_catalog.pg_shadow"),
    ("pg_catalog: passwords of roles", "SELECT rolname, rolpassword FROM pg_catalog.pg_authid"),
    ("pg_catalog: members", "SELECT * FROM pg_catalog.pg_auth_members"),
    ("pg_catalog: comments", "SELECT description FROM pg_catalog.pg_description ORDER BY 1"),
    ("pg_catalog: constraints", "SELECT conname, contype FROM pg_catalog.pg_constraint ORDER BY 1"),
    ("pg_catalog: indexes", "SELECT * FROM pg_catalog.pg_index"),
    ("pg_catalog: defaults", "SELECT * FROM pg_catalog.pg_attrdef"),
    ("pg_catalog: functions", "SELECT proname FROM pg_catalog.pg_proc WHERE proname LIKE '%mask%'"),
    ("pg_catalog: settings", "SELECT name, setting FROM pg_catalog.pg_settings ORDER BY 1"),
    ("pg_catalog: settings of files", "SELECT * FROM pg_catalog.pg_file_settings"),
    ("pg_catalog: who may connect", "SELECT * FROM pg_catalog.pg_hba_file_rules"),
    ("pg_catalog: foreign servers", "SELECT * FROM pg_catalog.pg_foreign_server"),
    ("pg_catalog: large objects", "SELECT * FROM pg_catalog.pg_largeobject"),
    ("pg_catalog: cursors", "SELECT * FROM pg_catalog.pg_cursors"),
    ("pg_catalog: prepared statements", "SELECT * FROM pg_catalog.pg_prepared_statements"),
    ("information_schema: columns", "SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2"),
    ("information_schema: tables", "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"),
    ("information_schema: privileges", "SELECT * FROM information_schema.table_privileges"),
    ("information_schema: keys", "SELECT * FROM information_schema.key_column_usage"),
    ("function: a name as a number", "SELECT 'sealed.secrets'::regclass::oid"),
    ("function: whether a name is one", "SELECT to_regclass('sealed.secrets')"),
    ("function: may I", "SELECT has_table_privilege('sealed.secrets', 'SELECT')"),
    ("function: may I, of a column", "SELECT has_column_privilege('vault.people', 'note', 'SELECT')"),
    ("function: how large", "SELECT pg_relation_size('sealed.secrets')"),
    ("function: how large, with everything", "SELECT pg_total_relation_size('vault.people')"),
    ("function: the text of a view", "SELECT pg_get_viewdef('vault.people')"),
    ("function: a comment", "SELECT obj_description('sealed.secrets'::regclass)"),
    ("function: a file", "SELECT pg_read_file('/etc/passwd')"),
    ("function: a folder", "SELECT pg_ls_dir('/')"),
    ("function: a large object of a file", "SELECT lo_import('/etc/passwd')"),
    ("function: another database", "SELECT * FROM dblink('dbname=dev', 'SELECT 1') AS t(x int)"),
    ("function: a table as XML", "SELECT table_to_xml('vault.people', true, false, '')"),
    ("function: a query as XML", "SELECT query_to_xml('SELECT note FROM vault.people', true, false, '')"),
    ("role: someone else", "SET ROLE root; SELECT * FROM vault.people ORDER BY id"),
    ("role: another session", "SET SESSION AUTHORIZATION root; SELECT count(*) FROM vault.people"),
    ("role: who am I", "SELECT current_user, session_user"),
    ("path: the hidden product", "SET search_path = sealed; SELECT * FROM secrets"),
    ("path: the visible product", "SET search_path = vault; SELECT note FROM people"),
    ("purpose: one that nobody asked for", "SET outport.purpose = 'everything'; SELECT count(*) FROM vault.people"),
    ("setting: without row security", "SET row_security = off; SELECT count(*) FROM vault.people"),
];

/// Cursors and statements within the session.
pub(super) const SESSION: [(&str, &str); 14] = [
    ("cursor: all rows", "BEGIN; DECLARE c CURSOR FOR SELECT * FROM vault.people ORDER BY id; FETCH ALL c; COMMIT"),
    (
        "cursor: one by one",
        "BEGIN; DECLARE c CURSOR FOR SELECT id FROM vault.people ORDER BY id; FETCH 1 c; FETCH 9 c; COMMIT",
    ),
    ("cursor: a hidden column", "BEGIN; DECLARE c CURSOR FOR SELECT note FROM vault.people; FETCH ALL c; COMMIT"),
    (
        "cursor: hidden rows",
        "BEGIN; DECLARE c CURSOR FOR SELECT id FROM vault.people WHERE id > 9000; FETCH ALL c; COMMIT",
    ),
    (
        "cursor: backwards",
        "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM vault.people ORDER BY id; FETCH LAST c; COMMIT",
    ),
    ("cursor: that nobody declared", "FETCH ALL c"),
    (
        "cursor: that holds",
        "DECLARE c CURSOR WITH HOLD FOR SELECT id FROM vault.people ORDER BY id; FETCH ALL c; CLOSE c",
    ),
    (
        "cursor: how many rows were moved over",
        "BEGIN; DECLARE c CURSOR FOR SELECT id FROM vault.people; MOVE ALL c; COMMIT",
    ),
    (
        "transaction: what a savepoint keeps",
        "BEGIN; SAVEPOINT s; SELECT note FROM vault.people; ROLLBACK TO s; SELECT count(*) FROM vault.people; COMMIT",
    ),
    ("transaction: that may write", "BEGIN READ WRITE; DELETE FROM vault.people; COMMIT"),
    (
        "transaction: a snapshot of others",
        "BEGIN; SET TRANSACTION SNAPSHOT '00000003-1'; SELECT count(*) FROM vault.people; COMMIT",
    ),
    ("several: the second is hidden", "SELECT 1; SELECT * FROM sealed.secrets"),
    ("several: the first fails", "SELECT 1 / 0; SELECT * FROM vault.people ORDER BY id"),
    (
        "explain: with everything",
        "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) SELECT id FROM vault.people WHERE salary > 880000",
    ),
];

/// What is copied out.
pub(super) const COPIES: [(&str, &str); 10] = [
    ("copy: a table", "COPY vault.people TO STDOUT"),
    ("copy: a table as CSV", "COPY vault.people TO STDOUT (FORMAT csv, HEADER)"),
    ("copy: a table in bytes", "COPY vault.people TO STDOUT (FORMAT binary)"),
    ("copy: a query", "COPY (SELECT * FROM vault.people ORDER BY id) TO STDOUT"),
    ("copy: hidden rows", "COPY (SELECT id FROM vault.people WHERE region = 'US') TO STDOUT"),
    ("copy: a hidden column", "COPY vault.people (id, note) TO STDOUT"),
    ("copy: a hidden column of a query", "COPY (SELECT note FROM vault.people) TO STDOUT"),
    ("copy: a hidden table", "COPY sealed.secrets TO STDOUT"),
    ("copy: to a file", "COPY vault.people TO '/tmp/stolen.csv'"),
    ("copy: to a program", "COPY vault.people TO PROGRAM 'cat'"),
];

/// Everything of an answer in the simple protocol.
async fn simple(client: &Client, sql: &str) -> Result<Vec<String>, String> {
    let messages = client.simple_query(sql).await.map_err(|error| said_by_postgres(&error));
    // Whatever an attempt left open is closed before the next.
    let _ = client.simple_query("ROLLBACK").await;
    let _ = client.simple_query("RESET ALL").await;
    let shown = |message: SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => format!("{:?}", (0..row.len()).map(|at| row.get(at)).collect::<Vec<_>>()),
        SimpleQueryMessage::CommandComplete(rows) => format!("{rows} rows"),
        SimpleQueryMessage::RowDescription(columns) => {
            format!("{:?}", columns.iter().map(|column| column.name().to_owned()).collect::<Vec<_>>())
        }
        _ => "something else".to_owned(),
    };
    Ok(messages?.into_iter().map(shown).collect())
}

/// A value of any type, as it is on the wire.
struct Raw(Option<String>);

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(String::from_utf8_lossy(raw).into_owned())))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Everything of an answer in the extended protocol: what is described first, too.
async fn extended(client: &Client, sql: &str) -> Result<Vec<String>, String> {
    let said = |error: tokio_postgres::Error| said_by_postgres(&error);
    let statement = client.prepare(sql).await.map_err(said)?;
    let columns = statement.columns().iter().map(|column| format!("{} {}", column.name(), column.type_()));
    let mut shown: Vec<String> = columns.chain(statement.params().iter().map(ToString::to_string)).collect();
    let rows = client.query(&statement, &[]).await.map_err(said)?;
    shown.extend(
        rows.iter().map(|row| format!("{:?}", (0..row.len()).map(|at| row.get::<_, Raw>(at)).collect::<Vec<_>>())),
    );
    Ok(shown)
}

async fn copied(client: &Client, sql: &str) -> Result<Vec<u8>, String> {
    let said = |error: tokio_postgres::Error| said_by_postgres(&error);
    let pieces: Vec<_> = client.copy_out(sql).await.map_err(said)?.try_collect().await.map_err(said)?;
    Ok(pieces.concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_of_the_simple_protocol_tell_nothing_of_what_is_hidden() {
    let twins = Twins::open().await;
    let [one, other] = twins.askers();
    let (one, other) = (one.postgres().await.unwrap(), other.postgres().await.unwrap());
    let mut verdict = Verdict::default();
    for (name, sql) in statements().into_iter().chain(CATALOG).chain(SESSION) {
        let answers = [simple(&one.0, sql).await, simple(&other.0, sql).await];
        verdict.compare(name, sql, &answers);
    }
    verdict.is_clean(220, 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_of_the_extended_protocol_tell_nothing_of_what_is_hidden() {
    let twins = Twins::open().await;
    let [one, other] = twins.askers();
    let (one, other) = (one.postgres().await.unwrap(), other.postgres().await.unwrap());
    let mut verdict = Verdict::default();
    for (name, sql) in statements().into_iter().chain(CATALOG) {
        let answers = [extended(&one.0, sql).await, extended(&other.0, sql).await];
        verdict.compare(name, sql, &answers);
        for client in [&one.0, &other.0] {
            let _ = client.simple_query("ROLLBACK").await;
        }
    }
    for (name, sql) in COPIES {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let answers = [copied(&one.0, sql).await.map(text), copied(&other.0, sql).await.map(text)];
        verdict.compare(name, sql, &answers);
    }
    verdict.is_clean(220, 90);
}

/// Names that are no SQL in other places of the protocol.
pub(super) const STARTS: [(&str, &str, &str); 8] = [
    ("start: another database", "mallory", "sealed"),
    ("start: a database that is a path", "mallory", "../home"),
    ("start: a database with SQL in it", "mallory", "dev'; SELECT 1; --"),
    ("start: another user with one's own token", "root", "dev"),
    ("start: a user who is none", "nobody", "dev"),
    ("start: a user with a line break", "mal\nlory", "dev"),
    ("start: whoever works on the home", "home:local", "dev"),
    ("start: nobody", "", "dev"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signs_in_as_someone_else() {
    let single = Single::open().await;
    single.home.user(&crate::opened::someone("root", &["administrators"])).await;
    for (name, user, database) in STARTS {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(single.home.postgres.port()).dbname(database);
        config.user(user).password(&single.token);
        let refused = config.connect(tokio_postgres::NoTls).await.map(|_| ());
        let said = refused.map_err(|error| said_by_postgres(&error)).expect_err(name);
        let state = said.split(' ').next().unwrap_or_default();
        assert!(["28P01", "28000", "3D000", "08P01"].contains(&state), "{name}: {said}");
    }
}
