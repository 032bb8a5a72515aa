//! Whether a bank is asked at all. While it is down its transfers wait, and nothing fails; it is tried again after a
//! pause that grows, by a question that moves nothing, and then by a few calls at a time.
//!
//! A transfer that one bank never answers says nothing about the others: several failures in a row are a suspicion,
//! which a question that moves nothing confirms or clears. Only many transfers in a row that all get no answer are
//! enough by themselves.

use makegood_base::{BankTransferId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// When a bank counts as down, and how it is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerLimits {
    /// So many calls in a row without an answer are a suspicion.
    pub suspicious_after: u32,
    /// So many different transfers in a row without an answer are enough.
    pub down_after: usize,
    /// How long to wait before the first try; twice as long before each further one. It is longer than a call waits for
    /// its answer, so that no call from before is taken for a try.
    pub pause: Duration,
    /// The longest that this becomes. A try is one question, and until it is answered nobody is served: short.
    pub pause_max: Duration,
    /// How many calls may be under way while it is tried.
    pub tries_at_once: u32,
    /// How many of them have to be answered.
    pub tries_needed: u32,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            suspicious_after: 5,
            down_after: 16,
            pause: Duration::from_secs(6),
            pause_max: Duration::from_secs(20),
            tries_at_once: 3,
            tries_needed: 3,
        }
    }
}

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// The bank is asked.
    Closed,
    /// It is not, before this time.
    Open {
        /// When it is tried again.
        until: Timestamp,
    },
    /// It is tried: a few calls at a time.
    HalfOpen,
}

impl BreakerState {
    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "up",
            Self::Open { .. } => "down",
            Self::HalfOpen => "recovering",
        }
    }
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may. What came of it has to be told, and its end, whether it was made or not.
    Call,
    /// It has to wait.
    Wait,
}

/// Whether a bank is asked.
#[derive(Debug, Clone)]
pub struct Breaker {
    limits: BreakerLimits,
    state: BreakerState,
    pause: Duration,
    failures: u32,
    silent: BTreeSet<BankTransferId>,
    under_way: u32,
    answered: u32,
}

impl Breaker {
    /// A bank that is asked.
    #[must_use]
    pub fn new(limits: BreakerLimits) -> Self {
        let pause = limits.pause;
        let state = BreakerState::Closed;
        Self { limits, state, pause, failures: 0, silent: BTreeSet::new(), under_way: 0, answered: 0 }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Whether a call may be made now.
    pub fn admit(&mut self) -> Admission {
        match self.state {
            BreakerState::Closed => Admission::Call,
            BreakerState::Open { .. } => Admission::Wait,
            BreakerState::HalfOpen if self.under_way < self.limits.tries_at_once => {
                self.under_way = self.under_way.saturating_add(1);
                Admission::Call
            }
            BreakerState::HalfOpen => Admission::Wait,
        }
    }

    /// A call that was admitted is over, or was not made after all.
    pub fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Whether a question that moves nothing is to be asked now: something is suspected, or it is time for a try.
    #[must_use]
    pub fn wants_probe(&self, now: Timestamp) -> bool {
        match self.state {
            BreakerState::Closed => self.failures >= self.limits.suspicious_after,
            BreakerState::Open { until } => until <= now,
            BreakerState::HalfOpen => false,
        }
    }

    /// Takes what came of such a question.
    pub fn probed(&mut self, answered: bool, now: Timestamp) {
        match (self.state, answered) {
            (BreakerState::Closed, true) => self.failures = 0,
            (BreakerState::Open { .. }, true) => {
                self.state = BreakerState::HalfOpen;
                (self.under_way, self.answered) = (0, 0);
            }
            (BreakerState::HalfOpen, true) => {}
            // Asked when nothing was suspected, it is one failure as any other.
            (BreakerState::Closed, false) if self.failures < self.limits.suspicious_after => {
                self.failures = self.failures.saturating_add(1);
            }
            (BreakerState::Closed, false) => self.open(self.limits.pause, now),
            (_, false) => self.open(self.pause.saturating_mul(2), now),
        }
    }

    /// Takes what came of a call about a transfer.
    pub fn called(&mut self, transfer: BankTransferId, answered: bool, now: Timestamp) {
        match (self.state, answered) {
            (BreakerState::Closed, true) => self.reset(),
            (BreakerState::Closed, false) => {
                self.failures = self.failures.saturating_add(1);
                self.silent.insert(transfer);
                if self.silent.len() >= self.limits.down_after {
                    self.open(self.limits.pause, now);
                }
            }
            (BreakerState::HalfOpen, true) => {
                self.answered = self.answered.saturating_add(1);
                if self.answered >= self.limits.tries_needed {
                    self.state = BreakerState::Closed;
                    self.pause = self.limits.pause;
                    self.reset();
                }
            }
            (BreakerState::HalfOpen, false) => self.open(self.pause.saturating_mul(2), now),
            // Calls that were under way when it opened.
            (BreakerState::Open { .. }, _) => {}
        }
    }

    fn reset(&mut self) {
        self.failures = 0;
        self.silent.clear();
    }

    fn open(&mut self, pause: Duration, now: Timestamp) {
        self.pause = pause.clamp(self.limits.pause, self.limits.pause_max);
        self.state = BreakerState::Open { until: now.plus(self.pause) };
        self.under_way = 0;
        self.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn transfer(number: u8) -> BankTransferId {
        BankTransferId::from_raw([number; 16])
    }

    #[test]
    fn one_transfer_without_an_answer_is_a_suspicion_and_no_more() {
        let mut breaker = Breaker::new(BreakerLimits::default());
        for call in 0..100 {
            assert_eq!(breaker.admit(), Admission::Call);
            breaker.called(transfer(1), false, at(call));
            assert_eq!(breaker.wants_probe(at(call)), breaker.failures >= 5);
            if breaker.wants_probe(at(call)) {
                breaker.probed(true, at(call));
            }
        }
        breaker.probed(false, at(100));
        assert_eq!(breaker.state(), BreakerState::Closed, "nothing was suspected");
        breaker.probed(true, at(100));
        // Nobody is there who could say that the bank is.
        (0..5).for_each(|_| breaker.called(transfer(1), false, at(200)));
        breaker.probed(false, at(200));
        assert_eq!(breaker.state(), BreakerState::Open { until: at(206) });
    }

    #[test]
    fn many_transfers_without_an_answer_are_enough() {
        let mut breaker = Breaker::new(BreakerLimits::default());
        (0..15).for_each(|number| breaker.called(transfer(number), false, at(1)));
        breaker.called(transfer(15), true, at(1));
        (0..15).for_each(|number| breaker.called(transfer(number), false, at(2)));
        assert_eq!(breaker.state(), BreakerState::Closed, "an answer in between");
        breaker.called(transfer(15), false, at(2));
        assert_eq!(breaker.state(), BreakerState::Open { until: at(8) });
        assert_eq!(breaker.admit(), Admission::Wait);
    }

    #[test]
    fn it_is_tried_by_a_question_and_then_by_a_few_calls() {
        let mut breaker = Breaker::new(BreakerLimits::default());
        (0..16).for_each(|number| breaker.called(transfer(number), false, at(0)));
        let mut until = 6;
        for pause in [12, 20, 20] {
            assert!(!breaker.wants_probe(at(until - 1)) && breaker.wants_probe(at(until)));
            breaker.probed(false, at(until));
            until += pause;
            assert_eq!(breaker.state(), BreakerState::Open { until: at(until) });
        }
        breaker.probed(true, at(until));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        let admitted = (0..5).filter(|_| breaker.admit() == Admission::Call).count();
        assert_eq!(admitted, 3, "a few at a time");
        breaker.called(transfer(1), true, at(until));
        assert_eq!(breaker.admit(), Admission::Wait, "the first of them is not over");
        breaker.leave();
        assert_eq!(breaker.admit(), Admission::Call);
        breaker.called(transfer(2), false, at(until));
        assert_eq!(
            breaker.state(),
            BreakerState::Open { until: at(until + 20) },
            "one is enough to wait again"
        );
        breaker.probed(true, at(until + 20));
        for number in 1..=3 {
            assert_eq!(breaker.admit(), Admission::Call);
            breaker.called(transfer(number), true, at(until + 20));
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        (0..16).for_each(|number| breaker.called(transfer(number), false, at(999)));
        assert_eq!(breaker.state(), BreakerState::Open { until: at(1_005) }, "the pause begins anew");
    }
}
