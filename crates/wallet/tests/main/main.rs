//! The wallet's core as a whole, without a database: random histories of payers, merchants and a bank that
//! answers late, wrongly or not at all, held against what must always hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cases;
mod history;
mod told;
mod traces;
mod world;
