//! Each movement balances per currency and per book, over extreme amounts (promise P2). A movement without a
//! case here does not compile.

use super::*;
use makegood_base::{MerchantId, UserId};
use makegood_ledger::TransactionId;
use makegood_money::{Currency, Money};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

/// An example of each movement. The match is exhaustive on purpose.
fn example(code: MovementCode, amount: Money, fee_minor: i64, refunded: i64, fee_back: i64) -> Movement {
    let (payer, payee) = (UserId::from_raw([1; 16]), UserId::from_raw([2; 16]));
    let merchant = MerchantId::from_raw([3; 16]);
    let against = PaymentLegs::of(TransactionId::from_raw([4; 16]), amount, fee_minor);
    let part = Money::new(refunded, amount.currency());
    // Half of it is pending, the rest is available.
    let shares = RefundShares::of(part, fee_back, refunded / 2);
    let out =
        |purse, stage| outgoing(Outflow { id: [5; 16], purse, bank: "simbank", amount, fee_minor }, stage);
    match code {
        MovementCode::TopUp => top_up("simbank", payer, amount),
        MovementCode::Transfer => transfer(payer, payee, amount),
        MovementCode::Payment => payment(payer, merchant, amount, fee_minor),
        MovementCode::CardPayment => card_payment("simbank", merchant, amount, fee_minor),
        MovementCode::Refund => refund_to_balance(payer, merchant, part, shares, against),
        MovementCode::CardRefund => card_refund("simbank", merchant, part, shares, against),
        MovementCode::Settlement => settlement(merchant, amount),
        MovementCode::CardRefundSettled => card_refund_settled("simbank", amount),
        MovementCode::CardRefundRefused => card_refund_refused("simbank", amount),
        MovementCode::LateSuccess => late_success("simbank", amount),
        MovementCode::Unidentified => unidentified("simbank", amount),
        MovementCode::UnidentifiedCorrected => unidentified_corrected("simbank", amount),
        MovementCode::BankReturned => {
            let shares = UserShares::of(amount.minor(), refunded, fee_minor);
            bank_returned("simbank", payer, amount, shares)
        }
        MovementCode::CardPaymentReturned => {
            let bearers = Bearers {
                merchant_part: amount.minor().saturating_sub(fee_minor).saturating_sub(refunded).max(0),
                fee_part: fee_minor.saturating_sub(fee_back),
                pending: refunded,
                available: fee_back,
                float: fee_minor,
            };
            let shares = MerchantShares::of(amount.minor(), bearers);
            card_payment_returned("simbank", (payer, merchant), amount, shares, against)
        }
        MovementCode::TransferOutReturned => transfer_out_returned("simbank", amount),
        MovementCode::TransferOutPaidLate => transfer_out_paid_late("simbank", amount),
        MovementCode::WithdrawalHeld => out(Purse::User(payer), Stage::Held),
        MovementCode::WithdrawalReleased => out(Purse::User(payer), Stage::Released),
        MovementCode::WithdrawalSent => out(Purse::User(payer), Stage::Sent),
        MovementCode::WithdrawalCompleted => out(Purse::User(payer), Stage::Completed),
        MovementCode::WithdrawalFailed => out(Purse::User(payer), Stage::Failed),
        MovementCode::WithdrawalReturned => out(Purse::User(payer), Stage::Returned),
        MovementCode::WithdrawalPaidLate => out(Purse::User(payer), Stage::PaidLate),
        MovementCode::WithdrawalLateReturned => out(Purse::User(payer), Stage::LateReturned),
        MovementCode::PayoutHeld => out(Purse::Merchant(merchant), Stage::Held),
        MovementCode::PayoutReleased => out(Purse::Merchant(merchant), Stage::Released),
        MovementCode::PayoutSent => out(Purse::Merchant(merchant), Stage::Sent),
        MovementCode::PayoutCompleted => out(Purse::Merchant(merchant), Stage::Completed),
        MovementCode::PayoutFailed => out(Purse::Merchant(merchant), Stage::Failed),
        MovementCode::PayoutReturned => out(Purse::Merchant(merchant), Stage::Returned),
        MovementCode::PayoutPaidLate => out(Purse::Merchant(merchant), Stage::PaidLate),
        MovementCode::PayoutLateReturned => out(Purse::Merchant(merchant), Stage::LateReturned),
    }
}

/// How many cases each movement is held against.
const CASES: u32 = 10_000;

/// Prints the line of promise P2; `scripts/prove` collects it.
#[test]
fn every_movement_balances() {
    let minor = prop_oneof![Just(1), Just(i64::MAX), Just(i64::MAX - 1), 1..=i64::MAX, 1..=100_i64];
    let cases = (minor, 0..=10_000_u32, 0..=10_000_i64, any::<bool>());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let (checked, caught) = (Cell::new(0_u64), Cell::new(0_u64));
    let run = runner.run(&cases, |(minor, fee_share, refunded_share, yen)| {
        let currency = if yen { Currency::JPY } else { Currency::CNY };
        let amount = Money::new(minor, currency);
        let fee_minor = makegood_money::basis_points_of(amount, fee_share).unwrap().minor();
        let refunded = makegood_money::share(amount, refunded_share, 10_000).unwrap().minor().max(1);
        let fee = Money::new(fee_minor, currency);
        let fee_back = makegood_money::share(fee, refunded, minor).unwrap().minor();
        for code in MovementCode::ALL {
            let movement = example(*code, amount, fee_minor, refunded, fee_back);
            prop_assert_eq!(check_balance(&movement), Ok(()), "{:?}", code);
            checked.set(checked.get() + 1);
            for leg in 0..movement.legs.len() {
                prop_assert!(check_balance(&astray(&movement, leg)).is_err(), "{:?} leg {}", code, leg);
                caught.set(caught.get() + 1);
            }
        }
        Ok(())
    });
    run.unwrap();
    let movements = MovementCode::ALL.len();
    let (checked, caught) = (checked.get(), caught.get());
    println!("PROOF P2 memory movements={movements} checked={checked} astray={caught} control=caught");
}

/// The movement with one leg's credit in the other book.
fn astray(movement: &Movement, leg: usize) -> Movement {
    let mut astray = movement.clone();
    let posting = &mut astray.legs[leg];
    let here = movement.accounts.iter().find(|account| account.id() == posting.credit).unwrap();
    let elsewhere = [Kind::FloatContra, Kind::Suspense].map(|kind| Account::ours(kind, here.currency));
    let there = elsewhere.into_iter().find(|account| account.kind.book() != here.kind.book()).unwrap();
    posting.credit = there.id();
    astray.accounts.push(there);
    astray
}

#[test]
fn a_movement_that_does_not_balance_is_caught() {
    let amount = Money::new(10_000, Currency::CNY);
    let mut crossing = payment(UserId::from_raw([1; 16]), MerchantId::from_raw([2; 16]), amount, 60);
    let contra = Account::ours(Kind::FloatContra, Currency::CNY).id();
    crossing.legs[1].credit = contra;
    assert!(check_balance(&crossing).is_err());
    let mut one_half = payment(UserId::from_raw([1; 16]), MerchantId::from_raw([2; 16]), amount, 60);
    one_half.legs.pop();
    assert_eq!(check_balance(&one_half), Err(Imbalance::FloatGap { minor: 60 }));
}

#[test]
fn a_payment_of_100_with_a_fee_of_60_basis_points() {
    let amount = Money::new(10_000, Currency::CNY);
    let movement = payment(UserId::from_raw([1; 16]), MerchantId::from_raw([2; 16]), amount, 60);
    let minors: Vec<i64> = movement.legs.iter().map(|leg| leg.amount.minor()).collect();
    assert_eq!(minors, [9_940, 60, 60]);
    let legs = PaymentLegs::of(TransactionId::from_raw([4; 16]), amount, 60);
    assert_eq!(legs.merchant.map(|leg| leg.leg), Some(0));
    assert_eq!(legs.fee.map(|(pool, own)| (pool.leg, own.leg)), Some((1, 2)));
    let free = PaymentLegs::of(TransactionId::from_raw([4; 16]), amount, 0);
    assert_eq!((free.merchant.map(|leg| leg.leg), free.fee), (Some(0), None));
    let all = PaymentLegs::of(TransactionId::from_raw([4; 16]), amount, 10_000);
    assert_eq!((all.merchant, all.fee.map(|(pool, own)| (pool.leg, own.leg))), (None, Some((0, 1))));
}

#[test]
fn every_stage_of_money_that_goes_out_is_a_movement_and_a_transaction_of_its_own() {
    let purses = [Purse::User(UserId::from_raw([1; 16])), Purse::Merchant(MerchantId::from_raw([2; 16]))];
    let mut codes = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    for stage in Stage::ALL {
        assert!(ids.insert(stage.transaction([3; 16])), "{stage:?}");
        for purse in purses {
            assert!(codes.insert(purse.code(*stage)), "{stage:?}");
        }
    }
}

#[test]
fn a_refund_takes_what_is_pending_first() {
    let amount = Money::new(10_000, Currency::CNY);
    for (pending, expected) in [(20_000, (9_940, 0)), (9_940, (9_940, 0)), (40, (40, 9_900)), (0, (0, 9_940))]
    {
        let shares = RefundShares::of(amount, 60, pending);
        assert_eq!((shares.pending_minor, shares.available_minor), expected, "{pending}");
    }
}

#[test]
fn codes_are_unique_and_found_again() {
    for code in MovementCode::ALL {
        assert_eq!(MovementCode::from_code(code.code()), Some(*code));
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::from_code(kind.code()), Some(*kind));
    }
}
