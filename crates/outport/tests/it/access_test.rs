//! `outport access test`: policies against test cases, without data and without a server.

use serde_json::json;

use crate::{
    place::{Place, ask_python, snapshot},
    shop::{open_shop, shop},
};

const POLICIES: &str = r#"
@id("clerks")
permit(principal in Group::"clerks", action in Action::"read", resource);

@id("small-amounts")
forbid(principal, action == Action::"readRow", resource)
when { resource has amount && resource.amount > 10 };
"#;

const CASES: &str = "\
apiVersion: outport/v1
kind: AccessTests
principals:
  cleo: {groups: [clerks]}
  eve: {}
rows:
  sales:
    small: {id: 1, item: pear, amount: 3}
    large: {id: 2, item: gold, amount: 300}
    unknown: {id: 3, item: fig}
cases:
  - name: clerks see what is small
    principal: cleo
    table: sales
    expect: {by: [clerks], columns: {item: clear}, rows: [small, unknown]}
  - name: others see nothing
    principal: eve
    table: sales
    expect: denied
";

/// The shop with policies and cases, and no home.
fn guarded() -> Place {
    let place = shop();
    place.write("shop/policies/access.cedar", POLICIES);
    place.write("shop/policies/tests/sales.yaml", CASES);
    place
}

#[test]
fn cases_that_hold_need_neither_data_nor_a_home() {
    let place = guarded();
    std::fs::remove_dir_all(place.path("data")).unwrap();
    snapshot!(place, place.run(&["access", "test", "shop"]), @"
    exit 0
    --- stdout
    shop/policies/tests/sales.yaml
      ✓ clerks see what is small
      ✓ others see nothing
    2 of 2 cases as expected
    ");
    assert!(!place.path("home").exists(), "no home is needed and none is made");
}

#[test]
fn a_case_that_does_not_hold_says_what_was_decided_and_why() {
    let place = guarded();
    place.edit("shop/policies/access.cedar", "> 10", "> 1");
    place.edit("shop/policies/tests/sales.yaml", "item: clear", "item: masked hash");
    place.edit("shop/policies/tests/sales.yaml", "expect: denied", "expect: allowed");
    snapshot!(place, place.run(&["access", "test", "shop"]), @"
    exit 1
    --- stdout
    shop/policies/tests/sales.yaml
      ✗ clerks see what is small (line 12)
          column `item`
            expected: masked hash
            decided:  clear
            because permitted by shop: clerks
          rows that are seen
            expected: small, unknown
            decided:  unknown
            + true  (shop: clerks)
            - (resource has amount) && (!(resource.amount <= 1))  (shop: small-amounts)
      ✗ others see nothing (line 16)
          access
            expected: allowed
            decided:  denied
            because no policy permits it
    0 of 2 cases as expected
    --- stderr
    error: 2 of 2 cases are not as expected
    ");
    let found = place.run(&["access", "test", "shop", "--output", "json"]);
    assert_eq!((found.code, found.stderr.as_str()), (1, ""));
    let found = found.json();
    assert_eq!(found["passed"], false);
    assert_eq!(found["cases"][0]["line"], 12);
    assert_eq!(
        found["cases"][0]["differences"][1],
        json!({"about": {"kind": "rows"}, "expected": "small, unknown", "found": "unknown"})
    );
    assert_eq!(found["cases"][0]["decided"]["table"]["verdict"]["read"]["allowed"], true);
    assert_eq!(found["cases"][0]["decided"]["table"]["rows"], json!(["unknown"]));
    let junit = place.run(&["access", "test", "shop", "--format", "junit"]);
    assert_eq!((junit.code, junit.stderr.as_str()), (1, ""));
    let program = "
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find('testsuite')
print(suite.get('name'), suite.get('tests'), suite.get('failures'))
for case in suite: print(case.get('name'), case.get('line'), '|', case.find('failure').get('message'))
";
    place.write("junit.xml", &junit.stdout);
    insta::assert_snapshot!(ask_python(program, &[&place.path("junit.xml")]), @"
    shop/policies/tests/sales.yaml 2 2
    clerks see what is small 12 | column `item`: expected masked hash, decided clear; rows that are seen: expected small, unknown, decided unknown
    others see nothing 16 | access: expected allowed, decided denied
    ");
}

#[test]
fn the_policies_of_the_workspace_count_and_can_be_tried_before_they_are_in_force() {
    let place = guarded();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.run(&["access", "test", "shop"]).succeeded();
    place.write("trial/all.cedar", "@id(\"closed\") forbid(principal, action, resource);\n");
    let tried = place.run(&["access", "test", "shop", "--policies", "trial/all.cedar"]);
    assert!(tried.code == 1 && tried.stdout.contains("because forbidden by closed"), "{}", tried.text());
    place.run(&["access", "test", "shop"]).succeeded();
    place.run(&["access", "policy", "set", "trial/all.cedar"]).succeeded();
    assert_eq!(place.run(&["access", "test", "shop"]).code, 1);
    place.write("open/all.cedar", "@id(\"open\") permit(principal in Group::\"nobody\", action, resource);\n");
    place.run(&["access", "test", "shop", "--policies", "open/all.cedar"]).succeeded();
}

#[test]
fn a_file_of_its_own_is_about_everything_on_record() {
    let place = open_shop();
    let cases = "\
apiVersion: outport/v1
kind: AccessTests
principals: {eve: {}, auditor: {groups: [auditors]}}
cases:
  - {name: nobody reads, principal: eve, table: shop.sales, expect: denied}
  - {name: nobody reads what others asked, principal: eve, table: outport.requests, expect: denied}
  - {name: an agreement is enough, principal: eve, purpose: audit, agreement: {}, table: shop.sales, expect: {by: ['outport:agreement']}}
";
    place.write("all.access.yaml", cases);
    snapshot!(place, place.run(&["access", "test", "all.access.yaml"]), @"
    exit 0
    --- stdout
    all.access.yaml
      ✓ nobody reads
      ✓ nobody reads what others asked
      ✓ an agreement is enough
    3 of 3 cases as expected
    ");
    snapshot!(place, place.run(&["validate", "all.access.yaml"]), @"
    exit 0
    --- stdout
    `all.access.yaml` is valid
    ");
    place.edit("all.access.yaml", "shop.sales, expect: denied", "shop.sale, expect: denied");
    snapshot!(place, place.run(&["access", "test", "all.access.yaml"]), @"
    exit 1
    --- stderr
    error[OP0507]

      × there is no table `sale`
       ╭─[all.access.yaml:5:49]
     4 │ cases:
     5 │   - {name: nobody reads, principal: eve, table: shop.sale, expect: denied}
       ·                                                 ─────────
     6 │   - {name: nobody reads what others asked, principal: eve, table: outport.requests, expect: denied}
       ╰────
      help: did you mean `sales`?
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn validate_and_plan_look_at_cases_too() {
    let place = guarded();
    place.edit("shop/policies/tests/sales.yaml", "principal: eve", "principal: eva");
    snapshot!(place, place.run(&["validate", "shop"]), @"
    exit 1
    --- stdout
    `shop` is not valid: 1 error, 0 warnings
    --- stderr
    error[OP0507]

      × there is no principal `eva`
        ╭─[shop/policies/tests/sales.yaml:17:16]
     16 │   - name: others see nothing
     17 │     principal: eva
        ·                ───
     18 │     table: sales
        ╰────
      help: did you mean `eve`?
    ");
    assert_eq!(place.run(&["plan", "shop"]).code, 1);
    let found = place.run(&["access", "test", "shop", "--output", "json"]).json();
    assert_eq!(found["diagnostics"][0]["code"], "OP0507");
}

#[test]
fn a_plan_looks_at_policies_beside_every_product_that_there_will_be() {
    let place = open_shop();
    for file in [
        "product.odps.yaml",
        "outport.yaml",
        "contracts/input.odcs.yaml",
        "contracts/sales.odcs.yaml",
        "models/sales.sql",
    ] {
        let text = std::fs::read_to_string(place.path("shop").join(file)).unwrap();
        place.write(&format!("stall/{file}"), text.replace("shop", "stall").replace("Shop", "Stall"));
    }
    place.run(&["apply", "stall", "--yes"]).succeeded();
    let of_shop =
        r#"forbid(principal, action == Action::"readRow", resource is shop::sales) when { resource.id > 9 };"#;
    place.write("governance.cedar", of_shop);
    place.run(&["access", "policy", "set", "governance.cedar"]).succeeded();
    place.write("more.cedar", r#"forbid(principal, action, resource in Product::"market");"#);
    place.run(&["access", "policy", "set", "more.cedar"]).succeeded();

    // A plan of one product knows of the others, and not of what is nowhere.
    place.edit("stall/models/sales.sql", "FROM input.sales", "FROM input.sales WHERE amount > 0");
    let planned = place.run(&["plan", "stall"]).succeeded();
    assert!(planned.stderr.contains("there is no product `market`"), "{}", planned.text());
    assert_eq!(planned.stderr.matches("OP0502").count(), 1, "{}", planned.text());

    place.run(&["delete", "shop", "--yes"]).succeeded();
    let planned = place.run(&["plan", "stall"]).succeeded();
    assert!(planned.stderr.contains("there is no table `shop::sales`"), "{}", planned.text());
    assert!(planned.stderr.contains("there is no product `market`"), "{}", planned.text());
}

#[test]
fn policies_that_cannot_be_used_and_cases_that_are_not_there() {
    let place = guarded();
    place.edit("shop/policies/access.cedar", "resource.amount > 10", "resource.amount + 1 > 10");
    let ran = place.run(&["access", "test", "shop"]);
    assert!(ran.code == 1 && ran.stderr.contains("error[OP0503]"), "{}", ran.text());
    assert!(ran.stderr.contains("shop/policies/access.cedar:5"), "{}", ran.text());
    std::fs::remove_file(place.path("shop/policies/tests/sales.yaml")).unwrap();
    snapshot!(place, place.run(&["access", "test", "shop"]), @"
    exit 1
    --- stderr
    error: there are no test cases in `shop`
    help: write them in `policies/tests/*.yaml` of a bundle, or name a file of cases
    ");
}

#[test]
fn the_examples_hold() {
    let place = Place::with_example("retail");
    let policies = "retail/governance.cedar";
    let all = ["access", "test", "retail", "retail/governance.access.yaml", "--policies", policies];
    snapshot!(place, place.run(&all), @"
    exit 0
    --- stdout
    retail/suppliers/policies/tests/suppliers.access.yaml
      ✓ a buyer sees the suppliers of their region, and balances in steps
      ✓ a buyer of no region sees all suppliers
      ✓ finance sees balances as they are
      ✓ nobody else reads
      ✓ an agreement lets others read the columns that it is about
      ✓ an agreement that is over lets nobody read
    retail/governance.access.yaml
      ✓ analysts see the customers of their region, and not whom they could call
      ✓ an analyst of no region sees no customer
      ✓ rows that do not say their region are in nobody's
      ✓ analysts know of everything
      ✓ analysts read nothing else
      ✓ stewards see everything
      ✓ stewards decide on what others ask for
      ✓ analysts decide on nothing
      ✓ nobody but administrators governs
    15 of 15 cases as expected
    ");
    place.run(&["access", "test", "retail/suppliers"]).succeeded();
}
