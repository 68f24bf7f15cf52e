//! Limits of one query and of one principal.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use outport_model::principal::PrincipalId;

use super::error::GateError;

/// What one query, and one principal, may take at most.
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
}

impl Default for Limits {
    /// Ten million rows, 4 GiB, five minutes, 16 queries at once.
    fn default() -> Self {
        Self { rows: 10_000_000, bytes: 4 << 30, time: Duration::from_mins(5), concurrent: 16 }
    }
}

/// How many queries each principal has under way.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<BTreeMap<PrincipalId, usize>>);

impl Running {
    /// Lets one more query of a principal begin; it counts for as long as the permit lives.
    pub(super) fn admit(self: &Arc<Self>, principal: &PrincipalId, limits: &Limits) -> Result<Permit, GateError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(principal.clone()).or_default();
        if *count >= limits.concurrent {
            return Err(GateError::limited("concurrent", limits.concurrent.to_string()));
        }
        *count += 1;
        Ok(Permit { running: Arc::clone(self), principal: principal.clone() })
    }
}

/// One query under way.
#[derive(Debug)]
pub(super) struct Permit {
    running: Arc<Running>,
    principal: PrincipalId,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut running = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.principal) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.principal);
            }
        }
    }
}
