#![doc = include_str!("../README.md")]

mod head;
mod history;
mod journal;
mod legs;
mod load;
mod pages;
mod rows;
mod tables;
mod verify;
mod write;

pub use head::{lock_head, read_head};
pub use history::{HistoryEntry, history};
pub use load::load;
pub use tables::{
    ACCOUNTS, BATCHES, BATCHES_BY_TRANSACTIONS, HOLDS, LEGS, MARKS, STATUS_CHANGES, TABLES, TRANSACTIONS,
    TRANSACTIONS_BY_SEQUENCE, TRANSFERS, TREE,
};
pub use verify::verify;
pub use write::{BatchRow, batch_exists, write};

use makegood_sql::Dialect;

/// The statements that create the ledger's tables, empty. They are the first migration of a database that
/// holds a ledger; they never change once they were released.
#[must_use]
pub const fn schema(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => include_str!("../schema/sqlite.sql"),
        Dialect::Postgres => include_str!("../schema/postgres.sql"),
    }
}

/// Every text here that is not a bulk statement of one of the [`TABLES`]: a test has both databases read them.
#[must_use]
pub fn texts(dialect: Dialect) -> Vec<&'static str> {
    vec![
        head::lock_text(dialect),
        head::READ,
        head::UPDATE,
        history::FIRST,
        history::NEXT,
        verify::SUSPECT_LEGS,
        verify::SUSPECT_ACCOUNTS,
        verify::SUSPECT_STATUSES,
    ]
}
