//! Proxies that break something on purpose, so that it is seen that the judge finds it.

use crate::Failure;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use makegood::SystemClock;
use makegood_base::Clock as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Of so many transfers the bank lies about one.
const LIE_EVERY: u64 = 5;
const TRANSFERS: &str = "/v1/transfers/";

/// What a proxy does to what it passes on.
#[derive(Debug)]
enum Twist {
    /// Every request gets a new idempotency key.
    FreshKeys(AtomicU64),
    /// Some transfers never reach the bank, and are answered as if it had executed them.
    Lies { told: AtomicU64, secret: String },
}

/// A proxy that runs, until it is stopped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Passing {
    twist: Twist,
    target: String,
    client: reqwest::Client,
}

impl Proxy {
    /// Stands before a wallet, and gives every request a key of its own.
    pub(crate) async fn fresh_keys(target: &str) -> Result<Self, Failure> {
        Self::start(target, Twist::FreshKeys(AtomicU64::new(0))).await
    }

    /// Stands before a bank, and says of some transfers that it has executed them, when it has not.
    pub(crate) async fn lying_bank(target: &str, secret: &str) -> Result<Self, Failure> {
        Self::start(target, Twist::Lies { told: AtomicU64::new(0), secret: secret.to_owned() }).await
    }

    async fn start(target: &str, twist: Twist) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let passing = Arc::new(Passing { twist, target: target.to_owned(), client });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let passing = Arc::clone(&passing);
                tokio::spawn(async move {
                    let pass = service_fn(|request| passing.pass(request));
                    // Who goes away early is nobody's concern here.
                    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), pass).await;
                });
            }
        });
        Ok(Self { address, task })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more connections.
    pub(crate) fn stop(self) {
        self.task.abort();
    }
}

impl Passing {
    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Failure> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        match &self.twist {
            Twist::FreshKeys(keys) => {
                if parts.headers.contains_key("idempotency-key") {
                    let key = format!("fresh-{}", keys.fetch_add(1, Ordering::Relaxed));
                    parts.headers.insert("idempotency-key", key.parse()?);
                }
            }
            Twist::Lies { told, secret } => {
                let is_new = parts.method == Method::PUT && path.starts_with(TRANSFERS);
                let is_ours = parts.headers.get("authorization").is_some_and(|shown| {
                    shown.as_bytes().strip_prefix(b"Bearer ") == Some(secret.as_bytes())
                });
                if is_new && is_ours && told.fetch_add(1, Ordering::Relaxed) % LIE_EVERY == 0 {
                    let reference = path.trim_start_matches(TRANSFERS);
                    return lie(reference, &serde_json::from_slice(&body)?);
                }
            }
        }
        parts.headers.remove("host");
        let sent = self.client.request(parts.method, format!("{}{path}", self.target));
        let response = sent.headers(parts.headers).body(body).send().await?;
        let mut passed = Response::builder().status(response.status());
        for (name, value) in response.headers() {
            // The length is told anew.
            if name != "transfer-encoding" && name != "connection" {
                passed = passed.header(name, value);
            }
        }
        Ok(passed.body(Full::new(response.bytes().await?))?)
    }
}

/// What a bank would say that has executed this.
fn lie(reference: &str, instruction: &Value) -> Result<Response<Full<Bytes>>, Failure> {
    let transfer = json!({
        "reference": reference,
        "bank_reference": format!("said-{reference}"),
        "status": "succeeded",
        "direction": instruction["direction"],
        "agreement": instruction["agreement"],
        "amount": instruction["amount"],
        "received_at": SystemClock.now(),
    });
    let response = Response::builder().status(StatusCode::OK).header("content-type", "application/json");
    Ok(response.body(Full::new(Bytes::from(transfer.to_string())))?)
}
