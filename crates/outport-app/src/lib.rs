//! The use cases of Outport, and the traits that they ask of the adapters.
//!
//! A use case is what a person or a program wants done: validate, plan, apply, run, query… Every door (command line,
//! HTTP, PostgreSQL…) calls the same ones. The crate may depend on `outport-model`, `outport-spec` and Arrow; it names
//! no database and no engine.
//!
//! Where to start:
//! - [`store`]: what the record of intent, runs and releases must do;
//! - [`engine`]: what compiling, building, checking and querying must do;
//! - [`event`]: what a use case tells whoever watches.

pub mod clock;
pub mod engine;
pub mod event;
pub mod store;
