-- What is known of a transfer at a bank beyond its answer: what came back, what was called back, what took longer than
-- was promised, and what it waited for.
ALTER TABLE bank_transfers ADD COLUMN returned_at BIGINT;
ALTER TABLE bank_transfers ADD COLUMN return_reason TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_state TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_reason TEXT;
ALTER TABLE bank_transfers ADD COLUMN recall_requested_at BIGINT;
ALTER TABLE bank_transfers ADD COLUMN recall_answered_at BIGINT;
ALTER TABLE bank_transfers ADD COLUMN postponed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bank_transfers ADD COLUMN delayed_at BIGINT;
ALTER TABLE bank_transfers ADD COLUMN overdue_at BIGINT;
ALTER TABLE bank_transfers ADD COLUMN maintenance_id UUID;
ALTER TABLE bank_transfers ADD COLUMN incident_id UUID;
ALTER TABLE bank_transfers ADD COLUMN messages BIGINT NOT NULL DEFAULT 0;

-- What a bank said of a transfer; the same said again is counted.
CREATE TABLE bank_messages (
    bank_transfer_id UUID NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    answer TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    times BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (bank_transfer_id, number)
) WITH (fillfactor = 80);

-- When a bank is not there. A bank's own name of a window is among the lookups.
CREATE TABLE maintenance_windows (
    id UUID NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    bank_window TEXT,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX maintenance_windows_open ON maintenance_windows (ends_at, id) WHERE ended_at IS NULL;

-- What is wrong at a bank, until ended_at is there.
CREATE TABLE incidents (
    id UUID NOT NULL PRIMARY KEY,
    bank TEXT NOT NULL,
    description TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    expected_by BIGINT,
    ended_at BIGINT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX incidents_open ON incidents (id) WHERE ended_at IS NULL;
