//! Every movement (product D4, as far as it can happen today). Until statements are imported, a rail's final
//! yes posts the statement's step too.

use super::chart::{Account, Kind};
use makegood_base::{MerchantId, RawId, UserId};
use makegood_ledger::{Action, Leg, TransactionId, TransferRef};
use makegood_money::Money;

macro_rules! movements {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// What kind of movement a ledger transaction is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MovementCode {
            $($(#[$meta])* $name,)*
        }

        impl MovementCode {
            /// Every kind of movement.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number that the ledger stores.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$name => $code,)* }
            }

            /// The movement's name, as a statement shows it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The movement with this number.
            #[must_use]
            pub fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

movements! {
    /// A bank moved money from a card to a balance.
    TopUp = 1, "top_up";
    /// A user gave another user money.
    Transfer = 2, "transfer";
    /// A payment from a balance.
    Payment = 3, "payment";
    /// A payment from a bank card.
    CardPayment = 4, "card_payment";
    /// A refund to a balance.
    Refund = 5, "refund";
    /// A refund on its way to a card.
    CardRefund = 6, "card_refund";
    /// The bank has executed a refund to a card.
    CardRefundSettled = 7, "card_refund_settled";
    /// The bank has refused a refund to a card.
    CardRefundRefused = 8, "card_refund_refused";
    /// A bank moved money for an order that is closed or paid; it is on its way back.
    LateSuccess = 9, "late_success";
    /// A bank moved something that nobody asked it for, or otherwise than it was asked to.
    Unidentified = 30, "unidentified";
    /// A bank corrected that, or took it back.
    UnidentifiedCorrected = 31, "unidentified_corrected";
    /// A bank took back what it had moved to a balance, or too late.
    BankReturned = 32, "bank_returned";
    /// A bank took back a payment from a card.
    CardPaymentReturned = 33, "card_payment_returned";
    /// A bank gave back what it had paid out.
    TransferOutReturned = 34, "transfer_out_returned";
}

/// A movement: its legs, and the accounts that they touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// What it is.
    pub code: MovementCode,
    /// The accounts, each once, in the order in which the legs name them.
    pub accounts: Vec<Account>,
    /// The legs.
    pub legs: Vec<Leg>,
}

impl Movement {
    pub(super) fn new(code: MovementCode) -> Self {
        Self { code, accounts: Vec::with_capacity(6), legs: Vec::with_capacity(5) }
    }

    /// Adds a leg, unless there is nothing to move: a fee can be zero.
    pub(super) fn leg(mut self, debit: Account, credit: Account, minor: i64, action: Action) -> Self {
        if minor == 0 {
            return self;
        }
        for account in [debit, credit] {
            if !self.accounts.contains(&account) {
                self.accounts.push(account);
            }
        }
        let amount = Money::new(minor, debit.currency);
        self.legs.push(Leg { debit: debit.id(), credit: credit.id(), amount, action });
        self
    }

    pub(super) fn post(self, debit: Account, credit: Account, minor: i64) -> Self {
        self.leg(debit, credit, minor, Action::Post)
    }

    /// The transaction as the ledger takes it. Accounts that `is_open` does not know are opened with it.
    pub fn transaction(
        self,
        id: TransactionId,
        reference: RawId,
        is_open: impl Fn(&Account) -> bool,
    ) -> makegood_ledger::Transaction {
        let opens = self.accounts.iter().filter(|account| !is_open(account)).map(|account| account.spec());
        makegood_ledger::Transaction {
            id,
            code: self.code.code(),
            reference,
            opens: opens.collect(),
            statuses: Vec::new(),
            legs: self.legs,
        }
    }
}

/// Which legs of a payment's transaction a refund returns against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentLegs {
    /// What the merchant got; none when the fee took all of it.
    pub merchant: Option<TransferRef>,
    /// The fee's leg in the pool, and the fee's leg in our own book; none without a fee.
    pub fee: Option<(TransferRef, TransferRef)>,
}

impl PaymentLegs {
    /// The legs of the transaction that paid an order: they stand in the order of [`payment`] and
    /// [`card_payment`], without those that had nothing to move.
    #[must_use]
    pub fn of(transaction: TransactionId, amount: Money, fee_minor: i64) -> Self {
        let at = |leg| TransferRef { transaction, leg };
        let has_merchant = fee_minor < amount.minor();
        let first_fee = u16::from(has_merchant);
        Self {
            merchant: has_merchant.then(|| at(0)),
            fee: (fee_minor > 0).then(|| (at(first_fee), at(first_fee.saturating_add(1)))),
        }
    }
}

/// The bank moved `amount` from a user's card: `in_transit / user`, and the statement's step.
#[must_use]
pub fn top_up(bank: &str, user: UserId, amount: Money) -> Movement {
    let currency = amount.currency();
    let in_transit = Account::bank(Kind::InTransit, bank, currency);
    Movement::new(MovementCode::TopUp).post(in_transit, Account::user(user, currency), amount.minor()).post(
        Account::bank(Kind::Custody, bank, currency),
        in_transit,
        amount.minor(),
    )
}

/// One user gives another: `user / user`.
#[must_use]
pub fn transfer(payer: UserId, payee: UserId, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::Transfer).post(
        Account::user(payer, currency),
        Account::user(payee, currency),
        amount.minor(),
    )
}

/// A payment from a balance: the merchant gets the amount less the fee.
#[must_use]
pub fn payment(payer: UserId, merchant: MerchantId, amount: Money, fee_minor: i64) -> Movement {
    let from = Account::user(payer, amount.currency());
    pay_merchant(Movement::new(MovementCode::Payment), from, merchant, amount, fee_minor)
}

/// A payment from a card: as from a balance, out of what the rail has said yes to, and the statement's step.
#[must_use]
pub fn card_payment(bank: &str, merchant: MerchantId, amount: Money, fee_minor: i64) -> Movement {
    let currency = amount.currency();
    let in_transit = Account::bank(Kind::InTransit, bank, currency);
    pay_merchant(Movement::new(MovementCode::CardPayment), in_transit, merchant, amount, fee_minor).post(
        Account::bank(Kind::Custody, bank, currency),
        in_transit,
        amount.minor(),
    )
}

fn pay_merchant(
    movement: Movement,
    from: Account,
    merchant: MerchantId,
    amount: Money,
    fee_minor: i64,
) -> Movement {
    let currency = amount.currency();
    let pending = Account::merchant(Kind::MerchantPending, merchant, currency);
    movement
        .post(from, pending, amount.minor().saturating_sub(fee_minor))
        .post(from, Account::ours(Kind::Float, currency), fee_minor)
        .post(Account::ours(Kind::FloatContra, currency), Account::ours(Kind::IncomeFee, currency), fee_minor)
}

/// A refund to a balance: the merchant's part and the fee's part meet in clearing, and go to the payer.
#[must_use]
pub fn refund_to_balance(
    payer: UserId,
    merchant: MerchantId,
    amount: Money,
    fee_back_minor: i64,
    against: PaymentLegs,
) -> Movement {
    let movement = Movement::new(MovementCode::Refund);
    let currency = amount.currency();
    collect_refund(movement, merchant, amount, fee_back_minor, against).post(
        Account::ours(Kind::RefundClearing, currency),
        Account::user(payer, currency),
        amount.minor(),
    )
}

/// A refund to a card: collected as to a balance, then out through the rail.
#[must_use]
pub fn card_refund(
    bank: &str,
    merchant: MerchantId,
    amount: Money,
    fee_back_minor: i64,
    against: PaymentLegs,
) -> Movement {
    let movement = Movement::new(MovementCode::CardRefund);
    let currency = amount.currency();
    collect_refund(movement, merchant, amount, fee_back_minor, against).post(
        Account::ours(Kind::RefundClearing, currency),
        Account::bank(Kind::OutInTransit, bank, currency),
        amount.minor(),
    )
}

fn collect_refund(
    movement: Movement,
    merchant: MerchantId,
    amount: Money,
    fee_back_minor: i64,
    against: PaymentLegs,
) -> Movement {
    let currency = amount.currency();
    let clearing = Account::ours(Kind::RefundClearing, currency);
    let pending = Account::merchant(Kind::MerchantPending, merchant, currency);
    let action = |target: Option<TransferRef>| target.map_or(Action::Post, Action::PostAgainst);
    let from_merchant = amount.minor().saturating_sub(fee_back_minor);
    let (fee_pool, fee_own) = (against.fee.map(|legs| legs.0), against.fee.map(|legs| legs.1));
    movement
        .leg(pending, clearing, from_merchant, action(against.merchant))
        .leg(Account::ours(Kind::Float, currency), clearing, fee_back_minor, action(fee_pool))
        .leg(
            Account::ours(Kind::IncomeFee, currency),
            Account::ours(Kind::FloatContra, currency),
            fee_back_minor,
            action(fee_own),
        )
}

/// The bank has executed a transfer out: the statement's step, `out_in_transit / custody`.
#[must_use]
pub fn card_refund_settled(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::CardRefundSettled).post(
        Account::bank(Kind::OutInTransit, bank, currency),
        Account::bank(Kind::Custody, bank, currency),
        amount.minor(),
    )
}

/// The bank has refused a refund to a card: the money waits in clearing for another way.
#[must_use]
pub fn card_refund_refused(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::CardRefundRefused).post(
        Account::bank(Kind::OutInTransit, bank, currency),
        Account::ours(Kind::RefundClearing, currency),
        amount.minor(),
    )
}

/// The bank moved money for an order that is closed or paid: into clearing, with the statement's step, and
/// out again through the rail.
#[must_use]
pub fn late_success(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    let in_transit = Account::bank(Kind::InTransit, bank, currency);
    let clearing = Account::ours(Kind::RefundClearing, currency);
    Movement::new(MovementCode::LateSuccess)
        .post(in_transit, clearing, amount.minor())
        .post(Account::bank(Kind::Custody, bank, currency), in_transit, amount.minor())
        .post(clearing, Account::bank(Kind::OutInTransit, bank, currency), amount.minor())
}
