//! Events that an endpoint does not have yet: what failed, when it is tried again, and what waits behind it.

use makegood_base::{EventId, Timestamp, WebhookEndpointId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How events are delivered. All of it is configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long to wait after the first attempt that failed, the second, …; after the last one the event is dead.
    pub waits: Vec<Duration>,
    /// How long a worker has an endpoint to itself; longer than a turn lasts.
    pub lease: Duration,
    /// How long the secret before the newest one signs too.
    pub secret_overlap: Duration,
    /// After how long of nothing but failures an endpoint is disabled.
    pub disable_after: Duration,
    /// The longest that an endpoint rests after a turn in which everything failed.
    pub pause_max: Duration,
    /// How many events that failed or wait an endpoint may have; with so many, nothing new is tried.
    pub open_max: i64,
    /// How many endpoints a merchant may have.
    pub endpoints_max: u32,
    /// The ports that an endpoint's address may have.
    pub ports: Vec<u16>,
}

impl Default for Rules {
    /// The schedule that Standard Webhooks recommends: ten attempts within about 75 hours.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let waits =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self {
            waits: waits.map(Duration::from_secs).to_vec(),
            lease: Duration::from_secs(90),
            secret_overlap: Duration::from_secs(24 * HOUR),
            disable_after: Duration::from_secs(5 * 24 * HOUR),
            pause_max: Duration::from_secs(MINUTE),
            open_max: 10_000,
            endpoints_max: 5,
            ports: vec![443, 8443],
        }
    }
}

impl Rules {
    /// How long to wait after that many attempts, from 1; none when that was the last one.
    #[must_use]
    pub fn wait_after(&self, attempts: i64) -> Option<Duration> {
        let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
        self.waits.get(place).copied()
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptError {
    /// The receiver answered with another status than 2xx.
    Status,
    /// The receiver answered with a redirect, which is never followed.
    Redirect,
    /// The receiver did not answer in time.
    Timeout,
    /// There was no connection, or no TLS on it.
    Connect,
    /// What came back was no HTTP.
    Response,
    /// The address may not be called: it is not a public one.
    AddressRefused,
}

impl AttemptError {
    /// Every reason.
    pub const ALL: &'static [Self] =
        &[Self::Status, Self::Redirect, Self::Timeout, Self::Connect, Self::Response, Self::AddressRefused];

    /// The reason as it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Response => "response",
            Self::AddressRefused => "address_refused",
        }
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// When it was recorded.
    pub at: Timestamp,
    /// Why.
    pub error: AttemptError,
    /// The status that the receiver answered with.
    pub status: Option<u16>,
    /// The beginning of what it answered, on one line and without characters that are not shown.
    pub excerpt: String,
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// To which endpoint.
    pub endpoint: WebhookEndpointId,
    /// Which event.
    pub event: EventId,
}

/// Where an event stands that an endpoint does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be tried.
    Retrying,
    /// An earlier event of its object has to be delivered, or be dead, before it.
    Waiting,
    /// It is not tried any more by itself.
    Dead,
}

impl DeliveryState {
    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }
}

/// An event that an endpoint does not have. What was delivered has no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which event, to which endpoint.
    pub id: DeliveryKey,
    /// The event's place among those of its owner; 0 for one that has none.
    pub sequence: i64,
    /// The event's kind.
    pub kind: String,
    /// The object that the event is of: its events keep their order.
    pub object: String,
    /// How often it was tried, since it was last sent again by hand.
    pub attempts: i64,
    /// When it is tried next; none while it waits behind another, and when it is dead.
    pub next_at: Option<Timestamp>,
    /// When it died.
    pub dead_at: Option<Timestamp>,
    /// What came of the last attempt.
    pub last: Option<AttemptFailure>,
    /// Since when it is here.
    pub created_at: Timestamp,
}

impl Delivery {
    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> DeliveryState {
        match (self.dead_at, self.next_at) {
            (Some(_), _) => DeliveryState::Dead,
            (None, Some(_)) => DeliveryState::Retrying,
            (None, None) => DeliveryState::Waiting,
        }
    }

    /// Counts an attempt that failed. The schedule of one that was dead begins anew.
    pub fn fail(&mut self, failure: AttemptFailure, rules: &Rules) {
        if self.dead_at.take().is_some() {
            self.attempts = 0;
        }
        self.attempts = self.attempts.saturating_add(1);
        let at = failure.at;
        self.next_at = rules.wait_after(self.attempts).map(|wait| at.plus(wait));
        self.dead_at = if self.next_at.is_none() { Some(at) } else { None };
        self.last = Some(failure);
    }

    /// An attempt before its time failed: it is shown, and the schedule goes on as if it had not been made.
    pub fn fail_ahead_of_its_time(&mut self, failure: AttemptFailure) {
        self.last = Some(failure);
    }

    /// It had its turn and was not tried: its next turn is now.
    pub fn put_off(&mut self, now: Timestamp) {
        self.wait();
        self.next_at = Some(now);
    }

    /// It waits until the earlier events of its object are delivered or dead.
    pub fn wait(&mut self) {
        if self.dead_at.take().is_some() {
            self.attempts = 0;
        }
        self.next_at = None;
    }

    /// It is to be sent now, as if it had never been tried.
    pub fn send_again(&mut self, now: Timestamp) {
        (self.attempts, self.dead_at, self.next_at) = (0, None, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        let id = DeliveryKey { endpoint: [1; 16].into(), event: [2; 16].into() };
        let (kind, object) = ("payment.succeeded".to_owned(), "pay_1".to_owned());
        let (next_at, created_at) = (Some(Timestamp::EPOCH), Timestamp::EPOCH);
        Delivery {
            id,
            sequence: 1,
            kind,
            object,
            attempts: 0,
            next_at,
            dead_at: None,
            last: None,
            created_at,
        }
    }

    fn failure(at: Timestamp) -> AttemptFailure {
        AttemptFailure { at, error: AttemptError::Timeout, status: None, excerpt: String::new() }
    }

    #[test]
    fn a_delivery_is_tried_ten_times_within_76_hours_and_is_dead_then() {
        let (mut delivery, rules) = (delivery(), Rules::default());
        let mut waits_s = Vec::new();
        while let Some(at) = delivery.next_at {
            delivery.fail(failure(at), &rules);
            waits_s.extend(delivery.next_at.map(|next| next.since(at).as_secs()));
        }
        assert_eq!(waits_s, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!((delivery.attempts, delivery.state()), (10, DeliveryState::Dead));
        assert_eq!(delivery.dead_at.unwrap().since(Timestamp::EPOCH).as_secs(), 272_105);
    }

    #[test]
    fn an_attempt_before_its_time_is_not_counted() {
        let (mut delivery, rules) = (delivery(), Rules::default());
        delivery.fail(failure(Timestamp::EPOCH), &rules);
        let (attempts, next_at) = (delivery.attempts, delivery.next_at);
        let later = failure(Timestamp::EPOCH.plus(Duration::from_secs(1)));
        for _ in 0..20 {
            delivery.fail_ahead_of_its_time(later.clone());
        }
        assert_eq!((delivery.attempts, delivery.next_at, delivery.last), (attempts, next_at, Some(later)));
    }

    #[test]
    fn what_is_sent_again_begins_anew() {
        let (mut delivery, rules) =
            (delivery(), Rules { waits: vec![Duration::from_secs(1)], ..Rules::default() });
        for _ in 0..2 {
            delivery.fail(failure(Timestamp::EPOCH), &rules);
        }
        assert_eq!(delivery.state(), DeliveryState::Dead);
        let mut by_hand = delivery.clone();
        by_hand.send_again(Timestamp::EPOCH);
        assert_eq!((by_hand.attempts, by_hand.state()), (0, DeliveryState::Retrying));
        // One of many that are sent again together is still dead when it is tried.
        delivery.fail(failure(Timestamp::EPOCH), &rules);
        assert_eq!((delivery.attempts, delivery.state()), (1, DeliveryState::Retrying));
    }
}
