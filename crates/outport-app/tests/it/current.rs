//! What the gate knows already is what holds now.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::TimeDelta;
use outport_app::{
    engine::Question,
    gate::{Caller, Gate, GateError, Limits},
    identity::{Authenticated, Credential, TokenScope, TokenStore, User},
};
use outport_model::principal::Door;
use outport_test::{
    audit::MemoryAudit,
    fixture::{principal, token, token_id, user, workspace_policies},
    identity::{ScriptedAuthenticator, wardens},
    policy::OpenPolicies,
    store::{PutPolicies, PutUser},
};

use crate::bench::Bench;

struct Guarded {
    bench: Bench,
    gate: Gate,
    authenticator: Arc<ScriptedAuthenticator>,
}

impl Guarded {
    async fn new() -> Self {
        let mut bench = Bench::released().await;
        bench.app.policies = Arc::new(OpenPolicies);
        let authenticator = Arc::new(ScriptedAuthenticator::default());
        let wardens = wardens(&bench.store, authenticator.clone(), Arc::new(MemoryAudit::default()));
        let gate = Gate::new(bench.app.clone(), wardens, Limits::default());
        Self { bench, gate, authenticator }
    }

    async fn put(&self, name: &str, disabled: bool) {
        let principal = principal(name, &[]);
        self.bench.store.put_user(&User { principal, disabled, ..user(name) }).await.unwrap();
    }

    /// Ann's token, on record and known to whoever checks tokens.
    async fn with_token(&self) -> Credential {
        self.put("ann", false).await;
        let on_record = token("t1", "ann");
        self.bench.store.add_token(&on_record).await.unwrap();
        let known = Authenticated {
            principal: principal("ann", &[]),
            scope: TokenScope::default(),
            until: Some(on_record.expires_at),
            token: Some(on_record.id),
            local_user: true,
        };
        self.authenticator.accept_as("secret", known);
        Credential::Bearer("secret".to_owned())
    }

    async fn enter(&self, credential: &Credential) -> Result<Caller, GateError> {
        self.gate.authenticate(credential, "here", Door::Sql, None).await
    }

    /// How often a credential was checked since the last time.
    fn checks(&self) -> usize {
        self.authenticator.attempts().len()
    }
}

fn caller(name: &str) -> Caller {
    Caller { principal: principal(name, &[]), local_user: true, door: Door::Sql, ..Caller::local() }
}

#[tokio::test]
async fn a_token_is_checked_once_until_something_changes() {
    let guarded = Guarded::new().await;
    let credential = guarded.with_token().await;
    for _ in 0..3 {
        guarded.enter(&credential).await.unwrap();
    }
    assert_eq!(guarded.checks(), 1);
    guarded.put("bob", false).await;
    guarded.enter(&credential).await.unwrap();
    assert_eq!(guarded.checks(), 1, "after a change it is checked again, once");
    guarded.bench.clock.advance(TimeDelta::seconds(31));
    guarded.enter(&credential).await.unwrap();
    assert_eq!(guarded.checks(), 1, "after a while too");

    let other = Credential::Bearer("secret2".to_owned());
    assert!(guarded.enter(&other).await.is_err());
    let as_password = Credential::Password { user: "ann".to_owned(), password: "secret".to_owned() };
    assert!(guarded.enter(&as_password).await.is_err());
    assert_eq!(guarded.checks(), 2);
}

#[tokio::test]
async fn a_token_that_is_known_is_not_good_for_longer() {
    let guarded = Guarded::new().await;
    let credential = guarded.with_token().await;
    let ann = guarded.enter(&credential).await.unwrap();
    guarded.bench.store.revoke_token(&token_id("t1"), guarded.bench.app.clock.now()).await.unwrap();
    guarded.checks();
    let again = guarded.enter(&credential).await;
    assert_eq!(guarded.checks(), 1, "whoever checks tokens is asked again");
    // The one here knows nothing of revoking, and so only the view is refused.
    assert!(again.is_ok());
    assert!(matches!(guarded.gate.view(&ann).await, Err(GateError::Unauthenticated { .. })));
}

#[tokio::test]
async fn who_comes_to_ask_is_known_by_what_was_found_before_and_asks_by_what_holds_now() {
    let guarded = Guarded::new().await;
    let credential = guarded.with_token().await;
    let enter = async || guarded.gate.authenticate_to_ask(&credential, "here", Door::Sql, None).await.unwrap();
    enter().await;
    assert_eq!(guarded.checks(), 1, "nobody came before");
    guarded.put("bob", false).await;
    let ann = enter().await;
    assert_eq!(guarded.checks(), 0, "that something else has changed is not looked for");
    guarded.gate.view(&ann).await.unwrap();
    enter().await;
    assert_eq!(guarded.checks(), 1, "the view found that it has");

    guarded.bench.store.revoke_token(&token_id("t1"), guarded.bench.app.clock.now()).await.unwrap();
    let ann = enter().await;
    assert_eq!(guarded.checks(), 0);
    assert!(matches!(guarded.gate.view(&ann).await, Err(GateError::Unauthenticated { .. })));
    let question = Question { sql: "SELECT 1".to_owned(), ..Question::default() };
    assert!(matches!(guarded.gate.ask(&ann, question).await, Err(GateError::Unauthenticated { .. })));
    // By now the revocation is known, so that whoever checks tokens is asked again.
    enter().await;
    assert_eq!(guarded.checks(), 1);
}

#[tokio::test]
async fn passwords_and_what_others_vouch_for_are_checked_each_time() {
    let guarded = Guarded::new().await;
    guarded.put("ann", false).await;
    guarded.authenticator.accept_password("ann", "a long password", principal("ann", &[]));
    guarded.authenticator.accept_bearer("header.claims.signature", principal("corporate:eve", &[]));
    let password = Credential::Password { user: "ann".to_owned(), password: "a long password".to_owned() };
    let jwt = Credential::Bearer("header.claims.signature".to_owned());
    for credential in [&password, &jwt] {
        guarded.enter(credential).await.unwrap();
        guarded.enter(credential).await.unwrap();
        assert_eq!(guarded.checks(), 2);
    }
}

/// Who signs in, and who is new, changes nothing for others: what they see is not decided anew.
#[tokio::test]
async fn what_was_decided_is_kept_while_people_come_and_go() {
    let guarded = Guarded::new().await;
    guarded.put("ann", false).await;
    let before = guarded.gate.view(&caller("ann")).await.unwrap();
    guarded.put("bob", false).await;
    guarded.with_token().await;
    assert!(Arc::ptr_eq(&before, &guarded.gate.view(&caller("ann")).await.unwrap()));
    let member = User { principal: principal("ann", &["analysts"]), ..user("ann") };
    guarded.bench.store.put_user(&member).await.unwrap();
    assert!(!Arc::ptr_eq(&before, &guarded.gate.view(&caller("ann")).await.unwrap()), "of herself it is");

    let now = guarded.gate.view(&caller("ann")).await.unwrap();
    guarded.bench.store.put_policies(&guarded.bench.app.workspace, &workspace_policies("more", "")).await.unwrap();
    assert!(!Arc::ptr_eq(&now, &guarded.gate.view(&caller("ann")).await.unwrap()), "after a change of policies too");
}

/// Others who ask all the time share what is looked for; nobody gets what was found before a change that they know of.
#[test]
fn a_change_holds_for_whoever_comes_after_it_also_under_load() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guarded = runtime().block_on(Guarded::new());
    runtime().block_on(guarded.put("bob", false));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert!(runtime().block_on(guarded.gate.view(&caller("bob"))).is_ok());
                }
            });
        }
        let seen: Vec<bool> = runtime().block_on(async {
            let mut seen = Vec::new();
            for turn in 0..200 {
                guarded.put("ann", turn % 2 == 0).await;
                seen.push(guarded.gate.view(&caller("ann")).await.is_ok());
            }
            seen
        });
        over.store(true, Ordering::Relaxed);
        let expected: Vec<bool> = (0..200).map(|turn| turn % 2 == 1).collect();
        assert_eq!(seen, expected);
    });
}
