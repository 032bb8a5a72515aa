//! P26: receivers of webhooks that are down for a day, slow, hostile, or send us elsewhere touch no payment, and lose no
//! event: each is delivered at least once, those of one object in order, or is dead after the schedule and can be sent
//! again.

use super::{figure, length, proved};
use crate::receiver::{Came, Mood, Receiver, SALES, ask, endpoint_for, judge, read, told_of_sales};
use makegood_app::{JobsConfig, WebhooksConfig};
use makegood_payments::Source;
use makegood_testkit::proof::trials_between;
use makegood_testkit::{Db, Person, Shop, TestWallet};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

on_both!(receivers_that_are_down_slow_or_hostile);

const HOUR: Duration = Duration::from_secs(3_600);
/// How long a receiver may take here.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);
/// A payment has nothing to do with how long a receiver takes: not even the slowest waits for one.
const PAYMENT_MAX: Duration = Duration::from_secs(20);

async fn receivers_that_are_down_slow_or_hostile(db: Db) {
    let webhooks =
        WebhooksConfig { answer_timeout: ANSWER_TIMEOUT, events_max: 128, ..WebhooksConfig::default() };
    let jobs = JobsConfig { webhooks, ..JobsConfig::default() };
    let wallet = TestWallet::start_with_jobs(db, jobs).await;
    let (shop, quiet) = (wallet.new_shop().await, wallet.new_shop().await);
    let payer = wallet.user_with("100000.00").await;
    for shop in [&shop, &quiet] {
        let order = wallet.order(shop, "1000.00").await;
        wallet.pay_from_balance(&payer, order).await;
    }
    let sales = trials_between(10, 40);
    let alone = sell(&wallet, &payer, &quiet, sales).await;

    let trap = Receiver::open(Mood::Takes).await;
    let good = Receiver::open(Mood::Takes).await;
    let mut down = Receiver::open(Mood::Takes).await;
    let slow = Receiver::open(Mood::Dawdles(4 * ANSWER_TIMEOUT)).await;
    let hostile = Receiver::open(Mood::Floods).await;
    let elsewhere = Receiver::open(Mood::Redirects(trap.url())).await;
    let mut endpoints = Vec::new();
    for receiver in [&good, &down, &slow, &hostile, &elsewhere] {
        endpoints.push(endpoint_for(&wallet, &shop, receiver, SALES).await.text("/id").to_owned());
    }
    down.goes_down().await;
    let beside = beside_deliveries(&wallet, &payer, &shop, sales).await;
    wait(&wallet, 24).await;
    down.comes_back().await;
    slow.becomes(Mood::Takes);
    sell(&wallet, &payer, &shop, 1).await;
    wait(&wallet, 1).await;

    let all = told_of_sales(&wallet, &shop).await;
    assert_eq!(figure(all.len()), 3 * (sales + 1));
    for (name, receiver) in [("good", &good), ("down", &down), ("slow", &slow)] {
        assert_eq!(judge(&all, &receiver.taken()), (0, 0), "{name}: missing, and out of order");
    }
    // Whoever takes nothing is tried ten times for each event that is not behind another; then those are dead.
    wait(&wallet, 77).await;
    let heads = 2 * (sales + 1);
    for endpoint in &endpoints[3..] {
        let seen = read(&wallet, &shop, endpoint).await;
        let counts = (seen.at("/dead").as_u64(), seen.at("/open").as_u64(), seen.at("/behind").as_u64());
        assert_eq!(counts, (Some(heads), Some(sales + 1), Some(0)), "{}", seen.json());
    }
    let tries = |came: &[Came]| came.iter().filter(|came| came.id == all[0].0).count();
    assert_eq!((tries(&hostile.came()), tries(&elsewhere.came()), trap.came().len()), (10, 10, 0));
    // Once it behaves, it gets all of them after all.
    hostile.becomes(Mood::Takes);
    let again = ask(&wallet, &shop, &format!("{}/replay", endpoints[3]), json!({"all_dead": true})).await;
    let _again = again.expect(202);
    wait(&wallet, 30).await;
    assert_eq!(judge(&all, &hostile.taken()).0, 0, "what was dead is sent again");

    let caught = careless(&all).await;
    let figures = [
        ("payments", 2 * sales + 1),
        ("failed", 0),
        ("events", figure(all.len())),
        ("good_delivered", figure(good.taken().len())),
        ("down_24h_delivered", figure(down.taken().len())),
        ("slow_delivered", figure(slow.taken().len())),
        ("out_of_order", 0),
        ("dead_after_10_attempts", heads),
        ("replayed", heads),
        ("redirects_followed", 0),
        ("payment_p99_us_alone", p99(alone)),
        ("payment_p99_us_beside", p99(beside)),
    ];
    proved("P26", db.as_str(), &figures, caught);
    wallet.finish().await;
}

/// Sells while webhooks are sent beside it, as a server does both.
async fn beside_deliveries(wallet: &TestWallet, payer: &Person, shop: &Shop, sales: u64) -> Vec<Duration> {
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let jobs = tokio::spawn(wallet.app.jobs().clone().run(async move { stopped.notified().await }));
    let times = sell(wallet, payer, shop, sales).await;
    stop.notify_one();
    jobs.await.unwrap();
    times
}

/// Sells and refunds: three events of two objects each time. Returns how long each payment took.
async fn sell(wallet: &TestWallet, payer: &Person, shop: &Shop, sales: u64) -> Vec<Duration> {
    let mut times = Vec::with_capacity(length(sales));
    for _ in 0..sales {
        let order = wallet.order(shop, "1.00").await;
        let began = Instant::now();
        let paid = wallet.pay(payer, order, Source::Balance).await.expect(201);
        times.push(began.elapsed());
        assert!(began.elapsed() < PAYMENT_MAX, "a payment waited for somebody");
        assert_eq!(paid.text("/status"), "succeeded");
        let _refunded = wallet.refund(shop, paid.id("/id"), None).await.expect(201);
    }
    times
}

/// So many hours pass, in which the background does what is due about each quarter of one.
async fn wait(wallet: &TestWallet, hours: u32) {
    for _ in 0..4 * hours {
        wallet.run_after(HOUR / 4).await;
    }
    // The lease of a worker that was stopped in its turn is over by now.
    wallet.run_after(Duration::from_secs(1)).await;
}

fn p99(mut times: Vec<Duration>) -> u64 {
    times.sort_unstable();
    let place = times.len() * 99 / 100;
    times.get(place.min(times.len() - 1)).map_or(0, |time| u64::try_from(time.as_micros()).unwrap())
}

/// The control: whoever sends each event once, newest first, to a receiver that is away for the first half, loses half
/// of them and turns the others around, and the judge sees it.
async fn careless(all: &[(String, String)]) -> bool {
    let receiver = Receiver::open(Mood::Answers(503)).await;
    let client = makegood_testkit::client();
    for (place, (id, _)) in all.iter().rev().enumerate() {
        if place == all.len() / 2 {
            receiver.becomes(Mood::Takes);
        }
        let sent = client.post(receiver.url()).header("webhook-id", id).body("{}").send().await;
        let _whatever = sent.unwrap();
    }
    let (missing, misplaced) = judge(all, &receiver.taken());
    missing > 0 && misplaced > 0
}
