-- Webhooks. Events get a number in the order of commits, where their merchant has an endpoint.

-- How many endpoints there are, the number of the last event, and since when endpoints have to be told of one.
ALTER TABLE merchants ADD COLUMN webhook_endpoints BIGINT NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN event_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN events_due_at BIGINT;
-- Updated with each batch that has an event of such a merchant: room on each page keeps the new version there.
ALTER TABLE merchants SET (fillfactor = 80);

-- What endpoints read: whoever has none has no entry in it.
ALTER TABLE events ADD COLUMN sequence BIGINT;
CREATE UNIQUE INDEX events_by_sequence ON events (owner_id, sequence) WHERE sequence IS NOT NULL;

-- The secrets themselves are nowhere: they derive from their ids.
CREATE TABLE webhook_endpoints (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    state TEXT NOT NULL,
    secret_id UUID NOT NULL,
    previous_secret_id UUID,
    previous_secret_until BIGINT,
    cursor BIGINT NOT NULL,
    open_count BIGINT NOT NULL,
    dead_count BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    lease_until BIGINT,
    next_at BIGINT,
    wanted_at BIGINT,
    paused_until BIGINT,
    failed_turns BIGINT NOT NULL,
    failing_since BIGINT,
    retry_before BIGINT,
    replay_before BIGINT,
    last_success_at BIGINT,
    failed_at BIGINT,
    failure TEXT,
    failure_status BIGINT,
    failure_excerpt TEXT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX webhook_endpoints_by_merchant ON webhook_endpoints (merchant_id, id);

-- Events that an endpoint does not have: they failed, or wait behind one of the same object that did.
CREATE TABLE webhook_deliveries (
    endpoint_id UUID NOT NULL,
    event_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    dead_at BIGINT,
    failed_at BIGINT,
    failure TEXT,
    failure_status BIGINT,
    failure_excerpt TEXT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_at, sequence)
    WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id, dead_at, sequence)
    WHERE dead_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_object ON webhook_deliveries (endpoint_id, object, sequence)
    WHERE dead_at IS NULL;
