//! A running wallet for tests: either database, a fake clock, builders.
