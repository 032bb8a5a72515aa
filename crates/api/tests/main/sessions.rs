//! Registering, logging in and out, and tokens in answers.

use crate::client::{Answered, Service, request};
use axum::body::Body;
use axum::http::Method;
use makegood_api::{Limits, Rate};
use makegood_auth::password::PASSWORD_LENGTH_MIN;
use std::time::Duration;

const NEW_USER: &str =
    r#"{"login":"Li.Wei@Example.com","password":"grey-kettle-tram-41","display_name":"Li Wei"}"#;
const LOGIN: &str = r#"{"login":"li.wei@example.com","password":"grey-kettle-tram-41"}"#;

async fn delete(service: &Service, token: &str, path: &str) -> Answered {
    service.send(request(Method::DELETE, token, path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_person_registers_logs_in_and_out() {
    let service = Service::start().await;
    let registered = service.post("", "/v1/users", NEW_USER).await.expect(201);
    assert_eq!(registered.text("/login"), "li.wei@example.com");
    assert_eq!(registered.header("location"), "/v1/me");
    let code = service.post("", "/v1/users", NEW_USER).await.expect(409).text("/code");
    assert_eq!(code, "auth.login_taken");
    let opened = service.post("", "/v1/sessions", LOGIN).await.expect(201);
    let (token, id) = (opened.text("/token"), opened.text("/id"));
    assert_eq!(opened.header("location"), format!("/v1/sessions/{id}"));
    assert_eq!(service.get(&token, "/v1/me").await.expect(200).text("/id"), registered.text("/id"));
    let other = service.post("", "/v1/sessions", LOGIN).await.expect(201);
    assert_ne!(other.text("/token"), token);
    let devices = service.get(&token, "/v1/sessions").await.expect(200).json();
    assert_eq!(devices["data"].as_array().unwrap().len(), 2);
    assert_eq!(devices["data"][1]["current"], true);
    assert_eq!(service.get(&token, &format!("/v1/sessions/{id}")).await.expect(200).text("/id"), id);
    let other_path = format!("/v1/sessions/{}", other.text("/id"));
    delete(&service, &token, &other_path).await.expect(204);
    service.get(&other.text("/token"), "/v1/me").await.expect(401);
    let closed = delete(&service, &token, "/v1/sessions/current").await.expect(204);
    assert!(closed.body.is_empty() && closed.header("content-type").is_empty());
    service.get(&token, "/v1/me").await.expect(401);
    service.wallet.finish().await;
}

#[tokio::test]
async fn a_replay_shows_the_same_token_and_nothing_stored_holds_it() {
    let service = Service::start().await;
    service.post("", "/v1/users", NEW_USER).await.expect(201);
    let first = service.post_keyed("", "key", "/v1/sessions", LOGIN).await.expect(201);
    let again = service.post_keyed("", "key", "/v1/sessions", LOGIN).await.expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    let token = first.text("/token");
    service.get(&token, "/v1/me").await.expect(200);
    let body = r#"{"name":"{secret}"}"#;
    let made = service.post_keyed(&token, "key", "/v1/merchants", body).await.expect(201);
    let again = service.post_keyed(&token, "key", "/v1/merchants", body).await.expect(201);
    assert_eq!(made.body, again.body);
    assert_eq!(made.text("/name"), "{secret}");
    let key = made.text("/api_key");
    assert!(key.starts_with("mk_test_"), "{key}");
    let merchant = service.get(&key, &format!("/v1/merchants/{}", made.text("/id"))).await.expect(200);
    assert_eq!(merchant.text("/id"), made.text("/id"));
    let stored = "SELECT COUNT(*) FROM idempotency WHERE CAST(body AS TEXT) LIKE '%mgs_%' \
                  OR CAST(body AS TEXT) LIKE '%mk_test_%'";
    assert_eq!(service.wallet.count(stored).await, 0);
    service.wallet.finish().await;
}

#[tokio::test]
async fn the_same_key_of_two_strangers_is_two_keys() {
    let service = Service::start().await;
    for login in ["a@example.com", "b@example.com"] {
        let body = NEW_USER.replace("Li.Wei@Example.com", login);
        let answered = service.post_keyed("", "1", "/v1/users", &body).await.expect(201);
        assert_eq!(answered.text("/login"), login);
        let again = service.post_keyed("", "1", "/v1/users", &body).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        let other = body.replace("Li Wei", "Wei Li");
        let answered = service.post_keyed("", "1", "/v1/users", &other).await.expect(422);
        assert_eq!(answered.text("/code"), "idempotency.key_reused");
    }
    service.wallet.finish().await;
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_are_told_alike() {
    let service = Service::start().await;
    service.post("", "/v1/users", NEW_USER).await.expect(201);
    let staff = service.wallet.staff().await;
    let strip = |answered: Answered| {
        let mut json = answered.json();
        for member in ["request_id", "instance"] {
            json.as_object_mut().unwrap().remove(member);
        }
        (answered.status, json)
    };
    let wrong = strip(service.post("", "/v1/sessions", &LOGIN.replace("41", "42")).await);
    let unknown = strip(service.post("", "/v1/sessions", &LOGIN.replace("li.wei", "li.lei")).await);
    let of_staff = format!(r#"{{"login":"{}","password":"not it at all"}}"#, staff.login);
    let wrong_staff = strip(service.post("", "/v1/sessions", &of_staff).await);
    assert_eq!(wrong.0, 401);
    assert_eq!(wrong.1["code"], "auth.invalid_credentials");
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, wrong_staff);
    let right = format!(r#"{{"login":"{}","password":"{}"}}"#, staff.login, makegood_testkit::PASSWORD);
    service.post("", "/v1/sessions", &right).await.expect(201);
    service.wallet.stop().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_others_are_not() {
    let per_login_and_address = Rate { burst: 3, refill: Duration::from_secs(10) };
    let service = Service::with(Limits { per_login_and_address, ..Limits::default() }).await;
    service.post("", "/v1/users", NEW_USER).await.expect(201);
    let wrong = LOGIN.replace("41", "42");
    for _ in 0..3 {
        service.post("", "/v1/sessions", &wrong).await.expect(401);
    }
    let limited = service.post("", "/v1/sessions", LOGIN).await.expect(429);
    assert_eq!(limited.text("/code"), "rate.limited");
    assert_eq!(limited.header("retry-after"), "10");
    service.post("", "/v1/sessions", &wrong.replace("li.wei", "li.lei")).await.expect(401);
    service.wallet.clock.advance(Duration::from_secs(10));
    service.post("", "/v1/sessions", LOGIN).await.expect(201);
    service.wallet.stop().await;
}

#[tokio::test]
async fn the_shortest_password_is_told_before_and_after_it_is_refused() {
    let service = Service::start().await;
    let shortest = PASSWORD_LENGTH_MIN.to_string();
    let refused = NEW_USER.replace("grey-kettle-tram-41", "short");
    let answered = service.post("", "/v1/users", &refused).await.expect(422);
    assert!(answered.text("/detail").contains(&shortest), "{}", answered.text("/detail"));
    let document = service.get("", "/openapi.json").await.expect(200);
    let described = document.text("/components/schemas/NewUser/properties/password/description");
    assert!(described.contains(&shortest), "{described}");
    service.wallet.stop().await;
}

#[tokio::test]
async fn passwords_logins_and_names_are_checked() {
    let service = Service::start().await;
    for (from, to, code, field) in [
        ("Li.Wei@Example.com", "li", "auth.login_invalid", "login"),
        ("grey-kettle-tram-41", "short", "auth.password_too_short", "password"),
        ("grey-kettle-tram-41", "passwordpassword", "auth.password_common", "password"),
        ("grey-kettle-tram-41", "x li.wei 4711 qvz", "auth.password_contains_login", "password"),
        ("Li Wei", "\\u202eieW", "name.invalid", "display_name"),
        ("Li Wei", "", "name.invalid", "display_name"),
    ] {
        let answered = service.post("", "/v1/users", &NEW_USER.replace(from, to)).await.expect(422);
        assert_eq!(
            (answered.text("/code").as_str(), answered.text("/field").as_str()),
            (code, field),
            "{to}"
        );
    }
    service.wallet.stop().await;
}
