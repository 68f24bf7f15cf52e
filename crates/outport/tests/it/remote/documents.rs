//! Agreements as documents, and test cases of policies, by a server.

use serde_json::json;

use super::{Remote, Run, Step, Write, depot_shop, follow};
use crate::{
    place::{Place, ran},
    served::token,
};

/// An agreement that another system wrote.
const ELSEWHERE: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: sales-for-marketing
name: Sales for marketing
status: approved
description: {purpose: \"${AIM:-Find out what sells.}\", terms: Free of charge.}
startTimestamp: 2026-01-01T00:00:00Z
endTimestamp: 2035-12-31T00:00:00Z
provider: {teamId: shop, dataProductId: shop, outputPortId: sales, dataContractVersion: 1.0.0}
consumer: {teamId: marketing}
roles: [{role: sales.read}]
";

/// The same about a product that there is not.
const NOWHERE: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: nowhere
status: approved
description: {purpose: Find out what sells.}
endTimestamp: 2035-12-31T00:00:00Z
provider: {teamId: shop, dataProductId: shops, outputPortId: sales}
consumer: {userId: ann}
";

/// The same without an end.
const ENDLESS: &str = "\
apiVersion: v0.9.0
kind: AccessAgreement
id: endless
status: requested
description: {purpose: Find out what sells.}
provider: {teamId: shop, dataProductId: shop, outputPortId: sales}
consumer: {userId: ann}
";

/// Agreements as documents.
const DOCUMENTS: &[Step] = &[
    Write("a.oaas.yaml", ELSEWHERE),
    Write("b.oaas.yaml", ENDLESS),
    Write("wrong.oaas.yaml", NOWHERE),
    Run(&["access", "agreement", "export"]),
    Run(&["access", "agreement", "import", "nosuch.oaas.yaml"]),
    Run(&["access", "agreement", "import", "a.oaas.yaml", "wrong.oaas.yaml"]),
    Run(&["access", "list"]),
    Run(&["access", "agreement", "import", "b.oaas.yaml"]),
    Run(&["access", "agreement", "import", "a.oaas.yaml"]),
    Run(&["access", "agreement", "import", "a.oaas.yaml"]),
    Run(&["access", "agreement", "export"]),
    Run(&["access", "agreement", "import", "a.oaas.yaml", "b.oaas.yaml", "--expires", "30d", "--output", "json"]),
    Run(&["access", "list", "--output", "json"]),
    Run(&["access", "agreement", "export"]),
    Run(&["access", "agreement", "export", "--output", "json"]),
    Run(&["access", "agreement", "export", "00000000-0000-4000-8000-000000000000"]),
    Run(&["access", "agreement", "export", "--output-dir", "exported"]),
    Run(&["access", "agreement", "export", "--output-dir", "exported", "--output", "json"]),
];

/// Cases of a bundle, and cases about what is on record.
const CASES: &str = "\
apiVersion: outport/v1
kind: AccessTests
principals: {cleo: {groups: [clerks]}, eve: {}}
rows:
  sales:
    small: {id: 1, item: pear, amount: 3}
    large: {id: 2, item: gold, amount: 300}
cases:
  - {name: clerks see what is small, principal: cleo, table: sales, expect: {by: [clerks], rows: [small]}}
  - {name: others see nothing, principal: eve, table: sales, expect: denied}
";
const FURTHER: &str = "\
apiVersion: outport/v1
kind: AccessTests
principals: {eve: {}}
cases:
  - {name: nobody reads, principal: eve, table: shop.sales, expect: denied}
  - {name: nobody reads what others asked, principal: eve, table: outport.requests, expect: denied}
  - {name: an agreement is enough, principal: eve, purpose: audit, agreement: {}, table: shop.sales, expect: {by: ['outport:agreement']}}
";
const CLERKS: &str = "\
@id(\"clerks\")
permit(principal in Group::\"clerks\", action in Action::\"read\", resource);
@id(\"small-amounts\")
forbid(principal, action == Action::\"readRow\", resource) when { resource has amount && resource.amount > 10 };
";

/// Policies against test cases.
const TESTS: &[Step] = &[
    Write("all.access.yaml", FURTHER),
    Run(&["access", "test", "all.access.yaml"]),
    Run(&["access", "test", "all.access.yaml", "--output", "json"]),
    Run(&["access", "test", "all.access.yaml", "--format", "junit"]),
    Run(&["access", "test", "shop"]),
    Run(&["access", "test", "nosuch"]),
    Write("shop/policies/access.cedar", CLERKS),
    Write("shop/policies/tests/sales.yaml", CASES),
    Run(&["access", "test", "shop", "all.access.yaml"]),
    Run(&["access", "test", "shop", "all.access.yaml", "--output", "json"]),
    Write("trial/open.cedar", "@id(\"open\")\npermit(principal, action, resource);\n"),
    Run(&["access", "test", "shop", "all.access.yaml", "--policies", "trial/open.cedar"]),
    Run(&["access", "test", "shop", "all.access.yaml", "--policies", "trial/open.cedar", "--output", "json"]),
    Write("trial/open.cedar", "permit(principal, action == Action::\"raed\", resource);\n"),
    Run(&["access", "test", "shop", "--policies", "trial/open.cedar"]),
    Write("shop/policies/access.cedar", "permit(principal, action == Action::\"raed\", resource);\n"),
    Run(&["access", "test", "shop"]),
    Write(
        "all.access.yaml",
        "apiVersion: outport/v1\nkind: AccessTests\ncases:\n  - {name: x, principal: eve, table: shop.sale, expect: denied}\n",
    ),
    Run(&["access", "test", "all.access.yaml"]),
    Run(&["access", "policy", "list"]),
    Run(&["access", "check"]),
];

#[test]
fn agreements_are_documents_as_on_a_home() {
    let here = depot_shop();
    let place = depot_shop();
    for place in [&here, &place] {
        place.run(&["apply", "shop", "--yes"]).succeeded();
        place.run(&["user", "set", "mia", "--group", "marketing"]).succeeded();
    }
    let there = Remote::new(place);
    let succeeded = follow(DOCUMENTS, &here, &there);
    assert_eq!(succeeded, 9, "the script does something");
    let exported = |place: &Place| {
        let mut files: Vec<_> =
            std::fs::read_dir(place.path("exported")).unwrap().map(|file| file.unwrap().file_name()).collect();
        files.sort();
        files
    };
    assert_eq!((exported(&here), exported(&here).len()), (exported(&there.place), 2));
    // What is imported holds, and comes out as it came in.
    let mia = token(&there.place, "mia");
    let count = ["query", "SELECT count(*) AS n FROM shop.sales", "--format", "csv"];
    assert_eq!(there.run_as(&mia, &count).succeeded().stdout, "n\n2\n");
    let documents = there.run(&["access", "agreement", "export", "--output", "json"]).succeeded().json();
    let documents = documents.as_array().unwrap();
    let known = documents.iter().find(|document| document["id"] == "sales-for-marketing").unwrap();
    assert_eq!(known["roles"], json!([{ "role": "sales.read" }]));
    // Variables have the values of whoever sends the documents, and never those of the server.
    let mut import = there.command(&["access", "agreement", "import", "c.oaas.yaml", "--output", "json"]);
    let text = ELSEWHERE.replace("sales-for-marketing", "c").replace("${AIM", "${OUTPORT_THREADS:-unset} ${AIM");
    there.place.write("c.oaas.yaml", text);
    let imported = ran(import.env_remove("OUTPORT_THREADS").env("AIM", "Growth.")).succeeded().json();
    assert_eq!(imported[0]["agreement"]["purpose"], "unset Growth.");
}

#[test]
fn only_who_may_decide_imports_documents_and_nobody_for_themselves() {
    let place = depot_shop();
    place.run(&["apply", "shop", "--yes"]).succeeded();
    place.write(
        "catalog.cedar",
        "permit(principal in Group::\"staff\", action in [Action::\"discover\", Action::\"request\"], resource);\n\
         permit(principal in Group::\"reviewers\", action in [Action::\"discover\", Action::\"approve\"], resource);\n\
         permit(principal in Group::\"readers\", action in Action::\"read\", resource);\n\
         forbid(principal in Group::\"readers\", action in [Action::\"readColumn\", Action::\"readMasked\"], resource) when { resource.name == \"amount\" };\n",
    );
    place.run(&["access", "policy", "set", "catalog.cedar"]).succeeded();
    for (user, groups) in [
        ("eve", &[][..]),
        ("ann", &["staff"][..]),
        ("bob", &["reviewers", "marketing"][..]),
        ("cem", &["reviewers"][..]),
        ("rita", &["readers"][..]),
    ] {
        let mut set = vec!["user", "set", user];
        set.extend(groups.iter().flat_map(|group| ["--group", *group]));
        place.run(&set).succeeded();
    }
    let [eve, ann, bob, cem, rita] = ["eve", "ann", "bob", "cem", "rita"].map(|user| token(&place, user));
    place.write("a.oaas.yaml", ELSEWHERE);
    place.write("wrong.oaas.yaml", NOWHERE);
    let remote = Remote::new(place);
    let import = ["access", "agreement", "import", "a.oaas.yaml"];
    let refused = |token: &str, message: &str| {
        let ran = remote.run_as(token, &import);
        assert!(ran.code == 1 && ran.stderr.contains(message), "{message}: {}", ran.text());
        ran.stderr
    };
    refused(&ann, "`ann` may not import agreements about `shop.sales@1`");
    refused(&bob, "`bob` may not import agreements about `shop.sales@1`");
    // Whoever may know of nothing is answered as if there were nothing.
    let hidden = refused(&eve, "there is no product `shop`");
    let missing = remote.run_as(&eve, &["access", "agreement", "import", "wrong.oaas.yaml"]).stderr;
    assert!(missing.contains("there is no product `shops`"), "{missing}");
    let help = |text: &str| text.lines().find(|line| line.contains("help:")).map(str::to_owned);
    assert_eq!(help(&hidden), help(&missing));
    // A column that is hidden from whoever may read is none of the port.
    let columns = |column: &str| {
        let columns = format!("customProperties: [{{property: columns, vendor: outport, value: [{column}]}}]\n");
        remote.place.write("columns.oaas.yaml", format!("{ELSEWHERE}{columns}"));
        let ran = remote.run_as(&rita, &["access", "agreement", "import", "columns.oaas.yaml"]);
        assert!(ran.stderr.contains(&format!("the port has no column `{column}`")), "{}", ran.text());
        ran.stderr.replace(column, "[COLUMN]")
    };
    assert_eq!(columns("amount"), columns("amoumt"));
    assert_eq!(remote.get("/v1/agreements"), json!([]));
    // Nobody is named who asked for it, so that it would be for cem both to ask and to decide.
    refused(&cem, "`cem` may not import agreements about `shop.sales@1`");
    let done = remote.run(&import).succeeded().stdout;
    assert!(done.starts_with("+ agreement ") && done.ends_with("1 of 1 agreement changed\n"), "{done}");
    let id = remote.get("/v1/agreements")[0]["agreement"]["id"].as_str().unwrap().to_owned();
    assert_eq!(remote.get("/v1/agreements")[0]["agreement"]["decision"]["by"], "root");
    let other = remote.run_as(&ann, &["access", "agreement", "export", &id]);
    assert!(other.code == 1 && other.stderr.contains("there is no agreement"), "{}", other.text());
    let as_another = remote.run(&["access", "agreement", "export", "--as", "ann"]);
    assert!(as_another.code == 1 && as_another.stderr.contains("nobody `--as` another"), "{}", as_another.text());
    let records = remote.run(&["audit", "list", "--limit", "1000", "--output", "json"]).succeeded().stdout;
    assert_eq!(records.matches("may not import agreements").count(), 3, "{records}");
}

#[test]
fn policies_are_tested_as_on_a_home() {
    let here = depot_shop();
    let place = depot_shop();
    for place in [&here, &place] {
        place.run(&["apply", "shop", "--yes"]).succeeded();
    }
    place.run(&["user", "set", "ann"]).succeeded();
    let ann = token(&place, "ann");
    let there = Remote::new(place);
    let succeeded = follow(TESTS, &here, &there);
    assert_eq!(succeeded, 7, "the script does something");
    let refused = there.run_as(&ann, &["access", "test", "all.access.yaml"]);
    assert!(refused.code == 1 && refused.stderr.contains("`ann` may not test policies"), "{}", refused.text());
}
