//! Stopping a statement from another connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// Every connection that a statement may be stopped on.
#[derive(Debug, Default)]
pub(crate) struct Cancellations(Mutex<HashMap<i32, (i32, Arc<Running>)>>);

/// The statement that a connection works on.
#[derive(Debug, Default)]
struct Running(Mutex<CancellationToken>);

/// A connection among those that a statement may be stopped on, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Cancellable {
    all: Arc<Cancellations>,
    running: Arc<Running>,
    /// What the connection is known by.
    pub(crate) process: i32,
    /// What proves that a request comes from its client.
    pub(crate) secret: i32,
}

impl Cancellations {
    /// Adds a connection.
    pub(crate) fn add(self: &Arc<Self>) -> Cancellable {
        let running = Arc::<Running>::default();
        let secret = rand::random();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let process = loop {
            let process = rand::random::<u32>() >> 1;
            match i32::try_from(process) {
                Ok(process) if process > 0 && !all.contains_key(&process) => break process,
                _ => {}
            }
        };
        all.insert(process, (secret, Arc::clone(&running)));
        Cancellable { all: Arc::clone(self), running, process, secret }
    }

    /// Stops what a connection works on. Nobody is told whether there was such a connection.
    pub(crate) fn cancel(&self, process: i32, secret: &[u8]) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, running)) = all.get(&process)
            && known.to_be_bytes().as_slice() == secret
        {
            running.0.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        }
    }
}

impl Cancellable {
    /// A new statement begins. What asked to stop an earlier one does not stop it.
    pub(crate) fn begin(&self) -> CancellationToken {
        let token = CancellationToken::new();
        *self.running.0.lock().unwrap_or_else(PoisonError::into_inner) = token.clone();
        token
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_secret_stops_a_statement() {
        let all = Arc::new(Cancellations::default());
        let (one, other) = (all.add(), all.add());
        let (first, second) = (one.begin(), other.begin());
        all.cancel(one.process, &one.secret.wrapping_add(1).to_be_bytes());
        all.cancel(other.process, &one.secret.to_be_bytes()[..3]);
        assert!(!first.is_cancelled() && !second.is_cancelled());
        all.cancel(one.process, &one.secret.to_be_bytes());
        assert!(first.is_cancelled() && !second.is_cancelled());
        assert!(!one.begin().is_cancelled(), "only the statement of that time");
    }

    #[test]
    fn a_connection_that_has_ended_is_forgotten() {
        let all = Arc::new(Cancellations::default());
        drop(all.add());
        assert!(all.0.lock().unwrap().is_empty());
    }
}
