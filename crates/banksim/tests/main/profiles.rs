//! A day at the bank: calm, peak hours, outages, and a curve of one's own.

use crate::Desk;
use makegood_banksim::{Conditions, Point, Profile, StartError, TimeOfDay, cards, start};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

fn always(conditions: Conditions) -> Profile {
    Profile::new("always", vec![Point { at: TimeOfDay::new(0, 0), conditions }]).unwrap()
}

const BUSY: Conditions =
    Conditions { latency_p50_ms: 0, latency_p99_ms: 0, per_second: Some(20.0), queue_max: 5, outage: false };

#[tokio::test]
async fn an_outage_begins_and_ends_at_a_word() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    assert_eq!(desk.outcome("btr_1", &transfer).await, "succeeded");
    let (status, day) = desk.call(Method::POST, "/control/profile", json!({"profile": "outage"})).await;
    assert_eq!((status, &day["profile"], &day["outage"]), (StatusCode::OK, &json!("outage"), &json!(true)));
    let mut seen = Vec::new();
    for number in 0..20 {
        seen.push(desk.enquiry(&format!("btr_{number}")).await);
        assert_ne!(desk.outcome(&format!("btr_new_{number}"), &transfer).await, "succeeded");
    }
    assert!(seen.iter().all(|seen| seen == "no answer" || seen == "503 bank.out"), "{seen:?}");
    assert!(seen.iter().any(|seen| seen == "no answer") && seen.iter().any(|seen| seen == "503 bank.out"));
    let maintenance = desk.try_call(Method::GET, "/v1/maintenance", &json!(null)).await;
    assert!(maintenance.is_none_or(|(status, _)| status == StatusCode::SERVICE_UNAVAILABLE));
    let turned = desk.bank.control().injected().await.unwrap().turned_away;
    assert_eq!(turned.outage_answered + turned.outage_unanswered, 41);
    // Whoever controls it, and its books, are not out.
    assert_eq!(desk.balance("pool").await, "10.00");
    desk.bank.control().set_profile(Profile::calm());
    assert_eq!(desk.outcome("btr_new_1", &transfer).await, "succeeded");
}

#[tokio::test]
async fn a_saturated_bank_makes_callers_wait_and_then_refuses() {
    let desk = Arc::new(Desk::open().await);
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    // So slow that nobody's turn comes by itself within the test.
    desk.bank.control().set_profile(always(Conditions { per_second: Some(0.001), ..BUSY }));
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (desk, transfer) = (Arc::clone(&desk), transfer.clone());
        calls.spawn(async move { desk.outcome(&format!("btr_{number}"), &transfer).await });
    }
    let start = Instant::now();
    loop {
        let turned = desk.bank.control().injected().await.unwrap().turned_away;
        if (turned.queued, turned.line_full) == (5, 4) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{turned:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    desk.bank.control().set_profile(Profile::calm());
    let mut outcomes = calls.join_all().await;
    outcomes.sort();
    let expected = [["503 bank.busy"; 4].as_slice(), &["succeeded"; 6]].concat();
    assert_eq!(outcomes, expected);
    assert_eq!(desk.balance("pool").await, "6.00");
}

#[tokio::test]
async fn whoever_waits_is_let_in_when_the_rush_is_over_and_executed_though_he_left() {
    let desk = Arc::new(Desk::open().await);
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    desk.bank.control().set_profile(always(Conditions { per_second: Some(0.001), ..BUSY }));
    assert_eq!(desk.outcome("btr_first", &transfer).await, "succeeded");
    let call = tokio::spawn(desk.request(Method::PUT, "/v1/transfers/btr_left").json(&transfer).send());
    while desk.bank.control().injected().await.unwrap().turned_away.queued == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    desk.bank.control().set_profile(Profile::calm());
    let start = Instant::now();
    while desk.enquiry("btr_left").await != "succeeded" {
        assert!(start.elapsed() < Duration::from_secs(20), "it is still in line");
    }
    assert_eq!(desk.balance("pool").await, "2.00");
}

#[tokio::test]
async fn stopping_executes_whoever_waits_in_line() {
    let desk = Desk::open().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    desk.bank.control().set_profile(always(Conditions { per_second: Some(0.001), ..BUSY }));
    assert_eq!(desk.outcome("btr_first", &transfer).await, "succeeded");
    let waiting = tokio::spawn(desk.request(Method::PUT, "/v1/transfers/btr_2").json(&transfer).send());
    while desk.bank.control().injected().await.unwrap().turned_away.queued == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let start = Instant::now();
    let desk = desk.restart().await;
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(desk.enquiry("btr_2").await, "succeeded");
}

#[tokio::test]
async fn a_days_curve_follows_the_banks_own_clock() {
    let desk = Desk::open().await;
    let toml = "name = \"payday\"\n[[point]]\nat = \"00:00\"\nlatency_p50_ms = 100\n\
                [[point]]\nat = \"12:00\"\nlatency_p50_ms = 300\n";
    let body = json!({"toml": toml, "time_of_day": "06:00", "clock_speed": 240.0});
    let (_, day) = desk.call(Method::POST, "/control/profile", body).await;
    assert_eq!((&day["profile"], &day["latency_p50_ms"]), (&json!("payday"), &json!(200)));
    // Six hours at the bank are a minute and a half.
    desk.clock.advance(Duration::from_secs(90));
    let day = desk.get("/control/profile").await;
    assert_eq!((&day["time_of_day"], &day["latency_p50_ms"]), (&json!("12:00:00"), &json!(300)));
    let start = Instant::now();
    desk.enquiry("btr_none").await;
    assert!(start.elapsed() >= Duration::from_millis(290));
    // What settles after a minute of the bank's does so after a quarter of a second.
    desk.bank.control().set_profile(Profile::calm());
    let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
    assert_eq!(desk.outcome("btr_1", &transfer).await, "accepted");
    desk.clock.advance(Duration::from_millis(251));
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    for (body, expected) in [
        (json!({"profile": "busy"}), "no profile is called busy"),
        (json!({"profile": "calm", "toml": toml}), "either"),
        (json!({"toml": "[[point]]"}), "missing field"),
        (json!({"clock_speed": 0.0}), "speed"),
        (json!({"time_of_day": "noon"}), "time of day"),
    ] {
        let (status, problem) = desk.call(Method::POST, "/control/profile", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
}

#[tokio::test]
async fn a_bank_starts_into_its_day_as_configured() {
    let desk = Desk::open_with(|config| {
        config.profile = Profile::peak();
        config.time_of_day = Some(TimeOfDay::new(0, 0));
        config.clock_speed = 10.0;
    })
    .await;
    let day = desk.bank.control().day();
    assert_eq!((day.profile.as_str(), day.clock_speed), ("peak", 10.0));
    assert_eq!((day.time_of_day, day.conditions.latency_p50_ms), (TimeOfDay::new(0, 0), 200));
    let clock = Arc::new(desk.clock.clone());
    let mut config = desk.config.clone();
    config.clock_speed = 0.0;
    assert!(matches!(start(config, clock.clone()).await, Err(StartError::ClockSpeed)));
    let mut config = desk.config.clone();
    let secret = makegood_notify::WebhookSecret::new([1; 32]);
    config.callbacks = Some(makegood_banksim::Callbacks::new("https://127.0.0.1/", secret));
    assert!(matches!(start(config, clock).await, Err(StartError::Callbacks(_))));
}
