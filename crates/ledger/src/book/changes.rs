//! What a book has to write to its store.

use super::{Book, Head};
use crate::{
    Account, HoldRow, LegRow, MARK_EVERY, Mark, StatusChange, TransactionRow, TransferRow, merkle::TreeNode,
};

/// Everything that was done to a book since it was made. Rows that were not stored are inserted; rows that
/// were are updated, each with the version that was loaded. All else is only ever inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Accounts that were opened.
    pub accounts_inserted: Vec<Account>,
    /// Accounts that were loaded and changed.
    pub accounts_updated: Vec<(Account, i64)>,
    /// Transactions, in order.
    pub transactions: Vec<TransactionRow>,
    /// Journal rows, in order.
    pub legs: Vec<LegRow>,
    /// Holds that were made.
    pub holds_inserted: Vec<HoldRow>,
    /// Holds that were loaded and settled.
    pub holds_updated: Vec<(HoldRow, i64)>,
    /// Transfers that something was returned against for the first time.
    pub transfers_inserted: Vec<TransferRow>,
    /// Transfers that something was returned against again.
    pub transfers_updated: Vec<(TransferRow, i64)>,
    /// Marks of every 32nd entry of an account.
    pub marks: Vec<Mark>,
    /// Changes of status, in order.
    pub status_changes: Vec<StatusChange>,
    /// Nodes of the Merkle log that became full, to be kept for proofs.
    pub nodes: Vec<TreeNode>,
    /// Where the journal ends now.
    pub head: Head,
}

impl Book {
    /// Where the journal ends now. It hashes each transaction that was posted in this book.
    #[must_use]
    pub fn head(&self) -> Head {
        self.extended_head(|_| {})
    }

    fn extended_head(&self, mut keep: impl FnMut(TreeNode)) -> Head {
        let mut log = self.log.clone();
        self.new_transactions.iter().for_each(|row| log.append(row.leaf, &mut keep));
        Head { transactions: self.transactions_count, positions: self.positions_count, log }
    }

    /// Everything that was done and not rolled back.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        let (accounts_inserted, accounts_updated) = self.accounts.changes();
        let (holds_inserted, holds_updated) = self.holds.changes();
        let (transfers_inserted, transfers_updated) = self.transfers.changes();
        let mut nodes = Vec::new();
        let head = self.extended_head(|node| nodes.push(node));
        Changes {
            accounts_inserted,
            accounts_updated,
            marks: self.marks(),
            transactions: self.new_transactions,
            legs: self.new_legs,
            holds_inserted,
            holds_updated,
            transfers_inserted,
            transfers_updated,
            status_changes: self.new_statuses,
            nodes,
            head,
        }
    }

    fn marks(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut legs = self.new_legs.iter();
        for transaction in &self.new_transactions {
            for leg in legs.by_ref().take(usize::from(transaction.legs)) {
                let sides = [(leg.leg.debit, leg.debit_entry), (leg.leg.credit, leg.credit_entry)];
                for (account, entry) in sides {
                    if entry.sequence.checked_rem(MARK_EVERY) == Some(0) {
                        let (sequence, position) = (entry.sequence, leg.position);
                        marks.push(Mark { account, sequence, at: transaction.at, position });
                    }
                }
            }
        }
        marks
    }
}
