//! How a replay keeps its book small: what is compared is forgotten.

use super::Book;
use crate::{
    Account, AccountId, HoldRow, LegRow, TransactionRow, TransferRef, TransferRow, merkle::TreeNode,
};

impl Book {
    /// The transactions posted since the journal was last forgotten.
    pub(crate) fn new_transactions(&self) -> &[TransactionRow] {
        &self.new_transactions
    }

    /// Their legs.
    pub(crate) fn new_legs(&self) -> &[LegRow] {
        &self.new_legs
    }

    /// Forgets the transactions and their legs, after appending them to the log, and all that could be undone.
    pub(crate) fn forget_journal(&mut self, mut keep: impl FnMut(TreeNode)) {
        for row in self.new_transactions.drain(..) {
            self.log.append(row.leaf, &mut keep);
        }
        self.new_legs.clear();
        self.new_statuses.clear();
        self.transactions.clear();
        self.accounts.forget_changes();
        self.holds.forget_changes();
        self.transfers.forget_changes();
    }

    pub(crate) fn remove_account(&mut self, id: &AccountId) -> Option<Account> {
        self.accounts.remove(id)
    }

    pub(crate) fn remove_hold(&mut self, hold: &TransferRef) -> Option<HoldRow> {
        self.holds.remove(hold)
    }

    pub(crate) fn remove_transfer(&mut self, transfer: &TransferRef) -> Option<TransferRow> {
        self.transfers.remove(transfer)
    }

    pub(crate) fn holds(&self) -> impl Iterator<Item = &HoldRow> {
        self.holds.rows()
    }
}
