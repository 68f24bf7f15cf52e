//! A clock that a test sets.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use outport_app::clock::Clock;

/// Stands still until it is moved on.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows this moment.
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self(Mutex::new(moment))
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        let mut moment = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *moment += by;
    }
}

impl Default for ManualClock {
    /// A clock that shows [`crate::fixture::moment`]`(0)`.
    fn default() -> Self {
        Self::at(crate::fixture::moment(0))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_when_told() {
        let clock = ManualClock::default();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance(Duration::seconds(5));
        assert_eq!(clock.now() - before, Duration::seconds(5));
    }
}
