//! Keeps the schemas of callers for as long as their views hold.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dynamic::Schema;
use outport_app::engine::View;

/// Schemas that are kept at most.
const MOST: usize = 64;

/// Schemas by the view that they were made of. The gate gives the very same view for as long as nothing of it changes, so
/// that a schema is never of another view than the rows are.
#[derive(Default)]
pub(super) struct Cache(Mutex<Vec<(Arc<View>, Schema)>>);

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    pub(super) fn get(&self, view: &Arc<View>) -> Option<Schema> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| Arc::ptr_eq(known, view))?;
        let found = kept.remove(place);
        let schema = found.1.clone();
        kept.push(found);
        Some(schema)
    }

    /// Keeps a schema in the place of the one that was not asked for the longest time.
    pub(super) fn put(&self, view: Arc<View>, schema: Schema) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push((view, schema));
    }
}
