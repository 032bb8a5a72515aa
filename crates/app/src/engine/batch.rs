//! One batch: lock and load, decide, write, commit, answer; and what is done when one of these fails.
//!
//! Failures are of four kinds. *Transient*: the batch runs again, at most a few times. *Ambiguous*: the
//! batch's id is looked up on a new connection; where it is there, what was rendered is answered, else the
//! batch runs again under the same id, so that a late commit conflicts instead of doubling. *Deterministic*:
//! the batch is halved until the bad command stands alone. *Down*: everybody is answered that nothing was
//! decided.

use super::{Parts, Queued, Told, Undecided};
use makegood_base::{BatchId, IdSeed, Ids, RawId, Timestamp};
use makegood_store::{BatchRow, Failure, Store};
use makegood_wallet::{Changes, Facts, Reply, Stop, execute, needs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How often what is known may lead to something more that is needed.
const ROUNDS_MAX: usize = 4;
/// How often a command may touch a row that its needs did not name.
const LATE_LOADS_MAX: usize = 16;
/// How often a lost batch is looked up before everybody is told that nobody knows.
const LOOK_UPS_MAX: u32 = 5;

type Outcome = Result<Reply, Undecided>;

/// Runs batches.
pub(super) struct Runner<S> {
    parts: Parts<S>,
    told: Told,
}

/// A batch that was decided and written, but for its commit.
struct Decided {
    outcomes: Vec<Outcome>,
    changed: Vec<RawId>,
    changed_callers: Vec<RawId>,
    has_timers: bool,
}

/// Why an attempt at a batch failed.
enum Failed {
    /// Before or while writing: nothing of it is there.
    Before(Failure),
    /// While committing, with what would have been answered.
    Committing(Failure, Decided),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
    }
}

impl<S: Store> Runner<S> {
    pub(super) const fn new(parts: Parts<S>, told: Told) -> Self {
        Self { parts, told }
    }

    pub(super) fn store(&self) -> &S {
        &self.parts.store
    }

    /// Runs a batch to its end: every command is answered.
    pub(super) async fn run(&self, batch: Vec<Queued>) {
        let mut waiting = vec![batch];
        while let Some(batch) = waiting.pop() {
            let started = std::time::Instant::now();
            let settled = self.settle(&batch).await;
            crate::metrics::batch(batch.len(), started.elapsed(), settled.name());
            match settled {
                Settled::Done(decided) => self.tell(batch, decided),
                Settled::Undecided(undecided) => {
                    if undecided != Undecided::Internal {
                        self.told.given_up(Some(tokio::time::Instant::now()));
                    }
                    batch.into_iter().for_each(|queued| queued.answer(Err(undecided)));
                }
                Settled::Halve => {
                    let mut first = batch;
                    let second = first.split_off(first.len() / 2);
                    // The first half is run first: commands keep their order.
                    waiting.push(second);
                    waiting.push(first);
                }
            }
        }
    }

    fn tell(&self, batch: Vec<Queued>, decided: Decided) {
        // Before anybody is answered: a logout that was answered holds.
        self.told.callers.forget(&decided.changed_callers);
        for (queued, outcome) in batch.into_iter().zip(decided.outcomes) {
            queued.answer(outcome);
        }
        self.told.waiters.wake(decided.changed.into_iter());
        if decided.has_timers {
            self.told.work.notify_waiters();
        }
    }

    /// Tries a batch until it is settled one way or the other.
    async fn settle(&self, batch: &[Queued]) -> Settled {
        let id = self.draw_id();
        let mut retries = 0;
        let mut lost: Option<Decided> = None;
        loop {
            let failure = match self.attempt(batch, id).await {
                Ok(decided) => return Settled::Done(decided),
                Err(Failed::Committing(Failure::Ambiguous(reason), decided)) => {
                    tracing::warn!(batch = %id, reason, "nobody knows whether a batch was committed");
                    match self.look_up(id).await {
                        Some(true) => return Settled::Done(decided),
                        Some(false) => {
                            lost = Some(decided);
                            Failure::Transient(reason)
                        }
                        None => return Settled::Undecided(Undecided::Unavailable),
                    }
                }
                Err(Failed::Committing(failure, _) | Failed::Before(failure)) => failure,
            };
            match failure {
                Failure::Transient(reason) if retries < self.parts.limits.retries_max => {
                    retries += 1;
                    tracing::debug!(batch = %id, reason, retries, "a batch runs again");
                    tokio::time::sleep(backoff(retries)).await;
                }
                Failure::Transient(reason) => {
                    tracing::warn!(batch = %id, reason, "a batch was given up");
                    // A store that fails each commit, on a full disk for one, is not there; it is not busy.
                    let is_down = lost.is_some();
                    return Settled::Undecided(if is_down {
                        Undecided::Unavailable
                    } else {
                        Undecided::Busy
                    });
                }
                // The batch's id is there after all: the commit that was lost has come late.
                Failure::Deterministic(_) if lost.is_some() && self.look_up(id).await == Some(true) => {
                    return lost.map_or(Settled::Undecided(Undecided::Unavailable), Settled::Done);
                }
                Failure::Deterministic(reason) if batch.len() > 1 => {
                    tracing::warn!(batch = %id, reason, commands = batch.len(), "a batch is halved");
                    return Settled::Halve;
                }
                Failure::Deterministic(reason) => {
                    let command = batch.first().map(|queued| &queued.command);
                    tracing::error!(batch = %id, reason, ?command, "a command cannot be written");
                    return Settled::Undecided(Undecided::Internal);
                }
                Failure::Down(reason) | Failure::Ambiguous(reason) => {
                    tracing::error!(batch = %id, reason, "the store is down");
                    return Settled::Undecided(Undecided::Unavailable);
                }
            }
        }
    }

    fn draw_id(&self) -> BatchId {
        let now = self.parts.clock.now();
        Ids::new(IdSeed::draw(now, self.parts.entropy.as_ref())).make()
    }

    /// Whether a batch is there; nothing when that cannot be found out.
    async fn look_up(&self, id: BatchId) -> Option<bool> {
        for attempt in 1..=LOOK_UPS_MAX {
            match self.in_time(self.parts.store.batch_exists(id)).await {
                Ok(exists) => return Some(exists),
                Err(error) => {
                    tracing::warn!(batch = %id, %error, attempt, "a batch cannot be looked up");
                    tokio::time::sleep(backoff(attempt)).await;
                }
            }
        }
        None
    }

    /// Lock and load, decide, write, commit: once.
    async fn attempt(&self, batch: &[Queued], id: BatchId) -> Result<Decided, Failed> {
        let (mut transaction, mut facts) = self.in_time(self.parts.store.begin()).await?;
        self.load(&mut transaction, batch, &mut facts).await?;
        let now = self.parts.clock.now();
        let mut outcomes = Vec::with_capacity(batch.len());
        for queued in batch {
            outcomes.push(self.decide(&mut transaction, queued, &mut facts, now).await?);
        }
        self.settle_timers(&mut transaction, &mut facts).await?;
        let changes = facts.into_changes();
        let decided = Decided {
            outcomes,
            changed: changed(&changes),
            changed_callers: changed_callers(&changes),
            has_timers: has_timers(&changes),
        };
        if changes.rows_are_empty() && changes.ledger.transactions.is_empty() {
            return Ok(decided);
        }
        self.in_time(self.parts.store.write(&mut transaction, BatchRow { id, at: now }, changes)).await?;
        let committed = match tokio::time::timeout(self.limit(), self.parts.store.commit(transaction)).await {
            Ok(committed) => committed,
            Err(_) => Err(Failure::Ambiguous("the store did not answer to a commit in time".to_owned())),
        };
        match committed {
            Ok(()) => {
                self.told.given_up(None);
                Ok(decided)
            }
            Err(failure) => Err(Failed::Committing(failure, decided)),
        }
    }

    const fn limit(&self) -> Duration {
        self.parts.limits.store_call_max
    }

    /// A call of the store, unless it takes too long: then its batch is dropped, and its connection with it.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let late = |_| Failure::Down("the store did not answer in time".to_owned());
        tokio::time::timeout(self.limit(), call).await.map_err(late)?
    }

    /// Loads what the commands need, in as many rounds as it takes.
    async fn load(
        &self,
        transaction: &mut S::Batch,
        batch: &[Queued],
        facts: &mut Facts,
    ) -> Result<(), Failure> {
        let rows_max = batch.iter().map(|queued| queued.size.rows).sum();
        let mut rows = 0_usize;
        for _ in 0..ROUNDS_MAX {
            let wanted = needs(batch.iter().map(|queued| &queued.command), facts);
            if wanted.is_empty() {
                return Ok(());
            }
            rows += wanted.len();
            debug_assert!(rows <= rows_max, "a batch of {} touches {rows} rows", batch.len());
            self.in_time(self.parts.store.load(transaction, &wanted, facts)).await?;
        }
        Ok(())
    }

    /// Decides one command. What it touches beyond its needs is loaded, and it is decided again.
    async fn decide(
        &self,
        transaction: &mut S::Batch,
        queued: &Queued,
        facts: &mut Facts,
        now: Timestamp,
    ) -> Result<Outcome, Failure> {
        let command = &queued.command;
        for _ in 0..LATE_LOADS_MAX {
            let savepoint = facts.savepoint();
            let run = || execute(command, facts, now, &self.parts.settings);
            let stop = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(reply)) => return Ok(Ok(reply)),
                Ok(Err(stop)) => stop,
                Err(_) => {
                    facts.rollback(savepoint);
                    Stop::Broken("the decision panicked".to_owned())
                }
            };
            match stop {
                Stop::NotLoaded(missing) => {
                    tracing::debug!(?command, ?missing, "a command touched a row that it did not name");
                    self.in_time(self.parts.store.load(transaction, &missing, facts)).await?;
                }
                Stop::Broken(reason) => {
                    tracing::error!(?command, reason, "a command failed inside");
                    return Ok(Err(Undecided::Internal));
                }
                Stop::Problem(problem) => {
                    tracing::error!(?command, code = problem.code.as_str(), "a problem was not rendered");
                    return Ok(Err(Undecided::Internal));
                }
            }
        }
        tracing::error!(?command, "a command never stops to need more rows");
        Ok(Err(Undecided::Internal))
    }

    async fn settle_timers(&self, transaction: &mut S::Batch, facts: &mut Facts) -> Result<(), Failure> {
        for _ in 0..ROUNDS_MAX {
            match facts.settle_timers() {
                Ok(()) => return Ok(()),
                Err(Stop::NotLoaded(missing)) => {
                    self.in_time(self.parts.store.load(transaction, &missing, facts)).await?;
                }
                Err(Stop::Broken(reason)) => return Err(Failure::Deterministic(reason)),
                Err(Stop::Problem(problem)) => {
                    return Err(Failure::Deterministic(problem.code.as_str().to_owned()));
                }
            }
        }
        Err(Failure::Deterministic("timers never stop to need more rows".to_owned()))
    }
}

/// How a batch ended.
enum Settled {
    Done(Decided),
    Undecided(Undecided),
    Halve,
}

impl Settled {
    const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "committed",
            Self::Undecided(_) => "undecided",
            Self::Halve => "halved",
        }
    }
}

/// How long to wait before the next try: twice as long each time.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(5 << attempt.min(6))
}

/// The objects that somebody may wait for.
fn changed(changes: &Changes) -> Vec<RawId> {
    let mut ids = Vec::new();
    ids.extend(changes.payments.updated.iter().map(|(row, _)| row.id.raw()));
    ids.extend(changes.orders.updated.iter().map(|(row, _)| row.id.raw()));
    ids.extend(changes.top_ups.updated.iter().map(|(row, _)| row.id.raw()));
    ids.extend(changes.refunds.updated.iter().map(|(row, _)| row.id.raw()));
    // What waits for a bank may have a new time, or be put off.
    ids.extend(changes.bank_transfers.updated.iter().map(|(row, _)| row.purpose.object()));
    ids.extend(changes.withdrawals.updated.iter().map(|(row, _)| row.id.raw()));
    ids.extend(changes.payouts.updated.iter().map(|(row, _)| row.id.raw()));
    ids
}

/// The sessions and API keys that are not what they were.
fn changed_callers(changes: &Changes) -> Vec<RawId> {
    let sessions = &changes.sessions;
    let mut ids: Vec<_> = sessions.updated.iter().map(|(row, _)| row.id.raw()).collect();
    ids.extend(sessions.removed.iter().map(|(id, _)| id.raw()));
    ids.extend(changes.api_keys.updated.iter().map(|(row, _)| row.id.raw()));
    ids.extend(changes.api_keys.removed.iter().map(|(id, _)| id.raw()));
    ids
}

fn has_timers(changes: &Changes) -> bool {
    !changes.timers.is_empty()
}
