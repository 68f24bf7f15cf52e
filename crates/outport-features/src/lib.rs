//! No code: this crate's manifest names the features of shared dependencies that must be on in every build.
//!
//! Cargo chooses features for the packages that are built together. `cargo check -p outport-engine` would choose fewer
//! than `cargo build --workspace`, and DataFusion would be compiled twice, which takes a quarter of an hour. The crates
//! that stand on DataFusion depend on this one. `cargo xtask tidy` says when a feature is missing here.
