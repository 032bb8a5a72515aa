//! What the wallet shows is a projection of the ledger and of the banks' answers: here each kind of row is
//! compared with what it projects. A query answers the ids of the rows that differ.

use super::Report;
use makegood_base::{RawId, encode_suffix};
use makegood_sql::{Database, Error, Fields, Kind, Transaction, Value};
use makegood_wallet::postings::MovementCode;

/// One comparison.
pub(super) struct Check {
    /// What the answered ids are of, as a TypeID's prefix.
    pub(super) prefix: &'static str,
    /// What is wrong with them.
    pub(super) finding: &'static str,
    /// Answers the ids; `$1`, `$2` and so on are `codes`.
    pub(super) text: &'static str,
    /// Of movements and of kinds of accounts, as the ledger stores them.
    pub(super) codes: &'static [u32],
}

/// The sum of a transaction's legs, where it is joined as `posted`. An amount and a fee can differ and have the same
/// sum: a leg that has one of them alone is compared beside it.
macro_rules! moved {
    () => {
        "(SELECT CAST(SUM(leg.amount) AS BIGINT) FROM ledger_legs AS leg
            WHERE leg.position >= posted.first_position AND leg.position < posted.first_position + posted.legs)"
    };
}

/// What its first leg moved.
macro_rules! first_leg {
    () => {
        "(SELECT leg.amount FROM ledger_legs AS leg WHERE leg.position = posted.first_position)"
    };
}

/// What its last leg moved.
macro_rules! last_leg {
    () => {
        "(SELECT leg.amount FROM ledger_legs AS leg WHERE leg.position = posted.first_position + posted.legs - 1)"
    };
}

macro_rules! paid {
    ($table:literal) => {
        concat!($table, ".status IN ('succeeded', 'partially_refunded', 'refunded', 'returned')")
    };
}

pub(super) use {first_leg, last_leg, moved, paid};

/// How many differences of one kind are listed.
const LIST_MAX: usize = 100;

pub(super) const CHECKS: &[Check] = &[
    // A payment's legs: the merchant's part, the fee, the fee in our own book; and from a card the statement's step.
    Check {
        prefix: "pay",
        finding: "the ledger does not have what this payment says that it moved",
        text: concat!(
            "SELECT payment.id FROM payments AS payment LEFT JOIN ledger_transactions AS posted
                ON posted.reference = payment.id
                AND posted.code = CASE payment.source WHEN 'balance' THEN $1 ELSE $2 END
            WHERE CASE WHEN ",
            paid!("payment"),
            " THEN posted.id IS NULL OR ",
            moved!(),
            " <> payment.amount_minor + payment.fee_minor
                    + CASE payment.source WHEN 'balance' THEN 0 ELSE payment.amount_minor END OR ",
            first_leg!(),
            " <> CASE WHEN payment.fee_minor < payment.amount_minor
                    THEN payment.amount_minor - payment.fee_minor ELSE payment.fee_minor END
                ELSE posted.id IS NOT NULL END
            ORDER BY payment.id"
        ),
        codes: &[MovementCode::Payment.code(), MovementCode::CardPayment.code()],
    },
    Check {
        prefix: "pay",
        finding: "the ledger has this payment, the wallet does not",
        text: "SELECT posted.reference FROM ledger_transactions AS posted LEFT JOIN payments AS payment
                ON payment.id = posted.reference
            WHERE posted.code IN ($1, $2) AND payment.id IS NULL ORDER BY posted.reference",
        codes: &[MovementCode::Payment.code(), MovementCode::CardPayment.code()],
    },
    Check {
        prefix: "ord",
        finding: "more than one payment has paid this order",
        text: concat!(
            "SELECT payment.order_id FROM payments AS payment WHERE ",
            paid!("payment"),
            " GROUP BY payment.order_id HAVING COUNT(*) > 1 ORDER BY payment.order_id"
        ),
        codes: &[],
    },
    Check {
        prefix: "ord",
        finding: "the order is not paid by the payment that it names",
        text: concat!(
            "SELECT placed.id FROM orders AS placed LEFT JOIN payments AS payment
                ON payment.id = placed.paid_by_id AND payment.order_id = placed.id AND ",
            paid!("payment"),
            " WHERE CASE placed.state WHEN 'paid' THEN payment.id IS NULL
                ELSE placed.paid_by_id IS NOT NULL END ORDER BY placed.id"
        ),
        codes: &[],
    },
    Check {
        prefix: "ord",
        finding: "the order is held by an attempt that is over, or not its own",
        text: "SELECT placed.id FROM orders AS placed LEFT JOIN payments AS attempt
                ON attempt.id = placed.open_attempt_id AND attempt.order_id = placed.id
                AND attempt.status IN ('processing', 'unknown')
            WHERE placed.open_attempt_id IS NOT NULL AND (placed.state <> 'open' OR attempt.id IS NULL)
            ORDER BY placed.id",
        codes: &[],
    },
    Check {
        prefix: "pay",
        finding: "the payment has paid, and its order does not say so",
        text: concat!(
            "SELECT payment.id FROM payments AS payment LEFT JOIN orders AS placed
                ON placed.id = payment.order_id AND placed.paid_by_id = payment.id
            WHERE ",
            paid!("payment"),
            " AND placed.id IS NULL ORDER BY payment.id"
        ),
        codes: &[],
    },
    Check {
        prefix: "pay",
        finding: "what was returned is not the sum of its refunds",
        text: "SELECT payment.id FROM payments AS payment LEFT JOIN (
                SELECT payment_id, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor,
                    CAST(SUM(fee_back_minor) AS BIGINT) AS fee_minor
                FROM refunds WHERE origin = 'merchant' GROUP BY payment_id) AS given
                ON given.payment_id = payment.id
            WHERE payment.refunded_minor <> COALESCE(given.amount_minor, 0)
                OR payment.fee_returned_minor <> COALESCE(given.fee_minor, 0)
                OR CASE payment.status
                    WHEN 'refunded' THEN payment.refunded_minor <> payment.amount_minor
                    WHEN 'partially_refunded' THEN payment.refunded_minor <= 0
                        OR payment.refunded_minor >= payment.amount_minor
                    WHEN 'returned' THEN payment.refunded_minor > payment.amount_minor
                    ELSE payment.refunded_minor <> 0 END
            ORDER BY payment.id",
        codes: &[],
    },
    // The merchant's part and the fee into clearing, the fee in our own book, and all of it out of clearing again.
    Check {
        prefix: "rfd",
        finding: "the ledger does not have what this refund says that it moved",
        text: concat!(
            "SELECT refund.id FROM refunds AS refund LEFT JOIN ledger_transactions AS posted
                ON posted.reference = refund.id
                AND posted.code = CASE WHEN refund.bank_transfer_id IS NULL THEN $1 ELSE $2 END
            WHERE refund.origin = 'merchant' AND (posted.id IS NULL OR ",
            moved!(),
            " <> refund.amount_minor + refund.amount_minor + refund.fee_back_minor OR ",
            last_leg!(),
            " <> refund.amount_minor) ORDER BY refund.id"
        ),
        codes: &[MovementCode::Refund.code(), MovementCode::CardRefund.code()],
    },
    // A refund to a balance is at its end at once; one to a card when the bank's yes or no is posted.
    Check {
        prefix: "rfd",
        finding: "the ledger does not have the end that this refund says that it had",
        text: "SELECT refund.id FROM refunds AS refund
            LEFT JOIN ledger_transactions AS settled ON settled.reference = refund.id AND settled.code = $1
            LEFT JOIN ledger_transactions AS refused ON refused.reference = refund.id AND refused.code = $2
            LEFT JOIN ledger_transactions AS back ON back.reference = refund.id AND back.code = $3
            LEFT JOIN ledger_transactions AS late ON late.reference = refund.id AND late.code = $4
            WHERE CASE WHEN refund.bank_transfer_id IS NULL THEN refund.status <> 'succeeded'
                ELSE (refund.status = 'succeeded') <> 
                        ((settled.id IS NOT NULL OR late.id IS NOT NULL) AND back.id IS NULL)
                    OR (refund.status = 'needs_action') <>
                        ((refused.id IS NOT NULL AND late.id IS NULL) OR back.id IS NOT NULL) END
            ORDER BY refund.id",
        codes: &[
            MovementCode::CardRefundSettled.code(),
            MovementCode::CardRefundRefused.code(),
            MovementCode::TransferOutReturned.code(),
            MovementCode::TransferOutPaidLate.code(),
        ],
    },
    Check {
        prefix: "rfd",
        finding: "the ledger has this refund, the wallet does not",
        text: "SELECT posted.reference FROM ledger_transactions AS posted LEFT JOIN refunds AS refund
                ON refund.id = posted.reference
            WHERE posted.code IN ($1, $2) AND refund.id IS NULL ORDER BY posted.reference",
        codes: &[MovementCode::Refund.code(), MovementCode::CardRefund.code()],
    },
    // What came too late is given back once: what that moved is held against the transfer that brought it.
    Check {
        prefix: "rfd",
        finding: "no payment names this refund of what came too late",
        text: "SELECT refund.id FROM refunds AS refund LEFT JOIN payments AS payment
                ON payment.id = refund.payment_id AND payment.late_refund_id = refund.id
            WHERE refund.origin <> 'merchant' AND payment.id IS NULL ORDER BY refund.id",
        codes: &[],
    },
    Check {
        prefix: "top",
        finding: "the ledger does not have what this top-up says that it moved",
        text: concat!(
            "SELECT top_up.id FROM top_ups AS top_up LEFT JOIN ledger_transactions AS posted
                ON posted.reference = top_up.id AND posted.code = $1
            WHERE CASE WHEN top_up.status IN ('succeeded', 'returned') THEN posted.id IS NULL OR ",
            moved!(),
            " <> top_up.amount_minor + top_up.amount_minor ELSE posted.id IS NOT NULL END ORDER BY top_up.id"
        ),
        codes: &[MovementCode::TopUp.code()],
    },
    Check {
        prefix: "trf",
        finding: "the ledger does not have what this transfer says that it moved",
        text: concat!(
            "SELECT given.id FROM transfers AS given LEFT JOIN ledger_transactions AS posted
                ON posted.reference = given.id AND posted.code = $1
            WHERE posted.id IS NULL OR ",
            moved!(),
            " <> given.amount_minor ORDER BY given.id"
        ),
        codes: &[MovementCode::Transfer.code()],
    },
];

const COUNTS: &[(&str, &str)] = &[
    ("payment", "SELECT COUNT(*) FROM payments"),
    ("refund", "SELECT COUNT(*) FROM refunds"),
    ("top-up", "SELECT COUNT(*) FROM top_ups"),
    ("transfer", "SELECT COUNT(*) FROM transfers"),
    ("withdrawal", "SELECT COUNT(*) FROM withdrawals"),
    ("payout", "SELECT COUNT(*) FROM payouts"),
    ("settlement", "SELECT COUNT(*) FROM settlements"),
    ("order", "SELECT COUNT(*) FROM orders"),
    ("bank transfer", "SELECT COUNT(*) FROM bank_transfers"),
];

/// Counts the rows that are compared.
pub(super) async fn count(database: &Database, report: &mut Report) -> Result<(), Error> {
    let mut transaction = database.read().await?;
    for (what, text) in COUNTS {
        let row = transaction.query(text, Vec::new(), &[Kind::Integer]).await?.pop().unwrap_or_default();
        let count: i64 = Fields::new("count", row).take()?;
        report.compared.push((what, count.unsigned_abs()));
    }
    transaction.rollback().await;
    Ok(())
}

/// Makes these comparisons, and adds what differs. Each has a transaction of its own, for a row that does not parse ends
/// it: the others are made all the same.
pub(super) async fn compare(
    database: &Database,
    checks: &[Check],
    differences: &mut Vec<String>,
) -> Result<(), Error> {
    for check in checks {
        let mut transaction = database.read().await?;
        let outcome = make(&mut transaction, check, differences).await;
        transaction.rollback().await;
        not_compared(check.finding, outcome, differences)?;
    }
    Ok(())
}

async fn make(
    transaction: &mut Transaction,
    Check { prefix, finding, text, codes }: &Check,
    differences: &mut Vec<String>,
) -> Result<(), Error> {
    let codes = codes.iter().map(|code| Value::from(i64::from(*code)));
    let rows = transaction.query(text, codes.collect(), &[Kind::Id]).await?;
    let found = rows.len();
    for row in rows.into_iter().take(LIST_MAX) {
        let id: RawId = Fields::new("verify", row).take()?;
        differences.push(format!("{prefix}_{}: {finding}", encode_suffix(&id)));
    }
    if found > LIST_MAX {
        let more = found.saturating_sub(LIST_MAX);
        differences.push(format!("and {more} more of this kind: {finding}"));
    }
    Ok(())
}

/// A row that does not parse is a finding, and so is what was not compared because of it.
pub(super) fn not_compared(
    what: &str,
    outcome: Result<(), Error>,
    differences: &mut Vec<String>,
) -> Result<(), Error> {
    match outcome {
        Err(error @ Error::Corrupt { .. }) => {
            differences.push(format!("it was not compared whether {what}: {error}"));
            Ok(())
        }
        outcome => outcome,
    }
}
