//! What the log tells of requests, and what it must not.

use crate::client::{Service, request};
use axum::body::Body;
use axum::http::Method;
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_request_and_tells_nothing_that_was_sent() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    // The only test of this program that listens; the others write to it too, which does no harm.
    subscriber.init();
    let service = Service::start().await;
    let new_user = r#"{"login":"canary-login@example.com","password":"canary-password-41","display_name":"canary-name"}"#;
    let registered = service.post_keyed("", "canary-key", "/v1/users", new_user).await.expect(201);
    let login = r#"{"login":"canary-login@example.com","password":"canary-password-41"}"#;
    let token = service.post("", "/v1/sessions", login).await.expect(201).text("/token");
    service.post("", "/v1/sessions", &login.replace("41", "42")).await.expect(401);
    let card = r#"{"bank":"simbank","number":"6222000000001114","holder_name":"canary-name"}"#;
    let card = service.post(&token, "/v1/me/bank-cards", card).await.expect(201).text("/id");
    let confirm = format!("/v1/me/bank-cards/{card}/confirm");
    service.post(&token, &confirm, r#"{"code":"987654"}"#).await.expect(422);
    service.post(&token, "/v1/transfers?to=canary-query", "{\"canary\":1}").await.expect(400);
    let path = request(Method::GET, &token, "/canary-path").body(Body::empty()).unwrap();
    service.send(path).await.expect(404);
    service.wallet.stop().await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(registered.header("x-request-id")), "{log}");
    assert!(log.contains("route=\"/v1/me/bank-cards/{id}/confirm\"") && log.contains("status=422"), "{log}");
    let secret = token.rsplit_once("mgs_").unwrap().1;
    for canary in ["canary", "6222000000001114", "987654", secret, &secret[27..]] {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}
