//! The service as its clients see it, on a real database with the simulated bank behind it.

#![expect(clippy::unwrap_used, reason = "a test whose setting fails has failed")]

mod bank_cards;
mod bodies;
mod client;
mod headers;
mod lists;
mod log;
mod roles;
mod routes;
mod sessions;
mod socket;
mod waiting;
