-- What a card's bank said of its holder, and what failed on the way to it.
ALTER TABLE bank_cards ADD COLUMN holder_checked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bank_cards ADD COLUMN acknowledged TEXT;
ALTER TABLE bank_cards ADD COLUMN failures TEXT NOT NULL DEFAULT '';

-- How many days after the end of its day a merchant can take out what it was paid.
ALTER TABLE merchants ADD COLUMN settlement_days INTEGER NOT NULL DEFAULT 1;

-- A user's money that goes out to a card. `causes` are codes with commas between them.
CREATE TABLE withdrawals (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    bank_card_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    fee_minor INTEGER NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    causes TEXT NOT NULL,
    client_ref TEXT,
    bank_transfer_id BLOB NOT NULL,
    acknowledged TEXT,
    acknowledged_words TEXT,
    acknowledged_at INTEGER,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    final_at INTEGER,
    returned_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawals_by_user ON withdrawals (user_id, id);

-- A merchant's. `causes` are codes with commas between them.
CREATE TABLE payouts (
    id BLOB NOT NULL PRIMARY KEY,
    merchant_id BLOB NOT NULL,
    bank_card_id BLOB NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    fee_minor INTEGER NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    causes TEXT NOT NULL,
    client_ref TEXT,
    bank_transfer_id BLOB NOT NULL,
    acknowledged TEXT,
    acknowledged_words TEXT,
    acknowledged_at INTEGER,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    final_at INTEGER,
    returned_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payouts_by_merchant ON payouts (merchant_id, id);

-- The days of each pending account of a merchant, whose id is theirs too; its currency as the ledger keeps it. What is
-- taken from the account is summed up here, so that nothing has to be written for what is paid in.
CREATE TABLE settlement_schedules (
    id BLOB NOT NULL PRIMARY KEY,
    merchant_id BLOB NOT NULL,
    currency INTEGER NOT NULL,
    cut_off INTEGER NOT NULL,
    taken_minor INTEGER NOT NULL,
    covered_minor INTEGER NOT NULL,
    open_ids TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settlements (
    id BLOB NOT NULL PRIMARY KEY,
    schedule_id BLOB NOT NULL,
    merchant_id BLOB NOT NULL,
    currency INTEGER NOT NULL,
    paid_from_minor INTEGER NOT NULL,
    paid_up_to_minor INTEGER NOT NULL,
    cut_off INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    settled_minor INTEGER NOT NULL,
    overdue_at INTEGER,
    retry_at INTEGER,
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settlements_by_merchant ON settlements (merchant_id, id);

-- Accounts that were opened before get their days now. They end at 16:00 UTC, from the day of the last batch on.
INSERT INTO settlement_schedules (id, merchant_id, currency, cut_off, taken_minor, covered_minor, open_ids, version)
    SELECT account.id, account.owner, account.currency,
        (SELECT COALESCE(MAX(at), 0) / 86400000000 * 86400000000 + 57600000000 FROM ledger_batches),
        COALESCE(taken.minor, 0), 0, '', 1
    FROM ledger_accounts AS account LEFT JOIN (
        SELECT debit, CAST(SUM(amount) AS INTEGER) AS minor FROM ledger_legs
        WHERE action IN (0, 1, 3) AND debit IN (SELECT id FROM ledger_accounts WHERE code = 202)
        GROUP BY debit) AS taken ON taken.debit = account.id
    WHERE account.code = 202;
INSERT INTO timers (kind, object_id, due_at, version)
    SELECT 'settlement_day', id, cut_off, 1 FROM settlement_schedules;
