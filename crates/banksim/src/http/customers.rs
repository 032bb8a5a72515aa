//! Agreements, the check of a holder's name, and the planned maintenance.

use super::Bank;
use crate::{holder::HolderCheck, problem::Problem};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRequest {
    card_number: String,
    holder_name: String,
}

#[derive(Serialize)]
struct LinkAnswer {
    agreement: String,
    bank: String,
    last4: String,
    holder_check: HolderCheck,
    state: &'static str,
}

pub(super) async fn link(
    State(bank): State<Bank>,
    body: Result<Json<LinkRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(LinkRequest { card_number, holder_name }) = body?;
    let linked = bank.books.link(&card_number, &holder_name).await?;
    let answer = LinkAnswer {
        agreement: linked.agreement,
        bank: bank.books.config().bank.clone(),
        last4: linked.last4,
        holder_check: linked.holder_check,
        state: "code_sent",
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmRequest {
    code: String,
}

pub(super) async fn confirm(
    State(bank): State<Bank>,
    Path(agreement): Path<String>,
    body: Result<Json<ConfirmRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    bank.books.confirm(&agreement, &body?.code).await?;
    Ok(Json(json!({"state": "active"})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolderRequest {
    holder_name: String,
}

pub(super) async fn check_holder(
    State(bank): State<Bank>,
    Path(agreement): Path<String>,
    body: Result<Json<HolderRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let holder_check = bank.books.check_holder(&agreement, &body?.holder_name).await?;
    Ok(Json(json!({"holder_check": holder_check})))
}

pub(super) async fn maintenance(State(bank): State<Bank>) -> Result<impl IntoResponse, Problem> {
    Ok(Json(json!({"data": bank.books.windows().await?})))
}
