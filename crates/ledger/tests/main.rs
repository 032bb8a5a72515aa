//! The ledger's tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod cases;
mod model;
mod script;
mod state_machine;
mod world;
