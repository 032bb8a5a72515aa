//! Faults that are set while the bank runs.

use crate::Desk;
use makegood_banksim::cards;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_next_transfers_are_treated_as_told() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let refusing = Desk::instruction("in", &desk.card(cards::REFUSES).await, "10.00");
    let told = json!({"next": [
        {"behaviour": "times_out_but_executes", "count": 2},
        {"behaviour": "no_funds", "count": 1},
        {"behaviour": "never_answers", "count": 1},
    ]});
    let (status, set) = desk.call(Method::POST, "/control/faults", told).await;
    assert_eq!((status, &set["latency_ms"]), (StatusCode::OK, &json!(0)));
    for (reference, transfer, expected) in [
        ("btr_1", &transfer, "no answer"),
        // A reference that is known uses no fault up.
        ("btr_1", &transfer, "succeeded"),
        // What its card refuses stays refused.
        ("btr_2", &refusing, "no answer"),
        ("btr_2", &refusing, "refused card_refused"),
        ("btr_3", &transfer, "refused insufficient_funds"),
        ("btr_4", &transfer, "no answer"),
        ("btr_4", &transfer, "no answer"),
        ("btr_5", &transfer, "succeeded"),
    ] {
        assert_eq!(desk.outcome(reference, transfer).await, expected, "{reference}");
    }
    assert_eq!(desk.balance("pool").await, "20.00");
    let bad =
        desk.call(Method::POST, "/control/faults", json!({"next": [{"behaviour": "odd", "count": 1}]})).await;
    assert_eq!((bad.0, &bad.1["code"]), (StatusCode::BAD_REQUEST, &json!("request.malformed")));
}

#[tokio::test]
async fn executed_but_timed_out_by_rate_and_the_books_agree() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    desk.call(Method::POST, "/control/faults", json!({"timeout_executed_rate": 0.5})).await;
    let mut unanswered = 0;
    for number in 0..40 {
        let reference = format!("btr_{number}");
        unanswered += u32::from(desk.outcome(&reference, &transfer).await == "no answer");
        assert_eq!(desk.enquiry(&reference).await, "succeeded");
    }
    assert!((10..31).contains(&unanswered), "{unanswered}");
    assert_eq!(desk.balance("pool").await, "40.00");
    println!("executed and timed out {unanswered} of 40, lost 0, doubled 0");
}

#[tokio::test]
async fn answers_are_held_back() {
    let desk = Desk::open().await;
    desk.call(Method::POST, "/control/faults", json!({"latency_ms": 150})).await;
    let start = Instant::now();
    desk.get("/v1/books").await;
    assert!(start.elapsed() >= Duration::from_millis(150));
    let (_, faults) = desk.call(Method::POST, "/control/faults", json!({})).await;
    assert_eq!(faults, json!({"latency_ms": 0, "timeout_executed_rate": 0.0, "next": []}));
}
