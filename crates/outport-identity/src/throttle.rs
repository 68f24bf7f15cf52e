//! Slows down guessing.
//!
//! After five wrong passwords within a minute the next is not looked at for a second, and each further one doubles that: up
//! to a minute for the address where they come from, but only a few seconds for the name that is guessed, or whoever
//! guesses could lock out the one whose name it is.
//!
//! Attempts that would together be more than are free wait for each other, so that guessing many at once gains nothing,
//! and a pool of connections with the right password gets through.

mod failures;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use self::failures::{FREE, Failures, Key};

/// For how long nothing from an address is looked at, at most, in seconds.
const ADDRESS: i64 = 60;
/// For how long no password of a name is looked at, at most, in seconds.
const NAME: i64 = 5;
/// How many attempts wait for others, at most.
const WAITING: usize = 1000;

/// Counts what was refused.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    failures: Failures,
    running: HashMap<Key, u32>,
    waiting: usize,
}

/// A password that is being looked at. Dropped without [`failed`](Self::failed) or [`succeeded`](Self::succeeded), it
/// counts for nothing: nobody was told whether it is right.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    address: Key,
    name: Key,
    both: Key,
}

enum Admission {
    Now,
    Wait,
    In(u64),
}

impl Throttle {
    /// Lets a password be looked at, or says in how many seconds it can be. `now` is asked for again after waiting.
    pub(crate) async fn attempt(
        &self,
        from: &str,
        name: &str,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<Attempt<'_>, u64> {
        let network = network(from);
        let address = Key::new("address", &[network.as_str()]);
        let both = Key::new("both", &[network.as_str(), name]);
        let name = Key::new("name", &[name]);
        let mut place = None;
        loop {
            // Asked for before looking, so that no end is missed in between.
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            let admission = self.state().admit(address, name, now());
            match admission {
                Admission::Now => return Ok(Attempt { throttle: self, address, name, both }),
                Admission::In(seconds) => return Err(seconds),
                Admission::Wait if place.is_none() => place = Some(Place::take(self).ok_or(1_u64)?),
                Admission::Wait => {}
            }
            ended.await;
        }
    }

    /// Counts a token or JWT that was refused; the seconds to wait where too many were.
    pub(crate) fn refused(&self, from: &str, now: DateTime<Utc>) -> Option<u64> {
        let key = Key::new("bearer", &[network(from).as_str()]);
        let mut state = self.state();
        let delay = state.failures.delay(key, ADDRESS, now);
        if delay.is_none() {
            state.failures.add(key, now);
        }
        delay
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, address: Key, name: Key, now: DateTime<Utc>) -> Admission {
        let delays = [self.failures.delay(address, ADDRESS, now), self.failures.delay(name, NAME, now)];
        if let Some(seconds) = delays.into_iter().flatten().max() {
            return Admission::In(seconds);
        }
        let full = |key: Key| {
            // After the free ones it is one at a time.
            let spare = FREE.saturating_sub(self.failures.count(key, now)).max(1);
            self.running.get(&key).is_some_and(|running| *running >= spare)
        };
        if full(address) || full(name) {
            return Admission::Wait;
        }
        for key in [address, name] {
            *self.running.entry(key).or_default() += 1;
        }
        Admission::Now
    }

    fn end(&mut self, key: Key) {
        if let Some(running) = self.running.get_mut(&key) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&key);
            }
        }
    }
}

impl Attempt<'_> {
    /// It was wrong.
    pub(crate) fn failed(self, now: DateTime<Utc>) {
        let mut state = self.throttle.state();
        for key in [self.address, self.name, self.both] {
            state.failures.add(key, now);
        }
    }

    /// It was right: what the same person got wrong before, from there, was no guessing. What others got wrong from the
    /// same address still counts, so that an account of one's own is no way round.
    pub(crate) fn succeeded(self, now: DateTime<Utc>) {
        let mut state = self.throttle.state();
        let own = state.failures.forget(self.both, now);
        state.failures.forget(self.name, now);
        state.failures.take_back(self.address, own, now);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut state = self.throttle.state();
        state.end(self.address);
        state.end(self.name);
        drop(state);
        self.throttle.ended.notify_waiters();
    }
}

/// A place among those that wait.
struct Place<'a>(&'a Throttle);

impl<'a> Place<'a> {
    fn take(throttle: &'a Throttle) -> Option<Self> {
        let mut state = throttle.state();
        if state.waiting >= WAITING {
            return None;
        }
        state.waiting += 1;
        Some(Self(throttle))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

/// What stands for an address: it without a port, and of IPv6 the network, of which one machine has every address.
fn network(from: &str) -> String {
    let address = from.parse::<IpAddr>().or_else(|_| from.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => from.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_machine_has_one_address() {
        assert_eq!(network("10.0.0.1:5432"), network("10.0.0.1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_eq!(network("[2001:db8::1]:80"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
        assert_eq!(network("socket"), "socket");
    }
}
