//! Memory that queries may take: each for itself, and those of one principal together.
//!
//! The gate makes an [`Allowance`] for each query; whoever runs the query counts against it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How much memory one query may take.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// Bytes of the query alone.
    pub bytes: u64,
    /// What it takes together with the other queries of its principal.
    pub shared: Arc<Budget>,
}

impl Allowance {
    /// As much as there is.
    pub fn unlimited() -> Self {
        Self { bytes: u64::MAX, shared: Arc::new(Budget::new(u64::MAX)) }
    }
}

/// Memory that several queries share, counted as they take it and give it back.
#[derive(Debug)]
pub struct Budget {
    bytes: u64,
    taken: AtomicU64,
}

impl Budget {
    /// A budget of so many bytes, of which nothing is taken.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, taken: AtomicU64::new(0) }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is taken now.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes some of it; `false`, and nothing is taken, where less than that is left.
    #[must_use]
    pub fn take(&self, bytes: u64) -> bool {
        let left = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= self.bytes);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }

    /// Counts what was taken by someone who could not ask.
    pub fn overdraw(&self, bytes: u64) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives some of it back.
    pub fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// An amount of memory in the form of the settings: `2GiB`, `1500MiB`.
pub(crate) fn amount(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = units.into_iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size));
    whole.map_or_else(|| bytes.to_string(), |(unit, size)| format!("{}{unit}", bytes / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let budget = Budget::new(10);
        assert!(budget.take(7) && !budget.take(4) && budget.take(3));
        assert_eq!(budget.taken(), 10);
        budget.overdraw(5);
        assert!(!budget.take(0), "what was overdrawn comes back first");
        budget.give_back(15);
        assert!(budget.take(10) && !budget.take(u64::MAX));
    }

    #[test]
    fn amounts_are_written_as_in_the_settings() {
        for (bytes, text) in [(2 << 30, "2GiB"), (1500 << 20, "1500MiB"), (4 << 10, "4KiB"), (1025, "1025"), (0, "0")] {
            assert_eq!(amount(bytes), text);
        }
    }
}
