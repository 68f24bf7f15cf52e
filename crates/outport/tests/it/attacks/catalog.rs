//! The catalog: what is told of products, beside what is on record of what is hidden. One home has a hidden product more, which
//! reads the visible one, and checks of the hidden column that come to something else.

use reqwest::Method;

use super::{
    Hidden, ONE, OTHER, home, product,
    twins::{Twins, Verdict},
};
use crate::{place::Place, through::Asker};

/// What is asked: name and path.
pub(super) const CASES: [(&str, &str); 60] = [
    ("products", "/v1/catalog/products"),
    ("products: the first", "/v1/catalog/products?limit=1"),
    ("products: none", "/v1/catalog/products?limit=0"),
    ("products: more than there are", "/v1/catalog/products?limit=99999"),
    ("products: after a hidden one", "/v1/catalog/products?limit=1&cursor=InNlYWxlZCI"),
    ("products: after another hidden one", "/v1/catalog/products?limit=1&cursor=ImxlZGdlciI"),
    ("products: after the visible one", "/v1/catalog/products?limit=1&cursor=InZhdWx0Ig"),
    ("products: after no name", "/v1/catalog/products?cursor=Iic7LS0i"),
    ("products: another parameter", "/v1/catalog/products?hidden=true"),
    ("estate", "/v1/estate"),
    ("estate: another parameter", "/v1/estate?all=true"),
    ("page: the visible product", "/v1/catalog/products/vault"),
    ("page: a hidden product", "/v1/catalog/products/sealed"),
    ("page: a hidden reader", "/v1/catalog/products/ledger"),
    ("page: nothing", "/v1/catalog/products/nothere"),
    ("page: in capitals", "/v1/catalog/products/SEALED"),
    ("page: a path", "/v1/catalog/products/vault%2F..%2Fsealed"),
    ("page: two products", "/v1/catalog/products/vault,sealed"),
    ("page: SQL", "/v1/catalog/products/vault%27%3B--"),
    ("quality: the visible product", "/v1/catalog/products/vault/quality"),
    ("quality: a hidden product", "/v1/catalog/products/sealed/quality"),
    ("quality: a hidden reader", "/v1/catalog/products/ledger/quality"),
    ("quality: nothing", "/v1/catalog/products/nothere/quality"),
    ("quality: another release", "/v1/catalog/products/vault/quality?release=1"),
    ("lineage: the visible product", "/v1/catalog/products/vault/lineage"),
    ("lineage: up", "/v1/catalog/products/vault/lineage?direction=up"),
    ("lineage: down", "/v1/catalog/products/vault/lineage?direction=down"),
    ("lineage: far", "/v1/catalog/products/vault/lineage?direction=both&depth=20"),
    ("lineage: farther than that", "/v1/catalog/products/vault/lineage?depth=65535"),
    ("lineage: beyond every number", "/v1/catalog/products/vault/lineage?depth=99999999999"),
    ("lineage: no way", "/v1/catalog/products/vault/lineage?direction=hidden"),
    ("lineage: a hidden product", "/v1/catalog/products/sealed/lineage"),
    ("lineage: a hidden reader", "/v1/catalog/products/ledger/lineage?direction=up"),
    ("lineage: nothing", "/v1/catalog/products/nothere/lineage"),
    ("consumers: the visible product", "/v1/catalog/products/vault/consumers"),
    ("consumers: today", "/v1/catalog/products/vault/consumers?days=1"),
    ("consumers: all days", "/v1/catalog/products/vault/consumers?days=90"),
    ("consumers: of someone else", "/v1/catalog/products/vault/consumers?user=root"),
    ("consumers: a hidden product", "/v1/catalog/products/sealed/consumers"),
    ("consumers: a hidden reader", "/v1/catalog/products/ledger/consumers"),
    ("consumers: nothing", "/v1/catalog/products/nothere/consumers"),
    ("changes: the visible product", "/v1/catalog/products/vault/changes"),
    ("changes: a hidden product", "/v1/catalog/products/sealed/changes"),
    ("changes: a hidden reader", "/v1/catalog/products/ledger/changes"),
    ("changes: nothing", "/v1/catalog/products/nothere/changes"),
    ("access: the visible product", "/v1/catalog/products/vault/access"),
    ("access: of someone else", "/v1/catalog/products/vault/access?user=root"),
    ("access: a hidden product", "/v1/catalog/products/sealed/access"),
    ("access: a hidden reader", "/v1/catalog/products/ledger/access"),
    ("access: nothing", "/v1/catalog/products/nothere/access"),
    ("search: everything", "/v1/catalog/search"),
    ("search: the hidden product", "/v1/catalog/search?q=sealed"),
    ("search: almost the hidden product", "/v1/catalog/search?q=seled"),
    ("search: the hidden reader", "/v1/catalog/search?q=ledger"),
    ("search: the hidden column", "/v1/catalog/search?q=note"),
    ("search: the beginning of the hidden column", "/v1/catalog/search?q=no"),
    ("search: what is in the hidden column", "/v1/catalog/search?q=hid-note"),
    ("search: a column of the hidden product", "/v1/catalog/search?q=secret"),
    ("search: by what checks came to", "/v1/catalog/search?quality=warned"),
    ("search: after all hits", "/v1/catalog/search?offset=1"),
];

const CHECKED: &str = "{name: note, logicalType: string, quality: [{id: note_begins, metric: invalidValues, \
                       arguments: {pattern: '^another'}, mustBe: 0, severity: warning}]}";

/// A home of the others, where there is more on record of what is hidden.
fn richer(hidden: &Hidden, more: bool) -> Place {
    let place = home(hidden);
    place.edit("vault/contracts/output.odcs.yaml", "version: 1.0.0", "version: 1.1.0");
    place.edit("vault/product.odps.yaml", "version: 1.0.0, type: tables", "version: 1.1.0, type: tables");
    place.edit("vault/contracts/output.odcs.yaml", "{name: note, logicalType: string}", CHECKED);
    if more {
        let columns = "      - {name: id, logicalType: integer, required: true, primaryKey: true}\n\
                       \x20     - {name: note, logicalType: string}\n";
        product(&place, "ledger", "people", columns, "SELECT id, note FROM input.people\n");
        let address = "inputs:\n  people: {address: 'outport:///vault/people@1'}\n";
        place.write("ledger/outport.yaml", format!("apiVersion: outport/v1\n{address}"));
    }
    place.run(&["apply", ".", "--yes"]).succeeded();
    if more {
        place.run(&["query", "SELECT * FROM sealed.secrets"]).succeeded();
        place.run(&["query", "SELECT * FROM ledger.people"]).succeeded();
    }
    place
}

async fn ask(asker: &Asker<'_>, path: &str) -> Result<String, String> {
    let reply = asker.send(asker.request(Method::GET, path)).await;
    let text = reply.text();
    if reply.status == 200 { Ok(text) } else { Err(format!("{} {text}", reply.status)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_tells_nothing_of_what_is_hidden() {
    let twins = Twins::of([richer(&ONE, true), richer(&OTHER, false)]).await;
    let [one, other] = twins.askers();
    // Both have read something, so that there are consumers.
    for asker in [&one, &other] {
        asker.sql("SELECT id, email FROM vault.people", "json").await.unwrap();
    }
    let mut verdict = Verdict::default();
    for (name, path) in CASES {
        verdict.compare(name, path, &[ask(&one, path).await, ask(&other, path).await]);
    }
    verdict.is_clean(CASES.len(), 20);
    let page = ask(&one, "/v1/catalog/products/vault").await.unwrap();
    assert!(page.contains("\"name\":\"salary\"") && !page.contains("note"), "{page}");
}
