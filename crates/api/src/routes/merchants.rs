//! Merchants, their balances and their entries.

use super::history::{self, History};
use super::sessions::secret_hash;
use super::top_ups::user;
use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::write::Write;
use axum::Json;
use axum::extract::State;
use makegood_base::MerchantId;
use makegood_wallet::postings::Kind;
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{BalancesView, EntryView, ListView, MerchantCreatedView, MerchantView};
use makegood_wallet::{Action, Needs, Query, SecretOf};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get))
        .routes(routes!(balances))
        .routes(routes!(transactions))
}

/// A merchant to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMerchant {
    /// The name that payers see: 1 to 64 characters.
    #[schema(example = "Old Wang's Dumplings")]
    name: String,
}

/// Make a merchant.
///
/// The caller owns it, and acts for it with their session.
#[utoipa::path(
    post, path = "/v1/merchants", tag = "Merchants", request_body = NewMerchant,
    responses((status = 201, description = "The merchant and its API key, which is shown here alone.", body = MerchantCreatedView)),
)]
async fn create(State(api): State<Api>, write: Write<NewMerchant>) -> Result<Answer, Refused> {
    let api_key = api.make_id();
    let action = Action::CreateMerchant {
        name: fields::name("name", &write.body.name)?,
        api_key,
        secret_hash: secret_hash(&api, SecretOf::ApiKey(api_key)),
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

/// The merchants that the caller owns, newest first.
#[utoipa::path(
    get, path = "/v1/merchants", tag = "Merchants", params(Page),
    responses((status = 200, description = "A page of merchants.", body = ListView<MerchantView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<Page>,
) -> Result<Json<ListView<MerchantView>>, Refused> {
    let owner = user(&api, &context).await?;
    let found = api.app.lists().merchants_of_owner(owner, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next_cursor = page.next(ids.iter())?;
    let facts = api.read(Needs { merchants: ids.iter().copied().collect(), ..Needs::default() }).await?;
    let rows = ids.iter().filter_map(|id| facts.merchants.peek(id));
    Ok(Json(ListView { data: rows.map(MerchantView::of).collect(), next_cursor }))
}

/// A merchant.
#[utoipa::path(
    get, path = "/v1/merchants/{id}", tag = "Merchants",
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The merchant.", body = MerchantView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<MerchantId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::Merchant(id)).await
}

/// A merchant's balances.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/balances", tag = "Merchants",
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "`pending`, `available` and `reserve`, for each currency; with what becomes available next, and when.", body = BalancesView)),
)]
async fn balances(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<MerchantId>,
) -> Result<Answer, Refused> {
    let currencies = history::currencies(&api, id.raw()).await?;
    api.query(&context, Query::MerchantBalances(id, currencies)).await
}

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Entries {
    /// Of which account: `pending`, `available` or `reserve`; `pending`, when it does not say.
    kind: Option<String>,
    /// The ISO 4217 code. It can be left out where there is only one.
    #[param(example = "CNY")]
    currency: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A merchant's entries, newest first, each with the balance after it.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/transactions", tag = "Merchants",
    params(("id" = String, Path, example = "mch_01h455vb4pex5vsknk084sn02q"), Entries),
    responses((status = 200, description = "A page of entries of one account.", body = ListView<EntryView>)),
)]
async fn transactions(
    State(api): State<Api>,
    context: Context,
    PathId(merchant): PathId<MerchantId>,
    Params(Entries { kind, currency, limit, cursor }): Params<Entries>,
) -> Result<Json<ListView<EntryView>>, Refused> {
    let kind = match kind.as_deref() {
        None | Some("pending") => Kind::MerchantPending,
        Some("available") => Kind::MerchantAvailable,
        Some("reserve") => Kind::MerchantReserve,
        Some(_) => {
            let accepted = vec!["pending", "available", "reserve"];
            return Err(Refused::invalid("kind", Reason::NotAccepted { accepted }));
        }
    };
    let actor = api.actor(&context).await?;
    api.merchant(actor, Some(merchant)).await?;
    history::entries(&api, merchant.raw(), kind, &History::new(currency, limit, cursor)).await.map(Json)
}
