//! What the people of a run share, and what was acknowledged to them.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A shop, with its API key.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) id: String,
    pub(crate) api_key: String,
}

/// A payment that was acknowledged as succeeded.
#[derive(Debug, Clone)]
pub(crate) struct Paid {
    pub(crate) payment: String,
    pub(crate) order: String,
    pub(crate) minor: i64,
    pub(crate) shop: Shop,
    /// The place of its payer among the people.
    pub(crate) payer: usize,
    pub(crate) from_balance: bool,
}

/// A person's token, and what their balance must be by what was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) token: String,
    pub(crate) balance_minor: i64,
}

/// The state of a run. Goose calls plain functions, which find it here.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) shops_wanted: u32,
    pub(crate) shops: Vec<Shop>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) paid: Vec<Paid>,
    /// Payments that a shop has not refunded yet.
    pub(crate) refundable: VecDeque<Paid>,
    /// Refunds that were acknowledged, each with its shop.
    pub(crate) refunds: Vec<(String, Shop)>,
    pub(crate) failures: Vec<String>,
    numbers: u64,
    began: Option<Instant>,
    ended: Option<Instant>,
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

/// The one world. Nobody holds it across a request.
pub(crate) fn world() -> MutexGuard<'static, World> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A number that was not given out before in this run.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Begins to measure.
    pub(crate) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// Ends measuring.
    pub(crate) fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    /// How long the load lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.zip(self.ended).map_or(Duration::ZERO, |(began, ended)| ended - began)
    }
}
