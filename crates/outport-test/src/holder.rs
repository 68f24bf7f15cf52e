//! Processes that a test lets die.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use outport_app::lease::Holder;

/// One process among those that know of each other's death.
#[derive(Debug, Clone)]
pub struct NamedHolder {
    name: String,
    dead: Arc<Mutex<BTreeSet<String>>>,
}

impl NamedHolder {
    /// A process that lives.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), dead: Arc::default() }
    }

    /// Another process.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self { name: name.to_owned(), dead: Arc::clone(&self.dead) }
    }

    /// Lets a process die.
    pub fn die(&self, name: &str) {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }
}

impl Holder for NamedHolder {
    fn id(&self) -> &str {
        &self.name
    }

    fn is_gone(&self, holder: &str) -> bool {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).contains(holder)
    }
}
