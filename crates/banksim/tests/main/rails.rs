//! What a bank does beside transfers: recalls, checks of a holder's name, planned maintenance.

use crate::{Desk, describe};
use makegood_banksim::{Faults, PlannedWindow, cards};
use makegood_base::Clock as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// What the bank says to a recall.
async fn recall(desk: &Desk, reference: &str) -> String {
    let body = json!({"reason": "sent to the wrong person"});
    let path = format!("/v1/transfers/{reference}/recall");
    let (status, answer) = desk.call(Method::POST, &path, body).await;
    let said = answer["recall"].as_str().or(answer["code"].as_str()).unwrap().to_owned();
    assert_eq!(status == StatusCode::OK, answer["recall"].is_string());
    said
}

async fn desk_with_money() -> (Desk, Value) {
    let desk = Desk::open_with(|config| {
        config.pool_opening =
            vec![serde_json::from_value(json!({"amount": "100.00", "currency": "CNY"})).unwrap()];
    })
    .await;
    let transfer = Desk::instruction("out", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    (desk, transfer)
}

#[tokio::test]
async fn a_recall_brings_the_money_back_later() {
    let (desk, transfer) = desk_with_money().await;
    assert_eq!(desk.outcome("btr_1", &transfer).await, "succeeded");
    assert_eq!(desk.balance("pool").await, "90.00");
    for _ in 0..2 {
        assert_eq!(recall(&desk, "btr_1").await, "requested");
    }
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    desk.clock.advance(Duration::from_secs(60));
    let found = desk.get("/v1/transfers/btr_1").await;
    assert_eq!((&found["status"], &found["return_reason"]), (&json!("returned"), &json!("recalled")));
    assert_eq!(found["returned_at"], "2026-01-31T12:01:00.000000Z");
    assert_eq!(recall(&desk, "btr_1").await, "requested", "the same again has the same answer");
    assert_eq!(desk.balance("pool").await, "100.00");
}

#[tokio::test]
async fn what_has_not_moved_is_recalled_at_once_and_the_rest_is_refused() {
    let (desk, transfer) = desk_with_money().await;
    let later = Desk::instruction("out", &desk.card(cards::SETTLES_LATER).await, "10.00");
    assert_eq!(desk.outcome("btr_later", &later).await, "accepted");
    for _ in 0..2 {
        assert_eq!(recall(&desk, "btr_later").await, "recalled");
    }
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(desk.enquiry("btr_later").await, "refused recalled");
    let refusing = Desk::instruction("out", &desk.card(cards::REFUSES).await, "10.00");
    assert_eq!(desk.outcome("btr_refused", &refusing).await, "refused card_refused");
    assert_eq!(recall(&desk, "btr_refused").await, "refused");
    assert_eq!(recall(&desk, "btr_unknown").await, "transfer.not_found");

    desk.bank.control().set_faults(Faults { recall_refused_rate: 1.0, ..Faults::default() }).unwrap();
    assert_eq!(desk.outcome("btr_kept", &transfer).await, "succeeded");
    assert_eq!(recall(&desk, "btr_kept").await, "refused");
    desk.bank.control().set_faults(Faults::default()).unwrap();
    assert_eq!(recall(&desk, "btr_kept").await, "refused");
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(desk.enquiry("btr_kept").await, "succeeded");
    assert_eq!(desk.balance("pool").await, "90.00");
    let long = json!({"reason": "x".repeat(257)});
    let bad = desk.try_call(Method::POST, "/v1/transfers/btr_kept/recall", &long).await;
    assert_eq!(describe(bad), "400 request.malformed");
}

#[tokio::test]
async fn a_holder_is_checked_without_a_new_agreement() {
    let desk = Desk::open().await;
    let own = desk.card("4111111111111111").await;
    let anybodys = desk.card(cards::ALWAYS_WORKS).await;
    let unavailable = desk.card(cards::HOLDER_UNAVAILABLE).await;
    for (agreement, name, expected) in [
        (own.as_str(), "Wang Xiaoming", "match"),
        (&own, "Wang Xiao Ming", "close_match"),
        (&own, "Li Na", "no_match"),
        (&anybodys, "Li Na", "match"),
        (&anybodys, "Wrong Name", "no_match"),
        (&unavailable, "Wang Xiaoming", "unavailable"),
        (&own, " ", "card.invalid_holder_name"),
        ("agr_none", "Li Na", "agreement.not_found"),
    ] {
        let path = format!("/v1/agreements/{agreement}/holder-check");
        let (_, answer) = desk.call(Method::POST, &path, json!({"holder_name": name})).await;
        let said = answer["holder_check"].as_str().or(answer["code"].as_str()).unwrap();
        assert_eq!(said, expected, "{agreement} {name}");
    }
}

#[tokio::test]
async fn planned_maintenance_is_announced_and_kept() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let body = json!({
        "starts_at": "2026-01-31T12:10:00Z",
        "ends_at": "2026-01-31T12:20:00Z",
        "description": "a new core",
    });
    let (status, window) = desk.call(Method::POST, "/control/maintenance", body).await;
    assert_eq!((status, &window["id"]), (StatusCode::CREATED, &json!("simbank-maintenance-1")));
    assert_eq!(desk.get("/v1/maintenance").await, json!({"data": [window]}));
    assert_eq!(desk.outcome("btr_before", &transfer).await, "succeeded");

    let desk = desk.restart().await;
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(desk.outcome("btr_during", &transfer).await, "503 bank.maintenance");
    assert_eq!(desk.enquiry("btr_before").await, "503 bank.maintenance");
    let response = desk.request(Method::GET, "/v1/transfers").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "601");
    assert_eq!(desk.get("/v1/maintenance").await["data"][0]["description"], "a new core");
    assert_eq!(desk.balance("pool").await, "10.00");
    assert_eq!(desk.bank.control().injected().await.unwrap().turned_away.maintenance, 3);
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(desk.outcome("btr_during", &transfer).await, "succeeded");
    assert_eq!(desk.get("/v1/maintenance").await, json!({"data": []}));
}

#[tokio::test]
async fn maintenance_can_be_taken_back_and_must_make_sense() {
    let desk = Desk::open().await;
    let control = desk.bank.control();
    let now = desk.clock.now();
    let planned = |from: u64, to: u64, description: &str| PlannedWindow {
        starts_at: now.plus(Duration::from_secs(from)),
        ends_at: now.plus(Duration::from_secs(to)),
        description: description.to_owned(),
    };
    for odd in [planned(5, 5, "nothing"), planned(6, 5, "backwards"), planned(5, 6, "")] {
        assert!(control.plan_maintenance(odd).await.is_err());
    }
    let window = control.plan_maintenance(planned(0, 600, "now")).await.unwrap();
    assert_eq!(desk.enquiry("btr_1").await, "503 bank.maintenance");
    let path = format!("/control/maintenance/{}", window.id);
    let gone = desk.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert!(control.cancel_maintenance(&window.id).await.is_err());
    assert_eq!(desk.enquiry("btr_1").await, "404 transfer.not_found");
}
