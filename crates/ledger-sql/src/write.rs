//! Writes what was done to a book.

use crate::{
    head,
    legs::of_leg,
    rows::{of_account, of_batch, of_hold, of_mark, of_node, of_status_change, of_transaction, of_transfer},
    tables::{ACCOUNTS, BATCHES, HOLDS, LEGS, MARKS, STATUS_CHANGES, TRANSACTIONS, TRANSFERS, TREE},
};
use makegood_base::{BatchId, Timestamp};
use makegood_ledger::{Changes, merkle::Hash};
use makegood_sql::{Error, Transaction, Value};

/// What a commit leaves behind beside its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchRow {
    /// Chosen before the first try, and kept when the batch runs again: it is inserted, so that a batch whose
    /// commit came late after all cannot happen twice.
    pub id: BatchId,
    /// The batch's one clock reading.
    pub at: Timestamp,
    /// The size of the log after the batch.
    pub transactions: i64,
    /// The root of the log after the batch.
    pub root: Hash,
}

impl BatchRow {
    /// The row of a batch that makes these changes.
    #[must_use]
    pub fn of(id: BatchId, at: Timestamp, changes: &Changes) -> Self {
        Self { id, at, transactions: changes.head.transactions, root: changes.head.log.root() }
    }
}

/// Writes all changes of a book that was loaded in this transaction after [`lock_head`](crate::lock_head),
/// and the row of the batch. A row that has moved since it was loaded, or a journal that has, makes the whole
/// transaction [`Error::Contended`].
pub async fn write(transaction: &mut Transaction, changes: &Changes, batch: BatchRow) -> Result<(), Error> {
    let before = journal_before(changes)?;
    transaction.insert(&BATCHES, vec![of_batch(&batch)]).await?;
    transaction.insert(&ACCOUNTS, changes.accounts_inserted.iter().map(of_account).collect()).await?;
    transaction.update(&ACCOUNTS, versioned(&changes.accounts_updated, of_account)).await?;
    transaction.insert(&TRANSACTIONS, changes.transactions.iter().map(of_transaction).collect()).await?;
    transaction.insert(&LEGS, legs(changes)).await?;
    transaction.insert(&HOLDS, changes.holds_inserted.iter().map(of_hold).collect()).await?;
    transaction.update(&HOLDS, versioned(&changes.holds_updated, of_hold)).await?;
    transaction.insert(&TRANSFERS, changes.transfers_inserted.iter().map(of_transfer).collect()).await?;
    transaction.update(&TRANSFERS, versioned(&changes.transfers_updated, of_transfer)).await?;
    transaction.insert(&MARKS, changes.marks.iter().map(of_mark).collect()).await?;
    let statuses = changes.status_changes.iter().map(of_status_change).collect();
    transaction.insert(&STATUS_CHANGES, statuses).await?;
    transaction.insert(&TREE, changes.nodes.iter().map(of_node).collect()).await?;
    if changes.transactions.is_empty() {
        return Ok(());
    }
    head::update(transaction, &changes.head, before).await
}

/// Whether a batch with this id was committed. After a commit whose answer was lost it is asked on a new
/// connection; only an answer that was given after [`lock_head`](crate::lock_head) is final.
pub async fn batch_exists(transaction: &mut Transaction, id: BatchId) -> Result<bool, Error> {
    Ok(!transaction.select(&BATCHES, &[vec![id.raw().into()]]).await?.is_empty())
}

fn versioned<T>(rows: &[(T, i64)], values: impl Fn(&T) -> Vec<Value>) -> Vec<(Vec<Value>, i64)> {
    rows.iter().map(|(row, version)| (values(row), *version)).collect()
}

/// The legs, each with the number of its transaction.
fn legs(changes: &Changes) -> Vec<Vec<Value>> {
    let transactions = changes.transactions.iter();
    let sequences = transactions.flat_map(|row| std::iter::repeat_n(row.sequence, usize::from(row.legs)));
    changes.legs.iter().zip(sequences).map(|(leg, sequence)| of_leg(leg, sequence)).collect()
}

/// How many transactions and positions there were before these changes.
fn journal_before(changes: &Changes) -> Result<(i64, i64), Error> {
    let count = |rows: usize| i64::try_from(rows).ok();
    let transactions = count(changes.transactions.len());
    let positions = count(changes.legs.len());
    let transactions = transactions.and_then(|rows| changes.head.transactions.checked_sub(rows));
    let positions = positions.and_then(|rows| changes.head.positions.checked_sub(rows));
    transactions.zip(positions).ok_or_else(|| Error::Misuse("more changes than the journal has".to_owned()))
}
