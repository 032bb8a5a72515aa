//! Money that goes out, and settlements: what their rows say, held against the ledger.

use super::owners::{is_anothers, some_leg};
use super::projections::{Check, first_leg, moved};
use makegood_wallet::postings::{Kind, MovementCode};

/// Rows of withdrawals or payouts whose stages the ledger does not have, or has although the row does not say so.
/// `$1` to `$8` are the codes of: held, released, sent, completed, failed, returned, paid late, late returned.
macro_rules! stages {
    ($table:literal) => {
        concat!(
            "SELECT object.id FROM ",
            $table,
            " AS object
                LEFT JOIN ledger_transactions AS held ON held.reference = object.id AND held.code = $1
                LEFT JOIN ledger_transactions AS freed ON freed.reference = object.id AND freed.code = $2
                LEFT JOIN ledger_transactions AS posted ON posted.reference = object.id AND posted.code = $3
                LEFT JOIN ledger_transactions AS arrived ON arrived.reference = object.id AND arrived.code = $4
                LEFT JOIN ledger_transactions AS refused ON refused.reference = object.id AND refused.code = $5
                LEFT JOIN ledger_transactions AS back ON back.reference = object.id AND back.code = $6
                LEFT JOIN ledger_transactions AS late ON late.reference = object.id AND late.code = $7
                LEFT JOIN ledger_transactions AS undone ON undone.reference = object.id AND undone.code = $8
            WHERE held.id IS NULL
                OR (object.status = 'cancelled') <> (freed.id IS NOT NULL)
                OR (object.status IN ('held', 'cancelled')) <> (posted.id IS NULL)
                OR (object.status IN ('completed', 'returned')) <> (arrived.id IS NOT NULL)
                OR (object.status = 'failed') <> (refused.id IS NOT NULL)
                OR (object.status = 'returned') <> (back.id IS NOT NULL)
                OR (late.id IS NOT NULL AND object.status NOT IN ('failed', 'cancelled'))
                OR (undone.id IS NOT NULL AND late.id IS NULL)
                OR (posted.id IS NOT NULL AND (",
            moved!(),
            " <> object.amount_minor + object.fee_minor + object.fee_minor OR ",
            first_leg!(),
            " <> object.amount_minor))
            ORDER BY object.id"
        )
    };
}

/// Withdrawals or payouts whose sending (`$1`) or holding (`$2`) took the money of others; `$3` is the owner's kind
/// of account.
macro_rules! of_others {
    ($table:literal, $owner:literal) => {
        concat!(
            "SELECT object.id FROM ",
            $table,
            " AS object JOIN ledger_transactions AS posted
                ON posted.reference = object.id AND posted.code IN ($1, $2)
            WHERE ",
            some_leg!(is_anothers!("$3", $owner)),
            " ORDER BY object.id"
        )
    };
}

/// What the ledger has of something that has no row. `$1` is the code of its first stage.
macro_rules! without_row {
    ($table:literal) => {
        concat!(
            "SELECT posted.reference FROM ledger_transactions AS posted LEFT JOIN ",
            $table,
            " AS object ON object.id = posted.reference
            WHERE posted.code = $1 AND object.id IS NULL ORDER BY posted.reference"
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        prefix: "wdr",
        finding: "the ledger does not have what this withdrawal says of its money",
        text: stages!("withdrawals"),
        codes: &[
            MovementCode::WithdrawalHeld.code(),
            MovementCode::WithdrawalReleased.code(),
            MovementCode::WithdrawalSent.code(),
            MovementCode::WithdrawalCompleted.code(),
            MovementCode::WithdrawalFailed.code(),
            MovementCode::WithdrawalReturned.code(),
            MovementCode::WithdrawalPaidLate.code(),
            MovementCode::WithdrawalLateReturned.code(),
        ],
    },
    Check {
        prefix: "pyt",
        finding: "the ledger does not have what this payout says of its money",
        text: stages!("payouts"),
        codes: &[
            MovementCode::PayoutHeld.code(),
            MovementCode::PayoutReleased.code(),
            MovementCode::PayoutSent.code(),
            MovementCode::PayoutCompleted.code(),
            MovementCode::PayoutFailed.code(),
            MovementCode::PayoutReturned.code(),
            MovementCode::PayoutPaidLate.code(),
            MovementCode::PayoutLateReturned.code(),
        ],
    },
    Check {
        prefix: "wdr",
        finding: "the ledger moved it for another user than this withdrawal says",
        text: of_others!("withdrawals", "object.user_id"),
        codes: &[MovementCode::WithdrawalSent.code(), MovementCode::WithdrawalHeld.code(), Kind::User.code()],
    },
    Check {
        prefix: "pyt",
        finding: "the ledger moved it for another merchant than this payout says",
        text: of_others!("payouts", "object.merchant_id"),
        codes: &[
            MovementCode::PayoutSent.code(),
            MovementCode::PayoutHeld.code(),
            Kind::MerchantAvailable.code(),
        ],
    },
    Check {
        prefix: "wdr",
        finding: "the ledger has this withdrawal, the wallet does not",
        text: without_row!("withdrawals"),
        codes: &[MovementCode::WithdrawalHeld.code()],
    },
    Check {
        prefix: "pyt",
        finding: "the ledger has this payout, the wallet does not",
        text: without_row!("payouts"),
        codes: &[MovementCode::PayoutHeld.code()],
    },
    Check {
        prefix: "stl",
        finding: "the ledger does not have what this settlement says that it moved",
        text: "SELECT settlement.id FROM settlements AS settlement LEFT JOIN ledger_transactions AS posted
                ON posted.reference = settlement.id AND posted.code = $1
            WHERE (settlement.settled_minor > 0) <> (posted.id IS NOT NULL)
                OR (settlement.settled_minor > 0 AND settlement.status <> 'settled')
                OR (posted.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_legs AS leg
                    JOIN ledger_accounts AS pending ON pending.id = leg.debit
                    JOIN ledger_accounts AS available ON available.id = leg.credit
                    WHERE leg.position = posted.first_position AND leg.amount = settlement.settled_minor
                        AND pending.id = settlement.schedule_id AND available.owner = settlement.merchant_id))
            ORDER BY settlement.id",
        codes: &[MovementCode::Settlement.code()],
    },
    Check {
        prefix: "stl",
        finding: "the ledger has this settlement, the wallet does not",
        text: without_row!("settlements"),
        codes: &[MovementCode::Settlement.code()],
    },
    // What was ever taken from a pending account, and that each such account has its days.
    Check {
        prefix: "acc",
        finding: "what was taken from this merchant's account is not what its days say, or no day of it ends",
        text: "SELECT account.id FROM ledger_accounts AS account
                LEFT JOIN settlement_schedules AS schedule ON schedule.id = account.id
                LEFT JOIN timers AS timer ON timer.kind = 'settlement_day' AND timer.object_id = account.id
                LEFT JOIN (SELECT leg.debit, CAST(SUM(leg.amount) AS BIGINT) AS minor FROM ledger_legs AS leg
                    WHERE leg.action IN (0, 1, 3)
                        AND leg.debit IN (SELECT id FROM ledger_accounts WHERE code = $1)
                    GROUP BY leg.debit) AS taken ON taken.debit = account.id
            WHERE account.code = $1 AND (schedule.id IS NULL OR timer.object_id IS NULL
                OR timer.due_at <> schedule.cut_off OR schedule.merchant_id <> account.owner
                OR schedule.taken_minor <> COALESCE(taken.minor, 0))
            ORDER BY account.id",
        codes: &[Kind::MerchantPending.code()],
    },
];
