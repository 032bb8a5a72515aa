//! Linking a card, and who may call at all.

use crate::{Desk, SECRET};
use makegood_banksim::cards;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_number_is_exchanged_for_an_agreement() {
    let desk = Desk::open().await;
    for (number, name, expected) in [
        (cards::ALWAYS_WORKS, "Wang Xiaoming", "201 match"),
        (cards::ALWAYS_WORKS, "Li Na", "201 match"),
        (cards::ALWAYS_WORKS, "Wrong Name", "201 no_match"),
        (cards::HOLDER_UNAVAILABLE, "Wang Xiaoming", "201 unavailable"),
        // The first name that an own number is linked with is its holder's.
        ("4111111111111111", "Wang Xiaoming", "201 match"),
        ("4111 1111 1111 1111", "Wang Xiao Ming", "201 close_match"),
        ("4111111111111111", "Li Na", "201 no_match"),
        ("4111111111111112", "Li Na", "422 card.invalid_number"),
        (cards::ALWAYS_WORKS, " ", "422 card.invalid_holder_name"),
        (cards::ALWAYS_WORKS, "Li\r\nNa", "422 card.invalid_holder_name"),
    ] {
        let body = json!({"card_number": number, "holder_name": name});
        let (status, answer) = desk.call(Method::POST, "/v1/agreements", body).await;
        let said = answer["holder_check"].as_str().or(answer["code"].as_str()).unwrap();
        assert_eq!(format!("{} {said}", status.as_u16()), expected, "{number} {name}");
        if status == StatusCode::CREATED {
            assert_eq!(answer["last4"].as_str().unwrap(), &number[number.len() - 4..]);
            assert_eq!((&answer["bank"], &answer["state"]), (&json!("simbank"), &json!("code_sent")));
        }
    }
}

#[tokio::test]
async fn only_the_holder_makes_an_agreement_usable() {
    let desk = Desk::open().await;
    let body = json!({"card_number": cards::ALWAYS_WORKS, "holder_name": "Li Na"});
    let (_, linked) = desk.call(Method::POST, "/v1/agreements", body).await;
    let agreement = linked["agreement"].as_str().unwrap();
    let transfer = Desk::instruction("in", agreement, "1.00");
    assert_eq!(desk.outcome("btr_before", &transfer).await, "refused card_refused");
    for (agreement, code, expected) in [
        (agreement, "000000", "422 card.wrong_code"),
        ("agr_none", "123456", "404 agreement.not_found"),
        ("agr_none", "000000", "404 agreement.not_found"),
    ] {
        let path = format!("/v1/agreements/{agreement}/confirm");
        let (status, answer) = desk.call(Method::POST, &path, json!({"code": code})).await;
        assert_eq!(format!("{} {}", status.as_u16(), answer["code"].as_str().unwrap()), expected);
    }
    assert_eq!(desk.outcome("btr_wrong", &transfer).await, "refused card_refused");
    let path = format!("/v1/agreements/{agreement}/confirm");
    for code in ["123456", "123456"] {
        let (status, _) = desk.call(Method::POST, &path, json!({"code": code})).await;
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(desk.outcome("btr_after", &transfer).await, "succeeded");
    // A wrong code does not take the agreement back.
    desk.call(Method::POST, &path, json!({"code": "000000"})).await;
    assert_eq!(desk.outcome("btr_last", &transfer).await, "succeeded");
}

#[tokio::test]
async fn every_call_shows_the_secret() {
    let desk = Desk::open().await;
    let url = desk.bank.url();
    let health = desk.client.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    for (method, path) in [
        (Method::POST, "/v1/agreements"),
        (Method::POST, "/v1/agreements/agr_1/confirm"),
        (Method::PUT, "/v1/transfers/btr_1"),
        (Method::GET, "/v1/transfers/btr_1"),
        (Method::GET, "/v1/transfers"),
        (Method::GET, "/v1/statement?date=2026-01-31"),
        (Method::GET, "/v1/books"),
        (Method::POST, "/v1/agreements/agr_1/holder-check"),
        (Method::POST, "/v1/transfers/btr_1/recall"),
        (Method::GET, "/v1/maintenance"),
        (Method::GET, "/control/profile"),
        (Method::POST, "/control/profile"),
        (Method::GET, "/control/maintenance"),
        (Method::POST, "/control/maintenance"),
        (Method::DELETE, "/control/maintenance/simbank-maintenance-1"),
        (Method::GET, "/control/injected"),
        (Method::GET, "/control/callbacks"),
        (Method::GET, "/control/entries"),
        (Method::POST, "/control/resolve"),
        (Method::GET, "/control/faults"),
        (Method::POST, "/control/faults"),
    ] {
        for header in
            [None, Some(format!("Bearer {SECRET}x")), Some("Bearer ".to_owned()), Some(SECRET.to_owned())]
        {
            let mut request = desk.client.request(method.clone(), format!("{url}{path}"));
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path} {header:?}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}
