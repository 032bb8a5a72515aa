//! Turns at webhook endpoints, as their workers take and end them.

use super::webhooks::{delivery, view};
use super::{Context, Owner};
use crate::tables::{Delivery, DeliveryKey, EventId, MerchantId, WebhookEndpoint, WebhookEndpointId};
use crate::{Reply, Sent, SentOutcome, Stop, WebhookTurn};
use makegood_notify::{AttemptFailure, EndpointState, TurnEnd};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a wake-up that did not reach all endpoints waits for the next.
const WAKE_AGAIN: Duration = Duration::from_secs(1);

/// What a worker gets when it takes its turn.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimedEndpoint {
    /// The number of the turn; none when there is nothing to do, or somebody else is at it.
    pub generation: Option<i64>,
    /// The endpoint as it was committed; none where it is gone.
    pub endpoint: Option<WebhookEndpoint>,
}

/// Tells all endpoints of a merchant that there are events. An endpoint that was made since they were listed would be
/// missed: then they are listed again.
pub(super) fn wake(
    context: &mut Context<'_>,
    id: MerchantId,
    endpoints: &[WebhookEndpointId],
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let Some(mut merchant) = context.facts.merchants.get(&id)?.cloned() else { return Ok(Reply::empty()) };
    let mut found: u32 = 0;
    for endpoint in endpoints {
        let row = context.facts.webhook_endpoints.get(endpoint)?;
        let own = row.filter(|row| row.merchant == id && row.state != EndpointState::Deleted);
        let Some(mut endpoint) = own.cloned() else { continue };
        found += 1;
        if endpoint.state == EndpointState::Active && endpoint.cursor < merchant.feed.sequence {
            endpoint.want(context.now);
            context.facts.webhook_endpoints.set(endpoint)?;
        }
    }
    let is_missing = found < merchant.feed.endpoints;
    merchant.feed.due_at = is_missing.then(|| context.now.plus(WAKE_AGAIN));
    context.facts.merchants.set(merchant)?;
    Ok(Reply::empty())
}

/// A worker takes its turn. It is committed before anything is sent.
pub(super) fn claim(context: &mut Context<'_>, id: WebhookEndpointId) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut endpoint = context.facts.webhook_endpoints.get(&id)?.cloned();
    let mut generation = None;
    if let Some(endpoint) = &mut endpoint {
        generation = endpoint.claim(context.now, &context.settings.webhooks);
        if generation.is_some() {
            context.facts.webhook_endpoints.set(endpoint.clone())?;
        }
    }
    Reply::json(200, &ClaimedEndpoint { generation, endpoint })
}

/// What came of a turn. A worker that has lost its turn is not heard: whoever has it now sends the same again.
pub(super) fn end(context: &mut Context<'_>, turn: &WebhookTurn) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let endpoint = context.facts.webhook_endpoints.get(&turn.endpoint)?.cloned();
    let Some(mut endpoint) = endpoint.filter(|endpoint| endpoint.check(turn.generation).is_ok()) else {
        return Reply::json(409, &"the turn is another worker's, or over");
    };
    let mut end = TurnEnd {
        cursor: turn.cursor,
        successes: 0,
        failure: None,
        has_more: turn.has_more,
        next_retry_at: turn.next_retry_at,
        retried_before: turn.retried_before,
        replayed_before: turn.replayed_before,
    };
    for sent in &turn.sent {
        settle(context, &mut endpoint, sent, &mut end)?;
    }
    let merchant = context.facts.merchants.get(&endpoint.merchant)?.cloned();
    let counted = merchant.as_ref().map_or(0, |merchant| merchant.feed.sequence);
    let has_room = endpoint.open < context.settings.webhooks.open_max;
    end.has_more |= has_room && end.cursor < counted;
    let disabled = endpoint.end_turn(end, context.now, &context.settings.webhooks);
    context.facts.webhook_endpoints.set(endpoint.clone())?;
    if let (Some(_), Some(merchant)) = (disabled, merchant) {
        let view = view(context, &endpoint)?;
        for owner in [Owner::from(merchant.id), merchant.owner.into()] {
            context.tell(owner, "webhook_endpoint.disabled", endpoint.id.to_string(), &view)?;
        }
    }
    Ok(Reply::empty())
}

/// Keeps what came of one event: a row while the endpoint does not have it.
fn settle(
    context: &mut Context<'_>,
    endpoint: &mut WebhookEndpoint,
    sent: &Sent,
    end: &mut TurnEnd,
) -> Result<(), Stop> {
    let key = DeliveryKey { endpoint: endpoint.id, event: sent.event.event };
    let known = context.facts.webhook_deliveries.get(&key)?.cloned();
    let wants_again = |row: &Delivery| endpoint.is_wanted_again(row, &context.settings.webhooks);
    let is_wanted_again = known.as_ref().is_some_and(wants_again);
    let next_at = known.as_ref().and_then(|row| row.next_at);
    let is_ahead = endpoint.is_ahead_of_its_time(next_at, &context.settings.webhooks);
    count(endpoint, known.as_ref(), -1);
    let mut row = known.unwrap_or_else(|| delivery(key, &sent.event, context));
    match &sent.outcome {
        // It stays due as it was asked for.
        SentOutcome::Delivered if is_wanted_again => end.successes += 1,
        SentOutcome::Delivered => {
            end.successes += 1;
            return context.facts.webhook_deliveries.remove(&key);
        }
        SentOutcome::Failed { error, status, excerpt } => {
            let (error, status, excerpt) = (*error, *status, excerpt.clone());
            let failure = AttemptFailure { at: context.now, error, status, excerpt };
            if is_ahead {
                row.fail_ahead_of_its_time(failure.clone());
            } else {
                row.fail(failure.clone(), &context.settings.webhooks);
            }
            // A 410 is what the whole turn comes to, whatever failed after it.
            let is_gone = |failure: &AttemptFailure| failure.status == Some(410);
            if !end.failure.as_ref().is_some_and(is_gone) {
                end.failure = Some(failure);
            }
        }
        // It is still among what is to be tried before its time.
        SentOutcome::Unsent if is_ahead => {
            end.retried_before = None;
            end.has_more = true;
        }
        SentOutcome::Unsent => {
            row.put_off(context.now);
            end.has_more = true;
        }
        SentOutcome::Held => row.wait(),
    }
    end.next_retry_at = [end.next_retry_at, row.next_at].into_iter().flatten().min();
    count(endpoint, Some(&row), 1);
    context.facts.webhook_deliveries.set(row)
}

fn count(endpoint: &mut WebhookEndpoint, row: Option<&Delivery>, by: i64) {
    match row {
        Some(row) if row.dead_at.is_some() => endpoint.dead += by,
        Some(_) => endpoint.open += by,
        None => {}
    }
}

/// Clears away what is left of a deleted endpoint: some of its rows, and at last its own.
pub(super) fn forget(
    context: &mut Context<'_>,
    id: WebhookEndpointId,
    events: &[EventId],
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let endpoint = context.facts.webhook_endpoints.get(&id)?;
    let is_deleted = endpoint.is_some_and(|endpoint| endpoint.state == EndpointState::Deleted);
    if !is_deleted {
        return Ok(Reply::empty());
    }
    for event in events {
        context.facts.webhook_deliveries.remove(&DeliveryKey { endpoint: id, event: *event })?;
    }
    if events.is_empty() {
        context.facts.webhook_endpoints.remove(&id)?;
    }
    Ok(Reply::empty())
}
