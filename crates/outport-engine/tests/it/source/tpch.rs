//! Generated tables.

use outport_model::{run::InputVersion, source::TpchSource};

use super::*;

fn tpch(table: &str, scale: f64) -> Source {
    Source::Tpch(TpchSource { table: table.to_owned(), scale })
}

fn orders() -> TableSchema {
    table(&[
        ("o_totalprice", DataType::Decimal { precision: 12, scale: 2 }),
        ("o_orderkey", DataType::Integer { bits: 64, signed: true }),
        ("o_orderdate", DataType::Date),
        ("o_comment", DataType::String),
    ])
}

#[tokio::test]
async fn all_tables_have_their_rows() {
    let cases = [
        ("customer", "c_custkey", 1500),
        ("lineitem", "l_orderkey", 60175),
        ("nation", "n_nationkey", 25),
        ("orders", "o_orderkey", 15000),
        ("part", "p_partkey", 2000),
        ("partsupp", "ps_partkey", 8000),
        ("region", "r_regionkey", 5),
        ("supplier", "s_suppkey", 100),
    ];
    for (name, key, expect) in cases {
        let schema = table(&[(key, DataType::Integer { bits: 64, signed: true })]);
        let sql = format!("SELECT count(*), count({key}) FROM t");
        let found = texts(&query(&tpch(name, 0.01), &schema, &sql).await.unwrap());
        assert_eq!(found, [format!("{expect}|{expect}")], "{name}");
    }
}

#[tokio::test]
async fn generated_rows_are_always_the_same_in_the_contracts_types() {
    let sql = "SELECT o_orderkey, o_totalprice, o_orderdate FROM t ORDER BY o_orderkey LIMIT 2";
    for _ in 0..2 {
        let found = texts(&query(&tpch("orders", 0.01), &orders(), sql).await.unwrap());
        assert_eq!(found, ["1|172799.49|1996-01-02", "2|38426.09|1996-12-01"]);
    }
    let (_, opened) = open(&tpch("orders", 0.01), &orders()).await.unwrap();
    assert_eq!(opened.raw["o_totalprice"], "__raw_o_totalprice");
}

#[tokio::test]
async fn pins_name_the_recipe() {
    let pinned = source::pin(&tpch("orders", 0.01)).await.unwrap();
    assert_eq!(pinned, InputVersion::Generated { recipe: "tpch/orders@0.01".to_owned() });
    source::unchanged(&tpch("orders", 0.01), &pinned).await.unwrap();
    assert!(source::unchanged(&tpch("orders", 0.1), &pinned).await.is_err());
}

#[tokio::test]
async fn unknown_tables_and_scales_are_refused() {
    insta::assert_snapshot!(failure(&tpch("order", 0.01), &orders()).await, @r"
    `tpch order` cannot be read: TPC-H has no such table
    help: the tables are customer, lineitem, nation, orders, part, partsupp, region and supplier
    ");
    insta::assert_snapshot!(failure(&tpch("orders", -1.0), &orders()).await, @r"
    `tpch orders` cannot be read: `-1` is no scale factor
    help: give a number above 0; 1 is about 1 GB
    ");
}
