//! People: registering, the caller's own profile, balances and entries, and the banks there are.

use super::history::{self, History};
use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields;
use crate::paging::Params;
use crate::shared::Api;
use crate::write::Write;
use axum::Json;
use axum::extract::State;
use makegood_auth::password;
use makegood_wallet::postings::Kind;
use makegood_wallet::view::{BalancesView, BankView, EntryView, ListView, MeView};
use makegood_wallet::{Action, Actor, Code, Query};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(me))
        .routes(routes!(balances))
        .routes(routes!(transactions))
        .routes(routes!(banks))
}

/// A person who registers.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// An email address, or a phone number as E.164 writes it.
    #[schema(example = "li.wei@example.com")]
    login: String,
    /// At least 15 characters; not a common one, and without the login in it.
    #[schema(example = "grey-kettle-tram-41", format = Password)]
    password: String,
    /// The name that others see, masked, before they pay: 1 to 64 characters.
    #[schema(example = "Li Wei")]
    display_name: String,
}

/// Register.
///
/// A login belongs to one person for ever.
#[utoipa::path(
    post, path = "/v1/users", tag = "People", security(()), request_body = NewUser,
    responses((status = 201, description = "Registered.", body = MeView)),
)]
async fn register(
    State(api): State<Api>,
    Peer(address): Peer,
    write: Write<NewUser>,
) -> Result<Answer, Refused> {
    let NewUser { login, password, display_name } = &write.body;
    let login = fields::login("login", login)?;
    let display_name = fields::name("display_name", display_name)?;
    password::check(password, &login).map_err(|problem| {
        Refused::field(Code::parse(problem.code()).unwrap_or(Code::RequestInvalid), "password")
    })?;
    api.count_hash(address)?;
    let password_hash = api.app.hash_password(password.clone()).await?;
    let scope = login.as_str().to_owned();
    let action = Action::RegisterUser { login: login.into_string(), display_name, password_hash };
    Ok(api.submit(write.anonymous(&api, &scope, action)?).await)
}

/// The caller's profile.
#[utoipa::path(
    get, path = "/v1/me", tag = "People",
    responses((status = 200, description = "The caller.", body = MeView)),
)]
async fn me(State(api): State<Api>, context: Context) -> Result<Answer, Refused> {
    api.query(&context, Query::Me).await
}

/// The caller's balances.
#[utoipa::path(
    get, path = "/v1/me/balances", tag = "People",
    responses((status = 200, description = "One row for each currency that the caller has had.", body = BalancesView)),
)]
async fn balances(State(api): State<Api>, context: Context) -> Result<Answer, Refused> {
    let currencies = history::currencies(&api, api.actor(&context).await?.raw()).await?;
    api.query(&context, Query::Balances(currencies)).await
}

/// The caller's entries, newest first, each with the balance after it.
#[utoipa::path(
    get, path = "/v1/me/transactions", tag = "People", params(History),
    responses((status = 200, description = "A page of entries of one currency.", body = ListView<EntryView>)),
)]
async fn transactions(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<History>,
) -> Result<Json<ListView<EntryView>>, Refused> {
    match api.actor(&context).await? {
        Actor::User(user) => history::entries(&api, user.raw(), Kind::User, &page).await.map(Json),
        _ => Err(Code::AuthForbidden.into()),
    }
}

/// The banks there are.
#[derive(Serialize, utoipa::ToSchema)]
struct Banks {
    /// The banks.
    data: Vec<BankView>,
}

/// The banks whose cards can be linked: how each does, when it is not there, and what is wrong with it.
#[utoipa::path(
    get, path = "/v1/banks", tag = "People", security(()),
    responses((status = 200, description = "The banks.", body = Banks)),
)]
async fn banks(State(api): State<Api>) -> Json<Banks> {
    Json(Banks { data: api.app.banks() })
}
