//! Faults that are set while the bank runs.

use crate::Desk;
use makegood_banksim::{FaultKind, Faults, Outcome, cards};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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
    let faults: Faults = serde_json::from_value(faults).unwrap();
    assert_eq!(faults, Faults::default());
}

#[tokio::test]
async fn what_is_no_rate_is_refused() {
    let desk = Desk::open().await;
    for body in [json!({"late_rate": 1.5}), json!({"returned_rate": -0.1}), json!({"odd_rate": 0.1})] {
        let (status, problem) = desk.call(Method::POST, "/control/faults", body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::BAD_REQUEST, &json!("request.malformed")),
            "{body}"
        );
    }
    assert!(desk.bank.control().set_faults(Faults { late_rate: f64::NAN, ..Faults::default() }).is_err());
    assert_eq!(desk.bank.control().faults(), Faults::default());
}

/// Sends one transfer of 10.00 with these faults, and says how it stands at first and in the end.
async fn with_fault(desk: &Desk, direction: &str, faults: Faults) -> (String, String) {
    desk.bank.control().set_faults(faults).unwrap();
    let transfer = Desk::instruction(direction, &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let first = desk.outcome("btr_1", &transfer).await;
    desk.bank.control().set_faults(Faults::default()).unwrap();
    desk.clock.advance(Duration::from_secs(90));
    (first, desk.enquiry("btr_1").await)
}

#[tokio::test]
async fn a_bank_changes_its_mind_and_its_books_add_up() {
    let none = Faults::default;
    for (kind, faults, first, last, balance) in [
        (FaultKind::Late, Faults { late_rate: 1.0, ..none() }, "accepted", "succeeded", "10.00"),
        (
            FaultKind::SuccessAfterFailure,
            Faults { success_after_failure_rate: 1.0, ..none() },
            "refused card_refused",
            "succeeded",
            "10.00",
        ),
        (
            FaultKind::FailureAfterSuccess,
            Faults { failure_after_success_rate: 1.0, ..none() },
            "succeeded",
            "refused card_refused",
            "0.00",
        ),
        (
            FaultKind::NeverAnswered,
            Faults { never_answered_rate: 1.0, ..none() },
            "accepted",
            "accepted",
            "0.00",
        ),
        (FaultKind::Returned, Faults { returned_rate: 1.0, ..none() }, "succeeded", "returned", "0.00"),
    ] {
        let desk = Desk::open().await;
        let found = with_fault(&desk, "in", faults).await;
        assert_eq!(found, (first.to_owned(), last.to_owned()), "{}", kind.name());
        assert_eq!(desk.balance("pool").await, balance, "{}", kind.name());
        let injected = desk.bank.control().injected().await.unwrap();
        assert_eq!(injected.references(kind), ["btr_1"], "{}", kind.name());
        let others = FaultKind::ALL.into_iter().filter(|other| *other != kind);
        assert_eq!(others.map(|other| injected.count(other)).sum::<usize>(), 0, "{}", kind.name());
    }
}

#[tokio::test]
async fn what_the_bank_will_still_change_is_counted() {
    let desk = Desk::open().await;
    desk.bank.control().set_faults(Faults { late_rate: 1.0, ..Faults::default() }).unwrap();
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    assert_eq!(desk.outcome("btr_1", &transfer).await, "accepted");
    let to_come = async || desk.bank.control().pool_entries(0, 10).await.unwrap().changes_to_come;
    assert_eq!(to_come().await, 1);
    desk.clock.advance(Duration::from_secs(90));
    assert_eq!(to_come().await, 0);
}

#[tokio::test]
async fn a_return_says_why_and_when_and_is_a_line_of_its_own() {
    let desk = Desk::open_with(|config| {
        config.pool_opening =
            vec![serde_json::from_value(json!({"amount": "10.00", "currency": "CNY"})).unwrap()];
    })
    .await;
    let faults = Faults { returned_rate: 1.0, ..Faults::default() };
    assert_eq!(with_fault(&desk, "out", faults).await, ("succeeded".to_owned(), "returned".to_owned()));
    let found = desk.get("/v1/transfers/btr_1").await;
    let reason = found["return_reason"].as_str().unwrap();
    assert!(["account_closed", "wrong_details", "other"].contains(&reason), "{found}");
    assert_eq!(found["returned_at"], "2026-01-31T12:01:30.000000Z");
    let lines = desk.get("/v1/statement?date=2026-01-31").await;
    let line = |index: usize| {
        let line = &lines["data"][index];
        format!("{} {} {}", line["kind"], line["direction"], line["amount"]["amount"])
    };
    let expected = [r#""opening" "in" "10.00""#, r#""transfer" "out" "10.00""#, r#""return" "in" "10.00""#];
    assert_eq!([line(0), line(1), line(2)], expected);
    assert_eq!(desk.balance("pool").await, "10.00");
}

#[tokio::test]
async fn what_is_executed_wrongly_is_shown_as_it_was_executed() {
    let none = Faults::default;
    for (kind, faults) in [
        (FaultKind::WrongAmount, Faults { wrong_amount_rate: 1.0, ..none() }),
        (FaultKind::WrongCurrency, Faults { wrong_currency_rate: 1.0, ..none() }),
        (FaultKind::WrongPayee, Faults { wrong_payee_rate: 1.0, ..none() }),
    ] {
        let desk = Desk::open().await;
        desk.bank.control().set_faults(faults).unwrap();
        let agreement = desk.card(cards::ALWAYS_WORKS).await;
        let transfer = Desk::instruction("in", &agreement, "10.00");
        let sent = desk.send("btr_1", &transfer).await.unwrap().1;
        assert_eq!(sent["status"], "succeeded", "{sent}");
        let is_as_told = [
            sent["amount"]["amount"] == "10.00",
            sent["amount"]["currency"] == "CNY",
            sent["agreement"] == json!(agreement),
        ];
        let wrong = [FaultKind::WrongAmount, FaultKind::WrongCurrency, FaultKind::WrongPayee];
        assert_eq!(is_as_told, wrong.map(|other| other != kind), "{sent}");
        assert_eq!(desk.get("/v1/transfers/btr_1").await, sent, "an enquiry says the same");
        // The same instruction again is known, though it was executed otherwise.
        assert_eq!(desk.send("btr_1", &transfer).await.unwrap().1, sent);
        let books = desk.get("/v1/books").await;
        let pool = books["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "pool");
        assert_eq!(pool.unwrap()["balance"], sent["amount"], "{books}");
        assert_eq!(desk.bank.control().injected().await.unwrap().references(kind), ["btr_1"]);
    }
}

#[tokio::test]
async fn money_comes_in_under_a_reference_that_nobody_gave() {
    let desk = Desk::open().await;
    let faults = Faults { wrong_reference_rate: 1.0, ..Faults::default() };
    let (first, last) = with_fault(&desk, "in", faults).await;
    assert_eq!((first.as_str(), last.as_str()), ("succeeded", "succeeded"));
    let all = desk.get("/v1/transfers").await;
    let references: Vec<_> =
        all["data"].as_array().unwrap().iter().map(|row| row["reference"].as_str().unwrap()).collect();
    assert_eq!(references.len(), 2);
    let stray = references.iter().find(|reference| **reference != "btr_1").unwrap();
    assert!(stray.starts_with("btr_") && stray.len() == 30, "{stray}");
    assert_eq!(desk.enquiry(stray).await, "succeeded");
    assert_eq!(desk.balance("pool").await, "20.00");
    assert_eq!(desk.bank.control().injected().await.unwrap().references(FaultKind::WrongReference), [*stray]);
}

#[tokio::test]
async fn what_is_to_come_is_listed_when_it_has_happened() {
    let desk = Desk::open_with(|config| config.transfer_minor_max = i64::MAX).await;
    let control = desk.bank.control();
    let count = async |kind| control.injected().await.unwrap().count(kind);
    let none = Faults::default;
    // There is nothing that could go out late.
    control.set_faults(Faults { success_after_failure_rate: 1.0, ..none() }).unwrap();
    let card = desk.card(cards::ALWAYS_WORKS).await;
    let (transfer, back) =
        (Desk::instruction("in", &card, "10.00"), Desk::instruction("out", &card, "10.00"));
    assert_eq!(desk.outcome("btr_never", &back).await, "refused card_refused");
    desk.clock.advance(Duration::from_secs(90));
    assert_eq!(desk.enquiry("btr_never").await, "refused insufficient_funds");
    assert_eq!(desk.outcome("btr_late", &transfer).await, "refused card_refused");
    assert_eq!(count(FaultKind::SuccessAfterFailure).await, 0);
    desk.clock.advance(Duration::from_secs(90));
    assert_eq!(control.injected().await.unwrap().references(FaultKind::SuccessAfterFailure), ["btr_late"]);
    // What is called back is not taken back, and its return is none of the bank's own.
    let taken_back = Faults { failure_after_success_rate: 1.0, ..none() };
    for (reference, faults) in
        [("btr_taken", taken_back), ("btr_returned", Faults { returned_rate: 1.0, ..none() })]
    {
        control.set_faults(faults).unwrap();
        assert_eq!(desk.outcome(reference, &back).await, "succeeded");
        let path = format!("/v1/transfers/{reference}/recall");
        desk.call(Method::POST, &path, json!({"reason": "a mistake"})).await;
        desk.clock.advance(Duration::from_secs(90));
        assert_eq!(desk.enquiry(reference).await, "returned");
    }
    let kinds = [FaultKind::FailureAfterSuccess, FaultKind::Returned];
    assert_eq!([count(kinds[0]).await, count(kinds[1]).await], [0, 0]);
    // The stranger has enough for one of two.
    control.set_faults(Faults { wrong_reference_rate: 1.0, ..none() }).unwrap();
    let others = desk.card("4111111111111111").await;
    for (reference, card) in [("btr_1", &card), ("btr_2", &others)] {
        let transfer = Desk::instruction("in", card, "600000000.00");
        assert_eq!(desk.outcome(reference, &transfer).await, "succeeded");
    }
    assert_eq!(count(FaultKind::WrongReference).await, 1);
    assert_eq!(desk.balance("pool").await, "1800000010.00");
}

#[tokio::test]
async fn what_waits_for_good_is_brought_to_an_end_by_hand() {
    let desk = Desk::open().await;
    let control = desk.bank.control();
    control.set_faults(Faults { never_answered_rate: 1.0, ..Faults::default() }).unwrap();
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let silent = Desk::instruction("in", &desk.card(cards::NEVER_ANSWERS).await, "10.00");
    for reference in ["btr_1", "btr_2"] {
        assert_eq!(desk.outcome(reference, &transfer).await, "accepted");
    }
    assert_eq!(desk.outcome("btr_3", &silent).await, "no answer");
    desk.clock.advance(Duration::from_secs(100 * 3_600));
    assert_eq!(desk.enquiry("btr_1").await, "accepted");
    assert_eq!(control.resolve(Some("btr_1"), Outcome::Refused).await.unwrap(), 1);
    let body = json!({"outcome": "succeeded"});
    let (_, resolved) = desk.call(Method::POST, "/control/resolve", body).await;
    assert_eq!(resolved, json!({"resolved": 2}));
    assert_eq!(desk.enquiry("btr_1").await, "refused card_refused");
    for reference in ["btr_2", "btr_3"] {
        assert_eq!(desk.enquiry(reference).await, "succeeded");
    }
    assert_eq!(control.resolve(None, Outcome::Succeeded).await.unwrap(), 0);
    assert_eq!(desk.balance("pool").await, "20.00");
}

#[tokio::test]
async fn however_many_wait_all_are_brought_to_an_end() {
    let desk = Arc::new(Desk::open().await);
    desk.bank.control().set_faults(Faults { never_answered_rate: 1.0, ..Faults::default() }).unwrap();
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..13 {
        let (desk, transfer) = (Arc::clone(&desk), transfer.clone());
        senders.spawn(async move {
            for number in 0..78 {
                desk.outcome(&format!("btr_{sender}_{number}"), &transfer).await;
            }
        });
    }
    senders.join_all().await;
    assert_eq!(desk.bank.control().resolve(None, Outcome::Succeeded).await.unwrap(), 1_014);
    assert_eq!(desk.balance("pool").await, "1014.00");
}

#[tokio::test]
async fn the_same_seed_and_transfers_have_the_same_faults_in_any_order() {
    let faults = Faults {
        late_rate: 0.2,
        returned_rate: 0.2,
        wrong_amount_rate: 0.2,
        timeout_executed_rate: 0.2,
        ..Faults::default()
    };
    let mut seen = Vec::new();
    for (seed, is_reversed) in [(1, false), (1, true), (2, false)] {
        let desk = Desk::open_with(|config| config.seed = seed).await;
        desk.bank.control().set_faults(faults.clone()).unwrap();
        let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
        let mut numbers: Vec<_> = (0..60).collect();
        if is_reversed {
            numbers.reverse();
        }
        for number in numbers {
            desk.outcome(&format!("btr_{number}"), &transfer).await;
        }
        let injected = desk.get("/control/injected").await["data"].clone();
        let amounts: i64 =
            injected.as_array().unwrap().iter().map(|row| row["count"].as_i64().unwrap()).sum();
        assert!(amounts > 15, "{injected}");
        desk.balance("pool").await;
        seen.push(injected);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}
