//! Cards, and the bank behind them.

use crate::client::Service;

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
