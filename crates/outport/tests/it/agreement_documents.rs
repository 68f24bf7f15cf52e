//! Agreements as documents: from one home to another.

use serde_json::{Value, json};

use crate::{
    place::{Place, snapshot},
    shop::open_shop,
};

const CATALOG: &str =
    "permit(principal, action in [Action::\"discover\", Action::\"request\", Action::\"approve\"], resource);\n";

const ELSEWHERE: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: sales-for-marketing
name: Sales for marketing
status: approved
description: {purpose: Find out what sells., terms: Free of charge.}
startTimestamp: 2026-01-01T00:00:00Z
endTimestamp: 2035-12-31T00:00:00Z
provider: {teamId: shop, dataProductId: shop, outputPortId: sales, dataContractVersion: 1.0.0}
consumer: {teamId: marketing}
roles: [{role: sales.read}]
";

fn home() -> Place {
    let place = open_shop();
    place.write("catalog.cedar", CATALOG);
    place.run(&["access", "policy", "set", "catalog.cedar"]).succeeded();
    place.run(&["user", "set", "ann"]).succeeded();
    place.run(&["user", "set", "mia", "--group", "marketing"]).succeeded();
    place
}

fn agreements(place: &Place) -> Vec<Value> {
    let listed = place.run(&["access", "list", "--output", "json"]).succeeded().json();
    listed.as_array().unwrap().iter().map(|entry| entry["agreement"].clone()).collect()
}

fn reads(place: &Place, name: &str) -> bool {
    place.run(&["query", "SELECT count(*) FROM shop.sales", "--as", name]).code == 0
}

#[test]
fn an_agreement_goes_from_one_home_to_another_and_holds_there() {
    let (one, two) = (home(), home());
    let asked = one.run(&["access", "request", "shop.sales", "--purpose", "stock", "--as", "ann", "-o", "json"]);
    let id = asked.succeeded().json()["id"].as_str().unwrap().to_owned();
    one.run(&["access", "approve", &id, "--comment", "fine"]).succeeded();
    let folder = two.path("sent");
    let folder = folder.to_str().unwrap();
    let written = one.run(&["access", "agreement", "export", "--output-dir", folder]).succeeded();
    assert_eq!(written.stdout, format!("{folder}/{id}.oaas.yaml\n"));

    assert!(!reads(&two, "ann"));
    let file = format!("sent/{id}.oaas.yaml");
    two.run(&["validate", &file]).succeeded();
    let imported = two.run(&["access", "agreement", "import", &file]).succeeded();
    let line =
        format!("+ agreement {id} is on record: ann may read shop.sales@1, approved\n1 of 1 agreement changed\n");
    assert_eq!(imported.stdout, line);
    assert!(reads(&two, "ann"));
    let again = two.run(&["access", "agreement", "import", &file]).succeeded();
    assert!(again.stdout.starts_with("= ") && again.stdout.ends_with("0 of 1 agreement changed\n"), "{}", again.text());
    for key in ["id", "port", "consumer", "purpose", "state", "expiresAt", "requestedAt", "seconds"] {
        assert_eq!(agreements(&one)[0][key], agreements(&two)[0][key], "{key}");
    }
    let audit = two.run(&["audit", "list"]).succeeded().stdout;
    assert!(audit.contains(&format!("import {id}")), "{audit}");

    one.run(&["access", "revoke", &id]).succeeded();
    let revoked = one.run(&["access", "agreement", "export", &id]).succeeded();
    two.write("revoked.oaas.yaml", revoked.stdout);
    let moved = two.run(&["access", "agreement", "import", "revoked.oaas.yaml", "-o", "json"]).succeeded().json();
    assert_eq!((&moved[0]["change"], &moved[0]["agreement"]["state"]), (&json!("moved"), &json!("revoked")));
    assert!(!reads(&two, "ann"));
}

#[test]
fn what_another_system_wrote_comes_out_as_it_came_in() {
    let place = home();
    place.write("a.oaas.yaml", ELSEWHERE);
    place.run(&["access", "agreement", "import", "a.oaas.yaml"]).succeeded();
    assert!(reads(&place, "mia") && !reads(&place, "ann"));
    let documents = place.run(&["access", "agreement", "export", "--output", "json"]).succeeded().json();
    let document = &documents[0];
    assert_eq!((&document["id"], &document["name"]), (&json!("sales-for-marketing"), &json!("Sales for marketing")));
    assert_eq!(document["roles"], json!([{"role": "sales.read"}]));
    assert_eq!(document["description"], json!({"purpose": "Find out what sells.", "terms": "Free of charge."}));
    place.write("b.oaas.yaml", ELSEWHERE.replace("sales-for-marketing", "another"));
    place.run(&["access", "agreement", "import", "b.oaas.yaml"]).succeeded();
    snapshot!(place, place.run(&["access", "agreement", "export"]), @"
    exit 1
    --- stderr
    error: 2 documents would be one after the other
    help: name one agreement, or a folder for a file each: `--output-dir FOLDER`
    ");
}

#[test]
fn all_documents_are_imported_or_none_and_only_by_who_may_decide() {
    let place = home();
    place.write("good.oaas.yaml", ELSEWHERE);
    place.write(
        "wrong.oaas.yaml",
        ELSEWHERE.replace("sales-for-marketing", "wrong").replace("dataProductId: shop", "dataProductId: shops"),
    );
    let both = ["access", "agreement", "import", "good.oaas.yaml", "wrong.oaas.yaml"];
    snapshot!(place, place.run(&both), @"
    exit 1
    --- stderr
    error[OP0601]

      × there is no product `shops`
        ╭─[wrong.oaas.yaml:9:41]
      8 │ endTimestamp: [MOMENT]
      9 │ provider: {teamId: shop, dataProductId: shops, outputPortId: sales, dataContractVersion: 1.0.0}
        ·                                         ─────
     10 │ consumer: {teamId: marketing}
        ╰────
      help: did you mean `shop`?
    error: 1 error found; nothing was changed
    ");
    place.edit("wrong.oaas.yaml", "dataProductId: shops", "dataProductId: shop");
    place.edit("wrong.oaas.yaml", "endTimestamp: 2035-12-31T00:00:00Z", "endTimestamp: 2099-12-31T00:00:00Z");
    let late = place.run(&both);
    assert!(late.code == 1 && late.stderr.contains("an agreement lasts ten years at most"), "{}", late.text());
    assert_eq!(agreements(&place), [] as [Value; 0]);

    place.edit("wrong.oaas.yaml", "endTimestamp: 2099-12-31T00:00:00Z\n", "");
    let endless = place.run(&both);
    assert!(endless.code == 1 && endless.stderr.contains("error[OP0603]"), "{}", endless.text());
    let own = place.run(&["access", "agreement", "import", "good.oaas.yaml", "--as", "mia"]);
    assert!(
        own.code == 1 && own.stderr.contains("`mia` may not import agreements about `shop.sales@1`"),
        "{}",
        own.text()
    );
    let given = [&both[..], &["--expires", "90d", "--as", "ann"]].concat();
    let refused = place.run(&given);
    assert!(refused.code == 1 && refused.stderr.contains("may not import"), "{}", refused.text());
    assert_eq!(agreements(&place), [] as [Value; 0]);
    place.run(&[&both[..], &["--expires", "90d"]].concat()).succeeded();
    assert_eq!(agreements(&place).len(), 2);
    let refusals = place.run(&["audit", "list", "--output", "json"]).succeeded().stdout;
    assert_eq!(refusals.matches("may not import agreements").count(), 2, "{refusals}");
}
