-- The ledger. Amounts are minor units; currencies are the numeric codes of ISO 4217; times are microseconds
-- since 1970-01-01T00:00:00Z; the numbers of sides, statuses, actions and states are the ledger's own.

-- One row: where the journal ends. Whoever writes locks it first.
CREATE TABLE ledger_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    transactions BIGINT NOT NULL,
    positions BIGINT NOT NULL,
    log BYTEA NOT NULL
);
INSERT INTO ledger_head (id, transactions, positions, log) VALUES (1, 0, 0, '\x0000000000000000');

-- Updated all the time: room on each page keeps new versions there, without an entry in the key.
CREATE TABLE ledger_accounts (
    id UUID NOT NULL PRIMARY KEY,
    owner UUID NOT NULL,
    code BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    normal BIGINT NOT NULL,
    floor BIGINT,
    ceiling BIGINT,
    status BIGINT NOT NULL,
    posted BIGINT NOT NULL,
    held BIGINT NOT NULL,
    incoming BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    opened_by BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITH (fillfactor = 70);

-- The journal: a transaction by its number and by its id, and its legs by their place. Only ever inserted.
CREATE TABLE ledger_transactions (
    sequence BIGINT NOT NULL PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    code BIGINT NOT NULL,
    reference UUID NOT NULL,
    first_position BIGINT NOT NULL,
    legs BIGINT NOT NULL,
    leaf BYTEA NOT NULL
);

-- Each side has the number of this entry in its account, the balance after it, and the position of the
-- account's entry before it (0: none). From an account's last position its history is a walk of this key.
CREATE TABLE ledger_legs (
    position BIGINT NOT NULL PRIMARY KEY,
    transaction_sequence BIGINT NOT NULL,
    debit UUID NOT NULL,
    credit UUID NOT NULL,
    amount BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    action BIGINT NOT NULL,
    target_transaction UUID,
    target_leg BIGINT,
    expires_at BIGINT,
    debit_sequence BIGINT NOT NULL,
    debit_balance_after BIGINT NOT NULL,
    debit_previous_position BIGINT NOT NULL,
    credit_sequence BIGINT NOT NULL,
    credit_balance_after BIGINT NOT NULL,
    credit_previous_position BIGINT NOT NULL
);

CREATE TABLE ledger_holds (
    transaction_id UUID NOT NULL,
    leg BIGINT NOT NULL,
    debit UUID NOT NULL,
    credit UUID NOT NULL,
    amount BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    expires_at BIGINT,
    state BIGINT NOT NULL,
    captured BIGINT NOT NULL,
    settled_position BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, leg)
);

-- What has been returned against a transfer; without a row, nothing.
CREATE TABLE ledger_transfers (
    transaction_id UUID NOT NULL,
    leg BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, leg)
);

-- Every 32nd entry of an account.
CREATE TABLE ledger_marks (
    account UUID NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (account, sequence)
);

CREATE TABLE ledger_status_changes (
    sequence BIGINT NOT NULL,
    account UUID NOT NULL,
    status BIGINT NOT NULL,
    PRIMARY KEY (sequence, account)
);

-- Full subtrees of the Merkle log over the transactions' leaves, at the heights 8, 16, 24, …
CREATE TABLE ledger_tree (
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, place)
);

-- One row per commit: the log's size and root after it.
CREATE TABLE ledger_batches (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    transactions BIGINT NOT NULL,
    root BYTEA NOT NULL
);
CREATE INDEX ledger_batches_by_transactions ON ledger_batches (transactions, id);
