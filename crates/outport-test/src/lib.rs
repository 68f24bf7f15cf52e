//! What tests of several crates share. Only for `[dev-dependencies]`; it may depend on `outport-model` and `outport-app`.
//!
//! Where to start:
//! - [`clock`]: a clock that a test sets;
//! - [`fixture`]: small values of the model, all of them valid;
//! - [`store`] and [`engine`]: what the use cases ask for, without a database and without data;
//! - [`identity`], [`policy`] and [`audit`]: what the gate asks for beside them;
//! - [`holder`]: processes that a test lets die.

pub mod audit;
pub mod clock;
pub mod engine;
pub mod fixture;
pub mod holder;
pub mod identity;
pub mod policy;
pub mod store;
