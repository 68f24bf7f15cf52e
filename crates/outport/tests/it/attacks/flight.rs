//! The same statements through Flight SQL, and what only this protocol has: listings, tickets, handles, updates.

use arrow::array::RecordBatch;
use arrow_flight::{
    Action, FlightInfo, Ticket,
    sql::{
        CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetTables,
    },
};
use futures::TryStreamExt;

use super::{
    statements,
    twins::{Single, Twins, Verdict},
};
use crate::through::{Flight, prepare, run, said_by_flight};

/// What is listed: schemas, tables and keys, by names that are there, hidden, or patterns.
pub(super) const LISTINGS: [(&str, Listing); 18] = [
    ("list: catalogs", Listing::Catalogs),
    ("list: schemas", Listing::Schemas(None)),
    ("list: the hidden schema", Listing::Schemas(Some("sealed"))),
    ("list: schemas by a pattern", Listing::Schemas(Some("s%"))),
    ("list: tables", Listing::Tables(None, None)),
    ("list: tables of the hidden schema", Listing::Tables(Some("sealed"), None)),
    ("list: tables of the visible schema", Listing::Tables(Some("vault"), None)),
    ("list: the hidden table", Listing::Tables(None, Some("secrets"))),
    ("list: the table of rows that were held back", Listing::Tables(None, Some("%quarantine"))),
    ("list: tables by a pattern with SQL in it", Listing::Tables(Some("' OR 1=1 --"), Some("%"))),
    ("list: kinds of tables", Listing::Kinds),
    ("list: the key of a visible table", Listing::PrimaryKeys("vault", "people")),
    ("list: the key of a hidden table", Listing::PrimaryKeys("sealed", "secrets")),
    ("list: the key of a table that is not there", Listing::PrimaryKeys("sealed", "nothere")),
    ("list: what refers to a table", Listing::Exported("vault", "people")),
    ("list: what refers to a hidden table", Listing::Exported("sealed", "secrets")),
    ("list: what a hidden table refers to", Listing::Imported("sealed", "secrets")),
    ("list: what the server can do", Listing::Abilities),
];

#[derive(Debug, Clone, Copy)]
pub(super) enum Listing {
    Catalogs,
    Schemas(Option<&'static str>),
    Tables(Option<&'static str>, Option<&'static str>),
    Kinds,
    PrimaryKeys(&'static str, &'static str),
    Exported(&'static str, &'static str),
    Imported(&'static str, &'static str),
    Abilities,
}

impl Listing {
    async fn info(self, client: &mut Flight) -> Result<FlightInfo, String> {
        let some = |text: &str| Some(text.to_owned());
        let (catalog, owned) = (None, |text: Option<&str>| text.map(str::to_owned));
        let info = match self {
            Self::Catalogs => client.get_catalogs().await,
            Self::Schemas(pattern) => {
                let asked = CommandGetDbSchemas { catalog, db_schema_filter_pattern: owned(pattern) };
                client.get_db_schemas(asked).await
            }
            Self::Tables(schema, table) => {
                let asked = CommandGetTables {
                    catalog,
                    db_schema_filter_pattern: owned(schema),
                    table_name_filter_pattern: owned(table),
                    table_types: Vec::new(),
                    include_schema: true,
                };
                client.get_tables(asked).await
            }
            Self::Kinds => client.get_table_types().await,
            Self::PrimaryKeys(schema, table) => {
                let asked = CommandGetPrimaryKeys { catalog, db_schema: some(schema), table: table.to_owned() };
                client.get_primary_keys(asked).await
            }
            Self::Exported(schema, table) => {
                let asked = CommandGetExportedKeys { catalog, db_schema: some(schema), table: table.to_owned() };
                client.get_exported_keys(asked).await
            }
            Self::Imported(schema, table) => {
                let asked = CommandGetImportedKeys { catalog, db_schema: some(schema), table: table.to_owned() };
                client.get_imported_keys(asked).await
            }
            Self::Abilities => client.get_sql_info(Vec::new()).await,
        };
        info.map_err(said_by_flight)
    }

    /// The list as it comes, with the schemas of tables in it.
    async fn rows(self, client: &mut Flight) -> Result<Vec<RecordBatch>, String> {
        let info = self.info(client).await?;
        let ticket = info.endpoint.into_iter().next().and_then(|endpoint| endpoint.ticket).unwrap();
        let rows = client.do_get(ticket).await.map_err(said_by_flight)?;
        rows.try_collect().await.map_err(said_by_flight)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_and_listings_tell_nothing_of_what_is_hidden() {
    let twins = Twins::open().await;
    let [one, other] = twins.askers();
    let (mut one, mut other) = (one.flight().await, other.flight().await);
    let mut verdict = Verdict::default();
    for (name, sql) in statements() {
        let answers = [run(&mut one, sql).await, run(&mut other, sql).await];
        verdict.compare(name, sql, &answers);
        let described = async |client: &mut Flight| {
            let statement = prepare(client, sql).await?;
            let shown = (statement.dataset_schema().ok().cloned(), statement.parameter_schema().ok().cloned());
            Ok::<_, String>(shown)
        };
        let answers = [described(&mut one).await, described(&mut other).await];
        verdict.compare(&format!("{name}, prepared"), sql, &answers);
    }
    for (name, listing) in LISTINGS {
        let answers = [listing.rows(&mut one).await, listing.rows(&mut other).await];
        verdict.compare(name, &format!("{listing:?}"), &answers);
    }
    verdict.is_clean(300, 120);
}

/// Calls that are refused, whoever makes them.
pub(super) const CALLS: [&str; 12] = [
    "call: a ticket that was made up",
    "call: an empty ticket",
    "call: a ticket of which a byte is another one",
    "call: a ticket of someone else",
    "call: a handle of someone else",
    "call: an update",
    "call: an update that was prepared",
    "call: a transaction",
    "call: an action that there is not",
    "call: an action with a body that is none",
    "call: one's own token as the password of another user",
    "call: nobody's password",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_handles_and_updates_of_others_are_refused() {
    let single = Single::open().await;
    let asker = single.asker();
    let mut mallory = asker.flight().await;
    single.home.user(&crate::opened::someone("root", &["administrators"])).await;
    let root = crate::through::Asker::new(&single.home, "root", single.home.token("root").await);
    let mut root = root.flight().await;
    let all = "SELECT * FROM sealed.secrets";
    let info = root.execute(all.to_owned(), None).await.unwrap();
    let theirs = info.endpoint[0].ticket.clone().unwrap();
    let own = mallory.execute("SELECT id FROM vault.people".to_owned(), None).await.unwrap();
    let mut changed = own.endpoint[0].ticket.clone().unwrap().ticket.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let mut prepared = root.prepare(all.to_owned(), None).await.unwrap();
    let mut update = mallory.prepare("SELECT id FROM vault.people".to_owned(), None).await.unwrap();
    for name in CALLS {
        let outcome: Result<String, String> = match name {
            "call: a ticket that was made up" => get(&mut mallory, Ticket::new("SELECT * FROM sealed.secrets")).await,
            "call: an empty ticket" => get(&mut mallory, Ticket::new(Vec::new())).await,
            "call: a ticket of which a byte is another one" => get(&mut mallory, Ticket::new(changed.clone())).await,
            "call: a ticket of someone else" => get(&mut mallory, theirs.clone()).await,
            "call: a handle of someone else" => {
                // The handle is in the ticket of what is executed, which only its owner may fetch.
                let info = prepared.execute().await.map_err(said_by_flight).unwrap();
                get(&mut mallory, info.endpoint[0].ticket.clone().unwrap()).await
            }
            "call: an update" => {
                let deleted = mallory.execute_update("DELETE FROM vault.people".to_owned(), None).await;
                deleted.map(|rows| rows.to_string()).map_err(said_by_flight)
            }
            "call: an update that was prepared" => {
                update.execute_update().await.map(|rows| rows.to_string()).map_err(said_by_flight)
            }
            "call: a transaction" => {
                mallory.begin_transaction().await.map(|id| format!("{id:?}")).map_err(said_by_flight)
            }
            "call: an action that there is not" => act(&mut mallory, Action::new("Dump", "all")).await,
            "call: an action with a body that is none" => {
                act(&mut mallory, Action::new("CreatePreparedStatement", vec![0xff; 64])).await
            }
            "call: one's own token as the password of another user" => hello(&single, "root", &single.token).await,
            "call: nobody's password" => hello(&single, "nobody", "correct horse battery").await,
            other => panic!("{other} is not tried"),
        };
        let said = outcome.expect_err(name);
        assert!(super::shows(&said, "").is_none() && !said.contains("hid-"), "{name}: {said}");
        assert!(!said.starts_with("Internal"), "{name}: {said}");
    }
}

async fn get(client: &mut Flight, ticket: Ticket) -> Result<String, String> {
    let rows = client.do_get(ticket).await.map_err(said_by_flight)?;
    let batches: Vec<RecordBatch> = rows.try_collect().await.map_err(said_by_flight)?;
    Ok(format!("{batches:?}"))
}

async fn act(client: &mut Flight, action: Action) -> Result<String, String> {
    let results = client.do_action(action).await.map_err(said_by_flight)?;
    let results: Result<Vec<_>, _> = results.try_collect().await;
    results.map(|results| format!("{results:?}")).map_err(said_by_flight)
}

async fn hello(single: &Single, user: &str, password: &str) -> Result<String, String> {
    let mut stranger = crate::through::flight(single.home.flight).await;
    let hello = stranger.handshake(user, password).await.map(|said| format!("{said:?}"));
    // The client of arrow-flight makes text of the status.
    hello.map_err(|error| error.to_string())
}
