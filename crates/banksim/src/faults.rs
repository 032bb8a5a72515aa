//! What the bank is told to do wrong while it runs.

use crate::cards::Behaviour;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::VecDeque, sync::Mutex};

/// The faults that are set. Setting them replaces all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// How long every answer of `/v1` is held back, in milliseconds.
    pub latency_ms: u64,
    /// How many of the new transfers are executed and get no answer: 0 is none, 1 is all. Which ones, the
    /// seed and the transfer's reference decide.
    pub timeout_executed_rate: f64,
    /// How the next new transfers are treated, whatever their card; before the rate is looked at.
    pub next: VecDeque<Next>,
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

    pub(crate) fn set(&self, faults: Faults) {
        *self.lock() = faults;
    }

    /// The behaviour for a new transfer, if its card's is not to be used.
    pub(crate) fn take(&self, reference: &str) -> Option<Behaviour> {
        let mut faults = self.lock();
        while let Some(next) = faults.next.front_mut() {
            if let Some(left) = next.count.checked_sub(1) {
                next.count = left;
                return Some(next.behaviour);
            }
            faults.next.pop_front();
        }
        (draw(self.seed, reference) < faults.timeout_executed_rate).then_some(Behaviour::TimesOutButExecutes)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A number from 0 to below 1 that the seed and the reference decide.
fn draw(seed: u64, reference: &str) -> f64 {
    let digest = Sha256::digest(format!("{seed} {reference}"));
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&digest[..4]);
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_transfers_are_treated_as_told_then_by_rate() {
        let switch = FaultSwitch::new(1);
        let next = |behaviour, count| Next { behaviour, count };
        switch.set(Faults {
            timeout_executed_rate: 1.0,
            next: [next(Behaviour::Slow, 2), next(Behaviour::Slow, 0), next(Behaviour::Refuses, 1)].into(),
            ..Faults::default()
        });
        let taken: Vec<_> = (0..4).filter_map(|_| switch.take("btr_1")).collect();
        let expected = [Behaviour::Slow, Behaviour::Slow, Behaviour::Refuses, Behaviour::TimesOutButExecutes];
        assert_eq!(taken, expected);
        switch.set(Faults::default());
        assert_eq!(switch.take("btr_1"), None);
    }

    #[test]
    fn the_seed_decides_which_and_the_rate_how_many() {
        let share = |seed: u64, rate: f64| -> Vec<usize> {
            let switch = FaultSwitch::new(seed);
            switch.set(Faults { timeout_executed_rate: rate, ..Faults::default() });
            (0..1_000).filter(|index| switch.take(&format!("btr_{index}")).is_some()).collect()
        };
        assert_eq!(share(1, 0.1), share(1, 0.1));
        assert_ne!(share(1, 0.1), share(2, 0.1));
        assert!((70..130).contains(&share(1, 0.1).len()));
        assert_eq!(share(1, 0.0).len(), 0);
    }
}
