//! What the bank is told to do wrong while it runs.

use crate::{cards::Behaviour, chance::draw};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, sync::Mutex};

/// The faults that are set. Setting them replaces all of them.
///
/// A rate is how many of those whom it may happen to it happens to: 0 is none, 1 is all. Which ones, the seed and the
/// transfer's reference decide. A transfer has at most one of the faults that change what becomes of it, the first in
/// the order below; only a transfer that nothing else is the matter with has one: its card always works, and it is
/// not one of `next`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// How long every answer of `/v1` is held back, in milliseconds.
    pub latency_ms: u64,
    /// How the next new transfers are treated, whatever their card; before any rate is looked at.
    pub next: VecDeque<Next>,
    /// Executed, or accepted, and the first send gets no answer.
    pub timeout_executed_rate: f64,

    /// Accepted, and then nothing more, until somebody resolves it.
    pub never_answered_rate: f64,
    /// Accepted, and executed after `Timings::settle_after`.
    pub late_rate: f64,
    /// Refused, and executed after `Delays::change_after` all the same.
    pub success_after_failure_rate: f64,
    /// Executed, and taken back and refused after `Delays::change_after`.
    pub failure_after_success_rate: f64,
    /// Executed, and returned after `Delays::return_after`.
    pub returned_rate: f64,
    /// Executed with another amount.
    pub wrong_amount_rate: f64,
    /// Executed in another currency.
    pub wrong_currency_rate: f64,
    /// Executed with a stranger's card.
    pub wrong_payee_rate: f64,
    /// Executed, and the same amount comes in from a stranger under a reference that nobody gave. Of transfers in.
    pub wrong_reference_rate: f64,

    /// The callback is delivered twice.
    pub callback_twice_rate: f64,
    /// The status before the last is told after the last.
    pub callback_reordered_rate: f64,
    /// The callback is not sent.
    pub callback_lost_rate: f64,
    /// Beside the callback comes another that says the opposite, and was not signed by the bank.
    pub callback_forged_rate: f64,

    /// A recall is refused.
    pub recall_refused_rate: f64,
}

/// A behaviour for the next new transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Next {
    /// How they are treated.
    pub behaviour: Behaviour,
    /// How many of them.
    pub count: u32,
}

/// A kind of fault: [`Faults`] has a rate for each, and says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the rates of the same names say what they are")]
pub enum FaultKind {
    TimeoutExecuted,
    NeverAnswered,
    Late,
    SuccessAfterFailure,
    FailureAfterSuccess,
    Returned,
    WrongAmount,
    WrongCurrency,
    WrongPayee,
    WrongReference,
    CallbackTwice,
    CallbackReordered,
    CallbackLost,
    CallbackForged,
    RecallRefused,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::TimeoutExecuted,
        Self::NeverAnswered,
        Self::Late,
        Self::SuccessAfterFailure,
        Self::FailureAfterSuccess,
        Self::Returned,
        Self::WrongAmount,
        Self::WrongCurrency,
        Self::WrongPayee,
        Self::WrongReference,
        Self::CallbackTwice,
        Self::CallbackReordered,
        Self::CallbackLost,
        Self::CallbackForged,
        Self::RecallRefused,
    ];
    /// Those that change what becomes of a transfer, in the order in which they are looked at.
    fn outcomes() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| (Self::NeverAnswered..=Self::WrongReference).contains(kind))
    }

    /// Its name, as JSON has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimeoutExecuted => "timeout_executed",
            Self::NeverAnswered => "never_answered",
            Self::Late => "late",
            Self::SuccessAfterFailure => "success_after_failure",
            Self::FailureAfterSuccess => "failure_after_success",
            Self::Returned => "returned",
            Self::WrongAmount => "wrong_amount",
            Self::WrongCurrency => "wrong_currency",
            Self::WrongPayee => "wrong_payee",
            Self::WrongReference => "wrong_reference",
            Self::CallbackTwice => "callback_twice",
            Self::CallbackReordered => "callback_reordered",
            Self::CallbackLost => "callback_lost",
            Self::CallbackForged => "callback_forged",
            Self::RecallRefused => "recall_refused",
        }
    }

    /// The reverse of [`name`](Self::name).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Faults {
    /// How often a kind of fault happens.
    #[must_use]
    pub const fn rate(&self, kind: FaultKind) -> f64 {
        match kind {
            FaultKind::TimeoutExecuted => self.timeout_executed_rate,
            FaultKind::NeverAnswered => self.never_answered_rate,
            FaultKind::Late => self.late_rate,
            FaultKind::SuccessAfterFailure => self.success_after_failure_rate,
            FaultKind::FailureAfterSuccess => self.failure_after_success_rate,
            FaultKind::Returned => self.returned_rate,
            FaultKind::WrongAmount => self.wrong_amount_rate,
            FaultKind::WrongCurrency => self.wrong_currency_rate,
            FaultKind::WrongPayee => self.wrong_payee_rate,
            FaultKind::WrongReference => self.wrong_reference_rate,
            FaultKind::CallbackTwice => self.callback_twice_rate,
            FaultKind::CallbackReordered => self.callback_reordered_rate,
            FaultKind::CallbackLost => self.callback_lost_rate,
            FaultKind::CallbackForged => self.callback_forged_rate,
            FaultKind::RecallRefused => self.recall_refused_rate,
        }
    }

    /// The first rate that is none.
    pub(crate) fn refused_rate(&self) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| !(0.0..=1.0).contains(&self.rate(*kind)))
    }
}

/// The faults that are set now.
#[derive(Debug)]
pub(crate) struct FaultSwitch {
    seed: u64,
    faults: Mutex<Faults>,
}

impl FaultSwitch {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, faults: Mutex::default() }
    }

    pub(crate) fn get(&self) -> Faults {
        self.lock().clone()
    }

    pub(crate) fn latency_ms(&self) -> u64 {
        self.lock().latency_ms
    }

    pub(crate) fn set(&self, faults: Faults) {
        *self.lock() = faults;
    }

    /// The behaviour that a new transfer was told to have, if its card's is not to be used.
    pub(crate) fn told(&self) -> Option<Behaviour> {
        let mut faults = self.lock();
        while let Some(next) = faults.next.front_mut() {
            if let Some(left) = next.count.checked_sub(1) {
                next.count = left;
                return Some(next.behaviour);
            }
            faults.next.pop_front();
        }
        None
    }

    /// Whether a kind of fault happens to an object.
    pub(crate) fn happens(&self, kind: FaultKind, object: &str) -> bool {
        let rate = self.lock().rate(kind);
        rate > 0.0 && draw(self.seed, kind.name(), object) < rate
    }

    /// What goes wrong with what becomes of a transfer.
    pub(crate) fn outcome(&self, reference: &str) -> Option<FaultKind> {
        FaultKind::outcomes().find(|kind| self.happens(*kind, reference))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_transfers_are_treated_as_told() {
        let switch = FaultSwitch::new(1);
        let next = |behaviour, count| Next { behaviour, count };
        switch.set(Faults {
            next: [next(Behaviour::Slow, 2), next(Behaviour::Slow, 0), next(Behaviour::Refuses, 1)].into(),
            ..Faults::default()
        });
        let taken: Vec<_> = (0..4).filter_map(|_| switch.told()).collect();
        assert_eq!(taken, [Behaviour::Slow, Behaviour::Slow, Behaviour::Refuses]);
    }

    #[test]
    fn the_seed_decides_which_and_the_rate_how_many() {
        for kind in FaultKind::ALL {
            let share = |seed: u64, rate: f64| -> Vec<usize> {
                let switch = FaultSwitch::new(seed);
                switch.set(with_rate(kind, rate));
                (0..1_000).filter(|index| switch.happens(kind, &format!("btr_{index}"))).collect()
            };
            assert_eq!(share(1, 0.1), share(1, 0.1), "{}", kind.name());
            assert_ne!(share(1, 0.1), share(2, 0.1), "{}", kind.name());
            assert!((70..130).contains(&share(1, 0.1).len()), "{}", kind.name());
            assert_eq!((share(1, 0.0).len(), share(1, 1.0).len()), (0, 1_000), "{}", kind.name());
        }
    }

    /// Each kind's name is that of its rate.
    fn with_rate(kind: FaultKind, rate: f64) -> Faults {
        let body = serde_json::json!({format!("{}_rate", kind.name()): rate});
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn rates_are_from_none_to_all() {
        for kind in FaultKind::ALL {
            assert_eq!(FaultKind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            for (rate, expected) in [(0.0, None), (1.0, None), (1.1, Some(kind)), (-0.1, Some(kind))] {
                assert_eq!(with_rate(kind, rate).refused_rate(), expected, "{} {rate}", kind.name());
            }
        }
    }

    #[test]
    fn a_transfer_has_one_fault_of_its_outcome() {
        let switch = FaultSwitch::new(1);
        switch.set(Faults { late_rate: 0.5, returned_rate: 1.0, ..Faults::default() });
        let outcomes: Vec<_> = (0..100).map(|index| switch.outcome(&format!("btr_{index}"))).collect();
        let late = outcomes.iter().filter(|kind| **kind == Some(FaultKind::Late)).count();
        let returned = outcomes.iter().filter(|kind| **kind == Some(FaultKind::Returned)).count();
        assert!((30..70).contains(&late) && late + returned == 100, "{late} {returned}");
    }
}
