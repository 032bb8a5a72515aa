//! What the ledger is asked to do: a transaction of two-sided legs.

use crate::{AccountId, AccountSpec, AccountStatus, TransactionId};
use makegood_base::{RawId, Timestamp};
use makegood_money::Money;

/// The most legs, accounts to open, and status changes (each) that one transaction may have.
pub const LEGS_MAX: usize = 256;

/// Names a leg: a hold, or a transfer that may be returned against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferRef {
    /// The transaction of the leg.
    pub transaction: TransactionId,
    /// Its place among the transaction's legs, from 0.
    pub leg: u16,
}

/// An atomic movement. First its accounts are opened, then its legs are posted in order, then statuses
/// change. Every leg has two sides of one amount, so a transaction balances by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Chosen by the caller. The same id with the same content is posted once; with other content it is a
    /// conflict.
    pub id: TransactionId,
    /// What kind of movement; the ledger's user decides on the numbers.
    pub code: u32,
    /// The object that the movement belongs to.
    pub reference: RawId,
    /// Accounts to open, each new. Their order says nothing.
    pub opens: Vec<AccountSpec>,
    /// Statuses to set, each account once. Their order says nothing.
    pub statuses: Vec<(AccountId, AccountStatus)>,
    /// What moves, in order: a later leg stands on the balances that an earlier one left.
    pub legs: Vec<Leg>,
}

/// One amount from one account to another, or a reservation of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The account that is debited.
    pub debit: AccountId,
    /// The account that is credited.
    pub credit: AccountId,
    /// How much, more than zero.
    pub amount: Money,
    /// What the leg does with the amount.
    pub action: Action,
}

/// What a leg does. A hold is settled once: by one capture, one release, or one expiry. A leg refers to legs
/// of earlier transactions only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Moves the amount.
    Post,
    /// Moves the amount back, or on, against an earlier post or capture: the accounts are free, the currency
    /// is that transfer's, and all that is posted against it never exceeds its amount.
    PostAgainst(TransferRef),
    /// Reserves the amount on both accounts.
    Hold {
        /// From this moment on the hold can be expired and no longer captured. A hold without it never
        /// expires.
        expires_at: Option<Timestamp>,
    },
    /// Moves all or part of a hold, between the hold's accounts; the rest is released with it.
    Capture(TransferRef),
    /// Frees a hold. Accounts and amount are the hold's. It is allowed at any time, after the expiry too.
    Release(TransferRef),
    /// Frees a hold whose time has come. Accounts and amount are the hold's.
    Expire(TransferRef),
}

impl Action {
    /// The number that stands for the kind of action in storage and in hashes; it never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Post => 0,
            Self::PostAgainst(_) => 1,
            Self::Hold { .. } => 2,
            Self::Capture(_) => 3,
            Self::Release(_) => 4,
            Self::Expire(_) => 5,
        }
    }

    /// The leg that the action refers to.
    #[must_use]
    pub const fn target(self) -> Option<TransferRef> {
        match self {
            Self::Post | Self::Hold { .. } => None,
            Self::PostAgainst(target)
            | Self::Capture(target)
            | Self::Release(target)
            | Self::Expire(target) => Some(target),
        }
    }

    /// When a hold expires; nothing for other actions.
    #[must_use]
    pub const fn expires_at(self) -> Option<Timestamp> {
        match self {
            Self::Hold { expires_at } => expires_at,
            _ => None,
        }
    }

    /// The action with this code, target and expiry; nothing where they do not fit together. The inverse of
    /// the three functions above.
    #[must_use]
    pub const fn from_parts(
        code: u8,
        target: Option<TransferRef>,
        expires_at: Option<Timestamp>,
    ) -> Option<Self> {
        match (code, target, expires_at) {
            (0, None, None) => Some(Self::Post),
            (1, Some(target), None) => Some(Self::PostAgainst(target)),
            (2, None, expires_at) => Some(Self::Hold { expires_at }),
            (3, Some(target), None) => Some(Self::Capture(target)),
            (4, Some(target), None) => Some(Self::Release(target)),
            (5, Some(target), None) => Some(Self::Expire(target)),
            _ => None,
        }
    }
}

/// Where a transaction stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// The transaction's number, from 1; its leaf in the log has this number less one.
    pub sequence: i64,
    /// The journal position of its first leg; where it has no legs, the position the next leg will have.
    pub first_position: i64,
    /// The transaction was there before, and nothing has changed now.
    pub already: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HoldState, Side};

    /// The numbers are in databases and in hashes.
    #[test]
    fn codes_are_what_they_were_and_round_trip() {
        let target = TransferRef { transaction: TransactionId::from_raw([1; 16]), leg: 2 };
        let actions = [
            Action::Post,
            Action::PostAgainst(target),
            Action::Hold { expires_at: Some(Timestamp::EPOCH) },
            Action::Capture(target),
            Action::Release(target),
            Action::Expire(target),
        ];
        for (code, action) in (0..).zip(actions) {
            assert_eq!(action.code(), code);
            assert_eq!(Action::from_parts(code, action.target(), action.expires_at()), Some(action));
            assert_eq!(Action::from_parts(6, action.target(), action.expires_at()), None);
            let wrong = if action.target().is_some() { None } else { Some(target) };
            assert_eq!(Action::from_parts(code, wrong, None), None);
        }
        let endless = Action::Hold { expires_at: None };
        assert_eq!(Action::from_parts(2, None, None), Some(endless));
        assert_eq!(Action::from_parts(0, None, Some(Timestamp::EPOCH)), None);

        let statuses =
            [AccountStatus::Open, AccountStatus::NoDebits, AccountStatus::Frozen, AccountStatus::Closed];
        let states = [HoldState::Open, HoldState::Captured, HoldState::Released, HoldState::Expired];
        for (code, (status, state)) in (0..).zip(statuses.into_iter().zip(states)) {
            assert_eq!((status.code(), AccountStatus::from_code(code)), (code, Some(status)));
            assert_eq!((state.code(), HoldState::from_code(code)), (code, Some(state)));
        }
        for (code, side) in [(0, Side::Debit), (1, Side::Credit)] {
            assert_eq!((side.code(), Side::from_code(code)), (code, Some(side)));
        }
        assert_eq!(
            (AccountStatus::from_code(4), HoldState::from_code(4), Side::from_code(2)),
            (None, None, None)
        );
    }
}
