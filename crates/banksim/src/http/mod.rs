//! The routes, and the way in: every call but `/healthz` shows the bearer secret, and a customer's call comes through
//! the front door.

mod control;
mod customers;
mod transfers;

use crate::{
    books::{Books, Transfer},
    edge::Admission,
    problem::Problem,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use makegood_base::limits::BODY_BYTES_MAX;
use std::{sync::Arc, time::Duration};
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, watch};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(crate) books: Arc<Books>,
    /// True, or closed, when the bank stops: whoever waits stops waiting.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Held by everything that is to be done though its caller has left.
    pub(crate) at_work: mpsc::Sender<()>,
}

/// Marks a response that is never sent: the connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HungUp;

/// How long a transfer takes, from the front door to its answer.
#[derive(Debug, Clone, Copy)]
struct Pace {
    line: Duration,
    /// From its turn until it is done.
    before: Duration,
    /// From then on until it is answered.
    after: Duration,
}

/// Returns when the bank stops, or nobody is left who could stop it.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

impl Bank {
    async fn wait(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            () = stopped(&mut stopping) => {}
        }
    }

    /// Waits in line; whoever is in it is let in at once when the bank's day is set anew.
    async fn wait_in_line(&self, line: Duration) {
        if line.is_zero() {
            return;
        }
        let mut changes = self.books.switches().day.changes();
        tokio::select! {
            () = self.wait(line) => {}
            _ = changes.changed() => {}
        }
    }

    /// Holds the connection, then closes it without an answer.
    async fn hang_up(&self) -> Response {
        self.wait(self.books.config().timings.hang).await;
        let mut response = StatusCode::GATEWAY_TIMEOUT.into_response();
        response.extensions_mut().insert(HungUp);
        response
    }

    fn answer(&self, transfer: &Transfer) -> Response {
        Json(self.books.shown(transfer)).into_response()
    }
}

pub(crate) fn router(bank: Bank) -> Router {
    let customers = Router::new()
        .route("/v1/agreements", post(customers::link))
        .route("/v1/agreements/{agreement}/confirm", post(customers::confirm))
        .route("/v1/agreements/{agreement}/holder-check", post(customers::check_holder))
        .route("/v1/transfers", get(transfers::list))
        .route("/v1/transfers/{reference}", put(transfers::send).get(transfers::find))
        .route("/v1/transfers/{reference}/recall", post(transfers::recall))
        .route("/v1/statement", get(transfers::statement))
        .layer(middleware::from_fn_with_state(bank.clone(), front_door));
    // Known while there is maintenance, and whatever the rush.
    let notices = Router::new()
        .route("/v1/maintenance", get(customers::maintenance))
        .layer(middleware::from_fn_with_state(bank.clone(), outage));
    let back_office = Router::new().route("/v1/books", get(transfers::books));
    let v1 = customers
        .merge(notices)
        .merge(back_office)
        .layer(middleware::from_fn_with_state(bank.clone(), delay));
    let control = Router::new()
        .route("/control/faults", get(control::faults).post(control::set_faults))
        .route("/control/profile", get(control::profile).post(control::set_profile))
        .route("/control/maintenance", get(customers::maintenance).post(control::plan))
        .route("/control/maintenance/{id}", delete(control::cancel_window))
        .route("/control/injected", get(control::injected))
        .route("/control/callbacks", get(control::callbacks))
        .route("/control/entries", get(control::entries))
        .route("/control/resolve", post(control::resolve));
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
    bank.wait(Duration::from_millis(bank.books.switches().faults.latency_ms())).await;
    response
}

/// Lets no call in while the bank cannot be reached.
async fn outage(State(bank): State<Bank>, request: Request, next: Next) -> Response {
    let (switches, now) = (bank.books.switches(), bank.books.now());
    if !switches.conditions(now).outage {
        return next.run(request).await;
    }
    match switches.admit(&call(&request), now) {
        Admission::Hang(_place) => bank.hang_up().await,
        _ => Problem::Out.into_response(),
    }
}

/// What a call is, for whatever is drawn for it.
fn call(request: &Request) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// Lets a call in, when its turn has come, and has its answer take its time.
async fn front_door(State(bank): State<Bank>, mut request: Request, next: Next) -> Response {
    let switches = bank.books.switches();
    let now = bank.books.now();
    if let Some(window) = switches.window_at(now) {
        switches.edge.under_maintenance();
        let mut response = Problem::Maintenance(window.ends_at).into_response();
        let left = window.ends_at.since(now).as_secs().saturating_add(1);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left));
        return response;
    }
    match switches.admit(&call(&request), now) {
        Admission::Full => Problem::Busy.into_response(),
        Admission::Out => Problem::Out.into_response(),
        Admission::Hang(_place) => bank.hang_up().await,
        Admission::Enter { line, latency, done_at } => {
            let before = latency.mul_f64(done_at);
            let pace = Pace { line, before, after: latency.saturating_sub(before) };
            if request.method() == Method::PUT {
                // What becomes of a transfer does not depend on whether its caller stays.
                request.extensions_mut().insert(pace);
                return next.run(request).await;
            }
            bank.wait_in_line(pace.line).await;
            bank.wait(latency).await;
            next.run(request).await
        }
    }
}
