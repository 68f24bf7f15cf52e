//! psql's commands that describe things.

use crate::{
    home::Home,
    psql::{Printed, Psql},
};

async fn shown(home: &Home, command: &str) -> Printed {
    let shown = Psql::new(home).run(command).await;
    assert_eq!(shown.error, "", "{command}");
    shown
}

#[tokio::test]
async fn tables_are_listed_with_what_they_are_about() {
    let home = Home::new().await;
    let expected =
        "big|numbers|table|ann|permanent|heap||\nsales|orders|table|ann|permanent|heap||one row for each order\n";
    assert_eq!(shown(&home, "\\dt+").await.out, expected);
    assert_eq!(shown(&home, "\\d+").await.out, expected);
    let expected = "sales|orders_pkey|index|ann|orders|permanent|btree||\n";
    assert_eq!(shown(&home, "\\di+").await.out, expected);
}

#[tokio::test]
async fn a_table_is_described_with_its_columns() {
    let home = Home::new().await;
    let expected = "id|bigint||not null||plain|||its number\n\
        customer|text||||extended|||\n\
        amount|numeric(10,2)||||extended|||\n\
        day|date||||plain|||\n\
        at|timestamp with time zone||||plain|||\n\
        tags|text[]||||extended|||\n";
    assert_eq!(shown(&home, "\\d+ sales.orders").await.out, expected);
    let whole = Psql::new(&home).run_all(&["\\pset tuples_only off", "\\d+ sales.orders"]).await;
    for footer in ["Indexes:\n    \"orders_pkey\" PRIMARY KEY, btree (id)", "Access method: heap"] {
        assert!(whole.out.contains(footer), "{} {}", whole.out, whole.error);
    }
    let found = shown(&home, "\\d sales.orders_pkey").await.out;
    assert!(found.starts_with("id|bigint|yes|id\n"), "{found}");
}

#[tokio::test]
async fn schemas_users_and_databases_are_listed() {
    let home = Home::new().await;
    let expected = "big|ann|ann=U/ann|\npublic|ann||\nsales|ann|ann=U/ann|what was sold\n";
    assert_eq!(shown(&home, "\\dn+").await.out, expected);
    assert_eq!(shown(&home, "\\du").await.out, "ann||{}\n");
    assert!(shown(&home, "\\du+").await.out.starts_with("ann||{}|"));
    assert!(shown(&home, "\\l").await.out.starts_with("dev|ann|UTF"));
    assert!(shown(&home, "\\l+").await.out.starts_with("dev|ann|UTF"));
}

#[tokio::test]
async fn rights_are_shown() {
    let home = Home::new().await;
    let expected = "big|numbers|table|ann=r/ann||\nsales|orders|table|ann=r/ann||\n";
    assert_eq!(shown(&home, "\\z").await.out, expected);
    assert_eq!(shown(&home, "\\dp sales.*").await.out, "sales|orders|table|ann=r/ann||\n");
}

#[tokio::test]
async fn what_is_not_there_is_listed_as_nothing() {
    let home = Home::new().await;
    for command in
        ["\\df", "\\da", "\\do", "\\dD", "\\des", "\\dew", "\\det", "\\dRp", "\\dRs", "\\dX", "\\dy", "\\ddp"]
    {
        assert_eq!(shown(&home, command).await.out, "", "{command}");
    }
    for command in ["\\dv", "\\dm", "\\ds", "\\dE"] {
        assert!(Psql::new(&home).run(command).await.error.starts_with("Did not find any relation"), "{command}");
    }
}

#[tokio::test]
async fn what_postgres_has_of_its_own_is_listed() {
    let home = Home::new().await;
    for command in [
        "\\dT",
        "\\dTS",
        "\\dS",
        "\\dfS",
        "\\dC",
        "\\dx",
        "\\dL",
        "\\dA",
        "\\db",
        "\\dF",
        "\\dO",
        "\\dc",
        "\\d pg_catalog.pg_class",
        "\\dd",
    ] {
        let found = Psql::new(&home).run(command).await;
        assert!(!found.error.contains("ERROR"), "{command}: {}", found.error);
    }
}

#[tokio::test]
async fn rows_are_copied_to_a_file() {
    let home = Home::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    let copy = format!("\\copy (SELECT id, customer FROM sales.orders ORDER BY id) TO '{}' CSV HEADER", file.display());
    assert_eq!(shown(&home, &copy).await.out, "COPY 3\n");
    let expected = "id,customer\n1,Ånn\n2,\"Bob, \"\"the\"\" second\"\n3,\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
    let copy = format!("\\copy sales.orders (id, day) TO '{}'", file.display());
    shown(&home, &copy).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "1\t2023-11-14\n2\t1970-01-01\n3\t\\N\n");
}

#[tokio::test]
async fn what_is_hidden_is_in_no_description() {
    let home = Home::new().await;
    home.hide("customer", true).await;
    home.hide("big", true).await;
    for command in ["\\dt+", "\\dn+", "\\z", "\\d+ sales.*", "\\dd"] {
        let found = Psql::new(&home).run(command).await;
        assert!(!found.out.contains("customer") && !found.out.contains("big|"), "{command}: {}", found.out);
    }
}
