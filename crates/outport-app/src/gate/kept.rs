//! What was worked out for a caller, kept for a while.
//!
//! Over thousands of products it takes seconds to decide what someone may see. So it is worked out beside the requests of
//! others, once for all who wait for the same, and kept for as long as nothing that it depends on has changed.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use super::error::GateError;

/// Values by what they depend on.
#[derive(Debug)]
pub(super) struct Kept<K, V> {
    /// How many are kept at most.
    most: usize,
    places: Mutex<HashMap<K, Place<V>>>,
}

#[derive(Debug)]
struct Place<V> {
    /// The value, and until when it holds.
    value: Option<(Arc<V>, DateTime<Utc>)>,
    /// When it was wanted last.
    used: DateTime<Utc>,
    /// Whose turn it is to work it out.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<V> Place<V> {
    /// Whether someone works it out, or waits for it.
    fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.turn) > 1
    }
}

impl<K: Hash + Eq + Clone, V: Send + 'static> Kept<K, V> {
    /// None yet, of at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, places: Mutex::default() }
    }

    /// The value that holds now. Where none does, the work that `begin` gives is done, which says until when its value holds.
    pub(super) async fn get<W>(
        &self,
        key: K,
        now: DateTime<Utc>,
        begin: impl FnOnce() -> W,
    ) -> Result<Arc<V>, GateError>
    where
        W: FnOnce() -> Result<(V, DateTime<Utc>), GateError> + Send + 'static,
    {
        if let Some(value) = self.held(&key, now) {
            return Ok(value);
        }
        let turn = self.turn(&key, now);
        let _turn = turn.lock().await;
        if let Some(value) = self.held(&key, now) {
            return Ok(value);
        }
        let (value, until) = beside(begin()).await?;
        let value = Arc::new(value);
        let mut places = self.places();
        let place = places.entry(key).or_insert_with(|| Place { value: None, used: now, turn: Arc::clone(&turn) });
        place.value = Some((Arc::clone(&value), until));
        Ok(value)
    }

    fn held(&self, key: &K, now: DateTime<Utc>) -> Option<Arc<V>> {
        let mut places = self.places();
        let place = places.get_mut(key)?;
        place.used = now;
        let (value, until) = place.value.as_ref()?;
        (now < *until).then(|| Arc::clone(value))
    }

    /// The turns of whoever waits for this value. What does not hold any more is forgotten, and where it is too much what
    /// nobody has wanted for longest.
    fn turn(&self, key: &K, now: DateTime<Utc>) -> Arc<tokio::sync::Mutex<()>> {
        let mut places = self.places();
        if let Some(place) = places.get(key) {
            return Arc::clone(&place.turn);
        }
        places.retain(|_, place| place.is_wanted() || place.value.as_ref().is_some_and(|(_, until)| now < *until));
        while places.len() >= self.most {
            let idle = places.iter().filter(|(_, place)| !place.is_wanted());
            let Some(oldest) = idle.min_by_key(|(_, place)| place.used).map(|(key, _)| key.clone()) else { break };
            places.remove(&oldest);
        }
        let turn = Arc::default();
        places.insert(key.clone(), Place { value: None, used: now, turn: Arc::clone(&turn) });
        turn
    }

    fn places(&self) -> MutexGuard<'_, HashMap<K, Place<V>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what takes its time where it keeps no request waiting.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GateError> + Send + 'static,
) -> Result<T, GateError> {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => done,
        Err(broken) => Err(GateError::Internal(Box::new(broken))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    fn moment(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[tokio::test]
    async fn a_value_is_worked_out_once_for_all_who_wait() {
        let (kept, worked) = (Arc::new(Kept::new(9)), Arc::new(AtomicUsize::new(0)));
        let (go, wait) = mpsc::channel::<()>();
        let mut wait = Some(wait);
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let (kept, worked, wait) = (Arc::clone(&kept), Arc::clone(&worked), wait.take());
            waiting.push(tokio::spawn(async move {
                let work = move || {
                    if let Some(wait) = wait {
                        let _ = wait.recv();
                    }
                    Ok((worked.fetch_add(1, Ordering::SeqCst), moment(60)))
                };
                kept.get("ada", moment(0), || work).await.unwrap()
            }));
            tokio::task::yield_now().await;
        }
        // Who wants something else does not wait for it.
        assert_eq!(*kept.get("bob", moment(0), || || Ok((7, moment(60)))).await.unwrap(), 7);
        go.send(()).unwrap();
        for waits in waiting {
            assert_eq!(*waits.await.unwrap(), 0);
        }
        assert_eq!(worked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_value_is_kept_until_its_end() {
        let kept = Kept::new(9);
        let get = async |now, value| *kept.get("ada", moment(now), || move || Ok((value, moment(60)))).await.unwrap();
        assert_eq!((get(0, 1).await, get(59, 2).await, get(60, 3).await), (1, 1, 3));
    }

    #[tokio::test]
    async fn what_fails_is_tried_again() {
        let kept = Kept::new(9);
        let refused = || Err::<(u8, _), _>(GateError::Policies { problems: Vec::new() });
        let broken = kept.get("ada", moment(0), || refused);
        assert!(broken.await.is_err());
        let panics = kept.get("ada", moment(0), || || panic!("as a fault would"));
        assert!(matches!(panics.await, Err(GateError::Internal(_))));
        assert_eq!(*kept.get("ada", moment(0), || || Ok((1, moment(60)))).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_nobody_has_wanted_for_longest_goes_first() {
        let kept = Kept::new(2);
        let get =
            async |name, now, value| *kept.get(name, moment(now), || move || Ok((value, moment(60)))).await.unwrap();
        assert_eq!((get("ada", 0, 1).await, get("bob", 1, 2).await, get("ada", 2, 3).await), (1, 2, 1));
        assert_eq!(get("cleo", 3, 4).await, 4);
        assert_eq!((get("ada", 4, 5).await, get("bob", 5, 6).await), (1, 6));
    }

    #[tokio::test]
    async fn there_are_never_more_than_so_many() {
        let kept = Kept::new(2);
        for name in ["ada", "bob", "cleo", "dora"] {
            kept.get(name, moment(0), || || Ok(((), moment(60)))).await.unwrap();
            assert!(kept.places().len() <= 2, "{name}");
        }
    }
}
