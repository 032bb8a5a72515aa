//! What reading a request costs, without a socket and before anything is decided: body, key, fingerprint, fields.
//!
//! `cargo bench -p makegood-api`
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on measures nothing")]

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode};
use criterion::Criterion;
use makegood_api::Limits;
use makegood_auth::{Token, TokenKind};
use makegood_base::{MerchantId, OrderId, UserId};
use makegood_testkit::{Db, TestWallet};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// A payment whose last field alone is wrong: it is read to its end, and refused before it reaches the engine.
fn payment(payee: &str) -> Bytes {
    let body = json!({
        "order": OrderId::from_raw([1; 16]),
        "source": {"type": "balance"},
        "expect": {"amount": {"amount": "10.00", "currency": "CNY"}, "payee": payee},
    });
    body.to_string().into()
}

async fn send(router: &Router, path: &str, token: &str, body: &Bytes) -> (StatusCode, Bytes) {
    let request = Request::post(path)
        .header("authorization", token)
        .header("content-type", "application/json")
        .header("idempotency-key", "4f6e6365-0000-4000-8000-000000000001")
        .body(Body::from(body.clone()));
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    (response.status(), to_bytes(response.into_body(), usize::MAX).await.unwrap())
}

fn main() {
    let quick = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    let mut criterion = quick.configure_from_args();
    let runtime = Runtime::new().unwrap();
    let wallet = runtime.block_on(TestWallet::start(Db::Sqlite));
    let router = makegood_api::router(wallet.app.clone(), Limits::default());
    let token = format!("Bearer {}", *Token::new(TokenKind::Session, [1; 16], [2; 32]).text());
    let refused = payment(&UserId::from_raw([1; 16]).to_string().replace("usr_", "ord_"));
    let mut group = criterion.benchmark_group("api");
    for (name, token, body, code) in [
        ("read a payment", token.as_str(), &refused, "request.invalid"),
        ("refuse without a token", "", &payment(&MerchantId::from_raw([1; 16]).to_string()), "auth.required"),
    ] {
        let (_, answer) = runtime.block_on(send(&router, "/v1/payments", token, body));
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["code"], code);
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(send(&router, "/v1/payments", token, body)));
        });
    }
    group.finish();
    criterion.final_summary();
}
