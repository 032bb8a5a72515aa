//! Webhooks in the background: endpoints are told of events, and have their turns.

use super::Jobs;
use crate::engine::Undecided;
use makegood_base::limits::PAGE_ROWS_MAX;
use makegood_notify::{EndpointState, WebhookEndpoint};
use makegood_store::{Failure, Store};
use makegood_wallet::tables::{MerchantId, WebhookEndpointId};
use makegood_wallet::{Action, ClaimedEndpoint, Reply, WebhookTurn};
use std::time::Duration;

/// How often what came of a turn is told again while the store is in trouble. After that the lease runs out, and the
/// same is sent again.
const TOLD_MAX: u32 = 5;

impl<S: Store> Jobs<S> {
    /// Tells all endpoints of a merchant that there are events.
    pub(super) async fn wake_endpoints(&self, merchant: MerchantId) -> Result<(), Undecided> {
        let lists = self.parts.webhooks.lists();
        let endpoints =
            lists.webhook_endpoints_of(merchant, None, PAGE_ROWS_MAX).await.map_err(unreadable)?;
        self.submit(Action::WakeWebhookEndpoints { merchant, endpoints }).await?;
        Ok(())
    }

    /// A turn: claimed, done, told of. The place is taken before the claim, so that no turn grows old in a queue.
    pub(super) async fn webhook_turn(&self, id: WebhookEndpointId) -> Result<(), Undecided> {
        let webhooks = &self.parts.webhooks;
        let Some(_place) = webhooks.place().await else { return Ok(()) };
        let reply = self.submit(Action::ClaimWebhookTurn { endpoint: id }).await?;
        let claimed: ClaimedEndpoint = serde_json::from_slice(&reply.body).map_err(|error| {
            tracing::error!(%error, %id, "a turn cannot be read");
            Undecided::Internal
        })?;
        let (Some(generation), Some(endpoint)) = (claimed.generation, claimed.endpoint) else {
            return Ok(());
        };
        if endpoint.state == EndpointState::Deleted {
            return self.clear_away(&endpoint).await;
        }
        let turn = webhooks.turn(endpoint, generation).await.map_err(unreadable)?;
        self.end_turn(turn).await
    }

    async fn end_turn(&self, turn: WebhookTurn) -> Result<(), Undecided> {
        let mut told = 0;
        loop {
            match self.submit(Action::EndWebhookTurn(Box::new(turn.clone()))).await {
                Ok(reply) => {
                    warn_of(&reply, &turn);
                    return Ok(());
                }
                Err(undecided) if told >= TOLD_MAX || undecided == Undecided::Internal => {
                    return Err(undecided);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20 << told)).await,
            }
            told += 1;
        }
    }

    /// Takes away what is left of a deleted endpoint.
    async fn clear_away(&self, endpoint: &WebhookEndpoint) -> Result<(), Undecided> {
        let lists = self.parts.webhooks.lists();
        loop {
            let events =
                lists.webhook_deliveries_of(endpoint.id, Default::default(), None, PAGE_ROWS_MAX).await;
            let events = events.map_err(unreadable)?;
            let is_last = events.is_empty();
            self.submit(Action::ForgetWebhookDeliveries { endpoint: endpoint.id, events }).await?;
            if is_last {
                return Ok(());
            }
        }
    }
}

fn warn_of(reply: &Reply, turn: &WebhookTurn) {
    if reply.is_problem() {
        tracing::warn!(endpoint = %turn.endpoint, "a worker came too late to tell of its turn");
    }
}

fn unreadable(failure: Failure) -> Undecided {
    tracing::warn!(%failure, "webhooks cannot be read");
    Undecided::Unavailable
}
