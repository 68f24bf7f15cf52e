//! What tools ask for: catalogs, products, tables, keys, types, abilities.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Schema, UInt32Type},
    util::pretty::pretty_format_batches,
};
use arrow_flight::{
    FlightInfo, IpcMessage,
    error::FlightError,
    sql::{
        CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
        CommandGetPrimaryKeys, CommandGetTables, CommandGetXdbcTypeInfo, SqlInfo,
    },
};
use outport_model::audit::RequestResult;
use outport_test::fixture;
use tonic::Code;

use crate::world::{Client, World, fetch, query, status};

async fn rows(client: &mut Client, info: Result<FlightInfo, FlightError>) -> Vec<RecordBatch> {
    fetch(client, info.unwrap()).await.unwrap()
}

fn check(batches: &[RecordBatch], expect: &str) {
    assert_eq!(pretty_format_batches(batches).unwrap().to_string().trim(), expect);
}

fn tables(schema: Option<&str>, table: Option<&str>, include_schema: bool) -> CommandGetTables {
    CommandGetTables {
        catalog: None,
        db_schema_filter_pattern: schema.map(str::to_owned),
        table_name_filter_pattern: table.map(str::to_owned),
        table_types: Vec::new(),
        include_schema,
    }
}

fn keys() -> CommandGetPrimaryKeys {
    CommandGetPrimaryKeys { catalog: None, db_schema: Some("shop_sales".to_owned()), table: "daily".to_owned() }
}

/// The columns of the only table of a list.
fn columns(batches: &[RecordBatch]) -> Schema {
    let [batch] = batches else { panic!("one batch") };
    assert_eq!(batch.num_rows(), 1);
    let bytes = batch.column_by_name("table_schema").unwrap().as_binary::<i32>().value(0).to_vec();
    Schema::try_from(IpcMessage(bytes.into())).unwrap()
}

#[tokio::test]
async fn a_workspace_is_a_catalog_and_a_product_a_schema() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.get_catalogs().await;
    check(
        &rows(&mut client, info).await,
        "\
+--------------+
| catalog_name |
+--------------+
| prod         |
+--------------+",
    );
    let all = CommandGetDbSchemas { catalog: None, db_schema_filter_pattern: None };
    let info = client.get_db_schemas(all).await;
    check(
        &rows(&mut client, info).await,
        "\
+--------------+----------------+
| catalog_name | db_schema_name |
+--------------+----------------+
| prod         | shop_sales     |
+--------------+----------------+",
    );
    let other = CommandGetDbSchemas { catalog: Some("dev".to_owned()), db_schema_filter_pattern: None };
    let info = client.get_db_schemas(other).await;
    assert_eq!(rows(&mut client, info).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}

#[tokio::test]
async fn tables_are_those_that_may_be_read() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let expect = "\
+--------------+----------------+------------+------------+
| catalog_name | db_schema_name | table_name | table_type |
+--------------+----------------+------------+------------+
| prod         | shop_sales     | daily      | TABLE      |
+--------------+----------------+------------+------------+";
    for filters in [tables(None, None, false), tables(Some("shop%"), Some("dail_"), false)] {
        let info = client.get_tables(filters).await;
        check(&rows(&mut client, info).await, expect);
    }
    let views = CommandGetTables { table_types: vec!["VIEW".to_owned()], ..tables(None, None, true) };
    for filters in [tables(Some("hidden"), None, true), tables(None, Some("weekly"), true), views] {
        let info = client.get_tables(filters).await;
        assert_eq!(rows(&mut client, info).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    }
    world.user(fixture::principal("gus", &["guests"])).await;
    let mut guest = world.client("gus").await;
    let info = guest.get_tables(tables(None, None, false)).await;
    let found = rows(&mut guest, info).await;
    assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 0, "to know of it is not to read it");
}

#[tokio::test]
async fn the_columns_of_a_table_are_those_of_a_query_over_it() {
    let world = World::new().await;
    world.labelled("bob", "hidden", "email").await;
    for (name, count) in [("ada", 4), ("bob", 3)] {
        let mut client = world.client(name).await;
        let info = client.get_tables(tables(Some("shop_sales"), Some("daily"), true)).await;
        let columns = columns(&rows(&mut client, info).await);
        assert_eq!(columns.fields().len(), count);
        let queried = query(&mut client, "SELECT * FROM shop_sales.daily").await.unwrap();
        assert_eq!(columns, *queried[0].schema());
    }
}

#[tokio::test]
async fn keys_are_shown_to_whoever_can_tell_rows_apart_by_them() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.get_primary_keys(keys()).await;
    check(
        &rows(&mut client, info).await,
        "\
+--------------+----------------+------------+-------------+----------+--------------+
| catalog_name | db_schema_name | table_name | column_name | key_name | key_sequence |
+--------------+----------------+------------+-------------+----------+--------------+
| prod         | shop_sales     | daily      | id          |          | 1            |
+--------------+----------------+------------+-------------+----------+--------------+",
    );
    world.labelled("bob", "hidden", "id").await;
    world.labelled("eve", "redacted", "id").await;
    for name in ["bob", "eve"] {
        let mut client = world.client(name).await;
        let info = client.get_primary_keys(keys()).await;
        assert_eq!(rows(&mut client, info).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 0, "{name}");
    }
}

#[tokio::test]
async fn there_are_no_keys_of_other_tables() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let infos = [
        client.get_exported_keys(CommandGetExportedKeys { table: "daily".to_owned(), ..Default::default() }).await,
        client.get_imported_keys(CommandGetImportedKeys { table: "daily".to_owned(), ..Default::default() }).await,
        client.get_cross_reference(CommandGetCrossReference::default()).await,
    ];
    for info in infos {
        assert_eq!(info.as_ref().unwrap().clone().try_decode_schema().unwrap().fields().len(), 13);
        assert_eq!(rows(&mut client, info).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    }
}

#[tokio::test]
async fn types_of_tables_and_columns_are_listed() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.get_table_types().await;
    check(
        &rows(&mut client, info).await,
        "\
+------------+
| table_type |
+------------+
| TABLE      |
+------------+",
    );
    let names = async |client: &mut Client, data_type| {
        let info = client.get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type }).await;
        let found = rows(client, info).await;
        found[0].column(0).as_string::<i32>().iter().map(|name| name.unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut client, Some(93)).await, ["TIMESTAMP"]);
    assert_eq!(names(&mut client, None).await.len(), 12);
}

#[tokio::test]
async fn clients_are_told_what_there_is_not() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let wanted = vec![SqlInfo::FlightSqlServerTransaction, SqlInfo::FlightSqlServerReadOnly];
    let info = client.get_sql_info(wanted).await;
    let found = rows(&mut client, info).await;
    assert_eq!(found[0].column(0).as_primitive::<UInt32Type>().values(), &[3, 8]);
    let values = found[0].column(1).as_union();
    assert!(values.value(0).as_boolean().value(0), "read only");
    let none = values.value(1);
    assert_eq!((none.data_type(), none.as_primitive::<arrow::datatypes::Int32Type>().value(0)), (&DataType::Int32, 0));
    let info = client.get_sql_info(Vec::new()).await;
    assert!(rows(&mut client, info).await[0].num_rows() > 30);
}

#[tokio::test]
async fn a_list_is_on_record_once() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.get_tables(tables(Some("shop%"), None, true)).await;
    rows(&mut client, info).await;
    let records = world.records();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(record.request, "GetTables schema=shop%");
    assert_eq!((&record.result, record.rows), (&RequestResult::Answered, 1));
}

#[tokio::test]
async fn lists_need_no_ticket_of_their_own_but_someone_who_is_let_in() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.get_catalogs().await.unwrap();
    let principal = fixture::principal("ada", &["analysts"]);
    let locked = outport_app::identity::User { principal, disabled: true, ..fixture::user("ada") };
    outport_test::store::PutUser::put_user(&*world.store, &locked).await.unwrap();
    assert_eq!(status(fetch(&mut client, info).await).code(), Code::Unauthenticated);
    assert!(matches!(world.last_record().result, RequestResult::Refused { .. }));
}
