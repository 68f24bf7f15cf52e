//! Credentials against users and tokens in memory, and against identity providers that are HTTP servers of the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod guessing;
mod home;
mod issuer;
mod jwts;
mod key_sets;
mod passwords;
mod tokens;
