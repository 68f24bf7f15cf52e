//! Behaviour of the engine through its public surface.

mod checks;
mod compile;
mod source;
