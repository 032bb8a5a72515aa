//! How long requests took: counted in bins of three significant digits, with and without correction for coordinated
//! omission.

use std::collections::BTreeMap;
use std::time::Duration;

/// How many requests took how long, in microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    counts: BTreeMap<u64, u64>,
    count: u64,
}

impl Times {
    pub(crate) fn add(&mut self, micros: u64) {
        *self.counts.entry(rounded(micros)).or_default() += 1;
        self.count += 1;
    }

    /// Adds a time, and those that were not measured because of it: who asks so often and waits for an answer that
    /// long leaves questions out, which would have waited for the rest of it. The same as `record_correct` of
    /// hdrhistogram.
    pub(crate) fn add_corrected(&mut self, micros: u64, every: Duration) {
        self.add(micros);
        let every = u64::try_from(every.as_micros()).unwrap_or(u64::MAX);
        if every == 0 {
            return;
        }
        let mut missing = micros.saturating_sub(every);
        while missing >= every {
            self.add(missing);
            missing -= every;
        }
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The shortest time that so many of a thousand requests did not exceed, in microseconds.
    pub(crate) fn permille(&self, permille: u64) -> u64 {
        let wanted = (self.count * permille).div_ceil(1_000);
        let mut seen = 0;
        let reached = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        reached.map_or(0, |(time, _)| *time)
    }

    /// The same in milliseconds.
    pub(crate) fn permille_ms(&self, permille: u64) -> f64 {
        Duration::from_micros(self.permille(permille)).as_secs_f64() * 1_000.0
    }
}

/// Three significant digits: whoever measures for hours has a bounded number of bins.
fn rounded(micros: u64) -> u64 {
    let mut step = 1;
    while micros / step >= 1_000 {
        step *= 10;
    }
    micros.saturating_add(step / 2) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_time_that_enough_requests_kept() {
        let check = |times: &[(u64, u64)], permille: u64, expected: u64| {
            let mut all = Times::default();
            for (time, count) in times {
                (0..*count).for_each(|_| all.add(*time));
            }
            assert_eq!(all.permille(permille), expected, "{times:?} {permille}");
        };
        check(&[], 500, 0);
        check(&[(7, 1)], 500, 7);
        check(&[(7, 1)], 990, 7);
        check(&[(1, 50), (2, 50)], 500, 1);
        check(&[(1, 49), (2, 51)], 500, 2);
        check(&[(1, 95), (2, 4), (9, 1)], 950, 1);
        check(&[(1, 94), (2, 5), (9, 1)], 950, 2);
        check(&[(1, 94), (2, 5), (9, 1)], 990, 2);
        check(&[(1, 98), (9, 2)], 990, 9);
        check(&[(1, 999), (9, 1)], 999, 1);
        check(&[(1, 998), (9, 2)], 999, 9);
    }

    #[test]
    fn three_digits_are_kept() {
        for (micros, expected) in [(0, 0), (999, 999), (1_004, 1_000), (1_005, 1_010), (123_456, 123_000)] {
            assert_eq!(rounded(micros), expected, "{micros}");
        }
    }

    #[test]
    fn what_was_left_out_is_added() {
        let second = Duration::from_secs(1);
        let mut times = Times::default();
        (0..9).for_each(|_| times.add_corrected(1_000, second));
        times.add_corrected(3_500_000, second);
        // The one that took 3.5 s kept two others waiting, for 2.5 s and for 1.5 s.
        assert_eq!(times.count(), 12);
        assert_eq!((times.permille(750), times.permille(850)), (1_000, 2_500_000));
        times.add_corrected(5, Duration::ZERO);
        assert_eq!(times.count(), 13);
    }
}
