//! What staff take care of.

use crate::{cells::own_words, mapping::table};
use makegood_wallet::cases::{CaseKind, CaseReason, CaseStep, OperationsCase};

table!(OPERATIONS_CASES, "operations_cases", key: 1, versioned: true, OperationsCase {
    id: id "id",
    kind: text "kind",
    object: text "object",
    reason: text "reason",
    owner: text "owner",
    next_step: text "next_step",
    opened_at: integer "opened_at",
    due_at: integer "due_at",
    closed_at: integer "closed_at",
    closed_by: id "closed_by_id",
    note: text "note",
});

own_words!(CaseKind, CaseReason, CaseStep);
