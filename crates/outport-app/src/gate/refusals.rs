//! Refused credentials on record, however many there are: whoever has no credential must not fill the disk.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use outport_model::{
    audit::{RequestRecord, RequestResult},
    principal::Door,
};

use super::error::ErrorKind;
use crate::audit::{AuditError, AuditLog, Recorded, Verification};

/// How long refusals that are alike are counted together.
const WINDOW: Duration = Duration::from_mins(1);

/// How many kinds of refusals are told apart in this time. Whoever comes from everywhere is not worth more.
const MOST: usize = 16;

/// The longest name of a program that is kept, in characters.
const LONGEST_CLIENT: usize = 200;

/// What stands in the place of what many refusals were.
const SEVERAL: &str = "authenticate from several places";

/// A record of requests that keeps the first of several alike at once, and how many followed it within a minute as one
/// record more. Of a process that is killed the number of that minute is lost.
#[derive(Debug)]
pub(super) struct Refusals {
    log: Arc<dyn AuditLog>,
    window: Mutex<Window>,
    /// Itself, for the task that ends a window.
    own: Weak<Self>,
}

/// What came since the first refusal of a minute.
#[derive(Debug, Default)]
struct Window {
    /// Tells windows apart.
    number: u64,
    /// Each kind with what of it is not on record yet.
    kinds: BTreeMap<Kind, Option<RequestRecord>>,
}

/// Refusals that are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    door: Door,
    /// What was tried, and from where.
    request: String,
    error: Option<String>,
    reason: Option<String>,
}

impl Kind {
    fn of(record: &RequestRecord) -> Self {
        let unauthenticated = record.error.as_deref() == Some(ErrorKind::Unauthenticated.as_str());
        let reason = match &record.result {
            RequestResult::Refused { reason } if unauthenticated => Some(reason.clone()),
            // Others have figures in them that make each unlike every other.
            _ => None,
        };
        Self { door: record.door, request: record.request.clone(), error: record.error.clone(), reason }
    }

    /// Everything at a door, once there are too many kinds.
    fn rest(door: Door) -> Self {
        Self { door, request: SEVERAL.to_owned(), error: None, reason: None }
    }
}

impl Window {
    /// Takes a refusal in. Gives it back where it is to be put on record at once.
    fn take(&mut self, mut record: RequestRecord) -> Option<RequestRecord> {
        let mut kind = Kind::of(&record);
        if self.kinds.len() >= MOST && !self.kinds.contains_key(&kind) {
            kind = Kind::rest(record.door);
            SEVERAL.clone_into(&mut record.request);
        }
        match self.kinds.get_mut(&kind) {
            None => {
                self.kinds.insert(kind, None);
                Some(record)
            }
            Some(Some(waiting)) => {
                waiting.times += 1;
                None
            }
            Some(waiting) => {
                *waiting = Some(record);
                None
            }
        }
    }

    /// Ends, and gives what is not on record yet.
    fn end(&mut self) -> impl Iterator<Item = RequestRecord> + use<> {
        self.number += 1;
        mem::take(&mut self.kinds).into_values().flatten()
    }
}

impl Refusals {
    pub(super) fn new(log: Arc<dyn AuditLog>) -> Arc<Self> {
        Arc::new_cyclic(|own| Self { log, window: Mutex::default(), own: own.clone() })
    }

    /// Ends a window after its time.
    fn end_later(&self, number: u64) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let own = self.own.clone();
        runtime.spawn(async move {
            tokio::time::sleep(WINDOW).await;
            if let Some(own) = own.upgrade() {
                own.end(Some(number));
            }
        });
    }

    /// Ends the window, if it is the one of this number.
    pub(super) fn end(&self, number: Option<u64>) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if number.is_some_and(|number| number != window.number) {
            return;
        }
        for record in window.end() {
            if let Err(error) = self.log.append(&record) {
                tracing::error!(%error, times = record.times, "refused credentials could not be put on record");
            }
        }
    }
}

#[async_trait]
impl AuditLog for Refusals {
    fn append(&self, record: &RequestRecord) -> Result<(), AuditError> {
        let mut record = record.clone();
        record.client = record.client.map(|client| client.chars().take(LONGEST_CLIENT).collect());
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.kinds.is_empty() {
            self.end_later(window.number);
        }
        window.take(record).map_or(Ok(()), |first| self.log.append(&first))
    }

    async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError> {
        self.log.recorded().await
    }

    async fn verify(&self) -> Result<Verification, AuditError> {
        self.log.verify().await
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use outport_test::fixture::request_record;

    use super::*;

    /// Keeps nothing but how many requests each record is for, while the disk has room.
    #[derive(Debug, Default)]
    struct Counts {
        times: Mutex<Vec<u64>>,
        full: Mutex<bool>,
    }

    impl Counts {
        fn times(&self) -> Vec<u64> {
            self.times.lock().unwrap().clone()
        }
    }

    #[async_trait]
    impl AuditLog for Counts {
        fn append(&self, record: &RequestRecord) -> Result<(), AuditError> {
            if *self.full.lock().unwrap() {
                let source = std::io::ErrorKind::StorageFull.into();
                return Err(AuditError::Write { location: "memory".to_owned(), source });
            }
            self.times.lock().unwrap().push(record.times);
            Ok(())
        }

        async fn recorded(&self) -> Result<Arc<dyn Recorded>, AuditError> {
            panic!("nobody reads here")
        }

        async fn verify(&self) -> Result<Verification, AuditError> {
            panic!("nobody verifies here")
        }
    }

    #[test]
    fn what_was_counted_is_on_record_when_the_minute_is_over() {
        let log = Arc::new(Counts::default());
        let refusals = Refusals::new(log.clone());
        for round in 0..3 {
            for second in 0..10 {
                refusals.append(&request_record(second, "authenticate from 10.0.0.1")).unwrap();
            }
            let before = log.times();
            // The task of another window, which was late.
            refusals.end(Some(round + 100));
            assert_eq!(log.times(), before);
            refusals.end(Some(round));
            assert_eq!(log.times(), [before, vec![9]].concat());
        }
        refusals.end(None);
        assert_eq!(log.times(), [1, 9, 1, 9, 1, 9], "a minute without any leaves nothing");
    }

    #[test]
    fn what_cannot_be_kept_is_told() {
        let log = Arc::new(Counts::default());
        let refusals = Refusals::new(log.clone());
        *log.full.lock().unwrap() = true;
        assert!(refusals.append(&request_record(1, "authenticate")).is_err());
        // Those that are only counted are not written.
        assert!(refusals.append(&request_record(2, "authenticate")).is_ok());
        *log.full.lock().unwrap() = false;
        drop(refusals);
        assert_eq!(log.times(), [1]);
    }
}
