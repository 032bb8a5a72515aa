//! Whose money it was: whoever a row of the wallet names has to own the accounts that the ledger moved it between.
//! A payment from a card touches no account of its payer.

use super::projections::Check;
use makegood_wallet::postings::{Kind, MovementCode};

/// Whether this, which names the accounts `debited` and `credited`, holds for a leg of the transaction that is joined as
/// `posted`. Each account is looked up by its id: joined by either of the two at once, PostgreSQL would look through all
/// accounts for each leg.
macro_rules! some_leg {
    ($($condition:tt)+) => {
        concat!(
            "EXISTS (SELECT 1 FROM ledger_legs AS leg
                JOIN ledger_accounts AS debited ON debited.id = leg.debit
                JOIN ledger_accounts AS credited ON credited.id = leg.credit
                WHERE leg.position >= posted.first_position
                    AND leg.position < posted.first_position + posted.legs AND (",
            $($condition)+,
            "))"
        )
    };
}

/// Whether an account of one of these kinds (parameters of their codes) is not this owner's.
macro_rules! is_anothers {
    ($kinds:literal, $owner:literal) => {
        concat!(
            "(debited.code IN (",
            $kinds,
            ") AND debited.owner <> ",
            $owner,
            ") OR (credited.code IN (",
            $kinds,
            ") AND credited.owner <> ",
            $owner,
            ")"
        )
    };
}

pub(super) use {is_anothers, some_leg};

/// Objects with a payer and a merchant whose transaction, of one of two codes, has moved the money of others.
macro_rules! moved_for_others {
    ($table:literal) => {
        concat!(
            "SELECT object.id FROM ",
            $table,
            " AS object JOIN ledger_transactions AS posted
                ON posted.reference = object.id AND posted.code IN ($1, $2)
            WHERE ",
            some_leg!(
                is_anothers!("$3", "object.payer_id"),
                " OR ",
                is_anothers!("$4, $5", "object.merchant_id")
            ),
            " ORDER BY object.id"
        )
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        prefix: "pay",
        finding: "the ledger moved it for another payer or merchant than this payment says",
        text: moved_for_others!("payments"),
        codes: &[
            MovementCode::Payment.code(),
            MovementCode::CardPayment.code(),
            Kind::User.code(),
            Kind::MerchantPending.code(),
            Kind::MerchantAvailable.code(),
        ],
    },
    Check {
        prefix: "rfd",
        finding: "the ledger moved it for another payer or merchant than this refund says",
        text: moved_for_others!("refunds"),
        codes: &[
            MovementCode::Refund.code(),
            MovementCode::CardRefund.code(),
            Kind::User.code(),
            Kind::MerchantPending.code(),
            Kind::MerchantAvailable.code(),
        ],
    },
    Check {
        prefix: "top",
        finding: "the ledger moved it for another user than this top-up says",
        text: concat!(
            "SELECT top_up.id FROM top_ups AS top_up JOIN ledger_transactions AS posted
                ON posted.reference = top_up.id AND posted.code = $1
            WHERE ",
            some_leg!(is_anothers!("$2", "top_up.user_id")),
            " ORDER BY top_up.id"
        ),
        codes: &[MovementCode::TopUp.code(), Kind::User.code()],
    },
    Check {
        prefix: "trf",
        finding: "the ledger moved it between others than this transfer says",
        text: "SELECT given.id FROM transfers AS given JOIN ledger_transactions AS posted
                ON posted.reference = given.id AND posted.code = $1
            JOIN ledger_legs AS leg ON leg.position = posted.first_position
            JOIN ledger_accounts AS payer ON payer.id = leg.debit
            JOIN ledger_accounts AS payee ON payee.id = leg.credit
            WHERE payer.owner <> given.payer_id OR payee.owner <> given.payee_id ORDER BY given.id",
        codes: &[MovementCode::Transfer.code()],
    },
];
