//! Webhook endpoints: where a merchant's events are sent.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_base::{EventId, WebhookEndpointId};
use makegood_notify::{ChoiceError, EventChoice};
use makegood_store::webhooks::Listed;
use makegood_wallet::texts::{Format, Reason};
use makegood_wallet::view::{ListView, WebhookDeliveryView, WebhookEndpointView, WebhooksRequestedView};
use makegood_wallet::{Action, Code, EndpointChange, EventRef, Needs, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(rotate_secret))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
}

/// An endpoint to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhookEndpoint {
    /// For which of the caller's merchants, `mch_…`. An API key makes it for its own.
    merchant: Option<String>,
    /// Where events are sent: `https`, on the public internet.
    #[schema(example = "https://shop.example.com/makegood")]
    url: String,
    /// Which events: `*` for all, `payment.*` for all of a kind, or their names. All, when it does not say.
    events: Option<Vec<String>>,
}

/// Which events an endpoint wants.
fn choice(patterns: &[String]) -> Result<EventChoice, Refused> {
    EventChoice::parse(patterns).map_err(|error| match error {
        ChoiceError::Count => {
            let maximum = u64::try_from(EventChoice::PATTERNS_MAX).unwrap_or(u64::MAX);
            Refused::invalid("events", Reason::AtMost { maximum })
        }
        ChoiceError::Pattern(place) => {
            let reason = Reason::WrongFormat { expected: Format::EventPattern };
            Refused::invalid(&format!("events[{place}]"), reason)
        }
    })
}

/// Have events sent to an address.
///
/// It gets what happens from now on, each event at least once, and those of one object in order. `secret` verifies
/// their signatures (Standard Webhooks): it is shown here alone. See
/// [docs/webhooks.md](https://github.com/makegood/makegood/blob/main/docs/webhooks.md).
#[utoipa::path(
    post, path = "/v1/webhook-endpoints", tag = "Webhooks", request_body = NewWebhookEndpoint,
    responses((status = 201, description = "The endpoint and its secret, which is shown here alone.", body = WebhookEndpointView)),
)]
async fn create(State(api): State<Api>, write: Write<NewWebhookEndpoint>) -> Result<Answer, Refused> {
    let body = &write.body;
    let action = Action::CreateWebhookEndpoint {
        merchant: fields::optional(fields::id, "merchant", body.merchant.as_deref())?,
        url: body.url.clone(),
        events: body.events.as_deref().map_or_else(|| Ok(EventChoice::default()), choice)?,
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

/// Which endpoints.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Endpoints {
    /// Those of this merchant, `mch_…`. An API key lists its own merchant's.
    merchant: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A merchant's endpoints, newest first.
#[utoipa::path(
    get, path = "/v1/webhook-endpoints", tag = "Webhooks", params(Endpoints),
    responses((status = 200, description = "A page of endpoints.", body = ListView<WebhookEndpointView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(Endpoints { merchant, limit, cursor }): Params<Endpoints>,
) -> Result<Answer, Refused> {
    let actor = api.actor(&context).await?;
    let named = fields::optional(fields::id, "merchant", merchant.as_deref())?;
    let merchant = api.merchant(actor, named).await?;
    let page = Page { limit, cursor };
    let found = api.app.lists().webhook_endpoints_of(merchant, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::WebhookEndpoints(ids, next)).await
}

/// An endpoint.
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{id}", tag = "Webhooks",
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The endpoint, and how it does.", body = WebhookEndpointView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<WebhookEndpointId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::WebhookEndpoint(id)).await
}

/// What is changed: one member at least. What is not said stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookEndpointChange {
    /// Where events are sent.
    url: Option<String>,
    /// Which events: `*` for all, `payment.*` for all of a kind, or their names.
    events: Option<Vec<String>>,
    /// Whether it is sent anything. One that is enabled again goes on where it stopped.
    enabled: Option<bool>,
}

/// Change an endpoint.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{id}", tag = "Webhooks", request_body = WebhookEndpointChange,
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The endpoint as it is now.", body = WebhookEndpointView)),
)]
async fn update(
    State(api): State<Api>,
    PathId(endpoint): PathId<WebhookEndpointId>,
    write: Write<WebhookEndpointChange>,
) -> Result<Answer, Refused> {
    let WebhookEndpointChange { url, events, enabled } = &write.body;
    if (url, events, enabled) == (&None, &None, &None) {
        return Err(Refused::invalid("url", Reason::MissingField));
    }
    let events = events.as_deref().map(choice).transpose()?;
    let change = EndpointChange { url: url.clone(), events, enabled: *enabled };
    Ok(api.submit(write.command(&api, Action::UpdateWebhookEndpoint { endpoint, change })?).await)
}

/// Take an endpoint away.
#[utoipa::path(
    delete, path = "/v1/webhook-endpoints/{id}", tag = "Webhooks",
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "Nothing is sent to it any more. `GET /v1/events` still lists what it did not get.")),
)]
async fn delete(
    State(api): State<Api>,
    PathId(endpoint): PathId<WebhookEndpointId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::DeleteWebhookEndpoint { endpoint })?).await)
}

/// Replace the secret.
///
/// For 24 hours the one before it signs too: each webhook has two signatures, and a receiver that knows either
/// secret believes it.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{id}/rotate-secret", tag = "Webhooks",
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The endpoint and its new secret, which is shown here alone.", body = WebhookEndpointView)),
)]
async fn rotate_secret(
    State(api): State<Api>,
    PathId(endpoint): PathId<WebhookEndpointId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::RotateWebhookSecret { endpoint })?).await)
}

/// Send a test event.
///
/// An event `webhook_endpoint.test` goes to this endpoint alone, as any other event does.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{id}/test", tag = "Webhooks",
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 202, description = "It is on its way.", body = WebhooksRequestedView)),
)]
async fn test(
    State(api): State<Api>,
    PathId(endpoint): PathId<WebhookEndpointId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::TestWebhookEndpoint { endpoint })?).await)
}

/// What is sent again.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// This event, `evt_…`, whatever came of it before.
    event: Option<String>,
    /// Every event that is dead.
    all_dead: Option<bool>,
}

/// Send events again: one, or all that are dead.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{id}/replay", tag = "Webhooks", request_body = Replay,
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q")),
    responses((status = 202, description = "They are on their way.", body = WebhooksRequestedView)),
)]
async fn replay(
    State(api): State<Api>,
    PathId(endpoint): PathId<WebhookEndpointId>,
    write: Write<Replay>,
) -> Result<Answer, Refused> {
    let event = match (&write.body.event, write.body.all_dead) {
        (Some(id), None | Some(false)) => Some(event_of(&api, endpoint, fields::id("event", id)?).await?),
        (None, Some(true)) => None,
        (Some(_), Some(true)) => {
            return Err(Refused::invalid("event", Reason::ExcludedField { by: "all_dead" }));
        }
        (None, None | Some(false)) => return Err(Refused::invalid("event", Reason::MissingField)),
    };
    Ok(api.submit(write.command(&api, Action::ReplayWebhooks { endpoint, event })?).await)
}

/// An event of the merchant whose endpoint it is. Whether that is the caller's is decided with the command.
async fn event_of(api: &Api, endpoint: WebhookEndpointId, event: EventId) -> Result<EventRef, Refused> {
    let facts = api.read(Needs { webhook_endpoints: [endpoint].into(), ..Needs::default() }).await?;
    let merchant = facts.webhook_endpoints.peek(&endpoint).map(|endpoint| endpoint.merchant);
    let merchant = merchant.ok_or(Refused::from(Code::NotFound))?;
    let found = api.app.lists().event_of(merchant.raw(), event).await.map_err(Refused::unreadable)?;
    let found = found.ok_or(Refused::from(Code::NotFound))?;
    Ok(EventRef { event, sequence: found.sequence.unwrap_or(0), kind: found.kind, object: found.object })
}

/// Which deliveries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Deliveries {
    /// `open` (tried again, or waiting) or `dead`.
    status: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The events that an endpoint does not have, newest first.
///
/// Each with its last attempt. What was delivered is not among them.
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{id}/deliveries", tag = "Webhooks",
    params(("id" = String, Path, example = "whe_01h455vb4pex5vsknk084sn02q"), Deliveries),
    responses((status = 200, description = "A page of deliveries.", body = ListView<WebhookDeliveryView>)),
)]
async fn deliveries(
    State(api): State<Api>,
    context: Context,
    PathId(endpoint): PathId<WebhookEndpointId>,
    Params(Deliveries { status, limit, cursor }): Params<Deliveries>,
) -> Result<Answer, Refused> {
    let listed = match status.as_deref() {
        None => Listed::All,
        Some("open") => Listed::Open,
        Some("dead") => Listed::Dead,
        Some(_) => {
            let accepted = vec!["open", "dead"];
            return Err(Refused::invalid("status", Reason::NotAccepted { accepted }));
        }
    };
    let page = Page { limit, cursor };
    let (before, limit) = (page.before()?, page.limit()?);
    let found = api.app.lists().webhook_deliveries_of(endpoint, listed, before, limit).await;
    let events = found.map_err(Refused::unreadable)?;
    let next = page.next(events.iter())?;
    api.query(&context, Query::WebhookDeliveries(endpoint, events, next)).await
}
