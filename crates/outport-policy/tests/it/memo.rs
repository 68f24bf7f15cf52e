//! What is compiled again and again is what would be compiled from nothing.

use std::sync::Arc;

use outport_app::policy::{PolicyCompiler, PolicyText, TableVerdict};
use outport_model::plan::Estate;
use outport_policy::{CedarPolicies, RememberedPolicies};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::fixture::{Asker, both, column, estate, hr_people, of_product, of_workspace, orders, people, shop, shown};

const WORKSPACE: [&str; 5] = [
    r#"permit (principal in Group::"staff", action in Action::"read", resource);"#,
    r#"forbid (principal, action == Action::"readRow", resource)
       when { resource has region && principal has region && resource.region != principal.region };"#,
    r#"forbid (principal, action == Action::"readRow", resource is hr_people::people) when { resource.salary > 7 };"#,
    r#"permit (principal, action == Action::"readRow", resource) when { resource.region == "EU" };"#,
    r#"permit (principal, action == Action::"readRow", resource) when { resource has nobody };"#,
];

const OF_SHOP: [&str; 3] = [
    r#"permit (principal, action in Action::"read", resource) when { principal has region };"#,
    r#"forbid (principal, action == Action::"readRow", resource is shop::orders) when { resource.express };"#,
    r#"permit (principal, action == Action::"readRow", resource is shop::orders) when { resource.amount + 1 > 2 };"#,
];

fn askers() -> Vec<Asker> {
    vec![Asker::new("ann", &["staff"]).region("EU"), Asker::new("bob", &["staff"]), Asker::new("eve", &[]).region("US")]
}

/// Everything that policies over these products say, or everything that is wrong with them.
fn said(
    compiler: &dyn PolicyCompiler,
    texts: &[PolicyText],
    products: &Estate,
) -> Result<(String, Vec<TableVerdict>), String> {
    let compiled = compiler.compile(texts, products).map_err(|problems| shown(&problems))?;
    let tables = [(orders(), "orders"), (people(), "people")];
    let verdicts = askers().into_iter().flat_map(|asker| {
        let policies = Arc::clone(&compiled.policies);
        tables.clone().into_iter().map(move |(port, table)| asker.table(&policies, &port, table))
    });
    Ok((shown(&compiled.warnings), verdicts.collect()))
}

/// Some of the products, as they are or with another contract.
fn estates() -> impl Strategy<Value = Estate> {
    let changed = || {
        let mut shop = shop();
        let port = &mut shop.outputs[0];
        port.contract.tables[0].columns.retain(|column| column.name != "express");
        port.contract.tables[0].columns.push(column("nobody", outport_model::contract::DataType::Boolean));
        shop
    };
    select(vec![vec![shop(), hr_people()], vec![shop()], vec![hr_people()], vec![changed(), hr_people()], Vec::new()])
        .prop_map(estate)
}

fn texts() -> impl Strategy<Value = Vec<PolicyText>> {
    let workspace = proptest::sample::subsequence(WORKSPACE.to_vec(), 0..=3);
    let of_shop = proptest::sample::subsequence(OF_SHOP.to_vec(), 0..=2);
    (workspace, of_shop).prop_map(|(workspace, of_shop)| {
        vec![of_workspace(&workspace.join("\n")), of_product("shop", &of_shop.join("\n"))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_remembered_is_what_would_be_found_anew(changes in vec((texts(), estates()), 1..6)) {
        let remembered = RememberedPolicies::default();
        for (texts, products) in &changes {
            prop_assert_eq!(said(&remembered, texts, products), said(&CedarPolicies, texts, products));
        }
    }
}

#[test]
fn where_nothing_has_changed_the_policies_are_the_same_ones() {
    let remembered = RememberedPolicies::default();
    let texts = [of_workspace(WORKSPACE[0]), of_product("shop", OF_SHOP[0])];
    let first = remembered.compile(&texts, &both()).unwrap().policies;
    let second = remembered.compile(&texts, &both()).unwrap().policies;
    assert!(Arc::ptr_eq(&first, &second));
    let third = remembered.compile(&texts, &estate(vec![shop()])).unwrap().policies;
    assert!(!Arc::ptr_eq(&first, &third));
}
