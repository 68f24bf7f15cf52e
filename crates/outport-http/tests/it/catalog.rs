//! `GET /v1/catalog/products` and `GET /v1/estate`.

use std::collections::BTreeMap;

use axum::Router;
use outport_http::{Addresses, Endpoint};
use serde_json::{Map, Value, json};

use crate::support::{ADA, Home, OLGA, ROOT, get, request, rows, send, with};

const PARTS: [&str; 6] = ["", "/quality", "/lineage", "/consumers", "/changes", "/access"];

fn open(home: &Home) -> Router {
    home.router_with(|options| {
        options.public_url = Some("https://data.example".parse().unwrap());
        let at = |port| Some(Endpoint { host: "data.example".to_owned(), port });
        options.addresses = Addresses { http: None, postgres: at(5439), flight: at(7412) };
    })
}

async fn told(router: &Router, token: &str, path: &str) -> Value {
    let reply = send(router, request(token, "GET", path, "")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

/// Every place where a document is not as a schema says.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        return faults(document, document.pointer(name.trim_start_matches('#')).unwrap(), value, at);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let fits = either.iter().any(|schema| faults(document, schema, value, at).is_empty());
        return if fits { Vec::new() } else { vec![format!("{at} is none of these: {value}")] };
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let all = parts.iter().map(|part| resolved(document, part));
        let mut merged = json!({ "type": "object", "properties": {}, "required": [] });
        for part in all {
            let properties = part["properties"].as_object().unwrap().clone();
            merged["properties"].as_object_mut().unwrap().extend(properties);
            merged["required"].as_array_mut().unwrap().extend(part["required"].as_array().unwrap().clone());
        }
        return faults(document, &merged, value, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let known = |name: &Value| name == kind || (name == "number" && kind == "integer");
    let fits = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(known),
        name => known(name),
    };
    let mut found = if fits { Vec::new() } else { vec![format!("{at} is {kind}")] };
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{at} is {value}"));
    }
    match value {
        Value::Array(items) => {
            found.extend(items.iter().flat_map(|item| faults(document, &schema["items"], item, &format!("{at}[]"))));
        }
        Value::Object(members) => found.extend(wrong_members(document, schema, members, at)),
        _ => {}
    }
    found
}

fn wrong_members(document: &Value, schema: &Value, members: &Map<String, Value>, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let required = schema["required"].as_array().into_iter().flatten();
    found.extend(
        required.filter(|name| !members.contains_key(name.as_str().unwrap())).map(|n| format!("{at} lacks {n}")),
    );
    for (name, member) in members {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => {
                found.extend(faults(document, schema, member, &at));
            }
            (None, Some(Value::Bool(true))) => {}
            _ if schema["properties"].is_null() => {}
            _ => found.push(format!("{at} is not described")),
        }
    }
    found
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => document.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[tokio::test]
async fn answers_are_as_they_are_described() {
    let home = Home::new().await;
    let router = open(&home);
    home.answer(vec![rows(&[(1, None, None)])]);
    send(&router, request(ADA, "POST", "/v1/sql", "SELECT 1")).await;
    let document = told(&router, ADA, "/v1/openapi.json").await;
    let schema = |path: &str| {
        document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone()
    };
    for token in [ADA, OLGA, ROOT] {
        let mut asked = BTreeMap::from([
            ("/v1/catalog/products".to_owned(), "/v1/catalog/products".to_owned()),
            ("/v1/estate".to_owned(), "/v1/estate".to_owned()),
        ]);
        for part in PARTS {
            let path = format!("/v1/catalog/products/shop{part}");
            asked.insert(path, format!("/v1/catalog/products/{{product}}{part}"));
        }
        for (path, described) in asked {
            let value = told(&router, token, &path).await;
            let found = faults(&document, &schema(&described), &value, "");
            assert!(found.is_empty(), "{path}: {found:#?}\n{value:#}");
        }
    }
}

#[tokio::test]
async fn a_product_is_told_as_it_is_seen() {
    let home = Home::new().await;
    let router = open(&home);
    for part in PARTS {
        let shop = told(&router, ADA, &format!("/v1/catalog/products/shop{part}")).await.to_string();
        assert!(!shop.contains("secret") && !shop.contains("dark"), "{part}: {shop}");
    }
    let page = told(&router, ADA, "/v1/catalog/products/shop").await;
    let columns = page["outputs"][0]["tables"][0]["columns"].as_array().unwrap();
    let seen: Vec<_> = columns.iter().map(|column| (column["name"].as_str(), column["access"].as_str())).collect();
    let plain = Some("plain");
    assert_eq!(seen, [(Some("id"), plain), (Some("name"), Some("masked")), (Some("price"), plain)]);
    let root = told(&router, ROOT, "/v1/catalog/products/shop").await;
    assert_eq!(root["outputs"][0]["tables"][0]["columns"].as_array().unwrap().len(), 4);
    let vault = told(&router, ADA, "/v1/catalog/products/vault").await;
    assert_eq!((&vault["access"], &vault["doors"]), (&json!("requestable"), &json!([])));
}

#[tokio::test]
async fn what_is_hidden_is_answered_as_what_is_not_there() {
    let home = Home::new().await;
    let router = open(&home);
    for part in PARTS {
        let dark = send(&router, get(&format!("/v1/catalog/products/dark{part}"))).await.problem();
        let nothing = send(&router, get(&format!("/v1/catalog/products/nosuch{part}"))).await.problem();
        assert_eq!(dark["status"], 404, "{part}");
        assert_eq!(dark.to_string().replace("dark", "nosuch"), nothing.to_string(), "{part}");
        let odd = send(&router, get(&format!("/v1/catalog/products/No%20Name{part}"))).await;
        assert_eq!(odd.problem()["status"], 404, "{part}");
    }
    for path in ["/v1/catalog/products", "/v1/estate"] {
        let all = told(&router, ADA, path).await.to_string();
        assert!(all.contains("vault") && !all.contains("dark"), "{path}: {all}");
    }
}

#[tokio::test]
async fn the_estate_is_sent_again_only_where_it_changed() {
    let home = Home::new().await;
    let router = open(&home);
    let whole = send(&router, get("/v1/estate")).await;
    let mark = whole.header("etag").to_owned();
    let again = send(&router, with(get("/v1/estate"), "if-none-match", &mark)).await;
    assert_eq!((again.status.as_u16(), again.body.len(), again.header("etag")), (304, 0, mark.as_str()));
    assert_ne!(again.header("outport-request"), whole.header("outport-request"), "it is on record all the same");
    // Whoever is told something else is not told that it is the same.
    let other = with(request(ROOT, "GET", "/v1/estate", ""), "if-none-match", &mark);
    assert_eq!(send(&router, other).await.status, 200);
    // A reader more is another answer.
    home.answer(vec![rows(&[(1, None, None)])]);
    send(&router, request("bob-token", "POST", "/v1/sql", "SELECT * FROM shop.daily")).await;
    let after = send(&router, with(get("/v1/estate"), "if-none-match", &mark)).await;
    assert_eq!((after.status.as_u16(), after.header("etag") == mark), (200, false));
}

#[tokio::test]
async fn products_come_in_pages() {
    let home = Home::new().await;
    let router = open(&home);
    let first = send(&router, get("/v1/catalog/products?limit=1")).await;
    assert_eq!(first.json().as_array().unwrap().len(), 1);
    let link = first.header("link").to_owned();
    let next = link.trim_start_matches("<https://data.example").split('>').next().unwrap();
    let second = send(&router, get(next)).await;
    assert_eq!((second.json()[0]["name"].as_str(), second.header("link")), (Some("vault"), ""));
    for wrong in ["/v1/catalog/products?cursor=%21", "/v1/catalog/products?page=2"] {
        assert_eq!(send(&router, get(wrong)).await.problem()["status"], 400, "{wrong}");
    }
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused() {
    let home = Home::new().await;
    let router = open(&home);
    let shop = "/v1/catalog/products/shop";
    for wrong in ["/lineage?direction=left", "/lineage?depth=far", "/consumers?days=-1", "/consumers?user=ada"] {
        assert_eq!(send(&router, get(&format!("{shop}{wrong}"))).await.problem()["status"], 400, "{wrong}");
    }
    let many = told(&router, ADA, &format!("{shop}/consumers?days=65000")).await;
    assert_eq!(many["days"], 90);
    assert_eq!(many["trend"].as_array().unwrap().len(), 90);
}

#[tokio::test]
async fn readers_are_counted_for_everyone_and_named_to_operators() {
    let home = Home::new().await;
    let router = open(&home);
    home.answer(vec![rows(&[(1, None, None), (2, None, None)])]);
    let reply = send(&router, request("bob-token", "POST", "/v1/sql", "SELECT * FROM shop.daily")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let consumers = "/v1/catalog/products/shop/consumers?days=1";
    let ada = told(&router, ADA, consumers).await;
    assert_eq!((&ada["complete"], &ada["consumers"]), (&json!(false), &json!([])));
    assert_eq!((&ada["trend"][0]["requests"], &ada["trend"][0]["rows"]), (&json!(1), &Value::Null));
    let olga = told(&router, OLGA, consumers).await;
    let bob = &olga["consumers"][0];
    assert_eq!((&bob["principal"], &bob["rows"], &bob["doors"]), (&json!("bob"), &json!(2), &json!(["sql"])));
    assert_eq!(bob["columns"], json!([{ "table": "daily", "columns": ["id"] }]));
}

#[tokio::test]
async fn lines_to_copy_are_for_this_reader_and_this_server() {
    let home = Home::new().await;
    let doors = |page: &Value| {
        let doors = page["doors"].as_array().unwrap().iter();
        doors.map(|door| (door["door"].as_str().unwrap().to_owned(), door.to_string())).collect::<BTreeMap<_, _>>()
    };
    let open = doors(&told(&open(&home), ADA, "/v1/catalog/products/shop").await);
    let names: Vec<_> = open.keys().map(String::as_str).collect();
    let all = ["changes", "download", "flight", "graphql", "mcp", "postgres", "rest", "sharing", "sql"];
    assert_eq!(names, all);
    assert!(open["postgres"].contains("host=data.example port=5439 dbname=prod user=ada sslmode=require"));
    assert!(open["flight"].contains("grpc+tls://data.example:7412"));
    assert!(open["sql"].contains("https://data.example/v1/sql"));
    assert!(open["sql"].contains("SELECT id, price, name FROM shop.daily LIMIT 10"), "{}", open["sql"]);
    assert!(open.values().all(|door| !door.contains(ADA)), "no token is ever written");

    // Doors that are closed are not offered.
    let local = home.router_with(|options| {
        options.addresses.http = Some(Endpoint { host: "127.0.0.1".to_owned(), port: 7411 });
    });
    let few = doors(&told(&local, ADA, "/v1/catalog/products/shop").await);
    assert!(!few.contains_key("postgres") && !few.contains_key("flight"));
    assert!(few["rest"].contains("http://127.0.0.1:7411/v1/data/shop/daily"));
    let unknown = told(&home.router(), ADA, "/v1/catalog/products/shop").await;
    assert_eq!(unknown["doors"], json!([]), "without an address there is nothing to copy");
}
