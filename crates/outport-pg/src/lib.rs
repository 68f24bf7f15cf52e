//! The PostgreSQL wire protocol, version 3: released tables for everything that speaks to PostgreSQL.
//!
//! A product is a schema, a workspace a database. What a statement is for decides who answers it:
//!
//! ```text
//!  text ──split──→ statements ──Command::of──→ reads released tables ──→ the gate
//!                                              asks the catalog      ──→ a session without rows, made of the gate's view
//!                                              sets, begins, fetches ──→ the connection itself
//!                                              changes something     ──→ refused, and on record
//! ```
//!
//! Where to start:
//! - [`serve`]: takes connections;
//! - `session`: one connection after its user is known;
//! - `statement`: what a statement is for;
//! - `binding`: parameters, and how their values stand in a statement;
//! - `catalog`: `pg_catalog` and `information_schema`;
//! - `encode`: Arrow values as PostgreSQL has them;
//! - `failure`: SQLSTATE, message and hint of every error.
//!
//! The messages that go out are those of `pgwire`. What comes in is read in `frontend`, since the decoders of `pgwire`
//! 0.41 panic on messages that are too short, and connections are driven in `session`, since its handlers gather whole
//! results in memory and cannot stop a statement whose rows are under way.
//!
//! **Invariant**: rows of released tables only come from [`Gate::ask`](outport_app::gate::Gate::ask). What else is
//! answered is answered without them.
//!
//! **Invariant**: who asks is who was authenticated when the connection began; nothing that a client sets changes that.
//!
//! **Invariant**: no result is gathered: rows are read as the client takes them.

mod binding;
mod cancel;
mod catalog;
mod copy;
mod encode;
mod failure;
mod frontend;
mod items;
mod open;
mod parameter;
mod rows;
mod seat;
mod server;
mod session;
mod settings;
mod split;
mod statement;
mod wire;

pub use server::{Options, serve};
