//! Transfers: sent, found, listed, recalled, and what the books say of them.

use super::{Bank, Pace};
use crate::{
    books::{Instruction, Manner},
    problem::Problem,
};
use axum::{
    Json,
    extract::{Extension, Path, Query, State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use makegood_base::{
    Timestamp,
    limits::{PAGE_ROWS_MAX, REFERENCE_LENGTH_MAX, TEXT_LENGTH_MAX},
};
use serde::Deserialize;
use serde_json::json;

pub(super) async fn send(
    State(bank): State<Bank>,
    Extension(pace): Extension<Pace>,
    Path(reference): Path<String>,
    body: Result<Json<Instruction>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(instruction) = body?;
    let is_reference = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if reference.len() > REFERENCE_LENGTH_MAX || !reference.chars().all(is_reference) {
        return Err(Problem::Malformed("a reference is letters, digits, _ and -, at most 64".to_owned()));
    }
    // What the bank has received it executes, whether or not the caller stays to hear of it.
    let (executing, at_work) = (bank.clone(), bank.at_work.clone());
    let receive = tokio::spawn(async move {
        executing.wait_in_line(pace.line).await;
        executing.wait(pace.before).await;
        let received = executing.books.receive(reference, instruction).await;
        drop(at_work);
        received
    });
    let received = receive.await.map_err(|error| makegood_sql::Error::Down(error.to_string()))??;
    bank.wait(pace.after).await;
    match received.manner {
        Manner::Unanswered => return Ok(bank.hang_up().await),
        Manner::Slow => bank.wait(bank.books.config().timings.slow).await,
        Manner::Prompt => {}
    }
    Ok(bank.answer(&received.transfer))
}

pub(super) async fn find(
    State(bank): State<Bank>,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    let transfer = bank.books.find(&reference).await?;
    if transfer.is_silent() {
        return Ok(bank.hang_up().await);
    }
    Ok(bank.answer(&transfer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecallRequest {
    reason: String,
}

pub(super) async fn recall(
    State(bank): State<Bank>,
    Path(reference): Path<String>,
    body: Result<Json<RecallRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(RecallRequest { reason }) = body?;
    if reason.chars().count() > TEXT_LENGTH_MAX {
        return Err(Problem::Malformed("a reason is at most 256 characters".to_owned()));
    }
    Ok(Json(json!({"recall": bank.books.recall(reference).await?})))
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    cursor: Option<i64>,
    limit: Option<u32>,
}

pub(super) async fn list(
    State(bank): State<Bank>,
    Query(query): Query<PageQuery>,
) -> Result<impl IntoResponse, Problem> {
    let limit = query.limit.unwrap_or(PAGE_ROWS_MAX).clamp(1, PAGE_ROWS_MAX);
    let page = bank.books.transfers(query.cursor.unwrap_or(0), limit).await?;
    let data: Vec<_> = page.transfers.iter().map(|transfer| bank.books.shown(transfer)).collect();
    Ok(Json(json!({"data": data, "next_cursor": page.next_cursor})))
}

#[derive(Deserialize)]
pub(super) struct StatementQuery {
    date: String,
}

pub(super) async fn statement(
    State(bank): State<Bank>,
    Query(query): Query<StatementQuery>,
) -> Result<impl IntoResponse, Problem> {
    let start = format!("{}T00:00:00Z", query.date).parse::<Timestamp>();
    let start = start.map_err(|_| Problem::Malformed("a date is written 2026-01-31".to_owned()))?;
    let lines = bank.books.statement(start).await?;
    Ok(Json(json!({"date": query.date, "data": lines})))
}

pub(super) async fn books(State(bank): State<Bank>) -> Result<impl IntoResponse, Problem> {
    Ok(Json(bank.books.report().await?))
}
