//! Requests that are no part of the load: turning the bank's dial, looking at what happens, judging.

use crate::Failure;
use reqwest::RequestBuilder;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often, and after how long, somebody asks again who was told to come back later.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);
static KEYS: AtomicU64 = AtomicU64::new(0);

/// Somebody who asks one server for JSON.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    client: reqwest::Client,
    base: String,
}

impl Client {
    pub(crate) fn new(base: &str) -> Result<Self, Failure> {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// Reads. Whatever is no success is an error that names the path and the problem's code.
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Result<Value, Failure> {
        self.ask(path, token, || self.client.get(format!("{}{path}", self.base))).await
    }

    /// Writes, under a key of its own.
    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value, Failure> {
        let key = format!("loadtest-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        let request = || {
            let request = self.client.post(format!("{}{path}", self.base)).json(body);
            request.header("Idempotency-Key", &key)
        };
        self.ask(path, token, request).await
    }

    async fn ask(
        &self,
        path: &str,
        token: Option<&str>,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Value, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = match token {
                Some(token) => request().bearer_auth(token),
                None => request(),
            };
            let response = request.send().await?;
            let status = response.status();
            let body: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
            if status.is_success() {
                return Ok(body);
            }
            if tries == TRIES || !(status == 429 || status == 503) {
                return Err(format!("{path} was answered {status} {}", body["code"]).into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// All pages of a list.
    pub(crate) async fn all(&self, path: &str, token: Option<&str>) -> Result<Vec<Value>, Failure> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{separator}limit=100{cursor}"), token).await?;
            if let Some(data) = page["data"].as_array_mut() {
                rows.append(data);
            }
            cursor = match &page["next_cursor"] {
                Value::String(next) => format!("&cursor={next}"),
                Value::Number(next) => format!("&cursor={next}"),
                _ => return Ok(rows),
            };
        }
    }
}
