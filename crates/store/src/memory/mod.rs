//! The engine's port in memory, with faults on demand: for tests and the simulation. It has no lists.

mod faults;
mod ledger;
mod snapshot;
mod versioned;

pub use faults::{CommitFault, Fault, FaultPlan};
pub use ledger::LedgerRows;
pub use snapshot::Snapshot;

use crate::{
    BatchRow, Failure, Store,
    sql::{ROUNDS_MAX, paid_in},
};
use faults::Faults;
use makegood_base::{BatchId, Timestamp};
use makegood_ledger::RowKey;
use makegood_wallet::{
    CallerRow, Changes, Facts, Needs,
    tables::{AccountId, IdempotencyKey, Timer, TimerKey},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// A store in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    /// The lock of the journal's head: whoever has it is the only one to write.
    head: Arc<tokio::sync::Mutex<()>>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    stored: Snapshot,
    faults: Faults,
}

/// A batch of a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryBatch {
    written: Option<(BatchRow, Changes)>,
    _head: OwnedMutexGuard<()>,
}

impl MemoryStore {
    /// An empty store whose calls fail as planned.
    #[must_use]
    pub fn with_faults(plan: FaultPlan) -> Self {
        let store = Self::default();
        store.plan_faults(plan);
        store
    }

    /// Forgets the plan and the counts so far, and begins another.
    pub fn plan_faults(&self, plan: FaultPlan) {
        self.state().faults = Faults::new(plan);
    }

    /// How many calls of the port there were since the plan began.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().faults.calls()
    }

    /// Everything that is committed.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.state().stored.clone()
    }

    /// The state. Each change of it is made whole, so that one whose holder panicked is as good as another.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for a call that the plan lets through.
    fn call(&self) -> Result<MutexGuard<'_, State>, Failure> {
        let mut state = self.state();
        state.faults.call()?;
        Ok(state)
    }
}

impl Store for MemoryStore {
    type Batch = MemoryBatch;

    async fn begin(&self) -> Result<(MemoryBatch, Facts), Failure> {
        let guard = Arc::clone(&self.head).lock_owned().await;
        let head = self.call()?.stored.ledger.head.clone();
        Ok((MemoryBatch { written: None, _head: guard }, Facts::new(head)))
    }

    async fn load(&self, _batch: &mut MemoryBatch, needs: &Needs, facts: &mut Facts) -> Result<(), Failure> {
        self.call()?.stored.load(needs, facts)
    }

    async fn write(&self, batch: &mut MemoryBatch, row: BatchRow, changes: Changes) -> Result<(), Failure> {
        self.call()?.stored.check(row, &changes)?;
        match batch.written.replace((row, changes)) {
            None => Ok(()),
            Some(_) => Err(Failure::Deterministic("a batch is written once".to_owned())),
        }
    }

    async fn commit(&self, batch: MemoryBatch) -> Result<(), Failure> {
        let mut state = self.call()?;
        let fault = state.faults.commit();
        if let Some((row, changes)) = batch.written
            && fault != Some(CommitFault::Lost)
        {
            state.stored.apply(row, changes);
        }
        fault.map_or(Ok(()), |_| Err(Failure::Ambiguous("the answer is lost by plan".to_owned())))
    }

    async fn batch_exists(&self, id: BatchId) -> Result<bool, Failure> {
        let _head = self.head.lock().await;
        Ok(self.call()?.stored.batches.contains_key(&id))
    }

    async fn read(
        &self,
        caller: Option<CallerRow>,
        needs: &(dyn Fn(&Facts) -> Needs + Sync),
    ) -> Result<Facts, Failure> {
        let state = self.call()?;
        let mut facts = Facts::new(state.stored.ledger.head.clone());
        if let Some(caller) = caller {
            caller.put(&mut facts);
        }
        for _ in 0..ROUNDS_MAX {
            let mut wanted = needs(&facts);
            wanted.retain_unknown(&facts);
            if wanted.is_empty() {
                break;
            }
            state.stored.load(&wanted, &mut facts)?;
        }
        Ok(facts)
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<TimerKey>, Failure> {
        self.due_timers_since(Timestamp::from_micros(i64::MIN), now, limit).await
    }

    async fn due_timers_since(
        &self,
        since: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<TimerKey>, Failure> {
        let state = self.call()?;
        let is_due = |timer: &&Timer| (since..=now).contains(&timer.due_at);
        let due = state.stored.timers.values().map(|(timer, _)| timer).filter(is_due);
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|timer| (timer.due_at, timer.id.kind.as_str(), timer.id.object));
        Ok(due.into_iter().map(|timer| timer.id).take(limit.try_into().unwrap_or(usize::MAX)).collect())
    }

    async fn paid_before(&self, account: AccountId, moment: Timestamp) -> Result<i64, Failure> {
        let state = self.call()?;
        let mut facts = Facts::new(state.stored.ledger.head.clone());
        let needs = Needs {
            ledger: [RowKey::Account(account)].into(),
            settlement_schedules: [account].into(),
            ..Needs::default()
        };
        state.stored.load(&needs, &mut facts)?;
        Ok(paid_in(&facts, account).saturating_sub(state.stored.ledger.paid_since(account, moment)))
    }

    async fn expired_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<IdempotencyKey>, Failure> {
        let state = self.call()?;
        let rows = state.stored.idempotency.values().map(|(row, _)| row);
        let mut expired: Vec<_> = rows.filter(|row| row.expires_at <= now).collect();
        expired.sort_by_key(|row| (row.expires_at, &row.id));
        expired.truncate(limit.try_into().unwrap_or(usize::MAX));
        Ok(expired.into_iter().map(|row| row.id.clone()).collect())
    }
}
