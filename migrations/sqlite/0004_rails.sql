-- What is known of a transfer at a bank beyond its answer: what came back, what was called back, what took longer than
-- was promised, and what it waited for.
ALTER TABLE bank_transfers ADD COLUMN returned_at INTEGER;
ALTER TABLE bank_transfers ADD COLUMN return_reason TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_state TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_reason TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_requested_at INTEGER;
ALTER TABLE bank_transfers ADD COLUMN recall_answered_at INTEGER;
ALTER TABLE bank_transfers ADD COLUMN postponed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bank_transfers ADD COLUMN delayed_at INTEGER;
ALTER TABLE bank_transfers ADD COLUMN overdue_at INTEGER;
ALTER TABLE bank_transfers ADD COLUMN maintenance_id BLOB;
ALTER TABLE bank_transfers ADD COLUMN incident_id BLOB;
ALTER TABLE bank_transfers ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;

-- What a bank said of a transfer; the same said again is counted. With a rowid, as events.
CREATE TABLE bank_messages (
    bank_transfer_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    answer TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    times INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (bank_transfer_id, number)
) STRICT;

-- When a bank is not there. A bank's own name of a window is among the lookups.
CREATE TABLE maintenance_windows (
    id BLOB NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    bank_window TEXT,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX maintenance_windows_open ON maintenance_windows (ends_at, id) WHERE ended_at IS NULL;

-- What is wrong at a bank, until ended_at is there.
CREATE TABLE incidents (
    id BLOB NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    description TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expected_by INTEGER,
    ended_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incidents_open ON incidents (id) WHERE ended_at IS NULL;
