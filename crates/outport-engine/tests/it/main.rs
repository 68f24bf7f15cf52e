//! Behaviour of the engine through its public surface.

mod checks;
mod source;
