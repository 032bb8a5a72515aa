//! What a simulated bank is told when it starts.

use crate::profile::{Profile, TimeOfDay};
use makegood_money::Money;
use makegood_notify::WebhookSecret;
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
    /// How long it takes to change its mind.
    pub delays: Delays,
    /// How it does over the hours of the day.
    pub profile: Profile,
    /// What time it is at the bank when it starts; none is the time of its clock, in UTC.
    pub time_of_day: Option<TimeOfDay>,
    /// How fast the bank's day passes: 240 is a day in six minutes. Times that the bank names are always those of
    /// its clock, which callers share.
    pub clock_speed: f64,
    /// Whom it tells how transfers end; none is nobody.
    pub callbacks: Option<Callbacks>,
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
            delays: Delays::default(),
            profile: Profile::calm(),
            time_of_day: None,
            clock_speed: 1.0,
            callbacks: None,
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
    /// How long an accepted transfer takes to settle, by the bank's own time.
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

/// How long the bank takes to change its mind, by its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From a success to its return, and from a recall to its return.
    pub return_after: Duration,
    /// From a success to a failure, and from a failure to a success.
    pub change_after: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self { return_after: Duration::from_secs(60), change_after: Duration::from_secs(30) }
    }
}

/// Where the bank tells how transfers end, and how.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// Where to: `http://…`, for the bank speaks no TLS.
    pub url: String,
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// How many are under way at once.
    pub connections_max: usize,
    /// How long one waits for its answer.
    pub answer_timeout: Duration,
    /// How long until one that was not taken is sent again: twice as long each time, from the first to the last.
    pub retry_after: (Duration, Duration),
}

impl Callbacks {
    /// Callbacks to this URL: sixteen at once, five seconds for an answer, again after one second up to thirty.
    #[must_use]
    pub fn new(url: impl Into<String>, secret: WebhookSecret) -> Self {
        Self {
            url: url.into(),
            secret,
            connections_max: 16,
            answer_timeout: Duration::from_secs(5),
            retry_after: (Duration::from_secs(1), Duration::from_secs(30)),
        }
    }
}
