//! The engine's port on SQLite and PostgreSQL.

use crate::{
    BatchRow, Failure, Store,
    cells::Cells,
    mapping::{Mapped, key_values},
    port::surely_before,
    tables::check_needs,
};
use makegood_base::limits::PAGE_ROWS_MAX;
use makegood_base::{BatchId, Timestamp};
use makegood_ledger::{Action, Leg, RowKey};
use makegood_ledger_sql::{self as ledger_sql, HistoryEntry};
use makegood_sql::{Class, Database, Dialect, Error, Fields, Kind, Transaction, Value};
use makegood_wallet::{
    CallerRow, Changes, Facts, Needs, RowChanges, Rows, for_each_table,
    tables::{AccountId, IdempotencyKey, TimerKey},
};
use std::collections::BTreeSet;

/// How often [`Store::read`] asks what is needed.
pub(crate) const ROUNDS_MAX: usize = 4;

pub(crate) const DUE_TIMERS: &str = "SELECT kind, object_id FROM timers WHERE due_at <= $1
    ORDER BY due_at, kind, object_id LIMIT $2";
pub(crate) const DUE_TIMERS_SINCE: &str =
    "SELECT kind, object_id FROM timers WHERE due_at <= $1 AND due_at >= $3
    ORDER BY due_at, kind, object_id LIMIT $2";
pub(crate) const EXPIRED_KEYS: &str = "SELECT caller_id, key FROM idempotency WHERE expires_at <= $1
    ORDER BY expires_at, caller_id, key LIMIT $2";

/// A store on a database whose [schema](crate::migrations) is there.
#[derive(Debug, Clone)]
pub struct SqlStore {
    database: Database,
}

impl SqlStore {
    /// The store on this database. It checks nothing: see [`migrations::check`](crate::migrations::check).
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }
}

impl Store for SqlStore {
    type Batch = Transaction;

    fn holds_thread(&self) -> bool {
        self.database.dialect() == Dialect::Sqlite
    }

    async fn begin(&self) -> Result<(Transaction, Facts), Failure> {
        let mut transaction = self.database.begin().await?;
        let head = ledger_sql::lock_head(&mut transaction).await?;
        Ok((transaction, Facts::new(head)))
    }

    async fn load(&self, batch: &mut Transaction, needs: &Needs, facts: &mut Facts) -> Result<(), Failure> {
        load(batch, needs, facts).await
    }

    async fn write(&self, batch: &mut Transaction, row: BatchRow, changes: Changes) -> Result<(), Failure> {
        let ledger_row = ledger_sql::BatchRow::of(row.id, row.at, &changes.ledger);
        ledger_sql::write(batch, &changes.ledger, ledger_row).await?;
        Ok(write_rows(batch, changes).await?)
    }

    async fn commit(&self, batch: Transaction) -> Result<(), Failure> {
        Ok(batch.commit().await?)
    }

    /// Waits for the lock of the head: a batch whose commit is still under way has ended then.
    async fn batch_exists(&self, id: BatchId) -> Result<bool, Failure> {
        let mut transaction = self.database.begin().await?;
        ledger_sql::lock_head(&mut transaction).await?;
        let exists = ledger_sql::batch_exists(&mut transaction, id).await?;
        transaction.rollback().await;
        Ok(exists)
    }

    async fn read(
        &self,
        caller: Option<CallerRow>,
        needs: &(dyn Fn(&Facts) -> Needs + Sync),
    ) -> Result<Facts, Failure> {
        let mut transaction = self.database.read().await?;
        let mut facts = Facts::new(ledger_sql::read_head(&mut transaction).await?);
        if let Some(caller) = caller {
            caller.put(&mut facts);
        }
        for _ in 0..ROUNDS_MAX {
            let mut wanted = needs(&facts);
            wanted.retain_unknown(&facts);
            if wanted.is_empty() {
                break;
            }
            load(&mut transaction, &wanted, &mut facts).await?;
        }
        transaction.rollback().await;
        Ok(facts)
    }

    async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<TimerKey>, Failure> {
        let arguments = vec![now.into(), i64::from(limit).into()];
        Ok(query_keys(&self.database, DUE_TIMERS, arguments, &[Kind::Text, Kind::Id]).await?)
    }

    async fn due_timers_since(
        &self,
        since: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<TimerKey>, Failure> {
        let arguments = vec![now.into(), i64::from(limit).into(), since.into()];
        Ok(query_keys(&self.database, DUE_TIMERS_SINCE, arguments, &[Kind::Text, Kind::Id]).await?)
    }

    async fn paid_before(&self, account: AccountId, moment: Timestamp) -> Result<i64, Failure> {
        let mut transaction = self.database.read().await?;
        let mut facts = Facts::new(ledger_sql::read_head(&mut transaction).await?);
        let needs = Needs {
            ledger: [RowKey::Account(account)].into(),
            settlement_schedules: [account].into(),
            ..Needs::default()
        };
        load(&mut transaction, &needs, &mut facts).await?;
        let mut since = 0_i64;
        let mut before = None;
        loop {
            let page = ledger_sql::history(&mut transaction, account, before, PAGE_ROWS_MAX).await?;
            let is_since = |entry: &&HistoryEntry| entry.at >= moment;
            for entry in page.iter().filter(is_since).filter(|entry| pays_in(&entry.leg, account)) {
                since = since.saturating_add(entry.leg.amount.minor());
            }
            before = page.last().map(|entry| entry.position);
            if page.last().is_none_or(|oldest| oldest.at < surely_before(moment)) {
                break;
            }
        }
        transaction.rollback().await;
        Ok(paid_in(&facts, account).saturating_sub(since))
    }

    async fn expired_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<IdempotencyKey>, Failure> {
        let arguments = vec![now.into(), i64::from(limit).into()];
        Ok(query_keys(&self.database, EXPIRED_KEYS, arguments, &[Kind::Id, Kind::Text]).await?)
    }
}

/// Whether a leg raises an account that grows on the credit side.
pub(crate) fn pays_in(leg: &Leg, account: AccountId) -> bool {
    leg.credit == account && matches!(leg.action, Action::Post | Action::PostAgainst(_) | Action::Capture(_))
}

/// All that was ever paid into a pending account: what it has, and what was taken from it.
pub(crate) fn paid_in(facts: &Facts, account: AccountId) -> i64 {
    let posted = facts.book.account(&account).map_or(0, |row| row.posted);
    let taken = facts.settlement_schedules.peek(&account).map_or(0, |row| row.taken_minor);
    posted.saturating_add(taken)
}

/// Runs a text whose rows are keys.
pub(crate) async fn query_keys<K: Cells>(
    database: &Database,
    text: &'static str,
    arguments: Vec<Value>,
    kinds: &'static [Kind],
) -> Result<Vec<K>, Error> {
    let mut transaction = database.read().await?;
    let rows = transaction.query(text, arguments, kinds).await?;
    transaction.rollback().await;
    rows.into_iter().map(|row| K::take(&mut Fields::new(text, row))).collect()
}

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// Tells the facts of every row that is needed: that it is there, or that it is absent.
        async fn load(transaction: &mut Transaction, needs: &Needs, facts: &mut Facts) -> Result<(), Failure> {
            check_needs(needs)?;
            ledger_sql::load(transaction, needs.ledger.iter().copied(), &mut facts.book).await?;
            $(load_table::<$row>(transaction, &needs.$field, &mut facts.$field).await?;)*
            Ok(())
        }

        /// Writes the wallet's own rows, table after table.
        async fn write_rows(transaction: &mut Transaction, changes: Changes) -> Result<(), Error> {
            $(write_table::<$row>(transaction, changes.$field).await?;)*
            Ok(())
        }
    };
}

for_each_table!(declare);

async fn load_table<R: Mapped>(
    transaction: &mut Transaction,
    keys: &BTreeSet<R::Key>,
    rows: &mut Rows<R>,
) -> Result<(), Error> {
    let values: Vec<_> = keys.iter().map(key_values::<R>).collect();
    for stored in transaction.select(R::TABLE, &values).await? {
        let version = stored.version;
        let row = R::from_row(stored)?;
        rows.put(row.key(), Some((row, version)));
    }
    // What is known by now stays as it is.
    for key in keys {
        rows.put(key.clone(), None);
    }
    Ok(())
}

async fn write_table<R: Mapped>(transaction: &mut Transaction, changes: RowChanges<R>) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let inserted = changes.inserted.into_iter().map(R::into_values).collect();
    transaction.insert(R::TABLE, inserted).await?;
    let updated: Vec<_> =
        changes.updated.into_iter().map(|(row, version)| (row.into_values(), version)).collect();
    if !updated.is_empty() {
        transaction.update(R::TABLE, updated).await?;
    }
    let removed = changes.removed.iter().map(|(key, version)| (key_values::<R>(key), *version)).collect();
    transaction.delete(R::TABLE, removed).await
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error.class() {
            Class::Transient => Self::Transient(text),
            Class::Deterministic => Self::Deterministic(text),
            Class::Down => Self::Down(text),
            Class::Ambiguous => Self::Ambiguous(text),
        }
    }
}
