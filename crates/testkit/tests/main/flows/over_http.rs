//! The main job as a client does it: over HTTP, with tokens and keys.

use makegood_banksim::cards;
use makegood_testkit::{Answer, Db, PASSWORD, TestWallet};
use serde_json::{Value, json};

on_both!(the_main_job_over_http, keys_over_http, tokens_over_http);

/// Somebody who calls, with the token that they have.
struct Client<'a> {
    wallet: &'a TestWallet,
    token: Option<String>,
}

impl Client<'_> {
    async fn get(&self, path: &str) -> Answer {
        self.wallet.call(("GET", path), self.token.as_deref(), None, &Value::Null).await.expect(200)
    }

    /// Posts with a key of its own.
    async fn post(&self, path: &str, body: Value) -> Answer {
        let key = self.wallet.name("key");
        self.wallet.call(("POST", path), self.token.as_deref(), Some(&key), &body).await
    }
}

/// Registers, logs in, and answers a client with the token.
async fn somebody<'a>(wallet: &'a TestWallet, login: &str) -> Client<'a> {
    let nobody = Client { wallet, token: None };
    let body = json!({"login": login, "password": PASSWORD, "display_name": "Wang Xiaoming"});
    let _registered = nobody.post("/v1/users", body).await.expect(201);
    let session =
        nobody.post("/v1/sessions", json!({"login": login, "password": PASSWORD})).await.expect(201);
    Client { wallet, token: Some(session.text("/token").to_owned()) }
}

fn yuan(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

async fn the_main_job_over_http(db: Db) {
    let wallet = TestWallet::start(db).await;
    let payer = somebody(&wallet, "payer@example.com").await;
    let me = payer.get("/v1/me").await;
    assert_eq!((me.text("/login"), me.at("/livemode").as_bool()), ("payer@example.com", Some(false)));
    assert_eq!(payer.get("/v1/banks").await.text("/data/0/id"), "simbank");
    let card = json!({"bank": "simbank", "number": cards::ALWAYS_WORKS, "holder_name": "Wang Xiaoming"});
    let linked = payer.post("/v1/me/bank-cards", card).await.expect(201);
    assert_eq!((linked.text("/state"), linked.text("/last4")), ("verification_required", "1114"));
    let card = linked.text("/id").to_owned();
    let confirm = format!("/v1/me/bank-cards/{card}/confirm");
    let _wrong = payer.post(&confirm, json!({"code": "000000"})).await.expect_problem(422, "card.wrong_code");
    let active = payer.post(&confirm, json!({"code": "123456"})).await.expect(200);
    assert_eq!(active.text("/state"), "active");

    let top_up =
        payer.post("/v1/top-ups", json!({"amount": yuan("100.00"), "bank_card": card})).await.expect(202);
    wallet.run().await;
    let top_up = payer.get(&format!("/v1/top-ups/{}", top_up.text("/id"))).await;
    assert_eq!(top_up.text("/status"), "succeeded");
    assert_eq!(payer.get("/v1/me/balances").await.text("/data/0/available"), "100.00");

    let owner = somebody(&wallet, "owner@example.com").await;
    let shop = owner.post("/v1/merchants", json!({"name": "Corner Shop"})).await.expect(201);
    let till = Client { wallet: &wallet, token: Some(shop.text("/api_key").to_owned()) };
    let order = json!({"merchant_order_no": "A-1", "amount": yuan("30.00"), "description": "Tea"});
    let order = till.post("/v1/orders", order).await.expect(201);
    let resolved = payer.post("/v1/resolve", json!({"qr": order.text("/qr")})).await.expect(200);
    assert_eq!(resolved.text("/payee/id"), shop.text("/id"));
    assert_eq!(resolved.text("/amount/amount"), "30.00");
    let picture = order.text("/qr_svg");
    let picture = wallet.call(("GET", picture), till.token.as_deref(), None, &Value::Null).await;
    assert!(picture.status == 200 && String::from_utf8(picture.body).unwrap().contains("<svg"));

    let expect = json!({"amount": yuan("30.00"), "payee": shop.text("/id")});
    let pay = |source: Value| json!({"qr": order.text("/qr"), "source": source, "expect": expect});
    let paid = payer.post("/v1/payments", pay(json!({"type": "balance"}))).await.expect(201);
    assert_eq!(paid.text("/status"), "succeeded");
    let again = payer.post("/v1/payments", pay(json!({"type": "bank_card", "id": card}))).await;
    let again = again.expect_problem(409, "order.already_paid");
    assert_eq!(again.text("/payment/id"), paid.text("/id"));
    assert_eq!(again.at("/safe_to_pay_again").as_bool(), Some(false));

    let payment = format!("/v1/payments/{}", paid.text("/id"));
    let trace = super::told(&payer.get(&format!("{payment}/trace")).await);
    assert_eq!(trace, "wallet done, ledger done, payee done; nothing");
    assert_eq!(till.get(&format!("/v1/orders/{}", order.text("/id"))).await.text("/status"), "paid");
    let refunds = format!("{payment}/refunds");
    let part = till.post(&refunds, json!({"amount": yuan("10.00"), "reason": "cold"})).await.expect(201);
    assert_eq!(part.text("/status"), "succeeded");
    let _rest = owner.post(&refunds, json!({"reason": "very cold"})).await.expect(201);
    let over = till.post(&refunds, json!({"amount": yuan("0.01"), "reason": "more"})).await;
    let _over = over.expect_problem(409, "refund.exceeds_payment");
    assert_eq!(payer.get(&payment).await.text("/status"), "refunded");
    assert_eq!(payer.get("/v1/me/balances").await.text("/data/0/available"), "100.00");
    let lines = payer.get("/v1/me/transactions").await;
    let balances: Vec<&str> = lines
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["balance_after"].as_str())
        .collect();
    assert_eq!(balances, ["100.00", "80.00", "70.00", "100.00"], "one line for each movement");
    assert!(!owner.get("/v1/merchants").await.at("/data").as_array().unwrap().is_empty());
    wallet.finish().await;
}

async fn keys_over_http(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, payee) = (wallet.user_with("10.00").await, wallet.user().await);
    let body = |amount: &str| {
        json!({"to": payee.login, "amount": yuan(amount),
            "expect": {"amount": yuan(amount), "payee": payee.id}})
    };
    let transfer = ("POST", "/v1/transfers");
    let missing = wallet.call(transfer, Some(&payer.token), None, &body("1.00")).await;
    let _missing = missing.expect_problem(400, "idempotency.key_missing");
    let first = wallet.call(transfer, Some(&payer.token), Some("tap"), &body("1.00")).await.expect(201);
    let second = wallet.call(transfer, Some(&payer.token), Some("tap"), &body("1.00")).await.expect(201);
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.body, second.body, "byte for byte");
    let other = wallet.call(transfer, Some(&payer.token), Some("tap"), &body("2.00")).await;
    let _other = other.expect_problem(422, "idempotency.key_reused");
    assert_eq!(wallet.balance(&payer).await, "9.00");
    // A decline is an answer too.
    for replayed in [false, true] {
        let short = wallet.call(transfer, Some(&payer.token), Some("much"), &body("99.00")).await;
        assert_eq!(short.replayed, replayed);
        let _short = short.expect_problem(402, "balance.insufficient");
    }
    wallet.finish().await;
}

async fn tokens_over_http(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (user, staff) = (wallet.user().await, wallet.staff().await);
    let me = ("GET", "/v1/me");
    let _me = wallet.call(me, Some(&user.token), None, &Value::Null).await.expect(200);
    let mut forged = user.token.clone();
    forged.replace_range(forged.len() - 4..forged.len() - 1, "AAA");
    for token in [None, Some("nonsense"), Some(forged.as_str()), Some("mk_test_x")] {
        let refused = wallet.call(me, token, None, &Value::Null).await;
        let _refused = refused.expect_problem(401, "auth.required");
    }
    let login = |password: &str| json!({"login": user.login, "password": password});
    let session = ("POST", "/v1/sessions");
    let wrong = wallet.call(session, None, Some("a"), &login("correct horse battery stapler")).await;
    let wrong = wrong.expect_problem(401, "auth.invalid_credentials");
    let unknown = json!({"login": "nobody@example.com", "password": PASSWORD});
    let unknown = wallet.call(session, None, Some("b"), &unknown).await;
    let unknown = unknown.expect_problem(401, "auth.invalid_credentials");
    assert_eq!(wrong.text("/detail"), unknown.text("/detail"), "nobody learns which logins exist");
    let own =
        wallet.call(session, None, Some("c"), &json!({"login": staff.login, "password": PASSWORD})).await;
    assert!(own.expect(201).text("/token").starts_with("mgs_"), "staff log in at the same door");
    let out = wallet.call(("DELETE", "/v1/sessions/current"), Some(&user.token), None, &Value::Null).await;
    let _out = out.expect(204);
    let gone = wallet.call(me, Some(&user.token), None, &Value::Null).await;
    let _gone = gone.expect_problem(401, "auth.required");
    wallet.finish().await;
}
