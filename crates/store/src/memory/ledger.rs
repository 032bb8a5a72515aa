//! The ledger's rows in maps.

use super::versioned::{Versioned, check_absent, check_loaded, put};
use crate::{Failure, port::surely_before, sql::pays_in};
use makegood_base::Timestamp;
use makegood_ledger::{
    Account, AccountId, Book, Changes, Head, HoldRow, LegRow, Mark, RowKey, StatusChange, TransactionId,
    TransactionRow, TransferRef, TransferRow, merkle::TreeNode,
};
use std::collections::{BTreeMap, BTreeSet};

/// The ledger as it is stored: what changes, by key and with versions, and the journal in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerRows {
    /// Where the journal ends.
    pub head: Head,
    /// Accounts.
    pub accounts: Versioned<AccountId, Account>,
    /// Holds.
    pub holds: Versioned<TransferRef, HoldRow>,
    /// Transfers that something was returned against.
    pub transfers: Versioned<TransferRef, TransferRow>,
    /// Transactions, in order.
    pub transactions: Vec<TransactionRow>,
    /// Legs, in order.
    pub legs: Vec<LegRow>,
    /// Every 32nd entry of an account.
    pub marks: Vec<Mark>,
    /// Changes of statuses.
    pub status_changes: Vec<StatusChange>,
    /// Kept nodes of the log.
    pub nodes: Vec<TreeNode>,
    /// The place of each transaction in `transactions`.
    places: BTreeMap<TransactionId, usize>,
}

impl LedgerRows {
    /// Tells a book of the rows that it does not know yet, there or absent.
    pub(super) fn load(&self, keys: &BTreeSet<RowKey>, book: &mut Book) {
        for key in keys {
            if !book.is_known(key) && !self.tell(*key, book) {
                book.put_absent(*key);
            }
        }
    }

    /// Tells a book of one row; false where there is none.
    fn tell(&self, key: RowKey, book: &mut Book) -> bool {
        let told = match key {
            RowKey::Account(id) => {
                self.accounts.get(&id).map(|(row, version)| book.put_account(*row, *version))
            }
            RowKey::Transaction(id) => self.transaction(id).map(|row| book.put_transaction(*row)),
            RowKey::Hold(hold) => self.holds.get(&hold).map(|(row, version)| book.put_hold(*row, *version)),
            RowKey::Transfer(transfer) => {
                self.returned(transfer).map(|(row, version)| book.put_transfer(row, version))
            }
        };
        told.is_some()
    }

    /// What was returned against a transfer. Without a row, nothing was: it is a leg of the journal.
    fn returned(&self, transfer: TransferRef) -> Option<(TransferRow, Option<i64>)> {
        match self.transfers.get(&transfer) {
            Some((row, version)) => Some((*row, Some(*version))),
            None => self.leg(transfer)?.returnable().map(|row| (row, None)),
        }
    }

    /// What was paid into an account since a moment, in minor units.
    pub(super) fn paid_since(&self, account: AccountId, moment: Timestamp) -> i64 {
        let is_from = |leg: &LegRow, moment| {
            self.transaction(leg.transfer.transaction).is_some_and(|row| row.at >= moment)
        };
        let of_account = |leg: &&LegRow| leg.leg.credit == account || leg.leg.debit == account;
        let entries = self.legs.iter().rev().filter(of_account);
        let entries = entries.take_while(|leg| is_from(leg, surely_before(moment)));
        let entries = entries.filter(|leg| is_from(leg, moment));
        let paid = entries.filter(|row| pays_in(&row.leg, account)).map(|row| row.leg.amount.minor());
        paid.fold(0, i64::saturating_add)
    }

    fn transaction(&self, id: TransactionId) -> Option<&TransactionRow> {
        self.transactions.get(*self.places.get(&id)?)
    }

    fn leg(&self, leg: TransferRef) -> Option<&LegRow> {
        let first = usize::try_from(self.transaction(leg.transaction)?.first_position).ok()?;
        let row = self.legs.get(first.checked_sub(1)?.checked_add(usize::from(leg.leg))?)?;
        (row.transfer == leg).then_some(row)
    }

    /// Refuses changes that a database would refuse.
    pub(super) fn check(&self, changes: &Changes) -> Result<(), Failure> {
        let accounts = &self.accounts;
        check_absent(accounts, "ledger_accounts", changes.accounts_inserted.iter().map(|row| row.id))?;
        let loaded = changes.accounts_updated.iter().map(|(row, version)| (row.id, *version));
        check_loaded(accounts, "ledger_accounts", loaded)?;
        check_absent(&self.holds, "ledger_holds", changes.holds_inserted.iter().map(|row| row.hold))?;
        let loaded = changes.holds_updated.iter().map(|(row, version)| (row.hold, *version));
        check_loaded(&self.holds, "ledger_holds", loaded)?;
        let inserted = changes.transfers_inserted.iter().map(|row| row.transfer);
        check_absent(&self.transfers, "ledger_transfers", inserted)?;
        let loaded = changes.transfers_updated.iter().map(|(row, version)| (row.transfer, *version));
        check_loaded(&self.transfers, "ledger_transfers", loaded)?;
        if changes.transactions.iter().any(|row| self.places.contains_key(&row.id)) {
            return Err(Failure::Deterministic("insert into ledger_transactions: a key exists".to_owned()));
        }
        let ends_at = |rows: usize, before: i64, after: i64| {
            i64::try_from(rows).ok().and_then(|rows| before.checked_add(rows)) == Some(after)
        };
        let (before, after) = (&self.head, &changes.head);
        if ends_at(changes.transactions.len(), before.transactions, after.transactions)
            && ends_at(changes.legs.len(), before.positions, after.positions)
        {
            return Ok(());
        }
        Err(Failure::Transient("the journal does not end where it did".to_owned()))
    }

    /// Makes changes that were checked part of the state.
    pub(super) fn apply(&mut self, changes: Changes) {
        put(&mut self.accounts, changes.accounts_inserted.into_iter().map(|row| (row.id, row, 0)));
        let updated = changes.accounts_updated.into_iter();
        put(&mut self.accounts, updated.map(|(row, version)| (row.id, row, version)));
        put(&mut self.holds, changes.holds_inserted.into_iter().map(|row| (row.hold, row, 0)));
        let updated = changes.holds_updated.into_iter();
        put(&mut self.holds, updated.map(|(row, version)| (row.hold, row, version)));
        put(&mut self.transfers, changes.transfers_inserted.into_iter().map(|row| (row.transfer, row, 0)));
        let updated = changes.transfers_updated.into_iter();
        put(&mut self.transfers, updated.map(|(row, version)| (row.transfer, row, version)));
        for row in changes.transactions {
            self.places.insert(row.id, self.transactions.len());
            self.transactions.push(row);
        }
        self.legs.extend(changes.legs);
        self.marks.extend(changes.marks);
        self.status_changes.extend(changes.status_changes);
        self.nodes.extend(changes.nodes);
        self.head = changes.head;
    }
}
