//! The tables of the bank's own database, which is SQLite.

use makegood_sql::Migration;

pub(super) const MIGRATIONS: &[Migration] = &[Migration { name: "books", script: BOOKS }];

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
