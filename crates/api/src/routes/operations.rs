//! What staff do about banks: call transfers back, set maintenance windows, tell what is wrong.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_base::{BankTransferId, IncidentId, MaintenanceId};
use makegood_wallet::view::{BankTransferView, IncidentView, ListView, MaintenanceView};
use makegood_wallet::{Action, Actor, Code, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(transfer))
        .routes(routes!(recall))
        .routes(routes!(set_window, windows))
        .routes(routes!(window))
        .routes(routes!(end_window))
        .routes(routes!(open_incident, incidents))
        .routes(routes!(incident))
        .routes(routes!(end_incident))
}

/// A transfer at a bank. For staff alone.
#[utoipa::path(
    get, path = "/v1/ops/bank-transfers/{id}", tag = "Operations",
    params(("id" = String, Path, example = "btr_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The transfer.", body = BankTransferView)),
)]
async fn transfer(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<BankTransferId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::BankTransfer(id)).await
}

/// Why a transfer is called back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RecallBody {
    /// Why, on one line of at most 256 characters; the bank reads it.
    #[schema(example = "Sent to the wrong person")]
    reason: String,
}

/// Call back what a bank has paid out.
///
/// The bank is asked at once, and again until it has answered: the money is back, or the bank will not give it back.
/// Money that is back waits for another way. For staff alone.
#[utoipa::path(
    post, path = "/v1/ops/bank-transfers/{id}/recall", tag = "Operations", request_body = RecallBody,
    params(("id" = String, Path, example = "btr_01h455vb4pex5vsknk084sn02q")),
    responses((status = 202, description = "The bank is asked.", body = BankTransferView)),
)]
async fn recall(
    State(api): State<Api>,
    PathId(bank_transfer): PathId<BankTransferId>,
    write: Write<RecallBody>,
) -> Result<Answer, Refused> {
    let reason = fields::text("reason", &write.body.reason)?;
    Ok(api.submit(write.command(&api, Action::RecallBankTransfer { bank_transfer, reason })?).await)
}

/// A time in which a bank is not there.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WindowBody {
    /// The bank, one of `GET /v1/banks`.
    #[schema(example = "simbank")]
    bank: String,
    /// When it begins, as RFC 3339 writes it.
    #[schema(format = DateTime, example = "2027-01-31T01:00:00Z")]
    starts_at: String,
    /// When it ends: later than now, and than it begins.
    #[schema(format = DateTime, example = "2027-01-31T03:00:00Z")]
    ends_at: String,
    /// What it is for, on one line of at most 256 characters; payers and payees read it.
    #[schema(example = "The bank renews its systems")]
    description: String,
}

/// Set a maintenance window of a bank.
///
/// While it lasts, nothing new is begun with the bank, and what waits for it goes on after its end. For staff alone.
#[utoipa::path(
    post, path = "/v1/ops/maintenance-windows", tag = "Operations", request_body = WindowBody,
    responses((status = 201, description = "Set.", body = MaintenanceView)),
)]
async fn set_window(State(api): State<Api>, write: Write<WindowBody>) -> Result<Answer, Refused> {
    let WindowBody { bank, starts_at, ends_at, description } = &write.body;
    let action = Action::SetMaintenance {
        bank: bank.clone(),
        starts_at: fields::time("starts_at", starts_at)?,
        ends_at: fields::time("ends_at", ends_at)?,
        description: fields::text("description", description)?,
    };
    noticed(&api, write.command(&api, action)?).await
}

/// The maintenance windows of all banks, newest first. For staff alone: others read those to come at `GET /v1/banks`.
#[utoipa::path(
    get, path = "/v1/ops/maintenance-windows", tag = "Operations", params(Page),
    responses((status = 200, description = "A page of windows.", body = ListView<MaintenanceView>)),
)]
async fn windows(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<Page>,
) -> Result<Answer, Refused> {
    let Actor::Staff(_) = api.actor(&context).await? else { return Err(Code::AuthForbidden.into()) };
    let found = api.app.lists().maintenance_windows(page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::MaintenanceWindows(ids, next)).await
}

/// A maintenance window. For staff alone.
#[utoipa::path(
    get, path = "/v1/ops/maintenance-windows/{id}", tag = "Operations",
    params(("id" = String, Path, example = "mnt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The window.", body = MaintenanceView)),
)]
async fn window(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<MaintenanceId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::Maintenance(id)).await
}

/// Call a maintenance window off, or end it before its time. For staff alone.
#[utoipa::path(
    post, path = "/v1/ops/maintenance-windows/{id}/end", tag = "Operations",
    params(("id" = String, Path, example = "mnt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The window, which is over.", body = MaintenanceView)),
)]
async fn end_window(
    State(api): State<Api>,
    PathId(window): PathId<MaintenanceId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    noticed(&api, write.command(&api, Action::EndMaintenance { window })?).await
}

/// Something that is wrong at a bank.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct IncidentBody {
    /// The bank, one of `GET /v1/banks`.
    #[schema(example = "simbank")]
    bank: String,
    /// What is wrong, on one line of at most 256 characters; payers and payees read it.
    #[schema(example = "The bank answers late")]
    description: String,
    /// When it is expected to be over, as RFC 3339 writes it.
    #[schema(format = DateTime)]
    expected_by: Option<String>,
}

/// Tell that something is wrong at a bank.
///
/// What waits there, and what comes until it is over, is linked to it: its trace says so. For staff alone.
#[utoipa::path(
    post, path = "/v1/ops/incidents", tag = "Operations", request_body = IncidentBody,
    responses((status = 201, description = "Told.", body = IncidentView)),
)]
async fn open_incident(State(api): State<Api>, write: Write<IncidentBody>) -> Result<Answer, Refused> {
    let IncidentBody { bank, description, expected_by } = &write.body;
    let action = Action::OpenIncident {
        bank: bank.clone(),
        description: fields::text("description", description)?,
        expected_by: fields::optional(fields::time, "expected_by", expected_by.as_deref())?,
    };
    noticed(&api, write.command(&api, action)?).await
}

/// The incidents at all banks, newest first. For staff alone: others read the open ones at `GET /v1/banks`.
#[utoipa::path(
    get, path = "/v1/ops/incidents", tag = "Operations", params(Page),
    responses((status = 200, description = "A page of incidents.", body = ListView<IncidentView>)),
)]
async fn incidents(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<Page>,
) -> Result<Answer, Refused> {
    let Actor::Staff(_) = api.actor(&context).await? else { return Err(Code::AuthForbidden.into()) };
    let found = api.app.lists().incidents(false, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::Incidents(ids, next)).await
}

/// An incident. For staff alone.
#[utoipa::path(
    get, path = "/v1/ops/incidents/{id}", tag = "Operations",
    params(("id" = String, Path, example = "inc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The incident.", body = IncidentView)),
)]
async fn incident(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<IncidentId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::Incident(id)).await
}

/// Tell that an incident is over. For staff alone.
#[utoipa::path(
    post, path = "/v1/ops/incidents/{id}/end", tag = "Operations",
    params(("id" = String, Path, example = "inc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The incident, which is over.", body = IncidentView)),
)]
async fn end_incident(
    State(api): State<Api>,
    PathId(incident): PathId<IncidentId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    noticed(&api, write.command(&api, Action::EndIncident { incident })?).await
}

/// Runs a command that changes what is known of banks, and lets this server know at once.
async fn noticed(api: &Api, command: makegood_wallet::Command) -> Result<Answer, Refused> {
    let answer = api.submit(command).await;
    if !answer.0.is_problem() {
        api.app.look_at_notices().await;
    }
    Ok(answer)
}
