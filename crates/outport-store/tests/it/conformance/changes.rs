//! The numbers that grow with every change of what decides.

use std::cmp::Ordering;

use outport_app::{agreement::AgreementOutcome, identity::Changes};
use outport_model::{
    agreement::{Agreement, AgreementState},
    release::ReleaseNumber,
    run::RunState,
};
use outport_test::{
    fixture::{agreement, compiled, moment, principal_id, run, token, token_id, user, workspace_policies},
    store::{PutPolicies, PutUser},
};

use super::{Home, Stores, ended, prod};

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Nothing,
    People,
    Decisions,
}

/// Looks at the numbers from another handle than the one that changes.
struct Watch {
    other: Stores,
    seen: Changes,
}

impl Watch {
    async fn on(home: &impl Home) -> Self {
        let other = home.open().await;
        let seen = other.policies.changes().await.unwrap();
        Self { other, seen }
    }

    /// What has changed since the last time.
    async fn changed(&mut self) -> Changed {
        let before = std::mem::replace(&mut self.seen, self.other.policies.changes().await.unwrap());
        match (self.seen.people.cmp(&before.people), self.seen.decisions.cmp(&before.decisions)) {
            (Ordering::Equal, Ordering::Equal) => Changed::Nothing,
            (Ordering::Greater, Ordering::Equal) => Changed::People,
            (Ordering::Equal, Ordering::Greater) => Changed::Decisions,
            _ => panic!("{:?} came after {before:?}", self.seen),
        }
    }
}

pub(crate) async fn users_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    assert_eq!(watch.changed().await, Changed::Nothing);
    assert!(stores.users.put_first_user(&user("ada")).await.unwrap());
    assert_eq!(watch.changed().await, Changed::People);
    assert!(!stores.users.put_first_user(&user("bob")).await.unwrap());
    assert_eq!(watch.changed().await, Changed::Nothing);
    stores.users.put_user(&user("bob")).await.unwrap();
    assert_eq!(watch.changed().await, Changed::People);
    let mut disabled = user("bob");
    disabled.disabled = true;
    stores.users.put_user(&disabled).await.unwrap();
    assert_eq!(watch.changed().await, Changed::People);
    assert!(stores.users.remove_user(&principal_id("bob"), moment(1)).await.unwrap());
    assert_eq!(watch.changed().await, Changed::People);
    assert!(!stores.users.remove_user(&principal_id("bob"), moment(1)).await.unwrap());
    assert_eq!(watch.changed().await, Changed::Nothing);
}

pub(crate) async fn tokens_count_and_their_use_does_not(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    stores.users.put_user(&user("ada")).await.unwrap();
    assert_eq!(watch.changed().await, Changed::People);
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    assert_eq!(watch.changed().await, Changed::People);
    stores.tokens.token_used(&token_id("a1"), moment(100)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Nothing);
    assert!(stores.tokens.revoke_token(&token_id("a1"), moment(200)).await.unwrap());
    assert_eq!(watch.changed().await, Changed::People);
    assert!(!stores.tokens.revoke_token(&token_id("a1"), moment(300)).await.unwrap());
    assert_eq!(watch.changed().await, Changed::Nothing);
}

pub(crate) async fn policies_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    let base = workspace_policies("base", "one");
    stores.policies.put_policies(&prod(), &base).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    stores.policies.put_policies(&prod(), &workspace_policies("base", "two")).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    assert!(stores.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert_eq!(watch.changed().await, Changed::Decisions);
    assert!(!stores.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert_eq!(watch.changed().await, Changed::Nothing);
}

pub(crate) async fn agreements_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    let asked = agreement(1, "flights");
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    let approved = Agreement { state: AgreementState::Approved, ..asked };
    let change = async || stores.agreements.change_agreement(&prod(), &approved, AgreementState::Requested).await;
    assert_eq!(change().await.unwrap(), AgreementOutcome::Changed);
    assert_eq!(watch.changed().await, Changed::Decisions);
    assert_eq!(change().await.unwrap(), AgreementOutcome::Moved(AgreementState::Approved));
    assert_eq!(watch.changed().await, Changed::Nothing);
}

pub(crate) async fn intents_and_current_releases_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    stores.put(compiled("flights", "SELECT 2"), Some(1)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    stores.put(compiled("flights", "SELECT 3"), Some(1)).await.unwrap_err();
    assert_eq!(watch.changed().await, Changed::Nothing);

    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Nothing, "a run that begins shows nobody anything");
    stores.publish(&lease, &run("flights", 1), "flights/a").await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    let next = run("flights", 2);
    stores.runs.begin_run(&lease, &next).await.unwrap();
    stores.runs.end_run(&lease, &ended(&next, RunState::Failed)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Nothing, "a run that fails shows nobody anything");
    stores.release(&lease, 3, "flights/b").await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);

    stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
    stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Nothing);
    stores.remove("flights", 2).await.unwrap();
    assert_eq!(watch.changed().await, Changed::Decisions);
}

pub(crate) async fn every_change_at_once_counts(home: &impl Home) {
    let watch = Watch::on(home).await;
    let mut tasks = Vec::new();
    for number in 0..4 {
        let stores = home.open().await;
        tasks.push(tokio::spawn(async move {
            for round in 0..5 {
                stores.users.put_user(&user(&format!("user{number}-{round}"))).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(watch.other.policies.changes().await.unwrap().people, watch.seen.people + 20);
}
