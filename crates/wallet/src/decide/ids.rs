//! What derives from what: the ids of ledger transactions, and numbers that follow from a row alone.

use crate::postings::PaymentLegs;
use crate::tables::{BankTransferId, Order, OrderId, Payment, PaymentId, RefundId, TopUpId, TransferId};
use makegood_ledger::TransactionId;
use makegood_payments::OrderState;

/// The transaction that pays an order: one for the order, whichever attempt it is.
pub(crate) fn payment_transaction(order: OrderId) -> TransactionId {
    TransactionId::derive("payment", order.raw())
}

/// The transaction of a top-up.
pub(crate) fn top_up_transaction(top_up: TopUpId) -> TransactionId {
    TransactionId::derive("top_up", top_up.raw())
}

/// The transaction of a transfer between users.
pub(crate) fn transfer_transaction(transfer: TransferId) -> TransactionId {
    TransactionId::derive("transfer", transfer.raw())
}

/// The transaction of a refund that a merchant decides.
pub(crate) fn refund_transaction(refund: RefundId) -> TransactionId {
    TransactionId::derive("refund", refund.raw())
}

/// The transaction that takes in, and gives back, what a bank moved too late.
pub(crate) fn late_success_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("late_success", transfer.raw())
}

/// The transaction that ends a transfer out that the bank has executed.
pub(crate) fn return_settled_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("return_settled", transfer.raw())
}

/// The transaction that takes back a transfer out that the bank has refused.
pub(crate) fn return_refused_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("return_refused", transfer.raw())
}

/// The transaction that ends a transfer out that the bank has executed after it had refused.
pub(crate) fn return_paid_late_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("return_paid_late", transfer.raw())
}

/// The transaction that takes in what a bank moved otherwise than it was asked to.
pub(crate) fn mismatch_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("mismatch", transfer.raw())
}

/// The transaction that takes that back, when the bank corrects itself.
pub(crate) fn mismatch_corrected_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("mismatch_corrected", transfer.raw())
}

/// The transaction that takes in what a bank moved under a reference that is not ours.
pub(crate) fn unknown_reference_transaction(bank: &str, reference: &str) -> TransactionId {
    TransactionId::derive(&format!("unknown_reference {bank} {reference}"), [0; 16])
}

/// The transaction that follows a bank that took back what it had moved.
pub(crate) fn bank_returned_transaction(transfer: BankTransferId) -> TransactionId {
    TransactionId::derive("bank_returned", transfer.raw())
}

/// The legs of a payment that refunds return against.
pub(crate) fn payment_legs(payment: &Payment) -> PaymentLegs {
    PaymentLegs::of(payment_transaction(payment.order), payment.amount, payment.fee_minor)
}

/// The fee of an order, in minor units: what its merchant agreed to when it was made.
pub(crate) fn fee_minor(order: &Order) -> i64 {
    makegood_money::basis_points_of(order.amount, order.fee_basis_points).map_or(0, |fee| fee.minor())
}

/// The payment that paid an order.
pub(crate) const fn paid_by(order: &Order) -> Option<PaymentId> {
    match order.state {
        OrderState::Paid { payment, .. } => Some(payment),
        _ => None,
    }
}
