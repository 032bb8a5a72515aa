//! Tests of the whole.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod crate_graph;
