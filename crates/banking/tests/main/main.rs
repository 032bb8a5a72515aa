//! Bank transfers: rules in tables, every short sequence of events, and a model bank that loses and delays.

mod model;
mod rules;
mod sequences;

use makegood_banking::{Answer, BankTransfer, Direction, NewTransfer, Purpose, Refusal, Schedule};
use makegood_base::{BankCardId, BankTransferId, Timestamp, TopUpId};
use makegood_money::{Currency, Money};
use std::time::Duration;

/// The moment that many seconds after the start of a test.
fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(seconds))
}

fn transfer(schedule: &Schedule) -> BankTransfer {
    let new = NewTransfer {
        id: BankTransferId::from_raw([7; 16]),
        bank: "simbank".to_owned(),
        direction: Direction::In,
        purpose: Purpose::TopUp(TopUpId::from_raw([8; 16])),
        bank_card: BankCardId::from_raw([9; 16]),
        agreement: "agr_1".to_owned(),
        amount: Money::new(10_000, Currency::CNY),
    };
    BankTransfer::new(new, at(0), schedule)
}

fn succeeded() -> Answer {
    Answer::Succeeded { bank_reference: "b1".to_owned(), amount: Money::new(10_000, Currency::CNY) }
}

fn mismatched() -> Answer {
    Answer::Succeeded { bank_reference: "b1".to_owned(), amount: Money::new(10_000, Currency::USD) }
}

fn accepted() -> Answer {
    Answer::Accepted { bank_reference: "b1".to_owned() }
}

fn refused() -> Answer {
    Answer::Refused { refusal: Refusal::InsufficientFunds, bank_reference: None }
}
