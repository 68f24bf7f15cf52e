//! Behaviour of the engine through its public surface.

mod checks;
//! Tests of the engine through its public surface.

mod source;
