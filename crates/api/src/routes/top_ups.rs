//! Top-ups: money that comes in from a bank card.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, AmountBody, PathId};
use crate::long_poll::{Stopping, Wait};
use crate::paging::{Page, Params, filter};
use crate::shared::Api;
use crate::write::Write;
use axum::extract::State;
use makegood_base::{TopUpId, UserId};
use makegood_payments::TopUpStatus;
use makegood_wallet::tables::LookupKind;
use makegood_wallet::view::{ListView, TopUpView, TraceView};
use makegood_wallet::{Action, Actor, Code, Facts, Needs, Query};
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

/// Which top-ups.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TopUps {
    /// Only the one with this reference.
    client_ref: Option<String>,
    /// One of `processing`, `unknown`, `succeeded` and `failed`: only those with this status.
    status: Option<String>,
    /// Only those made at this time or later, as RFC 3339 writes it.
    #[param(format = DateTime)]
    created_after: Option<String>,
    /// Only those made before this time.
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The caller's top-ups, newest first.
#[utoipa::path(
    get, path = "/v1/top-ups", tag = "Money", params(TopUps),
    responses((status = 200, description = "A page of top-ups.", body = ListView<TopUpView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(TopUps { client_ref, status, created_after, created_before, limit, cursor }): Params<TopUps>,
) -> Result<Answer, Refused> {
    let user = user(&api, &context).await?;
    let filter = filter(
        |text| TopUpStatus::parse(text).map(TopUpStatus::as_str),
        status.as_deref(),
        created_after.as_deref(),
        created_before.as_deref(),
    )?;
    if let Some(client_ref) = client_ref {
        let named = ("client_ref", client_ref.as_str());
        let need = |needs: &mut Needs, id: TopUpId| needs.top_ups.extend([id]);
        let takes = |facts: &Facts, id: TopUpId| {
            facts.top_ups.peek(&id).is_some_and(|row| filter.takes(row.status.as_str(), row.created_at))
        };
        let ids = api.look_up(LookupKind::TopUpRef, user.raw(), named, need, takes).await?;
        return api.query(&context, Query::TopUps(ids, None)).await;
    }
    let page = Page { limit, cursor };
    let found = api.app.lists().top_ups_of_user(user, filter, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::TopUps(ids, next)).await
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
