//! Logging in and out, and the list of devices.

use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::tokens;
use crate::write::{Nothing, Write};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use makegood_auth::{Principal, Session};
use makegood_base::SessionId;
use makegood_wallet::view::{ListView, SessionOpenedView, SessionView};
use makegood_wallet::{Action, Actor, Caller, Code, Needs, SecretOf};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(open, list))
        .routes(routes!(close_current))
        .routes(routes!(get, close))
}

/// A login.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    /// The login.
    #[schema(example = "li.wei@example.com")]
    login: String,
    /// The password.
    #[schema(example = "grey-kettle-tram-41", format = Password)]
    password: String,
    /// The second factor. No account has one yet.
    #[serde(rename = "totp")]
    _totp: Option<String>,
}

/// Log in.
///
/// Users and staff log in here. An unknown login is answered like a wrong password, and as slowly.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "Sessions", security(()), request_body = NewSession,
    responses((status = 201, description = "The token. It is shown here alone.", body = SessionOpenedView)),
)]
async fn open(
    State(api): State<Api>,
    Peer(address): Peer,
    headers: HeaderMap,
    write: Write<NewSession>,
) -> Result<Answer, Refused> {
    let login = fields::login("login", &write.body.login)?;
    api.count_hash(address)?;
    api.count_guess(login.as_str(), address)?;
    // Both are always asked for, so that the time does not tell who has an account.
    let user = api.app.credentials(login.as_str(), false).await?;
    let staff = api.app.credentials(login.as_str(), true).await?;
    let (principal, stored) = user.or(staff).unzip();
    let is_right = api.app.verify_password(write.body.password.clone(), stored.clone()).await?;
    let (true, Some(principal), Some(password_hash)) = (is_right, principal, stored) else {
        return Err(Code::AuthInvalidCredentials.into());
    };
    let session = api.make_id();
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let action = Action::OpenSession {
        session,
        principal,
        password_hash,
        secret_hash: secret_hash(&api, SecretOf::Session(session)),
        user_agent: agent.and_then(Session::user_agent_of),
    };
    Ok(api.submit(write.anonymous(&api, login.as_str(), action)?).await)
}

/// What is stored of a token that is about to be given out.
pub(super) fn secret_hash(api: &Api, of: SecretOf) -> [u8; 32] {
    tokens::token_of(api.app.secrets(), of, api.app.settings().livemode).secret_hash()
}

/// The caller's sessions that are open, newest first.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "Sessions", params(Page),
    responses((status = 200, description = "A page of sessions.", body = ListView<SessionView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<Page>,
) -> Result<Json<ListView<SessionView>>, Refused> {
    let principal = principal(&api, &context).await?;
    let found = api.app.lists().sessions_of(principal, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next_cursor = page.next(ids.iter())?;
    let facts = api.read(Needs { sessions: ids.iter().copied().collect(), ..Needs::default() }).await?;
    let now = api.app.clock().now();
    let open = ids.iter().filter_map(|id| facts.sessions.peek(id)).filter(|session| session.is_live(now));
    let data = open.map(|session| view(&api, &context, session)).collect();
    Ok(Json(ListView { data, next_cursor }))
}

/// One of the caller's sessions.
#[utoipa::path(
    get, path = "/v1/sessions/{id}", tag = "Sessions", params(("id" = String, Path, example = "ses_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The session.", body = SessionView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<SessionId>,
) -> Result<Json<SessionView>, Refused> {
    let principal = principal(&api, &context).await?;
    let facts = api.read(Needs { sessions: [id].into(), ..Needs::default() }).await?;
    let found = facts.sessions.peek(&id).filter(|session| session.principal == principal);
    let session = found.ok_or(Refused::from(Code::NotFound))?;
    Ok(Json(view(&api, &context, session)))
}

async fn principal(api: &Api, context: &Context) -> Result<Principal, Refused> {
    match api.actor(context).await? {
        Actor::User(user) => Ok(Principal::User(user)),
        Actor::Staff(staff) => Ok(Principal::Staff(staff)),
        _ => Err(Code::AuthForbidden.into()),
    }
}

fn view(api: &Api, context: &Context, session: &Session) -> SessionView {
    let current = match context.caller() {
        Ok(Caller::Session { id, .. }) => Some(id),
        _ => None,
    };
    SessionView::of(session, current, api.app.settings().livemode)
}

/// Log out.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "Sessions",
    responses((status = 204, description = "The token opens nothing any more.")),
)]
async fn close_current(State(api): State<Api>, write: Write<Nothing>) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::RevokeSession { session: None })?).await)
}

/// End one of the caller's sessions.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "Sessions", params(("id" = String, Path, example = "ses_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "Its token opens nothing any more.")),
)]
async fn close(
    State(api): State<Api>,
    PathId(id): PathId<SessionId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::RevokeSession { session: Some(id) })?).await)
}
