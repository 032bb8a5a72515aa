//! The oracles of the fuzz targets: each takes a target's input and panics where a promise is broken.

pub mod ledger_ops;
