//! Whatever can be created can be read and listed, by those whose it is.

use crate::client::Service;
use serde_json::Value;

const CARD_NUMBER: &str = "6222000000001114";

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Links and confirms a card over HTTP.
async fn card(service: &Service, token: &str) -> String {
    let body = format!(r#"{{"bank":"simbank","number":"{CARD_NUMBER}","holder_name":"Wang Xiaoming"}}"#);
    let linked = service.post(token, "/v1/me/bank-cards", &body).await.expect(201);
    assert_eq!(
        (linked.text("/last4").as_str(), linked.text("/state").as_str()),
        ("1114", "verification_required")
    );
    assert!(!String::from_utf8(linked.body.clone()).unwrap().contains(CARD_NUMBER));
    let id = linked.text("/id");
    let path = format!("/v1/me/bank-cards/{id}/confirm");
    let wrong = service.post(token, &path, r#"{"code":"000000"}"#).await.expect(422);
    assert_eq!(wrong.text("/code"), "card.wrong_code");
    for _ in 0..2 {
        let active = service.post(token, &path, r#"{"code":"123456"}"#).await.expect(200);
        assert_eq!(active.text("/state"), "active");
    }
    id
}

#[tokio::test]
async fn what_a_person_makes_can_be_read_and_listed() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (user, other) = (wallet.user().await, wallet.user().await);
    let card = card(&service, &user.token).await;
    let top_up_body = format!(
        r#"{{"amount":{{"amount":"100.00","currency":"CNY"}},"bank_card":"{card}","client_ref":"T-1"}}"#
    );
    let top_up = service.post_keyed(&user.token, "1", "/v1/top-ups", &top_up_body).await.expect(202);
    assert_eq!(top_up.header("location"), format!("/v1/top-ups/{}", top_up.text("/id")));
    wallet.run().await;
    let transfer_body = format!(
        r#"{{"to":"{}","amount":{{"amount":"30.50","currency":"CNY"}},"note":"lunch","client_ref":"X-1",
            "expect":{{"amount":{{"amount":"30.50","currency":"CNY"}},"payee":"{}"}}}}"#,
        other.login, other.id
    );
    let transfer = service.post_keyed(&user.token, "2", "/v1/transfers", &transfer_body).await.expect(201);
    for (path, id) in [
        ("/v1/me/bank-cards", card.clone()),
        ("/v1/top-ups", top_up.text("/id")),
        ("/v1/top-ups?client_ref=T-1", top_up.text("/id")),
        ("/v1/transfers", transfer.text("/id")),
        ("/v1/transfers?client_ref=X-1", transfer.text("/id")),
    ] {
        let page = service.get(&user.token, path).await.expect(200).json();
        assert_eq!(ids(&page), [id.as_str()], "{path}");
        let object = format!("{}/{id}", path.split('?').next().unwrap());
        assert_eq!(service.get(&user.token, &object).await.expect(200).text("/id"), id, "{path}");
        if !path.contains("bank-cards") {
            service.get(&user.token, &format!("{object}/trace")).await.expect(200);
        }
        let of_others = if path == "/v1/transfers" { 200 } else { 404 };
        if !path.contains('?') {
            service.get(&other.token, &object).await.expect(of_others);
        }
    }
    let balances = service.get(&user.token, "/v1/me/balances").await.expect(200);
    assert_eq!(balances.text("/data/0/available"), "69.50");
    let entries = service.get(&user.token, "/v1/me/transactions").await.expect(200).json();
    let told: Vec<_> = entries["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            ["kind", "amount", "balance_after", "reference"]
                .map(|member| entry[member].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["transfer".to_owned(), "-30.50".to_owned(), "69.50".to_owned(), transfer.text("/id")],
            ["top_up".to_owned(), "100.00".to_owned(), "100.00".to_owned(), top_up.text("/id")],
        ]
    );
    let first = service.get(&user.token, "/v1/me/transactions?limit=1&currency=CNY").await.expect(200);
    let next = format!("/v1/me/transactions?limit=1&cursor={}", first.text("/next_cursor"));
    assert_eq!(service.get(&user.token, &next).await.expect(200).text("/data/0/kind"), "top_up");
    let events = service.get(&user.token, "/v1/events").await.expect(200).json();
    assert!(!events["data"].as_array().unwrap().is_empty(), "{events}");
    let banks = service.get("", "/v1/banks").await.expect(200);
    assert_eq!(banks.text("/data/0/id"), "simbank");
    service.wallet.finish().await;
}

#[tokio::test]
async fn an_order_is_resolved_paid_and_refunded() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let payer = wallet.user_with("100.00").await;
    let shop = wallet.new_shop().await;
    let stranger = wallet.new_shop().await;
    let order_body =
        r#"{"merchant_order_no":"A-1","amount":{"amount":"80.00","currency":"CNY"},"description":"面"}"#;
    let order = service.post(&shop.token, "/v1/orders", order_body).await.expect(201);
    let order_id = order.text("/id");
    let qr = order.text("/qr");
    let resolved =
        service.post(&payer.token, "/v1/resolve", &format!(r#"{{"qr":{qr:?}}}"#)).await.expect(200);
    assert_eq!(resolved.text("/payee/id"), shop.id.to_string());
    let picture = service.get("", &order.text("/qr_svg")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.body.starts_with(b"<svg"));
    // Nobody but the merchant and whoever presents the code reads the order.
    let order_path = format!("/v1/orders/{order_id}");
    service.get("", &order_path).await.expect(401);
    service.get(&stranger.token, &order_path).await.expect(404);
    let shown = format!("{order_path}?qr={}", percent_encoded(&qr));
    assert_eq!(service.get("", &shown).await.expect(200).text("/status"), "created");
    let forged = format!("{order_path}?qr={}", percent_encoded(&qr.replace("80", "81")));
    assert_eq!(service.get("", &forged).await.expect(422).text("/code"), "qr.invalid");
    let payment_body = format!(r#"{{"qr":{qr:?},"source":{{"type":"balance"}},"client_ref":"P-1"}}"#);
    let payment = service.post_keyed(&payer.token, "1", "/v1/payments", &payment_body).await.expect(201);
    assert_eq!(payment.text("/status"), "requires_confirmation");
    let payment_path = format!("/v1/payments/{}", payment.text("/id"));
    let confirm = format!(
        r#"{{"expect":{{"amount":{{"amount":"80","currency":"CNY"}},"payee":"{}"}},"payment_password":null}}"#,
        shop.id
    );
    let confirm_path = format!("{payment_path}/confirm");
    let paid = service.post_keyed(&payer.token, "2", &confirm_path, &confirm).await.expect(201);
    assert_eq!(paid.text("/status"), "succeeded");
    let refunds_path = format!("{payment_path}/refunds");
    let refund_body =
        r#"{"amount":{"amount":"5.00","currency":"CNY"},"reason":"cold","merchant_refund_no":"R-1"}"#;
    let refund = service.post_keyed(&shop.token, "3", &refunds_path, refund_body).await.expect(201);
    for (token, path, id) in [
        (&shop.token, "/v1/orders", order_id.clone()),
        (&shop.token, "/v1/orders?merchant_order_no=A-1", order_id.clone()),
        (&shop.token, "/v1/payments", payment.text("/id")),
        (&payer.token, "/v1/payments", payment.text("/id")),
        (&payer.token, "/v1/payments?client_ref=P-1", payment.text("/id")),
        (&shop.token, "/v1/refunds", refund.text("/id")),
        (&shop.token, "/v1/refunds?merchant_refund_no=R-1", refund.text("/id")),
        (&payer.token, refunds_path.as_str(), refund.text("/id")),
    ] {
        assert_eq!(ids(&service.get(token, path).await.expect(200).json()), [id], "{path}");
    }
    for (path, expected) in [
        (payment_path.clone(), 404),
        (format!("{payment_path}/trace"), 404),
        (refunds_path.clone(), 404),
        (format!("/v1/refunds/{}", refund.text("/id")), 404),
        (format!("/v1/refunds/{}/trace", refund.text("/id")), 404),
        (format!("/v1/merchants/{}/balances", shop.id), 404),
        (format!("/v1/merchants/{}/transactions", shop.id), 404),
        (format!("/v1/orders?merchant={}", shop.id), 404),
        (format!("/v1/events?merchant={}", shop.id), 404),
    ] {
        service.get(&stranger.token, &path).await.expect(expected);
        service.get(&shop.token, &path).await.expect(200);
    }
    for path in ["/v1/orders?merchant_order_no=A-1", "/v1/refunds?merchant_refund_no=R-1", "/v1/payments"] {
        assert!(ids(&service.get(&stranger.token, path).await.expect(200).json()).is_empty(), "{path}");
    }
    let entries =
        service.get(&shop.token, &format!("/v1/merchants/{}/transactions", shop.id)).await.expect(200);
    assert_eq!(entries.json()["data"].as_array().unwrap().len(), 2);
    service.wallet.finish().await;
}

#[tokio::test]
async fn lists_are_narrowed_by_status_time_and_reference() {
    let service = Service::start().await;
    let wallet = &service.wallet;
    let (shop, payer) = (wallet.new_shop().await, wallet.user_with("100.00").await);
    let mut made = Vec::new();
    for number in ["A-1", "A-2", "A-3"] {
        wallet.clock.advance(std::time::Duration::from_secs(60));
        let body = format!(
            r#"{{"merchant_order_no":"{number}","amount":{{"amount":"1","currency":"CNY"}},"description":"x"}}"#
        );
        made.push(service.post(&shop.token, "/v1/orders", &body).await.expect(201));
    }
    let [first, second, third] =
        made.iter().map(|order| order.text("/id")).collect::<Vec<_>>().try_into().unwrap();
    service.post(&shop.token, &format!("/v1/orders/{third}/cancel"), "").await.expect(200);
    let pay = format!(
        r#"{{"order":"{second}","source":{{"type":"balance"}},"client_ref":"P-1",
            "expect":{{"amount":{{"amount":"1","currency":"CNY"}},"payee":"{}"}}}}"#,
        shop.id
    );
    let payment = service.post_keyed(&payer.token, "1", "/v1/payments", &pay).await.expect(201);
    let (payment_id, payment_at) = (payment.text("/id"), payment.text("/created_at"));
    let refund = format!("/v1/payments/{payment_id}/refunds");
    let refund = service.post_keyed(&shop.token, "2", &refund, r#"{"reason":"x"}"#).await.expect(201);
    let refund_id = refund.text("/id");
    let payee = wallet.user().await.id;
    let transfer = format!(
        r#"{{"to":"{payee}","amount":{{"amount":"1","currency":"CNY"}},
            "expect":{{"amount":{{"amount":"1","currency":"CNY"}},"payee":"{payee}"}}}}"#
    );
    let transfer = service.post_keyed(&payer.token, "3", "/v1/transfers", &transfer).await.expect(201);
    let transfer_id = transfer.text("/id");
    let top_up = service.get(&payer.token, "/v1/top-ups").await.expect(200).text("/data/0/id");
    let second_at = made[1].text("/created_at");
    for (token, query, expected) in [
        (&shop.token, "orders?status=created".to_owned(), vec![&first]),
        (&shop.token, "orders?status=paid".to_owned(), vec![&second]),
        (&shop.token, "orders?status=cancelled".to_owned(), vec![&third]),
        (&shop.token, "orders?status=expired".to_owned(), vec![]),
        (&shop.token, format!("orders?created_after={second_at}"), vec![&third, &second]),
        (&shop.token, format!("orders?created_before={second_at}"), vec![&first]),
        (&shop.token, format!("orders?created_before={second_at}&status=paid"), vec![]),
        (&shop.token, "orders?merchant_order_no=A-2&status=paid".to_owned(), vec![&second]),
        (&shop.token, "orders?merchant_order_no=A-2&status=created".to_owned(), vec![]),
        (&shop.token, format!("orders?merchant_order_no=A-2&created_before={second_at}"), vec![]),
        (&shop.token, "payments?status=refunded".to_owned(), vec![&payment_id]),
        (&shop.token, "payments?status=succeeded".to_owned(), vec![]),
        (&payer.token, format!("payments?status=refunded&created_after={payment_at}"), vec![&payment_id]),
        (&payer.token, format!("payments?created_before={payment_at}"), vec![]),
        (&payer.token, "payments?client_ref=P-1&status=refunded".to_owned(), vec![&payment_id]),
        (&payer.token, "payments?client_ref=P-1&status=unknown".to_owned(), vec![]),
        (&shop.token, "refunds?status=succeeded".to_owned(), vec![&refund_id]),
        (&shop.token, "refunds?status=processing".to_owned(), vec![]),
        (&payer.token, "top-ups?status=succeeded".to_owned(), vec![&top_up]),
        (&payer.token, "top-ups?status=failed".to_owned(), vec![]),
        (&payer.token, format!("transfers?created_after={payment_at}"), vec![&transfer_id]),
        (&payer.token, format!("transfers?created_before={payment_at}"), vec![]),
    ] {
        let page = service.get(token, &format!("/v1/{query}")).await.expect(200).json();
        assert_eq!(ids(&page).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    // The pages of what is narrowed join.
    let narrowed = format!("/v1/orders?limit=1&created_after={second_at}");
    let page = service.get(&shop.token, &narrowed).await.expect(200);
    assert_eq!(ids(&page.json()), [third]);
    let next = format!("{narrowed}&cursor={}", page.text("/next_cursor"));
    assert_eq!(ids(&service.get(&shop.token, &next).await.expect(200).json()), [second]);
    for (token, query, field) in [
        (&shop.token, "orders?status=open", "status"),
        (&shop.token, "orders?status=", "status"),
        (&shop.token, "payments?status=paid", "status"),
        (&shop.token, "refunds?status=refunded", "status"),
        (&payer.token, "top-ups?status=PROCESSING", "status"),
        (&shop.token, "orders?created_after=yesterday", "created_after"),
        (&payer.token, "transfers?created_before=2026-11-22", "created_before"),
    ] {
        let refused = service.get(token, &format!("/v1/{query}")).await.expect(422);
        assert_eq!(
            (refused.text("/code").as_str(), refused.text("/field").as_str()),
            ("request.invalid", field)
        );
        let kind = if field == "status" { "not_accepted" } else { "wrong_format" };
        assert_eq!(refused.text("/reason/kind"), kind, "{query}");
    }
    service.get(&payer.token, "/v1/transfers?status=succeeded").await.expect(400);
    service.wallet.finish().await;
}

#[tokio::test]
async fn an_owner_acts_for_their_merchants_with_a_session() {
    let service = Service::start().await;
    let owner = service.wallet.user().await;
    let order = |merchant: &str, number: &str| {
        format!(
            r#"{{{merchant}"merchant_order_no":"{number}","amount":{{"amount":"1","currency":"CNY"}},"description":"x"}}"#
        )
    };
    service.post(&owner.token, "/v1/orders", &order("", "1")).await.expect(422);
    let make = |name: &str| format!(r#"{{"name":"{name}"}}"#);
    let first = service.post(&owner.token, "/v1/merchants", &make("One")).await.expect(201).text("/id");
    service.post(&owner.token, "/v1/orders", &order("", "1")).await.expect(201);
    service.wallet.clock.advance(std::time::Duration::from_millis(1));
    let second = service.post(&owner.token, "/v1/merchants", &make("Two")).await.expect(201).text("/id");
    let listed = service.get(&owner.token, "/v1/merchants").await.expect(200).json();
    assert_eq!(ids(&listed), [second.clone(), first.clone()]);
    let unnamed = service.post(&owner.token, "/v1/orders", &order("", "2")).await.expect(422);
    assert_eq!(unnamed.text("/field"), "merchant");
    let named = order(&format!(r#""merchant":"{second}","#), "2");
    service.post(&owner.token, "/v1/orders", &named).await.expect(201);
    let page = service.get(&owner.token, &format!("/v1/orders?merchant={first}")).await.expect(200).json();
    assert_eq!(page["data"][0]["merchant_order_no"], "1");
    let stranger = service.wallet.user().await;
    service.post(&stranger.token, "/v1/orders", &named).await.expect(404);
    service.wallet.finish().await;
}

/// Everything but letters and digits, escaped.
fn percent_encoded(text: &str) -> String {
    let escape = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}
