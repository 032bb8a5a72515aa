//! A merchant's money: when it becomes available, and its way to a card.

use super::outgoing::OutgoingBody;
use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields::PathId;
use crate::listing::list_parameters;
use crate::long_poll::{Stopping, Wait};
use crate::paging::Params;
use crate::shared::Api;
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_base::{MerchantId, PayoutId};
use makegood_wallet::tables::{LookupKind, Payout, Settlement};
use makegood_wallet::view::{ListView, OutgoingView, SettlementView, TraceView};
use makegood_wallet::{Action, Code, Needs, NewOutgoing, OutgoingId, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(settlements))
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(trace))
}

list_parameters! {
    /// Which settlements.
    Settlements {
        /// One of `scheduled`, `overdue` and `settled`: only those with this status.
        status,
    }
}

/// What a merchant was paid, and when it gets it: newest first.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/settlements", tag = "Merchants",
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q"), Settlements),
    responses((status = 200, description = "A page of settlements.", body = ListView<SettlementView>)),
)]
async fn settlements(
    State(api): State<Api>,
    context: Context,
    PathId(merchant): PathId<MerchantId>,
    Params(wanted): Params<Settlements>,
) -> Result<Answer, Refused> {
    let actor = api.actor(&context).await?;
    let merchant = api.merchant(actor, Some(merchant)).await?;
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.settlements_of_merchant(merchant, filter, before, limit);
    wanted.narrowed(wanted.status.as_deref()).page::<Settlement, _>(&api, &context, found).await
}

/// Pay a merchant's money out.
///
/// From what is available, to a bank card of the merchant's owner. The money is set aside at once, and sent to the
/// bank next. Where the bank does not say that the card is the named person's, the answer is 409
/// `card.holder_unconfirmed` until that is accepted.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/payouts", tag = "Merchants", request_body = OutgoingBody,
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q")),
    responses((status = 202, description = "The money is set aside. Wait for it with `GET /v1/payouts/{id}?wait=20`.", body = OutgoingView)),
)]
async fn create(
    State(api): State<Api>,
    Peer(address): Peer,
    PathId(merchant): PathId<MerchantId>,
    write: Write<OutgoingBody>,
) -> Result<Answer, Refused> {
    let (actor, earlier) = write.asker(&api).await?;
    if let Some(answer) = earlier {
        return Ok(answer);
    }
    let wanted = write.body.wanted()?;
    let facts = api.read(Needs { merchants: [merchant].into(), ..Needs::default() }).await?;
    let own = facts.merchants.peek(&merchant).filter(|merchant| actor.acts_for(merchant));
    let owner = own.ok_or(Refused::from(Code::NotFound))?.owner;
    let check = write.body.holder_check(&api, owner, wanted.bank_card, address).await?;
    let action = Action::PayOut { merchant, new: NewOutgoing { check, ..wanted } };
    Ok(api.submit(write.command(&api, action)?).await)
}

list_parameters! {
    /// Which payouts.
    Payouts {
        /// Only the one with this reference.
        client_ref,
        /// One of `held`, `sent`, `unknown`, `completed`, `returned`, `failed` and `cancelled`: only those with this
        /// status.
        status,
    }
}

/// A merchant's payouts, newest first.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/payouts", tag = "Merchants",
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q"), Payouts),
    responses((status = 200, description = "A page of payouts.", body = ListView<OutgoingView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    PathId(merchant): PathId<MerchantId>,
    Params(wanted): Params<Payouts>,
) -> Result<Answer, Refused> {
    let actor = api.actor(&context).await?;
    let merchant = api.merchant(actor, Some(merchant)).await?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(client_ref) = &wanted.client_ref {
        let of = (LookupKind::PayoutRef, merchant.raw());
        return narrowed.one::<Payout>(&api, &context, of, ("client_ref", client_ref)).await;
    }
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.payouts_of_merchant(merchant, filter, before, limit);
    narrowed.page::<Payout, _>(&api, &context, found).await
}

/// A payout.
#[utoipa::path(
    get, path = "/v1/payouts/{id}", tag = "Merchants",
    params(("id" = String, Path, example = "pyt_01h455vb4pex5vsknk084sn02q"), Wait),
    responses((status = 200, description = "The payout.", body = OutgoingView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<PayoutId>,
    Params(wait): Params<Wait>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    let query = Query::Outgoing(OutgoingId::Payout(id));
    api.query_and_wait(&context, query, id.raw(), (wait.wait, stopping)).await
}

/// Take a payout back before it is sent.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/cancel", tag = "Merchants",
    params(("id" = String, Path, example = "pyt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The money is available again.", body = OutgoingView)),
)]
async fn cancel(
    State(api): State<Api>,
    PathId(payout): PathId<PayoutId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::CancelPayout { payout })?).await)
}

/// Where the money of a payout is, hop by hop, and what happens next.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/trace", tag = "Merchants",
    params(("id" = String, Path, example = "pyt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<PayoutId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::OutgoingTrace(OutgoingId::Payout(id))).await
}
