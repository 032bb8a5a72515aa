//! The ledger's tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod book;
mod cases;
mod merkle;
mod model;
mod precedence;
mod replay;
mod script;
mod state_machine;
mod world;
