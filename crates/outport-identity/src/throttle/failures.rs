//! How often something was wrong, and how long the next is not looked at. No more is remembered than fits.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

/// How many wrong ones cost nothing.
pub(super) const FREE: u32 = 5;
/// Within which time they are too many.
const TOGETHER: TimeDelta = TimeDelta::minutes(1);
/// How long it is remembered that they were too many.
const REMEMBERED: TimeDelta = TimeDelta::minutes(15);
/// Of how many keys failures are remembered.
const CAPACITY: usize = 20_000;

/// What failures are counted of. Of one size, however long the names are that someone sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn new(kind: &str, parts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.as_bytes());
        for part in parts {
            // With its length, or `a`, `bc` and `ab`, `c` were the same.
            hasher.update(&[0]).update(part.len().to_string().as_bytes()).update(&[0]).update(part.as_bytes());
        }
        Self(hasher.finalize().into())
    }
}

#[derive(Debug, Clone, Copy)]
struct Counter {
    failures: u32,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Counter {
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        if self.failures < FREE { now - self.first > TOGETHER } else { now - self.last > REMEMBERED }
    }

    /// Seconds from the last failure until the next attempt.
    fn delay(&self, longest: i64) -> i64 {
        self.failures.checked_sub(FREE).map_or(0, |further| 2_i64.saturating_pow(further).min(longest))
    }
}

/// Failures by key; those whose last is longest ago are forgotten when there are too many.
#[derive(Debug, Default)]
pub(super) struct Failures {
    counters: HashMap<Key, Counter>,
    by_age: BTreeSet<(DateTime<Utc>, Key)>,
}

impl Failures {
    /// Counts one.
    pub(super) fn add(&mut self, key: Key, now: DateTime<Utc>) {
        let before = self.remove(key).filter(|counter| !counter.is_over(now));
        let before = before.unwrap_or(Counter { failures: 0, first: now, last: now });
        self.insert(key, Counter { failures: before.failures.saturating_add(1), last: now, ..before });
        while self.counters.len() > CAPACITY
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.counters.remove(&oldest);
        }
    }

    /// How many count now.
    pub(super) fn count(&self, key: Key, now: DateTime<Utc>) -> u32 {
        self.counters.get(&key).filter(|counter| !counter.is_over(now)).map_or(0, |counter| counter.failures)
    }

    /// How many whole seconds remain until the next attempt; `None` where it may come now.
    pub(super) fn delay(&self, key: Key, longest: i64, now: DateTime<Utc>) -> Option<u64> {
        let counter = self.counters.get(&key).filter(|counter| !counter.is_over(now))?;
        let until = counter.last + TimeDelta::seconds(counter.delay(longest));
        let remaining = (until - now).num_milliseconds();
        // A clock that was set back must not make it longer.
        let seconds = u64::try_from(remaining.div_euclid(1000) + i64::from(remaining.rem_euclid(1000) > 0)).ok()?;
        (seconds > 0).then(|| seconds.min(longest.unsigned_abs()))
    }

    /// Forgets all, and says how many there were.
    pub(super) fn forget(&mut self, key: Key, now: DateTime<Utc>) -> u32 {
        self.remove(key).filter(|counter| !counter.is_over(now)).map_or(0, |counter| counter.failures)
    }

    /// Counts this many less.
    pub(super) fn take_back(&mut self, key: Key, failures: u32, now: DateTime<Utc>) {
        let Some(counter) = self.remove(key).filter(|counter| !counter.is_over(now)) else { return };
        let remaining = counter.failures.saturating_sub(failures);
        if remaining > 0 {
            self.insert(key, Counter { failures: remaining, ..counter });
        }
    }

    fn insert(&mut self, key: Key, counter: Counter) {
        self.by_age.insert((counter.last, key));
        self.counters.insert(key, counter);
    }

    fn remove(&mut self, key: Key) -> Option<Counter> {
        let counter = self.counters.remove(&key)?;
        self.by_age.remove(&(counter.last, key));
        Some(counter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_793_491_200_000 + milliseconds).unwrap()
    }

    fn key(number: usize) -> Key {
        Key::new("test", &[&number.to_string()])
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut failures = Failures::default();
        let delays: Vec<_> = (0..14)
            .map(|_| {
                failures.add(key(0), moment(0));
                failures.delay(key(0), 60, moment(0)).unwrap_or(0)
            })
            .collect();
        assert_eq!(delays, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(failures.delay(key(0), 5, moment(0)), Some(5));
    }

    #[test]
    fn a_few_within_a_minute_are_forgotten_and_many_are_not() {
        let mut failures = Failures::default();
        for _ in 0..4 {
            failures.add(key(0), moment(0));
        }
        failures.add(key(0), moment(61_000));
        assert_eq!(failures.count(key(0), moment(61_000)), 1);

        for _ in 0..5 {
            failures.add(key(1), moment(0));
        }
        assert_eq!(failures.count(key(1), moment(14 * 60_000)), 5);
        assert_eq!(failures.count(key(1), moment(16 * 60_000)), 0);
    }

    #[test]
    fn part_of_a_second_counts_as_one() {
        let mut failures = Failures::default();
        for _ in 0..6 {
            failures.add(key(0), moment(0));
        }
        assert_eq!(failures.delay(key(0), 60, moment(1)), Some(2));
        assert_eq!(failures.delay(key(0), 60, moment(1000)), Some(1));
        assert_eq!(failures.delay(key(0), 60, moment(1999)), Some(1));
        assert_eq!(failures.delay(key(0), 60, moment(2000)), None);
        assert_eq!(failures.delay(key(0), 60, moment(-3_600_000)), Some(60), "the clock was set back");
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut failures = Failures::default();
        for number in 0..CAPACITY + 10 {
            failures.add(key(number), moment(i64::try_from(number).unwrap()));
        }
        assert_eq!(failures.counters.len(), CAPACITY);
        assert_eq!(failures.by_age.len(), CAPACITY);
        let now = moment(i64::try_from(CAPACITY).unwrap() + 10);
        assert_eq!(failures.count(key(9), now), 0);
        assert_eq!(failures.count(key(10), now), 1);
    }

    proptest! {
        #[test]
        fn both_indices_say_the_same(steps in prop::collection::vec((0..4_usize, 0..4_u8, 0..90_000_i64), 0..60)) {
            let mut failures = Failures::default();
            let mut now = 0;
            for (number, step, later) in steps {
                now += later;
                match step {
                    0 => { failures.forget(key(number), moment(now)); }
                    1 => failures.take_back(key(number), 2, moment(now)),
                    _ => failures.add(key(number), moment(now)),
                }
                let listed: BTreeSet<_> = failures.counters.iter().map(|(key, counter)| (counter.last, *key)).collect();
                prop_assert_eq!(&listed, &failures.by_age);
                prop_assert!(failures.delay(key(number), 60, moment(now)).unwrap_or(0) <= 60);
            }
        }
    }
}
