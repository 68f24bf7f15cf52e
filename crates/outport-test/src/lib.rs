//! What tests of several crates share. Only for `[dev-dependencies]`; it may depend on `outport-model` and `outport-app`.
//!
//! Where to start:
//! - [`clock`]: a clock that a test sets;
//! - [`fixture`]: small values of the model, all of them valid.

pub mod clock;
pub mod fixture;
