//! The slice of the ledger's state that a batch touches.

mod changes;
mod forget;
mod table;

pub use changes::Changes;

use crate::{
    Account, AccountId, HoldRow, LegRow, Rejection, StatusChange, TransactionId, TransactionRow, TransferRef,
    TransferRow, id_map::IdMap, merkle::LogFrontier,
};
use table::Table;

/// Where the journal ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// How many transactions there are; the sequence of the last.
    pub transactions: i64,
    /// How many legs there are; the position of the last.
    pub positions: i64,
    /// The Merkle log over the transactions.
    pub log: LogFrontier,
}

/// Names a row that a book may have to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// An account.
    Account(AccountId),
    /// A transaction.
    Transaction(TransactionId),
    /// A hold, by the leg that made it.
    Hold(TransferRef),
    /// What was returned against a transfer. Where the row is absent but the journal has the leg, and it is
    /// [`returnable`](LegRow::returnable), the book is told of the leg.
    Transfer(TransferRef),
}

/// Accounts, holds, transfers and transactions as far as they are known, and what has been done to them.
///
/// Each row is loaded, known to be absent, or not loaded; [`apply`](crate::apply) answers
/// [`Rejection::NotLoaded`] where it would need one of the last kind, so that what it decides never depends
/// on what happens to be loaded.
#[derive(Debug, Clone)]
pub struct Book {
    complete: bool,
    /// The log as it was when the book was made; new leaves are appended to it when they are asked for.
    log: LogFrontier,
    pub(crate) transactions_count: i64,
    pub(crate) positions_count: i64,
    accounts: Table<AccountId, Account>,
    holds: Table<TransferRef, HoldRow>,
    transfers: Table<TransferRef, TransferRow>,
    transactions: IdMap<TransactionId, KnownTransaction>,
    new_transactions: Vec<TransactionRow>,
    new_legs: Vec<LegRow>,
    new_statuses: Vec<StatusChange>,
    pub(crate) scratch: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum KnownTransaction {
    Absent,
    Stored(TransactionRow),
    /// Posted in this book: its place in `new_transactions` and that of its first leg in `new_legs`.
    New {
        transaction: usize,
        first_leg: usize,
    },
}

/// A moment in a book to which it can be rolled back.
#[derive(Debug)]
#[must_use]
pub struct Savepoint {
    transactions_count: i64,
    positions_count: i64,
    accounts: usize,
    holds: usize,
    transfers: usize,
    transactions: usize,
    legs: usize,
    statuses: usize,
}

impl Book {
    /// A book that knows where the journal ends and no rows.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self {
            complete: false,
            log: head.log,
            transactions_count: head.transactions,
            positions_count: head.positions,
            accounts: Table::default(),
            holds: Table::default(),
            transfers: Table::default(),
            transactions: IdMap::default(),
            new_transactions: Vec::new(),
            new_legs: Vec::new(),
            new_statuses: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// A book that knows everything: what it was not told of is absent.
    #[must_use]
    pub fn complete(head: Head) -> Self {
        Self { complete: true, ..Self::new(head) }
    }

    /// Tells of a stored account and its version.
    pub fn put_account(&mut self, account: Account, version: i64) {
        self.accounts.put(account.id, Some(account), Some(version));
    }

    /// Tells of a stored transaction.
    pub fn put_transaction(&mut self, row: TransactionRow) {
        self.transactions.entry(row.id).or_insert(KnownTransaction::Stored(row));
    }

    /// Tells of a stored hold and its version.
    pub fn put_hold(&mut self, hold: HoldRow, version: i64) {
        self.holds.put(hold.hold, Some(hold), Some(version));
    }

    /// Tells of what was returned against a transfer, with the version where that is stored. Without one it is
    /// the leg of the journal, [`returnable`](LegRow::returnable), that nothing was returned against yet.
    pub fn put_transfer(&mut self, transfer: TransferRow, version: Option<i64>) {
        self.transfers.put(transfer.transfer, Some(transfer), version);
    }

    /// Tells that there is no such row; for a transfer, also no leg that could be returned against.
    pub fn put_absent(&mut self, key: RowKey) {
        match key {
            RowKey::Account(id) => self.accounts.put(id, None, None),
            RowKey::Hold(hold) => self.holds.put(hold, None, None),
            RowKey::Transfer(transfer) => self.transfers.put(transfer, None, None),
            RowKey::Transaction(id) => {
                self.transactions.entry(id).or_insert(KnownTransaction::Absent);
            }
        }
    }

    /// Whether the row is loaded or known to be absent.
    #[must_use]
    pub fn is_known(&self, key: &RowKey) -> bool {
        self.complete
            || match key {
                RowKey::Account(id) => self.accounts.get(id).is_some(),
                RowKey::Transaction(id) => self.transactions.contains_key(id),
                RowKey::Hold(hold) => self.holds.get(hold).is_some(),
                RowKey::Transfer(transfer) => {
                    self.transfers.get(transfer).is_some() || self.new_transfer(transfer).is_some()
                }
            }
    }

    /// The account as it is now; nothing when it is absent or not loaded.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(id).flatten()
    }

    /// The transaction; nothing when it is absent or not loaded.
    #[must_use]
    pub fn transaction(&self, id: &TransactionId) -> Option<&TransactionRow> {
        match self.transactions.get(id)? {
            KnownTransaction::Absent => None,
            KnownTransaction::Stored(row) => Some(row),
            KnownTransaction::New { transaction, .. } => self.new_transactions.get(*transaction),
        }
    }

    /// The hold as it is now; nothing when it is absent or not loaded.
    #[must_use]
    pub fn hold(&self, hold: &TransferRef) -> Option<&HoldRow> {
        self.holds.get(hold).flatten()
    }

    /// A transfer and what was returned against it; nothing when it is absent or not loaded.
    #[must_use]
    pub fn transfer(&self, transfer: &TransferRef) -> Option<TransferRow> {
        self.transfers.get(transfer).flatten().copied().or_else(|| self.new_transfer(transfer))
    }

    /// The leg, if this book has posted it.
    #[must_use]
    pub fn new_leg(&self, leg: &TransferRef) -> Option<&LegRow> {
        let KnownTransaction::New { first_leg, .. } = self.transactions.get(&leg.transaction)? else {
            return None;
        };
        let row = self.new_legs.get(first_leg.checked_add(usize::from(leg.leg))?)?;
        (row.transfer == *leg).then_some(row)
    }

    fn new_transfer(&self, transfer: &TransferRef) -> Option<TransferRow> {
        self.new_leg(transfer)?.returnable()
    }

    /// A moment to roll back to. It costs nothing.
    pub const fn savepoint(&self) -> Savepoint {
        Savepoint {
            transactions_count: self.transactions_count,
            positions_count: self.positions_count,
            accounts: self.accounts.len(),
            holds: self.holds.len(),
            transfers: self.transfers.len(),
            transactions: self.new_transactions.len(),
            legs: self.new_legs.len(),
            statuses: self.new_statuses.len(),
        }
    }

    /// Undoes what was applied after `savepoint` was taken, which must be of this book. What the book was told
    /// since stays known. It costs as much as what is undone.
    pub fn rollback(&mut self, savepoint: Savepoint) {
        self.transactions_count = savepoint.transactions_count;
        self.positions_count = savepoint.positions_count;
        self.accounts.truncate(savepoint.accounts);
        self.holds.truncate(savepoint.holds);
        self.transfers.truncate(savepoint.transfers);
        for row in self.new_transactions.drain(savepoint.transactions..) {
            self.transactions.insert(row.id, KnownTransaction::Absent);
        }
        self.new_legs.truncate(savepoint.legs);
        self.new_statuses.truncate(savepoint.statuses);
    }
}

/// What `apply` and replay use.
impl Book {
    pub(crate) fn find_account(&self, id: AccountId) -> Result<Option<&Account>, Rejection> {
        self.known(self.accounts.get(&id), RowKey::Account(id))
    }

    pub(crate) fn find_hold(&self, hold: TransferRef) -> Result<Option<&HoldRow>, Rejection> {
        self.known(self.holds.get(&hold), RowKey::Hold(hold))
    }

    pub(crate) fn find_transfer(&self, transfer: TransferRef) -> Result<Option<TransferRow>, Rejection> {
        let found = self.transfer(&transfer);
        let known = self.transfers.get(&transfer).map(|_| found).or_else(|| found.map(Some));
        self.known(known, RowKey::Transfer(transfer))
    }

    pub(crate) fn find_transaction(&self, id: TransactionId) -> Result<Option<&TransactionRow>, Rejection> {
        let known = self.transactions.get(&id).map(|_| self.transaction(&id));
        self.known(known, RowKey::Transaction(id))
    }

    fn known<T>(&self, found: Option<Option<T>>, key: RowKey) -> Result<Option<T>, Rejection> {
        match found {
            Some(found) => Ok(found),
            None if self.complete => Ok(None),
            None => Err(Rejection::NotLoaded(key)),
        }
    }

    pub(crate) fn set_account(&mut self, account: Account) {
        self.accounts.set(account.id, account);
    }

    pub(crate) fn set_hold(&mut self, hold: HoldRow) {
        self.holds.set(hold.hold, hold);
    }

    pub(crate) fn set_transfer(&mut self, transfer: TransferRow) {
        self.transfers.set(transfer.transfer, transfer);
    }

    pub(crate) fn push_leg(&mut self, leg: LegRow) {
        self.positions_count = leg.position;
        self.new_legs.push(leg);
    }

    pub(crate) fn push_status(&mut self, change: StatusChange) {
        self.new_statuses.push(change);
    }

    /// Adds a transaction whose legs are the last that were pushed.
    pub(crate) fn push_transaction(&mut self, row: TransactionRow) {
        let first_leg = self.new_legs.len().saturating_sub(usize::from(row.legs));
        let transaction = self.new_transactions.len();
        self.transactions.insert(row.id, KnownTransaction::New { transaction, first_leg });
        self.transactions_count = row.sequence;
        self.new_transactions.push(row);
    }
}
