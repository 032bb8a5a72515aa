//! The chart of accounts (product D3): for each kind of account its book, its normal side and its floor.

use makegood_base::{MerchantId, RawId, UserId};
use makegood_ledger::{AccountId, AccountSpec, Side};
use makegood_money::Currency;

/// Whose money an account counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// Customers' money at the banks.
    Pool,
    /// The company's.
    Own,
}

macro_rules! chart {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $text:literal, $book:ident, $side:ident, $floor:expr;)*) => {
        /// A kind of account.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$meta])* $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number by which the ledger knows the kind.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$name => $code,)* }
            }

            /// The kind with this number.
            #[must_use]
            pub fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }

            /// The kind's name, as the documents write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The book it belongs to.
            #[must_use]
            pub const fn book(self) -> Book {
                match self { $(Self::$name => Book::$book,)* }
            }

            /// The side on which it grows.
            #[must_use]
            pub const fn normal(self) -> Side {
                match self { $(Self::$name => Side::$side,)* }
            }

            const fn floor(self) -> Option<i64> {
                match self { $(Self::$name => $floor,)* }
            }
        }
    };
}

chart! {
    /// What a bank holds for the customers, by its statement. A bank's facts are never refused: no floor.
    Custody = 101, "custody", Pool, Debit, None;
    /// What a rail has said yes to and no statement has shown yet.
    InTransit = 102, "in_transit", Pool, Debit, None;
    /// What a bank's statement does not explain yet.
    Suspense = 103, "suspense", Pool, Debit, None;
    /// What a user has.
    User = 201, "user", Pool, Credit, Some(0);
    /// What a merchant has been paid, and has not been settled.
    MerchantPending = 202, "merchant_pending", Pool, Credit, Some(0);
    /// What a merchant can take out.
    MerchantAvailable = 203, "merchant_available", Pool, Credit, Some(0);
    /// What is kept back from a merchant.
    MerchantReserve = 204, "merchant_reserve", Pool, Credit, Some(0);
    /// What is on its way back to a payer.
    RefundClearing = 205, "refund_clearing", Pool, Credit, Some(0);
    /// What was sent out through a rail and no statement has shown yet.
    OutInTransit = 206, "out_in_transit", Pool, Credit, Some(0);
    /// What came in and belongs to nobody yet.
    Unidentified = 207, "unidentified", Pool, Credit, Some(0);
    /// Our own money inside the pool.
    Float = 208, "float", Pool, Credit, Some(0);
    /// Our claim on the pool: the mirror of `float`.
    FloatContra = 301, "float_contra", Own, Debit, None;
    /// Our own money at a bank.
    Operating = 302, "operating", Own, Debit, None;
    /// What a merchant owes us: what a bank took back that they had not any more.
    MerchantRecv = 303, "merchant_recv", Own, Debit, None;
    /// What a user owes us: what a bank took back that they had not any more, or had twice.
    UserRecv = 304, "user_recv", Own, Debit, None;
    /// What the owners put in.
    Equity = 401, "equity", Own, Credit, None;
    /// Fees that merchants paid.
    IncomeFee = 501, "income_fee", Own, Credit, None;
}

/// An account of the wallet: its kind, its owner and its currency, which together are its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// What it is.
    pub kind: Kind,
    /// Whose it is: a user, a merchant, a bank, or zeros for ours.
    pub owner: RawId,
    /// In which currency.
    pub currency: Currency,
    /// Derived once: a movement names each of its accounts several times.
    id: AccountId,
}

impl Account {
    /// The account of this kind that somebody has in this currency.
    #[must_use]
    pub fn new(kind: Kind, owner: RawId, currency: Currency) -> Self {
        Self { kind, owner, currency, id: AccountId::derive(owner, kind.code(), currency) }
    }

    /// A user's balance.
    #[must_use]
    pub fn user(user: UserId, currency: Currency) -> Self {
        Self::new(Kind::User, user.raw(), currency)
    }

    /// An account of a merchant.
    #[must_use]
    pub fn merchant(kind: Kind, merchant: MerchantId, currency: Currency) -> Self {
        Self::new(kind, merchant.raw(), currency)
    }

    /// An account at, or on the way to, a bank.
    #[must_use]
    pub fn bank(kind: Kind, bank: &str, currency: Currency) -> Self {
        Self::new(kind, bank_owner(bank), currency)
    }

    /// What a user owes us.
    #[must_use]
    pub fn user_owes(user: UserId, currency: Currency) -> Self {
        Self::new(Kind::UserRecv, user.raw(), currency)
    }

    /// An account of ours.
    #[must_use]
    pub fn ours(kind: Kind, currency: Currency) -> Self {
        Self::new(kind, [0; 16], currency)
    }

    /// The account as the ledger opens it.
    #[must_use]
    pub const fn spec(self) -> AccountSpec {
        AccountSpec {
            owner: self.owner,
            code: self.kind.code(),
            currency: self.currency,
            normal: self.kind.normal(),
            floor: self.kind.floor(),
            ceiling: None,
        }
    }

    /// The account's id, which derives from what it is.
    #[must_use]
    pub const fn id(self) -> AccountId {
        self.id
    }
}

/// The owner of a bank's accounts: its name, which configuration keeps to 16 ASCII characters, so that two
/// banks never share one.
fn bank_owner(bank: &str) -> RawId {
    let mut owner = [0; 16];
    for (place, byte) in owner.iter_mut().zip(bank.bytes()) {
        *place = byte;
    }
    owner
}
