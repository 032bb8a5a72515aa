//! The bank over real HTTP, with its books on a real file.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod agreements;
mod callbacks;
mod faults;
mod load;
mod profiles;
mod rails;
mod transfers;

use makegood_banksim::{Config, Running, Timings, start};
use makegood_base::{Clock, Timestamp};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const SECRET: &str = "a secret of the tests";
/// How long a caller waits where no answer is expected: far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that tests move; it starts at 2026-01-31T12:00:00Z.
#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn new() -> Self {
        let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        Self(Arc::new(AtomicI64::new(noon.as_micros())))
    }

    fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A bank that runs, and somebody who calls it.
struct Desk {
    bank: Running,
    client: Client,
    clock: HandClock,
    config: Config,
    /// Deleted last.
    _folder: TempDir,
}

impl Desk {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = Config::new(format!("sqlite:{}", folder.path().join("bank.db").display()), SECRET);
        config.timings = Timings {
            slow: Duration::from_millis(20),
            hang: Duration::from_millis(20),
            settle_after: Duration::from_secs(60),
        };
        change(&mut config);
        let clock = HandClock::new();
        let bank = start(config.clone(), Arc::new(clock.clone())).await.unwrap();
        let client = Client::builder().tls_certs_only([]).timeout(PATIENCE).build().unwrap();
        Self { bank, client, clock, config, _folder: folder }
    }

    /// Stops the bank and starts it again on the same books.
    async fn restart(self) -> Self {
        self.bank.stop().await;
        let bank = start(self.config.clone(), Arc::new(self.clock.clone())).await.unwrap();
        Self { bank, ..self }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.bank.url())).bearer_auth(SECRET)
    }

    /// Calls; `None` if the connection was closed without an answer.
    async fn try_call(&self, method: Method, path: &str, body: &Value) -> Option<(StatusCode, Value)> {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        match request.send().await {
            Ok(response) => Some((response.status(), response.json().await.unwrap())),
            Err(error) => {
                assert!(!error.is_timeout(), "neither an answer nor a close: {error}");
                None
            }
        }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        self.try_call(method, path, &body).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// An agreement for a card that its holder has confirmed.
    async fn card(&self, number: &str) -> String {
        let body = json!({"card_number": number, "holder_name": "Wang Xiaoming"});
        let (status, linked) = self.call(Method::POST, "/v1/agreements", body).await;
        assert_eq!(status, StatusCode::CREATED, "{linked}");
        let agreement = linked["agreement"].as_str().unwrap().to_owned();
        let path = format!("/v1/agreements/{agreement}/confirm");
        let (status, body) = self.call(Method::POST, &path, json!({"code": "123456"})).await;
        assert_eq!((status, body), (StatusCode::OK, json!({"state": "active"})));
        agreement
    }

    /// What a transfer with these parts is sent as, valid for an hour from the start of the test.
    fn instruction(direction: &str, agreement: &str, amount: &str) -> Value {
        json!({
            "direction": direction,
            "agreement": agreement,
            "amount": {"amount": amount, "currency": "CNY"},
            "valid_until": "2026-01-31T13:00:00Z",
        })
    }

    async fn send(&self, reference: &str, instruction: &Value) -> Option<(StatusCode, Value)> {
        self.try_call(Method::PUT, &format!("/v1/transfers/{reference}"), instruction).await
    }

    /// Sends and says how it stands: `succeeded`, `refused insufficient_funds`, `409 transfer.conflict`, or
    /// `no answer`.
    async fn outcome(&self, reference: &str, instruction: &Value) -> String {
        describe(self.send(reference, instruction).await)
    }

    /// Enquires and says how it stands.
    async fn enquiry(&self, reference: &str) -> String {
        let path = format!("/v1/transfers/{reference}");
        describe(self.try_call(Method::GET, &path, &Value::Null).await)
    }

    /// What is on an account, `0.00` where there is none, after the books were checked.
    async fn balance(&self, account: &str) -> String {
        let books = self.get("/v1/books").await;
        for sum in books["sums"].as_array().unwrap() {
            assert_eq!(sum["amount"], "0.00", "{books}");
        }
        assert_eq!(books["differences"], 0, "{books}");
        let accounts = books["accounts"].as_array().unwrap();
        let found = accounts.iter().find(|row| row["account"] == account);
        found.map_or("0.00".to_owned(), |row| row["balance"]["amount"].as_str().unwrap().to_owned())
    }
}

fn describe(answer: Option<(StatusCode, Value)>) -> String {
    match answer {
        None => "no answer".to_owned(),
        Some((StatusCode::OK, body)) => {
            let refusal = body["refusal"].as_str().map(|refusal| format!(" {refusal}"));
            format!("{}{}", body["status"].as_str().unwrap(), refusal.unwrap_or_default())
        }
        Some((status, body)) => format!("{} {}", status.as_u16(), body["code"].as_str().unwrap()),
    }
}
