//! The number that grows with every change of what decides.

use outport_app::agreement::AgreementOutcome;
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

/// Looks at the number from another handle than the one that changes.
struct Watch {
    other: Stores,
    seen: u64,
}

impl Watch {
    async fn on(home: &impl Home) -> Self {
        let other = home.open().await;
        let seen = other.policies.changes().await.unwrap();
        Self { other, seen }
    }

    /// Whether anything changed since the last time.
    async fn changed(&mut self) -> bool {
        let before = std::mem::replace(&mut self.seen, self.other.policies.changes().await.unwrap());
        assert!(self.seen >= before, "{} came after {before}", self.seen);
        self.seen > before
    }
}

pub(crate) async fn users_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    assert!(!watch.changed().await);
    assert!(stores.users.put_first_user(&user("ada")).await.unwrap());
    assert!(watch.changed().await);
    assert!(!stores.users.put_first_user(&user("bob")).await.unwrap());
    assert!(!watch.changed().await);
    stores.users.put_user(&user("bob")).await.unwrap();
    assert!(watch.changed().await);
    let mut disabled = user("bob");
    disabled.disabled = true;
    stores.users.put_user(&disabled).await.unwrap();
    assert!(watch.changed().await);
    assert!(stores.users.remove_user(&principal_id("bob"), moment(1)).await.unwrap());
    assert!(watch.changed().await);
    assert!(!stores.users.remove_user(&principal_id("bob"), moment(1)).await.unwrap());
    assert!(!watch.changed().await);
}

pub(crate) async fn tokens_count_and_their_use_does_not(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    stores.users.put_user(&user("ada")).await.unwrap();
    assert!(watch.changed().await);
    stores.tokens.add_token(&token("a1", "ada")).await.unwrap();
    assert!(watch.changed().await);
    stores.tokens.token_used(&token_id("a1"), moment(100)).await.unwrap();
    assert!(!watch.changed().await);
    assert!(stores.tokens.revoke_token(&token_id("a1"), moment(200)).await.unwrap());
    assert!(watch.changed().await);
    assert!(!stores.tokens.revoke_token(&token_id("a1"), moment(300)).await.unwrap());
    assert!(!watch.changed().await);
}

pub(crate) async fn policies_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    let base = workspace_policies("base", "one");
    stores.policies.put_policies(&prod(), &base).await.unwrap();
    assert!(watch.changed().await);
    stores.policies.put_policies(&prod(), &workspace_policies("base", "two")).await.unwrap();
    assert!(watch.changed().await);
    assert!(stores.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert!(watch.changed().await);
    assert!(!stores.policies.remove_policies(&prod(), &base.name).await.unwrap());
    assert!(!watch.changed().await);
}

pub(crate) async fn agreements_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    let asked = agreement(1, "flights");
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    assert!(watch.changed().await);
    let approved = Agreement { state: AgreementState::Approved, ..asked };
    let change = async || stores.agreements.change_agreement(&prod(), &approved, AgreementState::Requested).await;
    assert_eq!(change().await.unwrap(), AgreementOutcome::Changed);
    assert!(watch.changed().await);
    assert_eq!(change().await.unwrap(), AgreementOutcome::Moved(AgreementState::Approved));
    assert!(!watch.changed().await);
}

pub(crate) async fn intents_and_current_releases_count(home: &impl Home) {
    let (stores, mut watch) = (home.open().await, Watch::on(home).await);
    stores.put(compiled("flights", "SELECT 1"), None).await.unwrap();
    assert!(watch.changed().await);
    stores.put(compiled("flights", "SELECT 2"), Some(1)).await.unwrap();
    assert!(watch.changed().await);
    stores.put(compiled("flights", "SELECT 3"), Some(1)).await.unwrap_err();
    assert!(!watch.changed().await);

    let lease = stores.lease("flights", "one").await;
    stores.runs.begin_run(&lease, &run("flights", 1)).await.unwrap();
    assert!(!watch.changed().await, "a run that begins shows nobody anything");
    stores.publish(&lease, &run("flights", 1), "flights/a").await.unwrap();
    assert!(watch.changed().await);
    let next = run("flights", 2);
    stores.runs.begin_run(&lease, &next).await.unwrap();
    stores.runs.end_run(&lease, &ended(&next, RunState::Failed)).await.unwrap();
    assert!(!watch.changed().await, "a run that fails shows nobody anything");
    stores.release(&lease, 3, "flights/b").await.unwrap();
    assert!(watch.changed().await);

    stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    assert!(watch.changed().await);
    stores.releases.make_current(&lease, ReleaseNumber(1), moment(9)).await.unwrap();
    assert!(!watch.changed().await);
    stores.remove("flights", 2).await.unwrap();
    assert!(watch.changed().await);
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
    assert_eq!(watch.other.policies.changes().await.unwrap(), watch.seen + 20);
}
