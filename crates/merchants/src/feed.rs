//! The numbers of a merchant's events, in the order of commits, for its webhook endpoints.

use makegood_base::Timestamp;

/// How far a merchant's events are. Only a merchant that has endpoints counts its events, so that a payment at
/// another one costs nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventFeed {
    /// How many webhook endpoints there are.
    pub endpoints: u32,
    /// The number of the last event that was counted. It never goes back.
    pub sequence: i64,
    /// Since when there is an event that endpoints have to be told of.
    pub due_at: Option<Timestamp>,
}

impl EventFeed {
    /// The number of the next event; none where nobody listens.
    pub fn next(&mut self, now: Timestamp) -> Option<i64> {
        if self.endpoints == 0 {
            return None;
        }
        self.sequence = self.sequence.saturating_add(1);
        self.due_at.get_or_insert(now);
        Some(self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_while_somebody_listens() {
        let at = Timestamp::from_micros;
        let mut feed = EventFeed::default();
        assert_eq!((feed.next(at(1)), feed), (None, EventFeed::default()));
        feed.endpoints = 1;
        assert_eq!((feed.next(at(1)), feed.next(at(2)), feed.due_at), (Some(1), Some(2), Some(at(1))));
        feed.endpoints = 0;
        assert_eq!((feed.next(at(3)), feed.sequence), (None, 2));
    }
}
