//! Limits of one query, of one principal and of all together, and whose turn it is when there is no room for everyone.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use outport_model::principal::PrincipalId;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use super::error::{ErrorKind, GateError};
use crate::memory::{Allowance, Budget, amount};

/// Queries of one principal that wait at most; whoever comes on top of that is refused at once.
const LONGEST_QUEUE: usize = 256;

/// Longer than any query takes: a year.
const FAR: Duration = Duration::from_hours(365 * 24);

/// What can be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Rows of an answer.
    Rows,
    /// Bytes of an answer.
    Bytes,
    /// Time from the question to the last row.
    Seconds,
    /// Queries of one principal at once.
    Concurrent,
    /// Queries of everyone at once.
    TotalConcurrent,
    /// Memory of one query.
    Memory,
    /// Memory of all queries of one principal.
    PrincipalMemory,
    /// Memory of everything that the process does.
    MemoryLimit,
    /// Questions, problems and requests of one principal within a day.
    FeedbackPerDay,
    /// Replies of one principal within a day.
    RepliesPerDay,
    /// Replies to one question, problem or request.
    RepliesEach,
    /// Saved questions of one owner.
    QuestionsEach,
}

impl Limit {
    /// Its name; in the settings too, where it can be set.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Concurrent => "concurrent",
            Self::TotalConcurrent => "total_concurrent",
            Self::Memory => "memory",
            Self::PrincipalMemory => "principal_memory",
            Self::MemoryLimit => "memory_limit",
            Self::FeedbackPerDay => "feedback_per_day",
            Self::RepliesPerDay => "replies_per_day",
            Self::RepliesEach => "replies_each",
            Self::QuestionsEach => "questions_each",
        }
    }

    /// What it is set to, in the form of the settings.
    pub(super) fn shown(self, value: u64) -> String {
        match self {
            Self::Rows
            | Self::Seconds
            | Self::Concurrent
            | Self::TotalConcurrent
            | Self::FeedbackPerDay
            | Self::RepliesPerDay
            | Self::RepliesEach
            | Self::QuestionsEach => value.to_string(),
            Self::Bytes | Self::Memory | Self::PrincipalMemory | Self::MemoryLimit => amount(value),
        }
    }

    /// What kind of error it is to reach it.
    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::Rows
            | Self::Bytes
            | Self::Memory
            | Self::FeedbackPerDay
            | Self::RepliesPerDay
            | Self::RepliesEach
            | Self::QuestionsEach => ErrorKind::Limit,
            Self::Seconds => ErrorKind::TimeLimit,
            Self::Concurrent | Self::PrincipalMemory => ErrorKind::Busy,
            Self::TotalConcurrent | Self::MemoryLimit => ErrorKind::Overloaded,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one query, one principal, and all of them may take at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Rows of an answer.
    pub rows: u64,
    /// Bytes of an answer, as Arrow counts them in memory.
    pub bytes: u64,
    /// From the question to the last row.
    pub time: Duration,
    /// Queries of one principal at once.
    pub concurrent: usize,
    /// Queries of everyone at once.
    pub total_concurrent: usize,
    /// How long a query waits for its turn.
    pub wait: Duration,
    /// Bytes of memory of one query. What can spill to disk does so before.
    pub memory: u64,
    /// Bytes of memory of all queries of one principal.
    pub principal_memory: u64,
}

impl Default for Limits {
    /// Ten million rows, 4 GiB, five minutes; 16 queries at once of one principal, 64 of all, ten seconds to wait; 2 GiB
    /// of memory for one query and 3 for one principal.
    fn default() -> Self {
        Self {
            rows: 10_000_000,
            bytes: 4 << 30,
            time: Duration::from_mins(5),
            concurrent: 16,
            total_concurrent: 64,
            wait: Duration::from_secs(10),
            memory: 2 << 30,
            principal_memory: 3 << 30,
        }
    }
}

impl Limits {
    /// When a query that is asked now is to have ended.
    pub(super) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.time).unwrap_or(now + FAR)
    }

    /// A query has taken too long.
    pub fn out_of_time(&self) -> GateError {
        GateError::Limited { limit: Limit::Seconds, value: self.time.as_secs() }
    }
}

/// Who has queries under way, and who waits for a turn.
#[derive(Debug)]
pub(super) struct Running {
    limits: Limits,
    state: Mutex<State>,
    /// Is told when nobody has anything under way any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Queries under way.
    running: usize,
    /// Everyone who has a query under way or waiting.
    principals: BTreeMap<PrincipalId, Share>,
    /// The number of whoever comes next.
    next: u64,
}

/// What one principal has of it.
#[derive(Debug)]
struct Share {
    /// Queries under way.
    running: usize,
    /// Queries that wait, by their numbers, and how each is told that it is its turn.
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
    memory: Arc<Budget>,
}

impl Running {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), idle: Notify::new() }
    }

    /// Lets one more query of a principal begin, once it is its turn; it counts for as long as the permit lives.
    ///
    /// Whoever has the fewest queries under way is next, and among those whoever has waited longest. So a principal who
    /// asks for everything at once only waits for their own.
    pub(super) async fn admit(self: &Arc<Self>, principal: &PrincipalId) -> Result<Permit, GateError> {
        let (permit, turn) = self.enter(principal)?;
        match tokio::time::timeout(self.limits.wait.min(self.limits.time), turn).await {
            Ok(Ok(())) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(self.refusal(principal)),
        }
    }

    fn enter(self: &Arc<Self>, principal: &PrincipalId) -> Result<(Permit, oneshot::Receiver<()>), GateError> {
        let (sender, turn) = oneshot::channel();
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        let share = state.principals.entry(principal.clone()).or_insert_with(|| Share {
            running: 0,
            waiting: VecDeque::new(),
            memory: Arc::new(Budget::new(self.limits.principal_memory)),
        });
        if share.waiting.len() >= LONGEST_QUEUE {
            return Err(share.refusal(&self.limits));
        }
        share.waiting.push_back((number, sender));
        let allowance = Allowance { bytes: self.limits.memory, shared: Arc::clone(&share.memory) };
        state.give(&self.limits);
        Ok((Permit { running: Arc::clone(self), principal: principal.clone(), number, allowance }, turn))
    }

    /// Why it is not a principal's turn.
    fn refusal(&self, principal: &PrincipalId) -> GateError {
        let state = self.lock();
        let share = state.principals.get(principal);
        share.map_or_else(|| total(&self.limits), |share| share.refusal(&self.limits))
    }

    /// Ends a query, whether or not it began.
    fn leave(&self, principal: &PrincipalId, number: u64) {
        let mut state = self.lock();
        let State { running, principals, .. } = &mut *state;
        if let Some(share) = principals.get_mut(principal) {
            match share.waiting.iter().position(|(waiting, _)| *waiting == number) {
                Some(at) => drop(share.waiting.remove(at)),
                None => {
                    share.running -= 1;
                    *running -= 1;
                }
            }
            if share.running == 0 && share.waiting.is_empty() {
                principals.remove(principal);
            }
        }
        state.give(&self.limits);
        if state.principals.is_empty() {
            self.idle.notify_waiters();
        }
    }

    /// Waits until nobody has a query under way or waiting.
    pub(super) async fn idle(&self) {
        loop {
            let told = self.idle.notified();
            if self.lock().principals.is_empty() {
                return;
            }
            told.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives away the room that there is.
    fn give(&mut self, limits: &Limits) {
        while self.running < limits.total_concurrent {
            let waiting = self.principals.values_mut().filter(|share| share.running < limits.concurrent);
            let next = waiting
                .filter(|share| !share.waiting.is_empty())
                .min_by_key(|share| (share.running, share.waiting.front().map(|(number, _)| *number)));
            let Some(share) = next else { return };
            let Some((_, turn)) = share.waiting.pop_front() else { return };
            share.running += 1;
            self.running += 1;
            // Who went away meanwhile is about to drop the permit, which gives the room back.
            let _ = turn.send(());
        }
    }
}

impl Share {
    /// What keeps the next query of this principal from beginning.
    fn refusal(&self, limits: &Limits) -> GateError {
        if self.running < limits.concurrent {
            return total(limits);
        }
        GateError::Limited { limit: Limit::Concurrent, value: limits.concurrent as u64 }
    }
}

fn total(limits: &Limits) -> GateError {
    GateError::Limited { limit: Limit::TotalConcurrent, value: limits.total_concurrent as u64 }
}

/// One query under way, or on its way there.
#[derive(Debug)]
#[must_use = "it counts for as long as it lives"]
pub struct Permit {
    running: Arc<Running>,
    principal: PrincipalId,
    number: u64,
    allowance: Allowance,
}

impl Permit {
    /// How much memory the query may take.
    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.running.leave(&self.principal, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(concurrent: usize, total_concurrent: usize, wait: Duration) -> Arc<Running> {
        Arc::new(Running::new(Limits { concurrent, total_concurrent, wait, ..Limits::default() }))
    }

    fn named(name: &str) -> PrincipalId {
        name.parse().unwrap()
    }

    fn refused(outcome: Result<Permit, GateError>) -> String {
        outcome.unwrap_err().to_string()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn the_refusal_names_the_limit() {
        let running = running(1, 2, Duration::from_millis(5));
        let first = running.admit(&named("ann")).await.unwrap();
        assert_eq!(refused(running.admit(&named("ann")).await), "the limit `concurrent` of 1 is reached");
        let _second = running.admit(&named("bob")).await.unwrap();
        assert_eq!(refused(running.admit(&named("cem")).await), "the limit `total_concurrent` of 2 is reached");
        drop(first);
        drop(running.admit(&named("cem")).await.unwrap());
    }

    #[tokio::test]
    async fn whoever_has_the_fewest_is_next_whoever_came_first() {
        let running = running(8, 2, LONG);
        let (ann, bob) = (named("ann"), named("bob"));
        let (first, _second) = (running.admit(&ann).await.unwrap(), running.admit(&ann).await.unwrap());
        let more: Vec<_> = (0..5).map(|_| running.enter(&ann).unwrap()).collect();
        let (_bobs, mut turn) = running.enter(&bob).unwrap();
        assert!(turn.try_recv().is_err());
        drop(first);
        assert!(turn.try_recv().is_ok(), "bob has none under way, so that five of ann wait");
        assert!(more.into_iter().all(|(_, mut turn)| turn.try_recv().is_err()));
    }

    #[tokio::test]
    async fn among_equals_whoever_waits_longest_is_next() {
        let running = running(8, 1, LONG);
        let first = running.admit(&named("ann")).await.unwrap();
        let (_cem, mut earlier) = running.enter(&named("cem")).unwrap();
        let (_bob, mut later) = running.enter(&named("bob")).unwrap();
        drop(first);
        assert!(earlier.try_recv().is_ok() && later.try_recv().is_err());
    }

    #[tokio::test]
    async fn who_goes_away_leaves_nothing_behind() {
        let running = running(1, 1, LONG);
        let first = running.admit(&named("ann")).await.unwrap();
        let (waiting, turn) = running.enter(&named("bob")).unwrap();
        let (gone, _) = running.enter(&named("cem")).unwrap();
        drop(gone);
        // It was its turn, and nobody looked.
        drop((first, turn));
        drop(waiting);
        assert_eq!(running.lock().running, 0);
        assert!(running.lock().principals.is_empty());
        drop(running.admit(&named("dan")).await.unwrap());
    }

    #[tokio::test]
    async fn who_waits_for_the_end_waits_for_the_last() {
        let running = running(1, 1, LONG);
        running.idle().await;
        let first = running.admit(&named("ann")).await.unwrap();
        let (second, _turn) = running.enter(&named("bob")).unwrap();
        let end = async {
            drop(first);
            tokio::task::yield_now().await;
            drop(second);
            "the last"
        };
        let (last, ()) = tokio::join!(end, running.idle());
        assert_eq!(last, "the last");
        assert!(running.lock().principals.is_empty());
    }

    #[tokio::test]
    async fn only_so_many_wait() {
        let running = running(1, 1, LONG);
        let _first = running.admit(&named("ann")).await.unwrap();
        let waiting: Vec<_> = (0..LONGEST_QUEUE).map(|_| running.enter(&named("ann")).unwrap()).collect();
        assert_eq!(refused(running.admit(&named("ann")).await), "the limit `concurrent` of 1 is reached");
        drop(waiting);
        assert_eq!(running.lock().principals.len(), 1);
    }

    #[tokio::test]
    async fn queries_of_one_principal_share_their_memory() {
        let running = running(2, 4, LONG);
        let (one, other) = (running.admit(&named("ann")).await.unwrap(), running.admit(&named("ann")).await.unwrap());
        let bob = running.admit(&named("bob")).await.unwrap();
        assert!(one.allowance().shared.take(Limits::default().principal_memory));
        assert!(!other.allowance().shared.take(1));
        assert!(bob.allowance().shared.take(1));
    }
}
