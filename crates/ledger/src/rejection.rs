//! Why a transaction is refused.

use crate::{AccountId, RowKey, TransferRef};

/// Why a transaction is refused; the book is as before.
///
/// The variants stand in their order of precedence: where two apply to a transaction, or within it to a leg,
/// the earlier is reported. The first eight are about the transaction as a whole. Then its accounts are
/// opened and its legs are taken in order, and the first leg that is refused decides. Status changes come
/// last.
///
/// | Stage | In order |
/// |---|---|
/// | identity | `Conflict` |
/// | shape | `Empty`, `TooManyLegs`, `InvalidBounds`, `DuplicateStatus`, `AmountNotPositive`, `SameAccount` |
/// | knowledge | `NotLoaded` |
/// | opening | `AccountExists` |
/// | each leg: what it names | `AccountNotFound`, `CurrencyMismatch`, `HoldNotFound`, `TransferNotFound` |
/// | each leg: the hold, the transfer | `HoldMismatch`, `HoldSettled`, `HoldExpired`, `HoldNotExpired`, `CaptureExceeded`, `ReturnExceeded` |
/// | each leg: the accounts | `AccountClosed`, `AccountFrozen`, `DebitsRefused`, `InsufficientFunds`, `CeilingExceeded`, `Overflow` |
/// | each status change | `AccountNotFound`, `AccountClosed`, `AccountNotEmpty` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The id was used before, for another content.
    #[error("this transaction id was used for another transaction")]
    Conflict,
    /// Nothing to open, to post or to set.
    #[error("the transaction does nothing")]
    Empty,
    /// More than [`LEGS_MAX`](crate::LEGS_MAX) legs, openings or status changes.
    #[error("the transaction has too many legs")]
    TooManyLegs,
    /// An account would be opened with a floor above zero or a ceiling below zero.
    #[error("the new account {0} would be outside its bounds")]
    InvalidBounds(AccountId),
    /// One account's status would be set twice.
    #[error("the status of account {0} is set twice")]
    DuplicateStatus(AccountId),
    /// An amount of zero or less.
    #[error("the amount of leg {leg} is not more than zero")]
    AmountNotPositive {
        /// The leg's place in the transaction, from 0.
        leg: u16,
    },
    /// A leg from an account to itself.
    #[error("leg {leg} names one account twice")]
    SameAccount {
        /// The leg's place in the transaction, from 0.
        leg: u16,
    },
    /// Not an answer: the book has to be told of this row first.
    #[error("{0:?} is not loaded")]
    NotLoaded(RowKey),
    /// The account to open is there already.
    #[error("account {0} exists already")]
    AccountExists(AccountId),
    /// There is no such account.
    #[error("there is no account {0}")]
    AccountNotFound(AccountId),
    /// The amount's currency is not that of both accounts, or not that of the transfer returned against.
    #[error("the currency of leg {leg} is not that of its accounts and of what it refers to")]
    CurrencyMismatch {
        /// The leg's place in the transaction, from 0.
        leg: u16,
    },
    /// There is no such hold in an earlier transaction.
    #[error("there is no such hold")]
    HoldNotFound(TransferRef),
    /// There is no such post or capture in an earlier transaction.
    #[error("there is no such transfer")]
    TransferNotFound(TransferRef),
    /// The accounts are not the hold's, or a release or an expiry is not of the hold's amount.
    #[error("the leg does not have the accounts and the amount of the hold")]
    HoldMismatch(TransferRef),
    /// The hold was captured, released or expired before.
    #[error("the hold is settled already")]
    HoldSettled(TransferRef),
    /// A capture at or after the hold's expiry, or a hold that would be born expired.
    #[error("the hold has expired")]
    HoldExpired(TransferRef),
    /// An expiry before the hold's time, or of a hold that never expires.
    #[error("the hold has not expired")]
    HoldNotExpired(TransferRef),
    /// A capture of more than the hold.
    #[error("the capture exceeds the hold of {held} minor units")]
    CaptureExceeded {
        /// What can be captured at most, in minor units.
        held: i64,
    },
    /// The sum returned would exceed the transfer.
    #[error("only {remaining} minor units can still be returned")]
    ReturnExceeded {
        /// What can still be returned, in minor units.
        remaining: i64,
    },
    /// The account is closed.
    #[error("account {0} is closed")]
    AccountClosed(AccountId),
    /// The account is frozen.
    #[error("account {0} is frozen")]
    AccountFrozen(AccountId),
    /// The account takes nothing that lowers its balance.
    #[error("account {0} may not be lowered")]
    DebitsRefused(AccountId),
    /// The account would be below its floor.
    #[error("account {account} has {available} minor units available, {needed} are needed")]
    InsufficientFunds {
        /// The account.
        account: AccountId,
        /// What may still leave it above its floor, in minor units; saturates at the end of `i64`.
        available: i64,
        /// What the leg takes, in minor units.
        needed: i64,
    },
    /// The account would be above its ceiling.
    #[error("account {account} has room for {room} minor units, {needed} are needed")]
    CeilingExceeded {
        /// The account.
        account: AccountId,
        /// What it may still receive, in minor units; saturates at the end of `i64`.
        room: i64,
        /// What the leg adds, in minor units.
        needed: i64,
    },
    /// A balance, a reservation or a counter would not fit 64 bits.
    #[error("a number would not fit 64 bits")]
    Overflow,
    /// The account to close has a balance or an open hold.
    #[error("account {0} is not empty")]
    AccountNotEmpty(AccountId),
}

impl Rejection {
    /// The stable name of the reason, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.rank().1
    }

    /// The place in the order of precedence, from 1, where a lower one is reported first.
    #[must_use]
    pub const fn precedence(&self) -> u8 {
        self.rank().0
    }

    const fn rank(&self) -> (u8, &'static str) {
        match self {
            Self::Conflict => (1, "transaction_conflict"),
            Self::Empty => (2, "transaction_empty"),
            Self::TooManyLegs => (3, "too_many_legs"),
            Self::InvalidBounds(_) => (4, "invalid_bounds"),
            Self::DuplicateStatus(_) => (5, "duplicate_status"),
            Self::AmountNotPositive { .. } => (6, "amount_not_positive"),
            Self::SameAccount { .. } => (7, "same_account"),
            Self::NotLoaded(_) => (8, "not_loaded"),
            Self::AccountExists(_) => (9, "account_exists"),
            Self::AccountNotFound(_) => (10, "account_not_found"),
            Self::CurrencyMismatch { .. } => (11, "currency_mismatch"),
            Self::HoldNotFound(_) => (12, "hold_not_found"),
            Self::TransferNotFound(_) => (13, "transfer_not_found"),
            Self::HoldMismatch(_) => (14, "hold_mismatch"),
            Self::HoldSettled(_) => (15, "hold_settled"),
            Self::HoldExpired(_) => (16, "hold_expired"),
            Self::HoldNotExpired(_) => (17, "hold_not_expired"),
            Self::CaptureExceeded { .. } => (18, "capture_exceeded"),
            Self::ReturnExceeded { .. } => (19, "return_exceeded"),
            Self::AccountClosed(_) => (20, "account_closed"),
            Self::AccountFrozen(_) => (21, "account_frozen"),
            Self::DebitsRefused(_) => (22, "debits_refused"),
            Self::InsufficientFunds { .. } => (23, "insufficient_funds"),
            Self::CeilingExceeded { .. } => (24, "ceiling_exceeded"),
            Self::Overflow => (25, "overflow"),
            Self::AccountNotEmpty(_) => (26, "account_not_empty"),
        }
    }
}
