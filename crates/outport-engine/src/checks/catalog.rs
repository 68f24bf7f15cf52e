//! A session in which tables bear the names of the contract's objects.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    catalog::{
        CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
        TableProvider,
    },
    config::Dialect,
    error::DataFusionError,
    execution::session_state::SessionStateBuilder,
    prelude::{DataFrame, SessionContext},
};
use outport_model::contract::Contract;

use super::CheckedTable;

const CATALOG: &str = "contract";
const SCHEMA: &str = "data";

/// Makes a session on the same runtime that has the contract's objects and nothing else.
pub(crate) async fn session(
    context: &SessionContext,
    contract: &Contract,
    tables: &BTreeMap<String, CheckedTable>,
) -> Result<SessionContext, DataFusionError> {
    let schema = Arc::new(MemorySchemaProvider::new());
    for (name, provider) in providers(context, contract, tables).await? {
        schema.register_table(name, provider)?;
    }
    let catalog = Arc::new(MemoryCatalogProvider::new());
    catalog.register_schema(SCHEMA, schema)?;
    let catalogs = Arc::new(MemoryCatalogProviderList::new());
    datafusion::catalog::CatalogProviderList::register_catalog(&*catalogs, CATALOG.to_owned(), catalog);
    let config = context
        .copied_config()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false);
    let state = SessionStateBuilder::new_from_existing(context.state());
    let state = state.with_config(config).with_catalog_list(catalogs).build();
    Ok(SessionContext::new_with_state(crate::nan::guard(state)))
}

/// Plans a query with predicates of [`row_violation`](super::row_violation) in it. Those that look through the items of
/// a list are lambda functions, for which the session's own dialect may have no syntax.
pub async fn select(session: &SessionContext, query: &str) -> Result<DataFrame, DataFusionError> {
    let state = session.state();
    let statement = state.sql_to_statement(query, &Dialect::DuckDB)?;
    session.execute_logical_plan(state.statement_to_plan(statement).await?).await
}

async fn providers(
    context: &SessionContext,
    contract: &Contract,
    tables: &BTreeMap<String, CheckedTable>,
) -> Result<BTreeMap<String, Arc<dyn TableProvider>>, DataFusionError> {
    let mut exact = BTreeMap::new();
    for (name, table) in tables {
        if contract.table(name).is_some() {
            exact.insert(name.clone(), context.table_provider(table.reference.clone()).await?);
        }
    }
    let mut all = exact.clone();
    for (alias, name) in aliases(&exact.keys().map(String::as_str).collect::<Vec<_>>()) {
        all.insert(alias, Arc::clone(&exact[&name]));
    }
    Ok(all)
}

/// Other spellings under which SQL may name an object: in lower case, as SQL reads names without quotes, and with `_`
/// for `-`. A spelling that two objects would share, or that is an object's name, stands for none.
fn aliases(names: &[&str]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for name in names {
        let underscored = name.replace('-', "_");
        let mut spellings = vec![name.to_lowercase(), underscored.to_lowercase(), underscored];
        spellings.sort();
        spellings.dedup();
        for spelling in spellings.into_iter().filter(|s| !names.contains(&s.as_str())) {
            found.entry(spelling).and_modify(|owner| *owner = None).or_insert(Some(name));
        }
    }
    found.into_iter().filter_map(|(alias, owner)| Some((alias, owner?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::aliases;

    #[test]
    fn other_spellings_stand_for_one_object_only() {
        let found = aliases(&["Order-Items", "plain", "A-b", "a_B", "x-y", "x_y"]);
        let expect = [
            ("A_b", "A-b"),
            ("a-b", "A-b"),
            ("order-items", "Order-Items"),
            ("Order_Items", "Order-Items"),
            ("order_items", "Order-Items"),
        ];
        for (alias, name) in expect {
            assert_eq!(found.get(alias).map(String::as_str), Some(name), "{alias}");
        }
        assert_eq!(found.len(), expect.len(), "{found:?}");
    }
}
