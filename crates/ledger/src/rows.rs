//! The rows that a ledger is stored in, beside its accounts.

use crate::{AccountId, AccountStatus, Action, Leg, TransactionId, TransferRef, merkle::Hash};
use makegood_base::{RawId, Timestamp};
use makegood_money::{Currency, Money};

/// Every how many entries of an account a [`Mark`] is written.
pub const MARK_EVERY: i64 = 32;

/// A posted transaction. Inserted once, never updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionRow {
    /// The transaction.
    pub id: TransactionId,
    /// Its number in the journal, from 1.
    pub sequence: i64,
    /// When it was posted, by the caller's clock. Order is the sequence, not the time.
    pub at: Timestamp,
    /// What kind of movement.
    pub code: u32,
    /// The object that it belongs to.
    pub reference: RawId,
    /// The journal position of its first leg.
    pub first_position: i64,
    /// How many legs it has.
    pub legs: u16,
    /// Its leaf in the log: [`leaf_hash`](crate::leaf_hash) of sequence, time and content.
    pub leaf: Hash,
}

/// One side of a leg, as an entry of that side's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountEntry {
    /// The entry's number among the account's entries, from 1.
    pub sequence: i64,
    /// The account's `posted` after it.
    pub balance_after: i64,
    /// The journal position of the account's entry before; 0 for the first.
    pub previous_position: i64,
}

/// A leg in the journal. Inserted once, never updated. It has the number
/// `position - first_position` among its transaction's legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegRow {
    /// Its place in the journal, from 1, without gaps.
    pub position: i64,
    /// The transaction and the leg's place in it.
    pub transfer: TransferRef,
    /// What was asked for.
    pub leg: Leg,
    /// The entry of the debited account.
    pub debit_entry: AccountEntry,
    /// The entry of the credited account.
    pub credit_entry: AccountEntry,
}

impl LegRow {
    /// The row to return against, for a leg that moved money of its own (a post or a capture) and has nothing
    /// returned yet; nothing for all others.
    #[must_use]
    pub const fn returnable(&self) -> Option<TransferRow> {
        match self.leg.action {
            Action::Post | Action::Capture(_) => {
                Some(TransferRow { transfer: self.transfer, amount: self.leg.amount, returned: 0 })
            }
            _ => None,
        }
    }
}

/// How a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldState {
    /// Reserved.
    Open,
    /// Moved, in all or in part.
    Captured,
    /// Freed.
    Released,
    /// Freed because its time had come.
    Expired,
}

impl HoldState {
    /// The number that stands for the state in storage; it never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Captured => 1,
            Self::Released => 2,
            Self::Expired => 3,
        }
    }

    /// The state that a number stands for, if any.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Open),
            1 => Some(Self::Captured),
            2 => Some(Self::Released),
            3 => Some(Self::Expired),
            _ => None,
        }
    }
}

/// A hold. It leaves the state open once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldRow {
    /// The leg that made it.
    pub hold: TransferRef,
    /// The account that its capture debits.
    pub debit: AccountId,
    /// The account that its capture credits.
    pub credit: AccountId,
    /// How much is reserved.
    pub amount: Money,
    /// From when on it can be expired and no longer captured.
    pub expires_at: Option<Timestamp>,
    /// How it stands.
    pub state: HoldState,
    /// How much of it was captured, in minor units.
    pub captured: i64,
    /// The journal position of the leg that settled it; 0 while it is open.
    pub settled_position: i64,
}

/// A transfer that something has been returned against. Without one nothing has been returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferRow {
    /// The leg that moved the money.
    pub transfer: TransferRef,
    /// How much it moved.
    pub amount: Money,
    /// How much has been posted against it, in minor units; at most the amount.
    pub returned: i64,
}

impl TransferRow {
    /// The transfer's currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.amount.currency()
    }
}

/// Every [`MARK_EVERY`]th entry of an account, so that a reader can jump into its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The account.
    pub account: AccountId,
    /// The number of the entry, a multiple of [`MARK_EVERY`].
    pub sequence: i64,
    /// When the entry's transaction was posted.
    pub at: Timestamp,
    /// The entry's journal position.
    pub position: i64,
}

/// A change of an account's status. Inserted once, never updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// The sequence of the transaction that made it.
    pub sequence: i64,
    /// The account; once per transaction.
    pub account: AccountId,
    /// What it was set to.
    pub status: AccountStatus,
}
