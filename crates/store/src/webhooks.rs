//! What workers of webhooks read: the events that an endpoint does not have yet, in the order in which it is to get
//! them. They exist in SQL only.

use crate::{
    Failure, Lists,
    cells::Cells,
    lists::{events, page_arguments},
};
use makegood_base::{EventId, MerchantId, RawId, Timestamp, WebhookEndpointId};
use makegood_notify::Event;
use makegood_sql::{Error, Fields, Kind, Value};

const ENDPOINTS_OF_MERCHANT: &str = "SELECT id FROM webhook_endpoints
    WHERE merchant_id = $1 AND id < $2 AND state <> 'deleted' ORDER BY id DESC LIMIT $3";
const EVENTS_AFTER: &str =
    events!("owner_id = $1 AND sequence > $2 AND sequence IS NOT NULL ORDER BY sequence LIMIT $3");
const EVENT_OF_OWNER: &str = events!("owner_id = $1 AND id = $2");

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT event_id, sequence, kind, object, attempts, next_at, failed_at, dead_at
             FROM webhook_deliveries WHERE endpoint_id = $1 AND ",
            $rest
        )
    };
}

const RETRIES: &str =
    deliveries!("next_at IS NOT NULL AND next_at <= $2 ORDER BY next_at, sequence LIMIT $3");
const FAILED_BEFORE: &str = deliveries!(
    "next_at IS NOT NULL AND next_at > $2 AND failed_at < $4 ORDER BY next_at, sequence LIMIT $3"
);
const DEAD_BEFORE: &str =
    deliveries!("dead_at IS NOT NULL AND dead_at <= $2 ORDER BY dead_at, sequence LIMIT $3");
const FIRST_OF_OBJECT: &str = deliveries!(
    "dead_at IS NULL AND object = $2 AND (sequence, event_id) > ($3, $4) ORDER BY sequence, event_id LIMIT 1"
);
const DELIVERY_KINDS: &[Kind] = &[
    Kind::Id,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
];
const DELIVERY: &str = deliveries!("event_id = $2");
/// 0 is all, 1 those that are tried or wait, 2 those that are dead.
const DELIVERIES: &str = "SELECT event_id FROM webhook_deliveries
    WHERE endpoint_id = $1 AND event_id < $2
        AND (CAST($4 AS BIGINT) = 0 OR CASE WHEN dead_at IS NULL THEN 1 ELSE 2 END = CAST($4 AS BIGINT))
    ORDER BY event_id DESC LIMIT $3";

/// Every text of this module.
pub(crate) const TEXTS: &[&str] = &[
    ENDPOINTS_OF_MERCHANT,
    EVENTS_AFTER,
    EVENT_OF_OWNER,
    RETRIES,
    FAILED_BEFORE,
    DEAD_BEFORE,
    FIRST_OF_OBJECT,
    DELIVERY,
    DELIVERIES,
];

/// An event that an endpoint does not have, as a worker needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Which event.
    pub event: EventId,
    /// Its place among those of its owner; 0 for one that has none.
    pub sequence: i64,
    /// What happened.
    pub kind: String,
    /// To which object.
    pub object: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// When it was tried last.
    pub failed_at: Option<Timestamp>,
    /// When it died.
    pub dead_at: Option<Timestamp>,
}

impl Undelivered {
    /// Its place among the events of its object. Those without a number have an order too: that of their ids.
    #[must_use]
    pub const fn place(&self) -> (i64, EventId) {
        (self.sequence, self.event)
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self {
            event: Cells::take(fields)?,
            sequence: Cells::take(fields)?,
            kind: Cells::take(fields)?,
            object: Cells::take(fields)?,
            attempts: Cells::take(fields)?,
            next_at: Cells::take(fields)?,
            failed_at: Cells::take(fields)?,
            dead_at: Cells::take(fields)?,
        })
    }
}

/// Which of an endpoint's deliveries are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Listed {
    /// All.
    #[default]
    All,
    /// Those that are tried, or wait.
    Open,
    /// Those that are dead.
    Dead,
}

impl Lists {
    /// A merchant's endpoints.
    pub async fn webhook_endpoints_of(
        &self,
        merchant: MerchantId,
        before: Option<WebhookEndpointId>,
        limit: u32,
    ) -> Result<Vec<WebhookEndpointId>, Failure> {
        let arguments = page_arguments(Some(merchant.raw().into()), before.map(|id| id.raw()), limit);
        self.page(ENDPOINTS_OF_MERCHANT, arguments).await
    }

    /// The events that an endpoint does not have.
    pub async fn webhook_deliveries_of(
        &self,
        endpoint: WebhookEndpointId,
        listed: Listed,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventId>, Failure> {
        let mut arguments = page_arguments(Some(endpoint.raw().into()), before.map(|id| id.raw()), limit);
        arguments.push(match listed {
            Listed::All => 0_i64.into(),
            Listed::Open => 1_i64.into(),
            Listed::Dead => 2_i64.into(),
        });
        self.page(DELIVERIES, arguments).await
    }

    /// The events of an owner with numbers after this one, in the order of commits.
    pub async fn events_after(&self, owner: RawId, sequence: i64, limit: u32) -> Result<Vec<Event>, Failure> {
        self.event_page(EVENTS_AFTER, vec![owner.into(), sequence.into(), i64::from(limit).into()]).await
    }

    /// One event of an owner.
    pub async fn event_of(&self, owner: RawId, id: EventId) -> Result<Option<Event>, Failure> {
        Ok(self.event_page(EVENT_OF_OWNER, vec![owner.into(), id.raw().into()]).await?.pop())
    }

    /// What is to be tried until this moment, the longest due first.
    pub async fn retries(
        &self,
        endpoint: WebhookEndpointId,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Undelivered>, Failure> {
        self.undelivered(RETRIES, vec![endpoint.raw().into(), until.into(), i64::from(limit).into()]).await
    }

    /// What is to be tried later than this moment, and was tried before that one.
    pub async fn failed_before(
        &self,
        endpoint: WebhookEndpointId,
        (later_than, tried_before): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Undelivered>, Failure> {
        let bounds = [later_than.into(), i64::from(limit).into(), tried_before.into()];
        self.undelivered(FAILED_BEFORE, std::iter::once(endpoint.raw().into()).chain(bounds).collect()).await
    }

    /// What had died by this moment.
    pub async fn dead_before(
        &self,
        endpoint: WebhookEndpointId,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<Undelivered>, Failure> {
        self.undelivered(DEAD_BEFORE, vec![endpoint.raw().into(), moment.into(), i64::from(limit).into()])
            .await
    }

    /// The first event of an object, after this place, that is tried or waits.
    pub async fn first_of_object(
        &self,
        endpoint: WebhookEndpointId,
        object: &str,
        after: Option<(i64, EventId)>,
    ) -> Result<Option<Undelivered>, Failure> {
        let (sequence, event) = after.map_or((-1, [0; 16]), |(sequence, event)| (sequence, event.raw()));
        let arguments = vec![endpoint.raw().into(), object.into(), sequence.into(), event.into()];
        Ok(self.undelivered(FIRST_OF_OBJECT, arguments).await?.pop())
    }

    /// An event that an endpoint does not have, if it is such a one.
    pub async fn delivery(
        &self,
        endpoint: WebhookEndpointId,
        event: EventId,
    ) -> Result<Option<Undelivered>, Failure> {
        let arguments = vec![endpoint.raw().into(), event.raw().into()];
        Ok(self.undelivered(DELIVERY, arguments).await?.pop())
    }

    async fn undelivered(
        &self,
        text: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Vec<Undelivered>, Failure> {
        let mut transaction = self.database().read().await?;
        let rows = transaction.query(text, arguments, DELIVERY_KINDS).await?;
        transaction.rollback().await;
        let take = |row| Undelivered::take(&mut Fields::new(text, row));
        Ok(rows.into_iter().map(take).collect::<Result<_, _>>()?)
    }
}
