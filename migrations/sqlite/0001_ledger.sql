-- The ledger. Amounts are minor units; currencies are the numeric codes of ISO 4217; times are microseconds
-- since 1970-01-01T00:00:00Z; the numbers of sides, statuses, actions and states are the ledger's own.

-- One row: where the journal ends. Whoever writes locks it first.
CREATE TABLE ledger_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    transactions INTEGER NOT NULL,
    positions INTEGER NOT NULL,
    log BLOB NOT NULL
) STRICT;
INSERT INTO ledger_head (id, transactions, positions, log) VALUES (1, 0, 0, x'0000000000000000');

CREATE TABLE ledger_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    owner BLOB NOT NULL,
    code INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    normal INTEGER NOT NULL,
    floor INTEGER,
    ceiling INTEGER,
    status INTEGER NOT NULL,
    posted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    incoming INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    opened_by INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The journal: a transaction by its number and by its id, and its legs by their place. Only ever inserted.
CREATE TABLE ledger_transactions (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    code INTEGER NOT NULL,
    reference BLOB NOT NULL,
    first_position INTEGER NOT NULL,
    legs INTEGER NOT NULL,
    leaf BLOB NOT NULL
) STRICT;

-- Each side has the number of this entry in its account, the balance after it, and the position of the
-- account's entry before it (0: none). From an account's last position its history is a walk of this key.
CREATE TABLE ledger_legs (
    position INTEGER NOT NULL PRIMARY KEY,
    transaction_sequence INTEGER NOT NULL,
    debit BLOB NOT NULL,
    credit BLOB NOT NULL,
    amount INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    action INTEGER NOT NULL,
    target_transaction BLOB,
    target_leg INTEGER,
    expires_at INTEGER,
    debit_sequence INTEGER NOT NULL,
    debit_balance_after INTEGER NOT NULL,
    debit_previous_position INTEGER NOT NULL,
    credit_sequence INTEGER NOT NULL,
    credit_balance_after INTEGER NOT NULL,
    credit_previous_position INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger_holds (
    transaction_id BLOB NOT NULL,
    leg INTEGER NOT NULL,
    debit BLOB NOT NULL,
    credit BLOB NOT NULL,
    amount INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    expires_at INTEGER,
    state INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    settled_position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, leg)
) STRICT, WITHOUT ROWID;

-- What has been returned against a transfer; without a row, nothing.
CREATE TABLE ledger_transfers (
    transaction_id BLOB NOT NULL,
    leg INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, leg)
) STRICT, WITHOUT ROWID;

-- Every 32nd entry of an account.
CREATE TABLE ledger_marks (
    account BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_status_changes (
    sequence INTEGER NOT NULL,
    account BLOB NOT NULL,
    status INTEGER NOT NULL,
    PRIMARY KEY (sequence, account)
) STRICT, WITHOUT ROWID;

-- Full subtrees of the Merkle log over the transactions' leaves, at the heights 8, 16, 24, …
CREATE TABLE ledger_tree (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

-- One row per commit: the log's size and root after it.
CREATE TABLE ledger_batches (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    root BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_batches_by_transactions ON ledger_batches (transactions, id);
