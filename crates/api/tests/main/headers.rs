//! What every answer carries, and what HTTP itself refuses.

use crate::client::{Service, a_token, request};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn every_answer_has_an_id_and_keeps_browsers_from_guessing() {
    let service = Service::start().await;
    for (path, is_api) in [
        ("/healthz", false),
        ("/v1/banks", true),
        ("/v1/me", true),
        ("/nothing", true),
        ("/docs/errors", false),
    ] {
        let answered = service.get("", path).await;
        assert!(answered.header("x-request-id").starts_with("req_"), "{path}");
        assert_eq!(answered.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answered.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answered.header("cache-control") == "no-store", is_api, "{path}");
    }
    let (first, second) = (service.get("", "/v1/me").await, service.get("", "/v1/me").await);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert_eq!(first.text("/request_id"), first.header("x-request-id"));
    service.wallet.stop().await;
}

#[tokio::test]
async fn http_refuses_in_problems_too() {
    let service = Service::start().await;
    let token = a_token();
    for (method, path, status, code, allow) in [
        (Method::GET, "/nothing", 404, "not_found", ""),
        (Method::GET, "/v1/payments/", 404, "not_found", ""),
        (Method::GET, "/v1/nothing", 404, "not_found", ""),
        (Method::PUT, "/v1/payments", 405, "request.method_not_allowed", "GET,HEAD,POST"),
        (Method::TRACE, "/v1/me", 405, "request.method_not_allowed", "GET,HEAD"),
        (Method::OPTIONS, "/v1/me", 405, "request.method_not_allowed", "GET,HEAD"),
        (Method::DELETE, "/v1/sessions", 405, "request.method_not_allowed", "GET,HEAD,POST"),
        (Method::GET, "/v1/me?x=1", 401, "auth.required", ""),
        (Method::GET, "/v1/payments?limit=x", 400, "request.malformed", ""),
        (Method::GET, "/v1/payments/pay_01h455vb4pex5vsknk084sn02q?wait=31", 422, "request.invalid", ""),
        (Method::GET, "/v1/payments/pay_01h455vb4pex5vsknk084sn02q?wait=-1", 422, "request.invalid", ""),
        (Method::GET, "/v1/payments/ord_01h455vb4pex5vsknk084sn02q", 404, "not_found", ""),
        (Method::GET, "/v1/payments/%ff", 404, "not_found", ""),
    ] {
        let answered = service.send(request(method.clone(), &token, path).body(Body::empty()).unwrap()).await;
        let answered = answered.expect(status);
        assert_eq!(answered.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answered.text("/code"), code, "{method} {path}");
        let mut allowed: Vec<&str> = answered.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn the_root_leads_on_and_pages_that_are_none_are_problems() {
    let service = Service::start().await;
    let ask =
        |accept: &str| request(Method::GET, "", "/").header("accept", accept).body(Body::empty()).unwrap();
    let browser = service.send(ask("text/html,application/xhtml+xml,*/*;q=0.8")).await.expect(303);
    assert_eq!(browser.header("location"), "/docs/");
    for answered in [service.send(ask("*/*")).await, service.get("", "/").await] {
        let links = answered.expect(200).json();
        assert_eq!(links, json!({"docs": "/docs", "openapi": "/openapi.json", "errors": "/docs/errors"}));
    }
    for (method, path, status, code) in [
        (Method::GET, "/docs/none", 404, "not_found"),
        (Method::GET, "/docs/errors/none", 404, "not_found"),
        (Method::GET, "/docs/errors/", 404, "not_found"),
        (Method::POST, "/", 405, "request.method_not_allowed"),
        (Method::POST, "/docs", 405, "request.method_not_allowed"),
        (Method::POST, "/docs/errors", 405, "request.method_not_allowed"),
        (Method::DELETE, "/docs/swagger-ui.css", 405, "request.method_not_allowed"),
        (Method::PUT, "/openapi.json", 405, "request.method_not_allowed"),
    ] {
        let answered = service.send(request(method.clone(), "", path).body(Body::empty()).unwrap()).await;
        let answered = answered.expect(status);
        assert_eq!(answered.text("/code"), code, "{method} {path}");
        assert_eq!(answered.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answered.header("allow").is_empty(), status == 404, "{method} {path}");
    }
    service.get("", "/docs/errors").await.expect(200);
    service.wallet.stop().await;
}

#[tokio::test]
async fn what_is_no_token_opens_nothing_and_says_how_to_ask() {
    let service = Service::start().await;
    let user = service.wallet.user().await;
    service.get(&user.token, "/v1/me").await.expect(200);
    let mut changed = user.token.clone();
    let last = if changed.ends_with('0') { "4" } else { "0" };
    changed.replace_range(changed.len() - 1.., last);
    for token in ["", "x", "mgs_x", changed.as_str(), user.token.trim_start_matches("mgs_")] {
        let answered = service.get(token, "/v1/me").await.expect(401);
        assert_eq!(answered.text("/code"), "auth.required", "{token}");
        assert_eq!(answered.header("www-authenticate"), "Bearer", "{token}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn texts_come_in_the_language_that_is_asked_for() {
    let service = Service::start().await;
    let ask = |language: &'static str, path: &'static str| {
        request(Method::GET, "", path).header("accept-language", language).body(Body::empty()).unwrap()
    };
    let chinese = service.send(ask("zh-CN,zh;q=0.9,en;q=0.8", "/v1/me")).await;
    let english = service.send(ask("en", "/v1/me")).await;
    assert_eq!((chinese.text("/locale"), english.text("/locale")), ("zh-CN".to_owned(), "en".to_owned()));
    assert_eq!(chinese.text("/code"), english.text("/code"));
    assert_ne!(chinese.text("/title"), english.text("/title"));
    let page = service.send(ask("zh", "/docs/errors")).await.expect(200);
    assert_eq!(page.header("content-language"), "zh-CN");
    assert!(String::from_utf8(page.body).unwrap().contains("id=\"payment.attempt_open\""));
    service.wallet.stop().await;
}

#[tokio::test]
async fn pages_and_metrics_are_there() {
    let service = Service::start().await;
    service.get("", "/healthz").await.expect(200);
    service.get("", "/readyz").await.expect(200);
    service.get("", "/docs").await.expect(303);
    let page = service.get("", "/docs/").await.expect(200);
    assert!(!String::from_utf8(page.body).unwrap().contains("http"), "the page loads from elsewhere");
    let script = service.get("", "/docs/swagger-initializer.js").await.expect(200);
    assert!(String::from_utf8(script.body).unwrap().contains("/openapi.json"));
    service.get("", "/v1/payments/pay_01h455vb4pex5vsknk084sn02q").await.expect(401);
    service.get("", "/any/path/of/a/client").await.expect(404);
    service.wallet.user().await;
    let metrics = String::from_utf8(service.get("", "/metrics").await.expect(200).body).unwrap();
    assert!(metrics.contains(r#"route="/v1/payments/{id}""#), "{metrics}");
    assert!(metrics.contains("makegood_http_request_seconds_bucket"), "{metrics}");
    assert!(metrics.contains(r#"makegood_batch_commands_bucket{le="4096"}"#), "{metrics}");
    assert!(!metrics.contains("pay_01h") && !metrics.contains("/any/path"), "{metrics}");
    service.wallet.stop().await;
}

#[tokio::test]
async fn a_parameter_that_is_refused_is_named_with_what_is_accepted() {
    let service = Service::start().await;
    let token = service.wallet.user().await.token;
    let payment = "/v1/payments/pay_01h455vb4pex5vsknk084sn02q";
    for (path, status, field, reason) in [
        (
            "/v1/me/bank-cards?offset=3",
            400,
            "offset",
            json!({"kind": "unknown_field", "accepted": ["limit", "cursor"]}),
        ),
        ("/v1/me/bank-cards?limit=1&limit=2", 400, "limit", json!({"kind": "duplicate_field"})),
        (
            "/v1/payments?limit=x",
            400,
            "limit",
            json!({"kind": "wrong_type", "expected": "integer", "found": "string"}),
        ),
        ("/v1/payments?limit=0", 422, "limit", json!({"kind": "out_of_range", "minimum": 1, "maximum": 100})),
        ("/v1/payments?cursor=x", 422, "cursor", json!({"kind": "wrong_format", "expected": "cursor"})),
        ("/v1/payments?merchant=x", 422, "merchant", json!({"kind": "wrong_id", "accepted": ["mch_"]})),
        (
            "/v1/payments?client_ref=%00",
            422,
            "client_ref",
            json!({"kind": "wrong_format", "expected": "reference"}),
        ),
        (
            "/v1/payments?created_after=today",
            422,
            "created_after",
            json!({"kind": "wrong_format", "expected": "time"}),
        ),
        (
            "/v1/merchants/mch_01h455vb4pex5vsknk084sn02q/transactions?kind=x",
            422,
            "kind",
            json!({"kind": "not_accepted", "accepted": ["pending", "available", "reserve"]}),
        ),
        (
            &format!("{payment}?wait=31"),
            422,
            "wait",
            json!({"kind": "out_of_range", "minimum": 0, "maximum": 30}),
        ),
    ] {
        let answered = service.get(&token, path).await.expect(status);
        assert_eq!(answered.text("/field"), field, "{path}");
        assert_eq!(answered.json()["reason"], reason, "{path}");
        let detail = answered.text("/detail");
        assert!(detail.starts_with(&format!("`{field}` ")) && !detail.contains("JSON"), "{detail}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn parameters_are_checked_before_the_database_sees_them() {
    let service = Service::start().await;
    let user = service.wallet.user().await;
    let shop = service.wallet.new_shop().await;
    let nul = "%00";
    for (token, path, field) in [
        (&user.token, format!("/v1/payments?client_ref={nul}"), "client_ref"),
        (&user.token, format!("/v1/top-ups?client_ref={nul}"), "client_ref"),
        (&user.token, format!("/v1/transfers?client_ref={nul}"), "client_ref"),
        (&shop.token, format!("/v1/orders?merchant_order_no={nul}"), "merchant_order_no"),
        (&shop.token, format!("/v1/refunds?merchant_refund_no={nul}"), "merchant_refund_no"),
        (&user.token, format!("/v1/payments?cursor={nul}"), "cursor"),
        (&user.token, format!("/v1/events?merchant={nul}"), "merchant"),
        (&user.token, "/v1/me/transactions?cursor=x".to_owned(), "cursor"),
    ] {
        let answered = service.get(token, &path).await.expect(422);
        assert_eq!(
            (answered.text("/code").as_str(), answered.text("/field").as_str()),
            ("request.invalid", field)
        );
    }
    service.wallet.stop().await;
}
