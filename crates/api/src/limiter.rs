//! How often something may be tried. Fixed memory: names share a table of slots, so that no flood of new
//! names can make it grow. Two names in one slot share their rate, which only ever refuses earlier.

use crate::Rate;
use makegood_base::Timestamp;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const SLOTS: usize = 1 << 16;

/// Counts tries by name (the generic cell rate algorithm, ITU-T I.371).
pub(crate) struct Limiter {
    refill_us: i64,
    burst_us: i64,
    hasher: RandomState,
    /// When each slot is as good as new, in microseconds.
    fresh_at_us: Vec<AtomicI64>,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        let refill_us = i64::try_from(rate.refill.as_micros()).unwrap_or(i64::MAX);
        Self {
            refill_us,
            burst_us: refill_us.saturating_mul(i64::from(rate.burst)),
            hasher: RandomState::new(),
            fresh_at_us: (0..SLOTS).map(|_| AtomicI64::new(i64::MIN)).collect(),
        }
    }

    /// Counts one try, or says how long to wait. A refused try does not count.
    pub(crate) fn check(&self, name: &impl Hash, now: Timestamp) -> Result<(), Duration> {
        let place = usize::try_from(self.hasher.hash_one(name)).unwrap_or(0) % SLOTS;
        let Some(slot) = self.fresh_at_us.get(place) else { return Ok(()) };
        let now_us = now.as_micros();
        let next = |fresh_at_us: i64| {
            // A slot that is fresh later than a full burst allows was written before the clock stepped back.
            let stepped_back = fresh_at_us > now_us.saturating_add(self.burst_us);
            let from_us = if stepped_back { now_us } else { fresh_at_us.max(now_us) };
            from_us.saturating_add(self.refill_us)
        };
        let limit_us = now_us.saturating_add(self.burst_us);
        slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |fresh_at_us| {
            Some(next(fresh_at_us)).filter(|next_us| *next_us <= limit_us)
        })
        .map(|_| ())
        .map_err(|fresh_at_us| {
            let wait_us = next(fresh_at_us).saturating_sub(limit_us);
            Duration::from_micros(u64::try_from(wait_us).unwrap_or(0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_for_each_refill() {
        let limiter = Limiter::new(Rate { burst: 3, refill: Duration::from_secs(10) });
        let seconds = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for (second, name, expected) in [
            (100, "a", Ok(())),
            (100, "a", Ok(())),
            (100, "a", Ok(())),
            (100, "a", Err(10)),
            (104, "a", Err(6)),
            (110, "a", Ok(())),
            (110, "a", Err(10)),
            // Another name has its own.
            (110, "b", Ok(())),
            // After a long rest, no more than a burst.
            (9_000, "a", Ok(())),
            (9_000, "a", Ok(())),
            (9_000, "a", Ok(())),
            (9_000, "a", Err(10)),
            // The clock steps back: nobody waits for it to come round again.
            (100, "a", Ok(())),
        ] {
            let found = limiter.check(&name, seconds(second)).map_err(|wait| wait.as_secs());
            assert_eq!(found, expected, "{name} at {second}");
        }
    }
}
