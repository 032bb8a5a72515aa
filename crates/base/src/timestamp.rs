//! A moment, as microseconds since 1970-01-01T00:00:00Z. Its text is RFC 3339 in UTC, always with all six
//! decimals: texts have one length, so that they sort as the moments do, and none is lost on the way back.

use std::time::Duration;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A moment in UTC with microsecond resolution. Arithmetic saturates: a duration is never negative, and a
/// moment never wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-01-31T09:30:00Z")]
pub struct TimestampError;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The last moment that has an RFC 3339 text: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The moment that many microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This moment and `duration` more, at most the end of the range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(Self::MAX.0))
    }

    /// The moment that was `duration` before this one.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// How long ago `earlier` was; zero when it is later, for clocks may step back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = i128::from(self.0).saturating_mul(1_000);
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| std::fmt::Error)?;
        let (year, month, day) = moment.to_calendar_date();
        if year < 0 {
            return Err(std::fmt::Error);
        }
        let (hour, minute, second, micro) = moment.to_hms_micro();
        let month = u8::from(month);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        let micros = moment.to_offset(UtcOffset::UTC).unix_timestamp_nanos().div_euclid(1_000);
        i64::try_from(micros).map(Self).map_err(|_| TimestampError)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_offsets_are_taken_to_utc() {
        for (text, micros) in [
            ("1970-01-01T00:00:00.000000Z", 0),
            ("2026-11-22T18:00:00.120000Z", 1_795_370_400_120_000),
            ("2026-11-22T18:00:00.000001Z", 1_795_370_400_000_001),
            ("1969-12-31T23:59:59.999999Z", -1),
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!(moment.as_micros(), micros, "{text}");
            assert_eq!(moment.to_string(), text);
        }
        let east: Timestamp = "2026-11-23T02:00:00+08:00".parse().unwrap();
        assert_eq!(east.to_string(), "2026-11-22T18:00:00.000000Z");
        assert!("2026-11-22".parse::<Timestamp>().is_err());
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn durations_saturate() {
        let now = Timestamp::from_micros(5);
        assert_eq!(now.since(Timestamp::from_micros(9)), Duration::ZERO);
        assert_eq!(now.since(Timestamp::from_micros(2)), Duration::from_micros(3));
        assert_eq!(now.minus(Duration::from_micros(3)), Timestamp::from_micros(2));
        assert_eq!(now.plus(Duration::MAX), Timestamp::MAX);
    }
}
