//! What transactions, bulk statements and migrations guarantee, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets one has failed"
)]

mod bulk;
mod cancellation;
mod copy;
mod failures;
mod migrations;
mod scratch;
mod support;
