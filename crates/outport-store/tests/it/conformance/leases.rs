//! Leases.

use chrono::{DateTime, Utc};
use outport_app::store::{Lease, LeaseOutcome, StoreError};
use outport_model::name::ProductName;
use outport_test::fixture::{moment, product};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{TestRng, TestRunner},
};

use super::{Home, Stores, acquired, prod};

async fn acquire(stores: &Stores, holder: &str, now: i64, dead: Option<&Lease>) -> LeaseOutcome {
    let name = product("flights");
    stores.leases.acquire_lease(&prod(), &name, holder, moment(now), moment(now + 10), dead).await.unwrap()
}

fn is_lost<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::LeaseLost { product: name }) if *name == product("flights")),
        "{result:?}"
    );
}

pub(crate) async fn a_held_lease_is_not_given(home: &impl Home) {
    let (one, two) = (home.open().await, home.open().await);
    let lease = acquired(acquire(&one, "one", 0, None).await);
    assert_eq!((lease.holder.as_str(), lease.expires_at), ("one", moment(10)));
    assert_eq!(acquire(&two, "two", 9, None).await, LeaseOutcome::Held(lease.clone()));
    assert_eq!(acquire(&one, "one", 9, None).await, LeaseOutcome::Held(lease));
    acquired(two.leases.acquire_lease(&prod(), &product("other"), "two", moment(9), moment(19), None).await.unwrap());
}

pub(crate) async fn a_lapsed_lease_is_given_with_a_greater_fence(home: &impl Home) {
    let (one, two) = (home.open().await, home.open().await);
    let first = acquired(acquire(&one, "one", 0, None).await);
    let second = acquired(acquire(&two, "two", 10, None).await);
    assert!(second.fence > first.fence);
    is_lost(&one.leases.renew_lease(&first, moment(50)).await);
}

pub(crate) async fn a_dead_holder_is_replaced(home: &impl Home) {
    let stores = home.open().await;
    let first = acquired(acquire(&stores, "one", 0, None).await);
    let second = acquired(acquire(&stores, "two", 1, Some(&first)).await);
    assert!(second.fence > first.fence);
    // Whoever came to know of the death too late finds a lease that lives.
    assert_eq!(acquire(&stores, "three", 2, Some(&first)).await, LeaseOutcome::Held(second));
}

pub(crate) async fn a_holder_that_renewed_is_not_dead(home: &impl Home) {
    let stores = home.open().await;
    let seen = acquired(acquire(&stores, "one", 0, None).await);
    let renewed = stores.leases.renew_lease(&seen, moment(20)).await.unwrap();
    assert_eq!(acquire(&stores, "two", 1, Some(&seen)).await, LeaseOutcome::Held(renewed));
}

pub(crate) async fn renewing_prolongs_and_never_shortens(home: &impl Home) {
    let stores = home.open().await;
    let lease = acquired(acquire(&stores, "one", 0, None).await);
    let renewed = stores.leases.renew_lease(&lease, moment(20)).await.unwrap();
    assert_eq!(renewed, Lease { expires_at: moment(20), ..lease.clone() });
    assert_eq!(stores.leases.renew_lease(&lease, moment(15)).await.unwrap(), renewed);
    assert_eq!(acquire(&stores, "two", 19, None).await, LeaseOutcome::Held(renewed));
}

pub(crate) async fn a_lost_lease_is_not_renewed(home: &impl Home) {
    let stores = home.open().await;
    let lease = acquired(acquire(&stores, "one", 0, None).await);
    is_lost(&stores.leases.renew_lease(&Lease { holder: "two".to_owned(), ..lease.clone() }, moment(20)).await);
    // The same holder under a new fence is another holder.
    let again = acquired(acquire(&stores, "one", 10, None).await);
    is_lost(&stores.leases.renew_lease(&lease, moment(50)).await);
    stores.leases.release_lease(&again).await.unwrap();
    is_lost(&stores.leases.renew_lease(&again, moment(50)).await);
}

pub(crate) async fn a_lease_given_back_is_free(home: &impl Home) {
    let stores = home.open().await;
    let first = acquired(acquire(&stores, "one", 0, None).await);
    stores.leases.release_lease(&first).await.unwrap();
    let second = acquired(acquire(&stores, "two", 1, None).await);
    assert!(second.fence > first.fence);
}

pub(crate) async fn giving_a_lost_lease_back_does_nothing(home: &impl Home) {
    let stores = home.open().await;
    let first = acquired(acquire(&stores, "one", 0, None).await);
    let second = acquired(acquire(&stores, "one", 10, None).await);
    stores.leases.release_lease(&first).await.unwrap();
    assert_eq!(acquire(&stores, "two", 11, None).await, LeaseOutcome::Held(second));
}

pub(crate) async fn of_many_at_once_one_wins(home: &impl Home) {
    let handles = [home.open().await, home.open().await];
    for round in 0..10 {
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let stores = handles[number % 2].clone();
                tokio::spawn(async move { acquire(&stores, &format!("task {number}"), round * 10, None).await })
            })
            .collect();
        let (mut winners, mut seen) = (Vec::new(), Vec::new());
        for task in tasks {
            match task.await.unwrap() {
                LeaseOutcome::Acquired(lease) => winners.push(lease),
                LeaseOutcome::Held(lease) => seen.push(lease),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert!(seen.iter().all(|lease| *lease == winners[0]), "round {round}");
    }
}

/// What somebody does about a lease; `lease` counts back over those that were acquired.
#[derive(Debug, Clone)]
enum Move {
    Wait(i64),
    Acquire { holder: u8, seconds: i64, dead: Option<usize> },
    Renew { lease: usize, seconds: i64 },
    Release { lease: usize },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..8_i64).prop_map(Move::Wait),
        (0..3_u8, 0..12_i64, proptest::option::of(0..3_usize)).prop_map(|(holder, seconds, dead)| Move::Acquire {
            holder,
            seconds,
            dead
        }),
        (0..3_usize, 0..12_i64).prop_map(|(lease, seconds)| Move::Renew { lease, seconds }),
        (0..3_usize).prop_map(|lease| Move::Release { lease }),
    ];
    proptest::collection::vec(one, 1..25)
}

/// The same in memory.
#[derive(Default)]
struct Model {
    held: Option<Lease>,
    fence: u64,
}

impl Model {
    fn acquire(
        &mut self,
        name: &ProductName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        dead: Option<&Lease>,
    ) -> LeaseOutcome {
        if let Some(held) = self.held.as_ref().filter(|held| held.expires_at > now && dead != Some(held)) {
            return LeaseOutcome::Held(held.clone());
        }
        self.fence += 1;
        let lease = Lease {
            workspace: prod(),
            product: name.clone(),
            holder: holder.to_owned(),
            fence: self.fence,
            expires_at: until,
        };
        self.held = Some(lease.clone());
        LeaseOutcome::Acquired(lease)
    }

    fn mine(&mut self, lease: &Lease) -> Option<&mut Lease> {
        self.held.as_mut().filter(|held| held.fence == lease.fence)
    }
}

pub(crate) async fn leases_follow_the_model(home: &impl Home) {
    let stores = home.open().await;
    let config = ProptestConfig::default();
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::from_seed(config.rng_algorithm, &[7; 32]));
    for case in 0..60 {
        let moves = moves().new_tree(&mut runner).unwrap().current();
        follow(&stores, &product(&format!("case-{case}")), &moves).await;
    }
}

async fn follow(stores: &Stores, name: &ProductName, moves: &[Move]) {
    let (mut model, mut now, mut taken) = (Model::default(), moment(0), Vec::<Lease>::new());
    for (step, action) in moves.iter().enumerate() {
        let context = format!("step {step} of {moves:?}");
        let pick = |back: usize| taken.iter().rev().nth(back).cloned();
        match action {
            Move::Wait(seconds) => now += chrono::Duration::seconds(*seconds),
            Move::Acquire { holder, seconds, dead } => {
                let (holder, until) = (holder.to_string(), now + chrono::Duration::seconds(*seconds));
                let dead = dead.and_then(pick);
                let expected = model.acquire(name, &holder, now, until, dead.as_ref());
                let found = stores.leases.acquire_lease(&prod(), name, &holder, now, until, dead.as_ref()).await;
                assert_eq!(found.unwrap(), expected, "{context}");
                if let LeaseOutcome::Acquired(lease) = expected {
                    taken.push(lease);
                }
            }
            Move::Renew { lease, seconds } => {
                let Some(lease) = pick(*lease) else { continue };
                let until = now + chrono::Duration::seconds(*seconds);
                let expected = model.mine(&lease).map(|held| {
                    held.expires_at = held.expires_at.max(until);
                    held.clone()
                });
                assert_eq!(stores.leases.renew_lease(&lease, until).await.ok(), expected, "{context}");
            }
            Move::Release { lease } => {
                let Some(lease) = pick(*lease) else { continue };
                if model.mine(&lease).is_some() {
                    model.held = None;
                }
                stores.leases.release_lease(&lease).await.unwrap();
            }
        }
    }
}
