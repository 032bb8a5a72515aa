//! What can be turned while the bank runs, and what is counted: shared by its calls, its books and whoever controls it.

use crate::{
    config::Config,
    edge::{Admission, Edge},
    faults::FaultSwitch,
    maintenance::Window,
    profile::{Conditions, Day, DaySetting},
};
use makegood_base::Timestamp;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Everything that can be turned.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(crate) faults: FaultSwitch,
    pub(crate) day: Day,
    pub(crate) edge: Edge,
    pub(crate) sent: Sent,
    windows: Mutex<Vec<Window>>,
}

/// What came of the callbacks, since the bank was started.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) delivered: AtomicU64,
    pub(crate) not_taken: AtomicU64,
    pub(crate) forgeries_believed: AtomicU64,
}

impl Sent {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Switches {
    pub(crate) fn new(config: &Config, now: Timestamp) -> Self {
        let day = Day::new(config.profile.clone(), now);
        let (time_of_day, clock_speed) = (config.time_of_day, Some(config.clock_speed));
        day.set(DaySetting { profile: None, time_of_day, clock_speed }, now);
        Self {
            faults: FaultSwitch::new(config.seed),
            day,
            edge: Edge::new(config.seed),
            sent: Sent::default(),
            windows: Mutex::default(),
        }
    }

    /// Sets the day anew, and lets out whoever waits in line.
    pub(crate) fn set_day(&self, setting: DaySetting, now: Timestamp) {
        self.edge.dissolve_line();
        self.day.set(setting, now);
    }

    pub(crate) fn set_windows(&self, windows: Vec<Window>) {
        *self.windows.lock().unwrap_or_else(PoisonError::into_inner) = windows;
    }

    /// The planned window that a moment is in.
    pub(crate) fn window_at(&self, now: Timestamp) -> Option<Window> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.iter().find(|window| window.covers(now)).cloned()
    }

    /// Whether nothing leaves the bank now.
    pub(crate) fn is_dark(&self, now: Timestamp) -> bool {
        self.day.conditions(now).outage || self.window_at(now).is_some()
    }

    pub(crate) fn admit(&self, call: &str, now: Timestamp) -> Admission {
        self.edge.admit(call, &self.day.conditions(now))
    }

    pub(crate) fn conditions(&self, now: Timestamp) -> Conditions {
        self.day.conditions(now)
    }

    /// A moment that is a time by the bank's own clock after another.
    pub(crate) fn later(&self, now: Timestamp, by: Duration) -> Timestamp {
        now.plus(self.day.outside(by))
    }
}
