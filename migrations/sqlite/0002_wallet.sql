-- The wallet. Amounts are minor units of the currency beside them, by its ISO 4217 code; times are
-- microseconds since 1970-01-01T00:00:00Z; states and kinds are words that never change. An index beside a
-- primary key is there for one list, newest first, since ids begin with their time.

-- One row, from the first server: what every later one must have in common with it.
CREATE TABLE installation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    livemode INTEGER NOT NULL,
    secrets_check BLOB NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    id BLOB NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    principal_kind TEXT NOT NULL,
    principal_id BLOB NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    user_agent TEXT,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_principal ON sessions (principal_id, id);

CREATE TABLE merchants (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    fee_basis_points INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    livemode INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX merchants_by_owner ON merchants (owner_id, id);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    merchant_id BLOB NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A linked card: the bank's agreement stands for its number, which is nowhere here.
CREATE TABLE bank_cards (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    bank TEXT NOT NULL,
    agreement TEXT NOT NULL,
    last4 TEXT NOT NULL,
    holder_check TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bank_cards_by_user ON bank_cards (user_id, id);

-- closed_at is there in every state but open; paid_by_id in the state paid.
CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    merchant_id BLOB NOT NULL,
    merchant_order_no TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    accepts TEXT NOT NULL,
    fee_basis_points INTEGER NOT NULL,
    state TEXT NOT NULL,
    paid_by_id BLOB,
    closed_at INTEGER,
    open_attempt_id BLOB,
    reversing_id BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_merchant ON orders (merchant_id, id);

CREATE TABLE payments (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL,
    payer_id BLOB NOT NULL,
    merchant_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    fee_minor INTEGER NOT NULL,
    source TEXT NOT NULL,
    bank_card_id BLOB,
    status TEXT NOT NULL,
    decline TEXT,
    client_ref TEXT,
    refunded_minor INTEGER NOT NULL,
    fee_returned_minor INTEGER NOT NULL,
    bank_transfer_id BLOB,
    late_refund_id BLOB,
    created_at INTEGER NOT NULL,
    confirm_by INTEGER NOT NULL,
    confirmed_at INTEGER,
    final_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_payer ON payments (payer_id, id);
CREATE INDEX payments_by_merchant ON payments (merchant_id, id);

CREATE TABLE top_ups (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    bank_card_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    client_ref TEXT,
    bank_transfer_id BLOB NOT NULL,
    late_return_id BLOB,
    created_at INTEGER NOT NULL,
    final_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX top_ups_by_user ON top_ups (user_id, id);

-- Only ever inserted.
CREATE TABLE transfers (
    id BLOB NOT NULL PRIMARY KEY,
    payer_id BLOB NOT NULL,
    payee_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    note TEXT,
    client_ref TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transfers_by_payer ON transfers (payer_id, id);
CREATE INDEX transfers_by_payee ON transfers (payee_id, id);

CREATE TABLE refunds (
    id BLOB NOT NULL PRIMARY KEY,
    payment_id BLOB NOT NULL,
    merchant_id BLOB NOT NULL,
    payer_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    fee_back_minor INTEGER NOT NULL,
    merchant_refund_no TEXT,
    reason TEXT NOT NULL,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    bank_transfer_id BLOB,
    failure TEXT,
    created_at INTEGER NOT NULL,
    final_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_by_merchant ON refunds (merchant_id, id);
CREATE INDEX refunds_by_payer ON refunds (payer_id, id);
CREATE INDEX refunds_by_payment ON refunds (payment_id, id);
CREATE INDEX refunds_by_status ON refunds (status, id);

CREATE TABLE bank_transfers (
    id BLOB NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    direction TEXT NOT NULL,
    purpose_kind TEXT NOT NULL,
    purpose_id BLOB NOT NULL,
    bank_card_id BLOB NOT NULL,
    agreement TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    reversing INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    lease_step TEXT,
    lease_claimed_at INTEGER,
    lease_until INTEGER,
    sends INTEGER NOT NULL,
    enquiries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    submitted_at INTEGER,
    unknown_since INTEGER,
    final_at INTEGER,
    next_step TEXT NOT NULL,
    next_at INTEGER,
    expected_by INTEGER NOT NULL,
    bank_reference TEXT,
    refusal TEXT,
    mismatch_minor INTEGER,
    mismatch_currency TEXT,
    late_success_at INTEGER,
    contradicted_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names that are unique for ever among those of their kind and owner. Only ever inserted.
CREATE TABLE lookups (
    kind TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    target_id BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (kind, owner_id, name)
) STRICT, WITHOUT ROWID;

-- Answers that a caller gets again for the same key. With a rowid: bodies inside a tree of random keys cost
-- three times as much to insert.
CREATE TABLE idempotency (
    caller_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    secret_kind TEXT,
    secret_id BLOB,
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (caller_id, key)
) STRICT;
-- For the sweep: it only ever grows at its end.
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at, caller_id, key);

-- Only ever inserted, and read by whom they are told to, and by staff. With a rowid, as idempotency.
CREATE TABLE events (
    owner_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner_id, id)
) STRICT;
CREATE INDEX events_by_id ON events (id);

-- The deadline of each object that has one.
CREATE TABLE timers (
    kind TEXT NOT NULL,
    object_id BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_by_due_at ON timers (due_at, kind, object_id);

-- The accounts of one owner. An entry is written when an account is opened, and never for a movement.
CREATE INDEX ledger_accounts_by_owner ON ledger_accounts (owner, id);
