//! What somebody who runs the bank can do with it, without HTTP: the same as its routes under `/control`.

use crate::{
    books::{Books, CallbackCounts, Injected, Outcome, PoolEntries},
    faults::{FaultKind, Faults},
    maintenance::{PlannedWindow, Window},
    problem::Problem,
    profile::{Conditions, DaySetting, Profile, SPEEDS, TimeOfDay},
    switches::Switches,
};
use makegood_base::{Clock, Timestamp};
use serde::Serialize;
use std::sync::{Arc, Weak};

/// Why a bank does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A rate that is none.
    #[error("the rate of {} is not from 0 to 1", .0.name())]
    Rate(FaultKind),
    /// A clock that goes backwards, stands still, or has a day of less than a second.
    #[error("the clock's speed is not from 0.01 to 86400")]
    Speed,
    /// The bank has stopped.
    #[error("the bank has stopped")]
    Stopped,
    /// The books refuse it, or do not answer.
    #[error("{0}")]
    Refused(String),
}

impl From<Problem> for ControlError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.to_string())
    }
}

impl From<makegood_sql::Error> for ControlError {
    fn from(error: makegood_sql::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// What the bank's day is like now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BankDay {
    /// The profile's name.
    pub profile: String,
    /// What time it is at the bank.
    pub time_of_day: TimeOfDay,
    /// How fast its day passes.
    pub clock_speed: f64,
    /// How it does now.
    #[serde(flatten)]
    pub conditions: Conditions,
}

/// Turns the switches of a bank that runs. Clones turn the same ones.
#[derive(Clone)]
pub struct Control {
    switches: Arc<Switches>,
    clock: Arc<dyn Clock>,
    /// Not held, so that the bank can close its books.
    books: Weak<Books>,
}

impl Control {
    pub(crate) fn new(switches: Arc<Switches>, clock: Arc<dyn Clock>, books: &Arc<Books>) -> Self {
        Self { switches, clock, books: Arc::downgrade(books) }
    }

    /// The faults that are set.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.switches.faults.get()
    }

    /// Sets all faults. Refuses a rate that is not from 0 to 1.
    pub fn set_faults(&self, faults: Faults) -> Result<(), ControlError> {
        set_faults(&self.switches, faults)
    }

    /// What the bank's day is like now.
    #[must_use]
    pub fn day(&self) -> BankDay {
        day(&self.switches, self.clock.now())
    }

    /// Sets how the bank does over the hours of the day. Whoever waits in line is let in.
    pub fn set_profile(&self, profile: Profile) {
        let setting = DaySetting { profile: Some(profile), ..DaySetting::default() };
        self.switches.set_day(setting, self.clock.now());
    }

    /// Sets what time it is at the bank. The times that it names stay those of its clock.
    pub fn set_time_of_day(&self, time_of_day: TimeOfDay) {
        let setting = DaySetting { time_of_day: Some(time_of_day), ..DaySetting::default() };
        self.switches.set_day(setting, self.clock.now());
    }

    /// Sets how fast the bank's day passes. Refuses what is not from 0.01 to 86400.
    pub fn set_clock_speed(&self, speed: f64) -> Result<(), ControlError> {
        let setting = DaySetting { clock_speed: Some(speed), ..DaySetting::default() };
        set_day(&self.switches, setting, self.clock.now())
    }

    /// What the bank did wrong.
    pub async fn injected(&self) -> Result<Injected, ControlError> {
        Ok(self.books()?.injected().await?)
    }

    /// What became of the callbacks.
    pub async fn callbacks(&self) -> Result<CallbackCounts, ControlError> {
        Ok(self.books()?.callback_counts().await?)
    }

    /// At most so many movements on the pool account, after the one with a number (0 is before the first), in the order in
    /// which they were booked; and how many transfers are still to change.
    pub async fn pool_entries(&self, after: i64, limit: u32) -> Result<PoolEntries, ControlError> {
        Ok(self.books()?.pool_entries(after, limit).await?)
    }

    /// Brings transfers that wait for good to an end: this one, or all. Returns how many.
    pub async fn resolve(&self, reference: Option<&str>, outcome: Outcome) -> Result<u64, ControlError> {
        Ok(self.books()?.resolve(reference.map(str::to_owned), outcome).await?)
    }

    /// The planned maintenance that is not over.
    pub async fn maintenance(&self) -> Result<Vec<Window>, ControlError> {
        Ok(self.books()?.windows().await?)
    }

    /// Plans maintenance. Refuses a window that ends before it starts, or says nothing.
    pub async fn plan_maintenance(&self, planned: PlannedWindow) -> Result<Window, ControlError> {
        Ok(self.books()?.plan(planned).await?)
    }

    /// Takes planned maintenance back.
    pub async fn cancel_maintenance(&self, id: &str) -> Result<(), ControlError> {
        Ok(self.books()?.cancel_window(id).await?)
    }

    fn books(&self) -> Result<Arc<Books>, ControlError> {
        self.books.upgrade().ok_or(ControlError::Stopped)
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Control").field("day", &self.day()).finish_non_exhaustive()
    }
}

pub(crate) fn set_faults(switches: &Switches, faults: Faults) -> Result<(), ControlError> {
    match faults.refused_rate() {
        Some(kind) => Err(ControlError::Rate(kind)),
        None => {
            switches.faults.set(faults);
            Ok(())
        }
    }
}

pub(crate) fn set_day(switches: &Switches, setting: DaySetting, now: Timestamp) -> Result<(), ControlError> {
    if setting.clock_speed.is_some_and(|speed| !SPEEDS.contains(&speed)) {
        return Err(ControlError::Speed);
    }
    switches.set_day(setting, now);
    Ok(())
}

pub(crate) fn day(switches: &Switches, now: Timestamp) -> BankDay {
    let (profile, time_of_day, clock_speed) = switches.day.state(now);
    BankDay { profile, time_of_day, clock_speed, conditions: switches.conditions(now) }
}
