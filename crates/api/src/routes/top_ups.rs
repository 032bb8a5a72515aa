//! Top-ups: money that comes in from a bank card.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, PathId};
use crate::listing::list_parameters;
use crate::long_poll::{Stopping, Wait};
use crate::paging::Params;
use crate::shared::Api;
use crate::strict::object;
use crate::write::Write;
use axum::extract::State;
use makegood_base::{TopUpId, UserId};
use makegood_wallet::tables::{LookupKind, TopUp};
use makegood_wallet::view::{ListView, TopUpView, TraceView};
use makegood_wallet::{Action, Actor, Code, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get)).routes(routes!(trace))
}

/// A top-up to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTopUp {
    /// How much.
    #[serde(deserialize_with = "object")]
    amount: AmountBody,
    /// From which card, `crd_…`.
    #[schema(example = "crd_01h455vb4pex5vsknk084sn02q")]
    bank_card: String,
    /// Your own reference, unique for ever: the same again is the same top-up.
    client_ref: Option<String>,
}

/// Top up from a bank card.
#[utoipa::path(
    post, path = "/v1/top-ups", tag = "Money", request_body = NewTopUp,
    responses((status = 202, description = "The bank is asked. Wait for it with `GET …?wait=20`.", body = TopUpView)),
)]
async fn create(State(api): State<Api>, write: Write<NewTopUp>) -> Result<Answer, Refused> {
    let NewTopUp { amount, bank_card, client_ref } = &write.body;
    let action = Action::TopUp {
        amount: amount.money("amount")?,
        bank_card: fields::id("bank_card", bank_card)?,
        client_ref: fields::optional(fields::reference, "client_ref", client_ref.as_deref())?,
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

list_parameters! {
    /// Which top-ups.
    TopUps {
        /// Only the one with this reference.
        client_ref,
        /// One of `processing`, `unknown`, `succeeded` and `failed`: only those with this status.
        status,
    }
}

/// The caller's top-ups, newest first.
#[utoipa::path(
    get, path = "/v1/top-ups", tag = "Money", params(TopUps),
    responses((status = 200, description = "A page of top-ups.", body = ListView<TopUpView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<TopUps>,
) -> Result<Answer, Refused> {
    let user = user(&api, &context).await?;
    let narrowed = wanted.narrowed(wanted.status.as_deref());
    if let Some(client_ref) = &wanted.client_ref {
        let of = (LookupKind::TopUpRef, user.raw());
        return narrowed.one::<TopUp>(&api, &context, of, ("client_ref", client_ref)).await;
    }
    let lists = api.app.lists();
    let found = |filter, before, limit| lists.top_ups_of_user(user, filter, before, limit);
    narrowed.page::<TopUp, _>(&api, &context, found).await
}

/// The user who asks.
pub(super) async fn user(api: &Api, context: &Context) -> Result<UserId, Refused> {
    match api.actor(context).await? {
        Actor::User(user) => Ok(user),
        _ => Err(Code::AuthForbidden.into()),
    }
}

/// A top-up.
#[utoipa::path(
    get, path = "/v1/top-ups/{id}", tag = "Money",
    params(("id" = String, Path, example = "top_01h455vb4pex5vsknk084sn02q"), Wait),
    responses((status = 200, description = "The top-up.", body = TopUpView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<TopUpId>,
    Params(wait): Params<Wait>,
    stopping: Stopping,
) -> Result<Answer, Refused> {
    api.query_and_wait(&context, Query::TopUp(id), id.raw(), (wait.wait, stopping)).await
}

/// Where the money of a top-up is, hop by hop, and what happens next.
#[utoipa::path(
    get, path = "/v1/top-ups/{id}/trace", tag = "Money",
    params(("id" = String, Path, example = "top_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<TopUpId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::TopUpTrace(id)).await
}
