//! Banks that are not there: nothing is lost, nothing fails by itself, everybody is told.

use super::rails::{HOUR, OPEN_CASES, Town};
use super::told;
use crate::scripted_bank::Fate;
use makegood_base::Clock as _;
use makegood_payments::Source;
use makegood_testkit::{Answer, Db};
use makegood_wallet::{Action, Query};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_bank_that_is_down_is_said_to_be,
    who_waited_long_for_a_bank_is_served_soon_after_it_is_back,
    what_waits_is_told_to_be_late_and_becomes_a_case,
    a_planned_window_is_waited_for,
    staff_tell_of_windows_and_incidents,
    a_promise_is_made_from_how_long_the_bank_takes,
);

async fn banks(town: &Town) -> Answer {
    town.wallet.call(("GET", "/v1/banks"), None, None, &Value::Null).await.expect(200)
}

/// So many transfers in a row get no answer that the bank counts as down.
async fn go_down(town: &Town) {
    town.bank.set_down(true);
    for _ in 0..5 {
        town.wallet.top_up(&town.payer, town.card, "1.00").await;
    }
    town.wallet.run().await;
    assert_eq!(banks(town).await.text("/data/0/state"), "down");
}

async fn a_bank_that_is_down_is_said_to_be(db: Db) {
    let town = Town::open(db).await;
    let order = town.wallet.order(&town.shop, "20.00").await;
    let waiting = town.wallet.order(&town.shop, "30.00").await;
    let card = Source::BankCard { id: town.card };
    let unconfirmed = makegood_testkit::payment(waiting, card, None);
    let unconfirmed = town.wallet.submit(town.payer.caller, unconfirmed).await.expect(201);
    go_down(&town).await;
    let calls = town.bank.calls();
    let refused = town.wallet.pay(&town.payer, order, card).await;
    let refused = refused.expect_problem(503, "source.unavailable");
    assert_eq!(refused.at("/safe_to_pay_again").as_bool(), Some(true), "nothing was sent");
    assert_eq!(refused.at("/accepted_sources"), &json!(["balance"]));
    assert!(!refused.text("/remedies/0/text").is_empty());
    let confirm = Action::ConfirmPayment { payment: unconfirmed.id("/id"), expect: waiting.expect };
    let confirm = town.wallet.submit(town.payer.caller, confirm).await;
    let _confirm = confirm.expect_problem(503, "source.unavailable");
    let top_up = town.wallet.submit(
        town.payer.caller,
        Action::TopUp { amount: makegood_testkit::cny("1.00"), bank_card: town.card, client_ref: None },
    );
    let _top_up = top_up.await.expect_problem(503, "source.unavailable");
    assert_eq!(town.wallet.count("SELECT COUNT(*) FROM payments").await, 1, "no attempt is left behind");
    assert_eq!(town.wallet.order_status(&town.shop, order).await, "created");

    // What waits is not asked for, and nothing fails.
    town.wallet.run_after(Duration::from_secs(5)).await;
    assert_eq!(town.bank.calls(), calls);
    let open = "SELECT COUNT(*) FROM top_ups WHERE status IN ('processing', 'unknown')";
    assert_eq!(town.wallet.count(open).await, 5);
    assert!(town.wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE postponed > 0").await > 0);
    // Tried, and not there yet; then it is.
    town.wallet.run_after(Duration::from_secs(30)).await;
    assert_eq!(banks(&town).await.text("/data/0/state"), "down");
    town.bank.set_down(false);
    town.wallet.run_after(Duration::from_secs(120)).await;
    assert_eq!(banks(&town).await.text("/data/0/state"), "up");
    for _ in 0..4 {
        town.wallet.run_after(Duration::from_secs(900)).await;
    }
    assert_eq!(
        town.wallet.count("SELECT COUNT(*) FROM top_ups WHERE status IN ('succeeded', 'failed')").await,
        5
    );
    let paid = town.wallet.pay(&town.payer, order, card).await;
    let _paid = paid.expect(202);
    town.wallet.run().await;
    assert_eq!(town.wallet.order_status(&town.shop, order).await, "paid");
    let page = town.wallet.call(("GET", "/metrics"), None, None, &Value::Null).await;
    let page = String::from_utf8(page.body).unwrap();
    for name in ["makegood_bank_answer_seconds", "makegood_bank_answered_ratio", "makegood_bank_waiting"] {
        assert!(page.contains(name), "{name}");
    }
    town.finish().await;
}

async fn who_waited_long_for_a_bank_is_served_soon_after_it_is_back(db: Db) {
    let town = Town::open(db).await;
    go_down(&town).await;
    let calls = town.bank.calls();
    for _ in 0..180 {
        town.wallet.run_after(Duration::from_secs(20)).await;
    }
    assert_eq!((banks(&town).await.text("/data/0/state"), town.bank.calls()), ("down", calls));
    town.bank.set_down(false);
    for _ in 0..7 {
        town.wallet.run_after(Duration::from_secs(20)).await;
    }
    let over = "SELECT COUNT(*) FROM top_ups WHERE status IN ('succeeded', 'failed')";
    assert_eq!((banks(&town).await.text("/data/0/state"), town.wallet.count(over).await), ("up", 5));
    town.finish().await;
}

async fn what_waits_is_told_to_be_late_and_becomes_a_case(db: Db) {
    let town = Town::open(db).await;
    town.bank.set(Fate::ExecutesSilently(30 * HOUR));
    let payment = town.pay("20.00").await;
    let promised = town.payment(payment).await.text("/expected_by").to_owned();
    assert_eq!(town.payment(payment).await.at("/delayed_since"), &Value::Null);
    let late = "SELECT COUNT(*) FROM events WHERE kind = 'payment.delayed'";
    for wait_s in [300, 301] {
        town.wallet.run_after(Duration::from_secs(wait_s)).await;
    }
    // Payer and payee.
    assert_eq!(town.sum(late).await, 2);
    let read = town.payment(payment).await;
    assert!(read.text("/expected_by") > promised.as_str() && read.at("/delayed_since").is_string());
    assert!(read.text("/summary").ends_with("a new time is promised."), "{}", read.text("/summary"));
    for _ in 0..30 {
        town.wallet.run_after(Duration::from_secs(3_000)).await;
        let read = town.payment(payment).await;
        let now = town.wallet.clock.now().to_string();
        assert!(
            read.text("/status") != "unknown" || read.text("/expected_by") > now.as_str(),
            "a promise is over"
        );
    }
    assert_eq!((town.sum(late).await, town.sum(OPEN_CASES).await), (4, 1));
    let staff = town.wallet.staff().await;
    let cases = town.wallet.call(("GET", "/v1/ops/cases"), Some(&staff.token), None, &Value::Null).await;
    let cases = cases.expect(200);
    assert_eq!(cases.text("/data/0/reason/code"), "bank_silent");
    assert_eq!(cases.text("/data/0/object"), town.last());
    for _ in 0..8 {
        town.wallet.run_after(HOUR).await;
    }
    assert_eq!(town.payment(payment).await.text("/status"), "succeeded");
    town.finish().await;
}

async fn a_planned_window_is_waited_for(db: Db) {
    let town = Town::open(db).await;
    let now = town.wallet.clock.now();
    let (starts_at, ends_at) = (now.plus(HOUR), now.plus(3 * HOUR));
    let window =
        json!({"id": "w1", "starts_at": starts_at, "ends_at": ends_at, "description": "New systems"});
    town.bank.set(Fate::Settles(2 * HOUR));
    let payment = town.pay("20.00").await;
    town.bank.plan(vec![window]);
    town.wallet.run_after(Duration::from_secs(601)).await;
    let planned = banks(&town).await;
    assert_eq!(planned.text("/data/0/maintenance/0/status"), "planned");
    assert_eq!(planned.text("/data/0/maintenance/0/ends_at"), ends_at.to_string());
    town.wallet.run_after(HOUR).await;
    assert_eq!(banks(&town).await.text("/data/0/state"), "maintenance");
    let calls = town.bank.calls();
    let order = town.wallet.order(&town.shop, "5.00").await;
    let refused = town.wallet.pay(&town.payer, order, Source::BankCard { id: town.card }).await;
    let _refused = refused.expect_problem(503, "source.unavailable");
    town.wallet.run_after(HOUR / 4).await;
    assert_eq!(town.bank.calls(), calls, "it is left alone");
    let trace = town.trace(payment).await;
    assert_eq!(trace.text("/maintenance/0/description"), "New systems");
    assert_eq!(trace.text("/maintenance/0/status"), "active");
    assert!(trace.text("/next/by") > ends_at.to_string().as_str(), "after its end");
    town.wallet.run_after(2 * HOUR).await;
    assert_eq!(banks(&town).await.text("/data/0/state"), "up");
    assert_eq!(town.payment(payment).await.text("/status"), "succeeded");
    // What the bank plans no more is called off; what it does not say just now stays.
    let later = json!({"id": "w2", "starts_at": now.plus(9 * HOUR), "ends_at": now.plus(10 * HOUR),
        "description": "Again"});
    town.bank.plan(vec![later]);
    town.wallet.run_after(Duration::from_secs(601)).await;
    assert_eq!(banks(&town).await.text("/data/0/maintenance/0/description"), "Again");
    town.bank.plan_untold();
    town.wallet.run_after(Duration::from_secs(601)).await;
    assert_eq!(banks(&town).await.text("/data/0/maintenance/0/description"), "Again");
    town.bank.plan(Vec::new());
    town.wallet.run_after(Duration::from_secs(601)).await;
    assert_eq!(banks(&town).await.at("/data/0/maintenance"), &json!([]));
    town.finish().await;
}

async fn staff_tell_of_windows_and_incidents(db: Db) {
    let town = Town::open(db).await;
    let (staff, bank) = (town.wallet.staff().await, town.wallet.bank_id().to_owned());
    let post = async |token: &str, path: &str, body: &Value| {
        town.wallet.call(("POST", path), Some(token), None, body).await
    };
    let now = town.wallet.clock.now();
    let incident = json!({"bank": bank, "description": "The bank answers late"});
    let path = "/v1/ops/incidents";
    let _forbidden = post(&town.payer.token, path, &incident).await.expect_problem(403, "auth.forbidden");
    let opened = post(&staff.token, path, &incident).await.expect(201);
    assert_eq!(opened.text("/status"), "open");
    let unknown = json!({"bank": "nobody", "description": "x"});
    let _unknown = post(&staff.token, path, &unknown).await.expect_problem(422, "bank.unknown");
    assert_eq!(banks(&town).await.text("/data/0/incidents/0/description"), "The bank answers late");
    town.bank.set(Fate::Settles(HOUR));
    let payment = town.pay("20.00").await;
    assert_eq!(town.trace(payment).await.text("/incidents/0/id"), opened.text("/id"));
    let end = format!("{path}/{}/end", opened.text("/id"));
    for _ in 0..2 {
        assert_eq!(post(&staff.token, &end, &Value::Null).await.expect(200).text("/status"), "over");
    }
    assert_eq!(banks(&town).await.at("/data/0/incidents"), &json!([]));

    let path = "/v1/ops/maintenance-windows";
    let window =
        |ends_at| json!({"bank": bank, "starts_at": now, "ends_at": ends_at, "description": "Night work"});
    let wrong = post(&staff.token, path, &window(now)).await;
    assert_eq!(wrong.expect_problem(422, "request.invalid").text("/field"), "ends_at");
    let set = post(&staff.token, path, &window(now.plus(HOUR))).await.expect(201);
    assert_eq!((set.text("/status"), set.text("/set_by")), ("active", "staff"));
    assert_eq!(banks(&town).await.text("/data/0/state"), "maintenance");
    let end = format!("{path}/{}/end", set.text("/id"));
    assert_eq!(post(&staff.token, &end, &Value::Null).await.expect(200).text("/status"), "over");
    assert_eq!(banks(&town).await.text("/data/0/state"), "up");
    for path in [path, "/v1/ops/incidents"] {
        let list = town.wallet.call(("GET", path), Some(&staff.token), None, &Value::Null).await.expect(200);
        assert_eq!(list.at("/data").as_array().unwrap().len(), 1);
        let one = format!("{path}/{}", list.text("/data/0/id"));
        let _one = town.wallet.call(("GET", &one), Some(&staff.token), None, &Value::Null).await.expect(200);
        let list = town.wallet.call(("GET", path), Some(&town.payer.token), None, &Value::Null).await;
        let _forbidden = list.expect_problem(403, "auth.forbidden");
    }
    town.wallet.run_after(2 * HOUR).await;
    let over = told(&town.trace(payment).await);
    assert_eq!(over, "wallet done, bank done, ledger done, payee done; nothing");
    town.finish().await;
}

async fn a_promise_is_made_from_how_long_the_bank_takes(db: Db) {
    let town = Town::open(db).await;
    assert_eq!(banks(&town).await.at("/data/0/expected_in_s"), 600);
    for _ in 0..20 {
        town.wallet.top_up(&town.payer, town.card, "1.00").await;
    }
    town.wallet.run().await;
    let quick = banks(&town).await;
    assert_eq!(quick.at("/data/0/expected_in_s"), 60, "{}", quick.json());
    assert_eq!(quick.at("/data/0/answered_per_cent"), 100);
    assert!(quick.at("/data/0/p99_ms").is_u64());
    let now = town.wallet.clock.now();
    town.bank.set(Fate::Settles(HOUR));
    let payment = town.pay("20.00").await;
    assert_eq!(
        town.payment(payment).await.text("/expected_by"),
        now.plus(Duration::from_secs(60)).to_string()
    );
    for _ in 0..10 {
        town.wallet.run_after(HOUR / 4).await;
    }
    let read = town.wallet.read(town.payer.caller, Query::Payment(payment)).await.expect(200);
    assert_eq!(read.text("/status"), "succeeded");
    assert!(banks(&town).await.at("/data/0/expected_in_s").as_u64() > Some(3_600), "as slow as it was");
    town.finish().await;
}
