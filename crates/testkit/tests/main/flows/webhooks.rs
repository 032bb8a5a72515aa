//! Webhooks from beginning to end: endpoints over HTTP, and a real receiver.

use crate::receiver::{Mood, Receiver, SALES, ask, endpoint, endpoint_for, judge, read, told, told_of_sales};
use makegood::ServerConfig;
use makegood_banksim::cards;
use makegood_base::Clock as _;
use makegood_payments::Source;
use makegood_testkit::{Db, FakeClock, Person, Shop, TestWallet};
use makegood_wallet::tables::PaymentId;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    events_are_delivered_as_they_are_kept,
    payouts_and_settlements_are_delivered_too,
    a_choice_of_events,
    what_fails_is_tried_again_and_keeps_its_order,
    two_secrets_sign_while_one_is_replaced,
    an_endpoint_that_is_gone_is_disabled,
    an_endpoint_that_only_fails_is_disabled,
    dead_events_are_sent_again,
    an_event_that_is_still_to_come_is_sent_again,
    a_receiver_that_refuses_one_kind_is_tried_by_the_schedule,
    one_event_is_sent_again_and_a_test_goes_to_one_endpoint_alone,
    nobody_asks_for_more_than_there_is_room_for,
    events_without_a_number_keep_their_order,
    a_deleted_endpoint_leaves_nothing_behind,
    endpoints_are_their_merchants_alone,
    addresses_that_are_not_called,
    a_lost_worker_repeats_and_skips_nothing,
);

const HOUR: Duration = Duration::from_secs(3_600);

/// A payment of one yuan, refunded: three events of two objects.
async fn sale(wallet: &TestWallet, payer: &Person, shop: &Shop) -> PaymentId {
    let order = wallet.order(shop, "1.00").await;
    let payment = wallet.pay(payer, order, Source::Balance).await.expect(201).id("/id");
    let _refunded = wallet.refund(shop, payment, None).await.expect(201);
    payment
}

async fn shop_and_payer(db: Db) -> (TestWallet, Shop, Person) {
    let wallet = TestWallet::start(db).await;
    let (shop, payer) = (wallet.new_shop().await, wallet.user_with("100.00").await);
    // What a merchant earns pays its refunds and the fees of those.
    let order = wallet.order(&shop, "50.00").await;
    wallet.pay_from_balance(&payer, order).await;
    (wallet, shop, payer)
}

async fn events_are_delivered_as_they_are_kept(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Takes).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let secret = made.text("/secret").to_owned();
    assert!(secret.starts_with("whsec_"), "{}", made.json());
    for _ in 0..20 {
        sale(&wallet, &payer, &shop).await;
    }
    wallet.run().await;
    let (told, taken) = (told(&wallet, &shop).await, receiver.taken());
    assert_eq!((told.len(), taken.len(), receiver.came().len()), (60, 60, 60), "each once");
    assert_eq!(judge(&told, &taken), (0, 0));
    for came in &taken {
        assert!(came.is_believed(&secret, wallet.clock.now()));
        let path = format!("/v1/events/{}", came.id);
        let listed = wallet.call(("GET", &path), Some(&shop.token), None, &Value::Null).await;
        assert_eq!(listed.expect(200).json(), &came.json());
        // By the crate that others verify with, too. It has a clock of its own, and looks at the signature first.
        let theirs = standardwebhooks::Webhook::new(&secret).unwrap();
        let signed = theirs.sign(&came.id, came.timestamp.parse().unwrap(), came.body.as_bytes()).unwrap();
        assert_eq!(signed, came.signatures);
    }
    let id = made.text("/id");
    let seen = read(&wallet, &shop, id).await;
    assert!(seen.at("/secret").is_null() && seen.at("/last_success_at").is_string(), "{}", seen.json());
    assert_eq!((seen.at("/behind").as_i64(), seen.at("/open").as_i64()), (Some(0), Some(0)));
    assert_eq!(wallet.count("SELECT COUNT(*) FROM webhook_deliveries").await, 0, "rows only for what failed");
    let timers = "SELECT COUNT(*) FROM timers WHERE kind IN ('event_feed', 'webhook_endpoint')";
    assert_eq!(wallet.count(timers).await, 0, "nothing is left to do");
    wallet.finish().await;
}

/// The test's clock begins at 12:00 UTC, days end at 16:00, and the day after that their money is settled.
async fn payouts_and_settlements_are_delivered_too(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (owner, payer) = (wallet.user().await, wallet.user_with("100.00").await);
    let (shop, receiver) = (wallet.shop(&owner).await, Receiver::open(Mood::Takes).await);
    let _made = endpoint(&wallet, &shop, &receiver).await;
    let order = wallet.order(&shop, "50.00").await;
    wallet.pay_from_balance(&payer, order).await;
    wallet.run_after(4 * HOUR).await;
    wallet.run_after(24 * HOUR).await;
    let card = wallet.card(&owner, cards::ALWAYS_WORKS).await;
    let payout = wallet.pay_out(&shop, card, "10.00").await.expect(202).text("/id").to_owned();
    wallet.run().await;
    let taken = receiver.taken();
    let came = |kind: &str| taken.iter().find(|came| came.json()["type"] == kind).map(|came| came.json());
    let settled = came("settlement.settled").expect("the settlement is told");
    assert_eq!(settled["data"]["merchant"], json!(shop.id));
    assert_eq!(came("payout.completed").expect("the payout is told")["data"]["id"], json!(payout));
    assert_eq!(judge(&told(&wallet, &shop).await, &taken), (0, 0));
    wallet.finish().await;
}

async fn a_choice_of_events(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Takes).await;
    let body = json!({"url": receiver.url(), "events": ["payment.*"]});
    let made = wallet
        .call(("POST", "/v1/webhook-endpoints"), Some(&shop.token), Some("make"), &body)
        .await
        .expect(201);
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    let kinds = || {
        receiver
            .taken()
            .iter()
            .map(|came| came.json()["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(), ["payment.succeeded"]);
    let _changed =
        ask(&wallet, &shop, made.text("/id"), json!({"events": ["refund.succeeded"]})).await.expect(200);
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    assert_eq!(kinds(), ["payment.succeeded", "refund.succeeded"]);
    // Switched off, it misses nothing.
    let off =
        ask(&wallet, &shop, made.text("/id"), json!({"enabled": false, "events": ["*"]})).await.expect(200);
    assert_eq!((off.text("/status"), off.text("/disabled_reason")), ("disabled", "switched_off"));
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    assert_eq!(kinds().len(), 2);
    let _on = ask(&wallet, &shop, made.text("/id"), json!({"enabled": true})).await.expect(200);
    wallet.run().await;
    let mut later = kinds().split_off(2);
    // Objects have no order among each other.
    later.sort();
    assert_eq!(later, ["payment.succeeded", "refund.created", "refund.succeeded"]);
    // The same, by polling.
    let filtered = |query: &str| {
        let path = format!("/v1/events?limit=100&{query}");
        let (wallet, token) = (&wallet, &shop.token);
        async move { wallet.call(("GET", &path), Some(token), None, &Value::Null).await }
    };
    let listed = filtered("kind=refund.*").await.expect(200);
    assert_eq!(listed.at("/data").as_array().unwrap().len(), 6);
    let object = listed.text("/data/0/data/id").to_owned();
    let of_object = filtered(&format!("object={object}")).await.expect(200);
    assert_eq!(of_object.at("/data").as_array().unwrap().len(), 2, "{}", of_object.json());
    let one = filtered(&format!("object={object}&kind=refund.created")).await.expect(200);
    assert_eq!(one.text("/data/0/type"), "refund.created");
    let _refused = filtered("kind=refund*").await.expect_problem(422, "request.invalid");
    wallet.finish().await;
}

async fn what_fails_is_tried_again_and_keeps_its_order(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let mut receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    // Two objects, of which one has two events: the second waits for the first.
    assert_eq!(receiver.came().len(), 2);
    let listed = read(&wallet, &shop, &format!("{}/deliveries?status=open", made.text("/id"))).await;
    let rows = listed.at("/data").as_array().unwrap();
    let states: BTreeSet<_> =
        rows.iter().map(|row| (row["type"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
    let expected =
        [("payment.succeeded", "retrying"), ("refund.created", "retrying"), ("refund.succeeded", "waiting")];
    assert_eq!(states, BTreeSet::from(expected), "{}", listed.json());
    let failure = rows.iter().find(|row| row["status"] == "retrying").unwrap()["last_failure"].clone();
    assert_eq!(
        (&failure["status"], &failure["error"], &failure["excerpt"]),
        (&json!(500), &json!("status"), &json!("no [31m <b>"))
    );
    // The receiver is away, then back: what waits for its time is sent at once when anything is taken.
    receiver.goes_down().await;
    wallet.run_after(Duration::from_secs(5)).await;
    wallet.run_after(Duration::from_secs(300)).await;
    let down = read(&wallet, &shop, made.text("/id")).await;
    assert_eq!(down.text("/last_failure/error"), "connect", "{}", down.json());
    receiver.comes_back().await;
    receiver.becomes(Mood::Takes);
    sale(&wallet, &payer, &shop).await;
    wallet.run_after(Duration::from_secs(120)).await;
    let told = told(&wallet, &shop).await;
    assert_eq!(judge(&told, &receiver.taken()), (0, 0));
    assert_eq!(receiver.taken().len(), 6);
    let seen = read(&wallet, &shop, made.text("/id")).await;
    assert!(seen.at("/failing_since").is_null() && seen.at("/open").as_i64() == Some(0), "{}", seen.json());
    wallet.finish().await;
}

async fn two_secrets_sign_while_one_is_replaced(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Takes).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let path = format!("/v1/webhook-endpoints/{}/rotate-secret", made.text("/id"));
    let rotate = || wallet.call(("POST", &path), Some(&shop.token), Some("rotate"), &Value::Null);
    let (first, again) = (rotate().await.expect(200), rotate().await.expect(200));
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.body, again.body, "the secret is shown again to the same key");
    let (old, new) = (made.text("/secret"), first.text("/secret"));
    assert_ne!(old, new);
    // A third would end the first, which was promised its day.
    let third = wallet.call(("POST", &path), Some(&shop.token), Some("third"), &Value::Null).await;
    let third = third.expect_problem(409, "webhook.secret_overlaps");
    assert_eq!(third.at("/reason/at"), first.at("/previous_secret_until"), "{}", third.json());
    for (wait, believed) in [(0, [true, true]), (24 * 3_600 - 1, [true, true]), (1, [false, true])] {
        wallet.clock.advance(Duration::from_secs(wait));
        sale(&wallet, &payer, &shop).await;
        wallet.run().await;
        let came = receiver.taken().pop().unwrap();
        let now = wallet.clock.now();
        assert_eq!([old, new].map(|secret| came.is_believed(secret, now)), believed);
        // The reference crate accepts any one of several signatures.
        let seconds = came.timestamp.parse().unwrap();
        for (secret, expected) in [old, new].into_iter().zip(believed) {
            let theirs = standardwebhooks::Webhook::new(secret).unwrap();
            let signature = theirs.sign(&came.id, seconds, came.body.as_bytes()).unwrap();
            assert_eq!(came.signatures.split(' ').any(|found| found == signature), expected);
        }
    }
    // No secret is anywhere in the database: what is kept is a place for it.
    let kept = wallet.count("SELECT COUNT(*) FROM idempotency WHERE secret_kind = 'webhook'").await;
    assert_eq!(kept, 2);
    wallet.finish().await;
}

async fn an_endpoint_that_is_gone_is_disabled(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Answers(410)).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    let came = receiver.came().len();
    wallet.run_after(Duration::from_secs(3_600)).await;
    assert_eq!(receiver.came().len(), came, "nothing is sent any more");
    let seen = read(&wallet, &shop, made.text("/id")).await;
    assert_eq!((seen.text("/status"), seen.text("/disabled_reason")), ("disabled", "gone"));
    let refused = ask(&wallet, &shop, &format!("{}/test", made.text("/id")), Value::Null).await;
    let _refused = refused.expect_problem(409, "webhook.endpoint_disabled");
    wallet.finish().await;
}

async fn an_endpoint_that_only_fails_is_disabled(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let owner = wallet.user().await;
    let own_shop = wallet.shop(&owner).await;
    let receiver = Receiver::open(Mood::Answers(503)).await;
    let made = endpoint(&wallet, &own_shop, &receiver).await;
    for _ in 0..6 {
        let order = wallet.order(&own_shop, "0.10").await;
        wallet.pay_from_balance(&payer, order).await;
        wallet.run_after(Duration::from_secs(24 * 3_600)).await;
    }
    let seen = read(&wallet, &own_shop, made.text("/id")).await;
    assert_eq!(
        (seen.text("/status"), seen.text("/disabled_reason")),
        ("disabled", "failing"),
        "{}",
        seen.json()
    );
    // Its owner is told, and so is whoever polls with the merchant's key.
    for token in [&owner.token, &own_shop.token] {
        let path = "/v1/events?kind=webhook_endpoint.disabled";
        let told = wallet.call(("GET", path), Some(token), None, &Value::Null).await.expect(200);
        assert_eq!(told.text("/data/0/data/id"), made.text("/id"), "{}", told.json());
    }
    // Mended and enabled, it gets all that it missed, but for what has died.
    wallet.clock.advance(Duration::from_secs(1));
    receiver.becomes(Mood::Takes);
    let _on = ask(&wallet, &own_shop, made.text("/id"), json!({"enabled": true})).await.expect(200);
    wallet.run().await;
    let seen = read(&wallet, &own_shop, made.text("/id")).await;
    let dead = usize::try_from(seen.at("/dead").as_i64().unwrap()).unwrap();
    let (told, taken) = (told(&wallet, &own_shop).await, receiver.taken());
    assert_eq!(judge(&told, &taken), (dead, 0), "{} of {}: {}", taken.len(), told.len(), seen.json());
    drop(shop);
    wallet.finish().await;
}

async fn dead_events_are_sent_again(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint_for(&wallet, &shop, &receiver, SALES).await;
    sale(&wallet, &payer, &shop).await;
    for wait in [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] {
        wallet.run_after(Duration::from_secs(wait)).await;
    }
    // When the first of an object has died, the one behind it has its turn.
    let seen = read(&wallet, &shop, made.text("/id")).await;
    assert_eq!((seen.at("/dead").as_i64(), seen.at("/open").as_i64()), (Some(2), Some(1)), "{}", seen.json());
    assert_eq!(receiver.came().len(), 2 * 10 + 1);
    let id = made.text("/id").to_owned();
    let again = ask(&wallet, &shop, &format!("{id}/replay"), json!({"all_dead": true})).await.expect(202);
    assert_eq!(again.at("/dead").as_i64(), Some(2));
    receiver.becomes(Mood::Takes);
    wallet.run_after(Duration::from_secs(60)).await;
    wallet.run_after(Duration::from_secs(300)).await;
    let seen = read(&wallet, &shop, &id).await;
    assert_eq!((seen.at("/dead").as_i64(), seen.at("/open").as_i64()), (Some(0), Some(0)), "{}", seen.json());
    assert_eq!(judge(&told_of_sales(&wallet, &shop).await, &receiver.taken()).0, 0);
    wallet.finish().await;
}

/// What somebody asks for again before it came for the first time comes in its place.
async fn an_event_that_is_still_to_come_is_sent_again(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint_for(&wallet, &shop, &receiver, SALES).await;
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    // The endpoint rests, and these are behind it.
    sale(&wallet, &payer, &shop).await;
    let replay = format!("{}/replay", made.text("/id"));
    let told = told_of_sales(&wallet, &shop).await;
    for (event, _) in told.iter().rev().take(2) {
        let _sent = ask(&wallet, &shop, &replay, json!({"event": event})).await.expect(202);
    }
    for wait in [1, 2, 5] {
        wallet.run_after(Duration::from_secs(wait)).await;
    }
    receiver.becomes(Mood::Takes);
    wallet.run_after(Duration::from_secs(300)).await;
    assert_eq!(judge(&told, &receiver.taken()), (0, 0));
    let seen = read(&wallet, &shop, made.text("/id")).await;
    let counts = (seen.at("/open").as_i64(), seen.at("/dead").as_i64(), seen.at("/behind").as_i64());
    assert_eq!(counts, (Some(0), Some(0), Some(0)), "{}", seen.json());
    wallet.finish().await;
}

/// Whatever it takes brings forward what it refused, and that costs none of the attempts.
async fn a_receiver_that_refuses_one_kind_is_tried_by_the_schedule(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Refuses("refund.")).await;
    let made = endpoint_for(&wallet, &shop, &receiver, SALES).await;
    let payment = sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    let first = read(&wallet, &shop, &format!("{}/deliveries", made.text("/id"))).await;
    for _ in 0..20 {
        wallet.run_after(Duration::from_secs(1)).await;
        sale(&wallet, &payer, &shop).await;
    }
    wallet.run_after(Duration::from_secs(1)).await;
    let listed = read(&wallet, &shop, &format!("{}/deliveries?limit=100", made.text("/id"))).await;
    let rows = listed.at("/data").as_array().unwrap();
    assert_eq!(rows.len(), 2 * 21, "{payment}: {}", listed.json());
    let attempts = |row: &Value| row["attempts"].as_i64().unwrap();
    assert!(rows.iter().all(|row| row["status"] != "dead" && attempts(row) <= 2), "{}", listed.json());
    // The first was tried when it came and five seconds after that; its third time is in five minutes.
    let oldest = rows.iter().rfind(|row| row["status"] == "retrying").unwrap();
    assert_eq!((attempts(oldest), attempts(&first.json()["data"][1])), (2, 1), "{}", listed.json());
    receiver.becomes(Mood::Takes);
    wallet.run_after(Duration::from_secs(300)).await;
    assert_eq!(judge(&told_of_sales(&wallet, &shop).await, &receiver.taken()), (0, 0));
    wallet.finish().await;
}

async fn one_event_is_sent_again_and_a_test_goes_to_one_endpoint_alone(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let (receiver, other) = (Receiver::open(Mood::Takes).await, Receiver::open(Mood::Takes).await);
    let made = endpoint(&wallet, &shop, &receiver).await;
    let _other = endpoint(&wallet, &shop, &other).await;
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    let replay = format!("{}/replay", made.text("/id"));
    let event = receiver.came()[0].id.clone();
    let _sent = ask(&wallet, &shop, &replay, json!({"event": event})).await.expect(202);
    wallet.run().await;
    assert_eq!(receiver.came().last().unwrap().id, event);
    assert_eq!((receiver.came().len(), other.came().len()), (4, 3));
    let tested = ask(&wallet, &shop, &format!("{}/test", made.text("/id")), Value::Null).await.expect(202);
    wallet.run().await;
    let came = receiver.came().pop().unwrap();
    assert_eq!(
        (came.id.as_str(), came.json()["type"].as_str()),
        (tested.text("/event"), Some("webhook_endpoint.test"))
    );
    assert_eq!((receiver.came().len(), other.came().len()), (5, 3));
    // Nobody else's event, and nothing that is not said.
    let stranger = wallet.new_shop().await;
    let theirs = endpoint(&wallet, &stranger, &other).await;
    let path = format!("{}/replay", theirs.text("/id"));
    let _refused =
        ask(&wallet, &stranger, &path, json!({"event": event})).await.expect_problem(404, "not_found");
    let _refused = ask(&wallet, &shop, &replay, json!({})).await.expect_problem(422, "request.invalid");
    let _refused =
        ask(&wallet, &shop, &path, json!({"all_dead": true})).await.expect_problem(404, "not_found");
    wallet.finish().await;
}

async fn nobody_asks_for_more_than_there_is_room_for(db: Db) {
    let change = |config: &mut ServerConfig| config.settings.webhooks.open_max = 2;
    let wallet = TestWallet::start_with(db.create(), FakeClock::new(), change).await;
    let shop = wallet.new_shop().await;
    let receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let test = format!("{}/test", made.text("/id"));
    for _ in 0..2 {
        let _sent = ask(&wallet, &shop, &test, Value::Null).await.expect(202);
    }
    let full = ask(&wallet, &shop, &test, Value::Null).await.expect_problem(409, "webhook.backlog_full");
    assert_eq!(full.at("/reason/maximum"), 2, "{}", full.json());
    receiver.becomes(Mood::Takes);
    wallet.run().await;
    let _sent = ask(&wallet, &shop, &test, Value::Null).await.expect(202);
    wallet.finish().await;
}

/// Test events are events of the endpoint, and have no number.
async fn events_without_a_number_keep_their_order(db: Db) {
    let (wallet, shop, _) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        let test = ask(&wallet, &shop, &format!("{}/test", made.text("/id")), Value::Null).await.expect(202);
        asked.push(test.text("/event").to_owned());
        wallet.clock.advance(Duration::from_millis(1));
    }
    wallet.run().await;
    assert_eq!(receiver.came().len(), 1, "the others wait for the first");
    receiver.becomes(Mood::Takes);
    wallet.run_after(Duration::from_secs(5)).await;
    let came: Vec<_> = receiver.taken().into_iter().map(|came| came.id).collect();
    assert_eq!(came, asked);
    let seen = read(&wallet, &shop, made.text("/id")).await;
    assert_eq!(seen.at("/open").as_i64(), Some(0), "{}", seen.json());
    wallet.finish().await;
}

async fn a_deleted_endpoint_leaves_nothing_behind(db: Db) {
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Answers(500)).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    let path = format!("/v1/webhook-endpoints/{}", made.text("/id"));
    let _gone = wallet.call(("DELETE", &path), Some(&shop.token), None, &Value::Null).await.expect(204);
    let _gone = wallet
        .call(("GET", &path), Some(&shop.token), None, &Value::Null)
        .await
        .expect_problem(404, "not_found");
    let listed = wallet
        .call(("GET", "/v1/webhook-endpoints"), Some(&shop.token), None, &Value::Null)
        .await
        .expect(200);
    assert_eq!(listed.at("/data").as_array().unwrap().len(), 0);
    wallet.run().await;
    let left = "SELECT (SELECT COUNT(*) FROM webhook_endpoints) + (SELECT COUNT(*) FROM webhook_deliveries)
        + (SELECT COUNT(*) FROM timers WHERE kind IN ('webhook_endpoint', 'event_feed'))";
    assert_eq!(wallet.count(left).await, 0);
    // Nobody listens: a payment counts no event any more.
    sale(&wallet, &payer, &shop).await;
    assert_eq!(told(&wallet, &shop).await.len(), 3);
    wallet.finish().await;
}

async fn endpoints_are_their_merchants_alone(db: Db) {
    let wallet = TestWallet::start(db).await;
    let owner = wallet.user().await;
    let shop = wallet.shop(&owner).await;
    let (stranger, staff) = (wallet.new_shop().await, wallet.staff().await);
    let receiver = Receiver::open(Mood::Takes).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let path = format!("/v1/webhook-endpoints/{}", made.text("/id"));
    for (token, status) in
        [(&shop.token, 200), (&owner.token, 200), (&staff.token, 200), (&stranger.token, 404)]
    {
        let _read = wallet.call(("GET", &path), Some(token), None, &Value::Null).await.expect(status);
    }
    for (token, status) in [(&stranger.token, 404), (&staff.token, 404)] {
        let _refused =
            wallet.call(("POST", &path), Some(token), None, &json!({"enabled": false})).await.expect(status);
        let _refused = wallet.call(("DELETE", &path), Some(token), None, &Value::Null).await.expect(status);
    }
    // The owner names the merchant; at most five.
    let body = json!({"url": receiver.url(), "merchant": shop.id});
    let create = ("POST", "/v1/webhook-endpoints");
    for _ in 1..5 {
        let _made = wallet.call(create, Some(&owner.token), None, &body).await.expect(201);
    }
    let many = wallet.call(create, Some(&owner.token), None, &body).await;
    let _many = many.expect_problem(409, "webhook.endpoint_limit");
    let theirs = wallet.call(create, Some(&stranger.token), None, &body).await;
    let _theirs = theirs.expect_problem(404, "not_found");
    wallet.finish().await;
}

async fn addresses_that_are_not_called(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    for (url, refusal) in [
        ("http://shop.example.com/", "scheme"),
        ("https://10.0.0.1/", "address"),
        ("https://169.254.169.254/latest/meta-data", "address"),
        ("https://[::ffff:7f00:1]/", "address"),
        ("https://0x7f.1/", "host"),
        ("https://user:word@shop.example.com/", "credentials"),
        ("https://shop.example.com:22/", "port"),
        ("nonsense", "malformed"),
    ] {
        let body = json!({"url": url});
        let refused = wallet.call(("POST", "/v1/webhook-endpoints"), Some(&shop.token), None, &body).await;
        let refused = refused.expect_problem(422, "webhook.url_refused");
        assert_eq!((refused.text("/field"), refused.text("/reason/refusal")), ("url", refusal), "{url}");
    }
    let body = json!({"url": "https://shop.example.com/", "events": ["payment.*", "Payment"]});
    let refused = wallet.call(("POST", "/v1/webhook-endpoints"), Some(&shop.token), None, &body).await;
    assert_eq!(refused.expect_problem(422, "request.invalid").text("/field"), "events[1]");
    wallet.finish().await;
}

/// A worker that claims a turn and is lost: after its lease another one does the same, and what the lost one says
/// later is not heard.
async fn a_lost_worker_repeats_and_skips_nothing(db: Db) {
    use makegood_wallet::{Action, Caller, WebhookTurn};
    let (wallet, shop, payer) = shop_and_payer(db).await;
    let receiver = Receiver::open(Mood::Takes).await;
    let made = endpoint(&wallet, &shop, &receiver).await;
    let id = made.id("/id");
    sale(&wallet, &payer, &shop).await;
    let woken = Action::WakeWebhookEndpoints { merchant: shop.id, endpoints: vec![id] };
    let _woken = wallet.submit(Caller::System, woken).await.expect(204);
    let claimed = wallet.submit(Caller::System, Action::ClaimWebhookTurn { endpoint: id }).await.expect(200);
    let generation = claimed.at("/generation").as_i64().expect("it is claimed");
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    assert_eq!(receiver.came().len(), 0, "a lease keeps others out");
    wallet.run_after(Duration::from_secs(90)).await;
    assert_eq!(receiver.taken().len(), 6);
    let late = WebhookTurn {
        endpoint: id,
        generation,
        cursor: 1_000,
        sent: Vec::new(),
        has_more: false,
        next_retry_at: None,
        retried_before: None,
        replayed_before: None,
    };
    let _late = wallet.submit(Caller::System, Action::EndWebhookTurn(Box::new(late))).await.expect(409);
    sale(&wallet, &payer, &shop).await;
    wallet.run().await;
    assert_eq!(judge(&told(&wallet, &shop).await, &receiver.taken()), (0, 0), "the cursor skips nothing");
    wallet.finish().await;
}
