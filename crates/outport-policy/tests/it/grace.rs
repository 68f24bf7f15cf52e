//! Policies that are reported before they are enforced.

use outport_app::policy::PortAction;
use outport_model::access::{ColumnAccess, RowAccess};

use crate::fixture::{Asker, orders, policies};

const OPEN: &str = r#"permit (principal, action in Action::"read", resource);"#;

fn names(grace: &std::collections::BTreeSet<outport_app::policy::PolicyName>) -> Vec<&str> {
    grace.iter().map(|name| name.id.as_str()).collect()
}

#[test]
fn a_forbid_in_grace_is_reported_until_its_day_begins() {
    let policies = policies(&format!(
        r#"{OPEN} @id("soon") @grace("2026-12-31") forbid (principal, action == Action::"read", resource);"#
    ));
    let ann = Asker::new("ann", &[]);
    let before = ann.clone().at("2026-12-30T23:59:59Z").port(&policies, PortAction::Read, &orders());
    assert_eq!((before.allowed, names(&before.grace)), (true, vec!["soon"]));
    let after = ann.clone().at("2026-12-31T00:00:00Z").port(&policies, PortAction::Read, &orders());
    assert_eq!((after.allowed, names(&after.policies), names(&after.grace)), (false, vec!["soon"], vec![]));
    let other = ann.port(&policies, PortAction::Discover, &orders());
    assert!(other.grace.is_empty(), "what it is not about");
}

#[test]
fn columns_and_rows_have_grace_too() {
    let policies = policies(&format!(
        r#"{OPEN}
        @id("columns") @grace("2026-12-31") forbid (principal, action == Action::"readColumn", resource)
        when {{ resource.name == "email" }};
        @id("rows") @grace("2026-12-31") forbid (principal, action == Action::"readRow", resource is shop::orders)
        when {{ resource.region == "EU" }};
        @id("never") @grace("2026-12-31") forbid (principal, action == Action::"readRow", resource is shop::orders)
        when {{ context.door == "mcp" && resource.region == "EU" }};"#
    ));
    let before = Asker::new("ann", &[]).table(&policies, &orders(), "orders");
    let access = before.access.unwrap();
    assert_eq!((access.rows, &access.columns["email"]), (RowAccess::All, &ColumnAccess::Clear));
    assert_eq!(names(&before.read.grace), ["rows"]);
    let email = before.columns.iter().find(|column| column.column == "email").unwrap();
    assert_eq!(names(&email.clear.grace), ["columns"]);

    let after = Asker::new("ann", &[]).at("2027-01-01T00:00:00Z").table(&policies, &orders(), "orders");
    let access = after.access.unwrap();
    assert!(matches!(access.rows, RowAccess::Where(rule) if rule.forbids.len() == 1));
    assert!(matches!(access.columns["email"], ColumnAccess::Masked(_)));
    assert!(after.read.grace.is_empty());
}

#[test]
fn a_forbid_without_grace_is_enforced_beside_one_in_grace() {
    let policies = policies(&format!(
        r#"{OPEN}
        @id("soon") @grace("2026-12-31") forbid (principal, action == Action::"read", resource);
        @id("now") forbid (principal, action == Action::"read", resource);"#
    ));
    let verdict = Asker::new("ann", &[]).port(&policies, PortAction::Read, &orders());
    assert_eq!((verdict.allowed, names(&verdict.policies)), (false, vec!["now"]));
    assert!(verdict.grace.is_empty(), "it changes nothing");
}
