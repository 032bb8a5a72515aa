//! The routes. Every call but `/healthz` shows the bearer secret.

use crate::{
    books::{Books, Direction, Instruction, Received, Refusal, Status, Transfer},
    cards::Behaviour,
    faults::Faults,
    holder::HolderCheck,
    problem::Problem,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State, rejection::JsonRejection},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use makegood_base::{
    Timestamp,
    limits::{BODY_BYTES_MAX, PAGE_ROWS_MAX, REFERENCE_LENGTH_MAX},
};
use makegood_money::Money;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) books: Arc<Books>,
    /// True, or closed, when the bank stops: whoever waits stops waiting.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Marks a response that is never sent: the connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HungUp;

/// Returns when the bank stops, or nobody is left who could stop it.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

impl Bank {
    async fn wait(&self, duration: Duration) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            () = stopped(&mut stopping) => {}
        }
    }

    /// Holds the connection, then closes it without an answer.
    async fn hang_up(&self) -> Response {
        self.wait(self.books.config().timings.hang).await;
        let mut response = StatusCode::GATEWAY_TIMEOUT.into_response();
        response.extensions_mut().insert(HungUp);
        response
    }

    fn answer(&self, transfer: &Transfer) -> Json<TransferAnswer> {
        Json(TransferAnswer {
            reference: transfer.reference.clone(),
            bank_reference: self.books.bank_reference(transfer),
            status: transfer.status,
            refusal: transfer.refusal,
            direction: transfer.instruction.direction,
            amount: transfer.instruction.amount,
            received_at: transfer.received_at,
        })
    }
}

pub(crate) fn router(bank: Bank) -> Router {
    let v1 = Router::new()
        .route("/v1/agreements", post(link))
        .route("/v1/agreements/{agreement}/confirm", post(confirm))
        .route("/v1/transfers", get(list_transfers))
        .route("/v1/transfers/{reference}", put(send_transfer).get(find_transfer))
        .route("/v1/statement", get(statement))
        .route("/v1/books", get(books))
        .layer(middleware::from_fn_with_state(bank.clone(), delay));
    let control = Router::new().route("/control/faults", get(faults).post(set_faults));
    v1.merge(control)
        .layer(middleware::from_fn_with_state(bank.clone(), authenticate))
        .route("/healthz", get(async || "ok\n"))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(bank)
}

async fn authenticate(State(bank): State<Bank>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if bool::from(shown.as_bytes().ct_eq(bank.books.config().secret.as_bytes())) {
        next.run(request).await
    } else {
        Problem::Unauthorized.into_response()
    }
}

async fn delay(State(bank): State<Bank>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    bank.wait(Duration::from_millis(bank.books.faults.get().latency_ms)).await;
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkRequest {
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

async fn link(
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
struct ConfirmRequest {
    code: String,
}

async fn confirm(
    State(bank): State<Bank>,
    Path(agreement): Path<String>,
    body: Result<Json<ConfirmRequest>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    bank.books.confirm(&agreement, &body?.code).await?;
    Ok(Json(json!({"state": "active"})))
}

#[derive(Serialize)]
struct TransferAnswer {
    reference: String,
    bank_reference: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    direction: Direction,
    amount: Money,
    received_at: Timestamp,
}

async fn send_transfer(
    State(bank): State<Bank>,
    Path(reference): Path<String>,
    body: Result<Json<Instruction>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(instruction) = body?;
    let is_reference = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if reference.len() > REFERENCE_LENGTH_MAX || !reference.chars().all(is_reference) {
        return Err(Problem::Malformed("a reference is letters, digits, _ and -, at most 64".to_owned()));
    }
    // What the bank has received it executes, whether or not the caller stays to hear of it.
    let books = Arc::clone(&bank.books);
    let receive = tokio::spawn(async move { books.receive(&reference, instruction).await });
    let received = receive.await.map_err(|error| makegood_sql::Error::Down(error.to_string()))??;
    let transfer = received.transfer();
    if transfer.status == Status::Silent {
        return Ok(bank.hang_up().await);
    }
    match received {
        Received::New(_, Behaviour::TimesOutButExecutes) => return Ok(bank.hang_up().await),
        Received::New(_, Behaviour::Slow) => bank.wait(bank.books.config().timings.slow).await,
        Received::New(..) | Received::Known(_) => {}
    }
    Ok(bank.answer(received.transfer()).into_response())
}

async fn find_transfer(State(bank): State<Bank>, Path(reference): Path<String>) -> Result<Response, Problem> {
    let transfer = bank.books.find(&reference).await?;
    if transfer.status == Status::Silent {
        return Ok(bank.hang_up().await);
    }
    Ok(bank.answer(&transfer).into_response())
}

#[derive(Deserialize)]
struct PageQuery {
    cursor: Option<i64>,
    limit: Option<u32>,
}

async fn list_transfers(
    State(bank): State<Bank>,
    Query(query): Query<PageQuery>,
) -> Result<impl IntoResponse, Problem> {
    let limit = query.limit.unwrap_or(PAGE_ROWS_MAX).clamp(1, PAGE_ROWS_MAX);
    let page = bank.books.transfers(query.cursor.unwrap_or(0), limit).await?;
    let data: Vec<_> = page.transfers.iter().map(|transfer| bank.answer(transfer).0).collect();
    Ok(Json(json!({"data": data, "next_cursor": page.next_cursor})))
}

#[derive(Deserialize)]
struct StatementQuery {
    date: String,
}

async fn statement(
    State(bank): State<Bank>,
    Query(query): Query<StatementQuery>,
) -> Result<impl IntoResponse, Problem> {
    let start = format!("{}T00:00:00Z", query.date).parse::<Timestamp>();
    let start = start.map_err(|_| Problem::Malformed("a date is written 2026-01-31".to_owned()))?;
    let lines = bank.books.statement(start).await?;
    Ok(Json(json!({"date": query.date, "data": lines})))
}

async fn books(State(bank): State<Bank>) -> Result<impl IntoResponse, Problem> {
    Ok(Json(bank.books.report().await?))
}

async fn faults(State(bank): State<Bank>) -> Json<Faults> {
    Json(bank.books.faults.get())
}

async fn set_faults(
    State(bank): State<Bank>,
    body: Result<Json<Faults>, JsonRejection>,
) -> Result<Json<Faults>, Problem> {
    bank.books.faults.set(body?.0);
    Ok(Json(bank.books.faults.get()))
}
