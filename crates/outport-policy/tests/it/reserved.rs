//! The record of requests is read only by whom a policy permits that names it.

use std::sync::Arc;

use outport_app::policy::{Policies, PortAction};
use outport_model::{
    access::{ColumnAccess, RowAccess},
    agreement::PortVersion,
    contract::DataType,
    plan::Estate,
    product::Product,
};

use crate::fixture::{
    Asker, column, compile, estate, hr_people, nullable, of_workspace, orders, people, port, problems, product, shop,
};

/// The record, in small.
fn record() -> Product {
    let mut statement = column("statement", DataType::String);
    statement.classification = Some("restricted".to_owned());
    let requests = vec![column("id", DataType::String), nullable("principal", DataType::String), statement];
    let reads = vec![column("request", DataType::String), column("product", DataType::String)];
    product(
        "outport",
        "retail",
        vec![port("requests", 1, vec![("requests", requests)]), port("reads", 1, vec![("reads", reads)])],
    )
}

fn with_record() -> Estate {
    estate(vec![shop(), hr_people(), record()])
}

fn policies(text: &str) -> Arc<dyn Policies> {
    compile(&[of_workspace(text)], &with_record())
}

fn port_of(name: &str) -> PortVersion {
    PortVersion { product: "outport".parse().unwrap(), port: name.parse().unwrap(), major: 1 }
}

fn reads(policies: &Arc<dyn Policies>, asker: &Asker, name: &str) -> Option<RowAccess> {
    asker.table(policies, &port_of(name), name).access.map(|access| access.rows)
}

#[test]
fn who_may_do_everything_may_not_read_the_record() {
    let ann = Asker::new("ann", &["analysts"]);
    for everything in [
        "permit (principal, action, resource);",
        r#"permit (principal in Group::"analysts", action in Action::"read", resource);"#,
        r#"permit (principal, action, resource in Domain::"retail");"#,
        "permit (principal, action, resource is shop::orders);",
        r#"permit (principal, action, resource in Product::"shop");"#,
        r#"permit (principal, action, resource) when { resource in Product::"outport" };"#,
    ] {
        let policies = policies(everything);
        for name in ["requests", "reads"] {
            for action in PortAction::ALL {
                assert!(!ann.may(&policies, action, &port_of(name)), "{everything}: {action:?} {name}");
            }
            assert_eq!(reads(&policies, &ann, name), None, "{everything}: {name}");
        }
    }
    let policies = policies("permit (principal, action, resource);");
    assert!(ann.may(&policies, PortAction::Read, &orders()) && ann.may(&policies, PortAction::Read, &people()));
    assert_eq!(reads(&policies, &Asker::new("root", &["administrators"]), "requests"), Some(RowAccess::All));
}

#[test]
fn whom_a_policy_names_it_for_reads_it() {
    let ann = Asker::new("ann", &[]);
    for (named, both) in [
        (r#"permit (principal == User::"ann", action in Action::"read", resource in Product::"outport");"#, true),
        (r#"permit (principal, action in Action::"read", resource in Port::"outport/reads@1");"#, false),
    ] {
        let policies = policies(named);
        assert_eq!(reads(&policies, &ann, "reads"), Some(RowAccess::All), "{named}");
        assert_eq!(reads(&policies, &ann, "requests").is_some(), both, "{named}");
        assert!(!ann.may(&policies, PortAction::Read, &orders()), "{named}");
    }
}

#[test]
fn a_policy_can_be_about_some_of_its_rows() {
    let policies = policies(
        r#"
        permit (principal, action in [Action::"read", Action::"readColumn"], resource in Product::"outport");
        permit (principal, action == Action::"readRow", resource is outport::reads) when { resource.product == "shop" };
        "#,
    );
    // `read` is reading in part too, so that the first policy permits all rows.
    assert_eq!(reads(&policies, &Asker::new("ann", &[]), "reads"), Some(RowAccess::All));

    let policies = compile(
        &[of_workspace(
            r#"
            permit (principal, action in Action::"read", resource in Port::"outport/reads@1");
            forbid (principal, action == Action::"readRow", resource is outport::reads)
            unless { resource.product == "shop" };
            "#,
        )],
        &with_record(),
    );
    assert!(matches!(reads(&policies, &Asker::new("ann", &[]), "reads"), Some(RowAccess::Where(_))));
}

#[test]
fn what_is_forbidden_everywhere_is_forbidden_there() {
    let policies = policies(
        r#"
        permit (principal, action in Action::"read", resource in Product::"outport");
        @mask("hash")
        forbid (principal, action == Action::"readColumn", resource)
        when { resource has classification && resource.classification == "restricted" };
        "#,
    );
    let access = Asker::new("ann", &[]).table(&policies, &port_of("requests"), "requests").access.unwrap();
    assert!(matches!(access.columns["statement"], ColumnAccess::Masked(_)));
    assert_eq!(access.columns["id"], ColumnAccess::Clear);
}

#[test]
fn an_agreement_about_it_is_enough() {
    let policies = policies("permit (principal, action, resource);");
    let ann = Asker::new("ann", &[]).agreed(port_of("reads"), None);
    assert_eq!(reads(&policies, &ann, "reads"), Some(RowAccess::All));
    assert_eq!(reads(&policies, &ann, "requests"), None);
}

#[test]
fn policies_need_not_fit_it_before_someone_may_read_it() {
    let people_alone = estate(vec![hr_people(), record()]);
    let unguarded = r#"
        permit (principal, action == Action::"readRow", resource) when { resource.salary > 10 };
        forbid (principal, action == Action::"readRow", resource) when { resource.salary > 1000 };
    "#;
    assert!(!problems(&[of_workspace(unguarded)], &people_alone).contains("error"));
    let ann = Asker::new("ann", &[]).agreed(port_of("reads"), None);
    let policies = compile(&[of_workspace(unguarded)], &people_alone);
    let nothing = RowAccess::Where(outport_model::access::RowRule::nothing());
    assert_eq!(reads(&policies, &ann, "reads"), Some(nothing), "what cannot be decided keeps rows back");

    let named =
        format!("{unguarded} permit (principal, action in Action::\"read\", resource in Product::\"outport\");");
    let found = problems(&[of_workspace(&named)], &people_alone);
    assert!(found.contains("error") && found.contains("(for the tables of `outport`)"), "{found}");
    // The second line is that of the `permit`.
    assert!(!found.contains("rules.cedar:2:"), "of the `forbid` alone: {found}");
}
