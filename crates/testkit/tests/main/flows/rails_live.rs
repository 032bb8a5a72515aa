//! A payment as it changes, over Server-Sent Events.

use super::rails::{HOUR, Town};
use crate::scripted_bank::Fate;
use makegood_testkit::Db;
use makegood_wallet::Action;
use serde_json::Value;
use std::time::Duration;

on_both!(each_change_is_told_once_and_the_end_is_the_end);

/// What was read of a stream: its status, and its events with their ids.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(town: &Town, path: &str, token: &str, last: Option<&str>) -> reqwest::Response {
        let url = format!("http://{}{path}", town.wallet.address());
        let mut request = makegood_testkit::client().get(url).bearer_auth(token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send().await.unwrap()
    }

    /// The next event: its id and its data; nothing at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let line =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let found = line("id: ").zip(line("data: "));
                self.text = rest.to_owned();
                match found {
                    Some((id, data)) => return Some((id, serde_json::from_str(&data).unwrap())),
                    // A comment that keeps the connection alive.
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(30), self.response.chunk());
            self.text += std::str::from_utf8(&chunk.await.expect("something is sent").unwrap()?).unwrap();
        }
    }
}

async fn each_change_is_told_once_and_the_end_is_the_end(db: Db) {
    let town = Town::open(db).await;
    town.bank.set(Fate::Settles(HOUR));
    let order = town.wallet.order(&town.shop, "20.00").await;
    let payment = town.wallet.pay_from_card(&town.payer, order, town.card).await;
    let path = format!("/v1/payments/{payment}/events");
    let response = Stream::open(&town, &path, &town.payer.token, None).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut payers = Stream { response, text: String::new() };
    let response = Stream::open(&town, &path, &town.shop.token, None).await;
    let mut shops = Stream { response, text: String::new() };
    let (first, seen) = payers.next().await.unwrap();
    assert_eq!(
        (&seen["payment"]["status"], &seen["trace"]["hops"][1]["at"]),
        (&"processing".into(), &Value::Null)
    );
    assert!(seen["trace"]["for_payer"].is_string() && seen["trace"]["for_merchant"].is_null());
    let (_, seen) = shops.next().await.unwrap();
    assert!(seen["trace"]["for_merchant"].is_string() && seen["trace"]["for_payer"].is_null());

    town.wallet.run().await;
    // Being asked, and having answered, are two changes, of which somebody who is slow sees the last.
    let mut asked = first.clone();
    let mut named = false;
    while !named {
        let (id, seen) = payers.next().await.unwrap();
        assert!(id != asked && seen["trace"]["hops"][1]["at"].is_string(), "{seen}");
        named = seen["trace"]["hops"][1]["reference"].as_str().unwrap().starts_with("B-");
        asked = id;
    }
    // Whoever comes back with what they saw is told only what is another.
    let back = Stream::open(&town, &path, &town.payer.token, Some(&asked)).await;
    let mut back = Stream { response: back, text: String::new() };
    let old = Stream::open(&town, &path, &town.payer.token, Some(&first)).await;
    let mut old = Stream { response: old, text: String::new() };
    assert_eq!(old.next().await.unwrap().0, asked);
    for _ in 0..5 {
        town.wallet.run_after(HOUR / 3).await;
    }
    let mut last = None;
    for stream in [&mut payers, &mut back, &mut old, &mut shops] {
        let mut status = Value::Null;
        let mut id = String::new();
        // Its end is the end of the stream.
        while let Some((event, seen)) = stream.next().await {
            (id, status) = (event, seen["payment"]["status"].clone());
        }
        assert_eq!(status, "succeeded");
        last.get_or_insert(id);
    }
    let over = Stream::open(&town, &path, &town.payer.token, last.as_deref()).await;
    assert_eq!(over.status(), 204, "nothing more is to come");
    let stranger = town.wallet.user().await;
    assert_eq!(Stream::open(&town, &path, &stranger.token, None).await.status(), 404);
    let none = Stream::open(&town, &path, "", None).await;
    assert_eq!(none.status(), 401);

    // Whoever logs out is told nothing more.
    town.bank.set(Fate::Settles(HOUR));
    let waiting = town.pay("5.00").await;
    let path = format!("/v1/payments/{waiting}/events");
    let response = Stream::open(&town, &path, &town.payer.token, None).await;
    let mut left = Stream { response, text: String::new() };
    left.next().await.unwrap();
    let _out =
        town.wallet.submit(town.payer.caller, Action::RevokeSession { session: None }).await.expect(204);
    for _ in 0..5 {
        town.wallet.run_after(HOUR / 3).await;
    }
    assert_eq!(left.next().await.map(|(_, seen)| seen["payment"]["status"].clone()), None);
    town.finish().await;
}
