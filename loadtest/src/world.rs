//! What the people of a run share: who they are, what was acknowledged to them, and how long it took.

use crate::plan::{PHASES, Plan};
use crate::times::Times;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A shop, with its API key, and the card of its owner that its money is paid out to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shop {
    pub(crate) id: String,
    pub(crate) api_key: String,
    pub(crate) card: String,
}

/// A person, and what was acknowledged to them: ids with minor units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) token: String,
    pub(crate) top_ups: BTreeMap<String, i64>,
    pub(crate) withdrawals: BTreeMap<String, i64>,
    /// The top-ups that they were told have succeeded.
    pub(crate) topped_up: BTreeSet<String>,
}

/// A payment that was acknowledged: it exists, and may be on its way.
#[derive(Debug, Clone)]
pub(crate) struct Paid {
    pub(crate) order: String,
    pub(crate) minor: i64,
    /// The places of its shop and of its payer.
    pub(crate) shop: usize,
    pub(crate) payer: usize,
    pub(crate) from_balance: bool,
    /// Whether the payer was told that it succeeded.
    pub(crate) succeeded: bool,
}

/// A refund that was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Refunded {
    pub(crate) payment: String,
    pub(crate) minor: i64,
}

/// How long requests of one kind took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kind {
    pub(crate) measured: Times,
    pub(crate) corrected: Times,
    /// How many were answered with an error of the service.
    pub(crate) failed: u64,
    /// How often somebody was told to come back later; the time until then is part of the request's.
    pub(crate) busy: u64,
}

/// How long a request took, from the first time that it was asked to its decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) kind: &'static str,
    pub(crate) time: Duration,
    /// How often the same person does this; none where nothing can be left out.
    pub(crate) every: Option<Duration>,
    pub(crate) failed: bool,
    pub(crate) busy: u64,
}

/// How long payments from a balance took.
pub(crate) const FROM_BALANCE: &str = "POST /v1/payments, from a balance";

/// The state of a run. Goose calls plain functions, which find it here.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) plan: Option<Plan>,
    pub(crate) shops_wanted: u32,
    /// The id that cards are linked with.
    pub(crate) bank: String,
    pub(crate) shops: Vec<Shop>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) paid: BTreeMap<String, Paid>,
    pub(crate) refunds: BTreeMap<String, Refunded>,
    /// The payouts that were acknowledged, with minor units.
    pub(crate) payouts: BTreeMap<String, i64>,
    /// Payments that a shop has not refunded yet.
    pub(crate) refundable: VecDeque<String>,
    /// How many orders were cancelled at the till, and how many connections were lost.
    pub(crate) cancelled: u64,
    pub(crate) lost: u64,
    pub(crate) twice: u64,
    pub(crate) traces: u64,
    /// What was answered otherwise than it must be, by what it is.
    pub(crate) wrong_taps: Vec<String>,
    pub(crate) wrong_traces: Vec<String>,
    pub(crate) kinds: BTreeMap<&'static str, Kind>,
    /// Payments from a balance, by phase.
    pub(crate) by_phase: Vec<Kind>,
    /// Payments from a balance in this moment, and all requests.
    pub(crate) now: Times,
    pub(crate) requests: u64,
    /// How many wait for a bank, as far as they have looked.
    pub(crate) waiting: usize,
    numbers: u64,
    began: Option<Instant>,
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);

/// The one world. Nobody holds it across a request.
pub(crate) fn world() -> MutexGuard<'static, World> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Begins anew, with this plan. Numbers go on, so that no name comes twice.
    pub(crate) fn renew(&mut self, plan: Plan, shops_wanted: u32, bank: String) {
        let numbers = self.numbers;
        let by_phase = vec![Kind::default(); PHASES.len()];
        *self = Self { plan: Some(plan), shops_wanted, bank, by_phase, numbers, ..Self::default() };
    }

    /// A number that was not given out before in this run.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Begins to play.
    pub(crate) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// How long it has been played; nothing before that.
    pub(crate) fn since(&self) -> Option<Duration> {
        self.began.map(|began| began.elapsed())
    }

    /// The phase that it is now.
    pub(crate) fn phase(&self) -> Option<usize> {
        self.plan.as_ref()?.phase_at(self.since()?)
    }

    /// Counts a request. What comes before and after the hour is not counted.
    pub(crate) fn took(&mut self, took: Took) {
        let Some(phase) = self.phase() else { return };
        let micros = u64::try_from(took.time.as_micros()).unwrap_or(u64::MAX);
        self.requests += 1;
        let count = |kind: &mut Kind| {
            kind.failed += u64::from(took.failed);
            kind.busy += took.busy;
            kind.measured.add(micros);
            kind.corrected.add_corrected(micros, took.every.unwrap_or_default());
        };
        count(self.kinds.entry(took.kind).or_default());
        if took.kind == FROM_BALANCE {
            if let Some(times) = self.by_phase.get_mut(phase) {
                count(times);
            }
            self.now.add(micros);
        }
    }
}
