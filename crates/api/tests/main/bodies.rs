//! Bodies that are refused, and how.

use crate::client::{Service, a_token, request};
use axum::body::Body;
use axum::http::Method;
use makegood_base::limits::BODY_BYTES_MAX;
use serde_json::json;

const CARD: &str = "crd_01h455vb4pex5vsknk084sn02q";
const PAYEE: &str = "mch_01h455vb4pex5vsknk084sn02q";
const ORDER: &str = "ord_01h455vb4pex5vsknk084sn02q";

#[tokio::test]
async fn amounts_that_are_none_are_refused_wherever_money_is_named() {
    let service = Service::start().await;
    let user = service.wallet.user().await;
    let refused = [
        "-1",
        "-0",
        "0",
        "0.001",
        "NaN",
        "Infinity",
        "1e2",
        "1e400",
        "9223372036854775808",
        "+1",
        " 1",
        "1,000",
        "0x10",
        "１００",
        "",
        "1.",
        ".1",
    ];
    let payment = format!("/v1/payments/{}/refunds", "pay_01h455vb4pex5vsknk084sn02q");
    let payout = format!("/v1/merchants/{PAYEE}/payouts");
    let confirm = format!("/v1/payments/{}/confirm", "pay_01h455vb4pex5vsknk084sn02q");
    // Each route that takes money, with a place for the amount.
    let routes = [
        ("/v1/top-ups", format!(r#"{{"amount":{{"amount":AMOUNT,"currency":"CNY"}},"bank_card":"{CARD}"}}"#)),
        (
            "/v1/transfers",
            r#"{"to":"li@example.com","amount":{"amount":AMOUNT,"currency":"CNY"},
                "expect":{"amount":{"amount":"1","currency":"CNY"},"payee":"usr_01h455vb4pex5vsknk084sn02q"}}"#
                .to_owned(),
        ),
        (
            "/v1/orders",
            format!(
                r#"{{"merchant":"{PAYEE}","merchant_order_no":"A","description":"x",
                    "amount":{{"amount":AMOUNT,"currency":"CNY"}}}}"#
            ),
        ),
        (
            "/v1/payments",
            format!(
                r#"{{"order":"{ORDER}","source":{{"type":"balance"}},
                    "expect":{{"payee":"{PAYEE}","amount":{{"amount":AMOUNT,"currency":"CNY"}}}}}}"#
            ),
        ),
        (
            confirm.as_str(),
            format!(r#"{{"expect":{{"payee":"{PAYEE}","amount":{{"amount":AMOUNT,"currency":"CNY"}}}}}}"#),
        ),
        (
            "/v1/withdrawals",
            format!(r#"{{"amount":{{"amount":AMOUNT,"currency":"CNY"}},"bank_card":"{CARD}"}}"#),
        ),
        (
            payout.as_str(),
            format!(r#"{{"amount":{{"amount":AMOUNT,"currency":"CNY"}},"bank_card":"{CARD}"}}"#),
        ),
        (payment.as_str(), r#"{"reason":"x","amount":{"amount":AMOUNT,"currency":"CNY"}}"#.to_owned()),
    ];
    let before = service.wallet.count("SELECT COUNT(*) FROM idempotency").await;
    for (path, body) in &routes {
        for amount in refused {
            let body = body.replace("AMOUNT", &format!("{amount:?}"));
            let answered = service.post_keyed(&user.token, "k", path, &body).await.expect(422);
            assert_eq!(answered.text("/code"), "amount.invalid", "{path} {amount}");
            assert!(answered.text("/field").ends_with("amount.amount"), "{path} {}", answered.text("/field"));
        }
        for number in ["1", "1.5", "1e2", "1e400", "null", "true", "[]", "{}"] {
            let body = body.replace("AMOUNT", number);
            let answered = service.post_keyed(&user.token, "k", path, &body).await.expect(400);
            assert_eq!(answered.text("/code"), "request.malformed", "{path} {number}");
        }
        let body = body.replace("AMOUNT", "\"1.5\"").replace("CNY", "JPY");
        service.post_keyed(&user.token, "k", path, &body).await.expect(422);
    }
    assert_eq!(service.wallet.count("SELECT COUNT(*) FROM idempotency").await, before);
    service.wallet.finish().await;
}

#[tokio::test]
async fn a_currency_that_is_none_has_a_code_of_its_own() {
    let service = Service::start().await;
    let token = service.wallet.user().await.token;
    for currency in ["cny", "XXX", "XAU", "", "CNYX", "¥"] {
        let amount = format!(r#"{{"amount":"1","currency":"{currency}"}}"#);
        let body = format!(r#"{{"amount":{amount},"bank_card":"{CARD}"}}"#);
        let answered = service.post_keyed(&token, "k", "/v1/top-ups", &body).await.expect(422);
        assert_eq!(answered.text("/code"), "currency.unsupported", "{currency}");
        assert_eq!(answered.text("/field"), "amount.currency", "{currency}");
        let accepted = answered.json()["reason"]["accepted"].as_array().cloned().unwrap_or_default();
        assert!(accepted.iter().any(|code| code == "CNY"), "{accepted:?}");
    }
    for currency in ["cny", "%00"] {
        let path = format!("/v1/me/transactions?currency={currency}");
        let answered = service.get(&token, &path).await.expect(422);
        assert_eq!(answered.text("/code"), "currency.unsupported", "{currency}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn bodies_that_are_not_what_the_route_takes_are_refused_and_name_the_field() {
    let service = Service::start().await;
    for (body, expected_field, expected_reason) in [
        ("{", "", "incomplete_json"),
        ("", "login", "missing_field"),
        ("null", "", "wrong_type"),
        ("[]", "", "wrong_type"),
        (r#"["a@example.com","grey-kettle-tram-41","x"]"#, "", "wrong_type"),
        (r#""text""#, "", "wrong_type"),
        (r#"{"login":"a@example.com","password":"x"}"#, "display_name", "missing_field"),
        (r#"{"login":"a@example.com","password":"x","display_name":null}"#, "display_name", "wrong_type"),
        (r#"{"login":1,"password":"x","display_name":"x"}"#, "login", "wrong_type"),
        (
            r#"{"login":"a@example.com","login":"b","password":"x","display_name":"x"}"#,
            "login",
            "duplicate_field",
        ),
        (
            r#"{"login":"a@example.com","password":"x","display_name":"x","role":"admin"}"#,
            "role",
            "unknown_field",
        ),
        (r#"{"login":"a@example.com","password":"x","display_name":"x"} x"#, "", "invalid_json"),
        ("{\"login\":\"\u{1}\"}", "", "invalid_json"),
        (r#"{"login":"\ud800","password":"x","display_name":"x"}"#, "", "invalid_json"),
    ] {
        let answered = service.post("", "/v1/users", body).await.expect(400);
        assert_eq!(answered.text("/code"), "request.malformed", "{body}");
        assert_eq!(answered.text("/field"), expected_field, "{body}");
        assert_eq!(answered.text("/reason/kind"), expected_reason, "{body}");
    }
    let token = a_token();
    let nested = [
        (r#"{"amount":{"amount":"1","amount":"2","currency":"CNY"},"to":"a@example.com"}"#, "amount.amount"),
        (r#"{"amount":{"amount":"1","currency":"CNY","fee":"0"},"to":"a@example.com"}"#, "amount.fee"),
        (r#"{"amount":{"currency":"CNY"},"to":"a@example.com"}"#, "amount.amount"),
        (r#"{"amount":{"amount":"1","currency":"CNY"},"to":"a@example.com","user_id":"x"}"#, "user_id"),
        (r#"{"amount":{"amount":"1","currency":"CNY"},"to":"a@example.com"}"#, "expect"),
    ];
    for (body, expected_field) in nested {
        let answered = service.post_keyed(&token, "k", "/v1/transfers", body).await.expect(400);
        assert_eq!(answered.text("/field"), expected_field, "{body}");
    }
    let body = r#"{"source":{"type":"balance","type":"bank_card"},"order":"x"}"#;
    service.post_keyed(&token, "k", "/v1/payments", body).await.expect(400);
    let body = format!(r#"{{"source":{{"type":"balance","balance":"1"}},"order":"{ORDER}"}}"#);
    service.post_keyed(&token, "k", "/v1/payments", &body).await.expect(400);
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    service.post("", "/v1/users", &deep).await.expect(400);
    service.wallet.stop().await;
}

#[tokio::test]
async fn values_that_are_not_allowed_are_refused_with_what_is() {
    let service = Service::start().await;
    let owner = service.wallet.user().await;
    let (first, _second) = (service.wallet.shop(&owner).await, service.wallet.shop(&owner).await);
    let amount = r#"{"amount":"1","currency":"CNY"}"#;
    let order = format!(r#"{{"merchant_order_no":"A","description":"x","amount":{amount}MORE}}"#);
    let payment = format!(r#"{{"source":SOURCE,"order":"{ORDER}"}}"#);
    let sources = json!({"kind": "not_accepted", "accepted": ["balance", "bank_card"]});
    let range = json!({"kind": "out_of_range", "minimum": 1, "maximum": 30 * 86_400});
    let unknown = json!({"kind": "unknown_field", "accepted": ["source.type"]});
    for (token, path, body, field, reason) in [
        (&owner.token, "/v1/orders", order.replace("MORE", ""), "merchant", json!({"kind": "missing_field"})),
        (
            &first.token,
            "/v1/orders",
            order.replace("MORE", r#","accepts":["cash"]"#),
            "accepts",
            sources.clone(),
        ),
        (&first.token, "/v1/orders", order.replace("MORE", r#","expires_in_s":0"#), "expires_in_s", range),
        (
            &owner.token,
            "/v1/payments",
            payment.replace("SOURCE", r#"{"type":"cash"}"#),
            "source.type",
            sources,
        ),
        (
            &owner.token,
            "/v1/payments",
            payment.replace("SOURCE", r#"{"type":"bank_card"}"#),
            "source.id",
            json!({"kind": "missing_field"}),
        ),
        (
            &owner.token,
            "/v1/payments",
            payment.replace("SOURCE", &format!(r#"{{"type":"balance","id":"{CARD}"}}"#)),
            "source.id",
            unknown,
        ),
        (&owner.token, "/v1/resolve", "{}".to_owned(), "qr", json!({"kind": "missing_field"})),
        (
            &owner.token,
            "/v1/resolve",
            r#"{"qr":"x","to":"y"}"#.to_owned(),
            "to",
            json!({"kind": "excluded_field", "by": "qr"}),
        ),
    ] {
        let key = format!("{path} {field}");
        let answered = service.post_keyed(token, &key, path, &body).await.expect(422);
        assert_eq!(
            (answered.text("/field").as_str(), &answered.json()["reason"]),
            (field, &reason),
            "{body}"
        );
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_language_that_is_asked_for_and_nothing_is_echoed() {
    let service = Service::start().await;
    let tell = async |language: &str, body: &'static str| {
        let request = request(Method::POST, "", "/v1/sessions")
            .header("content-type", "application/json")
            .header("accept-language", language);
        service.send(request.body(Body::from(body)).unwrap()).await.expect(400)
    };
    for (language, body, expected_start) in [
        ("en", r#"{"login":"a@example.com"}"#, "`password` is missing. The body or "),
        ("zh-CN", r#"{"login":"a@example.com"}"#, "缺少 `password`。请求体或"),
        ("en", "{\n\"login\": canary", "The body is not valid JSON at line 2, column 10. The "),
        ("zh-CN", "{\"login\": \"canary", "请求体的 JSON 在第 1 行第 17 列处中断。请求体或"),
        ("en", r#"{"login":"x","password":["canary"]}"#, "`password` must be a string, not a list. The "),
        (
            "en",
            r#"{"login":"x","password":"canary","totp":123456}"#,
            "`totp` must be a string, not an integer. ",
        ),
        (
            "en",
            r#"{"login":"x","pasword":"canary"}"#,
            "`pasword` is not known here: use `login`, `password`, ",
        ),
        ("en", r#""canary""#, "The body must be an object, not a string. "),
    ] {
        let answered = tell(language, body).await;
        assert!(answered.text("/detail").starts_with(expected_start), "{}", answered.text("/detail"));
        let sent = String::from_utf8(answered.body).unwrap();
        assert!(!sent.contains("canary") && !sent.contains("123456"), "{sent}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn only_json_of_a_bounded_size_is_read() {
    let service = Service::start().await;
    let body = r#"{"login":"no login","password":"x","display_name":"x"}"#;
    for (content_type, expected) in [
        (Some("application/json"), 422),
        (Some("Application/JSON; charset=UTF-8"), 422),
        (Some("application/json;charset=\"utf-8\""), 422),
        (Some("application/json; charset=gbk"), 415),
        (Some("application/problem+json"), 415),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some(""), 415),
        (None, 415),
    ] {
        let mut request = request(Method::POST, "", "/v1/users");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        service.send(request.body(Body::from(body)).unwrap()).await.expect(expected);
    }
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    service.post("", "/v1/users", &padded(BODY_BYTES_MAX)).await.expect(422);
    let answered = service.post("", "/v1/users", &padded(BODY_BYTES_MAX + 1)).await.expect(413);
    assert_eq!(answered.text("/code"), "request.too_large");
    service.wallet.stop().await;
}

#[tokio::test]
async fn keys_are_checked() {
    let service = Service::start().await;
    let token = a_token();
    let body = r#"{"to":"li@example.com","amount":{"amount":"1","currency":"CNY"},
        "expect":{"amount":{"amount":"1","currency":"CNY"},"payee":"usr_01h455vb4pex5vsknk084sn02q"}}"#;
    let answered = service.post(&token, "/v1/transfers", body).await.expect(400);
    assert_eq!(answered.text("/code"), "idempotency.key_missing");
    let longest = "k".repeat(255);
    for (key, expected) in
        [("k", 401), (longest.as_str(), 401), ("a b\"c\"", 401), ("", 400), ("\u{e9}", 400), ("a\tb", 400)]
    {
        service.post_keyed(&token, key, "/v1/transfers", body).await.expect(expected);
    }
    service.post_keyed(&token, &format!("{longest}k"), "/v1/transfers", body).await.expect(400);
    let twice = request(Method::POST, &token, "/v1/transfers")
        .header("content-type", "application/json")
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    let answered = service.send(twice.body(Body::from(body)).unwrap()).await.expect(400);
    assert_eq!(answered.text("/code"), "idempotency.key_invalid");
    assert_eq!(answered.text("/reason/kind"), "duplicate_field");
    assert!(answered.text("/detail").starts_with("`Idempotency-Key` is there more than once."));
    service.wallet.stop().await;
}
