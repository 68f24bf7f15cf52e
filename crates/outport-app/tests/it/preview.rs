//! What of a request's preview is read: no more than both see, the reader under the agreement and the reviewer without it.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use outport_app::{
    engine::{Sight, View},
    gate::{AgreementPreview, Caller, Gate, GateError, Limits, RowSight, Terms},
    identity::User,
    policy::{Asking, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, TableVerdict, Verdict},
};
use outport_model::{
    access::{ColumnAccess, Comparison, Condition, Mask, RowAccess, RowRule, TableAccess, Value},
    agreement::{Agreement, PortVersion},
    contract::{Column, DataType},
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
    principal::Door,
};
use outport_test::{
    audit::MemoryAudit,
    engine::answer_of,
    fixture::{principal, product, product_of_files, purpose, table, user},
    identity::{ScriptedAuthenticator, wardens},
    policy::verdict,
    store::PutUser,
};

use crate::bench::Bench;

/// What each sees of the one table that there is; `ann` only under an agreement. Whoever is called `bob` decides.
#[derive(Debug, Clone)]
struct ByName {
    ann: TableAccess,
    bob: Option<TableAccess>,
}

impl PolicyCompiler for ByName {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(self.clone()), warnings: Vec::new() })
    }
}

impl Policies for ByName {
    fn port(&self, asking: &Asking<'_>, action: PortAction, _: &PortVersion) -> Verdict {
        let bob = asking.principal.id.as_str() == "bob";
        verdict(match action {
            PortAction::Discover | PortAction::Request => true,
            PortAction::Approve => bob,
            PortAction::Read => {
                if bob {
                    self.bob.is_some()
                } else {
                    asking.agreement.is_some()
                }
            }
            PortAction::AutoApprove | PortAction::Operate => false,
        })
    }

    fn table(&self, asking: &Asking<'_>, _: &PortVersion, _: &TableName) -> TableVerdict {
        let access = match asking.principal.id.as_str() {
            "bob" => self.bob.clone(),
            _ => asking.agreement.map(|agreement| TableAccess { agreement: Some(agreement.id), ..self.ann.clone() }),
        };
        TableVerdict { read: verdict(access.is_some()), access, columns: Vec::new(), rows: None }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        data_type: DataType::String,
        nullable: true,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

/// A gate, the request of `ann`, and who is about.
struct Asked {
    bench: Bench,
    gate: Gate,
    audit: Arc<MemoryAudit>,
    ann: Caller,
    bob: Caller,
    request: Agreement,
}

impl Asked {
    async fn new(policies: ByName) -> Self {
        let mut bench = Bench::new();
        let mut offered = product_of_files("a", &["daily"]);
        offered.outputs[0].contract.tables[0].columns = ["id", "name", "region"].map(column).to_vec();
        bench.apply(vec![offered]).await.unwrap();
        bench.app.policies = Arc::new(policies);
        bench.engine.answer(|_, view| Ok(answer_of(Vec::new(), view)));
        let (store, audit) = (Arc::clone(&bench.store), Arc::new(MemoryAudit::default()));
        let wardens = wardens(&store, Arc::new(ScriptedAuthenticator::default()), audit.clone());
        let gate = Gate::new(bench.app.clone(), wardens, Limits::default());
        let caller = async |name: &str| {
            let principal = principal(name, &[]);
            store.put_user(&User { principal: principal.clone(), ..user(name) }).await.unwrap();
            Caller { principal, local_user: true, door: Door::Management, ..Caller::local() }
        };
        let (ann, bob) = (caller("ann").await, caller("bob").await);
        let terms = Terms {
            product: product("a"),
            port: "daily".parse().unwrap(),
            major: None,
            columns: None,
            consumer: None,
            purpose: purpose("churn"),
            justification: None,
            duration: TimeDelta::days(30),
        };
        let request = gate.request_agreement(&ann, terms).await.unwrap();
        Self { bench, gate, audit, ann, bob, request }
    }

    async fn preview(&self, caller: &Caller) -> Result<AgreementPreview, GateError> {
        self.gate.preview_agreement(self.gate.begin(caller, "preview"), caller, self.request.id).await
    }

    /// What was read for a preview of `bob`'s, if anything; which columns were withheld; and what was said.
    async fn sampled(&self) -> (Option<Sight>, Vec<String>, String) {
        let shown = self.preview(&self.bob).await.unwrap().tables.remove(0);
        let sight = self.bench.engine.views().first().map(|view| sight(view).clone());
        assert_eq!(shown.sample.rows.is_some(), sight.is_some());
        (sight, shown.sample.withheld, shown.sample.words.join(" "))
    }
}

fn sight(view: &View) -> &Sight {
    assert_eq!(view.products.len(), 1);
    let tables = &view.products[&product("a")].tables;
    assert_eq!(tables.len(), 1, "nothing but the table is there to be read");
    &tables[&table("daily")].sight
}

fn access<'a>(columns: impl IntoIterator<Item = (&'a str, ColumnAccess)>, rows: RowAccess) -> TableAccess {
    let columns = columns.into_iter().map(|(name, access)| (name.to_owned(), access)).collect::<BTreeMap<_, _>>();
    TableAccess { columns, rows, minimum_group: None, agreement: None }
}

fn all() -> TableAccess {
    TableAccess::unrestricted(["id", "name", "region"])
}

fn masked(mask: Mask) -> ColumnAccess {
    ColumnAccess::Masked(mask)
}

fn is(column: &str, value: &str) -> Condition {
    let (column, value) = (column.to_owned(), Value::Text(value.to_owned()));
    Condition::Compare { column, comparison: Comparison::Equal, value }
}

fn rows_where(permits: Vec<Condition>, forbids: Vec<Condition>) -> RowAccess {
    RowAccess::Where(RowRule { permits, forbids })
}

/// What comes of what both see: what is read, which columns are withheld, and a part of what is said.
async fn check(ann: TableAccess, bob: Option<TableAccess>, read: Option<TableAccess>, withheld: &[&str], said: &str) {
    let asked = Asked::new(ByName { ann: ann.clone(), bob: bob.clone() }).await;
    let (sight, left_out, words) = asked.sampled().await;
    assert_eq!(sight, read.map(Sight::Part), "{ann:?} {bob:?}");
    assert_eq!(left_out, withheld, "{ann:?} {bob:?}");
    assert!(words.contains(said) && words.is_empty() == said.is_empty(), "{words}");
}

#[tokio::test]
async fn columns_are_shown_as_both_see_them() {
    use ColumnAccess::Clear;
    let last = || masked(Mask::Last { characters: 2 });
    check(all(), Some(all()), Some(all()), &[], "").await;
    // What the reader sees less of is shown as they see it, where the reviewer could make the same of it.
    let part = || access([("id", Clear), ("name", last())], RowAccess::All);
    check(part(), Some(all()), Some(part()), &[], "").await;
    check(part(), Some(part()), Some(part()), &[], "").await;
    // What the reviewer sees less of is left out, and so is what they see under another mask.
    let id = || access([("id", Clear)], RowAccess::All);
    check(all(), Some(part()), Some(id()), &["name", "region"], "`name`, `region`").await;
    let first = access([("id", Clear), ("name", masked(Mask::First { characters: 2 }))], RowAccess::All);
    check(part(), Some(first), Some(id()), &["name"], "`name`").await;
    // A hash beside its value would tell who is who elsewhere.
    let hashed = || access([("id", Clear), ("name", masked(Mask::Hash))], RowAccess::All);
    check(hashed(), Some(all()), Some(id()), &["name"], "`name`").await;
    check(hashed(), Some(hashed()), Some(hashed()), &[], "").await;
    // There is nothing to show.
    check(all(), None, None, &["id", "name", "region"], "You may not read this table yourself").await;
    let other = access([("region", Clear)], RowAccess::All);
    check(id(), Some(other), None, &["id"], "You see no column of it").await;
}

#[tokio::test]
async fn rows_are_those_that_both_see_and_no_hidden_value_tells_which() {
    use ColumnAccess::Clear;
    let everything = [("id", Clear), ("name", Clear), ("region", Clear)];
    let of = |rows: RowAccess| access(everything.clone(), rows);
    let (eu, us, big) = (|| is("region", "EU"), || is("region", "US"), || is("id", "big"));
    let both = |one: Condition, other: Condition| Condition::All { conditions: vec![one, other] };
    // The reader's rule, over what the reviewer sees in clear.
    let theirs = || of(rows_where(vec![eu()], vec![big()]));
    check(theirs(), Some(all()), Some(theirs()), &[], "").await;
    // Each of one's permits with each of the other's; all that either forbids.
    let own = of(rows_where(vec![us(), eu()], vec![us()]));
    let met = of(rows_where(vec![both(eu(), us()), both(eu(), eu())], vec![big(), us()]));
    check(theirs(), Some(own), Some(met), &[], "Rows that you do not see yourself are left out.").await;
    // What the reviewer does not see, or sees masked, tells no rows apart.
    for region in [None, Some(masked(Mask::Redact)), Some(masked(Mask::Hash))] {
        let mut own = of(RowAccess::All);
        own.columns.remove("region");
        own.columns.extend(region.map(|access| ("region".to_owned(), access)));
        check(theirs(), Some(own), None, &["region"], "what you do not see in clear (`region`)").await;
    }
    let nested = Condition::Not { condition: Box::new(Condition::Any { conditions: vec![big(), eu()] }) };
    let own = access([("id", Clear), ("name", Clear)], RowAccess::All);
    check(of(rows_where(vec![nested], Vec::new())), Some(own), None, &["region"], "(`region`)").await;
    // Whoever sees groups alone sees no row.
    let groups = || TableAccess { minimum_group: Some(5), ..all() };
    check(groups(), Some(all()), None, &[], "They would see groups of rows").await;
    check(all(), Some(groups()), None, &[], "You may only read groups of rows").await;
}

#[tokio::test]
async fn a_preview_changes_nothing_and_is_on_record_once() {
    let asked = Asked::new(ByName { ann: all(), bob: Some(all()) }).await;
    let shown = asked.preview(&asked.bob).await.unwrap();
    assert_eq!(shown.expires_at, asked.bench.app.clock.now() + TimeDelta::days(30));
    assert_eq!((shown.tables[0].after.rows, shown.tables[0].today.readable), (RowSight::All, false));
    // The agreement was supposed for that answer alone: nobody sees anything by it, before or after.
    for _ in 0..2 {
        let view = asked.gate.view(&asked.ann).await.unwrap();
        assert!(view.products.is_empty() && view.withheld.len() == 1);
        asked.preview(&asked.bob).await.unwrap();
    }
    let (known, _) = asked.gate.agreements(&asked.bob).await.unwrap().remove(0);
    assert_eq!(known, asked.request);
    let records = asked.audit.records();
    let previews: Vec<_> = records.iter().filter(|record| record.request == "preview").collect();
    assert_eq!(previews.len(), 3);
    let read = &previews[0].reads[&product("a")][&table("daily")];
    assert_eq!((read.columns.len(), read.agreement), (3, None), "it is `bob` who read");

    let refused = asked.preview(&asked.ann).await.unwrap_err();
    assert!(matches!(refused, GateError::NotFound { what: "agreement", .. }), "{refused}");
    asked.gate.withdraw_agreement(&asked.ann, asked.request.id).await.unwrap();
    let decided = asked.preview(&asked.bob).await.unwrap_err();
    assert!(decided.to_string().ends_with("waits for no decision: it was withdrawn"), "{decided}");
}
