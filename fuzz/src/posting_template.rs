//! Every movement of money over arbitrary amounts: it balances per currency and per book, and the ledger takes
//! it as one transaction when the accounts that it lowers have enough.

use makegood_base::{MerchantId, Timestamp, UserId};
use makegood_ledger::{AccountSpec, Book, Head, Rejection, Transaction, TransactionId, apply};
use makegood_money::{Currency, Money, basis_points_of, share};
use makegood_wallet::postings::{
    self, Bearers, MerchantShares, Movement, MovementCode, Outflow, PaymentLegs, Purse, Stage, UserShares,
    check_balance,
};

/// One byte for the movement, two for fee and refund in 256ths of the whole, eight for the amount.
pub fn check(input: &[u8]) {
    check_with(input, |movement| movement);
}

fn check_with(input: &[u8], change: impl Fn(Movement) -> Movement) {
    let Some(([choice, fee, refund], rest)) = input.split_first_chunk::<3>() else { return };
    let Some(minor) = rest.first_chunk::<8>().map(|bytes| i64::from_be_bytes(*bytes)) else { return };
    let currency = if choice & 0x80 == 0 { Currency::CNY } else { Currency::JPY };
    let amount = Money::new(minor.checked_abs().unwrap_or(i64::MAX).max(1), currency);
    let code = MovementCode::ALL[usize::from(choice & 0x7f) % MovementCode::ALL.len()];
    let movement = change(example(code, amount, *fee, *refund));
    assert_eq!(check_balance(&movement), Ok(()), "{movement:?}");
    assert_taken(movement);
}

fn example(code: MovementCode, amount: Money, fee: u8, refund: u8) -> Movement {
    let (payer, payee) = (UserId::from_raw([1; 16]), UserId::from_raw([2; 16]));
    let merchant = MerchantId::from_raw([3; 16]);
    let fee_minor =
        basis_points_of(amount, u32::from(fee) * 10_000 / 255).expect("at most the amount").minor();
    let refunded = share(amount, i64::from(refund), 255).expect("at most the amount").minor().max(1);
    let part = Money::new(refunded, amount.currency());
    let fee_money = Money::new(fee_minor, amount.currency());
    let fee_back = share(fee_money, refunded, amount.minor()).expect("at most the fee").minor();
    let against = PaymentLegs { merchant: None, fee: None };
    let shares = postings::RefundShares::of(part, fee_back, refunded / 2);
    // Without the transaction that went before, there is nothing to stand against: each leg is a post.
    let out = |purse, stage| {
        // What is only held has no mirror, which a post must have.
        let fee_minor = if matches!(stage, Stage::Held | Stage::Released) { 0 } else { fee_minor };
        let flow = Outflow { id: [5; 16], purse, bank: "simbank", amount, fee_minor };
        let mut movement = postings::outgoing(flow, stage);
        movement.legs.iter_mut().for_each(|leg| leg.action = makegood_ledger::Action::Post);
        movement
    };
    match code {
        MovementCode::TopUp => postings::top_up("simbank", payer, amount),
        MovementCode::Transfer => postings::transfer(payer, payee, amount),
        MovementCode::Payment => postings::payment(payer, merchant, amount, fee_minor),
        MovementCode::CardPayment => postings::card_payment("simbank", merchant, amount, fee_minor),
        MovementCode::Refund => postings::refund_to_balance(payer, merchant, part, shares, against),
        MovementCode::CardRefund => postings::card_refund("simbank", merchant, part, shares, against),
        MovementCode::Settlement => postings::settlement(merchant, amount),
        MovementCode::CardRefundSettled => postings::card_refund_settled("simbank", amount),
        MovementCode::CardRefundRefused => postings::card_refund_refused("simbank", amount),
        MovementCode::LateSuccess => postings::late_success("simbank", amount),
        MovementCode::Unidentified => postings::unidentified("simbank", amount),
        MovementCode::UnidentifiedCorrected => postings::unidentified_corrected("simbank", amount),
        MovementCode::BankReturned => {
            let shares = UserShares::of(amount.minor(), refunded, fee_minor);
            postings::bank_returned("simbank", payer, amount, shares)
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
            postings::card_payment_returned("simbank", (payer, merchant), amount, shares, against)
        }
        MovementCode::TransferOutReturned => postings::transfer_out_returned("simbank", amount),
        MovementCode::TransferOutPaidLate => postings::transfer_out_paid_late("simbank", amount),
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

/// A ledger whose accounts have no floor takes the movement, unless a sum would not fit 64 bits.
fn assert_taken(movement: Movement) {
    let mut book = Book::complete(Head::default());
    let transaction = movement.transaction(TransactionId::from_raw([9; 16]), [8; 16], |_| false);
    let opens = transaction.opens.iter().map(|spec| AccountSpec { floor: None, ..*spec }).collect();
    match apply(&mut book, &Transaction { opens, ..transaction }, Timestamp::EPOCH) {
        Ok(_) | Err(Rejection::Overflow) => {}
        Err(rejection) => panic!("the ledger refuses: {rejection}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;
    use makegood_ledger::{Action, Leg};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn catches(change: impl Fn(Movement) -> Movement) -> bool {
        let broken = |input: Vec<u8>| catch_unwind(AssertUnwindSafe(|| check_with(&input, &change))).is_err();
        seeds("posting_template").any(broken)
    }

    fn without_last_leg(mut movement: Movement) -> Movement {
        movement.legs.pop();
        movement
    }

    fn with_turned_leg(mut movement: Movement) -> Movement {
        let turn = |leg: &mut Leg| (leg.debit, leg.credit) = (leg.credit, leg.debit);
        movement.legs.get_mut(1).map(turn);
        movement
    }

    fn with_one_more_minor_unit(mut movement: Movement) -> Movement {
        let more = |leg: &mut Leg| leg.amount = Money::new(leg.amount.minor() + 1, leg.amount.currency());
        movement.legs.last_mut().map(more);
        movement
    }

    fn against_nothing(mut movement: Movement) -> Movement {
        let transaction = TransactionId::from_raw([7; 16]);
        let target = makegood_ledger::TransferRef { transaction, leg: 0 };
        movement.legs.iter_mut().for_each(|leg| leg.action = Action::PostAgainst(target));
        movement
    }

    #[test]
    fn the_seeds_pass_and_broken_movements_are_caught() {
        let covered =
            seeds("posting_template").map(|input| usize::from(input[0] & 0x7f) % MovementCode::ALL.len());
        let covered: std::collections::BTreeSet<usize> = covered.collect();
        assert_eq!(covered.len(), MovementCode::ALL.len(), "every movement has a seed");
        seeds("posting_template").for_each(|input| check(&input));
        assert!(catches(without_last_leg));
        assert!(catches(with_turned_leg));
        assert!(catches(with_one_more_minor_unit));
        assert!(catches(against_nothing));
    }
}
