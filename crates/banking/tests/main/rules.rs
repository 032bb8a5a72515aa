//! The rules, one history each.

use crate::{accepted, at, mismatched, refused, succeeded, transfer};
use makegood_banking::{Answer, BankTransfer, Outcome, Refusal, Schedule, State, Step};

/// Something that happens, and what it must answer.
enum Event {
    /// A worker looks at that second: the step it gets, if any.
    Claim(u64, Option<Step>),
    /// The last claim is answered.
    Answer(u64, Answer, Outcome),
    /// A claim of that generation is answered; `None` for stale.
    Late(u64, i64, Answer, Option<Outcome>),
    /// The bank tells by itself.
    Callback(u64, Answer, Outcome),
    /// The wallet takes over.
    Reverse(u64, Outcome),
}

use Event::{Callback, Claim, Late, Reverse};

fn answer(second: u64, answer: Answer, outcome: Outcome) -> Event {
    Event::Answer(second, answer, outcome)
}

fn check(name: &str, events: Vec<Event>, expected: State) -> BankTransfer {
    let schedule = Schedule::default();
    let mut transfer = transfer(&schedule);
    for (index, event) in events.into_iter().enumerate() {
        let place = format!("{name}, event {index}");
        match event {
            Claim(second, expected) => {
                let claim = transfer.claim(at(second), &schedule);
                assert_eq!(claim.map(|claim| claim.step), expected, "{place}");
            }
            Event::Answer(second, answer, expected) => {
                let generation = transfer.generation;
                assert_eq!(
                    transfer.answer(generation, answer, at(second), &schedule),
                    Ok(expected),
                    "{place}"
                );
            }
            Late(second, generation, answer, expected) => {
                let outcome = transfer.answer(generation, answer, at(second), &schedule);
                assert_eq!(outcome.ok(), expected, "{place}");
            }
            Callback(second, answer, expected) => {
                assert_eq!(transfer.callback(answer, at(second)), expected, "{place}");
            }
            Reverse(second, expected) => {
                assert_eq!(transfer.start_reversing(at(second), &schedule), expected, "{place}")
            }
        }
    }
    assert_eq!(transfer.state, expected, "{name}");
    transfer
}

const SEND: Option<Step> = Some(Step::Send);
const ENQUIRE: Option<Step> = Some(Step::Enquire);
const REFUSED: Outcome = Outcome::Refused(Refusal::InsufficientFunds);
const EXPIRED: Outcome = Outcome::Refused(Refusal::Expired);

#[test]
fn the_bank_decides() {
    let settled = check(
        "sent and settled",
        vec![Claim(0, SEND), Claim(1, None), answer(1, succeeded(), Outcome::Settled), Claim(99, None)],
        State::Settled,
    );
    assert_eq!((settled.sends, settled.bank_reference.as_deref()), (1, Some("b1")));
    check("sent and refused", vec![Claim(0, SEND), answer(1, refused(), REFUSED)], State::Refused);
    check(
        "accepted, then enquired after until final",
        vec![
            Claim(0, SEND),
            answer(1, accepted(), Outcome::Pending),
            Claim(2, None),
            Claim(4, ENQUIRE),
            answer(4, Answer::NoAnswer, Outcome::Pending),
            Claim(9_999, ENQUIRE),
            answer(9_999, Answer::NotFound, Outcome::Pending),
            Claim(19_999, ENQUIRE),
            answer(20_000, succeeded(), Outcome::Settled),
        ],
        State::Settled,
    );
}

#[test]
fn no_answer_is_unknown_and_never_fails_by_itself() {
    let mut events =
        vec![Claim(0, SEND), answer(5, Answer::NoAnswer, Outcome::BecameUnknown), Claim(7, None)];
    for round in 0..1_000 {
        let second = 8 + round * 1_000;
        events.push(Claim(second, ENQUIRE));
        events.push(answer(second + 5, Answer::NoAnswer, Outcome::Pending));
    }
    let unknown = check("nobody answers for days", events, State::Unknown);
    assert_eq!((unknown.sends, unknown.enquiries, unknown.unknown_since), (1, 1_000, Some(at(5))));
}

#[test]
fn not_found_is_no_refusal() {
    let again = check(
        "sent again under the same reference",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            Claim(8, ENQUIRE),
            answer(8, Answer::NotFound, Outcome::Pending),
            Claim(8, SEND),
            answer(9, succeeded(), Outcome::Settled),
        ],
        State::Settled,
    );
    assert_eq!((again.sends, again.unknown_since), (2, None));
    check(
        "not after its validity: then it can never be executed",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            // Begun within the validity and the margin, answered after: no proof.
            Claim(539, ENQUIRE),
            answer(541, Answer::NotFound, Outcome::Pending),
            Claim(541, ENQUIRE),
            answer(541, Answer::NotFound, EXPIRED),
        ],
        State::Refused,
    );
    check(
        "the answer to a send is never not found",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NotFound, Outcome::BecameUnknown),
            Claim(8, ENQUIRE),
            answer(8, Answer::NoAnswer, Outcome::Pending),
        ],
        State::Unknown,
    );
    check(
        "found to be absent once, sending comes too late",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            Claim(479, ENQUIRE),
            answer(479, Answer::NotFound, Outcome::Pending),
            Claim(480, ENQUIRE),
        ],
        State::Unknown,
    );
}

#[test]
fn a_lapsed_lease_is_enquired_after() {
    check(
        "the worker died",
        vec![
            Claim(0, SEND),
            Claim(29, None),
            Claim(30, ENQUIRE),
            // The first worker comes back: what it did not learn is refused, what it learned is not lost.
            Late(31, 1, Answer::NoAnswer, None),
            Late(31, 1, Answer::NotFound, None),
            Late(31, 1, accepted(), None),
            Late(31, 7, Answer::NoAnswer, None),
            Late(32, 1, succeeded(), Some(Outcome::Settled)),
            Late(33, 2, Answer::NotFound, None),
            Late(33, 2, succeeded(), Some(Outcome::Unchanged)),
        ],
        State::Settled,
    );
    check(
        "a claim is answered once",
        vec![
            Claim(0, SEND),
            answer(1, Answer::NoAnswer, Outcome::BecameUnknown),
            Late(1, 1, Answer::NoAnswer, None),
        ],
        State::Unknown,
    );
}

#[test]
fn taken_over_is_never_sent_again() {
    let reversed = check(
        "not found for its whole validity",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            Reverse(6, Outcome::Pending),
            Claim(6, ENQUIRE),
            answer(6, Answer::NotFound, Outcome::Pending),
            Claim(400, ENQUIRE),
            answer(400, Answer::NotFound, Outcome::Pending),
            Claim(539, ENQUIRE),
            answer(539, Answer::NotFound, Outcome::Pending),
            Claim(540, ENQUIRE),
            answer(540, Answer::NotFound, EXPIRED),
        ],
        State::Refused,
    );
    assert_eq!(reversed.sends, 1);
    check(
        "even when it was to be sent again",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            Claim(8, ENQUIRE),
            answer(8, Answer::NotFound, Outcome::Pending),
            Reverse(8, Outcome::Pending),
            Claim(8, ENQUIRE),
        ],
        State::Unknown,
    );
    check(
        "never sent is never executed",
        vec![Reverse(0, EXPIRED), Claim(0, None), Reverse(1, Outcome::Unchanged)],
        State::Refused,
    );
    check(
        "a success all the same is told, to be given back",
        vec![Claim(0, SEND), Reverse(1, Outcome::Pending), answer(2, succeeded(), Outcome::Settled)],
        State::Settled,
    );
}

#[test]
fn another_amount_stays_unknown_and_is_told_once() {
    let corrected = check(
        "until the bank corrects itself",
        vec![
            Claim(0, SEND),
            answer(1, mismatched(), Outcome::Mismatch),
            Claim(4, ENQUIRE),
            answer(4, mismatched(), Outcome::Pending),
            Claim(2_000, ENQUIRE),
            // Not found, and refused: neither undoes that the bank said it had moved something.
            answer(2_000, Answer::NotFound, Outcome::Pending),
            Callback(2_001, refused(), Outcome::Contradiction),
            Callback(2_001, refused(), Outcome::Pending),
            Callback(2_001, accepted(), Outcome::Pending),
            Callback(2_002, succeeded(), Outcome::Settled),
        ],
        State::Settled,
    );
    assert!(corrected.mismatch.is_some() && corrected.contradicted_at == Some(at(2_001)));
    check(
        "unknown meanwhile",
        vec![Claim(0, SEND), answer(1, mismatched(), Outcome::Mismatch)],
        State::Unknown,
    );
}

#[test]
fn the_first_final_word_wins_and_the_second_is_told_once() {
    check(
        "success after refusal",
        vec![
            Claim(0, SEND),
            answer(1, refused(), REFUSED),
            Callback(2, accepted(), Outcome::Unchanged),
            Callback(2, succeeded(), Outcome::LateSuccess),
            Callback(3, succeeded(), Outcome::Unchanged),
            Callback(4, refused(), Outcome::Unchanged),
            Callback(5, mismatched(), Outcome::Mismatch),
            Callback(6, refused(), Outcome::Unchanged),
        ],
        State::Refused,
    );
    check(
        "refusal after success",
        vec![
            Claim(0, SEND),
            Callback(1, succeeded(), Outcome::Settled),
            Callback(2, refused(), Outcome::Contradiction),
            Callback(3, refused(), Outcome::Unchanged),
            Callback(3, Answer::NotFound, Outcome::Unchanged),
        ],
        State::Settled,
    );
    check(
        "a late acceptance of what is unknown",
        vec![
            Claim(0, SEND),
            answer(5, Answer::NoAnswer, Outcome::BecameUnknown),
            Callback(6, accepted(), Outcome::Pending),
        ],
        State::Accepted,
    );
}

#[test]
fn a_transfer_survives_being_stored() {
    let stored = check(
        "stored",
        vec![Claim(0, SEND), answer(1, mismatched(), Outcome::Mismatch), Claim(9, ENQUIRE)],
        State::Unknown,
    );
    let text = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<BankTransfer>(&text).unwrap(), stored);
    let text = serde_json::to_string(&succeeded()).unwrap();
    assert_eq!(
        text,
        r#"{"answer":"succeeded","bank_reference":"b1","amount":{"amount":"100.00","currency":"CNY"}}"#
    );
    assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), succeeded());
}
