//! A bank to test against: a real HTTP server with durable books of its own.
