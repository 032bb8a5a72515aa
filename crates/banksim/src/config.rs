//! What a simulated bank is told when it starts.

use makegood_money::Money;
use std::{net::SocketAddr, time::Duration};

/// A bank's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Its own SQLite file, `sqlite:PATH`; created if it is not there.
    pub database_url: String,
    /// The bearer secret that every call but `/healthz` must show.
    pub secret: String,
    /// Decides whatever is left to chance: the same seed and requests, the same behaviour.
    pub seed: u64,
    /// How the bank names itself.
    pub bank: String,
    /// How long its slow ways take.
    pub timings: Timings,
    /// What the pool account has when it is first used, per currency; nothing where none is named.
    pub pool_opening: Vec<Money>,
    /// The largest transfer, in minor units; above it `limit_exceeded`.
    pub transfer_minor_max: i64,
}

impl Config {
    /// A bank on a free loopback port, called `simbank`.
    #[must_use]
    pub fn new(database_url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database_url: database_url.into(),
            secret: secret.into(),
            seed: 0,
            bank: "simbank".to_owned(),
            timings: Timings::default(),
            pool_opening: Vec::new(),
            transfer_minor_max: 100_000_000,
        }
    }
}

/// How long the bank's slow ways take. Tests set them to milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// How long a slow card's transfer waits for its answer.
    pub slow: Duration,
    /// How long a connection that gets no answer stays open.
    pub hang: Duration,
    /// How long an accepted transfer takes to settle, by the bank's clock.
    pub settle_after: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            slow: Duration::from_secs(3),
            hang: Duration::from_secs(30),
            settle_after: Duration::from_secs(20),
        }
    }
}
