//! What a bank takes back after its yes, and what it moves otherwise than it was asked to (product D4). What a bank
//! has done is never refused: what those who have to return it do not have comes out of the float, against a claim on
//! them, and what the float cannot bear is unexplained until somebody covers it.

use super::chart::{Account, Kind};
use super::movements::{Movement, MovementCode, PaymentLegs};
use makegood_base::{MerchantId, UserId};
use makegood_ledger::Action;
use makegood_money::Money;

/// Who bears money that a bank took back of a user: the user, the float with a claim on them, nobody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserShares {
    /// From the user's balance.
    pub user: i64,
    /// From the float.
    pub float: i64,
    /// Unexplained.
    pub suspense: i64,
}

impl UserShares {
    /// Shares an amount between a user who has so much, and a float that has so much.
    #[must_use]
    pub fn of(minor: i64, user_has: i64, float_has: i64) -> Self {
        let (user, left) = take(minor, user_has);
        let (float, suspense) = take(left, float_has);
        Self { user, float, suspense }
    }
}

/// Who bears a payment that a bank took back: the merchant, the fee, the float with claims, nobody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MerchantShares {
    /// From what the merchant was paid and has not been settled.
    pub pending: i64,
    /// From what the merchant can take out.
    pub available: i64,
    /// The fee that goes back.
    pub fee: i64,
    /// From the float, against a claim on the merchant.
    pub merchant_owes: i64,
    /// From the float, against a claim on the payer, who has been refunded before.
    pub user_owes: i64,
    /// Unexplained.
    pub suspense: i64,
}

/// What there is to bear a payment that a bank took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearers {
    /// What of the payment's part of the merchant was not returned before.
    pub merchant_part: i64,
    /// What of its fee was not returned before.
    pub fee_part: i64,
    /// What the merchant was paid and has not been settled.
    pub pending: i64,
    /// What the merchant can take out.
    pub available: i64,
    /// What the float has.
    pub float: i64,
}

impl MerchantShares {
    /// Shares a payment of this amount. What was refunded before is owed by the payer, who has it twice now.
    #[must_use]
    pub fn of(minor: i64, bearers: Bearers) -> Self {
        let (pending, left) = take(bearers.merchant_part, bearers.pending);
        let (available, short) = take(left, bearers.available);
        let refunded = minor.saturating_sub(bearers.merchant_part).saturating_sub(bearers.fee_part).max(0);
        let (fee, fee_left) = take(bearers.fee_part, bearers.float);
        let float = bearers.float.saturating_sub(fee);
        let (merchant_owes, short_left) = take(short, float);
        let float = float.saturating_sub(merchant_owes);
        let (user_owes, refunded_left) = take(refunded, float);
        let suspense = fee_left.saturating_add(short_left).saturating_add(refunded_left);
        Self { pending, available, fee, merchant_owes, user_owes, suspense }
    }
}

/// How much of what is wanted there is, and how much is left to find elsewhere.
fn take(wanted: i64, there: i64) -> (i64, i64) {
    let taken = wanted.min(there.max(0));
    (taken, wanted.saturating_sub(taken))
}

/// The bank took back what it had moved to a user: `user / out_in_transit`, what is missing
/// `float / out_in_transit | user_recv / float_contra`, and the statement's step.
#[must_use]
pub fn bank_returned(bank: &str, user: UserId, amount: Money, shares: UserShares) -> Movement {
    let currency = amount.currency();
    let out = Account::bank(Kind::OutInTransit, bank, currency);
    let (float, contra) = (Account::ours(Kind::Float, currency), Account::ours(Kind::FloatContra, currency));
    Movement::new(MovementCode::BankReturned)
        .post(Account::user(user, currency), out, shares.user)
        .post(float, out, shares.float)
        .post(Account::bank(Kind::Suspense, bank, currency), out, shares.suspense)
        .post(Account::user_owes(user, currency), contra, shares.float)
        .post(out, Account::bank(Kind::Custody, bank, currency), amount.minor())
}

/// The bank took back a payment from a card: `merchant, float / out_in_transit | income_fee / float_contra` against
/// the payment, what is missing out of the float with a claim, and the statement's step.
#[must_use]
pub fn card_payment_returned(
    bank: &str,
    (payer, merchant): (UserId, MerchantId),
    amount: Money,
    shares: MerchantShares,
    against: PaymentLegs,
) -> Movement {
    let currency = amount.currency();
    let out = Account::bank(Kind::OutInTransit, bank, currency);
    let (float, contra) = (Account::ours(Kind::Float, currency), Account::ours(Kind::FloatContra, currency));
    let action = |target: Option<_>| target.map_or(Action::Post, Action::PostAgainst);
    let (fee_pool, fee_own) = (against.fee.map(|legs| legs.0), against.fee.map(|legs| legs.1));
    let of_merchant = |kind| Account::merchant(kind, merchant, currency);
    let claims = shares.merchant_owes.saturating_add(shares.user_owes);
    Movement::new(MovementCode::CardPaymentReturned)
        .leg(of_merchant(Kind::MerchantPending), out, shares.pending, action(against.merchant))
        .leg(of_merchant(Kind::MerchantAvailable), out, shares.available, action(against.merchant))
        .leg(float, out, shares.fee, action(fee_pool))
        .leg(Account::ours(Kind::IncomeFee, currency), contra, shares.fee, action(fee_own))
        .post(float, out, claims)
        .post(of_merchant(Kind::MerchantRecv), contra, shares.merchant_owes)
        .post(Account::user_owes(payer, currency), contra, shares.user_owes)
        .post(Account::bank(Kind::Suspense, bank, currency), out, shares.suspense)
        .post(out, Account::bank(Kind::Custody, bank, currency), amount.minor())
}

/// The bank gave back what it had paid out, to nobody's balance: `in_transit / refund_clearing`, where it waits for
/// another way, and the statement's step.
#[must_use]
pub fn transfer_out_returned(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    let in_transit = Account::bank(Kind::InTransit, bank, currency);
    Movement::new(MovementCode::TransferOutReturned)
        .post(in_transit, Account::ours(Kind::RefundClearing, currency), amount.minor())
        .post(Account::bank(Kind::Custody, bank, currency), in_transit, amount.minor())
}

/// The bank paid out what it had refused: what waited in clearing for another way is not there any more,
/// `refund_clearing / custody`.
#[must_use]
pub fn transfer_out_paid_late(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::TransferOutPaidLate).post(
        Account::ours(Kind::RefundClearing, currency),
        Account::bank(Kind::Custody, bank, currency),
        amount.minor(),
    )
}

/// The bank says that it moved something that nobody asked it for, or otherwise than it was asked to: what came,
/// `in_transit / unidentified`. No statement has shown it, so that its step waits.
#[must_use]
pub fn unidentified(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::Unidentified).post(
        Account::bank(Kind::InTransit, bank, currency),
        Account::ours(Kind::Unidentified, currency),
        amount.minor(),
    )
}

/// The bank corrects itself, or has taken back what nobody asked it for: [`unidentified`] is undone.
#[must_use]
pub fn unidentified_corrected(bank: &str, amount: Money) -> Movement {
    let currency = amount.currency();
    Movement::new(MovementCode::UnidentifiedCorrected).post(
        Account::ours(Kind::Unidentified, currency),
        Account::bank(Kind::InTransit, bank, currency),
        amount.minor(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_found_in_order_and_nothing_is_lost() {
        for (minor, user_has, float_has, expected) in [
            (100, 100, 0, (100, 0, 0)),
            (100, 500, 7, (100, 0, 0)),
            (100, 40, 500, (40, 60, 0)),
            (100, 40, 10, (40, 10, 50)),
            (100, 0, 0, (0, 0, 100)),
            (100, -5, -5, (0, 0, 100)),
        ] {
            let shares = UserShares::of(minor, user_has, float_has);
            assert_eq!((shares.user, shares.float, shares.suspense), expected);
        }
        let check = |bearers: [i64; 5], expected: [i64; 6]| {
            let [merchant_part, fee_part, pending, available, float] = bearers;
            let shares =
                MerchantShares::of(10_000, Bearers { merchant_part, fee_part, pending, available, float });
            let MerchantShares { pending, available, fee, merchant_owes, user_owes, suspense } = shares;
            let found = [pending, available, fee, merchant_owes, user_owes, suspense];
            assert_eq!(found, expected, "{bearers:?}");
            assert_eq!(found.iter().sum::<i64>(), 10_000);
        };
        check([9_940, 60, 20_000, 0, 60], [9_940, 0, 60, 0, 0, 0]);
        check([9_940, 60, 5_000, 9_000, 60], [5_000, 4_940, 60, 0, 0, 0]);
        check([9_940, 60, 5_000, 1_000, 10_000], [5_000, 1_000, 60, 3_940, 0, 0]);
        check([9_940, 60, 0, 0, 100], [0, 0, 60, 40, 0, 9_900]);
        // A third of it was refunded before: the payer has that twice.
        check([6_958, 42, 20_000, 0, 5_000], [6_958, 0, 42, 0, 3_000, 0]);
        check([0, 0, 20_000, 0, 0], [0, 0, 0, 0, 0, 10_000]);
    }
}
