//! The memory of one query: a part of what everyone shares.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use datafusion::{
    error::{DataFusionError, Result},
    execution::{
        memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation},
        runtime_env::RuntimeEnv,
    },
};
use outport_app::{engine::EngineError, gate::Limit, memory::Allowance};

/// A runtime like another one, in which there is no more memory than is allowed.
pub(crate) fn bounded(runtime: &RuntimeEnv, allowance: &Allowance) -> Arc<RuntimeEnv> {
    let pool = QueryPool::new(allowance.clone(), Arc::clone(&runtime.memory_pool));
    Arc::new(RuntimeEnv { memory_pool: Arc::new(pool), ..runtime.clone() })
}

/// The error, with the limit that was reached where it is about memory.
pub(super) fn named(error: EngineError, runtime: &RuntimeEnv) -> EngineError {
    let pool = runtime.memory_pool.downcast_ref::<QueryPool>();
    match (error, pool.and_then(QueryPool::reached)) {
        (EngineError::Memory { what, .. }, Some((limit, bytes))) => EngineError::Memory { what, limit, bytes },
        (error, _) => error,
    }
}

/// What the operators of one query take of the memory. Each byte counts three times: for the query, among whose operators
/// that can spill it is divided evenly, for the principal, and for everyone.
#[derive(Debug)]
struct QueryPool {
    own: FairSpillPool,
    allowance: Allowance,
    everyone: Arc<dyn MemoryPool>,
    /// The limit that was reached last. Operators that can spill reach limits all the time.
    reached: Mutex<Option<(Limit, u64)>>,
}

impl QueryPool {
    fn new(allowance: Allowance, everyone: Arc<dyn MemoryPool>) -> Self {
        let own = FairSpillPool::new(usize::try_from(allowance.bytes).unwrap_or(usize::MAX));
        Self { own, allowance, everyone, reached: Mutex::default() }
    }

    fn reached(&self) -> Option<(Limit, u64)> {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, limit: Limit, bytes: u64) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some((limit, bytes));
    }

    fn of_everyone(&self) -> u64 {
        match self.everyone.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes as u64,
            MemoryLimit::Infinite | MemoryLimit::Unknown => u64::MAX,
        }
    }
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(own: {}, everyone: {})", self.name(), self.own, self.everyone)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &'static str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
        self.everyone.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
        self.everyone.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.allowance.shared.overdraw(additional as u64);
        self.everyone.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.allowance.shared.give_back(shrink as u64);
        self.everyone.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let Allowance { bytes, shared } = &self.allowance;
        self.own.try_grow(reservation, additional).inspect_err(|_| self.remember(Limit::Memory, *bytes))?;
        if !shared.take(additional as u64) {
            self.own.shrink(reservation, additional);
            self.remember(Limit::PrincipalMemory, shared.bytes());
            let text = format!("the queries of one principal may take {} bytes of memory together", shared.bytes());
            return Err(DataFusionError::ResourcesExhausted(text));
        }
        self.everyone.try_grow(reservation, additional).inspect_err(|_| {
            shared.give_back(additional as u64);
            self.own.shrink(reservation, additional);
            self.remember(Limit::MemoryLimit, self.of_everyone());
        })
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}

#[cfg(test)]
mod tests {
    use outport_app::memory::Budget;

    use super::*;

    /// A pool of 100 bytes for the query, 150 for the principal and 200 for everyone.
    fn pools() -> (Arc<QueryPool>, Arc<QueryPool>, Arc<QueryPool>) {
        let everyone: Arc<dyn MemoryPool> = Arc::new(FairSpillPool::new(200));
        let (one, other) = (Arc::new(Budget::new(150)), Arc::new(Budget::new(150)));
        let pool = |shared: &Arc<Budget>| {
            let allowance = Allowance { bytes: 100, shared: Arc::clone(shared) };
            Arc::new(QueryPool::new(allowance, Arc::clone(&everyone)))
        };
        (pool(&one), pool(&one), pool(&other))
    }

    fn consumer(pool: &Arc<QueryPool>) -> MemoryReservation {
        let pool: Arc<dyn MemoryPool> = pool.clone();
        MemoryConsumer::new("join").register(&pool)
    }

    fn refused(pool: &QueryPool, outcome: &Result<()>) -> Option<(Limit, u64)> {
        assert!(
            matches!(outcome, Err(DataFusionError::ResourcesExhausted(_))),
            "what can spill must know: {outcome:?}"
        );
        pool.reached()
    }

    #[test]
    fn each_limit_holds_and_is_named() {
        let (first, second, stranger) = pools();
        let (one, two, three) = (consumer(&first), consumer(&second), consumer(&stranger));
        assert_eq!(refused(&first, &one.try_grow(101)), Some((Limit::Memory, 100)));
        one.try_grow(100).unwrap();
        assert_eq!(refused(&second, &two.try_grow(51)), Some((Limit::PrincipalMemory, 150)));
        two.try_grow(50).unwrap();
        assert_eq!(refused(&stranger, &three.try_grow(51)), Some((Limit::MemoryLimit, 200)));
        three.try_grow(50).unwrap();
    }

    #[test]
    fn what_was_refused_or_given_back_is_counted_nowhere() {
        let (first, second, stranger) = pools();
        let three = consumer(&stranger);
        three.try_grow(100).unwrap();
        {
            let one = consumer(&first);
            one.try_grow(60).unwrap();
            one.try_grow(41).unwrap_err();
            one.grow(10);
            one.shrink(20);
            assert_eq!((first.reserved(), first.allowance.shared.taken(), first.everyone.reserved()), (50, 50, 150));
            let two = consumer(&second);
            two.try_grow(51).unwrap_err();
            assert_eq!((second.reserved(), first.allowance.shared.taken(), first.everyone.reserved()), (0, 50, 150));
        }
        assert_eq!((first.reserved(), first.allowance.shared.taken(), first.everyone.reserved()), (0, 0, 100));
    }

    #[test]
    fn operators_that_can_spill_share_evenly() {
        let (first, ..) = pools();
        let pool: Arc<dyn MemoryPool> = first.clone();
        let sort = || MemoryConsumer::new("sort").with_can_spill(true).register(&pool);
        let (one, other) = (sort(), sort());
        one.try_grow(50).unwrap();
        one.try_grow(1).unwrap_err();
        other.try_grow(50).unwrap();
    }
}
