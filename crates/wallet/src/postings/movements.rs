//! Every movement (product D4, as far as it can happen today). Until statements are imported, a rail's final
//! yes posts the statement's step too.

use super::chart::{Account, Kind};
use makegood_base::{MerchantId, RawId, UserId};
use makegood_ledger::{Action, Leg, TransactionId, TransferRef};
use makegood_money::{Currency, Money};

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
    /// A withdrawal is reserved.
    WithdrawalHeld = 10, "withdrawal_held";
    /// A withdrawal was cancelled before it was sent.
    WithdrawalReleased = 11, "withdrawal_released";
    /// A withdrawal goes to the bank.
    WithdrawalSent = 12, "withdrawal";
    /// The bank has executed a withdrawal.
    WithdrawalCompleted = 13, "withdrawal_completed";
    /// The bank has refused a withdrawal.
    WithdrawalFailed = 14, "withdrawal_failed";
    /// The bank sent a withdrawal back after its yes.
    WithdrawalReturned = 15, "withdrawal_returned";
    /// The bank has executed a withdrawal that it had refused.
    WithdrawalPaidLate = 16, "withdrawal_paid_late";
    /// The bank sent back a withdrawal that it had executed after it had refused.
    WithdrawalLateReturned = 17, "withdrawal_late_returned";
    /// A payout is reserved.
    PayoutHeld = 20, "payout_held";
    /// A payout was cancelled before it was sent.
    PayoutReleased = 21, "payout_released";
    /// A payout goes to the bank.
    PayoutSent = 22, "payout";
    /// The bank has executed a payout.
    PayoutCompleted = 23, "payout_completed";
    /// The bank has refused a payout.
    PayoutFailed = 24, "payout_failed";
    /// The bank sent a payout back after its yes.
    PayoutReturned = 25, "payout_returned";
    /// The bank has executed a payout that it had refused.
    PayoutPaidLate = 26, "payout_paid_late";
    /// The bank sent back a payout that it had executed after it had refused.
    PayoutLateReturned = 27, "payout_late_returned";
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
    /// A bank paid out what it had refused, and what waited for another way.
    TransferOutPaidLate = 35, "transfer_out_paid_late";
    /// What a merchant was paid becomes available.
    Settlement = 40, "settlement";
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

    /// What it takes from an account that grows on the credit side, in minor units. What it reserves is not taken.
    #[must_use]
    pub fn taken_minor(&self, account: &Account) -> i64 {
        let moves = |action| matches!(action, Action::Post | Action::PostAgainst(_) | Action::Capture(_));
        let debits = self.legs.iter().filter(|leg| leg.debit == account.id() && moves(leg.action));
        debits.map(|leg| leg.amount.minor()).fold(0, i64::saturating_add)
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

/// What a merchant was paid can be taken out from now on: `merchant:pending / merchant:available`.
#[must_use]
pub fn settlement(merchant: MerchantId, amount: Money) -> Movement {
    let account = |kind| Account::merchant(kind, merchant, amount.currency());
    Movement::new(MovementCode::Settlement).post(
        account(Kind::MerchantPending),
        account(Kind::MerchantAvailable),
        amount.minor(),
    )
}

/// What a refund takes: from its merchant, and the fee's part from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundShares {
    /// What comes out of what the merchant was paid and has not been settled, in minor units.
    pub pending_minor: i64,
    /// What comes out of what is available to the merchant, in minor units.
    pub available_minor: i64,
    /// What comes back out of the fee, in minor units.
    pub fee_back_minor: i64,
}

impl RefundShares {
    /// How a refund is taken: first from what is pending, then from what is available.
    #[must_use]
    pub fn of(amount: Money, fee_back_minor: i64, pending_minor: i64) -> Self {
        let from_merchant = amount.minor().saturating_sub(fee_back_minor);
        let pending = from_merchant.min(pending_minor.max(0));
        Self {
            pending_minor: pending,
            available_minor: from_merchant.saturating_sub(pending),
            fee_back_minor,
        }
    }
}

/// A refund to a balance: the merchant's part and the fee's part meet in clearing, and go to the payer.
#[must_use]
pub fn refund_to_balance(
    payer: UserId,
    merchant: MerchantId,
    amount: Money,
    shares: RefundShares,
    against: PaymentLegs,
) -> Movement {
    let movement = Movement::new(MovementCode::Refund);
    let currency = amount.currency();
    collect_refund(movement, merchant, currency, shares, against).post(
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
    shares: RefundShares,
    against: PaymentLegs,
) -> Movement {
    let movement = Movement::new(MovementCode::CardRefund);
    let currency = amount.currency();
    collect_refund(movement, merchant, currency, shares, against).post(
        Account::ours(Kind::RefundClearing, currency),
        Account::bank(Kind::OutInTransit, bank, currency),
        amount.minor(),
    )
}

fn collect_refund(
    movement: Movement,
    merchant: MerchantId,
    currency: Currency,
    shares: RefundShares,
    against: PaymentLegs,
) -> Movement {
    let RefundShares { pending_minor, available_minor, fee_back_minor } = shares;
    let clearing = Account::ours(Kind::RefundClearing, currency);
    let of_merchant = |kind| Account::merchant(kind, merchant, currency);
    let action = |target: Option<TransferRef>| target.map_or(Action::Post, Action::PostAgainst);
    let (fee_pool, fee_own) = (against.fee.map(|legs| legs.0), against.fee.map(|legs| legs.1));
    movement
        .leg(of_merchant(Kind::MerchantPending), clearing, pending_minor, action(against.merchant))
        .leg(of_merchant(Kind::MerchantAvailable), clearing, available_minor, action(against.merchant))
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
