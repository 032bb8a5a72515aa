//! How long things may take.

use crate::Direction;
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
    /// For how long the bank may take a transfer from a card: short, because somebody stands at a till.
    pub validity_in: Duration,
    /// For how long the bank may take a transfer to a card: long, so that an outage fails no refund.
    pub validity_out: Duration,
    /// By how much the bank's clock may differ from ours.
    pub validity_margin: Duration,
    /// How long to wait before the first enquiry, the second, …; the last is repeated for ever.
    pub enquiry_backoff: Vec<Duration>,
    /// After how long a transfer that is not final counts as delayed.
    pub expected_in: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(5),
            validity_in: Duration::from_secs(600),
            validity_out: Duration::from_secs(24 * 3_600),
            validity_margin: Duration::from_secs(60),
            enquiry_backoff: [3, 5, 10, 20, 40, 60, 120, 300, 900].map(Duration::from_secs).to_vec(),
            expected_in: Duration::from_secs(600),
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
    fn a_lease_outlasts_a_call() {
        let schedule = Schedule::default();
        assert!(schedule.lease > schedule.answer_timeout);
    }
}
