//! The engine's port: what a store has to do for it.
//!
//! A batch begins by locking the journal's head, so that batches of all servers commit one after the other.
//! Then rows are loaded, effects are written, and the batch is committed, once. After any failure the batch
//! is dropped, and nothing of it is there.

use makegood_base::{BatchId, Timestamp};
use makegood_wallet::tables::{AccountId, IdempotencyKey, TimerKey};
use makegood_wallet::{CallerRow, Changes, Facts, Needs};
use std::future::Future;
use std::time::Duration;

/// By how much the clocks of two servers may differ: each dates what it commits, so that entries stand a little out of
/// the order of their times.
const CLOCKS_DIFFER_MAX: Duration = Duration::from_secs(60);

/// What is older than this was surely before the moment, and so was all that stands before it.
pub(crate) fn surely_before(moment: Timestamp) -> Timestamp {
    moment.minus(CLOCKS_DIFFER_MAX)
}

/// Why a store did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Another writer was in the way: the same again can succeed.
    #[error("the store was busy: {0}")]
    Transient(String),
    /// The connection was lost while the batch was committed: it is there, or it is not.
    #[error("nobody knows whether the batch was committed: {0}")]
    Ambiguous(String),
    /// The same again fails again: a constraint, or a stored row that cannot be read.
    #[error("the store refuses: {0}")]
    Deterministic(String),
    /// The store cannot work: no connection, a full disk.
    #[error("the store is down: {0}")]
    Down(String),
}

/// What identifies a batch in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchRow {
    /// Unique for ever: it answers "did it happen?" after an ambiguous commit.
    pub id: BatchId,
    /// The batch's one reading of the clock.
    pub at: Timestamp,
}

/// A store. Everything that the engine and its jobs write goes through here.
pub trait Store: Send + Sync + 'static {
    /// A batch that was begun.
    type Batch: Send;

    /// Whether its calls hold the thread that they are made on, so that the engine needs one of its own.
    fn holds_thread(&self) -> bool {
        false
    }

    /// Locks the journal's head, and knows nothing yet but the head. Dropping the batch takes it back.
    fn begin(&self) -> impl Future<Output = Result<(Self::Batch, Facts), Failure>> + Send;

    /// Loads rows into the facts: each row that is needed is known afterwards, there or absent.
    fn load(
        &self,
        batch: &mut Self::Batch,
        needs: &Needs,
        facts: &mut Facts,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Writes what the batch made of the facts, and its own row. Each count must be what was expected, else
    /// [`Failure::Transient`].
    fn write(
        &self,
        batch: &mut Self::Batch,
        row: BatchRow,
        changes: Changes,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Commits. Only here can a failure be [`Failure::Ambiguous`].
    fn commit(&self, batch: Self::Batch) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether a batch was committed.
    fn batch_exists(&self, id: BatchId) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Loads rows as they are in one snapshot, outside any batch. `needs` is asked, with what is known, until
    /// it needs nothing more, at most four times. `caller` is known from before, where it is given: it may be
    /// older than the snapshot.
    fn read(
        &self,
        caller: Option<CallerRow>,
        needs: &(dyn Fn(&Facts) -> Needs + Sync),
    ) -> impl Future<Output = Result<Facts, Failure>> + Send;

    /// The timers that are due, the longest due first.
    fn due_timers(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TimerKey>, Failure>> + Send;

    /// The same without those that were due before a moment: it costs what became due from then on, however many wait
    /// that are due for longer. A store may answer more than that, and never less.
    fn due_timers_since(
        &self,
        _since: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TimerKey>, Failure>> + Send {
        self.due_timers(now, limit)
    }

    /// All that was ever paid into a merchant's pending account before a moment, in minor units: what the account
    /// had then, and what had been taken from it by then. Once the moment is past by more than the clocks of two servers
    /// differ it never changes. It costs what the account has seen since.
    fn paid_before(
        &self,
        account: AccountId,
        moment: Timestamp,
    ) -> impl Future<Output = Result<i64, Failure>> + Send;

    /// Idempotency keys whose time is over, the longest over first. It costs what it finds, however many keys
    /// there are.
    fn expired_keys(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<IdempotencyKey>, Failure>> + Send;
}
