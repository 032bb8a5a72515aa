//! Every sequence of up to six events: nothing contradicts itself, and it is always somebody's turn.

use crate::{accepted, at, misdirected, mismatched, refused, returned, succeeded, transfer};
use makegood_banking::{Answer, BankTransfer, Outcome, Schedule, State, Step};
use makegood_base::Timestamp;
use std::{collections::HashSet, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A worker claims when it is due, and its call is answered so.
    Called(Told),
    /// A worker claims and dies; its lease lapses.
    Died,
    /// An answer of the claim before the last one arrives.
    Late(Told),
    Callback(Told),
    Reverse,
    /// Its validity passes while nobody works.
    Wait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Succeeded,
    Mismatched,
    Accepted,
    Refused,
    NotFound,
    NoAnswer,
    Misdirected,
    Returned,
}

use Told::{Accepted, Misdirected, Mismatched, NoAnswer, NotFound, Refused, Returned, Succeeded};

const EVENTS: [Event; 18] = [
    Event::Called(Succeeded),
    Event::Called(Mismatched),
    Event::Called(Accepted),
    Event::Called(Refused),
    Event::Called(NotFound),
    Event::Called(NoAnswer),
    Event::Died,
    Event::Late(Succeeded),
    Event::Late(NotFound),
    Event::Callback(Succeeded),
    Event::Callback(Mismatched),
    Event::Callback(Accepted),
    Event::Callback(Refused),
    Event::Callback(Misdirected),
    Event::Callback(Returned),
    Event::Called(Returned),
    Event::Reverse,
    Event::Wait,
];

fn message(told: Told) -> Answer {
    match told {
        Succeeded => succeeded(),
        Mismatched => mismatched(),
        Accepted => accepted(),
        Refused => refused(),
        NotFound => Answer::NotFound,
        NoAnswer => Answer::NoAnswer,
        Misdirected => misdirected(),
        Returned => returned(),
    }
}

/// A history so far: the transfer, the time, the outcomes that were told, and the events.
#[derive(Clone)]
struct History {
    transfer: BankTransfer,
    now: Timestamp,
    told: Vec<Outcome>,
    path: Vec<Event>,
}

impl History {
    /// What the future depends on, and what is judged.
    fn place(&self) -> String {
        let mut told: Vec<_> = self.told.iter().filter(|outcome| !is_quiet(outcome)).collect();
        told.sort_by_key(|outcome| format!("{outcome:?}"));
        format!("{:?} {:?} {told:?}", self.transfer, self.now)
    }
}

fn is_quiet(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Pending | Outcome::Unchanged)
}

fn step(history: &mut History, event: Event, schedule: &Schedule) {
    let transfer = &mut history.transfer;
    if let (Event::Called(_) | Event::Died, Some(due)) = (event, transfer.next_at) {
        history.now = history.now.max(due);
    }
    let now = history.now;
    let (was_reversing, was_past) = (transfer.reversing, now >= transfer.valid_until);
    let mut claim = || {
        let claim = transfer.claim(now, schedule);
        let sent = claim.is_some_and(|claim| claim.step == Step::Send);
        assert!(!(sent && (was_reversing || was_past)), "sent though it must not be");
    };
    match event {
        Event::Called(told) => {
            claim();
            let generation = transfer.generation;
            let outcome = transfer.answer(generation, message(told), now, schedule);
            history.told.extend(outcome.ok());
        }
        Event::Died => claim(),
        Event::Late(told) => {
            let generation = transfer.generation - 1;
            history.told.extend(transfer.answer(generation, message(told), now, schedule).ok());
        }
        Event::Callback(told) => history.told.push(transfer.callback(message(told), now)),
        Event::Reverse => history.told.push(transfer.start_reversing(now, schedule)),
        Event::Wait => history.now = now.plus(Duration::from_secs(1_000)),
    }
}

/// What must hold after every event.
fn judge(before: &History, after: &History) {
    let (old, new) = (&before.transfer, &after.transfer);
    assert_eq!(new.is_final(), new.final_at.is_some());
    assert_eq!(new.is_final(), new.next_at.is_none(), "somebody's turn until it is final, nobody's after");
    assert_eq!(new.state == State::Refused, new.refusal.is_some());
    assert_eq!(new.is_unknown(), new.unknown_since.is_some());
    assert!(new.lease.is_none() || !new.is_final());
    assert!(new.state != State::Created || new.sends == 0);
    let is_sending = new.lease.is_some_and(|lease| lease.step == Step::Send);
    assert!(new.state != State::Submitted || (new.sends == 1 && is_sending), "nobody is sending it");
    assert!(new.state != State::Settled || new.bank_reference.is_some());
    assert!(new.late_success_at.is_none() || new.state == State::Refused);
    if old.is_final() {
        assert_eq!((new.state, new.final_at, new.refusal), (old.state, old.final_at, old.refusal));
    }
    assert!(new.generation >= old.generation && (new.reversing || !old.reversing));
    if old.reversing {
        assert_eq!(new.sends, old.sends);
    }
    let count = |wanted: fn(&Outcome) -> bool| after.told.iter().filter(|outcome| wanted(outcome)).count();
    let finals = count(|outcome| matches!(outcome, Outcome::Settled | Outcome::Refused(_)));
    assert_eq!(finals, usize::from(new.is_final()), "a final state is told exactly once");
    let late = count(|outcome| *outcome == Outcome::LateSuccess);
    assert_eq!(late, usize::from(new.late_success_at.is_some()));
    let mismatches = count(|outcome| *outcome == Outcome::Mismatch);
    assert_eq!(mismatches, usize::from(new.mismatch.is_some()));
    let contradictions = count(|outcome| *outcome == Outcome::Contradiction);
    assert_eq!(contradictions, usize::from(new.contradicted_at.is_some()));
    let returns = count(|outcome| matches!(outcome, Outcome::Returned(_)));
    assert!(returns <= usize::from(new.returned_at.is_some()), "a return is told at most once");
    assert!(new.expected_by >= old.expected_by, "a promise is never taken back");
    assert!(count(|outcome| *outcome == Outcome::BecameUnknown) <= 1);
}

/// After any event, the same message once more tells nobody anything and changes no state.
fn repeat(history: &History, event: Event, schedule: &Schedule) {
    let told = match event {
        Event::Called(told) | Event::Late(told) | Event::Callback(told) => told,
        Event::Died | Event::Reverse | Event::Wait => return,
    };
    let mut again = history.clone();
    let once = again.transfer.callback(message(told), history.now);
    if !matches!(event, Event::Late(_)) {
        assert!(is_quiet(&once), "{once:?}");
        assert_eq!(again.transfer.state, history.transfer.state);
    }
    let settled = again.clone();
    again.transfer.callback(message(told), history.now);
    assert_eq!(again.transfer, settled.transfer);
    let generation = again.transfer.generation;
    let stale = again.transfer.answer(generation - 1, Answer::NoAnswer, history.now, schedule);
    assert!(stale.is_err());
}

#[test]
fn every_sequence_of_events_is_consistent() {
    const LENGTH_MAX: u32 = 6;
    let schedule = Schedule::default();
    let start = History { transfer: transfer(&schedule), now: at(0), told: Vec::new(), path: Vec::new() };
    // Sequences that led to the same place go on as one.
    let mut places = vec![start];
    for _ in 0..LENGTH_MAX {
        let mut seen = HashSet::new();
        let mut reached = Vec::new();
        for before in &places {
            for event in EVENTS {
                let mut after = before.clone();
                after.path.push(event);
                let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    step(&mut after, event, &schedule);
                    judge(before, &after);
                    repeat(&after, event, &schedule);
                }));
                assert!(judged.is_ok(), "after {:?}: {:?}", after.path, after.transfer);
                if seen.insert(after.place()) {
                    reached.push(after);
                }
            }
        }
        places = reached;
    }
    let sequences = (EVENTS.len() as u64).pow(LENGTH_MAX);
    println!("{sequences} sequences of {LENGTH_MAX} events to {} places, violations 0", places.len());
}

/// All orders of up to six messages, duplicates among them: the state is the first final word, and money is told to
/// have arrived exactly once, in time or late; where the bank took it back, it is told to be gone once, or never to
/// have come.
#[test]
fn callbacks_in_every_order_have_one_effect() {
    const SETS: &[&[Told]] = &[
        &[Succeeded, Succeeded, Refused, Refused, Accepted, NoAnswer],
        &[Succeeded, Succeeded, Returned, Returned, Accepted, Refused],
        &[Succeeded, Returned, Refused, Refused, Accepted, NotFound],
        &[Refused, Accepted, Succeeded],
        &[Returned, Succeeded],
    ];
    let schedule = Schedule::default();
    let mut orders = 0;
    for words in SETS {
        permutations(&mut words.to_vec(), 0, &mut |order| {
            orders += 1;
            let mut transfer = transfer(&schedule);
            transfer.claim(at(0), &schedule);
            let outcomes: Vec<_> =
                order.iter().map(|told| transfer.callback(message(*told), at(1))).collect();
            let first = order.iter().find(|told| matches!(told, Succeeded | Refused | Returned));
            let expected = if first == Some(&Succeeded) { State::Settled } else { State::Refused };
            assert_eq!(transfer.state, expected, "{order:?}");
            let arrived = |outcome: &&Outcome| matches!(outcome, Outcome::Settled | Outcome::LateSuccess);
            let arrived = outcomes.iter().filter(arrived).count();
            let gone = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Returned(_))).count();
            if order.contains(&Returned) {
                assert_eq!(arrived, gone, "{order:?}: {outcomes:?}");
                assert!(arrived <= 1);
            } else {
                assert_eq!((arrived, gone), (1, 0), "{order:?}: {outcomes:?}");
            }
        });
    }
    println!("{orders} permutations, divergent 0");
}

fn permutations(words: &mut Vec<Told>, from: usize, visit: &mut impl FnMut(&[Told])) {
    if from == words.len() {
        return visit(words);
    }
    for index in from..words.len() {
        words.swap(from, index);
        permutations(words, from + 1, visit);
        words.swap(from, index);
    }
}
