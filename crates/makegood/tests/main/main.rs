//! Tests of the whole.

mod crate_graph;
