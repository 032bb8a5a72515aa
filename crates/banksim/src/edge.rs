//! The bank's front door: whether a call is let in, how long it waits in line, and how long its answer takes.

use crate::{
    chance::{draw, draw_normal},
    profile::Conditions,
};
use serde::Serialize;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// For how many objects the bank remembers how often they were asked for. Beyond that it begins to count anew.
const ASKED_MAX: usize = 1 << 18;
/// How many calls may hang at once in an outage; what comes then is answered.
const HANGING_MAX: usize = 256;

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Admission {
    /// It waits in line, then its answer takes a while.
    Enter {
        /// How long it is in line.
        line: Duration,
        /// How long its answer takes from then on.
        latency: Duration,
        /// From 0 to 1: which part of the latency is over when the bank does what it was asked.
        done_at: f64,
    },
    /// There are too many in line.
    Full,
    /// The bank cannot be reached, and says so.
    Out,
    /// The bank cannot be reached, and says nothing.
    Hang(OwnedSemaphorePermit),
}

/// How many calls were turned away, since the bank was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TurnedAway {
    /// In an outage: answered with 503.
    pub outage_answered: u64,
    /// In an outage: not answered.
    pub outage_unanswered: u64,
    /// Too many were in line.
    pub line_full: u64,
    /// In a planned maintenance.
    pub maintenance: u64,
    /// Let in, but only after they had waited in line.
    pub queued: u64,
}

/// The front door.
#[derive(Debug)]
pub(crate) struct Edge {
    seed: u64,
    /// When whoever comes next has his turn.
    next_turn: Mutex<Option<Instant>>,
    asked: Mutex<HashMap<u64, u32>>,
    hasher: RandomState,
    hanging: Arc<Semaphore>,
    outage_answered: AtomicU64,
    outage_unanswered: AtomicU64,
    line_full: AtomicU64,
    maintenance: AtomicU64,
    queued: AtomicU64,
}

impl Edge {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            next_turn: Mutex::default(),
            asked: Mutex::default(),
            hasher: RandomState::new(),
            hanging: Arc::new(Semaphore::new(HANGING_MAX)),
            outage_answered: AtomicU64::new(0),
            outage_unanswered: AtomicU64::new(0),
            line_full: AtomicU64::new(0),
            maintenance: AtomicU64::new(0),
            queued: AtomicU64::new(0),
        }
    }

    /// Lets a call in, or not. `call` is its method and path: what is drawn depends on it, and on how often it was
    /// made.
    pub(crate) fn admit(&self, call: &str, conditions: &Conditions) -> Admission {
        if conditions == &Conditions::IDLE {
            return Admission::Enter { line: Duration::ZERO, latency: Duration::ZERO, done_at: 0.0 };
        }
        let object = format!("{call} {}", self.count(call));
        if conditions.outage {
            let hangs = draw(self.seed, "hang", &object) < 0.5;
            return match Arc::clone(&self.hanging).try_acquire_owned() {
                Ok(permit) if hangs => {
                    self.outage_unanswered.fetch_add(1, Ordering::Relaxed);
                    Admission::Hang(permit)
                }
                _ => {
                    self.outage_answered.fetch_add(1, Ordering::Relaxed);
                    Admission::Out
                }
            };
        }
        let Some(line) = self.line_up(conditions) else {
            self.line_full.fetch_add(1, Ordering::Relaxed);
            return Admission::Full;
        };
        if line > Duration::ZERO {
            self.queued.fetch_add(1, Ordering::Relaxed);
        }
        let latency = conditions.latency(draw_normal(self.seed, "latency", &object));
        Admission::Enter { line, latency, done_at: draw(self.seed, "done", &object) }
    }

    pub(crate) fn under_maintenance(&self) {
        self.maintenance.fetch_add(1, Ordering::Relaxed);
    }

    /// Whoever waits in line leaves it: the day was set anew.
    pub(crate) fn dissolve_line(&self) {
        *self.next_turn.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn turned_away(&self) -> TurnedAway {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TurnedAway {
            outage_answered: read(&self.outage_answered),
            outage_unanswered: read(&self.outage_unanswered),
            line_full: read(&self.line_full),
            maintenance: read(&self.maintenance),
            queued: read(&self.queued),
        }
    }

    /// How long a call waits for its turn; `None` if there are too many before it. The line is one moment, that of the
    /// next turn, and nobody keeps it up.
    fn line_up(&self, conditions: &Conditions) -> Option<Duration> {
        let Some(per_second) = conditions.per_second else { return Some(Duration::ZERO) };
        let now = Instant::now();
        let mut next_turn = self.next_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next_turn.map_or(now, |turn| turn.max(now));
        let wait = turn - now;
        if wait.as_secs_f64() * per_second > f64::from(conditions.queue_max) {
            return None;
        }
        *next_turn = Some(turn + Duration::from_secs_f64(1.0 / per_second));
        Some(wait)
    }

    /// How often this call was made before.
    fn count(&self, call: &str) -> u32 {
        let key = self.hasher.hash_one(call);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= ASKED_MAX {
            asked.clear();
        }
        let count = asked.entry(key).or_default();
        *count += 1;
        *count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, TimeOfDay};

    fn entered(admission: &Admission) -> Option<(Duration, Duration)> {
        match admission {
            Admission::Enter { line, latency, .. } => Some((*line, *latency)),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_capacity_wait_and_beyond_the_line_are_refused() {
        let edge = Edge::new(1);
        let noon = Conditions { queue_max: 10, ..Profile::peak().at(TimeOfDay::new(12, 0)) };
        let lines: Vec<_> = (0..13)
            .filter_map(|index| entered(&edge.admit(&format!("PUT {index}"), &noon)))
            .map(|(line, _)| line.as_millis())
            .collect();
        assert_eq!(lines, [0, 25, 50, 75, 100, 125, 150, 175, 200, 225, 250]);
        assert_eq!((edge.turned_away().line_full, edge.turned_away().queued), (2, 10));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(entered(&edge.admit("PUT later", &noon)).unwrap().0, Duration::from_millis(175));
        edge.dissolve_line();
        assert_eq!(entered(&edge.admit("PUT last", &noon)).unwrap().0, Duration::ZERO);
    }

    #[tokio::test]
    async fn the_same_calls_take_the_same_time_in_any_order() {
        let conditions = Conditions { per_second: None, ..Profile::peak().at(TimeOfDay::new(12, 0)) };
        let latencies = |order: &[&'static str]| {
            let edge = Edge::new(1);
            let mut taken: Vec<_> =
                order.iter().map(|call| (*call, entered(&edge.admit(call, &conditions)).unwrap())).collect();
            taken.sort();
            taken
        };
        let once = latencies(&["GET 1", "GET 2", "GET 1", "PUT 1"]);
        assert_eq!(once, latencies(&["GET 2", "PUT 1", "GET 1", "GET 1"]));
        assert_ne!(once[0].1, once[1].1, "a second enquiry has its own latency");
    }

    #[tokio::test]
    async fn an_outage_answers_some_and_hangs_with_a_bound() {
        let edge = Edge::new(1);
        let outage = Profile::outage().at(TimeOfDay::new(12, 0));
        let held: Vec<_> = (0..1_000).map(|index| edge.admit(&format!("GET {index}"), &outage)).collect();
        let hanging = held.iter().filter(|admission| matches!(admission, Admission::Hang(_))).count();
        assert_eq!(hanging, HANGING_MAX);
        let turned = edge.turned_away();
        assert_eq!((turned.outage_unanswered, turned.outage_answered), (256, 744));
    }
}
