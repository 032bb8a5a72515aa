//! A receiver of webhooks: a real HTTP server on this machine that goes down, comes back, refuses, redirects and
//! misbehaves, and keeps what it was sent.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use makegood_base::Timestamp;
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookSecret};
use makegood_testkit::{Answer, Shop, TestWallet};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a receiver does with what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    Answers(u16),
    /// Answers 500 to events of the kinds that begin so, and takes the others.
    Refuses(&'static str),
    Redirects(String),
    /// Answers after this long.
    Dawdles(Duration),
    /// Answers 500 with a body that never ends, and with what no log should have.
    Floods,
}

/// One webhook that came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signatures: String,
    pub(crate) body: String,
    pub(crate) was_taken: bool,
}

impl Came {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether a receiver that knows this secret believes it.
    pub(crate) fn is_believed(&self, secret: &str, now: Timestamp) -> bool {
        let secret = WebhookSecret::parse(secret).unwrap();
        let Self { id, timestamp, signatures, body, .. } = self;
        secret.verify(id, timestamp, signatures, body.as_bytes(), now, TOLERANCE).is_ok()
    }
}

#[derive(Debug)]
struct Shared {
    mood: Mutex<Mood>,
    came: Mutex<Vec<Came>>,
}

/// The receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) async fn open(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { mood: Mutex::new(mood), came: Mutex::new(Vec::new()) });
        let server = Some(serve(listener, Arc::clone(&shared)));
        Self { address, shared, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// Nobody listens any more.
    pub(crate) async fn goes_down(&mut self) {
        let server = self.server.take().expect("it is up");
        server.abort();
        let _aborted = server.await;
    }

    pub(crate) async fn comes_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.server = Some(serve(listener, Arc::clone(&self.shared)));
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.shared.came.lock().unwrap().clone()
    }

    /// What it has taken, in order, each the first time.
    pub(crate) fn taken(&self) -> Vec<Came> {
        let mut seen = BTreeSet::new();
        self.came().into_iter().filter(|came| came.was_taken && seen.insert(came.id.clone())).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

fn serve(listener: TcpListener, shared: Arc<Shared>) -> JoinHandle<()> {
    let answer = move |headers: HeaderMap, body: Bytes| {
        let shared = Arc::clone(&shared);
        async move { take(&shared, &headers, &body).await }
    };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
}

async fn take(shared: &Shared, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut mood = shared.mood.lock().unwrap().clone();
    if let Mood::Refuses(kinds) = mood {
        let event: Value = serde_json::from_slice(body).unwrap();
        let is_refused = event["type"].as_str().unwrap().starts_with(kinds);
        mood = if is_refused { Mood::Answers(500) } else { Mood::Takes };
    }
    let header = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let came = Came {
        id: header(HEADER_ID),
        timestamp: header(HEADER_TIMESTAMP),
        signatures: header(HEADER_SIGNATURE),
        body: String::from_utf8(body.to_vec()).unwrap(),
        was_taken: mood == Mood::Takes,
    };
    shared.came.lock().unwrap().push(came);
    match mood {
        Mood::Takes => StatusCode::NO_CONTENT.into_response(),
        Mood::Refuses(_) => unreachable!("it is one of the others by now"),
        Mood::Answers(status) => {
            (StatusCode::from_u16(status).unwrap(), "no\u{1b}[31m <b>\n").into_response()
        }
        Mood::Redirects(to) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Mood::Dawdles(time) => {
            tokio::time::sleep(time).await;
            StatusCode::OK.into_response()
        }
        Mood::Floods => {
            let chunk = || Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'\0'; 1_024]));
            let body = Body::from_stream(stream::unfold((), move |()| async move { Some((chunk(), ())) }));
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
    }
}

/// What somebody should have been told: the object of each event, in the order of its number.
pub(crate) async fn told(wallet: &TestWallet, shop: &Shop) -> Vec<(String, String)> {
    let events = wallet.app.lists().events_after(shop.id.raw(), 0, 1_000_000).await.unwrap();
    events.into_iter().map(|event| (event.id.to_string(), event.object)).collect()
}

/// What somebody should have been told of payments and refunds.
pub(crate) async fn told_of_sales(wallet: &TestWallet, shop: &Shop) -> Vec<(String, String)> {
    let mut told = told(wallet, shop).await;
    told.retain(|(_, object)| object.starts_with("pay_") || object.starts_with("rfd_"));
    told
}

/// What is wrong with what was taken: an event that is missing, and one that came before an earlier one of its object.
pub(crate) fn judge(told: &[(String, String)], taken: &[Came]) -> (usize, usize) {
    let places: BTreeMap<&str, usize> =
        taken.iter().enumerate().map(|(place, came)| (came.id.as_str(), place)).collect();
    let missing = told.iter().filter(|(id, _)| !places.contains_key(id.as_str())).count();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let mut misplaced = 0;
    for (id, object) in told {
        let Some(place) = places.get(id.as_str()) else { continue };
        let before = last.insert(object, *place);
        misplaced += usize::from(before.is_some_and(|before| before > *place));
    }
    (missing, misplaced)
}

/// Makes an endpoint of a shop over HTTP, and answers it with its secret.
pub(crate) async fn endpoint(wallet: &TestWallet, shop: &Shop, receiver: &Receiver) -> Answer {
    endpoint_for(wallet, shop, receiver, &["*"]).await
}

/// What a payment and its refund tell, and what time brings by itself, such as settlements, does not.
pub(crate) const SALES: &[&str] = &["payment.*", "refund.*"];

/// Makes an endpoint of a shop for these events.
pub(crate) async fn endpoint_for(
    wallet: &TestWallet,
    shop: &Shop,
    receiver: &Receiver,
    events: &[&str],
) -> Answer {
    let key = wallet.name("key");
    let body = json!({"url": receiver.url(), "events": events});
    let made = wallet.call(("POST", "/v1/webhook-endpoints"), Some(&shop.token), Some(&key), &body).await;
    made.expect(201)
}

/// Asks something of an endpoint over HTTP.
pub(crate) async fn ask(wallet: &TestWallet, shop: &Shop, path: &str, body: Value) -> Answer {
    let key = wallet.name("key");
    wallet
        .call(("POST", &format!("/v1/webhook-endpoints/{path}")), Some(&shop.token), Some(&key), &body)
        .await
}

/// An endpoint as its merchant reads it.
pub(crate) async fn read(wallet: &TestWallet, shop: &Shop, path: &str) -> Answer {
    let path = format!("/v1/webhook-endpoints/{path}");
    wallet.call(("GET", &path), Some(&shop.token), None, &Value::Null).await.expect(200)
}
