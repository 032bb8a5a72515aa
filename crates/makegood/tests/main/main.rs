//! Tests of the binary as its users start it, and of what it is made of as a whole.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod banksim;
mod browser;
mod crate_graph;
mod demo;
mod operation;
mod play;
mod process;
mod proofs;
mod readme;
mod secrets;
mod two_servers;
mod verify;
