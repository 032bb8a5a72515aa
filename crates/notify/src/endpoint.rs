//! An address that a merchant has its events sent to, and whose turn it is there.
//!
//! An endpoint has a cursor: its place in the merchant's events, each of which has a number in the order of commits.
//! Whatever lies behind the cursor was delivered, was not wanted, or has a [`Delivery`]. One worker
//! at a time has a turn at an endpoint, for as long as its lease; what a worker says after that is refused.

use crate::{AttemptFailure, Delivery, EventChoice, Rules};
use makegood_base::{MerchantId, Timestamp, WebhookEndpointId, WebhookSecretId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whether an endpoint is sent anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It is.
    Active,
    /// Its merchant has switched it off.
    SwitchedOff,
    /// It answered 410: it wants nothing any more.
    Gone,
    /// It failed for too long without a success.
    Failing,
    /// It was deleted; what is left of it is being cleared away.
    Deleted,
}

impl EndpointState {
    /// Every state.
    pub const ALL: &'static [Self] =
        &[Self::Active, Self::SwitchedOff, Self::Gone, Self::Failing, Self::Deleted];

    /// The state as it is stored, and as the reason why an endpoint is disabled.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::SwitchedOff => "switched_off",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::Deleted => "deleted",
        }
    }
}

/// The secret before the newest one, which signs too for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// Which.
    pub id: WebhookSecretId,
    /// Until when it signs.
    pub until: Timestamp,
}

/// An address that a merchant has its events sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Which.
    pub id: WebhookEndpointId,
    /// Whose.
    pub merchant: MerchantId,
    /// Where.
    pub url: String,
    /// Which events it wants.
    pub events: EventChoice,
    /// Whether it is sent anything.
    pub state: EndpointState,
    /// What signs.
    pub secret: WebhookSecretId,
    /// What signs too.
    pub previous_secret: Option<PreviousSecret>,
    /// The number of the last event that was looked at.
    pub cursor: i64,
    /// How many events failed or wait.
    pub open: i64,
    /// How many events are dead.
    pub dead: i64,
    /// Counts the turns.
    pub generation: i64,
    /// Until when a worker has it to itself.
    pub lease_until: Option<Timestamp>,
    /// When there is something to do.
    pub next_at: Option<Timestamp>,
    /// Since when there is something that the turn under way may not have seen.
    pub wanted_at: Option<Timestamp>,
    /// Until when it rests, after turns in which everything failed.
    pub paused_until: Option<Timestamp>,
    /// How many turns with nothing but failures there were, one after the other.
    pub failed_turns: i64,
    /// Since when there was no success, if there were failures.
    pub failing_since: Option<Timestamp>,
    /// What failed before this moment is tried again at once: the endpoint works again.
    pub retry_before: Option<Timestamp>,
    /// What had died by this moment is sent again.
    pub replay_before: Option<Timestamp>,
    /// When it took an event last.
    pub last_success_at: Option<Timestamp>,
    /// The last attempt that failed.
    pub last_failure: Option<AttemptFailure>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a worker says is not heard: it has lost its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the turn is another worker's, or over")]
pub struct StaleTurn;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEnd {
    /// The number of the last event that was looked at.
    pub cursor: i64,
    /// How many events the receiver took.
    pub successes: usize,
    /// The last attempt that failed.
    pub failure: Option<AttemptFailure>,
    /// Whether there is more to do at once.
    pub has_more: bool,
    /// When the next of those that failed is tried again.
    pub next_retry_at: Option<Timestamp>,
    /// Of what failed before this moment, when the endpoint worked again, nothing is left.
    pub retried_before: Option<Timestamp>,
    /// Of what had died by this moment, and was to be sent again, nothing is left.
    pub replayed_before: Option<Timestamp>,
}

const GONE: u16 = 410;

/// After how long without an attempt the failures before it say nothing about the endpoint of today, at least.
const QUIET_MIN: Duration = Duration::from_secs(48 * 3_600);

/// The secret before the newest one still signs: a third would cut off whoever has only that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret before this one still signs")]
pub struct StillOverlaps {
    /// Until when.
    pub until: Timestamp,
}

impl WebhookEndpoint {
    /// A new endpoint that gets what comes after this event.
    #[must_use]
    pub fn new(
        id: WebhookEndpointId,
        merchant: MerchantId,
        (url, events): (String, EventChoice),
        (secret, cursor): (WebhookSecretId, i64),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            merchant,
            url,
            events,
            state: EndpointState::Active,
            secret,
            previous_secret: None,
            cursor,
            open: 0,
            dead: 0,
            generation: 0,
            lease_until: None,
            next_at: None,
            wanted_at: None,
            paused_until: None,
            failed_turns: 0,
            failing_since: None,
            retry_before: None,
            replay_before: None,
            last_success_at: None,
            last_failure: None,
            created_at: now,
        }
    }

    /// When somebody has to look at it: at the end of the lease, while a worker has it.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.lease_until.or(self.next_at)
    }

    /// The secrets that sign now, the newest first.
    #[must_use]
    pub fn secrets(&self, now: Timestamp) -> Vec<WebhookSecretId> {
        let previous = self.previous_secret.filter(|previous| now < previous.until);
        std::iter::once(self.secret).chain(previous.map(|previous| previous.id)).collect()
    }

    /// Signs with a new secret from now on, and for a while with the one before it too. Refused while the secret
    /// before this one still signs.
    pub fn rotate(
        &mut self,
        secret: WebhookSecretId,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<(), StillOverlaps> {
        if let Some(PreviousSecret { until, .. }) = self.previous_secret
            && now < until
        {
            return Err(StillOverlaps { until });
        }
        let until = now.plus(rules.secret_overlap);
        self.previous_secret = Some(PreviousSecret { id: self.secret, until });
        self.secret = secret;
        Ok(())
    }

    /// There is something to do. A worker that is at it looks again; one that rests goes on after its rest.
    pub fn want(&mut self, now: Timestamp) {
        if self.lease_until.is_some() {
            self.wanted_at = Some(now);
            return;
        }
        let at = self.rested(now);
        self.next_at = Some(self.next_at.map_or(at, |next| next.min(at)));
    }

    fn rested(&self, at: Timestamp) -> Timestamp {
        self.paused_until.map_or(at, |until| until.max(at))
    }

    /// Sends nothing any more, for this reason. A turn that is under way is not heard.
    pub fn stop(&mut self, state: EndpointState, now: Timestamp) {
        self.state = state;
        (self.lease_until, self.wanted_at) = (None, None);
        // What is left of one that was deleted has to be cleared away.
        self.next_at = (state == EndpointState::Deleted).then_some(now);
    }

    /// Goes on where it stopped, as if it had never failed.
    pub fn go_on(&mut self, now: Timestamp) {
        self.state = EndpointState::Active;
        (self.paused_until, self.failed_turns, self.failing_since) = (None, 0, None);
        self.retry_before = Some(now);
        self.want(now);
    }

    /// A worker takes its turn, to be committed before it calls: the number of the turn, unless somebody has it
    /// or there is nothing to do.
    pub fn claim(&mut self, now: Timestamp, rules: &Rules) -> Option<i64> {
        self.next_deadline().filter(|at| *at <= now)?;
        self.generation = self.generation.saturating_add(1);
        self.lease_until = Some(now.plus(rules.lease));
        (self.next_at, self.wanted_at) = (None, None);
        Some(self.generation)
    }

    /// Whether a worker that says something still has its turn.
    pub fn check(&self, generation: i64) -> Result<(), StaleTurn> {
        let has_turn = self.lease_until.is_some() && self.generation == generation;
        if has_turn && self.state == EndpointState::Active { Ok(()) } else { Err(StaleTurn) }
    }

    /// Whether somebody has asked for an event again since the turn under way began. Then what comes of the turn is
    /// not what was asked for.
    #[must_use]
    pub fn is_wanted_again(&self, delivery: &Delivery, rules: &Rules) -> bool {
        delivery.attempts == 0 && self.is_ahead_of_its_time(delivery.next_at, rules)
    }

    /// Whether what is next due at this moment was not due when the turn under way began: then an attempt in this
    /// turn is one that the schedule does not count.
    #[must_use]
    pub fn is_ahead_of_its_time(&self, next_at: Option<Timestamp>, rules: &Rules) -> bool {
        let is_since = |at: Timestamp| self.lease_until.is_some_and(|until| at.plus(rules.lease) > until);
        next_at.is_some_and(is_since)
    }

    /// A turn ends, of which [`check`](Self::check) was asked. Tells why the endpoint is disabled, if it is now.
    pub fn end_turn(&mut self, end: TurnEnd, now: Timestamp, rules: &Rules) -> Option<EndpointState> {
        self.lease_until = None;
        self.cursor = self.cursor.max(end.cursor);
        let is_gone = end.failure.as_ref().is_some_and(|failure| failure.status == Some(GONE));
        let has_failed = end.failure.is_some() && end.successes == 0;
        let was_quiet = self.last_failure.as_ref().is_none_or(|last| now.since(last.at) > quiet_after(rules));
        if end.failure.is_some() {
            self.last_failure = end.failure;
        }
        // What was asked for during the turn is another moment, and stays.
        if end.retried_before == self.retry_before {
            self.retry_before = None;
        }
        if end.replayed_before == self.replay_before {
            self.replay_before = None;
        }
        if end.successes > 0 {
            self.last_success_at = Some(now);
            if self.failing_since.take().is_some() {
                self.retry_before = Some(now);
            }
            (self.failed_turns, self.paused_until) = (0, None);
        } else if has_failed {
            let known = self.failing_since.filter(|_| !was_quiet);
            self.failing_since = known.or(Some(now));
            self.failed_turns = self.failed_turns.saturating_add(1);
            self.paused_until = Some(now.plus(pause(self.failed_turns, rules)));
        }
        let has_more = end.has_more || self.wanted_at.take().is_some() || self.retry_before.is_some();
        let at = if has_more { Some(now) } else { end.next_retry_at };
        self.next_at = at.map(|at| self.rested(at));
        let failed_for = self.failing_since.map_or(Duration::ZERO, |since| now.since(since));
        let state = match (is_gone, has_failed && failed_for >= rules.disable_after) {
            (true, _) => EndpointState::Gone,
            (false, true) => EndpointState::Failing,
            (false, false) => return None,
        };
        self.stop(state, now);
        Some(state)
    }
}

/// While anything is tried again, no two attempts are farther apart than this.
fn quiet_after(rules: &Rules) -> Duration {
    let longest = rules.waits.iter().max().copied().unwrap_or_default();
    longest.saturating_mul(2).max(QUIET_MIN)
}

/// How long to rest after so many turns in which everything failed: twice as long each time, from a second.
fn pause(failed_turns: i64, rules: &Rules) -> Duration {
    let doublings = u32::try_from(failed_turns.saturating_sub(1)).unwrap_or(0).min(16);
    Duration::from_secs(1 << doublings).min(rules.pause_max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AttemptError;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn endpoint() -> WebhookEndpoint {
        let url = "https://shop.example/hook".to_owned();
        let events = EventChoice::default();
        WebhookEndpoint::new([1; 16].into(), [2; 16].into(), (url, events), ([3; 16].into(), 7), at(0))
    }

    fn end(successes: usize, status: Option<u16>) -> TurnEnd {
        let failure = status.map(|status| AttemptFailure {
            at: at(0),
            error: AttemptError::Status,
            status: Some(status),
            excerpt: String::new(),
        });
        TurnEnd {
            cursor: 9,
            successes,
            failure,
            has_more: false,
            next_retry_at: None,
            retried_before: None,
            replayed_before: None,
        }
    }

    #[test]
    fn one_worker_at_a_time_has_a_turn() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        assert_eq!(endpoint.claim(at(1), &rules), None, "there is nothing to do");
        endpoint.want(at(1));
        assert_eq!(endpoint.claim(at(0), &rules), None);
        assert_eq!(endpoint.claim(at(1), &rules), Some(1));
        assert_eq!(endpoint.next_deadline(), Some(at(91)));
        assert_eq!(endpoint.claim(at(90), &rules), None, "somebody is at it");
        assert_eq!(endpoint.claim(at(91), &rules), Some(2), "whoever had it is lost");
        assert_eq!((endpoint.check(1), endpoint.check(2)), (Err(StaleTurn), Ok(())));
        assert_eq!(endpoint.end_turn(end(1, None), at(92), &rules), None);
        assert_eq!((endpoint.check(2), endpoint.next_deadline(), endpoint.cursor), (Err(StaleTurn), None, 9));
    }

    #[test]
    fn what_comes_during_a_turn_is_looked_at_after_it() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        endpoint.want(at(1));
        endpoint.claim(at(1), &rules).unwrap();
        endpoint.want(at(2));
        assert_eq!(endpoint.next_deadline(), Some(at(91)), "the lease is not cut short");
        endpoint.end_turn(end(1, None), at(3), &rules);
        assert_eq!(endpoint.next_deadline(), Some(at(3)));
    }

    #[test]
    fn an_endpoint_that_fails_rests_longer_and_longer_and_is_disabled() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        let mut now = at(0);
        let mut rests_s = Vec::new();
        let disabled = loop {
            endpoint.want(now);
            let next = endpoint.next_deadline().unwrap();
            rests_s.push(next.since(now).as_secs());
            now = next;
            endpoint.claim(now, &rules).unwrap();
            let mut end = end(0, Some(500));
            end.failure.as_mut().unwrap().at = now;
            if let Some(state) = endpoint.end_turn(end, now, &rules) {
                break state;
            }
        };
        assert_eq!(rests_s[..9], [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!((disabled, endpoint.next_deadline()), (EndpointState::Failing, None));
        assert!(now.since(at(0)) >= rules.disable_after);
        endpoint.go_on(now);
        assert_eq!((endpoint.state, endpoint.next_deadline()), (EndpointState::Active, Some(now)));
    }

    #[test]
    fn one_failure_after_a_quiet_time_does_not_disable() {
        const DAY: i64 = 24 * 3_600;
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        let mut fail = |seconds: i64| {
            endpoint.want(at(seconds));
            endpoint.claim(at(seconds), &rules).unwrap();
            let mut end = end(0, Some(500));
            end.failure.as_mut().unwrap().at = at(seconds);
            endpoint.end_turn(end, at(seconds), &rules)
        };
        assert_eq!([0, DAY, 2 * DAY, 3 * DAY].map(&mut fail), [None; 4]);
        // What it was sent is dead, it was mended, and had nothing to take until now.
        assert_eq!([9 * DAY, 11 * DAY, 13 * DAY].map(&mut fail), [None; 3]);
        assert_eq!(fail(14 * DAY), Some(EndpointState::Failing), "five days after the first of these");
    }

    #[test]
    fn a_success_ends_the_rest_and_brings_forward_what_failed() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        endpoint.want(at(0));
        endpoint.claim(at(0), &rules).unwrap();
        let later = TurnEnd { next_retry_at: Some(at(300)), ..end(0, Some(500)) };
        endpoint.end_turn(later.clone(), at(0), &rules);
        assert_eq!(endpoint.next_deadline(), Some(at(300)));
        endpoint.want(at(10));
        endpoint.claim(at(10), &rules).unwrap();
        endpoint.end_turn(TurnEnd { next_retry_at: Some(at(300)), ..end(1, None) }, at(11), &rules);
        assert_eq!((endpoint.next_deadline(), endpoint.retry_before), (Some(at(11)), Some(at(11))));
    }

    #[test]
    fn what_is_asked_for_during_a_turn_is_not_forgotten_with_it() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        endpoint.replay_before = Some(at(0));
        endpoint.want(at(0));
        endpoint.claim(at(0), &rules).unwrap();
        endpoint.replay_before = Some(at(1));
        endpoint.end_turn(TurnEnd { replayed_before: Some(at(0)), ..end(1, None) }, at(2), &rules);
        assert_eq!(endpoint.replay_before, Some(at(1)));
        endpoint.want(at(2));
        endpoint.claim(at(2), &rules).unwrap();
        endpoint.end_turn(TurnEnd { replayed_before: Some(at(1)), ..end(1, None) }, at(2), &rules);
        assert_eq!(endpoint.replay_before, None);
    }

    #[test]
    fn what_is_asked_for_again_during_a_turn_is_not_what_the_turn_sent() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        endpoint.want(at(5));
        endpoint.claim(at(5), &rules).unwrap();
        let mut delivery = Delivery {
            id: crate::DeliveryKey { endpoint: endpoint.id, event: [5; 16].into() },
            sequence: 1,
            kind: "payment.succeeded".to_owned(),
            object: "pay_1".to_owned(),
            attempts: 0,
            next_at: None,
            dead_at: None,
            last: None,
            created_at: at(0),
        };
        assert!(!endpoint.is_wanted_again(&delivery, &rules), "it waits behind another");
        delivery.send_again(at(4));
        assert!(!endpoint.is_wanted_again(&delivery, &rules), "the turn is for this");
        delivery.send_again(at(6));
        assert!(endpoint.is_wanted_again(&delivery, &rules));
        delivery.attempts = 1;
        assert!(!endpoint.is_wanted_again(&delivery, &rules), "it failed before, and its time is to come");
    }

    #[test]
    fn gone_is_gone_at_once() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        endpoint.want(at(0));
        endpoint.claim(at(0), &rules).unwrap();
        assert_eq!(endpoint.end_turn(end(3, Some(410)), at(0), &rules), Some(EndpointState::Gone));
        assert_eq!(endpoint.check(1), Err(StaleTurn));
    }

    #[test]
    fn two_secrets_sign_while_one_is_replaced() {
        let (mut endpoint, rules) = (endpoint(), Rules::default());
        let (first, second): (WebhookSecretId, WebhookSecretId) = ([3; 16].into(), [4; 16].into());
        endpoint.rotate(second, at(0), &rules).unwrap();
        let end = at(0).plus(rules.secret_overlap);
        let before = Timestamp::from_micros(end.as_micros() - 1);
        assert_eq!((endpoint.secrets(before), endpoint.secrets(end)), (vec![second, first], vec![second]));
        let third = [5; 16].into();
        assert_eq!(endpoint.rotate(third, before, &rules), Err(StillOverlaps { until: end }));
        assert_eq!(endpoint.secrets(before), vec![second, first], "nothing was changed");
        endpoint.rotate(third, end, &rules).unwrap();
        assert_eq!(endpoint.secrets(end), vec![third, second]);
    }
}
