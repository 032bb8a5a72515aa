-- Webhooks. Events get a number in the order of commits, where their merchant has an endpoint.

-- How many endpoints there are, the number of the last event, and since when endpoints have to be told of one.
ALTER TABLE merchants ADD COLUMN webhook_endpoints INTEGER NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN event_sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN events_due_at INTEGER;

-- What endpoints read: whoever has none has no entry in it.
ALTER TABLE events ADD COLUMN sequence INTEGER;
CREATE UNIQUE INDEX events_by_sequence ON events (owner_id, sequence) WHERE sequence IS NOT NULL;

-- The secrets themselves are nowhere: they derive from their ids.
CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL PRIMARY KEY,
    merchant_id BLOB NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    state TEXT NOT NULL,
    secret_id BLOB NOT NULL,
    previous_secret_id BLOB,
    previous_secret_until INTEGER,
    cursor INTEGER NOT NULL,
    open_count INTEGER NOT NULL,
    dead_count INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    lease_until INTEGER,
    next_at INTEGER,
    wanted_at INTEGER,
    paused_until INTEGER,
    failed_turns INTEGER NOT NULL,
    failing_since INTEGER,
    retry_before INTEGER,
    replay_before INTEGER,
    last_success_at INTEGER,
    failed_at INTEGER,
    failure TEXT,
    failure_status INTEGER,
    failure_excerpt TEXT,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoints_by_merchant ON webhook_endpoints (merchant_id, id);

-- Events that an endpoint does not have: they failed, or wait behind one of the same object that did.
CREATE TABLE webhook_deliveries (
    endpoint_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER,
    dead_at INTEGER,
    failed_at INTEGER,
    failure TEXT,
    failure_status INTEGER,
    failure_excerpt TEXT,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_at, sequence)
    WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id, dead_at, sequence)
    WHERE dead_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_object ON webhook_deliveries (endpoint_id, object, sequence)
    WHERE dead_at IS NULL;
