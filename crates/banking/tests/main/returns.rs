//! Money that comes back after a bank's yes, told or asked for.

use crate::{at, directed, misdirected, refused, returned, succeeded};
use makegood_banking::{
    Answer, BankTransfer, Direction, Outcome, RecallRefusal, RecallState, Refusal, ReturnReason, Schedule,
    State, Step,
};

const GONE: Outcome = Outcome::Returned(ReturnReason::AccountClosed);

#[test]
fn a_return_is_told_once_and_an_earlier_yes_is_old_news() {
    for (name, messages, state) in [
        (
            "after its yes",
            vec![(succeeded(), Outcome::Settled), (returned(), GONE), (returned(), Outcome::Unchanged)],
            State::Settled,
        ),
        (
            "before we knew of the yes",
            vec![
                (returned(), Outcome::Refused(Refusal::Returned)),
                (succeeded(), Outcome::Unchanged),
                (refused(), Outcome::Unchanged),
                (misdirected(), Outcome::Unchanged),
            ],
            State::Refused,
        ),
        (
            "after a late yes",
            vec![
                (refused(), Outcome::Refused(Refusal::InsufficientFunds)),
                (succeeded(), Outcome::LateSuccess),
                (returned(), GONE),
                (succeeded(), Outcome::Unchanged),
            ],
            State::Refused,
        ),
        (
            "after a no, with the yes in between lost",
            vec![
                (refused(), Outcome::Refused(Refusal::InsufficientFunds)),
                (returned(), Outcome::Unchanged),
                (succeeded(), Outcome::Unchanged),
            ],
            State::Refused,
        ),
        (
            "of what moved elsewhere",
            vec![
                (misdirected(), Outcome::Mismatch),
                (returned(), Outcome::Refused(Refusal::Returned)),
                (misdirected(), Outcome::Unchanged),
            ],
            State::Refused,
        ),
    ] {
        let schedule = Schedule::default();
        let mut transfer = directed(Direction::In, &schedule);
        transfer.claim(at(0), &schedule);
        for (index, (message, expected)) in messages.into_iter().enumerate() {
            assert_eq!(transfer.callback(message, at(1)), expected, "{name}, message {index}");
        }
        assert_eq!(transfer.state, state, "{name}");
    }
}

#[test]
fn another_amount_is_a_contradiction() {
    let schedule = Schedule::default();
    let mut transfer = settled(&schedule);
    let amount = makegood_money::Money::new(9_999, transfer.amount.currency());
    let other = || Answer::Returned { bank_reference: "b1".to_owned(), amount, reason: ReturnReason::Other };
    assert_eq!(transfer.callback(other(), at(2)), Outcome::Contradiction);
    assert_eq!(transfer.callback(other(), at(3)), Outcome::Unchanged);
    assert_eq!(transfer.returned_at, None);
}

fn settled(schedule: &Schedule) -> BankTransfer {
    let mut transfer = directed(Direction::Out, schedule);
    transfer.claim(at(0), schedule);
    transfer.answer(1, succeeded(), at(1), schedule).unwrap();
    transfer
}

#[test]
fn only_what_went_out_is_called_back() {
    let schedule = Schedule::default();
    let reason = || "sent to the wrong person".to_owned();
    let mut open = directed(Direction::Out, &schedule);
    assert_eq!(open.start_recall(reason(), at(0)), Err(RecallRefusal::NothingToRecall));
    let mut inward = directed(Direction::In, &schedule);
    inward.callback(succeeded(), at(1));
    assert_eq!(inward.start_recall(reason(), at(2)), Err(RecallRefusal::NothingToRecall));
    let mut back = settled(&schedule);
    back.callback(returned(), at(2));
    assert_eq!(back.start_recall(reason(), at(3)), Err(RecallRefusal::Returned));
}

#[test]
fn a_recall_is_asked_until_the_bank_has_answered() {
    let schedule = Schedule::default();
    for (last, outcome, state) in [
        (
            Answer::Recall { state: RecallState::Recalled },
            Outcome::Returned(ReturnReason::Recalled),
            RecallState::Recalled,
        ),
        (Answer::Recall { state: RecallState::Refused }, Outcome::RecallRefused, RecallState::Refused),
    ] {
        let mut transfer = settled(&schedule);
        transfer.start_recall("x".to_owned(), at(10)).unwrap();
        assert!(transfer.is_recalled() && transfer.claim(at(9), &schedule).is_none());
        let mut now = 10;
        for answer in [Answer::NoAnswer, Answer::Recall { state: RecallState::Requested }] {
            let claim = transfer.claim(at(now), &schedule).unwrap();
            assert_eq!(claim.step, Step::Recall);
            let answered = transfer.answer(claim.generation, answer, at(now), &schedule);
            assert_eq!(answered, Ok(Outcome::Unchanged));
            assert_eq!((transfer.state, transfer.next_at.is_some()), (State::Settled, true));
            now += 1_000;
        }
        // The same wish once more is the same wish.
        transfer.start_recall("y".to_owned(), at(now)).unwrap();
        let claim = transfer.claim(at(now), &schedule).unwrap();
        assert_eq!(transfer.answer(claim.generation, last, at(now), &schedule), Ok(outcome));
        let recall = transfer.recall.clone().unwrap();
        assert_eq!((recall.state, recall.reason.as_str(), recall.answered_at), (state, "x", Some(at(now))));
        assert_eq!((transfer.next_at, transfer.lease), (None, None));
        assert_eq!(transfer.claim(at(99_999), &schedule), None);
    }
}

#[test]
fn a_recall_that_succeeds_later_is_told_by_the_bank() {
    let schedule = Schedule::default();
    let mut transfer = settled(&schedule);
    transfer.start_recall("x".to_owned(), at(10)).unwrap();
    let claim = transfer.claim(at(10), &schedule).unwrap();
    assert_eq!(transfer.callback(returned(), at(11)), GONE);
    assert_eq!(transfer.recall.as_ref().unwrap().state, RecallState::Recalled);
    let late = Answer::Recall { state: RecallState::Requested };
    assert!(transfer.answer(claim.generation, late, at(12), &schedule).is_err(), "that turn is over");
}
