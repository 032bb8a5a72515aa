//! Events, webhook endpoints, and the events that those do not have. Events are read by whom they are told to, so
//! that is how they lie; they are never loaded one by one.

use crate::{
    Failure,
    cells::{Cells, own_words},
    mapping::table,
};
use makegood_base::Timestamp;
use makegood_notify::{
    AttemptError, AttemptFailure, Delivery, DeliveryKey, EndpointState, Event, EventChoice, PreviousSecret,
    WebhookEndpoint,
};
use makegood_sql::{Error, Fields, Value};
use makegood_wallet::Needs;

table!(EVENTS, "events", key: 2, versioned: false, Event {
    owner: id "owner_id",
    id: id "id",
    kind: text "kind",
    object: text "object",
    body: text "body",
    at: integer "created_at",
    sequence: integer "sequence",
});

table!(WEBHOOK_ENDPOINTS, "webhook_endpoints", key: 1, versioned: true, WebhookEndpoint {
    id: id "id",
    merchant: id "merchant_id",
    url: text "url",
    events: text "events",
    state: text "state",
    secret: id "secret_id",
    previous_secret: id "previous_secret_id" integer "previous_secret_until",
    cursor: integer "cursor",
    open: integer "open_count",
    dead: integer "dead_count",
    generation: integer "generation",
    lease_until: integer "lease_until",
    next_at: integer "next_at",
    wanted_at: integer "wanted_at",
    paused_until: integer "paused_until",
    failed_turns: integer "failed_turns",
    failing_since: integer "failing_since",
    retry_before: integer "retry_before",
    replay_before: integer "replay_before",
    last_success_at: integer "last_success_at",
    last_failure: integer "failed_at" text "failure" integer "failure_status" text "failure_excerpt",
    created_at: integer "created_at",
});

table!(WEBHOOK_DELIVERIES, "webhook_deliveries", key: 2, versioned: true, Delivery {
    id: id "endpoint_id" id "event_id",
    sequence: integer "sequence",
    kind: text "kind",
    object: text "object",
    attempts: integer "attempts",
    next_at: integer "next_at",
    dead_at: integer "dead_at",
    last: integer "failed_at" text "failure" integer "failure_status" text "failure_excerpt",
    created_at: integer "created_at",
});

own_words!(EndpointState, AttemptError);

/// The patterns, with commas between them.
impl Cells for EventChoice {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.to_text().into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|text: String| Self::from_text(&text))
    }
}

/// Its id and its end; both or none.
impl Cells for Option<PreviousSecret> {
    fn put(self, values: &mut Vec<Value>) {
        self.map(|previous| previous.id).put(values);
        self.map(|previous| previous.until).put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        match (Cells::take(fields)?, Cells::take(fields)?) {
            (Some(id), Some(until)) => Ok(Some(PreviousSecret { id, until })),
            (None, None) => Ok(None),
            _ => Err(fields.refuse()),
        }
    }
}

/// When, why, the status if there was one, and the excerpt.
impl Cells for Option<AttemptFailure> {
    fn put(self, values: &mut Vec<Value>) {
        let (at, error) =
            (self.as_ref().map(|failure| failure.at), self.as_ref().map(|failure| failure.error));
        at.put(values);
        error.put(values);
        let status = self.as_ref().and_then(|failure| failure.status);
        status.map(i64::from).put(values);
        self.map(|failure| failure.excerpt).put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let (at, error): (Option<Timestamp>, Option<AttemptError>) =
            (Cells::take(fields)?, Cells::take(fields)?);
        let status = fields.take_as(|status: Option<i64>| match status {
            Some(status) => u16::try_from(status).ok().map(Some),
            None => Some(None),
        })?;
        let excerpt: Option<String> = Cells::take(fields)?;
        match (at, error, excerpt) {
            (Some(at), Some(error), Some(excerpt)) => Ok(Some(AttemptFailure { at, error, status, excerpt })),
            (None, None, None) if status.is_none() => Ok(None),
            _ => Err(fields.refuse()),
        }
    }
}

impl Cells for DeliveryKey {
    fn put(self, values: &mut Vec<Value>) {
        self.endpoint.put(values);
        self.event.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self { endpoint: Cells::take(fields)?, event: Cells::take(fields)? })
    }
}

/// Refuses needs that no store has an answer to.
pub(crate) fn check(needs: &Needs) -> Result<(), Failure> {
    if needs.events.is_empty() {
        return Ok(());
    }
    Err(Failure::Deterministic("events are listed by whom they are told to, never loaded".to_owned()))
}
