//! Transfers between users, and what a payer asks before paying anybody.

use super::top_ups::user;
use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields::{self, AmountBody, ExpectBody, PathId};
use crate::listing::list_parameters;
use crate::paging::Params;
use crate::shared::Api;
use crate::strict::object;
use crate::write::Write;
use axum::extract::State;
use makegood_base::TransferId;
use makegood_store::Filter;
use makegood_wallet::tables::{LookupKind, Transfer};
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{ListView, ResolvedView, TraceView, TransferView};
use makegood_wallet::{Action, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(resolve))
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(trace))
}

/// What a payer has in hand: a QR code or a name, one of the two.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Resolve {
    /// The text of a QR code.
    qr: Option<String>,
    /// Another user's login or id.
    #[schema(example = "+8613800138000")]
    to: Option<String>,
}

/// Find out who would be paid, and what for, before paying.
///
/// A QR code is read for anybody, another user's name for those who are logged in.
#[utoipa::path(
    post, path = "/v1/resolve", tag = "Money", request_body = Resolve,
    security(("session" = []), ("api_key" = []), ()),
    responses((status = 200, description = "The payee, with a person's name masked, and the order.", body = ResolvedView)),
)]
async fn resolve(
    State(api): State<Api>,
    Peer(address): Peer,
    write: Write<Resolve>,
) -> Result<Answer, Refused> {
    if write.body.to.is_some() {
        // Nobody shall walk through all phone numbers to see whose they are.
        api.count_guess(&format!("resolve {:?}", write.context.caller()?), address)?;
    }
    let query = match (&write.body.qr, &write.body.to) {
        (Some(qr), None) => Query::ResolveOrder(fields::qr_order("qr", qr, &api.app.settings().qr_key)?),
        (None, Some(to)) => Query::ResolveUser(fields::payee("to", to)?),
        (Some(_), Some(_)) => return Err(Refused::invalid("to", Reason::ExcludedField { by: "qr" })),
        (None, None) => return Err(Refused::invalid("qr", Reason::MissingField)),
    };
    api.query(&write.context, query).await
}

/// A transfer to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTransfer {
    /// The other user's login or id.
    #[schema(example = "+8613800138000")]
    to: String,
    /// How much.
    #[serde(deserialize_with = "object")]
    amount: AmountBody,
    /// What the payee reads with it, on one line of at most 256 characters.
    note: Option<String>,
    /// What the payer saw: the amount and the payee's id.
    #[serde(deserialize_with = "object")]
    expect: ExpectBody,
    /// Your own reference, unique for ever: the same again is the same transfer.
    client_ref: Option<String>,
}

/// Give money to another user.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "Money", request_body = NewTransfer,
    responses((status = 201, description = "Given.", body = TransferView)),
)]
async fn create(State(api): State<Api>, write: Write<NewTransfer>) -> Result<Answer, Refused> {
    let NewTransfer { to, amount, note, expect, client_ref } = &write.body;
    let action = Action::Transfer {
        to: fields::payee("to", to)?,
        amount: amount.money("amount")?,
        note: fields::optional(fields::text, "note", note.as_deref())?,
        expect: Some(expect.expectation("expect")?),
        client_ref: fields::optional(fields::reference, "client_ref", client_ref.as_deref())?,
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

list_parameters! {
    /// Which transfers.
    Transfers {
        /// Only the one that the caller made with this reference.
        client_ref,
    }
}

/// The transfers that the caller gave or got, newest first.
#[utoipa::path(
    get, path = "/v1/transfers", tag = "Money", params(Transfers),
    responses((status = 200, description = "A page of transfers.", body = ListView<TransferView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(wanted): Params<Transfers>,
) -> Result<Answer, Refused> {
    let user = user(&api, &context).await?;
    let narrowed = wanted.narrowed(None);
    if let Some(client_ref) = &wanted.client_ref {
        let of = (LookupKind::TransferRef, user.raw());
        return narrowed.one::<Transfer>(&api, &context, of, ("client_ref", client_ref)).await;
    }
    let lists = api.app.lists();
    let found = |filter: Filter, before, limit| {
        let times = (filter.created_after, filter.created_before);
        lists.transfers_of_user(user, times, before, limit)
    };
    narrowed.page::<Transfer, _>(&api, &context, found).await
}

/// A transfer.
#[utoipa::path(
    get, path = "/v1/transfers/{id}", tag = "Money",
    params(("id" = String, Path, example = "trf_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The transfer.", body = TransferView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<TransferId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::Transfer(id)).await
}

/// Where the money of a transfer is.
#[utoipa::path(
    get, path = "/v1/transfers/{id}/trace", tag = "Money",
    params(("id" = String, Path, example = "trf_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The trace.", body = TraceView)),
)]
async fn trace(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<TransferId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::TransferTrace(id)).await
}
