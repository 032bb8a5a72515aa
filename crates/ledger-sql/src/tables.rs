//! The ledger's tables as data.

use makegood_sql::{Column, Table};

/// Accounts.
pub static ACCOUNTS: Table = Table {
    name: "ledger_accounts",
    columns: &[
        Column::id("id"),
        Column::id("owner"),
        Column::integer("code"),
        Column::integer("currency"),
        Column::integer("normal"),
        Column::integer("floor"),
        Column::integer("ceiling"),
        Column::integer("status"),
        Column::integer("posted"),
        Column::integer("held"),
        Column::integer("incoming"),
        Column::integer("sequence"),
        Column::integer("last_position"),
        Column::integer("opened_by"),
    ],
    key: 1,
    versioned: true,
};

/// Transactions, by their id.
pub static TRANSACTIONS: Table = Table {
    name: "ledger_transactions",
    columns: &[
        Column::id("id"),
        Column::integer("sequence"),
        Column::integer("at"),
        Column::integer("code"),
        Column::id("reference"),
        Column::integer("first_position"),
        Column::integer("legs"),
        Column::bytes("leaf"),
    ],
    key: 1,
    versioned: false,
};

/// Transactions, by their number in the journal.
pub static TRANSACTIONS_BY_SEQUENCE: Table = Table {
    name: "ledger_transactions",
    columns: &[
        Column::integer("sequence"),
        Column::id("id"),
        Column::integer("at"),
        Column::integer("code"),
        Column::id("reference"),
        Column::integer("first_position"),
        Column::integer("legs"),
        Column::bytes("leaf"),
    ],
    key: 1,
    versioned: false,
};

/// The journal's legs.
pub static LEGS: Table = Table {
    name: "ledger_legs",
    columns: &[
        Column::integer("position"),
        Column::integer("transaction_sequence"),
        Column::id("debit"),
        Column::id("credit"),
        Column::integer("amount"),
        Column::integer("currency"),
        Column::integer("action"),
        Column::id("target_transaction"),
        Column::integer("target_leg"),
        Column::integer("expires_at"),
        Column::integer("debit_sequence"),
        Column::integer("debit_balance_after"),
        Column::integer("debit_previous_position"),
        Column::integer("credit_sequence"),
        Column::integer("credit_balance_after"),
        Column::integer("credit_previous_position"),
    ],
    key: 1,
    versioned: false,
};

/// Holds.
pub static HOLDS: Table = Table {
    name: "ledger_holds",
    columns: &[
        Column::id("transaction_id"),
        Column::integer("leg"),
        Column::id("debit"),
        Column::id("credit"),
        Column::integer("amount"),
        Column::integer("currency"),
        Column::integer("expires_at"),
        Column::integer("state"),
        Column::integer("captured"),
        Column::integer("settled_position"),
    ],
    key: 2,
    versioned: true,
};

/// Transfers that something was returned against.
pub static TRANSFERS: Table = Table {
    name: "ledger_transfers",
    columns: &[
        Column::id("transaction_id"),
        Column::integer("leg"),
        Column::integer("amount"),
        Column::integer("currency"),
        Column::integer("returned"),
    ],
    key: 2,
    versioned: true,
};

/// Every 32nd entry of an account.
pub static MARKS: Table = Table {
    name: "ledger_marks",
    columns: &[
        Column::id("account"),
        Column::integer("sequence"),
        Column::integer("at"),
        Column::integer("position"),
    ],
    key: 2,
    versioned: false,
};

/// Changes of accounts' statuses.
pub static STATUS_CHANGES: Table = Table {
    name: "ledger_status_changes",
    columns: &[Column::integer("sequence"), Column::id("account"), Column::integer("status")],
    key: 2,
    versioned: false,
};

/// Kept nodes of the Merkle log.
pub static TREE: Table = Table {
    name: "ledger_tree",
    columns: &[Column::integer("level"), Column::integer("place"), Column::bytes("hash")],
    key: 2,
    versioned: false,
};

/// Batches, by their id.
pub static BATCHES: Table = Table {
    name: "ledger_batches",
    columns: &[
        Column::id("id"),
        Column::integer("at"),
        Column::integer("transactions"),
        Column::bytes("root"),
    ],
    key: 1,
    versioned: false,
};

/// Batches, by the size of the log after them.
pub static BATCHES_BY_TRANSACTIONS: Table = Table {
    name: "ledger_batches",
    columns: &[
        Column::integer("transactions"),
        Column::id("id"),
        Column::integer("at"),
        Column::bytes("root"),
    ],
    key: 2,
    versioned: false,
};

/// All tables that are declared here; two of them twice, in two orders.
pub static TABLES: [&Table; 11] = [
    &ACCOUNTS,
    &TRANSACTIONS,
    &TRANSACTIONS_BY_SEQUENCE,
    &LEGS,
    &HOLDS,
    &TRANSFERS,
    &MARKS,
    &STATUS_CHANGES,
    &TREE,
    &BATCHES,
    &BATCHES_BY_TRANSACTIONS,
];
