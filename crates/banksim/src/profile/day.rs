//! The bank's own day: what time it is there, how fast that goes, and which profile it has.

use super::{Conditions, Profile};
use makegood_base::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

const DAY_SECONDS: f64 = 86_400.0;
/// How fast a bank's day may pass: from a hundred real days to a second.
pub(crate) const SPEEDS: std::ops::RangeInclusive<f64> = 0.01..=DAY_SECONDS;

/// A time of the day, to the second: `09:30` or `09:30:15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeOfDay(u32);

/// The text is no time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day such as 09:30 or 23:59:59")]
pub struct TimeOfDayError;

impl TimeOfDay {
    /// Hours and minutes; what is beyond the day's end begins it anew.
    #[must_use]
    pub const fn new(hour: u32, minute: u32) -> Self {
        Self((hour % 24 * 3_600 + minute % 60 * 60) % 86_400)
    }

    /// The time of the day in UTC.
    pub(crate) fn of(moment: Timestamp) -> Self {
        let seconds = moment.as_micros().div_euclid(1_000_000).rem_euclid(86_400);
        Self(u32::try_from(seconds).unwrap_or_default())
    }

    /// How many seconds after another time it is, on the same day or the next.
    pub(super) fn seconds_since(self, other: Self) -> f64 {
        f64::from((self.0 + 86_400 - other.0) % 86_400)
    }

    fn plus_seconds(self, seconds: f64) -> Self {
        let within = (f64::from(self.0) + seconds).rem_euclid(DAY_SECONDS);
        let whole = Duration::try_from_secs_f64(within).unwrap_or_default().as_secs();
        Self(u32::try_from(whole % 86_400).unwrap_or_default())
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:02}:{:02}:{:02}", self.0 / 3_600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str, below: u32| -> Result<u32, TimeOfDayError> {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let number = part.parse::<u32>().ok().filter(|number| is_number && *number < below);
            number.ok_or(TimeOfDayError)
        };
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            [hour, minute] => Ok(Self(number(hour, 24)? * 3_600 + number(minute, 60)? * 60)),
            [hour, minute, second] => {
                Ok(Self(number(hour, 24)? * 3_600 + number(minute, 60)? * 60 + number(second, 60)?))
            }
            _ => Err(TimeOfDayError),
        }
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What of the day is to change; the rest goes on as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct DaySetting {
    pub(crate) profile: Option<Profile>,
    pub(crate) time_of_day: Option<TimeOfDay>,
    pub(crate) clock_speed: Option<f64>,
}

/// The bank's day as it passes.
#[derive(Debug)]
pub(crate) struct Day {
    now: Mutex<Passing>,
    /// How often it was set: whoever waits in line looks up.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
struct Passing {
    profile: Arc<Profile>,
    /// When this was set, by the world's clock.
    since: Timestamp,
    /// What time it was then at the bank.
    time_of_day: TimeOfDay,
    clock_speed: f64,
}

impl Passing {
    fn time_of_day(&self, now: Timestamp) -> TimeOfDay {
        self.time_of_day.plus_seconds(now.since(self.since).as_secs_f64() * self.clock_speed)
    }
}

impl Day {
    pub(crate) fn new(profile: Profile, now: Timestamp) -> Self {
        let time_of_day = TimeOfDay::of(now);
        let passing = Passing { profile: Arc::new(profile), since: now, time_of_day, clock_speed: 1.0 };
        Self { now: Mutex::new(passing), changes: watch::Sender::new(0) }
    }

    /// Changes what is told. A speed outside of [`SPEEDS`] is brought within.
    pub(crate) fn set(&self, setting: DaySetting, now: Timestamp) {
        let mut passing = self.lock();
        let time_of_day = setting.time_of_day.unwrap_or_else(|| passing.time_of_day(now));
        *passing = Passing {
            profile: setting.profile.map_or_else(|| Arc::clone(&passing.profile), Arc::new),
            since: now,
            time_of_day,
            clock_speed: setting
                .clock_speed
                .map_or(passing.clock_speed, |speed| speed.clamp(*SPEEDS.start(), *SPEEDS.end())),
        };
        drop(passing);
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Tells when the day is set anew.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn conditions(&self, now: Timestamp) -> Conditions {
        let passing = self.lock().clone();
        passing.profile.at(passing.time_of_day(now))
    }

    /// The profile's name, what time it is at the bank, and how fast that goes.
    pub(crate) fn state(&self, now: Timestamp) -> (String, TimeOfDay, f64) {
        let passing = self.lock().clone();
        (passing.profile.name().to_owned(), passing.time_of_day(now), passing.clock_speed)
    }

    /// How long a time by the bank's clock is by everybody else's.
    pub(crate) fn outside(&self, inside: Duration) -> Duration {
        let speed = self.lock().clock_speed;
        Duration::try_from_secs_f64(inside.as_secs_f64() / speed).unwrap_or(Duration::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Passing> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_passes_in_minutes() {
        let start: Timestamp = "2026-01-31T09:00:00Z".parse().unwrap();
        let day = Day::new(Profile::calm(), start);
        let later = start.plus(Duration::from_secs(60));
        assert_eq!(day.state(later), ("calm".to_owned(), TimeOfDay::new(9, 1), 1.0));
        day.set(DaySetting { clock_speed: Some(240.0), ..DaySetting::default() }, later);
        assert_eq!(day.state(later).1, TimeOfDay::new(9, 1), "the time goes on from where it was");
        let much_later = later.plus(Duration::from_secs(6 * 60));
        assert_eq!(day.state(much_later).1, TimeOfDay::new(9, 1), "a day in six minutes");
        assert_eq!(day.state(later.plus(Duration::from_secs(15))).1, TimeOfDay::new(10, 1));
        assert_eq!(day.outside(Duration::from_secs(240)), Duration::from_secs(1));
        let noon = DaySetting {
            profile: Some(Profile::peak()),
            time_of_day: Some(TimeOfDay::new(12, 0)),
            clock_speed: Some(f64::INFINITY),
        };
        day.set(noon, much_later);
        assert_eq!(day.state(much_later), ("peak".to_owned(), TimeOfDay::new(12, 0), DAY_SECONDS));
        assert_eq!(day.conditions(much_later).latency_p50_ms, 8_000);
    }

    #[test]
    fn times_of_day_have_one_shape() {
        for (text, expected) in [
            ("00:00", Some("00:00:00")),
            ("09:30", Some("09:30:00")),
            ("23:59:59", Some("23:59:59")),
            ("24:00", None),
            ("9:30", None),
            ("09:60", None),
            ("09:30:61", None),
            ("+9:30", None),
            ("09", None),
            ("", None),
        ] {
            let found = text.parse::<TimeOfDay>().ok().map(|time| time.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
