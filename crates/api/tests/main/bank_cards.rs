//! Cards, and the bank behind them.

use crate::client::Service;
use makegood_api::Limits;
use makegood_app::{BankConfig, JobsConfig};
use makegood_wallet::Action;
use std::net::TcpListener;

const CARD: &str = r#"{"bank":"simbank","number":"6222000000001114","holder_name":"Li Wei"}"#;
const OTHER_CARD: &str = r#"{"bank":"simbank","number":"6222000000001114","holder_name":"Li Lei"}"#;

#[tokio::test]
async fn a_key_is_looked_up_before_the_bank_is_asked() {
    let mut service = Service::start().await;
    let token = service.wallet.user().await.token;
    let cards = "/v1/me/bank-cards";
    let linked = service.post_keyed(&token, "link", cards, CARD).await.expect(201);
    let confirm = format!("{cards}/{}/confirm", linked.text("/id"));
    let confirmed = service.post_keyed(&token, "confirm", &confirm, r#"{"code":"123456"}"#).await.expect(200);
    let waiting = service.post_keyed(&token, "wait", cards, OTHER_CARD).await.expect(201);
    let confirm_waiting = format!("{cards}/{}/confirm", waiting.text("/id"));
    service.wallet.stop_bank().await;

    for (key, path, body, first) in
        [("link", cards, CARD, &linked), ("confirm", &confirm, r#"{"code":"123456"}"#, &confirmed)]
    {
        let again = service.post_keyed(&token, key, path, body).await.expect(first.status.as_u16());
        assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body), "{key}");
    }
    for (key, path, body, status, code) in [
        ("link", cards, OTHER_CARD, 422, "idempotency.key_reused"),
        ("link", &confirm_waiting, r#"{"code":"123456"}"#, 422, "idempotency.key_reused"),
        ("new", cards, CARD, 503, "bank.unavailable"),
        ("new", &confirm_waiting, r#"{"code":"123456"}"#, 503, "bank.unavailable"),
    ] {
        let refused = service.post_keyed(&token, key, path, body).await.expect(status);
        assert_eq!(refused.text("/code"), code, "{key} {path}");
    }
    let other = service.wallet.user().await.token;
    service.post_keyed(&other, "link", cards, CARD).await.expect(503);
    service.wallet.stop().await;
}

/// What the bank has refused is refused again under its key without a call, and a new try has a new key.
#[tokio::test]
async fn a_refusal_of_the_bank_is_kept_under_its_key() {
    let mut service = Service::start().await;
    let token = service.wallet.user().await.token;
    let cards = "/v1/me/bank-cards";
    let no_card = CARD.replace("1114", "1115");
    let linked = service.post_keyed(&token, "link", cards, CARD).await.expect(201);
    let confirm = format!("{cards}/{}/confirm", linked.text("/id"));
    let (wrong, right) = (r#"{"code":"000000"}"#, r#"{"code":"123456"}"#);
    let asked = [
        ("number", cards, no_card.as_str(), CARD, "card.invalid_number"),
        ("code", &confirm, wrong, right, "card.wrong_code"),
    ];
    let mut refusals = Vec::new();
    for (field, path, body, _, code) in asked {
        let refused = service.post_keyed(&token, field, path, body).await.expect(422);
        assert_eq!((refused.text("/code").as_str(), refused.text("/field").as_str()), (code, field));
        refusals.push(refused);
    }
    service.post_keyed(&token, "again", &confirm, right).await.expect(200);
    service.wallet.stop_bank().await;
    for ((field, path, body, other_body, _), first) in asked.into_iter().zip(refusals) {
        let again = service.post_keyed(&token, field, path, body).await.expect(422);
        assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body), "{field}");
        let reused = service.post_keyed(&token, field, path, other_body).await.expect(422);
        assert_eq!(reused.text("/code"), "idempotency.key_reused", "{field}");
    }
    service.wallet.stop().await;
}

/// Whoever has logged out on another server has logged out: no bank is called for them.
#[tokio::test]
async fn no_bank_is_called_for_a_session_that_another_server_ended() {
    let mut service = Service::start().await;
    let user = service.wallet.user().await;
    let cards = "/v1/me/bank-cards";
    let linked = service.post_keyed(&user.token, "link", cards, CARD).await.expect(201);
    let confirm = format!("{cards}/{}/confirm", linked.text("/id"));
    let bank = TcpListener::bind("127.0.0.1:0").unwrap();
    bank.set_nonblocking(true).unwrap();
    let config = BankConfig {
        id: "simbank".to_owned(),
        name: "A bank".to_owned(),
        url: format!("http://{}", bank.local_addr().unwrap()),
        secret: "secret".to_owned(),
        callback_secret: None,
        answer_timeout: std::time::Duration::from_millis(100),
    };
    let other = service.wallet.another_app(vec![config], JobsConfig::default()).await;
    service.router = makegood_api::router(other, Limits::default());
    service.get(&user.token, "/v1/me").await.expect(200);
    let revoked = service.wallet.submit(user.caller, Action::RevokeSession { session: None }).await;
    let _revoked = revoked.expect(204);
    for (path, body) in [(cards, CARD), (&confirm, r#"{"code":"123456"}"#)] {
        let refused = service.post_keyed(&user.token, "new", path, body).await.expect(401);
        assert_eq!(refused.text("/code"), "auth.required", "{path}");
        assert!(bank.accept().is_err(), "{path}: somebody called");
    }
    service.wallet.stop().await;
}
