//! Bank transfers: rules in tables, every short sequence of events, and a model bank that loses and delays.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod delays;
mod model;
mod returns;
mod rules;
mod sequences;
mod told;

use makegood_banking::{
    Answer, BankTransfer, Direction, NewTransfer, Purpose, Refusal, ReturnReason, Schedule,
};
use makegood_base::{BankCardId, BankTransferId, Timestamp, TopUpId};
use makegood_money::{Currency, Money};
use std::time::Duration;

/// The moment that many seconds after the start of a test.
fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(seconds))
}

fn transfer(schedule: &Schedule) -> BankTransfer {
    directed(Direction::In, schedule)
}

fn directed(direction: Direction, schedule: &Schedule) -> BankTransfer {
    let new = NewTransfer {
        id: BankTransferId::from_raw([7; 16]),
        bank: "simbank".to_owned(),
        direction,
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

fn misdirected() -> Answer {
    Answer::Misdirected { bank_reference: "b1".to_owned(), amount: Money::new(10_000, Currency::CNY) }
}

fn returned() -> Answer {
    let (bank_reference, amount) = ("b1".to_owned(), Money::new(10_000, Currency::CNY));
    Answer::Returned { bank_reference, amount, reason: ReturnReason::AccountClosed }
}
