//! The tables of the bank's own database, which is SQLite.

use makegood_sql::Migration;

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { name: "books", script: BOOKS },
    Migration { name: "changes", script: CHANGES },
    Migration { name: "untold", script: UNTOLD },
];

/// Times are microseconds since 1970 in UTC, amounts are minor units. A balance is what the bank owes the
/// account's owner, so that all balances of a currency sum to zero.
const BOOKS: &str = "
CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('agreement', 0), ('transfer', 0), ('entry', 0);

CREATE TABLE cards (
    account TEXT NOT NULL PRIMARY KEY,
    behaviour TEXT NOT NULL,
    holder_name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreements (
    agreement TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE balances (
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    balance INTEGER NOT NULL,
    PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    sequence INTEGER NOT NULL PRIMARY KEY,
    reference TEXT,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    booked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX entries_by_time ON entries (booked_at);
CREATE UNIQUE INDEX entries_by_reference ON entries (reference) WHERE reference IS NOT NULL;

CREATE TABLE transfers (
    reference TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    agreement TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    status TEXT NOT NULL,
    refusal TEXT,
    received_at INTEGER NOT NULL,
    settle_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX transfers_to_settle ON transfers (settle_at) WHERE status = 'accepted';
";

/// What may come after a transfer was decided: what changes when, how it was executed where that is not as it was
/// told, and what is told to whom. An entry is one of its transfer's kind, so that a return has its own.
const CHANGES: &str = "
DROP INDEX transfers_to_settle;
ALTER TABLE transfers RENAME COLUMN settle_at TO change_at;
ALTER TABLE transfers ADD COLUMN change TEXT;
UPDATE transfers SET change = 'settle' WHERE status = 'accepted' AND change_at IS NOT NULL;
UPDATE transfers SET change_at = NULL WHERE change IS NULL;
ALTER TABLE transfers ADD COLUMN executed_agreement TEXT;
ALTER TABLE transfers ADD COLUMN executed_currency TEXT;
ALTER TABLE transfers ADD COLUMN executed_amount INTEGER;
ALTER TABLE transfers ADD COLUMN return_reason TEXT;
ALTER TABLE transfers ADD COLUMN returned_at INTEGER;
ALTER TABLE transfers ADD COLUMN recall TEXT;
ALTER TABLE transfers ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX transfers_to_change ON transfers (change_at) WHERE change IS NOT NULL;

ALTER TABLE entries ADD COLUMN kind TEXT NOT NULL DEFAULT 'transfer';
UPDATE entries SET kind = 'opening' WHERE reference IS NULL;
DROP INDEX entries_by_reference;
CREATE UNIQUE INDEX entries_by_reference ON entries (reference, kind) WHERE reference IS NOT NULL;

CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT NOT NULL,
    reference TEXT NOT NULL,
    body TEXT NOT NULL,
    way TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_time ON outbox (due_at, sequence);
CREATE INDEX outbox_by_reference ON outbox (reference, sequence);

CREATE TABLE injected (
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (kind, reference)
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('maintenance', 0);
CREATE TABLE maintenance (
    id TEXT NOT NULL PRIMARY KEY,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Whether nobody was told how a transfer stands now.
const UNTOLD: &str = "
ALTER TABLE transfers ADD COLUMN is_untold INTEGER NOT NULL DEFAULT 0;
";
