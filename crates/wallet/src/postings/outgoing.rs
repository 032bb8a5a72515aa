//! Money that goes out to a card (product D4, withdrawal and payout). It is held on its owner, and goes to the bank
//! and back by legs that stand against each other, so that no more ever comes back than went out.

use super::chart::{Account, Kind};
use super::movements::{Movement, MovementCode};
use makegood_base::{MerchantId, RawId, UserId};
use makegood_ledger::{Action, TransactionId, TransferRef};
use makegood_money::{Currency, Money};

/// Whose money goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purse {
    /// A user's balance: a withdrawal.
    User(UserId),
    /// What is available to a merchant: a payout.
    Merchant(MerchantId),
}

/// What happens to money that goes out. Each happens once at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is reserved.
    Held,
    /// It is free again before it was sent.
    Released,
    /// It goes to the bank.
    Sent,
    /// The bank has executed it.
    Completed,
    /// The bank has refused it.
    Failed,
    /// The bank sent it back after its yes.
    Returned,
    /// The bank has executed it after it had refused.
    PaidLate,
    /// The bank sent back what it had executed after it had refused.
    LateReturned,
}

impl Purse {
    /// The account that the money comes from.
    #[must_use]
    pub fn account(self, currency: Currency) -> Account {
        match self {
            Self::User(user) => Account::user(user, currency),
            Self::Merchant(merchant) => Account::merchant(Kind::MerchantAvailable, merchant, currency),
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(self) -> RawId {
        match self {
            Self::User(user) => user.raw(),
            Self::Merchant(merchant) => merchant.raw(),
        }
    }

    /// What kind of movement a stage is.
    #[must_use]
    pub const fn code(self, stage: Stage) -> MovementCode {
        use MovementCode as C;
        match (self, stage) {
            (Self::User(_), Stage::Held) => C::WithdrawalHeld,
            (Self::User(_), Stage::Released) => C::WithdrawalReleased,
            (Self::User(_), Stage::Sent) => C::WithdrawalSent,
            (Self::User(_), Stage::Completed) => C::WithdrawalCompleted,
            (Self::User(_), Stage::Failed) => C::WithdrawalFailed,
            (Self::User(_), Stage::Returned) => C::WithdrawalReturned,
            (Self::User(_), Stage::PaidLate) => C::WithdrawalPaidLate,
            (Self::User(_), Stage::LateReturned) => C::WithdrawalLateReturned,
            (Self::Merchant(_), Stage::Held) => C::PayoutHeld,
            (Self::Merchant(_), Stage::Released) => C::PayoutReleased,
            (Self::Merchant(_), Stage::Sent) => C::PayoutSent,
            (Self::Merchant(_), Stage::Completed) => C::PayoutCompleted,
            (Self::Merchant(_), Stage::Failed) => C::PayoutFailed,
            (Self::Merchant(_), Stage::Returned) => C::PayoutReturned,
            (Self::Merchant(_), Stage::PaidLate) => C::PayoutPaidLate,
            (Self::Merchant(_), Stage::LateReturned) => C::PayoutLateReturned,
        }
    }
}

impl Stage {
    /// Every stage.
    pub const ALL: &'static [Self] = &[
        Self::Held,
        Self::Released,
        Self::Sent,
        Self::Completed,
        Self::Failed,
        Self::Returned,
        Self::PaidLate,
        Self::LateReturned,
    ];

    /// The ledger transaction of this stage of a withdrawal or a payout: one for each, so that a stage that comes
    /// again moves nothing.
    #[must_use]
    pub fn transaction(self, outgoing: RawId) -> TransactionId {
        let tag = match self {
            Self::Held => "outgoing_held",
            Self::Released => "outgoing_released",
            Self::Sent => "outgoing_sent",
            Self::Completed => "outgoing_completed",
            Self::Failed => "outgoing_failed",
            Self::Returned => "outgoing_returned",
            Self::PaidLate => "outgoing_paid_late",
            Self::LateReturned => "outgoing_late_returned",
        };
        TransactionId::derive(tag, outgoing)
    }
}

/// What a movement of money that goes out is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outflow<'a> {
    /// The id of the withdrawal or the payout.
    pub id: RawId,
    /// Whose money it is.
    pub purse: Purse,
    /// The bank that it goes through.
    pub bank: &'a str,
    /// How much the card gets.
    pub amount: Money,
    /// What it costs beside that.
    pub fee_minor: i64,
}

/// [`Stage::Failed`], where the float does not have all of the fee any more, but lacks so much: what a bank took back
/// has been paid out of it. What is missing is unexplained until somebody covers it.
#[must_use]
pub fn outgoing_failed_short(flow: Outflow<'_>, short: i64) -> Movement {
    let currency = flow.amount.currency();
    let there = Outflow { fee_minor: flow.fee_minor.saturating_sub(short), ..flow };
    let suspense = Account::bank(Kind::Suspense, flow.bank, currency);
    outgoing(there, Stage::Failed).post(suspense, flow.purse.account(currency), short)
}

/// One stage of money that goes out.
///
/// Held: holds on the owner. Sent: `owner / out_in_transit`, and the fee `owner / float`, with its mirror in our
/// own book. Completed: the statement's step, `out_in_transit / custody`. Failed: all of it back. Returned:
/// `in_transit / owner`, with the statement's step; the fee was earned. Paid late: `suspense / custody`, for the
/// owner has the money, and a person has to look. Late returned: back from there.
#[must_use]
pub fn outgoing(flow: Outflow<'_>, stage: Stage) -> Movement {
    let (currency, minor, fee) = (flow.amount.currency(), flow.amount.minor(), flow.fee_minor);
    let owner = flow.purse.account(currency);
    let at_bank = |kind| Account::bank(kind, flow.bank, currency);
    let (out, custody, float) =
        (at_bank(Kind::OutInTransit), at_bank(Kind::Custody), Account::ours(Kind::Float, currency));
    let (contra, income) =
        (Account::ours(Kind::FloatContra, currency), Account::ours(Kind::IncomeFee, currency));
    let leg_of = |stage: Stage, leg| TransferRef { transaction: stage.transaction(flow.id), leg };
    let (held, held_fee) = (leg_of(Stage::Held, 0), leg_of(Stage::Held, 1));
    let sent = |leg| Action::PostAgainst(leg_of(Stage::Sent, leg));
    let movement = Movement::new(flow.purse.code(stage));
    match stage {
        Stage::Held => {
            let hold = Action::Hold { expires_at: None };
            movement.leg(owner, out, minor, hold).leg(owner, float, fee, hold)
        }
        Stage::Released => movement.leg(owner, out, minor, Action::Release(held)).leg(
            owner,
            float,
            fee,
            Action::Release(held_fee),
        ),
        Stage::Sent => movement
            .leg(owner, out, minor, Action::Capture(held))
            .leg(owner, float, fee, Action::Capture(held_fee))
            .post(contra, income, fee),
        Stage::Completed => movement.post(out, custody, minor),
        Stage::Failed => movement.leg(out, owner, minor, sent(0)).leg(float, owner, fee, sent(1)).leg(
            income,
            contra,
            fee,
            sent(2),
        ),
        Stage::Returned => movement.leg(at_bank(Kind::InTransit), owner, minor, sent(0)).post(
            custody,
            at_bank(Kind::InTransit),
            minor,
        ),
        Stage::PaidLate => movement.post(at_bank(Kind::Suspense), custody, minor),
        Stage::LateReturned => {
            let paid = Action::PostAgainst(leg_of(Stage::PaidLate, 0));
            movement.leg(custody, at_bank(Kind::Suspense), minor, paid)
        }
    }
}
