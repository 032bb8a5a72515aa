//! How long things may take.

use crate::{Direction, Latencies};
use makegood_base::Timestamp;
use std::time::Duration;

/// How long things may take between us and a bank. All of it is configuration; the defaults keep to the
/// timing that the product promises (an unknown transfer is enquired after within 60 s, and is shown as
/// delayed after 10 min).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How long a worker has a transfer to itself; longer than `answer_timeout`.
    pub lease: Duration,
    /// How long a call to the bank waits for its answer.
    pub answer_timeout: Duration,
    /// For how long the bank may take a transfer from a card: short, because somebody stands at a till. With
    /// `validity_margin` and `expected_in_min` not more than `expected_in`, so that what was promised holds also for a
    /// payment that is cancelled, and that a bank does not find.
    pub validity_in: Duration,
    /// For how long the bank may take a transfer to a card: long, so that an outage fails no refund.
    pub validity_out: Duration,
    /// By how much the bank's clock may differ from ours.
    pub validity_margin: Duration,
    /// How long to wait before the first enquiry, the second, …; the last is repeated for ever.
    pub enquiry_backoff: Vec<Duration>,
    /// The longest that a turn is put off while the bank is not there, so that whoever waits has their turn soon after
    /// it is back.
    pub postponed_max: Duration,
    /// Within how long an answer is promised, while too little is known of how long the bank takes. When a promise
    /// is broken the transfer counts as delayed, and payer and payee are told.
    pub expected_in: Duration,
    /// The least that is promised, however fast the bank is.
    pub expected_in_min: Duration,
    /// The most that is promised, however slow it is.
    pub expected_in_max: Duration,
    /// Of how many transfers it has to be known how long they took, before that is what a promise is made from.
    pub expected_from: usize,
    /// Within how long an answer is promised once more, after the first promise was broken.
    pub delayed_in: Duration,
    /// After how long a person has to look at a transfer that is not final.
    pub case_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(5),
            validity_in: Duration::from_secs(480),
            validity_out: Duration::from_secs(24 * 3_600),
            validity_margin: Duration::from_secs(60),
            enquiry_backoff: [3, 5, 10, 20, 40, 60, 120, 300, 900].map(Duration::from_secs).to_vec(),
            postponed_max: Duration::from_secs(120),
            expected_in: Duration::from_secs(600),
            expected_in_min: Duration::from_secs(60),
            expected_in_max: Duration::from_secs(6 * 3_600),
            expected_from: 20,
            delayed_in: Duration::from_secs(3_600),
            case_after: Duration::from_secs(24 * 3_600),
        }
    }
}

impl Schedule {
    /// The last moment at which the bank may take a transfer that is made now.
    pub(crate) fn valid_until(&self, direction: Direction, now: Timestamp) -> Timestamp {
        now.plus(match direction {
            Direction::In => self.validity_in,
            Direction::Out => self.validity_out,
        })
    }

    /// Within how long an answer is promised by a bank of which this is known: twice the time within which 99 of 100
    /// transfers were over, within the bounds.
    #[must_use]
    pub fn promised_in(&self, took: &Latencies) -> Duration {
        match took.quantiles([99]) {
            Some([slow]) if took.count() >= self.expected_from => slow
                .saturating_mul(2)
                .clamp(self.expected_in_min, self.expected_in_max.max(self.expected_in_min)),
            _ => self.expected_in,
        }
    }

    /// When to enquire next, after that many enquiries.
    pub(crate) fn next_enquiry(&self, enquiries: i64, now: Timestamp) -> Timestamp {
        let index = usize::try_from(enquiries).unwrap_or(0);
        let wait = self.enquiry_backoff.get(index).or(self.enquiry_backoff.last());
        now.plus(wait.copied().unwrap_or(self.lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enquiries_back_off_and_go_on_for_ever() {
        let schedule = Schedule::default();
        for (enquiries, wait_s) in [(0, 3), (1, 5), (5, 60), (8, 900), (9, 900), (i64::MAX, 900)] {
            let wait = schedule.next_enquiry(enquiries, Timestamp::EPOCH).since(Timestamp::EPOCH);
            assert_eq!(wait.as_secs(), wait_s, "after {enquiries}");
        }
        let bare = Schedule { enquiry_backoff: Vec::new(), ..Schedule::default() };
        assert_eq!(bare.next_enquiry(3, Timestamp::EPOCH), Timestamp::EPOCH.plus(bare.lease));
    }

    #[test]
    fn a_promise_is_made_from_how_long_transfers_took() {
        let schedule = Schedule::default();
        let mut took = Latencies::new(256);
        let mut check = |samples: usize, took_s: u64, expected_s: u64| {
            (0..samples).for_each(|_| took.add(Duration::from_secs(took_s)));
            assert_eq!(schedule.promised_in(&took).as_secs(), expected_s, "{samples} of {took_s} s");
        };
        check(0, 0, 600);
        check(19, 1, 600);
        check(1, 1, 60);
        check(256, 100, 200);
        check(3, 3_600, 7_200);
        check(256, 72 * 3_600, 6 * 3_600);
    }

    #[test]
    fn what_a_bank_does_not_find_is_over_within_what_is_promised() {
        let schedule = Schedule::default();
        let over_in = schedule.validity_in + schedule.validity_margin + schedule.expected_in_min;
        assert!(over_in <= schedule.expected_in);
    }

    #[test]
    fn a_lease_outlasts_a_call() {
        let schedule = Schedule::default();
        assert!(schedule.lease > schedule.answer_timeout);
    }
}
