//! Outport.
fn main() {}
