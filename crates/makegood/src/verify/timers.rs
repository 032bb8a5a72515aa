//! Whatever waits for its time has a timer that wakes it then: without one it would wait for ever. The days of
//! merchants are compared where their accounts are.

use super::projections::Check;

/// Rows that wait, and that no timer of this kind wakes when they are due.
macro_rules! not_woken {
    ($table:literal, $kind:literal, $waits:literal, $due_at:literal) => {
        concat!(
            "SELECT waiting.id FROM ",
            $table,
            " AS waiting LEFT JOIN timers AS timer ON timer.kind = '",
            $kind,
            "' AND timer.object_id = waiting.id WHERE (",
            $waits,
            ") AND (timer.due_at IS NULL OR timer.due_at <> ",
            $due_at,
            ") ORDER BY waiting.id"
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    // A transfer that is not over, or is called back, always has a next turn; one without is due at no time.
    Check {
        prefix: "btr",
        finding: "it is the wallet's turn here, and no timer will wake it then",
        text: not_woken!(
            "bank_transfers",
            "bank_transfer",
            "waiting.state NOT IN ('settled', 'refused') OR waiting.recall_state = 'requested'
                OR waiting.next_at IS NOT NULL",
            "COALESCE(waiting.next_at, 0)"
        ),
        codes: &[],
    },
    Check {
        prefix: "ord",
        finding: "the order can be paid, and no timer will close it when its time is over",
        text: not_woken!(
            "orders",
            "order",
            "waiting.state = 'open' AND waiting.open_attempt_id IS NULL",
            "waiting.expires_at"
        ),
        codes: &[],
    },
    Check {
        prefix: "pay",
        finding: "the payment waits for its confirmation, and no timer will close it when its time is over",
        text: not_woken!(
            "payments",
            "payment",
            "waiting.status = 'requires_confirmation'",
            "waiting.confirm_by"
        ),
        codes: &[],
    },
    Check {
        prefix: "stl",
        finding: "the settlement is not made, and no timer will make it when it is due",
        text: not_woken!(
            "settlements",
            "settlement",
            "waiting.status <> 'settled'",
            "CASE waiting.status WHEN 'overdue' THEN COALESCE(waiting.retry_at, waiting.due_at)
                ELSE waiting.due_at END"
        ),
        codes: &[],
    },
];
