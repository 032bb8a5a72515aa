//! Rows as columns of text, to say in which of them two rows differ.

use crate::{
    Account, AccountId, Head, HoldRow, LegRow, Mark, TransactionRow, TransferRef, TransferRow,
    merkle::TreeNode,
};
use makegood_base::Timestamp;

/// A row whose columns have names. Two rows of a kind have the same names in the same order.
pub(super) trait Columns {
    fn columns(&self) -> Vec<(&'static str, String)>;
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn transfer(transfer: TransferRef) -> String {
    format!("{} leg {}", transfer.transaction, transfer.leg)
}

pub(super) fn mark(account: AccountId, sequence: i64) -> String {
    format!("{account} entry {sequence}")
}

pub(super) fn node(level: u32, index: u64) -> String {
    format!("level {level} index {index}")
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// Microseconds: a stored time need not be one that has an RFC 3339 text.
fn micros(at: Timestamp) -> String {
    at.as_micros().to_string()
}

impl Columns for Account {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("owner", hex(&self.owner)),
            ("code", self.code.to_string()),
            ("currency", self.currency.to_string()),
            ("normal", self.normal.code().to_string()),
            ("floor", optional(self.floor)),
            ("ceiling", optional(self.ceiling)),
            ("status", self.status.code().to_string()),
            ("posted", self.posted.to_string()),
            ("held", self.held.to_string()),
            ("incoming", self.incoming.to_string()),
            ("sequence", self.sequence.to_string()),
            ("last_position", self.last_position.to_string()),
            ("opened_by", self.opened_by.to_string()),
        ]
    }
}

impl Columns for TransactionRow {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("sequence", self.sequence.to_string()),
            ("at", micros(self.at)),
            ("code", self.code.to_string()),
            ("reference", hex(&self.reference)),
            ("first_position", self.first_position.to_string()),
            ("legs", self.legs.to_string()),
            ("leaf", hex(&self.leaf)),
        ]
    }
}

impl Columns for LegRow {
    fn columns(&self) -> Vec<(&'static str, String)> {
        let Self { leg, debit_entry, credit_entry, .. } = self;
        vec![
            ("position", self.position.to_string()),
            ("transaction", self.transfer.transaction.to_string()),
            ("leg", self.transfer.leg.to_string()),
            ("debit", leg.debit.to_string()),
            ("credit", leg.credit.to_string()),
            ("amount", leg.amount.minor().to_string()),
            ("currency", leg.amount.currency().to_string()),
            ("action", leg.action.code().to_string()),
            ("target", optional(leg.action.target().map(transfer))),
            ("expires_at", optional(leg.action.expires_at().map(micros))),
            ("debit_sequence", debit_entry.sequence.to_string()),
            ("debit_balance_after", debit_entry.balance_after.to_string()),
            ("debit_previous_position", debit_entry.previous_position.to_string()),
            ("credit_sequence", credit_entry.sequence.to_string()),
            ("credit_balance_after", credit_entry.balance_after.to_string()),
            ("credit_previous_position", credit_entry.previous_position.to_string()),
        ]
    }
}

impl Columns for HoldRow {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("debit", self.debit.to_string()),
            ("credit", self.credit.to_string()),
            ("amount", self.amount.minor().to_string()),
            ("currency", self.amount.currency().to_string()),
            ("expires_at", optional(self.expires_at.map(micros))),
            ("state", self.state.code().to_string()),
            ("captured", self.captured.to_string()),
            ("settled_position", self.settled_position.to_string()),
        ]
    }
}

impl Columns for TransferRow {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("amount", self.amount.minor().to_string()),
            ("currency", self.amount.currency().to_string()),
            ("returned", self.returned.to_string()),
        ]
    }
}

impl Columns for Mark {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![("at", micros(self.at)), ("position", self.position.to_string())]
    }
}

impl Columns for TreeNode {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![("hash", hex(&self.hash))]
    }
}

impl Columns for Head {
    fn columns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("transactions", self.transactions.to_string()),
            ("positions", self.positions.to_string()),
            ("log", hex(&self.log.to_bytes())),
        ]
    }
}
