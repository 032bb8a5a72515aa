//! How a bank does: how its recent calls went, who waits for it, when it is not there, and what that means for those
//! who begin something with it. All of it is this server's own, and gone when it stops.

use makegood_banking::{
    Admission, Breaker, BreakerLimits, BreakerState, Incident, Latencies, MaintenanceWindow, Schedule,
};
use makegood_base::{BankTransferId, MaintenanceId, Timestamp};
use makegood_wallet::view::{BankView, IncidentView, MaintenanceView};
use makegood_wallet::{Outlook, Outlooks};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many recent calls a bank's health is judged by.
const RECENT_MAX: usize = 256;

/// How a bank does.
pub(super) struct Health {
    bank: String,
    calls_max: usize,
    places: Semaphore,
    waiting: AtomicUsize,
    /// How many ask whether the bank is there.
    asking: AtomicUsize,
    schedule: Schedule,
    outlooks: Outlooks,
    known: Mutex<Known>,
}

struct Known {
    /// How long recent calls took that were answered.
    answers: Latencies,
    /// Whether each of the recent calls was, as a ring of bits.
    answered: std::collections::VecDeque<bool>,
    /// How long recent transfers took from their beginning to their end.
    transfers: Latencies,
    /// Within how long transfers are promised therefore; nothing while too few are known.
    expected_in: Option<Duration>,
    breaker: Breaker,
    windows: Vec<MaintenanceWindow>,
    incidents: Vec<Incident>,
}

/// A place for a call, and whether the bank is asked now.
pub struct Place<'a> {
    is_asked: bool,
    health: &'a Health,
    _permit: SemaphorePermit<'a>,
}

impl Place<'_> {
    /// Whether the call may be made; else it has to wait, and nothing is asked.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        self.is_asked
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_asked {
            self.health.known().breaker.leave();
        }
    }
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Place").field("is_asked", &self.is_asked).finish_non_exhaustive()
    }
}

/// Counts somebody who waits, until dropped.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Health {
    pub(super) fn new(
        bank: String,
        calls_max: usize,
        breaker: BreakerLimits,
        schedule: Schedule,
        outlooks: Outlooks,
    ) -> Self {
        let known = Known {
            answers: Latencies::new(RECENT_MAX),
            answered: std::collections::VecDeque::with_capacity(RECENT_MAX),
            transfers: Latencies::new(RECENT_MAX),
            expected_in: None,
            breaker: Breaker::new(breaker),
            windows: Vec::new(),
            incidents: Vec::new(),
        };
        let (places, known) = (Semaphore::new(calls_max), Mutex::new(known));
        let (waiting, asking) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { bank, calls_max, places, waiting, asking, schedule, outlooks, known }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn place(&self) -> Option<Place<'_>> {
        let waiting = Waiting::on(&self.waiting);
        crate::metrics::bank_queue(&self.bank, self.waiting.load(Ordering::Relaxed));
        let permit = self.places.acquire().await;
        drop(waiting);
        crate::metrics::bank_queue(&self.bank, self.waiting.load(Ordering::Relaxed));
        let permit = permit.ok()?;
        let is_asked = self.known().breaker.admit() == Admission::Call;
        Some(Place { is_asked, health: self, _permit: permit })
    }

    pub(super) fn close(&self) {
        self.places.close();
    }

    pub(super) fn answered_in(&self, took: Duration, is_answered: bool) {
        crate::metrics::bank_call(&self.bank, took, is_answered);
        let mut known = self.known();
        if known.answered.len() == RECENT_MAX {
            known.answered.pop_front();
        }
        known.answered.push_back(is_answered);
        if is_answered {
            known.answers.add(took);
        }
    }

    pub(super) fn called(&self, transfer: BankTransferId, is_answered: bool, now: Timestamp) {
        self.change(now, |known| known.breaker.called(transfer, is_answered, now));
    }

    pub(super) fn probed(&self, is_answered: bool, now: Timestamp) {
        self.change(now, |known| known.breaker.probed(is_answered, now));
    }

    /// Whether it is to be found out if the bank is there, and nobody does yet.
    pub(super) fn wants_probe(&self, now: Timestamp) -> bool {
        self.asking.load(Ordering::Relaxed) == 0 && self.known().breaker.wants_probe(now)
    }

    /// Somebody finds out, until dropped.
    pub(super) fn asking(&self) -> Waiting<'_> {
        Waiting::on(&self.asking)
    }

    pub(super) fn took(&self, took: Duration, now: Timestamp) {
        self.change(now, |known| {
            known.transfers.add(took);
            let is_enough = known.transfers.count() >= self.schedule.expected_from;
            known.expected_in = is_enough.then(|| self.schedule.promised_in(&known.transfers));
        });
    }

    pub(super) fn notice(&self, windows: Vec<MaintenanceWindow>, incidents: Vec<Incident>, now: Timestamp) {
        self.change(now, |known| (known.windows, known.incidents) = (windows, incidents));
    }

    pub(super) fn own_windows(&self, now: Timestamp) -> Vec<MaintenanceId> {
        let known = self.known();
        let own = known.windows.iter().filter(|window| window.bank_window.is_some() && window.is_open(now));
        own.map(|window| window.id).collect()
    }

    pub(super) fn in_maintenance(&self, now: Timestamp) -> Option<(Timestamp, MaintenanceId)> {
        in_maintenance(&self.known(), now)
    }

    /// Changes what is known, and tells what follows from it.
    fn change(&self, now: Timestamp, change: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        let before = known.breaker.state();
        change(&mut known);
        let after = known.breaker.state();
        let maintenance = in_maintenance(&known, now);
        let outlook = Outlook {
            is_down: matches!(after, BreakerState::Open { .. }) || maintenance.is_some(),
            expected_in: known.expected_in,
            maintenance,
            incident: known.incidents.first().map(|incident| incident.id),
        };
        drop(known);
        self.outlooks.tell(&self.bank, outlook);
        if before.as_str() != after.as_str() {
            tracing::warn!(
                bank = self.bank,
                before = before.as_str(),
                after = after.as_str(),
                "a bank's state"
            );
            crate::metrics::bank_state(&self.bank, after);
        }
    }

    pub(super) fn view(&self, name: &str, livemode: bool, now: Timestamp) -> BankView {
        let known = self.known();
        let quantiles = known.answers.quantiles([50, 95, 99]);
        let millis = |index: usize| {
            let took = quantiles?.get(index).copied()?;
            Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
        };
        let calls = known.answered.len();
        let answered = known.answered.iter().filter(|is_answered| **is_answered).count();
        let answered_per_cent = u64::try_from(answered.saturating_mul(100))
            .ok()
            .and_then(|answered| answered.checked_div(u64::try_from(calls).ok()?));
        let under_way = self.calls_max.saturating_sub(self.places.available_permits());
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let open = known.windows.iter().filter(|window| window.is_open(now));
        let state = match in_maintenance(&known, now) {
            Some(_) => "maintenance",
            None => known.breaker.state().as_str(),
        };
        BankView {
            id: self.bank.clone(),
            livemode,
            name: name.to_owned(),
            state,
            answered_per_cent,
            p50_ms: millis(0),
            p95_ms: millis(1),
            p99_ms: millis(2),
            expected_in_s: self.schedule.promised_in(&known.transfers).as_secs(),
            calls: count(under_way),
            waiting: count(self.waiting.load(Ordering::Relaxed)),
            maintenance: open.map(|window| MaintenanceView::of(window, now, livemode)).collect(),
            incidents: known.incidents.iter().map(|incident| IncidentView::of(incident, livemode)).collect(),
        }
    }
}

fn in_maintenance(known: &Known, now: Timestamp) -> Option<(Timestamp, MaintenanceId)> {
    let lasting = known.windows.iter().filter(|window| window.is_now(now));
    lasting.map(|window| (window.ends_at, window.id)).max()
}
