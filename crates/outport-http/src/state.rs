//! What the doors share.

use std::sync::Arc;

use outport_app::gate::Gate;

use crate::{
    Options,
    hub::{Sealer, Streams},
    manage::Tasks,
    running::Running,
};

/// What the doors share.
#[derive(Debug)]
pub(crate) struct Doors {
    /// The one way to data.
    pub(crate) gate: Arc<Gate>,
    /// What can be set.
    pub(crate) options: Options,
    /// The queries under way.
    pub(crate) running: Arc<Running>,
    /// The applies and runs that were begun here.
    pub(crate) tasks: Tasks,
    /// The pages that are told what happens.
    pub(crate) streams: Arc<Streams>,
    /// Seals what browsers keep of people who sign in with an identity provider.
    pub(crate) sealer: Sealer,
}

impl Doors {
    pub(crate) fn new(gate: Arc<Gate>, options: Options) -> Self {
        Self {
            gate,
            options,
            running: Arc::default(),
            tasks: Tasks::default(),
            streams: Arc::default(),
            sealer: Sealer::default(),
        }
    }

    /// The address of the server, without a slash at the end; empty where it is not known: then links are relative.
    pub(crate) fn base(&self) -> &str {
        self.options.public_url.as_ref().map_or("", |url| url.as_str().trim_end_matches('/'))
    }
}
