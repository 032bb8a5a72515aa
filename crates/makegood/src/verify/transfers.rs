//! Transfers at banks: what a bank has done is held against what it was asked for, against what is said of it, and
//! against the ledger.

use super::projections::{Check, last_leg, paid};
use makegood_wallet::postings::MovementCode;

/// Whether what the transfer `moved` is for names it, in this column, and is as much.
macro_rules! names_it {
    ($table:literal, $column:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM ",
            $table,
            " AS object WHERE object.id = moved.purpose_id AND object.",
            $column,
            " = moved.id AND object.amount_minor = moved.amount_minor AND object.currency = moved.currency)"
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    // Of two transfers for the same, one is not named.
    Check {
        prefix: "btr",
        finding: "what this transfer is for names another one, or another amount or direction",
        text: concat!(
            "SELECT moved.id FROM bank_transfers AS moved WHERE NOT CASE moved.purpose_kind
                WHEN 'payment' THEN moved.direction = 'in' AND ",
            names_it!("payments", "bank_transfer_id"),
            " WHEN 'top_up' THEN CASE moved.direction WHEN 'in' THEN ",
            names_it!("top_ups", "bank_transfer_id"),
            " ELSE ",
            names_it!("top_ups", "late_return_id"),
            " END WHEN 'refund' THEN moved.direction = 'out' AND ",
            names_it!("refunds", "bank_transfer_id"),
            " WHEN 'withdrawal' THEN moved.direction = 'out' AND ",
            names_it!("withdrawals", "bank_transfer_id"),
            " ELSE moved.direction = 'out' AND ",
            names_it!("payouts", "bank_transfer_id"),
            " END ORDER BY moved.id"
        ),
        codes: &[],
    },
    Check {
        prefix: "btr",
        finding: "something names this transfer, and the wallet does not have it",
        text: "SELECT named.id FROM (
                SELECT bank_transfer_id AS id FROM payments UNION ALL SELECT bank_transfer_id FROM top_ups
                UNION ALL SELECT late_return_id FROM top_ups UNION ALL SELECT bank_transfer_id FROM refunds
                UNION ALL SELECT bank_transfer_id FROM withdrawals
                UNION ALL SELECT bank_transfer_id FROM payouts) AS named
            LEFT JOIN bank_transfers AS moved ON moved.id = named.id
            WHERE named.id IS NOT NULL AND moved.id IS NULL ORDER BY named.id",
        codes: &[],
    },
    // What came in was paid or topped up; or it came too late, and is on its way back.
    Check {
        prefix: "btr",
        finding: "the bank has moved this, and it neither arrived nor was given back; or it has not, and it was",
        text: concat!(
            "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN payments AS payment ON moved.purpose_kind = 'payment' AND payment.id = moved.purpose_id
                LEFT JOIN top_ups AS top_up ON moved.purpose_kind = 'top_up' AND top_up.id = moved.purpose_id
                LEFT JOIN refunds AS back ON back.id = payment.late_refund_id AND back.payment_id = payment.id
                    AND back.amount_minor = moved.amount_minor
                LEFT JOIN ledger_transactions AS posted ON posted.reference = moved.id AND posted.code = $1
            WHERE moved.direction = 'in' AND CASE
                WHEN moved.state = 'settled' AND (",
            paid!("payment"),
            " OR top_up.status IN ('succeeded', 'returned')) THEN posted.id IS NOT NULL
                WHEN moved.state = 'settled' OR moved.late_success_at IS NOT NULL THEN posted.id IS NULL OR ",
            last_leg!(),
            " <> moved.amount_minor OR COALESCE(back.id, top_up.late_return_id) IS NULL
                ELSE posted.id IS NOT NULL END
            ORDER BY moved.id"
        ),
        codes: &[MovementCode::LateSuccess.code()],
    },
    Check {
        prefix: "btr",
        finding: "its payment or top-up does not say what the bank has said of it",
        text: "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN payments AS payment ON moved.purpose_kind = 'payment' AND payment.id = moved.purpose_id
                LEFT JOIN top_ups AS top_up ON moved.purpose_kind = 'top_up' AND top_up.id = moved.purpose_id
            WHERE moved.direction = 'in' AND CASE
                WHEN moved.state = 'settled' AND moved.returned_at IS NULL
                    THEN COALESCE(payment.status, top_up.status, '') NOT IN
                        ('succeeded', 'partially_refunded', 'refunded', 'reversing', 'reversed')
                WHEN moved.state = 'settled'
                    THEN COALESCE(payment.status, top_up.status, '') NOT IN ('returned', 'reversing', 'reversed')
                WHEN moved.state = 'refused'
                    THEN COALESCE(payment.status, top_up.status, '') NOT IN ('failed', 'reversed')
                ELSE COALESCE(payment.status, top_up.status, '') NOT IN ('processing', 'unknown', 'reversing') END
            ORDER BY moved.id",
        codes: &[],
    },
    Check {
        prefix: "btr",
        finding: "the bank has paid this out, and its owner is not told so",
        text: "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN withdrawals AS withdrawal
                    ON moved.purpose_kind = 'withdrawal' AND withdrawal.id = moved.purpose_id
                LEFT JOIN payouts AS payout ON moved.purpose_kind = 'payout' AND payout.id = moved.purpose_id
            WHERE moved.purpose_kind IN ('withdrawal', 'payout') AND CASE moved.state
                WHEN 'settled' THEN COALESCE(withdrawal.status, payout.status, '') NOT IN ('completed', 'returned')
                WHEN 'refused' THEN COALESCE(withdrawal.status, payout.status, '') NOT IN ('failed', 'cancelled')
                ELSE COALESCE(withdrawal.status, payout.status, '') NOT IN ('held', 'sent', 'unknown') END
            ORDER BY moved.id",
        codes: &[],
    },
    Check {
        prefix: "btr",
        finding: "what the bank has paid out after its refusal is not what the ledger has",
        text: concat!(
            "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN ledger_transactions AS posted ON posted.reference = moved.purpose_id
                    AND posted.code IN ($1, $2, $3)
            WHERE moved.direction = 'out' AND CASE WHEN moved.late_success_at IS NULL THEN posted.id IS NOT NULL
                ELSE posted.id IS NULL OR ",
            last_leg!(),
            " <> moved.amount_minor END ORDER BY moved.id"
        ),
        codes: &[
            MovementCode::WithdrawalPaidLate.code(),
            MovementCode::PayoutPaidLate.code(),
            MovementCode::TransferOutPaidLate.code(),
        ],
    },
    // A top-up's way in and its way back have one reference: their codes tell them apart.
    Check {
        prefix: "btr",
        finding: "what the bank took back of this is not what the ledger has",
        text: concat!(
            "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN ledger_transactions AS posted ON posted.reference = moved.purpose_id
                    AND posted.code IN ($1, $2, $3, $4, $5, $6, $7)
                    AND (posted.code IN ($1, $2)) = (moved.direction = 'in')
            WHERE CASE WHEN moved.returned_at IS NOT NULL
                    AND (moved.state = 'settled' OR moved.late_success_at IS NOT NULL)
                THEN posted.id IS NULL OR ",
            last_leg!(),
            " <> moved.amount_minor ELSE posted.id IS NOT NULL END ORDER BY moved.id"
        ),
        codes: &[
            MovementCode::BankReturned.code(),
            MovementCode::CardPaymentReturned.code(),
            MovementCode::TransferOutReturned.code(),
            MovementCode::WithdrawalReturned.code(),
            MovementCode::WithdrawalLateReturned.code(),
            MovementCode::PayoutReturned.code(),
            MovementCode::PayoutLateReturned.code(),
        ],
    },
    // Of what a settled transfer is said to have moved otherwise afterwards, nothing came. What a bank says after a
    // late success stays unidentified.
    Check {
        prefix: "btr",
        finding: "what the bank moved otherwise than it was asked to is not what the ledger has",
        text: concat!(
            "SELECT moved.id FROM bank_transfers AS moved
                LEFT JOIN ledger_transactions AS posted ON posted.reference = moved.id AND posted.code = $1
                LEFT JOIN ledger_transactions AS corrected
                    ON corrected.reference = moved.id AND corrected.code = $2
            WHERE moved.direction = 'in' AND moved.mismatch_minor > 0 AND CASE moved.state
                WHEN 'settled' THEN (posted.id IS NULL) <> (corrected.id IS NULL)
                ELSE posted.id IS NULL OR ",
            last_leg!(),
            " <> moved.mismatch_minor OR (moved.late_success_at IS NULL
                    AND (corrected.id IS NULL) <> (moved.returned_at IS NULL)) END
            ORDER BY moved.id"
        ),
        codes: &[MovementCode::Unidentified.code(), MovementCode::UnidentifiedCorrected.code()],
    },
];
