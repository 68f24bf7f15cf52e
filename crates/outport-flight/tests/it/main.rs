//! The door as clients see it: the real server on a socket, over a gate of stores in memory and an engine of few words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod door;
mod listings;
mod misread;
mod people;
mod prepared;
mod queries;
mod shop;
mod world;
