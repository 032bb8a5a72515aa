//! The wallet's chart of accounts, and every movement of money there is: one function per movement.
//!
//! The ledger knows none of this. Two books share it, the *pool* (customers' money at the banks) and our
//! *own*; every movement balances per currency and per book, which a test proves for each function over
//! extreme amounts. A movement between us and the customers is two balanced halves, one through `float`, one
//! through `float_contra`.

mod balance;
mod chart;
mod movements;
mod outgoing;
mod returns;

#[cfg(test)]
mod tests;

pub use balance::{Imbalance, check_balance};
pub use chart::{Account, Book, Kind};
pub use movements::{
    Movement, MovementCode, PaymentLegs, RefundShares, card_payment, card_refund, card_refund_refused,
    card_refund_settled, late_success, payment, refund_to_balance, settlement, top_up, transfer,
};
pub use outgoing::{Outflow, Purse, Stage, outgoing, outgoing_failed_short};
pub use returns::{
    Bearers, MerchantShares, UserShares, bank_returned, card_payment_returned, transfer_out_paid_late,
    transfer_out_returned, unidentified, unidentified_corrected,
};
