//! Long polls.

use crate::client::Service;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_long_poll_answers_at_the_next_change() {
    let service = Service::start().await;
    let shop = service.wallet.new_shop().await;
    let body = r#"{"merchant_order_no":"A-1","amount":{"amount":"1","currency":"CNY"},"description":"x"}"#;
    let order = service.post(&shop.token, "/v1/orders", body).await.expect(201).text("/id");
    let path = format!("/v1/orders/{order}?wait=30");
    let cancel_path = format!("/v1/orders/{order}/cancel");
    let began = Instant::now();
    let (waited, cancelled) =
        tokio::join!(service.get(&shop.token, &path), service.post(&shop.token, &cancel_path, ""));
    cancelled.expect(200);
    assert_eq!(waited.expect(200).text("/status"), "cancelled");
    // What is final answers at once.
    assert_eq!(service.get(&shop.token, &path).await.expect(200).text("/status"), "cancelled");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    service.wallet.finish().await;
}

#[tokio::test]
async fn a_long_poll_ends_when_nothing_changes() {
    let service = Service::start().await;
    let shop = service.wallet.new_shop().await;
    let body = r#"{"merchant_order_no":"A-1","amount":{"amount":"1","currency":"CNY"},"description":"x"}"#;
    let order = service.post(&shop.token, "/v1/orders", body).await.expect(201).text("/id");
    let began = Instant::now();
    let waited = service.get(&shop.token, &format!("/v1/orders/{order}?wait=1")).await.expect(200);
    assert_eq!(waited.text("/status"), "created");
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    service.wallet.stop().await;
}
