//! The points of a day, in a file and between each other.

use super::{Conditions, Profile, TimeOfDay};
use serde::Deserialize;

/// How the bank does from a time of the day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// From when on.
    pub at: TimeOfDay,
    /// How it does.
    pub conditions: Conditions,
}

/// Why a text or a list of points is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, or with other fields than a profile has.
    #[error("{0}")]
    Format(String),
    /// No points.
    #[error("a profile has at least one [[point]]")]
    Empty,
    /// Not in the order of their times, or two with one time.
    #[error("the point at {0} is not after the point before it")]
    Order(TimeOfDay),
    /// Numbers that contradict each other.
    #[error(
        "the point at {0}: latency_p99_ms must not be below latency_p50_ms, and per_second must be more than 0"
    )]
    Numbers(TimeOfDay),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    #[serde(default = "custom")]
    name: String,
    point: Vec<PointEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointEntry {
    at: TimeOfDay,
    #[serde(default)]
    latency_p50_ms: u64,
    latency_p99_ms: Option<u64>,
    per_second: Option<f64>,
    #[serde(default = "queue_max")]
    queue_max: u32,
    #[serde(default)]
    outage: bool,
}

fn custom() -> String {
    "custom".to_owned()
}

const fn queue_max() -> u32 {
    1_000
}

impl Profile {
    /// A profile of these points, which are in the order of their times.
    pub fn new(name: impl Into<String>, points: Vec<Point>) -> Result<Self, ProfileError> {
        if points.is_empty() {
            return Err(ProfileError::Empty);
        }
        for (point, next) in points.iter().zip(points.iter().skip(1)) {
            if next.at <= point.at {
                return Err(ProfileError::Order(next.at));
            }
        }
        let is_odd = |point: &&Point| {
            let Conditions { latency_p50_ms, latency_p99_ms, per_second, .. } = point.conditions;
            let is_rate = |rate: f64| rate.is_finite() && rate > 0.0;
            latency_p99_ms < latency_p50_ms || per_second.is_some_and(|rate| !is_rate(rate))
        };
        match points.iter().find(is_odd) {
            Some(point) => Err(ProfileError::Numbers(point.at)),
            None => Ok(Self { name: name.into(), points }),
        }
    }

    /// Reads a profile as a TOML file has it: the crate's page describes it.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let file: ProfileFile =
            toml::from_str(text).map_err(|error| ProfileError::Format(error.to_string()))?;
        let point = |entry: PointEntry| Point {
            at: entry.at,
            conditions: Conditions {
                latency_p50_ms: entry.latency_p50_ms,
                latency_p99_ms: entry.latency_p99_ms.unwrap_or(entry.latency_p50_ms),
                per_second: entry.per_second,
                queue_max: entry.queue_max,
                outage: entry.outage,
            },
        };
        Self::new(file.name, file.point.into_iter().map(point).collect())
    }
}

/// The conditions at a time: between those of the point before it and those of the next.
pub(super) fn at(points: &[Point], time: TimeOfDay) -> Conditions {
    let next = points.iter().position(|point| point.at > time);
    let (before, after) = match (next, points) {
        (Some(0) | None, [first, ..]) => (points.last().unwrap_or(first), first),
        (Some(next), _) => (&points[next - 1], &points[next]),
        (None, []) => return Conditions::IDLE,
    };
    let (from, to) = (before.conditions, after.conditions);
    // An outage begins and ends at once.
    if from.outage || to.outage || before.at == after.at {
        return from;
    }
    let share = time.seconds_since(before.at) / after.at.seconds_since(before.at);
    Conditions {
        latency_p50_ms: blend(from.latency_p50_ms, to.latency_p50_ms, share),
        latency_p99_ms: blend(from.latency_p99_ms, to.latency_p99_ms, share),
        per_second: match (from.per_second, to.per_second) {
            (Some(from), Some(to)) => Some(from + (to - from) * share),
            (from, _) => from,
        },
        queue_max: from.queue_max,
        outage: false,
    }
}

/// A whole number between two, at a share from 0 to 1 of the way.
fn blend(from: u64, to: u64, share: f64) -> u64 {
    let span = std::time::Duration::from_millis(from.abs_diff(to)).mul_f64(share.clamp(0.0, 1.0));
    // Half a millisecond more, so that it is rounded.
    let part = (span + std::time::Duration::from_micros(500)).as_millis();
    let part = u64::try_from(part).unwrap_or(u64::MAX);
    if to >= from { from.saturating_add(part) } else { from.saturating_sub(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        name = "payday"

        [[point]]
        at = "06:00"
        latency_p50_ms = 100
        latency_p99_ms = 400
        per_second = 300

        [[point]]
        at = "18:00"
        latency_p50_ms = 700
        latency_p99_ms = 1000
        per_second = 60.0
        queue_max = 50

        [[point]]
        at = "20:30:30"
        outage = true
    "#;

    #[test]
    fn a_file_is_read() {
        let profile = Profile::from_toml(FILE).unwrap();
        assert_eq!(profile.name(), "payday");
        for (time, p50, p99, per_second, queue_max, outage) in [
            ("06:00", 100, 400, Some(300.0), 1_000, false),
            ("12:00", 400, 700, Some(180.0), 1_000, false),
            ("18:00", 700, 1_000, Some(60.0), 50, false),
            ("20:30:29", 700, 1_000, Some(60.0), 50, false),
            ("20:30:30", 0, 0, None, 1_000, true),
            ("05:59", 0, 0, None, 1_000, true),
        ] {
            let found = profile.at(time.parse().unwrap());
            let expected =
                Conditions { latency_p50_ms: p50, latency_p99_ms: p99, per_second, queue_max, outage };
            assert_eq!(found, expected, "{time}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let point = |rest: &str| format!("[[point]]\nat = \"12:00\"\n{rest}");
        for (text, expected) in [
            ("point = []".to_owned(), "at least one"),
            ("name = \"x\"".to_owned(), "missing field"),
            (point("latency_ms = 3"), "unknown field"),
            (point("latency_p50_ms = 3\nlatency_p99_ms = 2"), "must not be below"),
            (point("per_second = 0"), "more than 0"),
            (point("per_second = nan"), "more than 0"),
            (point("[[point]]\nat = \"12:00\""), "not after"),
            (point("[[point]]\nat = \"11:59\""), "not after"),
            ("[[point]]\nat = \"24:00\"".to_owned(), "time of day"),
            ("[[point]]\nat = \"noon\"".to_owned(), "time of day"),
            ("[[point]".to_owned(), "TOML"),
        ] {
            let refused = Profile::from_toml(&text).unwrap_err().to_string();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
    }
}
