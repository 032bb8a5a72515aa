//! Callbacks: signed, in order, again until they are taken, and wrong where faults are set.

use crate::{Desk, HandClock};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use makegood_banksim::{Callbacks, FaultKind, Faults, cards};
use makegood_base::Clock as _;
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookSecret};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a test waits for what is to come: far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// One callback as it came.
#[derive(Debug, Clone)]
struct Heard {
    id: String,
    is_signed: bool,
    /// Whether the text is another than the bank writes.
    is_changed: bool,
    body: Value,
}

/// Who hears what the bank tells.
#[derive(Clone)]
struct Receiver {
    secret: WebhookSecret,
    clock: Arc<Mutex<Option<HandClock>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// What it answers to what is signed.
    status: Arc<AtomicU16>,
    /// How long it takes to answer.
    slowness: Duration,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    url: String,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = receiver.now.fetch_add(1, Ordering::SeqCst) + 1;
    receiver.most.fetch_max(now, Ordering::SeqCst);
    tokio::time::sleep(receiver.slowness).await;
    receiver.now.fetch_sub(1, Ordering::SeqCst);
    let header = |name| headers[name].to_str().unwrap();
    let clock = receiver.clock.lock().unwrap().clone().unwrap();
    let (id, at, signature) = (header(HEADER_ID), header(HEADER_TIMESTAMP), header(HEADER_SIGNATURE));
    let verified = receiver.secret.verify(id, at, signature, &body, clock.now(), TOLERANCE);
    let heard = Heard {
        id: id.to_owned(),
        is_signed: verified.is_ok(),
        is_changed: body.ends_with(b" "),
        body: serde_json::from_slice(&body).unwrap(),
    };
    receiver.heard.lock().unwrap().push(heard);
    if verified.is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    StatusCode::from_u16(receiver.status.load(Ordering::SeqCst)).unwrap()
}

impl Receiver {
    async fn open(slowness: Duration) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            secret: WebhookSecret::new([7; 32]),
            clock: Arc::default(),
            heard: Arc::default(),
            status: Arc::new(AtomicU16::new(204)),
            slowness,
            now: Arc::default(),
            most: Arc::default(),
            url: format!("http://{}/callbacks", listener.local_addr().unwrap()),
        };
        let router = Router::new().route("/callbacks", post(receive)).with_state(receiver.clone());
        // It ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// A bank that tells it.
    async fn desk(&self) -> Desk {
        let desk = Desk::open_with(|config| {
            config.callbacks = Some(Callbacks::new(&self.url, self.secret.clone()));
        })
        .await;
        *self.clock.lock().unwrap() = Some(desk.clock.clone());
        desk
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What was told, in order: `btr_1 succeeded`, and `!` before what was forged.
    fn told(&self) -> Vec<String> {
        let told = |heard: &Heard| {
            let transfer = &heard.body["transfer"];
            let mark = if heard.is_signed { "" } else { "!" };
            format!(
                "{mark}{} {}",
                transfer["reference"].as_str().unwrap(),
                transfer["status"].as_str().unwrap()
            )
        };
        self.heard().iter().map(told).collect()
    }
}

/// Waits until something is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "it does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until everything was told.
async fn until_told(desk: &Desk) {
    until(async || desk.bank.control().callbacks().await.unwrap().pending == 0).await;
}

#[tokio::test]
async fn every_end_is_told_and_signed() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let refusing = Desk::instruction("in", &desk.card(cards::REFUSES).await, "10.00");
    let silent = Desk::instruction("in", &desk.card(cards::NEVER_ANSWERS).await, "10.00");
    desk.outcome("btr_1", &transfer).await;
    until_told(&desk).await;
    desk.outcome("btr_1", &transfer).await;
    desk.outcome("btr_2", &silent).await;
    desk.outcome("btr_3", &refusing).await;
    until_told(&desk).await;
    assert_eq!(receiver.told(), ["btr_1 succeeded", "btr_3 refused"]);
    let heard = receiver.heard();
    let shown = desk.get("/v1/transfers/btr_1").await;
    let expected =
        json!({"type": "transfer.updated", "at": "2026-01-31T12:00:00.000000Z", "transfer": shown});
    assert_eq!(heard[0].body, expected);
    assert!(heard[0].id.starts_with("msg_") && heard[0].id != heard[1].id, "{heard:?}");
    let counts = desk.bank.control().callbacks().await.unwrap();
    assert_eq!((counts.delivered, counts.not_taken), (2, 0));
}

#[tokio::test]
async fn what_settles_later_is_told_though_nobody_asks() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
    desk.outcome("btr_1", &transfer).await;
    until(async || receiver.told() == ["btr_1 accepted"]).await;
    desk.clock.advance(Duration::from_secs(60));
    until(async || receiver.told() == ["btr_1 accepted", "btr_1 succeeded"]).await;
    until_told(&desk).await;
}

#[tokio::test]
async fn a_callback_is_sent_again_until_it_is_taken_also_after_a_restart() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    receiver.status.store(404, Ordering::SeqCst);
    let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
    desk.outcome("btr_1", &transfer).await;
    until(async || receiver.told() == ["btr_1 accepted"]).await;
    // What comes later of the same transfer waits for what was before.
    desk.clock.advance(Duration::from_secs(60));
    // The clock goes on until the wait is over, whenever that began.
    until(async || {
        desk.clock.advance(Duration::from_secs(1));
        receiver.told().len() >= 2
    })
    .await;
    let desk = desk.restart().await;
    assert!(receiver.told().iter().all(|told| told == "btr_1 accepted"), "{:?}", receiver.told());
    until(async || desk.bank.control().callbacks().await.unwrap().pending == 2).await;
    receiver.status.store(200, Ordering::SeqCst);
    until(async || {
        desk.clock.advance(Duration::from_secs(1));
        desk.bank.control().callbacks().await.unwrap().pending == 0
    })
    .await;
    let told = receiver.told();
    assert_eq!(told.last().unwrap(), "btr_1 succeeded");
    assert_eq!(told.iter().filter(|told| *told == "btr_1 succeeded").count(), 1, "{told:?}");
    let ids: BTreeSet<_> = receiver.heard().iter().map(|heard| heard.id.clone()).collect();
    assert_eq!(ids.len(), 2, "sent again, it has the same name");
}

#[tokio::test]
async fn callbacks_come_twice_reordered_forged_or_not_at_all_as_told() {
    let none = Faults::default;
    for (kind, faults, expected) in [
        (
            FaultKind::CallbackTwice,
            Faults { callback_twice_rate: 1.0, ..none() },
            vec!["btr_1 accepted", "btr_1 accepted", "btr_1 succeeded", "btr_1 succeeded"],
        ),
        (
            FaultKind::CallbackReordered,
            Faults { callback_reordered_rate: 1.0, ..none() },
            vec!["btr_1 succeeded", "btr_1 accepted"],
        ),
        (FaultKind::CallbackLost, Faults { callback_lost_rate: 1.0, ..none() }, vec![]),
        (
            FaultKind::CallbackForged,
            Faults { callback_forged_rate: 1.0, ..none() },
            vec!["!btr_1 refused", "!btr_1 succeeded", "btr_1 accepted", "btr_1 succeeded"],
        ),
    ] {
        let receiver = Receiver::open(Duration::ZERO).await;
        let desk = receiver.desk().await;
        desk.bank.control().set_faults(faults).unwrap();
        let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
        desk.outcome("btr_1", &transfer).await;
        until_told(&desk).await;
        desk.clock.advance(Duration::from_secs(60));
        assert_eq!(desk.enquiry("btr_1").await, "succeeded");
        until_told(&desk).await;
        let mut told = receiver.told();
        if kind == FaultKind::CallbackForged {
            // A forger keeps no order.
            told.sort();
        }
        assert_eq!(told, expected, "{}", kind.name());
        let injected = desk.bank.control().injected().await.unwrap();
        assert_eq!(injected.references(kind), ["btr_1"], "{}", kind.name());
        let counts = desk.bank.control().callbacks().await.unwrap();
        assert_eq!(counts.forgeries_believed, 0);
    }
}

#[tokio::test]
async fn of_what_nobody_was_told_there_is_a_list() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    let control = desk.bank.control();
    control.set_faults(Faults { callback_lost_rate: 1.0, ..Faults::default() }).unwrap();
    let agreement = desk.card(cards::SETTLES_LATER).await;
    desk.outcome("btr_1", &Desk::instruction("in", &agreement, "10.00")).await;
    assert_eq!(control.injected().await.unwrap().untold, ["btr_1"]);
    // The next status is told.
    control.set_faults(Faults::default()).unwrap();
    desk.clock.advance(Duration::from_secs(60));
    assert_eq!(desk.enquiry("btr_1").await, "succeeded");
    let injected = control.injected().await.unwrap();
    assert!(injected.untold.is_empty());
    assert_eq!(injected.references(FaultKind::CallbackLost), ["btr_1"]);
}

#[tokio::test]
async fn the_same_callbacks_are_forged_in_the_same_way_in_any_order() {
    let mut seen = Vec::new();
    for is_reversed in [false, true] {
        let receiver = Receiver::open(Duration::ZERO).await;
        let desk = receiver.desk().await;
        desk.bank.control().set_faults(Faults { callback_forged_rate: 1.0, ..Faults::default() }).unwrap();
        let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
        let mut numbers: Vec<_> = (0..16).collect();
        if is_reversed {
            numbers.reverse();
        }
        for number in numbers {
            desk.outcome(&format!("btr_{number}"), &transfer).await;
        }
        until_told(&desk).await;
        let forged = receiver.heard().into_iter().filter(|heard| !heard.is_signed);
        let changed: BTreeSet<String> =
            forged.filter(|heard| heard.is_changed).map(|heard| heard.id).collect();
        assert!((1..16).contains(&changed.len()), "{changed:?}");
        seen.push(changed);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_return_and_money_from_a_stranger_are_told() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    // However many callbacks are lost, this one is not: nobody could ever ask for it.
    let faults = Faults { wrong_reference_rate: 1.0, callback_lost_rate: 1.0, ..Faults::default() };
    desk.bank.control().set_faults(faults).unwrap();
    desk.outcome("btr_1", &transfer).await;
    until_told(&desk).await;
    let told = receiver.told();
    assert!(told.len() == 1 && told[0].starts_with("btr_") && told[0] != "btr_1 succeeded", "{told:?}");
    desk.bank.control().set_faults(Faults { returned_rate: 1.0, ..Faults::default() }).unwrap();
    desk.outcome("btr_2", &transfer).await;
    until_told(&desk).await;
    desk.clock.advance(Duration::from_secs(60));
    until(async || receiver.told().last().is_some_and(|told| told == "btr_2 returned")).await;
    let heard = receiver.heard();
    let returned = &heard.last().unwrap().body["transfer"];
    assert!(returned["return_reason"].is_string() && returned["returned_at"].is_string(), "{returned}");
}

#[tokio::test]
async fn a_slow_receiver_costs_no_more_connections_than_there_may_be() {
    let receiver = Receiver::open(Duration::from_millis(20)).await;
    let desk = receiver.desk().await;
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    for number in 0..60 {
        desk.outcome(&format!("btr_{number}"), &transfer).await;
    }
    until_told(&desk).await;
    let mut told = receiver.told();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 60);
    assert!(receiver.most.load(Ordering::SeqCst) <= 16);
}

#[tokio::test]
async fn nothing_is_told_in_an_outage() {
    let receiver = Receiver::open(Duration::ZERO).await;
    let desk = receiver.desk().await;
    let control = desk.bank.control();
    let transfer = Desk::instruction("in", &desk.card(cards::SETTLES_LATER).await, "10.00");
    desk.outcome("btr_1", &transfer).await;
    until_told(&desk).await;
    control.set_profile(makegood_banksim::Profile::outage());
    desk.clock.advance(Duration::from_secs(60));
    until(async || control.callbacks().await.unwrap().pending == 1).await;
    assert_eq!(receiver.told(), ["btr_1 accepted"]);
    control.set_profile(makegood_banksim::Profile::calm());
    until_told(&desk).await;
    assert_eq!(receiver.told(), ["btr_1 accepted", "btr_1 succeeded"]);
}
