//! Withdrawals to a bank card.

use super::outgoing::OutgoingBody;
use super::top_ups::user;
use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields::PathId;
use crate::listing::list_parameters;
use crate::long_poll::{Stopping, Wait};
use crate::paging::Params;
use crate::shared::Api;
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_base::WithdrawalId;
use makegood_wallet::tables::{LookupKind, Withdrawal};
use makegood_wallet::view::{ListView, OutgoingView, TraceView};
use makegood_wallet::{Action, NewOutgoing, OutgoingId, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(trace))
}

/// Withdraw to a bank card.
///
/// The money is set aside at once, and sent to the bank next. Where the bank does not say that the card is the named
/// person's, the answer is 409 `card.holder_unconfirmed` until that is accepted.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "Money", request_body = OutgoingBody,
    responses((status = 202, description = "The money is set aside. Wait for it with `GET …?wait=20`.", body = OutgoingView)),
)]
async fn create(
    State(api): State<Api>,
    Peer(address): Peer,
    write: Write<OutgoingBody>,
) -> Result<Answer, Refused> {
    let (user, earlier) = write.user(&api).await?;
    if let Some(answer) = earlier {
        return Ok(answer);
    }
    let wanted = write.body.wanted()?;
    let check = write.body.holder_check(&api, user, wanted.bank_card, address).await?;
    let action = Action::Withdraw(NewOutgoing { check, ..wanted });
    Ok(api.submit(write.command(&api, action)?).await)
}

list_parameters! {
    /// Which withdrawals.
    Withdrawals {
        /// Only the one with this reference.
        client_ref,
        /// One of `held`, `sent`, `unknown`, `completed`, `returned`, `failed` and `cancelled`: only those with this
        /// status.
        status,
    }
}

/// The caller's withdrawals, newest first.
#[utoipa::path(
    get, path = "/v1/withdrawals", tag = "Money", params(Withdrawals),
    responses((status = 200, description = "A page of withdrawals.", body = ListView<OutgoingView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Withdrawals>,
) -> Result<Answer, Refused> {
    let user = user(&api, &context).await?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(client_ref) = &wanted.client_ref {
        let of = (LookupKind::WithdrawalRef, user.raw());
        return narrowed.one::<Withdrawal>(&api, &context, of, ("client_ref", client_ref)).await;
    }
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.withdrawals_of_user(user, filter, before, limit);
    narrowed.page::<Withdrawal, _>(&api, &context, found).await
}

/// A withdrawal.
#[utoipa::path(
    get, path = "/v1/withdrawals/{id}", tag = "Money",
    params(("id" = String, Path, example = "wdr_01h455vb4pex5vsknk084sn02q"), Wait),
    responses((status = 200, description = "The withdrawal.", body = OutgoingView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<WithdrawalId>,
    Params(wait): Params<Wait>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    let query = Query::Outgoing(OutgoingId::Withdrawal(id));
    api.query_and_wait(&context, query, id.raw(), (wait.wait, stopping)).await
}

/// Take a withdrawal back before it is sent.
#[utoipa::path(
    post, path = "/v1/withdrawals/{id}/cancel", tag = "Money",
    params(("id" = String, Path, example = "wdr_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The money is available again.", body = OutgoingView)),
)]
async fn cancel(
    State(api): State<Api>,
    PathId(withdrawal): PathId<WithdrawalId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::CancelWithdrawal { withdrawal })?).await)
}

/// Where the money of a withdrawal is, hop by hop, and what happens next.
#[utoipa::path(
    get, path = "/v1/withdrawals/{id}/trace", tag = "Money",
    params(("id" = String, Path, example = "wdr_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<WithdrawalId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::OutgoingTrace(OutgoingId::Withdrawal(id))).await
}
