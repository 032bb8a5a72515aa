//! The ledger's tests.

mod model;
mod state_machine;
mod world;
