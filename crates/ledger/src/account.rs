//! What an account is.

use crate::AccountId;
use makegood_base::RawId;
use makegood_money::Currency;

/// The side on which an account grows: assets and expenses on the debit side, liabilities, income and equity
/// on the credit side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Debits increase the balance.
    Debit,
    /// Credits increase the balance.
    Credit,
}

impl Side {
    /// The number that stands for the side in storage and in hashes; it never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Debit => 0,
            Self::Credit => 1,
        }
    }

    /// The side that a number stands for, if any.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Debit),
            1 => Some(Self::Credit),
            _ => None,
        }
    }
}

/// What an account takes part in. Releasing and expiring a hold is possible whatever the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountStatus {
    /// Everything.
    Open,
    /// Only what raises its balance: whatever lowers it, or reserves that, is refused.
    NoDebits,
    /// Nothing: what lowers and what raises its balance is refused. It can be opened again.
    Frozen,
    /// Nothing, for good. Only an account with nothing in it and nothing reserved can be closed.
    Closed,
}

impl AccountStatus {
    /// The number that stands for the status in storage and in hashes; it never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::NoDebits => 1,
            Self::Frozen => 2,
            Self::Closed => 3,
        }
    }

    /// The status that a number stands for, if any.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Open),
            1 => Some(Self::NoDebits),
            2 => Some(Self::Frozen),
            3 => Some(Self::Closed),
            _ => None,
        }
    }
}

/// What an account is opened with; none of it changes later. Owner, code and currency make the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSpec {
    /// Whose account it is.
    pub owner: RawId,
    /// What kind of account; the ledger's user decides on the numbers.
    pub code: u32,
    /// The one currency of the account.
    pub currency: Currency,
    /// The side on which the balance grows.
    pub normal: Side,
    /// The least that `posted - held` may be, in minor units; no more than zero.
    pub floor: Option<i64>,
    /// The most that `posted + incoming` may be, in minor units; no less than zero.
    pub ceiling: Option<i64>,
}

impl AccountSpec {
    /// The id of the account, [`AccountId::derive`]d from owner, code and currency.
    #[must_use]
    pub fn id(&self) -> AccountId {
        AccountId::derive(self.owner, self.code, self.currency)
    }
}

/// An account and its balances. Amounts are minor units, in the direction of the normal side. At all times
/// `floor <= posted - held` and `posted + incoming <= ceiling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Derived from owner, code and currency.
    pub id: AccountId,
    /// Whose account it is.
    pub owner: RawId,
    /// What kind of account.
    pub code: u32,
    /// The one currency of the account.
    pub currency: Currency,
    /// The side on which the balance grows.
    pub normal: Side,
    /// The least that `posted - held` may be.
    pub floor: Option<i64>,
    /// The most that `posted + incoming` may be.
    pub ceiling: Option<i64>,
    /// What the account takes part in.
    pub status: AccountStatus,
    /// The balance.
    pub posted: i64,
    /// What open holds would take from the balance.
    pub held: i64,
    /// What open holds would add to the balance.
    pub incoming: i64,
    /// How many journal entries the account has.
    pub sequence: i64,
    /// The journal position of its last entry; 0 when there is none.
    pub last_position: i64,
    /// The sequence of the transaction that opened it.
    pub opened_by: i64,
}

impl Account {
    /// The account as the transaction with the sequence `opened_by` opens it: empty and open.
    #[must_use]
    pub fn open(spec: &AccountSpec, opened_by: i64) -> Self {
        Self {
            id: spec.id(),
            owner: spec.owner,
            code: spec.code,
            currency: spec.currency,
            normal: spec.normal,
            floor: spec.floor,
            ceiling: spec.ceiling,
            status: AccountStatus::Open,
            posted: 0,
            held: 0,
            incoming: 0,
            sequence: 0,
            last_position: 0,
            opened_by,
        }
    }

    /// What the account was opened with.
    #[must_use]
    pub const fn spec(&self) -> AccountSpec {
        AccountSpec {
            owner: self.owner,
            code: self.code,
            currency: self.currency,
            normal: self.normal,
            floor: self.floor,
            ceiling: self.ceiling,
        }
    }

    /// The balance less what is reserved of it, in minor units; saturates at the ends of `i64`.
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.posted.saturating_sub(self.held)
    }
}
