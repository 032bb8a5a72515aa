//! Calls over HTTP, as a client makes them who may lose the server at any time.

use super::PATIENCE;
use crate::process::Service;
use makegood_testkit::Answer;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A request that writes, with a key of its own: what is sent again after a crash.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    /// Who asks; nobody yet, where somebody registers.
    pub(crate) token: Option<String>,
    pub(crate) key: String,
    pub(crate) body: Value,
    pub(crate) effect: Effect,
}

/// What a call does once. People and shops are places in the town, amounts are in minor units.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    User { login: String },
    Order { amount: i64 },
    Payment { payer: usize, shop: usize, amount: i64 },
    Transfer { payer: usize, payee: usize, amount: i64 },
    Refund { payment: String, payer: usize, shop: usize, amount: i64 },
}

/// A client of one server.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub(crate) fn of(service: &Service) -> Self {
        let http =
            reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build().unwrap();
        Self { http, url: service.url.clone() }
    }

    /// Sends a call once. It is answered when the last byte of the answer is here.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, reqwest::Error> {
        self.post(&call.path, call.token.as_deref(), &call.key, &call.body).await
    }

    /// Sends a call again and again until the server has decided. With one key that is safe.
    pub(crate) async fn send_until_answered(&self, call: &Call) -> Answer {
        let began = Instant::now();
        loop {
            match self.send(call).await {
                Ok(answer) if answer.status != 503 => return answer,
                undecided => {
                    let (waited, path) = (began.elapsed(), &call.path);
                    assert!(waited < PATIENCE, "{path} is not decided after {waited:?}: {undecided:?}");
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        key: &str,
        body: &Value,
    ) -> Result<Answer, reqwest::Error> {
        let request = self.http.post(format!("{}{path}", self.url)).header("idempotency-key", key).json(body);
        read(request, token).await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, reqwest::Error> {
        read(self.http.get(format!("{}{path}", self.url)), token).await
    }
}

async fn read(request: reqwest::RequestBuilder, token: Option<&str>) -> Result<Answer, reqwest::Error> {
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await?;
    let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
    let status = response.status().as_u16();
    Ok(Answer::new(status, response.bytes().await?.to_vec(), replayed))
}

/// An amount as the API writes it.
pub(crate) fn money(minor: i64) -> Value {
    json!({"amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "CNY"})
}

/// Minor units of a decimal string with two decimals, such as `-0.50`.
pub(crate) fn minor(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}
