//! What is wrong with policies, and how that is said.

use outport_app::policy::PolicyCompiler;
use outport_policy::CedarPolicies;

use crate::fixture::{both, estate, of_product, of_workspace, problems};

/// Policies of the workspace.
fn check(text: &str) -> String {
    problems(&[of_workspace(text)], &both())
}

/// Policies of the shop.
fn own(text: &str) -> String {
    problems(&[of_product("shop", text)], &both())
}

/// A rule of the shop about its orders.
fn row_rule(condition: &str) -> String {
    own(&format!(
        "@id(\"rule\")\nforbid (principal, action == Action::\"readRow\", resource is shop::orders) when {{ {condition} }};"
    ))
}

#[test]
fn what_is_not_cedar() {
    insta::assert_snapshot!(check("permit (principal, action, resource)\nforbid (principal, action, resource);"), @r#"
    rules.cedar:2:8 error OP0501: unexpected token `(`
      label: expected `{`
    "#);
    insta::assert_snapshot!(
        check("permit (principal, action);\nforbid (principal, resource, action) when { wrong };"),
        @r#"
    rules.cedar:1:26 error OP0501: this policy is missing the `resource` variable in the scope
      help: policy scopes must contain a `principal`, `action`, and `resource` element in that order
    rules.cedar:2:20 error OP0501: found the variable `resource` where the variable `action` must be used
      help: policy scopes must contain a `principal`, `action`, and `resource` element in that order
    rules.cedar:2:30 error OP0501: found the variable `action` where the variable `resource` must be used
      help: policy scopes must contain a `principal`, `action`, and `resource` element in that order
    rules.cedar:2:45 error OP0501: invalid variable: wrong
      help: the valid Cedar variables are `principal`, `action`, `resource`, and `context`; did you mean to enclose `wrong` in quotes to make a string?
    "#
    );
    insta::assert_snapshot!(check("\n  permit (principal == ?principal, action, resource);"), @r#"
    rules.cedar:2:3 error OP0501: a policy cannot have `?principal` or `?resource`
      help: write the policy with the names of users, groups, products or ports
    "#);
}

#[test]
fn every_file_is_read() {
    let texts = [of_workspace("permit;"), of_product("shop", "forbid;"), of_product("hr-people", "@id(\"x\") when;")];
    let found = problems(&texts, &both());
    for file in ["rules.cedar:1:", "shop/policies/access.cedar:1:", "hr-people/policies/access.cedar:1:"] {
        assert!(found.contains(file), "{found}");
    }
}

#[test]
fn what_there_is_not() {
    insta::assert_snapshot!(check(r#"permit (principal, action == Action::"write", resource);"#), @r#"
    rules.cedar:1:30 error OP0502: unrecognized action `Action::"write"`
      help: did you mean `Action::"read"`?
    "#);
    let found = check("permit (principal, action, resource is Table);");
    assert!(found.starts_with("rules.cedar:1:40 error OP0502: unrecognized entity type `Table`"), "{found}");
    insta::assert_snapshot!(
        own("permit (principal, action == Action::\"readRow\", resource is shop::orders)\nwhen { resource.regions == \"EU\" };"),
        @r#"
    shop/policies/access.cedar:2:8 error OP0502: attribute `regions` on entity type `shop::orders` not found
      help: did you mean `region`?
    "#
    );
    insta::assert_snapshot!(row_rule(r#"resource.email == "x""#), @r#"
    shop/policies/access.cedar:2:82 error OP0502: unable to guarantee safety of access to optional attribute `email` on entity type `shop::orders`
      help: try testing for the attribute's presence with `e has email && ..`
    "#);
    insta::assert_snapshot!(row_rule(r"resource.id == resource.region"), @r#"
    shop/policies/access.cedar:2:82 error OP0502: the types Long and String are not compatible
      help: both operands to a `==` expression must have compatible types. Types must be exactly equal to be compatible
    "#);
    // A column that no rule can use must not look as if it were not there.
    insta::assert_snapshot!(row_rule(r"resource has score && resource.score == 1"), @r#"
    shop/policies/access.cedar:1:1 error OP0503: the rows of `shop.orders` cannot be asked for `score`
      help: rules about rows can use text, truth values, whole numbers up to 64 bits with a sign, decimal numbers of up to 18 digits with 4 after the point, days, moments and lists of texts
    "#);
}

#[test]
fn a_policy_for_every_table_must_fit_every_table() {
    let text = r#"permit (principal, action == Action::"readRow", resource) when { resource.region == "EU" };"#;
    insta::assert_snapshot!(check(text), @r#"
    rules.cedar:1:66 error OP0502: unable to guarantee safety of access to optional attribute `region` on entity type `hr_people::people` (for the tables of `hr-people`)
      help: try testing for the attribute's presence with `e has region && ..`; the policy is for the tables of every product; write `resource has column && …`, or `resource is product::table` for one of them
    "#);
    let guarded = r#"permit (principal, action == Action::"readRow", resource)
                     when { resource has region && resource.region == "EU" };"#;
    assert_eq!(check(guarded), "");
    let mut shop = crate::fixture::shop();
    shop.outputs.truncate(1);
    insta::assert_snapshot!(problems(&[of_workspace(text)], &estate(vec![shop])), @r#"
    rules.cedar:1:66 warning OP0502: a product with other columns would break this policy: attribute `region` on entity type `AnyRow` not found
      help: write `resource has column && …`, so that the policy can be for every table
    "#);
    insta::assert_snapshot!(problems(&[of_workspace(text)], &estate(Vec::new())), @r#"
    rules.cedar:1:66 error OP0502: attribute `region` on entity type `AnyRow` not found
      help: write `resource has column && …`, so that the policy can be for every table
    "#);
    assert_eq!(problems(&[of_workspace(guarded)], &estate(Vec::new())), "");
}

#[test]
fn a_policy_of_the_workspace_can_name_one_table() {
    let text = r#"permit (principal, action == Action::"readRow", resource is hr_people::people)
                  when { resource.salary < 100 };
                  forbid (principal, action == Action::"readRow", resource)
                  when { resource is shop::orders && resource.region == "EU" };"#;
    assert_eq!(check(text), "");
}

#[test]
fn a_policy_of_the_workspace_can_outlive_a_table() {
    let text = r#"permit (principal, action == Action::"readRow", resource is stock::levels) when { resource.count < 100 };
                  forbid (principal, action == Action::"readRow", resource) when { resource is stock::levels };"#;
    insta::assert_snapshot!(check(text), @r#"
    rules.cedar:1:1 warning OP0502: there is no table `stock::levels`
      help: rows are named `product::table`
    rules.cedar:2:19 warning OP0502: there is no table `stock::levels`
      help: rows are named `product::table`
    rules.cedar:2:19 warning OP0502: policy is impossible: the policy expression evaluates to false for all valid requests
    "#);
    let own = own(r#"permit (principal, action == Action::"readRow", resource is shop::gone);"#);
    assert!(own.contains("error OP0502: unrecognized entity type `shop::gone`"), "{own}");
}

#[test]
fn what_never_applies_is_a_warning() {
    insta::assert_snapshot!(
        check(r#"permit (principal, action == Action::"read", resource) when { resource is Column };"#),
        @"rules.cedar:1:1 warning OP0502: policy is impossible: the policy expression evaluates to false for all valid requests"
    );
    insta::assert_snapshot!(own(r#"permit (principal, action == Action::"readRow", resource is Column);"#), @"shop/policies/access.cedar:1:1 warning OP0502: policy is impossible: the policy expression evaluates to false for all valid requests");
    insta::assert_snapshot!(
        check(r#"forbid (principal, action, resource in Port::"shop/orders@2");
                 forbid (principal, action, resource == Column::"shop/orders@1/orders/id");
                 forbid (principal, action, resource in Product::"stock");"#),
        @r#"
    rules.cedar:1:1 warning OP0502: there is no port `shop/orders@2`
      help: ports are written `Port::"product/port@1"`, with the major version
    rules.cedar:3:18 warning OP0502: there is no product `stock`
      help: products are written `Product::"name"`
    "#
    );
}

#[test]
fn what_cannot_be_asked_of_a_row() {
    let cases = [
        "resource.id + 1 == 2",
        r#"resource has labels && resource.labels == ["a"]"#,
        r#"resource has labels && ["a", "b"].containsAll(resource.labels)"#,
        "resource has labels && resource.labels.isEmpty()",
        r#"(if resource.express then "a" else "b") == resource.region"#,
        "(resource.id > 1) == resource.express",
        r#"[resource.region, "b"].contains("a")"#,
        r#"resource.placed_at.toDate() == datetime("2026-01-01")"#,
        r"resource has day && resource.day == resource.placed_at",
        r#"User::"bob" has region && resource.region == User::"bob".region"#,
        r#"User::"bob" in Group::"a" && resource.express"#,
        r#"resource.placed_at.durationSince(datetime("2026-01-01")) > duration("1h")"#,
        r#"{a: resource.region}.a == "x""#,
    ];
    let said = |condition: &&str| {
        let found = row_rule(condition);
        let first = found.lines().next().unwrap_or_default();
        format!("{condition}\n    {}", first.trim_start_matches("shop/policies/access.cedar:1:1 error "))
    };
    insta::assert_snapshot!(cases.iter().map(said).collect::<Vec<_>>().join("\n"), @r#"
    resource.id + 1 == 2
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `+` with a column
    resource has labels && resource.labels == ["a"]
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `labels` as a whole; a list can be asked for what it contains
    resource has labels && ["a", "b"].containsAll(resource.labels)
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `containsAll` with a column
    resource has labels && resource.labels.isEmpty()
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `isEmpty`
    (if resource.express then "a" else "b") == resource.region
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `if` as a value
    (resource.id > 1) == resource.express
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses a condition as a value
    [resource.region, "b"].contains("a")
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses a set with columns in it
    resource.placed_at.toDate() == datetime("2026-01-01")
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `toDate`
    resource has day && resource.day == resource.placed_at
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `day` and `placed_at`, which have different types
    User::"bob" has region && resource.region == User::"bob".region
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `region` of something else than the row and the principal
    User::"bob" in Group::"a" && resource.express
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `in` on something else than the row and the principal
    resource.placed_at.durationSince(datetime("2026-01-01")) > duration("1h")
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `durationSince` with a column
    {a: resource.region}.a == "x"
        OP0503: this cannot be asked of the rows of `shop.orders`: it uses `a` of something else than the row and the principal
    "#);
    insta::assert_snapshot!(row_rule("resource.id + 1 == 2"), @r#"
    shop/policies/access.cedar:1:1 error OP0503: this cannot be asked of the rows of `shop.orders`: it uses `+` with a column
      help: rules about rows compare columns with values and with each other, and use `has`, `like`, `contains`, `&&`, `||`, `!` and `if`; everything about the principal can be used beside them
    "#);
    insta::assert_snapshot!(
        own(r#"forbid (principal, action == Action::"readRow", resource == shop::orders::"7");"#),
        @r#"
    shop/policies/access.cedar:1:1 error OP0503: `shop::orders::"7"` names one row
      help: rows have no names; write `resource is shop::orders` and ask for its columns
    "#
    );
}

#[test]
fn deep_conditions_are_refused_and_long_ones_are_not() {
    let long = vec!["resource.id == 1"; 400].join(" || ");
    assert_eq!(row_rule(&long), "");
    let nested = |depth: usize| {
        format!("{}resource.express{}", "if resource.express then false else (".repeat(depth), ")".repeat(depth))
    };
    assert_eq!(row_rule(&nested(90)), "");
    let found = row_rule(&nested(110));
    assert!(found.contains("OP0503") && found.contains("nested more than 100 deep"), "{found}");
}

#[test]
fn annotations() {
    let cases = [
        r#"@mask("last") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("last(0)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("last(x)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("hash(1)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("blur") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("date(decade)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("regex(a)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("regex([ => b)") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("number(10") forbid (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("hash") permit (principal, action == Action::"readColumn", resource);"#,
        r#"@mask("hash") forbid (principal, action == Action::"readRow", resource);"#,
        r#"@grace("tomorrow") forbid (principal, action, resource);"#,
        r#"@grace("2026-12-31") permit (principal, action, resource);"#,
        r#"@minimum_group("none") permit (principal, action == Action::"read", resource);"#,
        r#"@minimum_group("0") permit (principal, action == Action::"read", resource);"#,
        r#"@minimum_group("5") permit (principal, action == Action::"readRow", resource);"#,
        r#"@minimum_group("5") forbid (principal, action == Action::"read", resource);"#,
        r#"@id("outport:agreement") permit (principal, action, resource);"#,
        r"@id permit (principal, action, resource);",
        r#"@masks("hash") permit (principal, action, resource);"#,
    ];
    let said = |text: &&str| check(text).trim_start_matches("rules.cedar:1:1 ").to_owned();
    insta::assert_snapshot!(cases.iter().map(said).collect::<Vec<_>>().join("\n"), @r#"
    error OP0504: `last` lacks what belongs in brackets
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `0` is not a whole number from 1
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `x` is not a whole number from 1
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `hash` takes nothing in brackets
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `blur` is not a mask
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `decade` is not a period
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `regex` lacks `=>`
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `[` is not a regular expression
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `number(10` does not end with `)`
      help: masks are `null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(day|week|month|quarter|year)` and `regex(PATTERN => REPLACEMENT)`
    error OP0504: `@mask` means nothing here
      help: masks belong to a `forbid` of `readColumn` or a `permit` of `readMasked`
    error OP0504: `@mask` means nothing here
      help: masks belong to a `forbid` of `readColumn` or a `permit` of `readMasked`
    error OP0504: `tomorrow` is not a day
      help: write the first day of enforcement: `@grace("2026-12-31")`
    error OP0504: `@grace` means nothing here
      help: only what a `forbid` says can come later
    error OP0504: `none` is not a number of rows
      help: write a whole number: `@minimum_group("5")`
    error OP0504: `0` is not a number of rows
      help: write a whole number: `@minimum_group("5")`
    error OP0504: `@minimum_group` means nothing here
      help: it belongs to a `permit` of `read`
    error OP0504: `@minimum_group` means nothing here
      help: it belongs to a `permit` of `read`
    error OP0504: `outport:agreement` begins with `outport:`
      help: such ids are those of built-in rules
    error OP0504: `@id` is empty
      help: write `@id("…")` with a name, or leave it out
    warning OP0504: `@masks` means nothing
      help: annotations are `@id`, `@description`, `@mask`, `@grace` and `@minimum_group`
    "#);
}

#[test]
fn a_product_speaks_of_itself() {
    insta::assert_snapshot!(own(r#"permit (principal, action, resource in Product::"hr-people");"#), @r#"
    shop/policies/access.cedar:1:1 error OP0505: `Product::"hr-people"` is not of this product
      help: policies of a product decide about that product alone; what is about others belongs to the workspace
    "#);
    let cases = [
        r#"permit (principal, action, resource == Port::"hr-people/people@1");"#,
        r#"permit (principal, action, resource) unless { resource in Product::"hr-people" };"#,
        r#"permit (principal, action == Action::"readRow", resource is hr_people::people);"#,
        r#"permit (principal, action == Action::"readRow", resource) when { resource is hr_people::people };"#,
        r#"permit (principal, action in [Action::"read", Action::"administer"], resource);"#,
    ];
    for text in cases {
        let found = own(text);
        assert!(found.contains("error OP0505") && found.lines().count() == 2, "{text}\n{found}");
    }
    assert_eq!(own(r#"permit (principal, action, resource in Domain::"retail");"#), "");
}

#[test]
fn ids_are_unique_for_each_owner() {
    let twice = "@id(\"a\") permit (principal, action, resource);\n\n@id(\"a\") forbid (principal, action, resource);";
    insta::assert_snapshot!(check(twice), @r#"
    rules.cedar:3:1 error OP0506: two policies have the id `a`
      help: rename one of them; the other stands in `rules.cedar`, line 1
    "#);
    let one = "@id(\"a\") permit (principal, action, resource);";
    assert_eq!(problems(&[of_workspace(one), of_product("shop", one), of_product("hr-people", one)], &both()), "");
    let second = outport_app::policy::PolicyText { file: "more.cedar".to_owned(), ..of_workspace(one) };
    assert!(problems(&[of_workspace(one), second], &both()).starts_with("more.cedar:1:1 error OP0506"));
}

#[test]
fn the_groups_that_a_text_names() {
    let text = r#"
        permit (principal in Group::"staff", action, resource) when { "visitors" != "" };
        forbid (principal, action, resource) unless { principal in Group::"auditors" || principal in [Group::"staff"] };
    "#;
    let groups =
        |text: &str| CedarPolicies.groups(&of_workspace(text)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(groups(text), ["auditors", "staff"]);
    assert_eq!(groups("permit (principal, action, resource);"), [""; 0]);
    assert_eq!(groups("permit Group::\"staff\""), [""; 0], "what is not understood names nobody");
}
