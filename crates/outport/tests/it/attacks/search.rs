//! Search: one home has a dozen hidden products more, which say all the words that the visible one says, and a hidden column
//! about which more is said. Neither hits nor counts, nor what a hit is worth, may tell the homes apart.

use reqwest::Method;
use serde_json::Value;

use super::{
    Hidden, ONE, OTHER, home, product,
    twins::{Twins, Verdict},
};
use crate::{opened::someone, place::Place, through::Asker};

/// What is looked for: name and query.
pub(super) const CASES: [(&str, &str); 48] = [
    ("nothing", ""),
    ("no words", "q="),
    ("no letters", "q=%21%3F%2A"),
    ("the visible product", "q=vault"),
    ("the visible table", "q=people"),
    ("a visible column", "q=salary"),
    ("a masked column", "q=email"),
    ("a word that hidden ones say often", "q=tests"),
    ("words that hidden ones say often", "q=tests+region+salary"),
    ("in another form", "q=vaults"),
    ("in yet another form", "q=salaries"),
    ("written wrong", "q=valt"),
    ("written worse", "q=saalaryy"),
    ("written wrong, as a hidden product is called right", "q=crypt"),
    ("a word that only a hidden one has right", "q=vauld"),
    ("a letter", "q=v"),
    ("another letter", "q=h"),
    ("a beginning", "q=sal"),
    ("a beginning of hidden ones", "q=hidd"),
    ("a hidden product", "q=hidden-3"),
    ("a hidden product, almost", "q=hiden-3"),
    ("a product that is hidden in both", "q=sealed"),
    ("a hidden table", "q=secrets"),
    ("a hidden column", "q=note"),
    ("a hidden column of the visible table", "q=vault.people.note"),
    ("a visible and a hidden word", "q=vault+note"),
    ("what is said of a hidden column", "q=embargo"),
    ("a hidden tag", "q=undercover"),
    ("a hidden classification", "classification=undercover"),
    ("the visible classification", "classification=pii"),
    ("both classifications", "classification=pii&classification=undercover"),
    ("a hidden domain", "domain=underworld"),
    ("no domain", "domain="),
    ("an owner", "owner=owner%40example.com"),
    ("a hidden owner", "owner=mole%40example.com"),
    ("by quality", "quality=passed"),
    ("by other quality", "quality=failed&quality=warned&quality=unchecked"),
    ("by status", "status=active&q=vault"),
    ("by alignment", "alignment=source-aligned"),
    ("no hits, only numbers", "limit=0"),
    ("after the visible one", "offset=1"),
    ("far behind", "offset=10000&q=tests"),
    ("all at once", "limit=100"),
    ("an expression", "q=.%2A"),
    ("a field", "q=plain%3Asalary"),
    ("SQL", "q=%27%3B+SELECT+1+--"),
    ("many words", "q=vault+people+salary+email+region+tests+vault+people+hidden+crypt"),
    ("a facet that there is none of", "secret=1"),
];

fn crowded(hidden: &Hidden, more: bool) -> Place {
    let place = home(hidden);
    if more {
        for number in 1..=12 {
            let name = if number == 1 { "crypt".to_owned() } else { format!("hidden-{number}") };
            let columns = "      - {name: id, logicalType: integer, required: true, primaryKey: true}\n\
                           \x20     - {name: salary, logicalType: integer, classification: undercover, \
                           description: The vault of people by region and email for tests.}\n";
            product(&place, &name, "people", columns, "SELECT id, salary FROM input.people\n");
            let descriptor = format!("{name}/product.odps.yaml");
            place.edit(
                &descriptor,
                "status: active\n",
                "status: active\ndomain: underworld\ntags: [undercover, vauld]\n",
            );
            place.edit(&descriptor, "owner@example.com", "mole@example.com");
        }
        let said = "{name: note, logicalType: string, classification: undercover, tags: [undercover], \
                    description: 'Under embargo: vault, vauld, people, salary.'}";
        place.edit("vault/contracts/output.odcs.yaml", "{name: note, logicalType: string}", said);
    }
    // The same step at both, so that what is visible is the same.
    place.edit("vault/contracts/output.odcs.yaml", "version: 1.0.0", "version: 1.1.0");
    place.edit("vault/product.odps.yaml", "version: 1.0.0, type: tables", "version: 1.1.0, type: tables");
    place.run(&["apply", ".", "--yes"]).succeeded();
    if more {
        // What is hidden is also read.
        for _ in 0..3 {
            place.run(&["query", "SELECT id FROM crypt.people"]).succeeded();
        }
    }
    place
}

async fn search(asker: &Asker<'_>, query: &str) -> Result<String, String> {
    let reply = asker.send(asker.request(Method::GET, &format!("/v1/catalog/search?{query}"))).await;
    let text = reply.text();
    if reply.status == 200 { Ok(text) } else { Err(format!("{} {text}", reply.status)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_tells_nothing_of_what_is_hidden() {
    let twins = Twins::of([crowded(&ONE, true), crowded(&OTHER, false)]).await;
    let [one, other] = twins.askers();
    let mut verdict = Verdict::default();
    for (name, query) in CASES {
        verdict.compare(name, query, &[search(&one, query).await, search(&other, query).await]);
    }
    verdict.is_clean(CASES.len(), 45);

    // Otherwise nothing was found that could have told anything.
    let found: Value = serde_json::from_str(&search(&one, "q=salry+peple").await.unwrap()).unwrap();
    assert_eq!(
        (found["total"].as_u64(), found["hits"][0]["card"]["name"].as_str()),
        (Some(1), Some("vault")),
        "{found}"
    );
    twins.one.user(&someone("root", &["administrators"])).await;
    let everyone = Asker::new(&twins.one, "root", twins.one.token("root").await);
    let all: Value = serde_json::from_str(&search(&everyone, "q=salary").await.unwrap()).unwrap();
    assert!(all["total"].as_u64() >= Some(13), "{all}");
}
