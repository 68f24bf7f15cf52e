//! Who may do what with which port: every role, action and port of a small estate.

use outport_app::policy::PortAction;
use outport_model::{
    access::{ColumnAccess, RowAccess, TableAccess},
    agreement::PortVersion,
};

use crate::fixture::{Asker, both, compile, customers, of_product, of_workspace, orders, people};

const WORKSPACE: &str = r#"
    @id("catalog") permit (principal, action in [Action::"discover", Action::"request"], resource)
    unless { resource in Domain::"people" };
    @id("stewards-decide") permit (principal in Group::"stewards", action == Action::"approve", resource);
    @id("stewards-administer") permit (principal in Group::"stewards", action == Action::"administer", resource);
    @id("pii") @mask("hash") forbid (principal, action == Action::"readColumn", resource)
    when { resource has classification && resource.classification == "pii" }
    unless { principal in Group::"stewards" };
"#;

const SHOP: &str = r#"
    @id("analysts") permit (principal in Group::"analysts", action in Action::"read", resource in Port::"shop/orders@1");
    @id("own-region") forbid (principal, action == Action::"readRow", resource is shop::orders)
    when { principal has region && resource.region != principal.region };
    @id("team") permit (principal in Group::"shop-team", action, resource);
"#;

const PEOPLE: &str = r#"
    @id("hr") permit (principal in Group::"hr", action, resource);
    @id("no-robots") forbid (principal, action, resource) when { context.door == "mcp" };
"#;

fn seen(access: Option<&TableAccess>) -> String {
    let Some(access) = access else { return "nothing".to_owned() };
    let masked = access.columns.values().filter(|column| **column != ColumnAccess::Clear).count();
    let rows = match &access.rows {
        RowAccess::All => "all rows".to_owned(),
        RowAccess::Where(rule) => format!("rows of {} permits and {} forbids", rule.permits.len(), rule.forbids.len()),
    };
    format!("{} columns ({masked} masked), {rows}", access.columns.len())
}

#[test]
fn roles_actions_and_ports() {
    let texts = [of_workspace(WORKSPACE), of_product("shop", SHOP), of_product("hr-people", PEOPLE)];
    let policies = compile(&texts, &both());
    let mut agent = Asker::new("agent", &["hr"]);
    agent.door = outport_model::principal::Door::Mcp;
    let roles = [
        ("anyone", Asker::new("anyone", &[])),
        ("analyst", Asker::new("analyst", &["analysts"])),
        ("analyst in EU", Asker::new("analyst", &["analysts"]).region("EU")),
        ("shop team", Asker::new("maker", &["shop-team"])),
        ("steward", Asker::new("steward", &["stewards", "analysts"])),
        ("hr", Asker::new("hr", &["hr"])),
        ("hr by an agent", agent),
        ("consumer of customers", Asker::new("carl", &[]).agreed(customers(), Some(&["id"]))),
        ("administrator", Asker::new("root", &["administrators"])),
    ];
    let ports: [(PortVersion, &str); 3] = [(orders(), "orders"), (customers(), "customers"), (people(), "people")];
    let mut lines = Vec::new();
    for (role, asker) in &roles {
        let administers = if policies.administer(&asker.asking()).allowed { "administers" } else { "-" };
        lines.push(format!("{role}: {administers}"));
        for (port, table) in &ports {
            let may: Vec<&str> = PortAction::ALL
                .iter()
                .filter(|action| asker.may(&policies, **action, port))
                .map(|action| action.as_str())
                .collect();
            let access = asker.table(&policies, port, table).access;
            lines.push(format!("  {port}: {}; {}", may.join(" "), seen(access.as_ref())));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    anyone: -
      shop.orders@1: discover request; nothing
      shop.customers@2: discover request; nothing
      hr-people.people@1: ; nothing
    analyst: -
      shop.orders@1: discover read request; 10 columns (1 masked), all rows
      shop.customers@2: discover request; nothing
      hr-people.people@1: ; nothing
    analyst in EU: -
      shop.orders@1: discover read request; 10 columns (1 masked), rows of 1 permits and 1 forbids
      shop.customers@2: discover request; nothing
      hr-people.people@1: ; nothing
    shop team: -
      shop.orders@1: discover read request autoApprove approve operate; 10 columns (1 masked), all rows
      shop.customers@2: discover read request autoApprove approve operate; 2 columns (0 masked), all rows
      hr-people.people@1: ; nothing
    steward: administers
      shop.orders@1: discover read request approve; 10 columns (0 masked), all rows
      shop.customers@2: discover request approve; nothing
      hr-people.people@1: approve; nothing
    hr: -
      shop.orders@1: discover request; nothing
      shop.customers@2: discover request; nothing
      hr-people.people@1: discover read request autoApprove approve operate; 3 columns (0 masked), all rows
    hr by an agent: -
      shop.orders@1: discover request; nothing
      shop.customers@2: discover request; nothing
      hr-people.people@1: ; nothing
    consumer of customers: -
      shop.orders@1: discover request; nothing
      shop.customers@2: discover read request; 1 columns (0 masked), all rows
      hr-people.people@1: ; nothing
    administrator: administers
      shop.orders@1: discover read request autoApprove approve operate; 10 columns (0 masked), all rows
      shop.customers@2: discover read request autoApprove approve operate; 2 columns (0 masked), all rows
      hr-people.people@1: discover read request autoApprove approve operate; 3 columns (0 masked), all rows
    "#);
}
