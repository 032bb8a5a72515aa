//! Webhook endpoints, and the events that they do not have.

use crate::SECRET_PLACEHOLDER;
use crate::tables::{Delivery, Merchant, WebhookEndpoint};
use makegood_base::Timestamp;
use makegood_notify::{AttemptFailure, EndpointState};
use serde::Serialize;

/// A webhook endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpointView {
    /// `whe_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Whose it is, `mch_…`.
    pub merchant: String,
    /// Where events are sent.
    pub url: String,
    /// Which events: `*` for all, `payment.*` for all of a kind, or their names.
    pub events: Vec<String>,
    /// `enabled` or `disabled`.
    pub status: &'static str,
    /// Why it is disabled: `switched_off`, `gone` (it answered 410), or `failing` (for days, without a success).
    pub disabled_reason: Option<&'static str>,
    /// The secret that signs, `whsec_…`. It is shown when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Until when the secret before it signs too.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub previous_secret_until: Option<Timestamp>,
    /// How many events it has not been tried with yet.
    pub behind: i64,
    /// How many events failed and are tried again, or wait behind one that is.
    pub open: i64,
    /// How many events are not tried any more, until they are sent again.
    pub dead: i64,
    /// Since when every attempt failed.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub failing_since: Option<Timestamp>,
    /// When it took an event last.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub last_success_at: Option<Timestamp>,
    /// The last attempt that failed.
    pub last_failure: Option<AttemptView>,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttemptView {
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Why: `status` (another than 2xx), `redirect`, `timeout`, `connect`, `response` (no HTTP came back), or
    /// `address_refused` (the name stands for an address that is not public).
    pub error: &'static str,
    /// The status that it answered with.
    pub status: Option<u16>,
    /// The beginning of its answer, on one line.
    pub excerpt: String,
}

impl AttemptView {
    fn of(failure: &AttemptFailure) -> Self {
        let AttemptFailure { at, error, status, excerpt } = failure;
        Self { at: *at, error: error.as_str(), status: *status, excerpt: excerpt.clone() }
    }
}

impl WebhookEndpointView {
    pub(crate) fn of(endpoint: &WebhookEndpoint, merchant: &Merchant, now: Timestamp) -> Self {
        let is_active = endpoint.state == EndpointState::Active;
        let previous = endpoint.previous_secret.filter(|previous| now < previous.until);
        Self {
            id: endpoint.id.to_string(),
            livemode: merchant.livemode,
            merchant: endpoint.merchant.to_string(),
            url: endpoint.url.clone(),
            events: endpoint.events.patterns().to_vec(),
            status: if is_active { "enabled" } else { "disabled" },
            disabled_reason: (!is_active).then(|| endpoint.state.as_str()),
            secret: None,
            previous_secret_until: previous.map(|previous| previous.until),
            behind: merchant.feed.sequence.saturating_sub(endpoint.cursor),
            open: endpoint.open,
            dead: endpoint.dead,
            failing_since: endpoint.failing_since,
            last_success_at: endpoint.last_success_at,
            last_failure: endpoint.last_failure.as_ref().map(AttemptView::of),
            created_at: endpoint.created_at,
        }
    }

    /// With a place for the secret, which the edge of the service puts in.
    pub(crate) fn with_secret(self) -> Self {
        Self { secret: Some(SECRET_PLACEHOLDER.to_owned()), ..self }
    }
}

/// An event that an endpoint does not have. What was delivered is not listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDeliveryView {
    /// The event, `evt_…`, as `GET /v1/events/{id}` shows it.
    pub event: String,
    /// What happened, such as `payment.succeeded`.
    pub r#type: String,
    /// To which object.
    pub object: String,
    /// `retrying`, `waiting` (behind an earlier event of the same object), or `dead`.
    pub status: &'static str,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub next_at: Option<Timestamp>,
    /// The last attempt.
    pub last_failure: Option<AttemptView>,
    /// Since when it is here.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

impl WebhookDeliveryView {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        Self {
            event: delivery.id.event.to_string(),
            r#type: delivery.kind.clone(),
            object: delivery.object.clone(),
            status: delivery.state().as_str(),
            attempts: delivery.attempts,
            next_at: delivery.next_at,
            last_failure: delivery.last.as_ref().map(AttemptView::of),
            created_at: delivery.created_at,
        }
    }
}

/// Events that are sent because somebody asked for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhooksRequestedView {
    /// The event that is sent; none where it is all that were dead.
    pub event: Option<String>,
    /// How many dead events are sent again.
    pub dead: i64,
}
