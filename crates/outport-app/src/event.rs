//! What a use case tells whoever watches: progress bars, plain lines or JSON.

use outport_model::{
    check::CheckResult,
    name::{PortName, ProductName, TableName},
    release::ReleaseNumber,
    run::{RunId, RunState},
};
use serde::{Deserialize, Serialize};

/// One step of a run. Durations are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum Event {
    /// A run began.
    RunStarted {
        /// The product.
        product: ProductName,
        /// The run.
        run: RunId,
        /// How many inputs and models it has.
        steps: u64,
    },
    /// An input was checked.
    InputChecked {
        /// The product.
        product: ProductName,
        /// The input port.
        port: PortName,
        /// Rows in the source.
        rows: u64,
        /// Rows held back.
        quarantined: u64,
        /// Checks that were not met.
        violations: u64,
        /// How long it took.
        milliseconds: u64,
    },
    /// A model is being computed.
    ModelStarted {
        /// The product.
        product: ProductName,
        /// The model.
        model: TableName,
    },
    /// A model was computed, or found built already.
    ModelBuilt {
        /// The product.
        product: ProductName,
        /// The model.
        model: TableName,
        /// Rows in the result; `None` for a view.
        rows: Option<u64>,
        /// Whether it had been built before.
        reused: bool,
        /// How long it took.
        milliseconds: u64,
    },
    /// An output port was audited.
    Audited {
        /// The product.
        product: ProductName,
        /// The output port.
        port: PortName,
        /// Checks that were met.
        passed: u64,
        /// Every result that is not a pass or a skip.
        violations: Vec<CheckResult>,
        /// How long it took.
        milliseconds: u64,
    },
    /// A run ended.
    RunEnded {
        /// The product.
        product: ProductName,
        /// The run.
        run: RunId,
        /// How.
        state: RunState,
        /// The release that it published or found up to date.
        release: Option<ReleaseNumber>,
        /// Why it failed.
        error: Option<String>,
        /// How long it took.
        milliseconds: u64,
    },
    /// A product was not run because one that it reads failed.
    Skipped {
        /// The product.
        product: ProductName,
        /// The product that failed.
        because_of: ProductName,
    },
    /// A product was not run because everything was stopped before its turn.
    NotBegun {
        /// The product.
        product: ProductName,
    },
}

/// Watches.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// Is told of one step.
    fn event(&self, event: &Event);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event) {}
}
