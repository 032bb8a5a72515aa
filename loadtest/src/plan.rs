//! What is played when: the load from once to five times and back, and the banks from calm to peak to outage to calm.

use serde_json::{Value, json};
use std::time::Duration;

/// How much more people there are at the height of it.
pub(crate) const LOAD_MAX: usize = 5;
/// How fast the bank's day passes while it is not at its peak: what it takes back in a minute it takes back in a second.
pub(crate) const CLOCK_SPEED: f64 = 60.0;
/// The bank's peak goes from six in the morning to the middle of its noon hour.
const PEAK_FROM: &str = "06:00";
const PEAK_SECONDS: f64 = 6.5 * 3_600.0;
/// How long the backlog of an hour may take.
const DRAIN_MAX: Duration = Duration::from_secs(300);
/// The same of a wallet that was not started here. There a transfer that the bank has never received, and that nobody
/// wants any more, is over when the bank cannot take it any more, which is after nine minutes. The wallet
/// asks then, and for a minute after it.
const DRAIN_MAX_ELSEWHERE: Duration = Duration::from_secs(900);

/// How the bank does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dial {
    Calm,
    Peak,
    Outage,
}

impl Dial {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Peak => "peak",
            Self::Outage => "outage",
        }
    }
}

/// A part of the hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    /// Where it ends, as a share of the whole.
    ends: f64,
    /// How much load there is at its end.
    load: usize,
    pub(crate) dial: Dial,
    /// Whether the payments from a balance are compared with those of the calm: the load is the same.
    pub(crate) is_compared: bool,
}

const fn phase(name: &'static str, ends: f64, load: usize, dial: Dial, is_compared: bool) -> Phase {
    Phase { name, ends, load, dial, is_compared }
}

/// The phases of every run.
pub(crate) const PHASES: [Phase; 8] = [
    phase("opening", 0.08, 1, Dial::Calm, false),
    phase("rise", 0.18, LOAD_MAX, Dial::Calm, false),
    phase("calm", 0.36, LOAD_MAX, Dial::Calm, true),
    phase("peak", 0.60, LOAD_MAX, Dial::Peak, true),
    phase("outage", 0.72, LOAD_MAX, Dial::Outage, true),
    phase("calm again", 0.90, LOAD_MAX, Dial::Calm, true),
    phase("fall", 0.96, 1, Dial::Calm, false),
    phase("closing", 1.0, 1, Dial::Calm, false),
];

/// The place of the phase with which the others are compared.
pub(crate) const CALM: usize = 2;
/// The place of the last phase with the whole load.
const CALM_AGAIN: usize = 5;

/// How often people do things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paces {
    pub(crate) balance: Duration,
    pub(crate) card: Duration,
    pub(crate) mover: Duration,
    pub(crate) clerk: Duration,
    /// How long somebody waits at a till before they leave, or the merchant cancels.
    pub(crate) patience: Duration,
}

/// What is played.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) length: Duration,
    /// How many people there are at single load.
    pub(crate) people: usize,
    pub(crate) paces: Paces,
    /// How many of a hundred transfers each fault is multiplied for.
    fault_scale: f64,
    /// For how long a bank may take money from a card, of a wallet that is started here.
    pub(crate) validity: Duration,
    /// How long the backlog may take to be gone.
    pub(crate) drain_max: Duration,
}

impl Plan {
    /// A peak hour of this length.
    pub(crate) fn peak_hour(minutes: f64, people: Option<u32>) -> Self {
        let length = Duration::from_secs_f64(minutes * 60.0);
        let paces = Paces {
            balance: Duration::from_millis(500),
            card: Duration::from_secs(2),
            mover: Duration::from_secs(3),
            clerk: Duration::from_secs(1),
            patience: Duration::from_secs(6),
        };
        // A short hour has few transfers, of which as many have to go wrong.
        let fault_scale = (10.0 / minutes).clamp(1.0, 5.0);
        let people = count(people, 20);
        let validity = (length / 10).clamp(Duration::from_secs(6), Duration::from_secs(60));
        Self { length, people, paces, fault_scale, validity, drain_max: DRAIN_MAX }
    }

    /// All of it in less than a minute.
    pub(crate) fn smoke(people: Option<u32>) -> Self {
        let second = Duration::from_secs(1);
        let paces =
            Paces { balance: second / 2, card: second, mover: second, clerk: second, patience: 2 * second };
        let (people, fault_scale, validity, drain_max) = (count(people, 4), 5.0, 6 * second, 75 * second);
        Self { length: 22 * second, people, paces, fault_scale, validity, drain_max }
    }

    /// The same on a wallet that was not started here.
    #[must_use]
    pub(crate) fn elsewhere(self) -> Self {
        Self { drain_max: DRAIN_MAX_ELSEWHERE, ..self }
    }

    /// When a phase ends.
    fn end(&self, place: usize) -> Duration {
        PHASES.get(place).map_or(self.length, |phase| self.length.mul_f64(phase.ends))
    }

    /// From when to when a phase lasts.
    pub(crate) fn span(&self, place: usize) -> (Duration, Duration) {
        (place.checked_sub(1).map_or(Duration::ZERO, |before| self.end(before)), self.end(place))
    }

    /// The phase at a time after the beginning; nothing when it is over.
    pub(crate) fn phase_at(&self, since: Duration) -> Option<usize> {
        (0..PHASES.len()).find(|place| since < self.end(*place))
    }

    /// The load as Goose takes it: how many people there are in the end of how many whole seconds. What takes no whole
    /// second is left out: Goose does not end a run that has such a step in its middle.
    pub(crate) fn steps(&self) -> Vec<(usize, u64)> {
        let whole = |time: Duration| (time + Duration::from_millis(500)).as_secs();
        let steps = PHASES.iter().enumerate().map(|(place, phase)| {
            let (from, to) = self.span(place);
            (phase.load * self.people, whole(to) - whole(from))
        });
        let steps = steps.filter(|(_, seconds)| *seconds > 0);
        std::iter::once((self.people, 0)).chain(steps).chain([(0, 0)]).collect()
    }

    /// How many people there are at most.
    pub(crate) const fn people_max(&self) -> usize {
        self.people * LOAD_MAX
    }

    /// What the bank's dial is turned to.
    pub(crate) fn profile(&self, place: usize) -> Value {
        let dial = PHASES.get(place).map_or(Dial::Calm, |phase| phase.dial);
        match dial {
            Dial::Peak => {
                let (from, to) = self.span(place);
                let speed = PEAK_SECONDS / to.saturating_sub(from).as_secs_f64().max(0.1);
                json!({"profile": "peak", "time_of_day": PEAK_FROM, "clock_speed": speed.clamp(1.0, 80_000.0)})
            }
            dial => json!({"profile": dial.name(), "clock_speed": CLOCK_SPEED}),
        }
    }

    /// The rates of the bank's faults. Those that have not happened yet, and are to happen now, share the transfers: a
    /// transfer has one at most that is about what becomes of it, the first in their order to which it happens.
    pub(crate) fn faults(&self, missing: &[String]) -> Value {
        let is_missing = |kind: &str| missing.iter().any(|name| name == kind);
        let mut left = FAULTS.iter().filter(|(kind, _)| is_outcome(kind) && is_missing(kind)).count();
        let is_shared = left > 0;
        let rate = |(kind, rate): &(&str, f64)| match *kind {
            "recall_refused" => 1.0,
            kind if is_outcome(kind) && is_missing(kind) => {
                let share = 1.0 / f64::from(u32::try_from(left).unwrap_or(u32::MAX)).max(1.0);
                left = left.saturating_sub(1);
                share
            }
            // Only what is told twice can be told in another order.
            "late" if !is_shared && is_missing("callback_reordered") => 0.5,
            kind if is_outcome(kind) && is_shared => 0.0,
            kind if is_missing(kind) => 0.5,
            _ => (rate * self.fault_scale).min(RATE_MAX),
        };
        let rates: Vec<f64> = FAULTS.iter().map(rate).collect();
        let named = FAULTS.iter().zip(rates).map(|((kind, _), rate)| (format!("{kind}_rate"), json!(rate)));
        Value::Object(named.collect())
    }

    /// Whether what has not happened yet is made to happen in a phase: while the bank is calm, and in a short hour from
    /// its first calm on.
    pub(crate) fn makes_happen(&self, place: usize) -> bool {
        let from = if self.length < SHORT { CALM } else { CALM_AGAIN };
        place >= from && PHASES.get(place).is_some_and(|phase| phase.dial == Dial::Calm)
    }
}

/// A shorter hour has few transfers.
const SHORT: Duration = Duration::from_secs(60);
/// How many transfers a fault happens to at most.
const RATE_MAX: f64 = 0.3;

/// Whether a fault is about what becomes of a transfer, of which each has one at most.
fn is_outcome(kind: &str) -> bool {
    !["timeout_executed", "recall_refused"].contains(&kind) && !kind.starts_with("callback_")
}

/// Every fault that is to happen, and how often: ten in a hundred executed without an answer, two in a hundred told
/// twice, and of all others some. Callbacks can only be reordered of the few transfers that have two.
pub(crate) const FAULTS: [(&str, f64); 15] = [
    ("timeout_executed", 0.10),
    ("never_answered", 0.005),
    ("late", 0.02),
    ("success_after_failure", 0.005),
    ("failure_after_success", 0.003),
    ("returned", 0.005),
    ("wrong_amount", 0.003),
    ("wrong_currency", 0.003),
    ("wrong_payee", 0.003),
    ("wrong_reference", 0.003),
    ("callback_twice", 0.02),
    ("callback_reordered", 0.25),
    ("callback_lost", 0.02),
    ("callback_forged", 0.02),
    ("recall_refused", 1.0),
];

fn count(people: Option<u32>, otherwise: usize) -> usize {
    people.map_or(otherwise, |people| usize::try_from(people).unwrap_or(otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_whole_and_the_load_comes_back() {
        for plan in [Plan::peak_hour(10.0, None), Plan::peak_hour(0.2, Some(2)), Plan::smoke(None)] {
            let seconds: u64 = plan.steps().iter().map(|(_, seconds)| seconds).sum();
            assert_eq!(seconds, plan.length.as_secs());
            let mut loads: Vec<usize> = plan.steps().iter().map(|(people, _)| people / plan.people).collect();
            loads.dedup();
            assert_eq!(loads, [1, 5, 1, 0]);
            assert_eq!(plan.phase_at(Duration::ZERO), Some(0));
            assert_eq!(plan.phase_at(plan.length), None);
            assert_eq!(plan.span(CALM).1, plan.span(CALM + 1).0);
        }
        let compared: Vec<_> =
            PHASES.iter().filter(|phase| phase.is_compared).map(|phase| (phase.name, phase.load)).collect();
        assert_eq!(compared, [("calm", 5), ("peak", 5), ("outage", 5), ("calm again", 5)]);
        assert_eq!((PHASES[CALM].name, PHASES[CALM_AGAIN].name), ("calm", "calm again"));
    }

    #[test]
    fn the_bank_passes_its_morning_within_the_peak() {
        let plan = Plan::peak_hour(10.0, None);
        assert_eq!(plan.profile(3)["clock_speed"], json!(162.5));
        assert_eq!(plan.profile(4), json!({"profile": "outage", "clock_speed": 60.0}));
    }

    #[test]
    fn what_has_not_happened_is_made_to_happen() {
        let plan = Plan::peak_hour(10.0, None);
        let check = |missing: &[&str], expected: [f64; 5]| {
            let missing: Vec<String> = missing.iter().map(|kind| (*kind).to_owned()).collect();
            let faults = plan.faults(&missing);
            assert_eq!(faults.as_object().unwrap().len(), FAULTS.len());
            let kinds = ["timeout_executed", "late", "wrong_payee", "callback_reordered", "recall_refused"];
            let rates = kinds.map(|kind| faults[format!("{kind}_rate")].as_f64().unwrap());
            assert_eq!(rates, expected, "{missing:?}");
        };
        check(&[], [0.1, 0.02, 0.003, 0.25, 1.0]);
        check(&["wrong_payee"], [0.1, 0.0, 1.0, 0.25, 1.0]);
        check(&["wrong_payee", "wrong_reference"], [0.1, 0.0, 0.5, 0.25, 1.0]);
        check(&["late", "wrong_payee"], [0.1, 0.5, 1.0, 0.25, 1.0]);
        check(&["timeout_executed", "callback_reordered"], [0.5, 0.5, 0.003, 0.5, 1.0]);
        let place = |name: &str| PHASES.iter().position(|phase| phase.name == name).unwrap();
        for (name, in_long, in_short) in [
            ("rise", false, false),
            ("calm", false, true),
            ("peak", false, false),
            ("calm again", true, true),
        ] {
            assert_eq!(plan.makes_happen(place(name)), in_long, "{name}");
            assert_eq!(Plan::smoke(None).makes_happen(place(name)), in_short, "{name}");
        }
    }
}
