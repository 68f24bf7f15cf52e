//! The store that tests of other crates stand on, as far as it is meant to be like the real ones.

use std::sync::Arc;

use outport_test::store::MemoryStore;

use crate::conformance::{Home, Stores, conformance};

conformance!(@access MemoryHome::default());

#[derive(Default)]
struct MemoryHome(Arc<MemoryStore>);

impl Home for MemoryHome {
    async fn open(&self) -> Stores {
        Stores::of(&self.0)
    }
}
