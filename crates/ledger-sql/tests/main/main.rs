//! The ledger on both databases: what is written is what the pure ledger made, and damage is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets one has failed"
)]

mod contract;
mod damage;
mod history;
mod schema;
mod world;
