//! Turns that are put off, promises that are broken, and what a person has to look at.

use crate::{accepted, at, directed, succeeded, transfer};
use makegood_banking::{Answer, BankTransfer, Delay, Direction, Schedule, State, Step};
use makegood_base::{IncidentId, MaintenanceId, Timestamp};
use std::time::Duration;

fn unknown(schedule: &Schedule) -> BankTransfer {
    let mut transfer = transfer(schedule);
    transfer.claim(at(0), schedule);
    transfer.answer(1, Answer::NoAnswer, at(5), schedule).unwrap();
    transfer
}

/// Works whenever it is somebody's turn, at a bank that never answers, until that second. Tells when promises were
/// broken, and when a person had to look.
fn silence(
    transfer: &mut BankTransfer,
    until_s: u64,
    schedule: &Schedule,
) -> (Vec<Timestamp>, Vec<Timestamp>) {
    let (mut delays, mut overdue) = (Vec::new(), Vec::new());
    while let Some(due) = transfer.next_at.filter(|due| *due <= at(until_s)) {
        let claim = transfer.claim(due, schedule).unwrap();
        let _outcome = transfer.answer(claim.generation, Answer::NoAnswer, due, schedule).unwrap();
        delays.extend(transfer.note_delay(due, schedule).map(|_| due));
        overdue.extend(transfer.note_overdue(due, schedule).then_some(due));
        check_promise(transfer, due);
    }
    (delays, overdue)
}

fn check_promise(transfer: &BankTransfer, now: Timestamp) {
    assert!(transfer.expected_by > now, "there is always a promise to keep");
    assert!(transfer.next_at.unwrap() <= transfer.expected_by, "and somebody looks when it is over");
}

#[test]
fn every_promise_has_a_turn_when_it_is_over() {
    for expected_in in (1..=700).map(Duration::from_secs) {
        let schedule = Schedule { expected_in, ..Schedule::default() };
        silence(&mut unknown(&schedule), 86_400, &schedule);
        // The same where the bank is not asked, for it is not there.
        let mut waiting = unknown(&schedule);
        while let Some(due) = waiting.next_at.filter(|due| *due <= at(86_400)) {
            assert!(waiting.postpone(None, due, &schedule));
            waiting.note_delay(due, &schedule);
            waiting.note_overdue(due, &schedule);
            check_promise(&waiting, due);
        }
    }
}

#[test]
fn a_bank_that_is_back_before_the_promise_is_over_is_asked_in_time() {
    let schedule = Schedule::default();
    for back_at in 0..585 {
        let mut transfer = unknown(&schedule);
        transfer.start_reversing(at(6), &schedule);
        while let Some(due) = transfer.next_at {
            if due < at(back_at) {
                assert!(transfer.postpone(None, due, &schedule));
            } else {
                let claim = transfer.claim(due, &schedule).unwrap();
                transfer.answer(claim.generation, Answer::NotFound, due, &schedule).unwrap();
            }
            assert_eq!(transfer.note_delay(due, &schedule), None, "{back_at}");
        }
        assert!(transfer.final_at.unwrap() < transfer.expected_by, "{back_at}");
    }
}

#[test]
fn the_last_call_before_a_promise_is_over_ends_in_time() {
    let schedule = Schedule::default();
    for expected_in in (20..=3_600).map(Duration::from_secs) {
        let schedule = Schedule { expected_in, ..schedule.clone() };
        let mut transfer = transfer(&schedule);
        // Each call hangs for as long as it may.
        while let Some(due) = transfer.next_at.filter(|due| *due < transfer.expected_by) {
            let claim = transfer.claim(due, &schedule).unwrap();
            let ended = due.plus(schedule.answer_timeout);
            assert!(ended <= transfer.expected_by, "{expected_in:?}: a call from {due} on");
            transfer.answer(claim.generation, Answer::NoAnswer, ended, &schedule).unwrap();
        }
    }
}

#[test]
fn a_broken_promise_is_noticed_at_once_and_a_day_is_a_case() {
    let schedule = Schedule::default();
    let mut transfer = unknown(&schedule);
    let (delays, overdue) = silence(&mut transfer, 3 * 86_400, &schedule);
    let day = 86_400;
    assert_eq!(delays, [at(600), at(600 + 3_600), at(4_200 + day), at(4_200 + 2 * day)]);
    assert_eq!(overdue, [at(day)], "once");
    assert_eq!((transfer.state, transfer.delayed_at), (State::Unknown, Some(at(600))));
    transfer.callback(succeeded(), at(4 * day));
    assert_eq!(transfer.note_delay(at(9 * day), &schedule), None);
    assert!(!transfer.note_overdue(at(9 * day), &schedule));
}

#[test]
fn only_the_first_broken_promise_is_the_first() {
    let schedule = Schedule::default();
    let mut transfer = unknown(&schedule);
    assert_eq!(transfer.note_delay(at(599), &schedule), None);
    assert_eq!(transfer.note_delay(at(600), &schedule), Some(Delay { is_first: true }));
    assert_eq!(transfer.note_delay(at(600), &schedule), None);
    assert_eq!(transfer.note_delay(at(4_200), &schedule), Some(Delay { is_first: false }));
}

#[test]
fn nothing_later_is_promised_than_the_end_that_is_known() {
    let fast = Schedule { expected_in: Duration::from_secs(60), ..Schedule::default() };
    let told = |mut transfer: BankTransfer| silence(&mut transfer, 86_399, &fast).0;
    // What the bank never took is over, whatever it was, when an enquiry after its validity does not find it.
    assert_eq!(told(unknown(&fast)), [60, 600, 4_200].map(at));
    // The bank has it, and takes the time that it takes.
    let mut taken = unknown(&fast);
    taken.callback(accepted(), at(6));
    assert_eq!(told(taken), [60, 3_660].map(at));
    // Money that goes out may be taken for a day.
    let mut out = directed(Direction::Out, &fast);
    out.claim(at(0), &fast);
    out.answer(1, Answer::NoAnswer, at(5), &fast).unwrap();
    let (delays, _) = silence(&mut out, 3 * 86_400, &fast);
    assert_eq!(delays, [60, 3_660, 86_520, 172_920].map(at));
}

#[test]
fn who_takes_a_payment_back_is_promised_an_end_that_can_be_kept() {
    let fast = Schedule { expected_in: Duration::from_secs(60), ..Schedule::default() };
    let mut transfer = unknown(&fast);
    assert_eq!(transfer.expected_by, at(60));
    transfer.start_reversing(at(6), &fast);
    assert_eq!(transfer.expected_by, at(600));
    // The bank is back in the eighth minute, and has not seen it: another call may still be on its way.
    let (delays, _) = silence(&mut transfer, 470, &fast);
    assert!(delays.is_empty(), "{delays:?}");
    while let Some(due) = transfer.next_at {
        let claim = transfer.claim(due, &fast).unwrap();
        transfer.answer(claim.generation, Answer::NotFound, due, &fast).unwrap();
        assert_eq!(transfer.note_delay(due, &fast), None);
    }
    assert_eq!((transfer.state, transfer.final_at), (State::Refused, Some(at(540))));
    // Of one that the bank has said to have, it is the bank that knows the end.
    let mut taken = unknown(&fast);
    taken.callback(accepted(), at(6));
    taken.start_reversing(at(7), &fast);
    assert_eq!(taken.expected_by, at(60));
}

#[test]
fn what_is_put_off_waits_and_fails_nothing() {
    let schedule = Schedule::default();
    let mut transfer = transfer(&schedule);
    for turn in 0..50 {
        let due = transfer.next_at.unwrap();
        assert!(transfer.postpone(None, due, &schedule), "turn {turn}");
        assert!(!transfer.postpone(None, due, &schedule), "it is put off already");
        assert!(transfer.next_at.unwrap() > due);
    }
    assert_eq!((transfer.state, transfer.sends, transfer.postponed), (State::Created, 0, 50));
    // What was never sent is sent when its turn comes, within its validity.
    let mut soon = crate::transfer(&schedule);
    soon.postpone(None, at(0), &schedule);
    assert_eq!(soon.claim(at(5), &schedule).unwrap().step, Step::Send);
    assert!(!soon.postpone(None, at(6), &schedule), "somebody is at it");
    assert!(soon.postpone(None, at(35), &schedule), "whose lease has lapsed");
    assert_eq!((soon.state, soon.lease), (State::Unknown, None));
}

#[test]
fn a_window_moves_the_turn_and_the_promise_behind_its_end() {
    let schedule = Schedule::default();
    let window = MaintenanceId::from_raw([3; 16]);
    let mut transfer = transfer(&schedule);
    assert!(transfer.postpone(Some((at(7_200), window)), at(0), &schedule));
    // It may be called off: somebody looks every two minutes, and when it is over.
    for (due, next) in [(0, 120), (120, 240), (7_199, 7_200)] {
        let mut transfer = transfer.clone();
        transfer.next_at = Some(at(due));
        assert!(transfer.postpone(Some((at(7_200), window)), at(due), &schedule));
        assert_eq!((transfer.next_at, transfer.expected_by), (Some(at(next)), at(7_800)));
    }
    assert_eq!((transfer.maintenance, transfer.delayed_at), (Some(window), None));
    transfer.promise(at(60));
    assert_eq!(transfer.expected_by, at(7_800), "a promise is never taken back");
    let [first, second] = [1, 2].map(|number| IncidentId::from_raw([number; 16]));
    transfer.note_incident(first);
    transfer.note_incident(second);
    assert_eq!(transfer.incident, Some(first));
}
