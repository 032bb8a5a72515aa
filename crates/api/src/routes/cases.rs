//! Operations cases: what staff take care of.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::write::Write;
use axum::extract::State;
use makegood_auth::StaffRole;
use makegood_base::CaseId;
use makegood_wallet::cases::{CaseKind, OperationsCase};
use makegood_wallet::texts::Reason;
use makegood_wallet::view::{CaseView, ListView};
use makegood_wallet::{Action, Actor, Code, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(close))
}

/// Which cases.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Cases {
    /// `open` or `closed`: only those.
    status: Option<String>,
    /// Only those of this kind, such as `repeated_failure` or `overdue_settlement`.
    kind: Option<String>,
    /// `support` or `operations`: only those that they take care of.
    owner: Option<String>,
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One of some words; another one is refused with what is accepted.
fn word<T: Copy>(
    field: &str,
    text: Option<&str>,
    all: &[T],
    of: fn(T) -> &'static str,
) -> Result<Option<T>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let found = all.iter().copied().find(|value| of(*value) == text);
    let accepted = || all.iter().copied().map(of).collect();
    found.map(Some).ok_or_else(|| Refused::invalid(field, Reason::NotAccepted { accepted: accepted() }))
}

/// What staff have to take care of, the newest case first.
///
/// A case has a reason, an owner, a next step and a time by which it is to be closed. For staff alone.
#[utoipa::path(
    get, path = "/v1/ops/cases", tag = "Operations", params(Cases),
    responses((status = 200, description = "A page of cases.", body = ListView<CaseView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(Cases { status, kind, owner, limit, cursor }): Params<Cases>,
) -> Result<Answer, Refused> {
    let Actor::Staff(_) = api.actor(&context).await? else { return Err(Code::AuthForbidden.into()) };
    let status = word("status", status.as_deref(), OperationsCase::STATUSES, |word| word)?;
    let kind = word("kind", kind.as_deref(), CaseKind::ALL, CaseKind::as_str)?;
    let owner = word("owner", owner.as_deref(), StaffRole::ALL, StaffRole::as_str)?;
    let is_open = status.map(|status| status == "open");
    let page = Page { limit, cursor };
    let found = api.app.lists().cases(is_open, kind, owner, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::Cases(ids, next)).await
}

/// An operations case.
#[utoipa::path(
    get, path = "/v1/ops/cases/{id}", tag = "Operations",
    params(("id" = String, Path, example = "case_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The case.", body = CaseView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<CaseId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::Case(id)).await
}

/// How a case was taken care of.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    /// What was done, on one line of at most 256 characters.
    #[schema(example = "The customer linked another card")]
    note: String,
}

/// Close an operations case.
///
/// For staff with the role `operations`. A case that is closed stays as it is.
#[utoipa::path(
    post, path = "/v1/ops/cases/{id}/close", tag = "Operations", request_body = Closing,
    params(("id" = String, Path, example = "case_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The closed case.", body = CaseView)),
)]
async fn close(
    State(api): State<Api>,
    PathId(case): PathId<CaseId>,
    write: Write<Closing>,
) -> Result<Answer, Refused> {
    let note = fields::text("note", &write.body.note)?;
    Ok(api.submit(write.command(&api, Action::CloseCase { case, note })?).await)
}
