//! Processes that are killed, stopped, or at work at the same time.

mod garbage;
mod kill;
mod ledger;
mod stop;
mod together;
