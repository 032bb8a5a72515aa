-- What somebody at the wallet has to take care of: one row for a kind and an object, found by the name
-- `operations_case` among the lookups. It is open until closed_at is there.
CREATE TABLE operations_cases (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    next_step TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by_id UUID,
    note TEXT,
    version BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX operations_cases_open ON operations_cases (id) WHERE closed_at IS NULL;
