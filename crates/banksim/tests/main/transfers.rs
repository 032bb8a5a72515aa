//! Transfers: executed at most once, durable before they are answered, and adding up.

use crate::{Desk, describe};
use makegood_banksim::{Config, StartError, cards, start};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn cards_choose_what_happens() {
    let desk = Desk::open().await;
    let settled = ["succeeded", "succeeded", "succeeded"];
    for (number, direction, [sent, enquired, again]) in [
        (cards::ALWAYS_WORKS, "in", settled),
        (cards::ALWAYS_WORKS, "out", settled),
        (cards::SLOW, "in", settled),
        (cards::HOLDER_UNAVAILABLE, "in", settled),
        (cards::CLOSED_WHEN_REFUNDED, "in", settled),
        (cards::CLOSED_WHEN_REFUNDED, "out", ["refused card_closed"; 3]),
        (cards::REFUSES, "in", ["refused card_refused"; 3]),
        (cards::NO_FUNDS, "in", ["refused insufficient_funds"; 3]),
        (cards::TIMES_OUT_BUT_EXECUTES, "in", ["no answer", "succeeded", "succeeded"]),
        (cards::TIMES_OUT_BUT_EXECUTES, "out", ["no answer", "succeeded", "succeeded"]),
        (cards::NEVER_ANSWERS, "in", ["no answer"; 3]),
        (cards::SETTLES_LATER, "in", ["accepted"; 3]),
    ] {
        let agreement = desk.card(number).await;
        let reference = format!("btr_{number}_{direction}");
        let transfer = Desk::instruction(direction, &agreement, "10.00");
        assert_eq!(desk.outcome(&reference, &transfer).await, sent, "{number} {direction}");
        assert_eq!(desk.enquiry(&reference).await, enquired, "{number} {direction}");
        assert_eq!(desk.outcome(&reference, &transfer).await, again, "{number} {direction}");
    }
    // In: 10.00 from five cards. Out: 10.00 to two.
    assert_eq!(desk.balance("pool").await, "30.00");
    assert_eq!(desk.enquiry("btr_never_sent").await, "404 transfer.not_found");
}

#[tokio::test]
async fn a_reference_is_executed_once_and_answered_the_same() {
    let desk = Desk::open().await;
    let agreement = desk.card(cards::ALWAYS_WORKS).await;
    let transfer = Desk::instruction("in", &agreement, "10.00");
    let first = desk.send("btr_1", &transfer).await.unwrap();
    assert_eq!(first.1["amount"], json!({"amount": "10.00", "currency": "CNY"}));
    assert_eq!(first.1["bank_reference"], "simbank-0000000001");
    desk.clock.advance(Duration::from_secs(30));
    assert_eq!(desk.send("btr_1", &transfer).await.unwrap(), first);
    let other_agreement = desk.card(cards::ALWAYS_WORKS).await;
    for (field, value) in [
        ("amount", json!({"amount": "10.01", "currency": "CNY"})),
        ("amount", json!({"amount": "10.00", "currency": "USD"})),
        ("direction", json!("out")),
        ("agreement", json!(other_agreement)),
        ("valid_until", json!("2026-01-31T13:00:01Z")),
    ] {
        let mut other = transfer.clone();
        other[field] = value;
        assert_eq!(desk.outcome("btr_1", &other).await, "409 transfer.conflict", "{field}");
    }
    assert_eq!(desk.balance("pool").await, "10.00");
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused() {
    let desk = Desk::open_with(|config| config.transfer_minor_max = 5_000).await;
    let card = desk.card(cards::ALWAYS_WORKS).await;
    let mut late = Desk::instruction("in", &card, "10.00");
    late["valid_until"] = json!("2026-01-31T11:59:59.999999Z");
    for (reference, transfer, expected) in [
        ("btr_late", late, "refused expired"),
        ("btr_limit", Desk::instruction("in", &card, "50.01"), "refused limit_exceeded"),
        ("btr_max", Desk::instruction("in", &card, "50.00"), "succeeded"),
        ("btr_empty_pool", Desk::instruction("out", &card, "50.01"), "refused limit_exceeded"),
        ("btr_out", Desk::instruction("out", &card, "20.00"), "succeeded"),
        ("btr_out_too_much", Desk::instruction("out", &card, "30.01"), "refused insufficient_funds"),
        ("btr_unknown", Desk::instruction("in", "agr_none", "1.00"), "refused card_refused"),
        ("btr_zero", Desk::instruction("in", &card, "0.00"), "400 request.malformed"),
        ("btr_fraction", Desk::instruction("in", &card, "1.001"), "400 request.malformed"),
        ("btr_negative", Desk::instruction("in", &card, "-1.00"), "400 request.malformed"),
        ("btr_way", Desk::instruction("sideways", &card, "1.00"), "400 request.malformed"),
        ("btr%20space", Desk::instruction("in", &card, "1.00"), "400 request.malformed"),
        ("btr_body", json!({"direction": "in"}), "400 request.malformed"),
    ] {
        assert_eq!(desk.outcome(reference, &transfer).await, expected, "{reference}");
    }
    assert_eq!(desk.balance("pool").await, "30.00");
}

#[tokio::test]
async fn many_at_once_execute_one() {
    let desk = Arc::new(Desk::open().await);
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (desk, transfer) = (Arc::clone(&desk), transfer.clone());
        calls.spawn(async move { desk.send("btr_1", &transfer).await.unwrap() });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].0 == StatusCode::OK);
    assert_eq!(desk.balance("pool").await, "10.00");
}

#[tokio::test]
async fn what_was_received_is_executed_though_the_caller_left() {
    let desk = Desk::open_with(|config| config.timings.slow = Duration::from_secs(3_600)).await;
    let transfer = Desk::instruction("in", &desk.card(cards::SLOW).await, "10.00");
    let call = tokio::spawn(desk.request(Method::PUT, "/v1/transfers/btr_1").json(&transfer).send());
    until_received(&desk).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    assert_eq!(desk.balance("pool").await, "10.00");
}

/// Returns when the bank has received a transfer.
async fn until_received(desk: &Desk) {
    while desk.get("/v1/transfers").await["data"].as_array().unwrap().is_empty() {}
}

#[tokio::test]
async fn accepted_transfers_settle_by_the_banks_clock() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
    for reference in ["btr_1", "btr_2", "btr_3"] {
        assert_eq!(desk.outcome(reference, &transfer).await, "accepted");
    }
    desk.clock.advance(Duration::from_secs(59));
    assert_eq!(desk.enquiry("btr_1").await, "accepted");
    assert_eq!(desk.balance("pool").await, "0.00");
    desk.clock.advance(Duration::from_secs(1));
    // Found by an enquiry, by a second send, and by whoever reads the books.
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    assert_eq!(desk.outcome("btr_2", &transfer).await, "succeeded");
    assert_eq!(desk.balance("pool").await, "30.00");
    assert_eq!(desk.enquiry("btr_3").await, "succeeded");
}

#[tokio::test]
async fn a_restart_keeps_the_books() {
    let desk = Desk::open().await;
    let agreement = desk.card(cards::TIMES_OUT_BUT_EXECUTES).await;
    let transfer = Desk::instruction("in", &agreement, "10.00");
    assert_eq!(desk.outcome("btr_1", &transfer).await, "no answer");
    let desk = desk.restart().await;
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    assert_eq!(desk.outcome("btr_1", &transfer).await, "succeeded");
    assert_eq!(desk.balance("pool").await, "10.00");
    // Numbers and agreements go on where they were.
    assert_ne!(desk.card(cards::ALWAYS_WORKS).await, agreement);
    let second = Desk::instruction("out", &agreement, "4.00");
    assert_eq!(desk.outcome("btr_2", &second).await, "no answer");
    assert_eq!(desk.balance("pool").await, "6.00");
}

#[tokio::test]
async fn stopping_does_not_wait_for_those_who_hang() {
    let desk = Desk::open_with(|config| config.timings.hang = Duration::from_secs(3_600)).await;
    let transfer = Desk::instruction("in", &desk.card(cards::NEVER_ANSWERS).await, "10.00");
    let call = desk.request(Method::PUT, "/v1/transfers/btr_1").json(&transfer).send();
    let hanging = tokio::spawn(call);
    until_received(&desk).await;
    desk.bank.stop().await;
    assert!(!hanging.await.unwrap().unwrap_err().is_timeout());
}

#[tokio::test]
async fn lists_and_statements_tell_every_movement() {
    let desk = Desk::open_with(|config| {
        config.pool_opening =
            vec![serde_json::from_value(json!({"amount": "500.00", "currency": "CNY"})).unwrap()];
    })
    .await;
    let card = desk.card(cards::ALWAYS_WORKS).await;
    assert_eq!(desk.outcome("btr_0", &Desk::instruction("out", &card, "7.00")).await, "succeeded");
    desk.clock.advance(Duration::from_secs(12 * 3_600 - 1));
    let mut next_day = Desk::instruction("in", &card, "3.00");
    next_day["valid_until"] = json!("2026-02-02T00:00:00Z");
    assert_eq!(desk.outcome("btr_1", &next_day).await, "succeeded");
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.outcome("btr_2", &next_day).await, "succeeded");
    assert_eq!(desk.outcome("btr_3", &Desk::instruction("in", &card, "1.00")).await, "refused expired");
    assert_eq!(desk.balance("pool").await, "499.00");

    let lines = async |date: &str| -> Vec<String> {
        let body = desk.get(&format!("/v1/statement?date={date}")).await;
        let line = |line: &Value| {
            format!("{} {} {}", line["reference"], line["direction"], line["amount"]["amount"])
        };
        body["data"].as_array().unwrap().iter().map(line).collect()
    };
    let first = [r#"null "in" "500.00""#, r#""btr_0" "out" "7.00""#, r#""btr_1" "in" "3.00""#];
    assert_eq!(lines("2026-01-31").await, first);
    assert_eq!(lines("2026-02-01").await, [r#""btr_2" "in" "3.00""#]);
    assert_eq!(lines("2026-02-02").await, [""; 0]);
    let bad = desk.try_call(Method::GET, "/v1/statement?date=today", &Value::Null).await;
    assert_eq!(describe(bad), "400 request.malformed");

    // The same, one by one, whatever the hour.
    desk.bank.control().set_profile(makegood_banksim::Profile::outage());
    let mut sequences = Vec::new();
    let mut cursor = Value::from(0);
    while !cursor.is_null() {
        let page = desk.get(&format!("/control/entries?limit=1&cursor={cursor}")).await;
        sequences.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["reference"].clone()));
        assert_eq!(page["changes_to_come"], 0);
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(sequences, [Value::Null, json!("btr_0"), json!("btr_1"), json!("btr_2")]);
    desk.bank.control().set_profile(makegood_banksim::Profile::calm());

    let mut references = Vec::new();
    let mut cursor = Value::from(0);
    while !cursor.is_null() {
        let page = desk.get(&format!("/v1/transfers?limit=3&cursor={cursor}")).await;
        let data = page["data"].as_array().unwrap();
        references.extend(data.iter().map(|row| format!("{} {}", row["reference"], row["status"])));
        cursor = page["next_cursor"].clone();
    }
    let expected = ["0", "1", "2", "3"].map(|number| {
        let status = if number == "3" { "refused" } else { "succeeded" };
        format!(r#""btr_{number}" "{status}""#)
    });
    assert_eq!(references, expected);
}

#[tokio::test]
async fn a_bank_without_a_secret_or_without_sqlite_does_not_start() {
    let clock = Arc::new(crate::HandClock::new());
    let open = start(Config::new("sqlite:/nowhere/bank.db", ""), Arc::clone(&clock) as _).await;
    assert!(matches!(open, Err(StartError::NoSecret)));
    let nowhere = start(Config::new("sqlite:/nowhere/bank.db", "secret"), clock).await;
    assert!(matches!(nowhere, Err(StartError::Books(_))));
}
