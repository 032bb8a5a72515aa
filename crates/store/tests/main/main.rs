//! One contract for every store: the same cases on memory, SQLite and PostgreSQL; and what only SQL has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets one has failed"
)]

mod contract;
mod faults;
mod installation;
mod ledger;
mod lists;
mod rows;
mod samples;
mod schema;
mod support;
