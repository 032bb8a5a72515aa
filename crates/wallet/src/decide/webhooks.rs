//! Webhook endpoints, as their merchants make and change them.

use super::Context;
use super::merchants::acting_merchant;
use crate::tables::{Delivery, DeliveryKey, MerchantId, WebhookEndpoint, WebhookEndpointId};
use crate::texts::Reason;
use crate::view::{WebhookEndpointView, WebhooksRequestedView};
use crate::{Actor, Code, EndpointChange, EventRef, Problem, Reply, SecretOf, Stop};
use makegood_notify::{EndpointState, EventChoice, StillOverlaps, url_guard};

/// The kind of the event that only tests an endpoint.
const TEST: &str = "webhook_endpoint.test";

/// Makes an endpoint, which gets what happens from now on.
pub(super) fn create(
    context: &mut Context<'_>,
    merchant: Option<MerchantId>,
    url: &str,
    events: EventChoice,
) -> Result<Reply, Stop> {
    let mut merchant = acting_merchant(context, merchant)?;
    let url = public_url(context, url)?;
    let maximum = context.settings.webhooks.endpoints_max;
    if merchant.feed.endpoints >= maximum {
        let reason = Reason::AtMost { maximum: maximum.into() };
        return Err(Problem::new(Code::WebhookEndpointLimit).because(reason).into());
    }
    let id = context.ids.make();
    let secret = context.ids.make();
    let cursor = merchant.feed.sequence;
    let endpoint = WebhookEndpoint::new(id, merchant.id, (url, events), (secret, cursor), context.now);
    merchant.feed.endpoints += 1;
    let reply = with_secret(context, 201, &endpoint)?;
    context.facts.merchants.set(merchant)?;
    context.facts.webhook_endpoints.add(endpoint)?;
    Ok(reply)
}

/// The URL as it is called, if it may be.
fn public_url(context: &Context<'_>, url: &str) -> Result<String, Stop> {
    let refused = |refusal| {
        let problem = Problem::new(Code::WebhookUrlRefused).field("url");
        Stop::from(problem.because(Reason::Url { refusal }))
    };
    url_guard(url, &context.settings.webhook_urls()).map(String::from).map_err(refused)
}

/// An answer that shows the endpoint's secret.
fn with_secret(context: &Context<'_>, status: u16, endpoint: &WebhookEndpoint) -> Result<Reply, Stop> {
    let merchant = context.facts.merchants.get(&endpoint.merchant)?.ok_or(Stop::from(Code::NotFound))?;
    let view = WebhookEndpointView::of(endpoint, merchant, context.now).with_secret();
    Ok(Reply { secret: Some(SecretOf::Webhook(endpoint.secret)), ..Reply::json(status, &view)? })
}

/// One of the caller's endpoints.
fn own(context: &Context<'_>, id: WebhookEndpointId) -> Result<WebhookEndpoint, Stop> {
    let not_found = || Stop::from(Code::NotFound);
    if context.actor == Actor::Anonymous {
        return Err(Code::AuthRequired.into());
    }
    let endpoint = context.facts.webhook_endpoints.get(&id)?;
    let endpoint =
        endpoint.filter(|endpoint| endpoint.state != EndpointState::Deleted).ok_or_else(not_found)?;
    let merchant = context.facts.merchants.get(&endpoint.merchant)?.ok_or_else(not_found)?;
    if context.actor.acts_for(merchant) { Ok(endpoint.clone()) } else { Err(not_found()) }
}

/// One of the caller's endpoints that is sent events.
fn own_active(context: &Context<'_>, id: WebhookEndpointId) -> Result<WebhookEndpoint, Stop> {
    let endpoint = own(context, id)?;
    match endpoint.state {
        EndpointState::Active => Ok(endpoint),
        _ => Err(Code::WebhookEndpointDisabled.into()),
    }
}

pub(super) fn view(context: &Context<'_>, endpoint: &WebhookEndpoint) -> Result<WebhookEndpointView, Stop> {
    let merchant = context.facts.merchants.get(&endpoint.merchant)?.ok_or(Stop::from(Code::NotFound))?;
    Ok(WebhookEndpointView::of(endpoint, merchant, context.now))
}

/// Whether one more event may be open at an endpoint.
fn must_have_room(context: &Context<'_>, endpoint: &WebhookEndpoint) -> Result<(), Stop> {
    let maximum = context.settings.webhooks.open_max;
    if endpoint.open < maximum {
        return Ok(());
    }
    let reason = Reason::AtMost { maximum: maximum.unsigned_abs() };
    Err(Problem::new(Code::WebhookBacklogFull).because(reason).into())
}

/// Changes an endpoint. One that is switched on goes on where it stopped.
pub(super) fn update(
    context: &mut Context<'_>,
    id: WebhookEndpointId,
    change: &EndpointChange,
) -> Result<Reply, Stop> {
    let mut endpoint = own(context, id)?;
    if let Some(url) = &change.url {
        endpoint.url = public_url(context, url)?;
    }
    if let Some(events) = &change.events {
        endpoint.events = events.clone();
    }
    match change.enabled {
        Some(true) if endpoint.state != EndpointState::Active => endpoint.go_on(context.now),
        Some(false) => endpoint.stop(EndpointState::SwitchedOff, context.now),
        _ => {}
    }
    let view = view(context, &endpoint)?;
    context.facts.webhook_endpoints.set(endpoint)?;
    Reply::json(200, &view)
}

/// Takes an endpoint away. What it has not got is not sent any more.
pub(super) fn delete(context: &mut Context<'_>, id: WebhookEndpointId) -> Result<Reply, Stop> {
    let mut endpoint = own(context, id)?;
    endpoint.stop(EndpointState::Deleted, context.now);
    let merchant = context.facts.merchants.get(&endpoint.merchant)?.cloned();
    let mut merchant = merchant.ok_or(Stop::from(Code::NotFound))?;
    merchant.feed.endpoints = merchant.feed.endpoints.saturating_sub(1);
    context.facts.merchants.set(merchant)?;
    context.facts.webhook_endpoints.set(endpoint)?;
    Ok(Reply::empty())
}

/// Replaces the secret. The one before it signs too for a while, so that the receiver can change over; until then
/// there is no other.
pub(super) fn rotate_secret(context: &mut Context<'_>, id: WebhookEndpointId) -> Result<Reply, Stop> {
    let mut endpoint = own(context, id)?;
    let rotated = endpoint.rotate(context.ids.make(), context.now, &context.settings.webhooks);
    rotated.map_err(|StillOverlaps { until }| {
        Problem::new(Code::WebhookSecretOverlaps).because(Reason::NotBefore { at: until })
    })?;
    let reply = with_secret(context, 200, &endpoint)?;
    context.facts.webhook_endpoints.set(endpoint)?;
    Ok(reply)
}

/// Sends an event to this endpoint alone. It has no number among the merchant's, so that no cursor sees it.
pub(super) fn test(context: &mut Context<'_>, id: WebhookEndpointId) -> Result<Reply, Stop> {
    let mut endpoint = own_active(context, id)?;
    must_have_room(context, &endpoint)?;
    let view = view(context, &endpoint)?;
    let (object, owner) = (endpoint.id.to_string(), endpoint.merchant.raw());
    let event = context.tell_numbered(owner, (TEST, None), object.clone(), &view)?;
    let event = EventRef { event, sequence: 0, kind: TEST.to_owned(), object };
    let reply = Reply::json(202, &WebhooksRequestedView { event: Some(event.event.to_string()), dead: 0 })?;
    let key = DeliveryKey { endpoint: id, event: event.event };
    context.facts.webhook_deliveries.put(key, None);
    send(context, &mut endpoint, &event)?;
    context.facts.webhook_endpoints.set(endpoint)?;
    Ok(reply)
}

/// Sends an event again, or all that are dead.
pub(super) fn replay(
    context: &mut Context<'_>,
    id: WebhookEndpointId,
    event: Option<&EventRef>,
) -> Result<Reply, Stop> {
    let mut endpoint = own_active(context, id)?;
    let requested = match event {
        Some(event) => {
            send(context, &mut endpoint, event)?;
            WebhooksRequestedView { event: Some(event.event.to_string()), dead: 0 }
        }
        None => {
            endpoint.replay_before = Some(context.now);
            endpoint.want(context.now);
            WebhooksRequestedView { event: None, dead: endpoint.dead }
        }
    };
    context.facts.webhook_endpoints.set(endpoint)?;
    Reply::json(202, &requested)
}

/// Makes an event due at an endpoint, whatever came of it before. One that is still to come by itself comes in its place:
/// it is not sent before what comes before it, and not twice.
fn send(context: &mut Context<'_>, endpoint: &mut WebhookEndpoint, event: &EventRef) -> Result<(), Stop> {
    let key = DeliveryKey { endpoint: endpoint.id, event: event.event };
    let known = context.facts.webhook_deliveries.get(&key)?.cloned();
    if known.is_none() && event.sequence > endpoint.cursor && endpoint.events.takes(&event.kind) {
        endpoint.want(context.now);
        return Ok(());
    }
    if known.as_ref().is_none_or(|row| row.dead_at.is_some()) {
        must_have_room(context, endpoint)?;
    }
    match &known {
        None => endpoint.open += 1,
        Some(row) if row.dead_at.is_some() => {
            endpoint.open += 1;
            endpoint.dead -= 1;
        }
        Some(_) => {}
    }
    let mut row = known.unwrap_or_else(|| delivery(key, event, context));
    row.send_again(context.now);
    endpoint.want(context.now);
    context.facts.webhook_deliveries.set(row)
}

/// An event that an endpoint does not have, and that waits behind another.
pub(super) fn delivery(id: DeliveryKey, event: &EventRef, context: &Context<'_>) -> Delivery {
    Delivery {
        id,
        sequence: event.sequence,
        kind: event.kind.clone(),
        object: event.object.clone(),
        attempts: 0,
        next_at: None,
        dead_at: None,
        last: None,
        created_at: context.now,
    }
}
