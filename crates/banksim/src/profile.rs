//! How the bank does over the hours of a day: how long its answers take, how many calls it gets through, and when it
//! does not answer at all.

mod curve;
mod day;

pub use curve::{Point, ProfileError};
pub(crate) use day::{Day, DaySetting, SPEEDS};
pub use day::{TimeOfDay, TimeOfDayError};

use serde::Serialize;
use std::time::Duration;

/// A day at the bank: points in the order of their times. Between two points all numbers go in a straight line from
/// those of the one to those of the next; after the last one comes the first, of the next day.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    name: String,
    points: Vec<Point>,
}

/// How the bank does at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Conditions {
    /// Half of the answers take no longer.
    pub latency_p50_ms: u64,
    /// One in a hundred takes longer. Latencies have a log-normal distribution.
    pub latency_p99_ms: u64,
    /// How many calls the bank gets through in a second; the others wait in line. None: as many as come.
    pub per_second: Option<f64>,
    /// How many calls may wait in line; more are answered at once with 503.
    pub queue_max: u32,
    /// The bank cannot be reached: half of the calls are answered with 503, half get no answer.
    pub outage: bool,
}

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_9;

impl Conditions {
    /// Everything at once, as fast as the machine can.
    pub(crate) const IDLE: Self =
        Self { latency_p50_ms: 0, latency_p99_ms: 0, per_second: None, queue_max: 0, outage: false };

    /// The latency that a number of the standard normal distribution stands for.
    pub(crate) fn latency(&self, normal: f64) -> Duration {
        if self.latency_p50_ms == 0 {
            return Duration::ZERO;
        }
        let (p50, p99) = (millis(self.latency_p50_ms), millis(self.latency_p99_ms));
        let spread = (p99 / p50).ln() / NORMAL_P99;
        Duration::try_from_secs_f64(p50 * (spread * normal).exp() / 1_000.0).unwrap_or(Duration::MAX)
    }
}

fn millis(value: u64) -> f64 {
    Duration::from_millis(value).as_secs_f64() * 1_000.0
}

impl Profile {
    /// Everything at once, all day.
    #[must_use]
    pub fn calm() -> Self {
        Self::always("calm", Conditions::IDLE)
    }

    /// No answer, all day.
    #[must_use]
    pub fn outage() -> Self {
        Self::always("outage", Conditions { outage: true, ..Conditions::IDLE })
    }

    /// A working day with two peak hours, at noon and in the evening. Half of the answers take 0.2 s at night and up
    /// to 8 s at the peaks, one in a hundred five times as long; 200 calls a second at night, 40 at the peaks, with
    /// up to 800 in line.
    #[must_use]
    pub fn peak() -> Self {
        let point = |hour, latency_p50_ms: u64, per_second: f64| Point {
            at: TimeOfDay::new(hour, 0),
            conditions: Conditions {
                latency_p50_ms,
                latency_p99_ms: latency_p50_ms * 5,
                per_second: Some(per_second),
                queue_max: 800,
                outage: false,
            },
        };
        let points = vec![
            point(0, 200, 200.0),
            point(7, 400, 160.0),
            point(10, 2_000, 80.0),
            point(12, 8_000, 40.0),
            point(13, 8_000, 40.0),
            point(15, 1_000, 120.0),
            point(18, 4_000, 60.0),
            point(19, 8_000, 40.0),
            point(20, 8_000, 40.0),
            point(22, 1_000, 120.0),
        ];
        Self { name: "peak".to_owned(), points }
    }

    /// One of the three above.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "calm" => Some(Self::calm()),
            "peak" => Some(Self::peak()),
            "outage" => Some(Self::outage()),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the bank does at a time of the day.
    #[must_use]
    pub fn at(&self, time: TimeOfDay) -> Conditions {
        curve::at(&self.points, time)
    }

    fn always(name: &str, conditions: Conditions) -> Self {
        Self { name: name.to_owned(), points: vec![Point { at: TimeOfDay::default(), conditions }] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::draw_normal;

    #[test]
    fn the_peak_goes_from_a_fifth_of_a_second_to_eight_and_back() {
        let peak = Profile::peak();
        let (night, noon) = (peak.at(TimeOfDay::new(0, 0)), peak.at(TimeOfDay::new(12, 30)));
        assert_eq!((night.latency_p50_ms, noon.latency_p50_ms), (200, 8_000));
        assert_eq!((night.per_second, noon.per_second), (Some(200.0), Some(40.0)));
        let between = peak.at(TimeOfDay::new(11, 0));
        assert_eq!((between.latency_p50_ms, between.per_second), (5_000, Some(60.0)));
        // From the last point of the day to the first of the next.
        assert_eq!(peak.at(TimeOfDay::new(23, 0)).latency_p50_ms, 600);
        assert!(Profile::outage().at(TimeOfDay::new(9, 0)).outage);
        assert_eq!(Profile::calm().at(TimeOfDay::new(9, 0)), Conditions::IDLE);
    }

    #[test]
    fn latencies_have_their_median_and_their_tail() {
        let noon = Profile::peak().at(TimeOfDay::new(12, 0));
        let mut drawn: Vec<_> = (0..10_000)
            .map(|index| noon.latency(draw_normal(3, "latency", &index.to_string())).as_secs_f64())
            .collect();
        drawn.sort_by(f64::total_cmp);
        let (p50, p99) = (drawn[5_000], drawn[9_900]);
        assert!((7.6..8.4).contains(&p50) && (35.0..46.0).contains(&p99), "{p50} {p99}");
        assert_eq!(Conditions::IDLE.latency(5.0), Duration::ZERO);
    }
}
