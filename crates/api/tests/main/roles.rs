//! The same address for a payer, a merchant and the staff: each is answered with what is theirs.

use crate::client::{Answered, Service, request};
use axum::body::Body;
use axum::http::Method;
use makegood_auth::StaffRole;
use makegood_banking as bank;
use makegood_banksim::cards;
use makegood_base::{BankTransferId, Clock as _};
use makegood_store::Store as _;
use makegood_testkit::{Person, Shop, cny};
use makegood_wallet::tables::TimerKind;
use makegood_wallet::{Action, Caller};

/// What a page lists: a member of each row, newest first.
fn listed(page: &Answered, member: &str) -> Vec<String> {
    let json = page.json();
    let rows = json["data"].as_array().unwrap();
    rows.iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

async fn get(service: &Service, token: &str, path: &str, member: &str) -> Vec<String> {
    listed(&service.get(token, path).await.expect(200), member)
}

/// A payment from a new card with this number, when the bank has answered.
async fn paid(service: &Service, payer: &Person, shop: &Shop, number: &str) -> String {
    let wallet = &service.wallet;
    // Ids begin with their time: what is made later is listed first.
    wallet.clock.advance(std::time::Duration::from_millis(2));
    let card = wallet.card(payer, number).await;
    let order = wallet.order(shop, "10.00").await;
    let id = wallet.pay_from_card(payer, order, card).await;
    wallet.run().await;
    id.to_string()
}

#[tokio::test]
async fn refunds_are_listed_to_whom_they_concern() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (payer, owner, staff) = (wallet.user().await, wallet.user().await, wallet.staff().await);
    let shop = wallet.shop(&owner).await;
    let (stranger, other_shop) = (wallet.user().await, wallet.new_shop().await);
    let mut refunds = Vec::new();
    for (key, number) in [("1", cards::ALWAYS_WORKS), ("2", cards::CLOSED_WHEN_REFUNDED)] {
        let payment = paid(&service, &payer, &shop, number).await;
        let body = format!(r#"{{"reason":"x","merchant_refund_no":"R-{key}"}}"#);
        let path = format!("/v1/payments/{payment}/refunds");
        let refund = service.post_keyed(&shop.token, key, &path, &body).await.expect(202);
        wallet.run().await;
        refunds.push((payment, refund.text("/id")));
    }
    let [(_, arrived), (payment, stuck)] = refunds.try_into().unwrap();
    let all = "refunds".to_owned();
    let waiting = "refunds?status=needs_action".to_owned();
    let of_merchant = format!("refunds?merchant={}", shop.id);
    let of_payment = format!("payments/{payment}/refunds");
    let of_payment_arrived = format!("{of_payment}?status=succeeded");
    let both = vec![stuck.clone(), arrived.clone()];
    for (name, token, path, expected) in [
        ("payer", &payer.token, &all, both.clone()),
        ("payer", &payer.token, &waiting, vec![stuck.clone()]),
        ("payer", &payer.token, &of_payment, vec![stuck.clone()]),
        ("payer", &payer.token, &of_payment_arrived, vec![]),
        ("shop", &shop.token, &all, both.clone()),
        ("shop", &shop.token, &of_payment, vec![stuck.clone()]),
        ("owner", &owner.token, &all, vec![]),
        ("owner", &owner.token, &of_merchant, both.clone()),
        ("owner", &owner.token, &"refunds?merchant_refund_no=R-1".to_owned(), vec![arrived.clone()]),
        ("staff", &staff.token, &all, both.clone()),
        ("staff", &staff.token, &waiting, vec![stuck.clone()]),
        ("staff", &staff.token, &of_merchant, both.clone()),
        ("staff", &staff.token, &of_payment, vec![stuck.clone()]),
        ("stranger", &stranger.token, &all, vec![]),
        ("other shop", &other_shop.token, &all, vec![]),
    ] {
        assert_eq!(
            get(&service, token, &format!("/v1/{path}"), "id").await,
            expected,
            "{path} by the {name}"
        );
    }
    for token in [&stranger.token, &other_shop.token] {
        service.get(token, &format!("/v1/{of_payment}")).await.expect(404);
        service.get(token, &format!("/v1/{of_merchant}")).await.expect(404);
    }
    // Pages of everybody's join, narrowed or not.
    let first = service.get(&staff.token, "/v1/refunds?limit=1").await.expect(200);
    let next = format!("/v1/refunds?limit=1&cursor={}", first.text("/next_cursor"));
    assert_eq!(listed(&first, "id"), [stuck]);
    assert_eq!(get(&service, &staff.token, &next, "id").await, [arrived]);
    service.wallet.finish().await;
}

#[tokio::test]
async fn events_are_told_to_whom_they_concern() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (payer, shop, staff) = (wallet.user().await, wallet.new_shop().await, wallet.staff().await);
    let stranger = wallet.user().await;
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    wallet.top_up(&payer, card, "5.00").await;
    wallet.run().await;
    let payment = paid(&service, &payer, &shop, cards::NO_FUNDS).await;
    let paid = paid(&service, &payer, &shop, cards::ALWAYS_WORKS).await;
    wallet.clock.advance(std::time::Duration::from_millis(2));
    let _refund = wallet.refund(&shop, paid.parse().unwrap(), None).await.expect(202);
    let path = "/v1/events";
    let of_payments = ["refund.created", "payment.succeeded", "payment.failed"];
    let payers = [&of_payments[..], &["top_up.succeeded"]].concat();
    assert_eq!(get(&service, &payer.token, path, "type").await, payers);
    assert_eq!(get(&service, &shop.token, path, "type").await, of_payments);
    assert_eq!(get(&service, &stranger.token, path, "type").await, [""; 0]);
    let everybody = get(&service, &staff.token, &format!("{path}?limit=100"), "type").await;
    let of = |kind: &str| everybody.iter().filter(|found| *found == kind).count();
    let told = ["refund.created", "payment.failed", "top_up.succeeded", "staff.added"].map(of);
    assert_eq!(told, [2, 2, 1, 1], "{everybody:?}");
    let of_shop = format!("{path}?merchant={}", shop.id);
    assert_eq!(get(&service, &staff.token, &of_shop, "type").await, of_payments);

    // The bank says that it moved another amount: an alert, for nobody but the staff.
    let alerts = format!("{path}?only=alerts");
    assert_eq!(get(&service, &staff.token, &alerts, "type").await, [""; 0]);
    mismatched(&service, &payer, &shop).await;
    let told = get(&service, &staff.token, &alerts, "type").await;
    assert_eq!(told, ["alert.bank_mismatch", "case.opened"]);
    for token in [&payer.token, &shop.token] {
        service.get(token, &alerts).await.expect(403);
        let all = get(&service, token, path, "type").await;
        assert!(!all.iter().any(|kind| kind.starts_with("alert")), "{all:?}");
    }
    for query in [format!("{alerts}&merchant={}", shop.id), format!("{path}?only=all")] {
        assert_eq!(service.get(&staff.token, &query).await.expect(422).text("/field"), "only");
    }

    // A payer reads why, and a merchant does not.
    let events = service.get(&payer.token, path).await.expect(200).json();
    let failed = events["data"].as_array().unwrap().iter().find(|event| event["type"] == "payment.failed");
    let data = &failed.unwrap()["data"];
    assert_eq!((&data["id"], &data["decline"]["code"]), (&payment.into(), &"bank.insufficient_funds".into()));
    let events = service.get(&shop.token, path).await.expect(200);
    assert!(!String::from_utf8(events.body).unwrap().contains("bank.insufficient_funds"));
    service.wallet.finish().await;
}

#[tokio::test]
async fn cases_are_for_staff_and_closed_by_operations() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let user = wallet.user_with("100.00").await;
    let (staff, boss) = (wallet.staff().await, wallet.staff_with(StaffRole::Operations).await);
    let card = wallet.card(&user, cards::REFUSES).await;
    for _ in 0..4 {
        wallet.clock.advance(std::time::Duration::from_millis(2));
        let _fails = wallet.withdraw(&user, card, "1.00").await.expect(202);
        wallet.run().await;
    }
    let list = "/v1/ops/cases";
    let all = get(&service, &staff.token, list, "id").await;
    assert_eq!(all.len(), 2);
    for (query, expected) in [
        ("status=open&kind=repeated_failure&owner=support", 2),
        ("owner=operations", 0),
        ("kind=overdue_settlement", 0),
        ("status=closed", 0),
        ("limit=1", 1),
    ] {
        let path = format!("{list}?{query}");
        assert_eq!(get(&service, &staff.token, &path, "id").await, all[..expected], "{query}");
    }
    for (query, field) in [("status=x", "status"), ("kind=x", "kind"), ("owner=x", "owner")] {
        let refused = service.get(&staff.token, &format!("{list}?{query}")).await.expect(422);
        assert_eq!(refused.text("/field"), field);
    }
    let first = service.get(&boss.token, &format!("{list}?limit=1")).await.expect(200);
    let next = format!("{list}?limit=1&cursor={}", first.text("/next_cursor"));
    assert_eq!(get(&service, &boss.token, &next, "id").await, all[1..]);
    let case = format!("{list}/{}", all[0]);
    service.get(&user.token, list).await.expect(403);
    service.get(&user.token, &case).await.expect(403);
    let close = format!("{case}/close");
    for token in [&user.token, &staff.token] {
        service.post(token, &close, r#"{"note":"done"}"#).await.expect(403);
    }
    service.post(&boss.token, &close, r#"{"note":""}"#).await.expect(422);
    let closed = service.post(&boss.token, &close, r#"{"note":"Another card is linked"}"#).await.expect(200);
    assert_eq!(
        (closed.text("/status"), closed.text("/closed_by")),
        ("closed".to_owned(), boss.id.to_string())
    );
    assert_eq!(get(&service, &staff.token, &format!("{list}?status=closed"), "id").await, all[..1]);
    let chinese = request(Method::GET, &staff.token, &case).header("accept-language", "zh-CN");
    let read = service.send(chinese.body(Body::empty()).unwrap()).await.expect(200);
    assert_eq!(read.text("/kind/text"), "同一件事多次失败。");
    service.wallet.finish().await;
}

/// A payment of which the bank says that it moved another amount.
async fn mismatched(service: &Service, payer: &Person, shop: &Shop) {
    let wallet = &service.wallet;
    let card = wallet.card(payer, cards::ALWAYS_WORKS).await;
    let order = wallet.order(shop, "10.00").await;
    wallet.pay_from_card(payer, order, card).await;
    let due = wallet.app.store().due_timers(wallet.clock.now(), 100).await.unwrap();
    let timer = due.iter().find(|timer| timer.kind == TimerKind::BankTransfer).unwrap();
    let bank_transfer = BankTransferId::from_raw(timer.object);
    let claimed =
        wallet.submit(Caller::System, Action::ClaimBankTransfer { bank_transfer }).await.expect(200);
    let generation = claimed.at("/claim/generation").as_i64().unwrap();
    let answer = bank::Answer::Succeeded { bank_reference: "b".to_owned(), amount: cny("9.00") };
    let record = Action::RecordBankAnswer { bank_transfer, generation, answer };
    let _told = wallet.submit(Caller::System, record).await.expect(200);
}

/// Whoever cancels an order with an attempt under way is told at once who acts, and by when.
#[tokio::test]
async fn a_cancelled_order_says_what_is_expected_next() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let payment = paid(&service, &payer, &shop, cards::TIMES_OUT_BUT_EXECUTES).await;
    let order = service.get(&shop.token, &format!("/v1/payments/{payment}")).await.expect(200).text("/order");
    let order = format!("/v1/orders/{order}");
    let cancelled = service.post(&shop.token, &format!("{order}/cancel"), "").await.expect(202);
    assert_eq!((cancelled.text("/status"), cancelled.text("/payment")), ("cancelled".to_owned(), payment));
    assert_eq!(
        (cancelled.text("/next/event").as_str(), cancelled.text("/next/who").as_str()),
        ("enquiry", "wallet")
    );
    assert_eq!(cancelled.text("/expected_by"), cancelled.text("/next/by"));
    wallet.run_after(std::time::Duration::from_secs(3_600)).await;
    wallet.run_after(std::time::Duration::from_secs(3_600)).await;
    let over = service.get(&shop.token, &order).await.expect(200).json();
    assert!(over["next"].is_null() && over["expected_by"].is_null(), "{over}");
    service.wallet.finish().await;
}

#[tokio::test]
async fn a_late_decline_is_told_in_the_language_of_whoever_reads() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (payer, shop) = (wallet.user().await, wallet.new_shop().await);
    let payment = paid(&service, &payer, &shop, cards::REFUSES).await;
    for (language, title) in [("en", "Card refused"), ("zh-CN", "银行卡被拒绝")] {
        for path in [format!("/v1/payments/{payment}"), format!("/v1/payments/{payment}/trace")] {
            let asked = request(Method::GET, &payer.token, &path).header("accept-language", language);
            let answered = service.send(asked.body(Body::empty()).unwrap()).await.expect(200);
            assert!(answered.text("/summary").contains(title), "{}", answered.json());
            assert!(answered.text("/summary").contains("bank.card_refused"), "{}", answered.json());
            if !path.ends_with("trace") {
                assert_eq!(answered.text("/decline/title"), title);
                assert!(!answered.text("/decline/remedies/0/text").is_empty());
            }
        }
    }
    service.wallet.finish().await;
}
