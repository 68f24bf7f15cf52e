//! How many connections each user has, so that nobody takes the places of all others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outport_model::principal::PrincipalId;

/// The connections of every user.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<BTreeMap<PrincipalId, usize>>);

/// A connection of a user, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    user: PrincipalId,
}

impl Seats {
    /// One more connection of a user; `None` where they have as many as they may.
    pub(crate) fn take(self: &Arc<Self>, user: &PrincipalId, most: usize) -> Option<Seat> {
        let mut taken = self.lock();
        let count = taken.entry(user.clone()).or_default();
        if *count < most {
            *count += 1;
            return Some(Seat { seats: Arc::clone(self), user: user.clone() });
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PrincipalId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many() {
        let seats = Arc::new(Seats::default());
        let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
        let first = seats.take(&ann, 2).unwrap();
        let _second = seats.take(&ann, 2).unwrap();
        assert!(seats.take(&ann, 2).is_none());
        let other = seats.take(&bob, 2);
        assert!(other.is_some());
        drop((first, other));
        assert!(seats.take(&ann, 2).is_some());
        assert_eq!(seats.lock().len(), 1);
    }
}
