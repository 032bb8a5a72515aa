-- What somebody at the wallet has to take care of: one row for a kind and an object, found by the name
-- `operations_case` among the lookups. It is open until closed_at is there.
CREATE TABLE operations_cases (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    next_step TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by_id BLOB,
    note TEXT,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_cases_open ON operations_cases (id) WHERE closed_at IS NULL;
