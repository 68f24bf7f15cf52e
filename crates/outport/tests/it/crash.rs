//! Processes that are killed, stopped, or at work at the same time.

#![expect(clippy::unwrap_used, clippy::panic, reason = "functions beside tests are tests, though not marked as such")]

mod garbage;
mod kill;
mod ledger;
mod stop;
mod together;
