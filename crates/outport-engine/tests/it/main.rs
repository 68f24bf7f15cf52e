//! What the engine does, seen from outside.

#[cfg(test)]
mod compile;
