//! A store, in memory where nothing else is said, that is broken in a way that faults on demand are not.

use makegood_base::{BatchId, Timestamp};
use makegood_store::{BatchRow, Failure, MemoryStore, Store};
use makegood_wallet::tables::{AccountId, IdempotencyKey, TimerKey};
use makegood_wallet::{CallerRow, Changes, Facts, Needs};

/// A broken store.
pub(crate) struct Broken<S = MemoryStore> {
    store: S,
    /// What it says of whether a batch is there; what is so, where nothing is said.
    batches: Option<Result<bool, Failure>>,
    refused_merchant: Option<&'static str>,
}

impl<S> Broken<S> {
    /// A store that says of every batch that it is not there.
    pub(crate) fn forgetful(store: S) -> Self {
        Self { store, batches: Some(Ok(false)), refused_merchant: None }
    }

    /// A store that cannot say of any batch whether it is there.
    pub(crate) fn blind(store: S) -> Self {
        let down = Failure::Down("no batch can be looked up".to_owned());
        Self { store, batches: Some(Err(down)), refused_merchant: None }
    }

    /// A store that never takes a batch with a merchant of this name.
    pub(crate) fn picky(store: S, name: &'static str) -> Self {
        Self { store, batches: None, refused_merchant: Some(name) }
    }
}

impl<S: Store> Store for Broken<S> {
    type Batch = S::Batch;

    fn holds_thread(&self) -> bool {
        self.store.holds_thread()
    }

    async fn begin(&self) -> Result<(S::Batch, Facts), Failure> {
        self.store.begin().await
    }

    async fn load(&self, batch: &mut S::Batch, needs: &Needs, facts: &mut Facts) -> Result<(), Failure> {
        self.store.load(batch, needs, facts).await
    }

    async fn write(&self, batch: &mut S::Batch, row: BatchRow, changes: Changes) -> Result<(), Failure> {
        let mut names = changes.merchants.inserted.iter().map(|merchant| merchant.name.as_str());
        if names.any(|name| Some(name) == self.refused_merchant) {
            return Err(Failure::Deterministic("the name is refused".to_owned()));
        }
        self.store.write(batch, row, changes).await
    }

    async fn commit(&self, batch: S::Batch) -> Result<(), Failure> {
        self.store.commit(batch).await
    }

    async fn batch_exists(&self, id: BatchId) -> Result<bool, Failure> {
        match &self.batches {
            Some(said) => said.clone(),
            None => self.store.batch_exists(id).await,
        }
    }

    async fn read(
        &self,
        caller: Option<CallerRow>,
        needs: &(dyn Fn(&Facts) -> Needs + Sync),
    ) -> Result<Facts, Failure> {
        self.store.read(caller, needs).await
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<TimerKey>, Failure> {
        self.store.due_timers(now, limit).await
    }

    async fn paid_before(&self, account: AccountId, moment: Timestamp) -> Result<i64, Failure> {
        self.store.paid_before(account, moment).await
    }

    async fn expired_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<IdempotencyKey>, Failure> {
        self.store.expired_keys(now, limit).await
    }
}
