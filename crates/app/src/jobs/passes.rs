//! Which timers a pass reads: those that became due since the last pass and, every so often, all that are due.
//!
//! While a bank is slow, thousands of timers stay due until there is a place for their calls. Reading them with each
//! pass would cost the more the longer that queue is, and whatever is due beside it would wait the longer.

use super::Jobs;
use makegood_base::Timestamp;
use makegood_store::{Failure, Store};
use makegood_wallet::tables::TimerKey;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How far behind the last pass the next one begins: a batch has the time at which it began, and can be committed
/// after others that began later; another server's clock may be behind.
const OVERLAP: Duration = Duration::from_secs(1);
/// How long after all timers were read they are read again: what was committed later than the overlap allows for.
const WHOLE_INTERVAL: Duration = Duration::from_secs(1);
/// How much longer that becomes for each timer that is under way, so that reading them takes a small share of the
/// time.
const WHOLE_INTERVAL_EACH: Duration = Duration::from_micros(100);
/// How long it is at least, for each that is under way, where one is known to be due still.
const SOON_EACH: Duration = Duration::from_micros(20);

/// How far timers have been read.
#[derive(Debug, Default)]
pub(super) struct Passes {
    /// All that were due at this time have been read, but for those that are committed late. None: not all have.
    up_to: Option<Timestamp>,
    /// When all were read last.
    whole_at: Option<Instant>,
}

impl Passes {
    /// From when on timers are read now; none is all of them. They are read again after `interval`.
    fn since(&self, now: Instant, interval: Duration) -> Option<Timestamp> {
        let is_recent = |at: Instant| now.duration_since(at) < interval;
        let up_to = self.up_to.filter(|_| self.whole_at.is_some_and(is_recent))?;
        Some(up_to.minus(OVERLAP))
    }

    /// Timers were read that are due at `due_at`: all of them, unless the limit was reached.
    fn read(&mut self, since: Option<Timestamp>, is_all: bool, due_at: Timestamp, began: Instant) {
        match (since, is_all) {
            (_, true) => self.up_to = Some(due_at),
            (None, false) => self.up_to = None,
            (Some(_), false) => {}
        }
        if since.is_none() {
            self.whole_at = Some(began);
        }
    }

    /// How long to wait until all are read again, where the limit was reached: those under way were read for nothing.
    pub(super) fn in_vain(&self, under_way: &UnderWay) -> Duration {
        if self.up_to.is_none() { SOON_EACH.saturating_mul(under_way.count()) } else { Duration::ZERO }
    }
}

/// The timers that are worked on.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    timers: Mutex<HashSet<TimerKey>>,
    /// Whether one was released that may be due still.
    is_any_due: AtomicBool,
}

impl UnderWay {
    /// Takes a timer; false where somebody has it.
    pub(super) fn take(&self, timer: TimerKey) -> bool {
        self.timers().insert(timer)
    }

    /// Holds a timer that was taken, until it is dropped.
    pub(super) const fn hold(&self, timer: TimerKey) -> Held<'_> {
        Held { under_way: self, timer, is_due_still: true }
    }

    /// Gives a timer back. One that may be due still is read again soon.
    fn release(&self, timer: TimerKey, is_due_still: bool) {
        self.timers().remove(&timer);
        if is_due_still {
            self.is_any_due.store(true, Ordering::Release);
        }
    }

    /// How long after all timers were read they are read again.
    fn interval(&self) -> Duration {
        let count = self.count();
        if self.is_any_due.load(Ordering::Acquire) {
            SOON_EACH.saturating_mul(count)
        } else {
            WHOLE_INTERVAL + WHOLE_INTERVAL_EACH.saturating_mul(count)
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.timers().len()).unwrap_or(u32::MAX)
    }

    fn timers(&self) -> MutexGuard<'_, HashSet<TimerKey>> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A timer that somebody works on. It is given back when this is dropped, whatever becomes of the work.
pub(super) struct Held<'a> {
    under_way: &'a UnderWay,
    timer: TimerKey,
    /// Whether it may be due still.
    pub(super) is_due_still: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.under_way.release(self.timer, self.is_due_still);
    }
}

impl<S: Store> Jobs<S> {
    /// All timers that are due, as many as are taken up at once.
    pub(super) async fn due(&self) -> Result<Vec<TimerKey>, Failure> {
        self.parts.store.due_timers(self.parts.clock.now(), self.limit()).await
    }

    /// The timers that this pass reads; none where they cannot be read.
    pub(super) async fn pass(&self, passes: &mut Passes) -> Vec<TimerKey> {
        let under_way = &self.parts.under_way;
        let (began, now, limit) = (Instant::now(), self.parts.clock.now(), self.limit());
        let since = passes.since(began, under_way.interval());
        let read = match since {
            Some(since) => self.parts.store.due_timers_since(since, now, limit).await,
            None => {
                // Before they are read: what is released after that is read once more.
                under_way.is_any_due.store(false, Ordering::Release);
                self.parts.store.due_timers(now, limit).await
            }
        };
        match read {
            Ok(due) => {
                let is_all = u32::try_from(due.len()).is_ok_and(|count| count < limit);
                passes.read(since, is_all, now, began);
                due
            }
            Err(error) => {
                tracing::warn!(%error, "due timers cannot be read");
                Vec::new()
            }
        }
    }

    /// Timers that are under way are due still: they must not hide those behind them.
    fn limit(&self) -> u32 {
        self.parts.config.timers_max.saturating_add(self.parts.under_way.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_wallet::tables::TimerKind;

    const fn timer(number: u8) -> TimerKey {
        TimerKey { kind: TimerKind::Order, object: [number; 16] }
    }

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn all_are_read_first_and_again_after_a_while() {
        let (mut passes, start) = (Passes::default(), Instant::now());
        let (later, interval) = (|seconds| start + Duration::from_secs(seconds), Duration::from_secs(5));
        assert_eq!(passes.since(start, interval), None);
        passes.read(None, true, at(10), start);
        assert_eq!(passes.since(start, interval), Some(at(9)));
        passes.read(Some(at(9)), true, at(12), later(4));
        assert_eq!(passes.since(later(4), interval), Some(at(11)));
        assert_eq!(passes.since(later(5), interval), None, "a part that was read is not all of them");
    }

    #[test]
    fn what_a_limit_has_cut_off_is_read_next() {
        let (mut passes, start, interval) = (Passes::default(), Instant::now(), Duration::from_secs(5));
        let under_way = UnderWay::default();
        assert!(under_way.take(timer(7)));
        passes.read(None, false, at(10), start);
        assert_eq!(passes.since(start, interval), None, "the rest may be due for long");
        assert_eq!(passes.in_vain(&under_way), SOON_EACH);
        passes.read(None, true, at(10), start);
        passes.read(Some(at(9)), false, at(20), start);
        assert_eq!(passes.since(start, interval), Some(at(9)), "the rest is due since then");
        assert_eq!(passes.in_vain(&under_way), Duration::ZERO);
    }

    #[test]
    fn a_timer_is_taken_once_and_read_soon_where_it_may_be_due_still() {
        let under_way = UnderWay::default();
        assert!(under_way.take(timer(7)) && !under_way.take(timer(7)) && under_way.take(timer(8)));
        assert_eq!(under_way.interval(), WHOLE_INTERVAL + 2 * WHOLE_INTERVAL_EACH);
        under_way.release(timer(7), false);
        assert_eq!(under_way.interval(), WHOLE_INTERVAL + WHOLE_INTERVAL_EACH);
        assert!(under_way.take(timer(7)));
        under_way.release(timer(7), true);
        assert_eq!(under_way.interval(), SOON_EACH);
    }
}
