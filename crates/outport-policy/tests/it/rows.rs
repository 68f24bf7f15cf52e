//! Which rows exist for someone.

use outport_model::access::{Comparison, Condition, RowAccess, RowRule, Value};

use crate::fixture::{Asker, both, compile, customers, of_product, of_workspace, orders, people, policies};

const READ: &str = r#"permit (principal, action == Action::"read", resource);"#;

/// The rule about orders when this is asked of a row.
fn rule(condition: &str, asker: &Asker) -> RowAccess {
    let text = format!(
        r#"{READ} permit (principal, action == Action::"readRow", resource is shop::orders) when {{ {condition} }};"#
    );
    asker.rows(&policies(&text))
}

/// What is asked of a row.
fn condition(text: &str) -> Condition {
    match rule(text, &Asker::new("ann", &["analysts"]).region("EU").purpose("fraud")) {
        RowAccess::Where(RowRule { mut permits, forbids }) if permits.len() == 1 && forbids.is_empty() => {
            permits.remove(0)
        }
        other => panic!("{other:?}"),
    }
}

fn compare(column: &str, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column: column.to_owned(), comparison, value }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn columns_are_compared_with_values_from_both_sides() {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let cases = [
        (r#"resource.region == "EU""#, compare("region", Equal, text("EU"))),
        (r#""EU" != resource.region"#, compare("region", NotEqual, text("EU"))),
        ("resource.id < 5", compare("id", Less, Value::Integer(5))),
        ("5 < resource.id", compare("id", Greater, Value::Integer(5))),
        ("resource.id >= -5", compare("id", GreaterOrEqual, Value::Integer(-5))),
        ("-5 >= resource.id", compare("id", LessOrEqual, Value::Integer(-5))),
        ("!(resource.id > 2)", compare("id", LessOrEqual, Value::Integer(2))),
        (r#"resource.amount.lessThan(decimal("-1.5"))"#, compare("amount", Less, Value::Decimal(-15_000))),
        (r#"decimal("0.0001").lessThanOrEqual(resource.amount)"#, compare("amount", GreaterOrEqual, Value::Decimal(1))),
        (r#"resource.amount == decimal("12.34")"#, compare("amount", Equal, Value::Decimal(123_400))),
        (
            r#"resource.placed_at < datetime("1970-01-02T00:00:00.005Z")"#,
            compare("placed_at", Less, Value::Moment(86_400_005)),
        ),
        (
            r#"resource.placed_at >= datetime("1969-12-31").offset(duration("1h"))"#,
            compare("placed_at", GreaterOrEqual, Value::Moment(-82_800_000)),
        ),
        ("resource.express == false", compare("express", Equal, Value::Boolean(false))),
        ("resource.region == principal.region && principal has region", compare("region", Equal, text("EU"))),
    ];
    for (asked, expect) in cases {
        let asked = match asked.split_once(" && principal has") {
            Some((first, _)) => format!("principal has region && {first}"),
            None => asked.to_owned(),
        };
        assert_eq!(condition(&asked), expect, "{asked}");
    }
}

#[test]
fn other_questions_about_columns() {
    let column = |name: &str| name.to_owned();
    let has = |name: &str| Condition::Present { column: column(name) };
    let all = |conditions| Condition::All { conditions };
    let contains = |value: &str| Condition::Contains { column: column("labels"), value: text(value) };
    let cases = [
        ("resource.express", Condition::Flag { column: column("express") }),
        ("resource has email", has("email")),
        ("!(resource has email)", Condition::Not { condition: Box::new(has("email")) }),
        (
            r#"resource.region like "a*b\**""#,
            Condition::Like { column: column("region"), pieces: vec!["a".to_owned(), "b*".to_owned(), String::new()] },
        ),
        (
            r#"["b", "a"].contains(resource.region)"#,
            Condition::AnyOf { column: column("region"), values: vec![text("a"), text("b")] },
        ),
        (r#"resource has labels && resource.labels.contains("x")"#, all(vec![has("labels"), contains("x")])),
        (
            r#"resource has labels && resource.labels.containsAny(["x", "y"])"#,
            all(vec![has("labels"), Condition::Any { conditions: vec![contains("x"), contains("y")] }]),
        ),
        (
            r#"resource has labels && resource.labels.containsAll(["x", "y"])"#,
            all(vec![has("labels"), contains("x"), contains("y")]),
        ),
        (
            r#"resource has "order total" && resource["order total"] == resource.id"#,
            all(vec![
                has("order total"),
                Condition::CompareColumns {
                    left: column("order total"),
                    comparison: Comparison::Equal,
                    right: column("id"),
                },
            ]),
        ),
        (
            "if resource has day then resource.express else resource.id > 1",
            Condition::If {
                test: Box::new(has("day")),
                then: Box::new(Condition::Flag { column: column("express") }),
                otherwise: Box::new(compare("id", Comparison::Greater, Value::Integer(1))),
            },
        ),
    ];
    for (asked, expect) in cases {
        assert_eq!(condition(asked), expect, "{asked}");
    }
}

#[test]
fn what_is_known_of_who_asks_is_not_asked_of_rows() {
    let ann = Asker::new("ann", &["analysts"]).region("EU").purpose("fraud");
    let nothing = RowAccess::Where(RowRule::nothing());
    assert_eq!(rule(r#"principal in Group::"analysts""#, &ann), RowAccess::All);
    assert_eq!(rule(r#"principal in Group::"bosses""#, &ann), nothing);
    assert_eq!(rule(r#"context has purpose && context.purpose == "fraud""#, &ann), RowAccess::All);
    assert_eq!(rule(r#"principal in Group::"analysts" || resource.id > 5"#, &ann), RowAccess::All);
    assert_eq!(rule(r#"resource.id > 5 && principal in Group::"bosses""#, &ann), nothing);
    assert_eq!(rule("context.agreement", &ann.clone().agreed(orders(), None)), RowAccess::All);
    // A row without an id, were there one, would be no boss's to see either.
    let boss = Asker::new("ann", &["bosses"]);
    assert!(matches!(rule(r#"resource.id > 5 || principal in Group::"bosses""#, &boss), RowAccess::Where(_)));
}

#[test]
fn permits_and_forbids_are_kept_apart() {
    let policies = policies(&format!(
        r#"{READ}
        @id("all") permit (principal in Group::"analysts", action == Action::"readRow", resource);
        @id("big") permit (principal, action == Action::"readRow", resource is shop::orders)
        when {{ resource.amount.greaterThan(decimal("100.0")) }};
        @id("own") forbid (principal, action == Action::"readRow", resource is shop::orders)
        when {{ resource has email && resource.email == "ann@example.org" }};
        @id("away") forbid (principal, action == Action::"readRow", resource)
        when {{ context.door == "mcp" }};"#
    ));
    let email = Condition::All {
        conditions: vec![
            Condition::Present { column: "email".to_owned() },
            compare("email", Comparison::Equal, text("ann@example.org")),
        ],
    };
    let big = compare("amount", Comparison::Greater, Value::Decimal(1_000_000));
    let access = |asker: Asker| asker.rows(&policies);
    let everything = Condition::Constant { holds: true };
    let of = |permit: &Condition| RowRule { permits: vec![permit.clone()], forbids: vec![email.clone()] };
    assert_eq!(access(Asker::new("ann", &[])), RowAccess::Where(of(&big)));
    assert_eq!(access(Asker::new("ann", &["analysts"])), RowAccess::Where(of(&everything)));
    let mut robot = Asker::new("ann", &["analysts"]);
    robot.door = outport_model::principal::Door::Mcp;
    assert_eq!(access(robot), RowAccess::Where(RowRule::nothing()));

    let verdict = Asker::new("ann", &["analysts"]).table(&policies, &orders(), "orders").rows.unwrap();
    let shown = |rules: &[(outport_app::policy::PolicyName, String)]| {
        rules.iter().map(|(name, text)| format!("{}: {text}", name.id)).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(&verdict.permits), @r#"
    all: true
    big: resource.amount.greaterThan(decimal("100.0000"))
    "#);
    insta::assert_snapshot!(shown(&verdict.forbids), @r#"own: (resource has email) && (resource.email == "ann@example.org")"#);
}

/// Where no rule asks anything of a row, one stands for all; what comes of it is the same.
#[test]
fn rows_that_are_alike_to_all_rules_are_decided_like_others() {
    let alike = format!(
        r#"{READ}
        @id("all") permit (principal in Group::"analysts", action in Action::"read", resource);
        @id("region") permit (principal, action == Action::"readRow", resource in Product::"shop")
        when {{ principal has region && principal.region == "EU" }};
        @id("away") forbid (principal, action == Action::"readRow", resource) when {{ context.door == "mcp" }};
        @id("people") forbid (principal, action == Action::"readRow", resource in Domain::"people")
        unless {{ principal in Group::"staff" }};
        @id("soon") @grace("2026-12-31")
        forbid (principal, action == Action::"readRow", resource in Port::"shop/orders@1");"#
    );
    let asked = format!(
        r#"{alike} forbid (principal, action == Action::"readRow", resource)
        when {{ principal in Group::"nobody" && resource has region && resource.region == "EU" }};"#
    );
    let (alike, asked) = (policies(&alike), policies(&asked));
    let mut robot = Asker::new("ann", &["analysts"]);
    robot.door = outport_model::principal::Door::Mcp;
    let askers = [
        robot,
        Asker::new("ann", &[]),
        Asker::new("ann", &["analysts"]),
        Asker::new("ann", &["analysts", "staff"]),
        Asker::new("ann", &["analysts"]).region("EU"),
        Asker::new("ann", &["staff"]).region("EU").at("2027-01-01T00:00:00Z"),
    ];
    let mut seen = 0;
    for asker in askers {
        for (port, table) in [(orders(), "orders"), (customers(), "customers"), (people(), "people")] {
            let one = asker.table(&alike, &port, table);
            assert_eq!(one, asker.table(&asked, &port, table), "{:?} {table}", asker.principal);
            seen += usize::from(one.access.is_some_and(|access| access.rows == RowAccess::All));
        }
    }
    assert_eq!(seen, 8, "some are let through, others not");
}

#[test]
fn rules_are_about_the_tables_that_they_name() {
    let policies = compile(
        &[
            of_workspace(
                r#"
                permit (principal, action == Action::"read", resource);
                @id("region") permit (principal, action == Action::"readRow", resource)
                when { resource has region && resource.region == "EU" };
                @id("port") permit (principal, action == Action::"readRow", resource in Port::"shop/customers@2");
                @id("domain") forbid (principal, action == Action::"readRow", resource in Domain::"people")
                when { resource has salary && resource.salary > 100 };
                "#,
            ),
            of_product(
                "shop",
                r#"@id("addresses") forbid (principal, action == Action::"readRow", resource is shop::addresses);"#,
            ),
        ],
        &both(),
    );
    let ann = Asker::new("ann", &[]);
    let rows = |port, table| ann.table(&policies, &port, table).access.unwrap().rows;
    assert_eq!(rows(customers(), "customers"), RowAccess::All);
    assert_eq!(rows(customers(), "addresses"), RowAccess::Where(RowRule::nothing()));
    let RowAccess::Where(of_orders) = rows(orders(), "orders") else { panic!("a rule") };
    assert_eq!((of_orders.permits.len(), of_orders.forbids.len()), (1, 0));
    let RowAccess::Where(of_people) = rows(people(), "people") else { panic!("a rule") };
    assert_eq!((of_people.permits.len(), of_people.forbids.len()), (1, 1));
}

#[test]
fn what_fails_to_be_evaluated_forbids_and_permits_nothing() {
    let sum = "principal has clearance && resource.id < principal.clearance + 1";
    let mut ann = Asker::new("ann", &[]);
    ann.principal.clearance = Some(4);
    let text = |rest: &str| format!("{READ}{rest}");
    let permit = text(&format!(
        r#"permit (principal, action == Action::"readRow", resource is shop::orders) when {{ {sum} }};"#
    ));
    let forbid = text(&format!(
        r#"permit (principal, action == Action::"readRow", resource);
           forbid (principal, action == Action::"readRow", resource is shop::orders) when {{ {sum} }};"#
    ));
    let below = compare("id", Comparison::Less, Value::Integer(5));
    let rows = |text: &str, ann: &Asker| ann.rows(&policies(text));
    assert_eq!(rows(&permit, &ann), RowAccess::Where(RowRule { permits: vec![below.clone()], forbids: Vec::new() }));
    assert!(matches!(rows(&forbid, &ann), RowAccess::Where(RowRule { forbids, .. }) if forbids == [below]));
    ann.principal.clearance = Some(i64::MAX);
    assert_eq!(rows(&permit, &ann), RowAccess::Where(RowRule::nothing()));
    assert_eq!(rows(&forbid, &ann), RowAccess::Where(RowRule::nothing()));
    let port = r#"permit (principal, action == Action::"read", resource);
                  forbid (principal, action == Action::"read", resource)
                  when { principal has clearance && principal.clearance + 1 == 0 };"#;
    let verdict = ann.port(&policies(port), outport_app::policy::PortAction::Read, &orders());
    assert!(!verdict.allowed, "{verdict:?}");
}
