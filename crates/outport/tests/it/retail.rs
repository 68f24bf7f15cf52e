//! The nine products of `examples/retail`: the life of a workspace.

use serde_json::{Value, json};

use crate::place::{Place, examples, snapshot};

fn applied() -> Place {
    let place = Place::with_example("retail");
    place.run(&["apply", "retail", "--yes"]).succeeded();
    place
}

fn texts<'a>(values: &'a Value, key: &str) -> Vec<&'a str> {
    values.as_array().unwrap().iter().map(|value| value[key].as_str().unwrap_or("-")).collect()
}

fn states(summary: &Value) -> Vec<String> {
    let runs = summary["runs"].as_array().unwrap();
    runs.iter().map(|run| run["run"]["state"].as_str().unwrap_or("-").to_owned()).collect()
}

#[test]
fn every_product_is_published_once() {
    let place = Place::with_example("retail");
    assert_eq!(place.run(&["plan", "retail", "--detailed-exitcode"]).code, 2);

    let first = place.run(&["apply", "retail", "--yes", "--output", "json"]).succeeded();
    let summary = first.json();
    assert_eq!(states(&summary), ["published"; 9]);
    assert_eq!(texts(&summary["plan"]["products"], "action"), ["create"; 9]);
    assert!(first.events().iter().any(|event| event["event"] == "audited"), "events stand before the summary");

    let second = place.run(&["apply", "retail", "--yes"]).succeeded();
    assert_eq!(second.stdout, "nothing to change: everything is as the bundles say\n");
    assert_eq!(place.run(&["plan", "retail", "--detailed-exitcode"]).code, 0);
    let plan = place.run(&["plan", "retail", "-o", "json"]).succeeded().json();
    assert_eq!(texts(&plan["products"], "action"), ["unchanged"; 9]);

    let runs = place.run(&["run", "-o", "json"]).succeeded().json();
    assert_eq!(states(&runs), ["unchanged"; 9]);
    let one = place.run(&["run", "revenue"]).succeeded();
    assert_eq!(one.stdout, "= revenue: nothing new, release 1 stays\n1 unchanged\n");

    let listed = place.run(&["get", "-o", "json"]).succeeded().json();
    assert_eq!(listed.as_array().unwrap().len(), 9);
    assert!(listed.as_array().unwrap().iter().all(|product| product["release"]["number"] == 1), "{listed:#}");
    let customers = place.run(&["get", "customers", "-o", "json"]).succeeded().json();
    assert_eq!(customers["release"]["tables"]["customers"]["version"]["rows"], 1_500, "{customers:#}");
    assert!(customers["checks"].as_array().unwrap().len() > 40);
    assert_eq!(place.scalar("SELECT count(*) FROM customers.customers"), 1_500);
}

#[test]
fn a_breaking_change_is_refused_and_names_who_is_affected() {
    let place = applied();
    let breaking = examples().join("breaking-change/customers");
    let breaking = breaking.to_str().unwrap();
    let planned = place.run(&["plan", breaking, "--detailed-exitcode"]);
    assert_eq!(planned.code, 1);
    snapshot!(place, planned, @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      ~ customers 1.0.0 → 1.1.0 changes
          ~ port customers@1: a major change, contract 1.0.0 → 1.1.0
              column `customers.nation` removed (major)
              column `customers.market_segment` removed (major)
              column `customers.country` added (minor)
          files: ~ contracts/customers.odcs.yaml, - docs/usage.md, ~ models/customers.sql, ~ product.odps.yaml
          builds: customers
          who is affected:
            customer-360.customers: its rows depend on customers.customers.market_segment
            customer-360.customers: its rows depend on customers.customers.nation
            revenue.revenue: its rows depend on customers.customers.market_segment
            revenue.revenue: its rows depend on customers.customers.nation
            revenue-optimisation.market_years: its rows depend on customers.customers.nation
          refused: the contract of port `customers` changes more than its version says: 1.1.0 must be at least 2.0.0
          refused: `customers.customers.market_segment` is still read by `customer-360`, `revenue`, `revenue-optimisation`
          refused: `customers.customers.nation` is still read by `customer-360`, `revenue`, `revenue-optimisation`

    1 to change, refused for 3 reasons
    ");
    snapshot!(place, place.run(&["apply", breaking, "--yes", "--quiet"]), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      ~ customers 1.0.0 → 1.1.0 changes
          ~ port customers@1: a major change, contract 1.0.0 → 1.1.0
              column `customers.nation` removed (major)
              column `customers.market_segment` removed (major)
              column `customers.country` added (minor)
          files: ~ contracts/customers.odcs.yaml, - docs/usage.md, ~ models/customers.sql, ~ product.odps.yaml
          builds: customers
          who is affected:
            customer-360.customers: its rows depend on customers.customers.market_segment
            customer-360.customers: its rows depend on customers.customers.nation
            revenue.revenue: its rows depend on customers.customers.market_segment
            revenue.revenue: its rows depend on customers.customers.nation
            revenue-optimisation.market_years: its rows depend on customers.customers.nation
          refused: the contract of port `customers` changes more than its version says: 1.1.0 must be at least 2.0.0
          refused: `customers.customers.market_segment` is still read by `customer-360`, `revenue`, `revenue-optimisation`
          refused: `customers.customers.nation` is still read by `customer-360`, `revenue`, `revenue-optimisation`

    1 to change, refused for 3 reasons
    --- stderr
    error: the plan is refused
      customers: the contract of port `customers` changes more than its version says: 1.1.0 must be at least 2.0.0
      customers: `customers.customers.market_segment` is still read by `customer-360`, `revenue`, `revenue-optimisation`
      customers: `customers.customers.nation` is still read by `customer-360`, `revenue`, `revenue-optimisation`
    help: raise the version of the contract and of the port as shown
    ");
    // What the version says can be corrected, so it cannot be forced.
    assert_eq!(place.run(&["apply", breaking, "--yes", "--force"]).code, 1);
    assert_eq!(place.scalar("SELECT count(DISTINCT nation) FROM customers.customers"), 25);
}

#[test]
fn what_is_read_is_deleted_only_by_force_and_that_is_on_record() {
    let place = applied();
    snapshot!(place, place.run(&["delete", "customers", "--yes"]), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      - customers 1.0.0 is removed
          who is affected:
            customer-360.customers: its rows depend on customers.customers
            revenue.revenue: its rows depend on customers.customers
            revenue-optimisation.market_years: its rows depend on customers.customers
          refused: `customers` is still read by `customer-360`, `revenue`

    1 to remove, refused for 1 reason
    --- stderr
    error: the plan is refused
      customers: `customers` is still read by `customer-360`, `revenue`
    help: change the readers first, or say `--force`: the removal is then on record
    ");
    assert_eq!(place.scalar("SELECT count(*) FROM customers.customers"), 1_500);

    place.run(&["delete", "customers", "--yes", "--force"]).succeeded();
    let history = place.run(&["history", "customers"]).succeeded().stdout;
    assert!(history.contains("customer-360") && history.contains("revenue"), "{history}");
    let gone = place.run(&["query", "SELECT * FROM customers.customers"]);
    assert_eq!(gone.code, 1, "{}", gone.text());
    assert_eq!(place.run(&["get", "customers"]).code, 1);
}

#[test]
fn what_left_the_record_is_listed_and_collected() {
    let place = applied();
    let stored = place.path("home/warehouse");
    let has = |product: &str| std::fs::read_dir(stored.join(product)).is_ok_and(|mut found| found.next().is_some());
    place.run(&["delete", "revenue-optimisation", "--yes"]).succeeded();
    assert!(has("revenue-optimisation"), "its tables stay until the next apply");

    std::fs::remove_dir_all(place.path("retail/revenue-optimisation")).unwrap();
    let planned = place.run(&["plan", "retail", "--detailed-exitcode", "-o", "json"]);
    assert_eq!(planned.code, 2);
    let garbage: Vec<String> = serde_json::from_value(planned.json()["garbage"].clone()).unwrap();
    assert_eq!(garbage.len(), 3, "{garbage:?}");
    assert!(garbage.iter().all(|path| path.starts_with("revenue-optimisation/")), "{garbage:?}");

    let applied = place.run(&["apply", "retail", "--yes", "-o", "json"]).succeeded().json();
    assert_eq!(applied["collected"], 3);
    assert!(!has("revenue-optimisation"), "its tables are gone");
    assert!(has("revenue"), "others stay");
    assert_eq!(place.run(&["plan", "retail", "--detailed-exitcode"]).code, 0);
}

/// Another answer to the same question, so that a second release can be told from the first.
fn change_customers(place: &Place) {
    place.edit("retail/customers/models/customers.sql", "customer.c_name AS name", "customer.c_name || '0' AS name");
}

#[test]
fn rollback_shows_the_release_from_before() {
    let place = applied();
    change_customers(&place);
    place.run(&["apply", "retail", "--yes"]).succeeded();
    let name = "SELECT name FROM customers.customers WHERE customer_id = 1";
    assert_eq!(place.scalar(name), "Customer#0000000010");

    let back = place.run(&["rollback", "customers"]).succeeded();
    assert_eq!(back.stdout, "release 1 of `customers` is current again (before: 2)\n");
    assert_eq!(place.scalar(name), "Customer#000000001");
    let all = place.run(&["run"]).succeeded().stdout;
    assert!(all.contains("= customers: held at release 1, to which it was rolled back"), "{all}");
    assert_eq!(place.scalar(name), "Customer#000000001");
    assert_eq!(place.run(&["rollback", "customers", "--to", "2", "-o", "json"]).succeeded().json()["to"], 2);
    assert_eq!(place.scalar(name), "Customer#0000000010");
    snapshot!(place, place.run(&["rollback", "customers", "--to", "7"]), @"
    exit 1
    --- stderr
    error: product `customers` has no release 7
    help: its releases: `outport history customers`
    ");
    snapshot!(place, place.run(&["rollback", "revenue"]), @"
    exit 1
    --- stderr
    error: `revenue` has no earlier release
    help: its releases: `outport history revenue`
    ");
}

#[test]
fn a_new_major_stands_beside_the_old_one() {
    let place = applied();
    let old = std::fs::read_to_string(place.path("retail/customers/contracts/customers.odcs.yaml")).unwrap();
    let new = old.replace("version: 1.0.0", "version: 2.0.0").replace("- name: nation\n", "- name: country\n");
    place.write("retail/customers/contracts/customers-2.odcs.yaml", new);
    place.edit(
        "retail/customers/product.odps.yaml",
        "support:\n",
        "  - {name: customers, type: tables, version: 2.0.0, contractId: customers.customers}\nsupport:\n",
    );
    place.edit(
        "retail/customers/product.odps.yaml",
        "id: customers\nname: Customers\nversion: 1.0.0",
        "id: customers\nname: Customers\nversion: 1.1.0",
    );
    let model = std::fs::read_to_string(place.path("retail/customers/models/customers.sql")).unwrap();
    place.write("retail/customers/models/customers_v1.sql", &model);
    place.write("retail/customers/models/customers.sql", model.replace("AS nation,", "AS country,"));
    place.run(&["apply", "retail", "--yes"]).succeeded();

    assert_eq!(place.scalar(r#"SELECT count(DISTINCT nation) FROM "customers@1".customers"#), 25);
    assert_eq!(place.scalar(r#"SELECT count(DISTINCT country) FROM "customers@2".customers"#), 25);
    let revenue = place.run(&["run", "revenue", "-o", "json"]).succeeded().json();
    assert_eq!(revenue["runs"][0]["run"]["state"], "unchanged", "readers of the old major are as they were");
}

#[test]
fn workspaces_do_not_see_each_other_and_share_what_is_built() {
    let place = applied();
    let none = place.run(&["query", "SELECT * FROM customers.customers", "-w", "prod"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("nothing is released yet"), "{}", none.stderr);

    let applied = place.run(&["apply", "retail", "--yes", "-w", "prod", "-o", "json"]).succeeded();
    assert_eq!(states(&applied.json()), ["published"; 9]);
    let built: Vec<_> = applied.events().into_iter().filter(|event| event["event"] == "modelBuilt").collect();
    assert!(built.len() > 10);
    let anew: Vec<_> = built.iter().filter(|event| event["reused"] == false && event["rows"] != json!(null)).collect();
    assert!(anew.is_empty(), "built a second time: {anew:#?}");

    place.run(&["delete", "revenue-optimisation", "--yes"]).succeeded();
    place.run(&["query", "SELECT * FROM revenue_optimisation.market_years", "-w", "prod"]).succeeded();
    std::fs::remove_dir_all(place.path("retail/revenue-optimisation")).unwrap();
    let planned = place.run(&["plan", "retail", "-o", "json"]).succeeded().json();
    assert_eq!(planned["garbage"], json!([]), "`prod` needs the tables");
}
