//! The catalog of `examples/retail`, served: what an analyst and a steward are told, and lines to copy that work.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    place::{Place, clients_python},
    served::{Served, token},
};

/// `ann` is an analyst of Europe, `pia` a steward.
fn retail() -> Place {
    let place = Place::with_example("retail");
    place.run(&["apply", "retail", "--yes"]).succeeded();
    place.run(&["access", "policy", "set", "retail/governance.cedar"]).succeeded();
    place.run(&["user", "set", "ann", "--group", "analysts", "--region", "EUROPE"]).succeeded();
    place.run(&["user", "set", "pia", "--group", "stewards"]).succeeded();
    place
}

#[track_caller]
fn told(served: &Served, token: &str, path: &str) -> Value {
    let (status, body) = served.curl(path, Some(token), &[]);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[test]
fn a_product_is_understood_without_its_bundle() {
    let place = retail();
    let (ann, pia) = (token(&place, "ann"), token(&place, "pia"));
    let served = Served::open(&place);
    let about = |part: &str| told(&served, &ann, &format!("/v1/catalog/products/customer-360{part}"));

    let cards = told(&served, &ann, "/v1/catalog/products");
    let access = |name: &str| {
        let card = cards.as_array().unwrap().iter().find(|card| card["name"] == name);
        card.unwrap()["access"].clone()
    };
    assert_eq!((access("customer-360"), access("orders")), (json!("open"), json!("requestable")));

    let page = about("");
    assert_eq!(page["description"]["usage"], "Join the two tables on customer_id.");
    assert_eq!(page["support"][0]["url"], "mailto:customer-care@example.com");
    assert_eq!(page["team"][1], json!({"name": "privacy-steward@example.com", "role": "data steward"}));
    assert_eq!(page["docs"][0]["title"], "Customer 360");
    assert!(page["docs"][0]["text"].as_str().unwrap().contains("`market_share`"));
    assert_eq!(page["inputs"].as_array().unwrap().len(), 5);
    assert!(page["trust"]["passed"].as_u64().unwrap() > 40, "{}", page["trust"]);
    let table = &page["outputs"][0]["tables"][0];
    let column = |name: &str| table["columns"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone();
    assert_eq!((&table["sqlName"], &table["rowsFiltered"]), (&json!("customer_360.customers"), &json!(true)));
    assert_eq!(
        (column("phone")["access"].clone(), column("phone")["mask"].clone()),
        (json!("masked"), json!("the first 2 characters"))
    );
    assert_eq!(column("customer_id")["primaryKey"], 1);

    let rows = |token: &str| {
        let quality = told(&served, token, "/v1/catalog/products/customer-360/quality");
        quality["releases"][0]["checks"].as_array().unwrap().iter().filter(|check| !check["rows"].is_null()).count()
    };
    assert_eq!(rows(&ann), 0, "she does not see all rows, so that she is not told how many there are");
    assert!(rows(&pia) > 40);

    let lineage = about("/lineage?direction=up&depth=1").to_string();
    let edge = "{\"from\":{\"product\":\"customers\",\"table\":\"customers\",\"column\":\"phone\"},\
                \"to\":{\"product\":\"customer-360\",\"table\":\"customers\",\"column\":\"phone\"},\"kind\":\"direct\"}";
    assert!(lineage.contains(edge), "{lineage}");

    served.sql(&ann, "SELECT region, phone FROM customer_360.customers LIMIT 2");
    let consumers = about("/consumers?days=2");
    let own = &consumers["consumers"][0];
    assert_eq!((&own["principal"], &own["doors"]), (&json!("ann"), &json!(["sql"])));
    assert_eq!(own["columns"], json!([{"table": "customers", "columns": ["phone", "region"]}]));

    let changes = about("/changes");
    assert_eq!((&changes["releases"][0]["number"], &changes["runs"]), (&json!(1), &json!([])));
    assert_eq!(changes["contracts"][0]["to"], "1.0.0");
    let words = about("/access")["tables"][0]["words"].clone();
    assert_eq!(words[0], "Policies let you read it.");

    let estate = told(&served, &ann, "/v1/estate");
    let edge = json!({"from": "customers", "to": "customer-360", "ports": ["customers"]});
    assert!(estate["edges"].as_array().unwrap().contains(&edge), "{}", estate["edges"]);
}

#[test]
fn a_change_of_documents_builds_nothing() {
    let place = retail();
    let stored = || {
        let customers = place.run(&["get", "customers", "-o", "json"]).succeeded().json();
        customers["release"]["tables"]["customers"]["version"].clone()
    };
    let before = stored();
    place.edit("retail/customers/docs/usage.md", "# ", "# New: ");
    let plan = place.run(&["plan", "retail/customers", "-o", "json"]).succeeded().json();
    let product = &plan["products"][0];
    assert_eq!(
        (&product["action"], &product["rebuilt"], &product["ports"]),
        (&json!("change"), &json!([]), &json!([]))
    );
    place.run(&["apply", "retail/customers", "--yes"]).succeeded();
    // What is on record is audited again, and released: the same version of the same table.
    assert_eq!(stored(), before);
    let token = token(&place, "pia");
    let served = Served::open(&place);
    let page = told(&served, &token, "/v1/catalog/products/customers");
    assert!(page["docs"][0]["title"].as_str().unwrap().starts_with("New: "), "{}", page["docs"]);
    assert_eq!((&page["release"]["number"], &page["version"]), (&json!(2), &json!("1.0.0")));
}

/// Runs a line as it is copied, in a folder of the home.
fn paste(place: &Place, language: &str, text: &str, token: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_outport")).parent().unwrap().display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap());
    let mut command = match language {
        "bash" => Command::new("bash"),
        _ => Command::new(clients_python()),
    };
    command.args(["-c", text]).env("OUTPORT_TOKEN", token).env("PATH", path).env("OUTPORT_HOME", place.path("home"));
    command.current_dir(place.path("")).output().unwrap()
}

#[test]
fn lines_to_copy_work_as_they_are() {
    let place = retail();
    let ann = token(&place, "ann");
    let served = Served::open(&place);
    let page = told(&served, &ann, "/v1/catalog/products/customer-360");
    let mut pasted = Vec::new();
    for door in page["doors"].as_array().unwrap() {
        let name = door["door"].as_str().unwrap();
        for line in door["lines"].as_array().unwrap() {
            let (language, text) = (line["language"].as_str().unwrap(), line["text"].as_str().unwrap());
            if !matches!(language, "bash" | "python") {
                continue;
            }
            // The stream of changes does not end by itself.
            let text = text.replace("curl -sN", "curl -sN --max-time 2");
            let output = paste(&place, language, &text, &ann);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let ended = output.status.success() || (name == "changes" && output.status.code() == Some(28));
            assert!(ended, "{name}: {text}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(!said.contains("urn:outport:problem"), "{name}: {text}\n{said}");
            if name != "download" && line["title"] != "OpenAPI" {
                assert!(
                    said.contains("EUROPE") || name == "changes" || said.contains("customer"),
                    "{name}: {text}\n{said}"
                );
            }
            pasted.push(name.to_owned());
        }
    }
    pasted.dedup();
    let doors = ["sql", "postgres", "flight", "rest", "download", "sharing", "graphql", "changes"];
    assert_eq!(pasted, doors, "an agent asks for itself");
    assert!(place.path("customer-360-customers.parquet").exists());
}
