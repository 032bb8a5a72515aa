//! The stored journal, put together: transactions by number, each with its legs and its changes of status.
//!
//! Which legs belong to a transaction is stored three times: each leg names its transaction, the transaction
//! counts its legs, and the next one says where its own begin. Where one of them disagrees with the other two
//! it is the one that is named.

use crate::{
    legs::{StoredLeg, to_leg},
    pages::Pages,
    rows::{to_status_change, to_transaction_by_sequence},
    tables::{LEGS, STATUS_CHANGES, TRANSACTIONS_BY_SEQUENCE},
};
use makegood_ledger::{
    Head, LEGS_MAX, LegRow, StatusChange, TransactionRow,
    replay::{Difference, StoredTransaction},
};
use makegood_sql::{Error, Transaction};

/// Reads the journal in its order.
pub(crate) struct Journal {
    transactions: Pages<TransactionRow>,
    legs: Pages<StoredLeg>,
    statuses: Pages<StatusChange>,
    head: Head,
    next_sequence: i64,
    next_position: i64,
}

impl Journal {
    pub(crate) fn new(head: Head) -> Self {
        Self {
            transactions: Pages::new(&TRANSACTIONS_BY_SEQUENCE, to_transaction_by_sequence),
            legs: Pages::new(&LEGS, to_leg),
            statuses: Pages::new(&STATUS_CHANGES, to_status_change),
            head,
            next_sequence: 1,
            next_position: 1,
        }
    }

    /// The next transaction. What is wrong with how its parts are linked goes to `differences`.
    pub(crate) async fn next(
        &mut self,
        transaction: &mut Transaction,
        differences: &mut Vec<Difference>,
    ) -> Result<Option<StoredTransaction>, Error> {
        let Some(row) = self.transactions.next(transaction).await? else { return Ok(None) };
        if row.sequence > self.head.transactions {
            differences.push(superfluous("ledger_transactions", row.id.to_string()));
        } else if row.sequence > self.next_sequence {
            differences.push(missing("ledger_transactions", self.next_sequence, row.sequence));
        }
        self.next_sequence = row.sequence.saturating_add(1);
        self.transactions.fill(transaction, 1).await?;
        self.legs.fill(transaction, LEGS_MAX + 1).await?;
        let legs = self.take_legs(&row, differences);
        let mut statuses = Vec::new();
        while let Some(change) =
            self.statuses.next_if(transaction, |change| change.sequence <= row.sequence).await?
        {
            statuses.push(change);
        }
        Ok(Some(StoredTransaction { row, statuses, legs }))
    }

    /// After the last transaction: rows that belong to none.
    pub(crate) async fn finish(
        mut self,
        transaction: &mut Transaction,
        differences: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        while let Some(leg) = self.legs.next(transaction).await? {
            differences.push(superfluous("ledger_legs", leg.position.to_string()));
        }
        while let Some(change) = self.statuses.next(transaction).await? {
            let key = format!("{} {}", change.sequence, change.account);
            differences.push(superfluous("ledger_status_changes", key));
        }
        Ok(())
    }

    fn take_legs(&mut self, row: &TransactionRow, differences: &mut Vec<Difference>) -> Vec<LegRow> {
        let end = self.legs_end(row);
        let mut legs = Vec::with_capacity(usize::from(row.legs));
        while let Some(leg) = self.legs.ahead.pop_front_if(|leg| leg.position < end) {
            if leg.position > self.next_position {
                differences.push(missing("ledger_legs", self.next_position, leg.position));
            }
            self.next_position = leg.position.saturating_add(1);
            if leg.transaction_sequence != row.sequence {
                differences.push(Difference {
                    table: "ledger_legs",
                    key: leg.position.to_string(),
                    column: "transaction_sequence",
                    stored: leg.transaction_sequence.to_string(),
                    replayed: row.sequence.to_string(),
                });
            }
            let place = u16::try_from(legs.len()).unwrap_or(u16::MAX);
            legs.push(leg.of(row.id, place));
        }
        if self.next_position < end {
            differences.push(missing("ledger_legs", self.next_position, end));
        }
        self.next_position = end;
        legs
    }

    /// Behind the last leg of a transaction, as at least two of three say, or else as its own count says.
    fn legs_end(&self, row: &TransactionRow) -> i64 {
        let named = self.legs.ahead.iter().take_while(|leg| leg.transaction_sequence == row.sequence).last();
        let named = named.map_or(self.next_position, |leg| leg.position.saturating_add(1));
        let next = self
            .transactions
            .ahead
            .front()
            .map_or(self.head.positions.saturating_add(1), |row| row.first_position);
        let counted = self.next_position.saturating_add(i64::from(row.legs));
        if named == next { named } else { counted }
    }
}

fn superfluous(table: &'static str, key: String) -> Difference {
    Difference { table, key, column: "row", stored: "there".to_owned(), replayed: "absent".to_owned() }
}

/// The rows from `first` to the one before `end`, by their number.
fn missing(table: &'static str, first: i64, end: i64) -> Difference {
    let last = end.saturating_sub(1);
    let key = if first == last { first.to_string() } else { format!("{first} to {last}") };
    Difference { table, key, column: "row", stored: "absent".to_owned(), replayed: "there".to_owned() }
}
