//! Which columns someone sees, and under which masks.

use outport_model::access::{ColumnAccess, DateUnit, Mask};

use crate::fixture::{Asker, both, compile, of_product, of_workspace, orders, policies};

const OPEN: &str = r#"permit (principal, action in Action::"read", resource);"#;

fn email(text: &str) -> Option<ColumnAccess> {
    Asker::new("ann", &["analysts"]).orders(&policies(text)).columns.get("email").cloned()
}

fn masked(text: &str) -> Mask {
    match email(text) {
        Some(ColumnAccess::Masked(mask)) => mask,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_column_is_clear_or_masked_or_not_there() {
    assert_eq!(email(OPEN), Some(ColumnAccess::Clear));
    let hidden = r#"forbid (principal, action == Action::"readColumn", resource)
                    when { resource has classification && resource.classification == "pii" };"#;
    assert_eq!(email(&format!("{OPEN}{hidden}")), Some(ColumnAccess::Masked(Mask::Redact)));
    let gone = r#"forbid (principal, action in [Action::"readColumn", Action::"readMasked"], resource)
                  when { resource.tags.contains("contact") };"#;
    assert_eq!(email(&format!("{OPEN}{gone}")), None);
    let by_name = r#"forbid (principal, action in [Action::"readColumn", Action::"readMasked"],
                            resource == Column::"shop/orders@1/orders/email");"#;
    let access = Asker::new("ann", &[]).orders(&policies(&format!("{OPEN}{by_name}")));
    assert!(!access.columns.contains_key("email") && access.columns.len() == 9);
}

#[test]
fn only_what_is_permitted_masked_is_shown_masked() {
    let text = r#"permit (principal, action == Action::"read", resource);
                  permit (principal, action == Action::"readColumn", resource) when { resource.name == "id" };
                  @mask("hash") permit (principal, action == Action::"readMasked", resource)
                  when { resource.table == "orders" && resource.name like "em*" };"#;
    let access = Asker::new("ann", &[]).orders(&policies(text));
    let shown: Vec<_> = access.columns.iter().map(|(name, access)| (name.as_str(), access.clone())).collect();
    assert_eq!(shown, [("email", ColumnAccess::Masked(Mask::Hash)), ("id", ColumnAccess::Clear)]);
}

#[test]
fn the_mask_is_that_of_who_forbids_before_that_of_who_permits() {
    let permit = r#"@mask("last(4)") permit (principal, action == Action::"readMasked", resource);"#;
    let read = r#"permit (principal, action == Action::"read", resource);"#;
    let forbid = |mask: &str| format!("{mask} forbid (principal, action == Action::\"readColumn\", resource);");
    assert_eq!(masked(&format!("{read}{permit}")), Mask::Last { characters: 4 });
    assert_eq!(masked(&format!("{OPEN}{permit}{}", forbid(""))), Mask::Last { characters: 4 });
    let hash = forbid("@mask(\"hash\")");
    assert_eq!(masked(&format!("{OPEN}{permit}{hash}")), Mask::Hash);
    assert_eq!(masked(&format!("{OPEN}{hash}{}", forbid("@mask(\"null\")"))), Mask::Null);
}

#[test]
fn masks_are_read_and_the_strictest_is_used() {
    let of = |masks: &[&str]| {
        let one =
            |mask: &&str| format!("@mask(\"{mask}\") forbid (principal, action == Action::\"readColumn\", resource);");
        masked(&format!("{OPEN}{}", masks.iter().map(one).collect::<String>()))
    };
    let regex = Mask::Regex { pattern: "[0-9]+".to_owned(), replacement: "#".to_owned() };
    assert_eq!(of(&["regex([0-9]+ => #)"]), regex);
    assert_eq!(of(&["regex(a=>)"]), Mask::Regex { pattern: "a".to_owned(), replacement: String::new() });
    // From what shows most to what shows least.
    let order = [
        ("regex(a => b)", Mask::Regex { pattern: "a".to_owned(), replacement: "b".to_owned() }),
        ("first(4)", Mask::First { characters: 4 }),
        ("last(2)", Mask::Last { characters: 2 }),
        ("date(month)", Mask::DateBucket { unit: DateUnit::Month }),
        ("date(year)", Mask::DateBucket { unit: DateUnit::Year }),
        ("number(10)", Mask::NumberBucket { width: 10 }),
        ("number(100)", Mask::NumberBucket { width: 100 }),
        ("hash", Mask::Hash),
        ("redact", Mask::Redact),
        ("null", Mask::Null),
    ];
    for count in 1..=order.len() {
        let masks: Vec<&str> = order[..count].iter().map(|(text, _)| *text).collect();
        assert_eq!(of(&masks), order[count - 1].1, "{masks:?}");
        let backwards: Vec<&str> = masks.into_iter().rev().collect();
        assert_eq!(of(&backwards), order[count - 1].1, "{backwards:?}");
    }
}

#[test]
fn an_agreement_about_some_columns_permits_those() {
    let ann = Asker::new("ann", &[]).agreed(orders(), Some(&["id", "email"]));
    let access = ann.orders(&policies(""));
    assert_eq!(access.columns.keys().collect::<Vec<_>>(), ["email", "id"]);
    let others = r#"permit (principal, action == Action::"readColumn", resource) when { resource.name == "region" };
                    @mask("null") permit (principal, action == Action::"readMasked", resource)
                    when { !context.agreement };"#;
    let access = ann.orders(&policies(others));
    assert_eq!(access.columns["email"], ColumnAccess::Clear);
    assert_eq!(access.columns["region"], ColumnAccess::Clear);
    assert_eq!(access.columns["amount"], ColumnAccess::Masked(Mask::Null));
}

#[test]
fn every_column_is_explained_in_the_order_of_the_contract() {
    let policies = compile(
        &[
            of_workspace(r#"@id("read") permit (principal, action in Action::"read", resource);"#),
            of_product(
                "shop",
                r#"@id("no-pii") @mask("hash")
                   forbid (principal, action == Action::"readColumn", resource)
                   when { resource has classification && resource.classification == "pii" };"#,
            ),
        ],
        &both(),
    );
    let verdict = Asker::new("ann", &[]).table(&policies, &orders(), "orders");
    let names: Vec<&str> = verdict.columns.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(names[..4], ["id", "region", "amount", "email"]);
    let email = &verdict.columns[3];
    assert_eq!(crate::fixture::ids(&email.clear), ["no-pii"]);
    assert!(email.masked.as_ref().is_some_and(|masked| crate::fixture::ids(masked) == ["read"]));
    assert!(verdict.columns[0].masked.is_none());
}
