-- The wallet. Amounts are minor units of the currency beside them, by its ISO 4217 code; times are
-- microseconds since 1970-01-01T00:00:00Z; states and kinds are words that never change. An index beside a
-- primary key is there for one list, newest first, since ids begin with their time.
-- Text in keys is compared by its bytes, whatever the database's own collation.

-- One row, from the first server: what every later one must have in common with it.
CREATE TABLE installation (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    livemode BOOLEAN NOT NULL,
    secrets_check BYTEA NOT NULL
);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE staff (
    id UUID NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    principal_kind TEXT NOT NULL,
    principal_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    user_agent TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX sessions_by_principal ON sessions (principal_id, id);

CREATE TABLE merchants (
    id UUID NOT NULL PRIMARY KEY,
    owner_id UUID NOT NULL,
    name TEXT NOT NULL,
    fee_basis_points BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    livemode BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX merchants_by_owner ON merchants (owner_id, id);

CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    version BIGINT NOT NULL
);

-- A linked card: the bank's agreement stands for its number, which is nowhere here.
CREATE TABLE bank_cards (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    bank TEXT NOT NULL,
    agreement TEXT NOT NULL,
    last4 TEXT NOT NULL,
    holder_check TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX bank_cards_by_user ON bank_cards (user_id, id);

-- closed_at is there in every state but open; paid_by_id in the state paid. Updated soon after it is inserted:
-- room on each page keeps the new version there.
CREATE TABLE orders (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL,
    merchant_order_no TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    description TEXT NOT NULL,
    accepts TEXT NOT NULL,
    fee_basis_points BIGINT NOT NULL,
    state TEXT NOT NULL,
    paid_by_id UUID,
    closed_at BIGINT,
    open_attempt_id UUID,
    reversing_id UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX orders_by_merchant ON orders (merchant_id, id);

-- Updated soon after it is inserted: room on each page keeps the new version there.
CREATE TABLE payments (
    id UUID NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    merchant_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    fee_minor BIGINT NOT NULL,
    source TEXT NOT NULL,
    bank_card_id UUID,
    status TEXT NOT NULL,
    decline TEXT,
    client_ref TEXT,
    refunded_minor BIGINT NOT NULL,
    fee_returned_minor BIGINT NOT NULL,
    bank_transfer_id UUID,
    late_refund_id UUID,
    created_at BIGINT NOT NULL,
    confirm_by BIGINT NOT NULL,
    confirmed_at BIGINT,
    final_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX payments_by_payer ON payments (payer_id, id);
CREATE INDEX payments_by_merchant ON payments (merchant_id, id);

-- Updated soon after it is inserted: room on each page keeps the new version there.
CREATE TABLE top_ups (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL,
    bank_card_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    client_ref TEXT,
    bank_transfer_id UUID NOT NULL,
    late_return_id UUID,
    created_at BIGINT NOT NULL,
    final_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX top_ups_by_user ON top_ups (user_id, id);

-- Only ever inserted.
CREATE TABLE transfers (
    id UUID NOT NULL PRIMARY KEY,
    payer_id UUID NOT NULL,
    payee_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    note TEXT,
    client_ref TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX transfers_by_payer ON transfers (payer_id, id);
CREATE INDEX transfers_by_payee ON transfers (payee_id, id);

-- Updated soon after it is inserted: room on each page keeps the new version there.
CREATE TABLE refunds (
    id UUID NOT NULL PRIMARY KEY,
    payment_id UUID NOT NULL,
    merchant_id UUID NOT NULL,
    payer_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    fee_back_minor BIGINT NOT NULL,
    merchant_refund_no TEXT,
    reason TEXT NOT NULL,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    bank_transfer_id UUID,
    failure TEXT,
    created_at BIGINT NOT NULL,
    final_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX refunds_by_merchant ON refunds (merchant_id, id);
CREATE INDEX refunds_by_payer ON refunds (payer_id, id);
CREATE INDEX refunds_by_payment ON refunds (payment_id, id);
CREATE INDEX refunds_by_status ON refunds (status, id);

-- Updated soon after it is inserted: room on each page keeps the new version there.
CREATE TABLE bank_transfers (
    id UUID NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    direction TEXT NOT NULL,
    purpose_kind TEXT NOT NULL,
    purpose_id UUID NOT NULL,
    bank_card_id UUID NOT NULL,
    agreement TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    reversing BOOLEAN NOT NULL,
    generation BIGINT NOT NULL,
    lease_step TEXT,
    lease_claimed_at BIGINT,
    lease_until BIGINT,
    sends BIGINT NOT NULL,
    enquiries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    submitted_at BIGINT,
    unknown_since BIGINT,
    final_at BIGINT,
    next_step TEXT NOT NULL,
    next_at BIGINT,
    expected_by BIGINT NOT NULL,
    bank_reference TEXT,
    refusal TEXT,
    mismatch_minor BIGINT,
    mismatch_currency TEXT,
    late_success_at BIGINT,
    contradicted_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);

-- Names that are unique for ever among those of their kind and owner. Only ever inserted.
CREATE TABLE lookups (
    kind TEXT COLLATE "C" NOT NULL,
    owner_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    target_id UUID NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (kind, owner_id, name)
);

-- Answers that a caller gets again for the same key.
CREATE TABLE idempotency (
    caller_id UUID NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    secret_kind TEXT,
    secret_id UUID,
    expires_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (caller_id, key)
);
-- For the sweep: it only ever grows at its end.
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at, caller_id, key);

-- Only ever inserted, and read by whom they are told to.
CREATE TABLE events (
    owner_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX events_by_id ON events (id);

-- The deadline of each object that has one.
CREATE TABLE timers (
    kind TEXT COLLATE "C" NOT NULL,
    object_id UUID NOT NULL,
    due_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (kind, object_id)
);
CREATE INDEX timers_by_due_at ON timers (due_at, kind, object_id);

-- The accounts of one owner. An entry is written when an account is opened, and never for a movement.
CREATE INDEX ledger_accounts_by_owner ON ledger_accounts (owner, id);
