//! A running wallet for tests: either database, a fake clock, builders.

pub mod database;
pub mod postgres;
