//! Whatever a document holds, loading it ends with a product or with an error.

use outport_spec::document::pointer;
use serde_json::{Value, json};

use crate::fixture::{DESCRIPTOR, INPUT, OUTPUT, SETTINGS, good};

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                pointers(member, &pointer::join(at, key), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &pointer::join(at, index.to_string()), found);
            }
        }
        _ => {}
    }
}

#[test]
fn any_node_may_be_anything() {
    let odd =
        [json!(null), json!(-1), json!(""), json!("${X"), json!([{}]), json!({"": [0]}), json!(true), json!("é/~#.")];
    let mut turn = odd.iter().cycle();
    for path in [DESCRIPTOR, SETTINGS, INPUT, OUTPUT] {
        let text = String::from_utf8(good().files().files()[path].clone()).unwrap();
        let document = outport_spec::Document::parse(path, text).unwrap();
        let mut found = Vec::new();
        pointers(document.value(), "", &mut found);
        for at in found {
            let mut value = document.value().clone();
            turn.next().unwrap().clone_into(value.pointer_mut(&at).unwrap());
            // Asserts that there is a product exactly where there is no error.
            good().file(path, value.to_string()).problems();
        }
    }
}
