//! What someone may do with a port.

use outport_app::policy::{PolicyOwner, PortAction};
use outport_model::access::{RowAccess, TableAccess};

use crate::fixture::{
    Asker, both, compile, customers, hr_people, ids, of_product, of_workspace, orders, people, policies, shop,
};

#[test]
fn without_policies_nothing_is_allowed() {
    let policies = policies("");
    let ann = Asker::new("ann", &["analysts"]);
    for action in PortAction::ALL {
        let verdict = ann.port(&policies, action, &orders());
        assert!(!verdict.allowed && verdict.policies.is_empty(), "{action:?}");
    }
    assert!(!policies.administer(&ann.asking()).allowed);
    let table = ann.table(&policies, &orders(), "orders");
    assert_eq!((table.access, table.columns.len(), table.rows), (None, 0, None));
}

#[test]
fn administrators_may_do_everything_whatever_policies_say() {
    let policies = policies("forbid (principal, action, resource);");
    let root = Asker::new("root", &["administrators"]);
    let verdict = root.port(&policies, PortAction::Operate, &orders());
    assert!(verdict.allowed);
    assert_eq!(ids(&verdict), ["outport:administrators"]);
    assert!(policies.administer(&root.asking()).allowed);
    let access = root.orders(&policies);
    let shop = shop();
    let columns = shop.outputs[0].contract.tables[0].columns.iter().map(|column| column.name.as_str());
    assert_eq!(access, TableAccess::unrestricted(columns));
}

#[test]
fn what_is_not_there_is_allowed_to_nobody() {
    let policies = policies("permit (principal, action, resource);");
    let root = Asker::new("root", &["administrators"]);
    let mut missing = orders();
    missing.major = 9;
    for asker in [&root, &Asker::new("ann", &[])] {
        assert!(asker.may(&policies, PortAction::Read, &orders()));
        assert!(!asker.may(&policies, PortAction::Read, &missing));
        assert!(asker.table(&policies, &orders(), "nothing").access.is_none());
        assert!(asker.table(&policies, &orders(), "customers").access.is_none(), "a table of another port");
    }
}

#[test]
fn a_forbid_wins_and_is_named() {
    let policies = policies(
        r#"
        @id("all") permit (principal, action, resource);
        @id("no-robots") forbid (principal, action == Action::"read", resource) when { principal.kind == "service" };
        @id("not-by-mcp") forbid (principal, action == Action::"read", resource) when { context.door == "mcp" };
        "#,
    );
    let mut robot = Asker::new("robot", &[]);
    assert_eq!(ids(&robot.port(&policies, PortAction::Read, &orders())), ["all"]);
    robot.principal.kind = outport_model::principal::PrincipalKind::Service;
    robot.door = outport_model::principal::Door::Mcp;
    let verdict = robot.port(&policies, PortAction::Read, &orders());
    assert!(!verdict.allowed);
    assert_eq!(ids(&verdict), ["no-robots", "not-by-mcp"]);
    assert!(robot.may(&policies, PortAction::Discover, &orders()));
}

#[test]
fn everything_that_is_known_of_who_asks_can_be_asked_for() {
    let policies = policies(
        r#"
        permit (principal in Group::"analysts", action == Action::"read", resource in Domain::"retail")
        when {
            principal has region && principal.region == "EU"
            && principal has department && principal.department like "risk*"
            && principal has clearance && principal.clearance >= 3
            && principal.hasTag("team") && principal.getTag("team") == "fraud"
            && context has purpose && context.purpose == "fraud detection"
            && resource.product has owner && resource.product.owner == "shop team" && resource.major < 2
        };
        "#,
    );
    let mut ann = Asker::new("ann", &["analysts"]).region("EU").purpose("fraud detection");
    ann.principal.department = Some("risk and fraud".to_owned());
    ann.principal.clearance = Some(3);
    ann.principal.labels.insert("team".to_owned(), "fraud".to_owned());
    assert!(ann.may(&policies, PortAction::Read, &orders()));
    assert!(!ann.may(&policies, PortAction::Read, &customers()), "a higher major");
    assert!(!ann.may(&policies, PortAction::Read, &people()), "another domain");
    let changes: [fn(&mut Asker); 6] = [
        |ann| ann.principal.groups.clear(),
        |ann| ann.principal.region = None,
        |ann| ann.principal.department = None,
        |ann| ann.principal.clearance = Some(2),
        |ann| ann.principal.labels.clear(),
        |ann| ann.purpose = None,
    ];
    for change in changes {
        let mut other = ann.clone();
        change(&mut other);
        assert!(!other.may(&policies, PortAction::Read, &orders()), "{other:?}");
    }
}

#[test]
fn reading_in_part_is_part_of_reading() {
    let whole = policies(r#"permit (principal, action in Action::"read", resource in Port::"shop/orders@1");"#);
    let port_alone = policies(r#"permit (principal, action == Action::"read", resource in Port::"shop/orders@1");"#);
    let ann = Asker::new("ann", &[]);
    assert!(!ann.orders(&whole).columns.is_empty());
    assert_eq!(ann.rows(&whole), RowAccess::All);
    let access = ann.orders(&port_alone);
    assert!(access.columns.is_empty());
    assert_eq!(access.rows, RowAccess::Where(outport_model::access::RowRule::nothing()));
    assert!(!ann.may(&whole, PortAction::Discover, &orders()), "to know of a port is not to read it");
}

#[test]
fn an_agreement_permits_what_it_is_about_while_it_is_in_force() {
    let policies = policies("");
    let ann = Asker::new("ann", &[]).purpose("fraud").agreed(orders(), None);
    let verdict = ann.port(&policies, PortAction::Read, &orders());
    assert_eq!(ids(&verdict), ["outport:agreement"]);
    assert!(ann.may(&policies, PortAction::Discover, &orders()));
    assert!(!ann.may(&policies, PortAction::Operate, &orders()));
    assert!(!ann.may(&policies, PortAction::Read, &customers()), "another port");
    let access = ann.orders(&policies);
    assert_eq!((access.rows, access.agreement), (RowAccess::All, ann.agreement.as_ref().map(|a| a.id)));
    assert_eq!(access.columns.len(), 10);

    assert!(!ann.clone().at("2027-01-01T00:00:00Z").may(&policies, PortAction::Read, &orders()), "it is over");
    assert!(!ann.clone().purpose("marketing").may(&policies, PortAction::Read, &orders()), "another purpose");
    let mut bob = Asker::new("bob", &[]);
    bob.agreement.clone_from(&ann.agreement);
    assert!(!bob.may(&policies, PortAction::Read, &orders()), "someone else's");
}

#[test]
fn a_forbid_of_the_workspace_or_the_product_overrides_an_agreement() {
    let ann = Asker::new("ann", &[]).agreed(orders(), None);
    let text = r#"@id("closed") forbid (principal, action in Action::"read", resource);"#;
    for owner in [of_workspace(text), of_product("shop", text)] {
        let policies = compile(&[owner], &both());
        assert_eq!(ids(&ann.port(&policies, PortAction::Read, &orders())), ["closed"]);
        assert!(ann.table(&policies, &orders(), "orders").access.is_none());
    }
}

#[test]
fn policies_of_a_product_decide_about_that_product_alone() {
    let policies = compile(
        &[
            of_product("shop", r#"@id("open") permit (principal, action, resource);"#),
            of_product("hr-people", r#"@id("open") forbid (principal, action, resource);"#),
        ],
        &both(),
    );
    let ann = Asker::new("ann", &[]);
    let verdict = ann.port(&policies, PortAction::Read, &orders());
    assert!(verdict.allowed);
    assert_eq!(verdict.policies.first().unwrap().owner, PolicyOwner::Product("shop".parse().unwrap()));
    assert_eq!(ann.rows(&policies), RowAccess::All);
    assert!(!ann.may(&policies, PortAction::Read, &people()));
    assert!(!policies.administer(&ann.asking()).allowed, "a product does not say who administers");
}

#[test]
fn who_administers_is_said_by_the_workspace() {
    let policies =
        policies(r#"@id("ops") permit (principal in Group::"ops", action == Action::"administer", resource);"#);
    assert!(policies.administer(&Asker::new("ann", &["ops"]).asking()).allowed);
    assert!(!policies.administer(&Asker::new("bob", &[]).asking()).allowed);
}

#[test]
fn groups_of_rows_are_asked_for_where_nothing_else_permits_to_read() {
    let policies = policies(
        r#"
        permit (principal in Group::"analysts", action in [Action::"readColumn", Action::"readRow"], resource);
        @minimum_group("10") permit (principal in Group::"analysts", action == Action::"read", resource);
        @minimum_group("5") permit (principal in Group::"trained", action == Action::"read", resource);
        permit (principal in Group::"stewards", action == Action::"read", resource);
        "#,
    );
    let least = |groups: &[&str]| Asker::new("ann", groups).orders(&policies).minimum_group;
    assert_eq!(least(&["analysts"]), Some(10));
    assert_eq!(least(&["analysts", "trained"]), Some(5));
    assert_eq!(least(&["analysts", "trained", "stewards"]), None);
    assert_eq!(Asker::new("ann", &["analysts"]).agreed(orders(), None).orders(&policies).minimum_group, None);
}

#[test]
fn names_that_cedar_reserves_can_be_products_and_tables() {
    let mut odd = hr_people();
    odd.name = "in".parse().unwrap();
    for (table, name) in odd.outputs[0].tables.iter_mut().zip(["like"]) {
        table.name = name.parse().unwrap();
    }
    let estate = crate::fixture::estate(vec![odd]);
    let text = r#"permit (principal, action in Action::"read", resource);
                  forbid (principal, action == Action::"readRow", resource is in_::like_) when { resource.salary > 10 };"#;
    let policies = compile(&[of_product("in", text)], &estate);
    let port = outport_model::agreement::PortVersion { product: "in".parse().unwrap(), ..people() };
    let access = Asker::new("ann", &[]).table(&policies, &port, "like").access.unwrap();
    assert!(matches!(access.rows, RowAccess::Where(rule) if rule.forbids.len() == 1));
}
