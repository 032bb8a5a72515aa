//! The demo's HTTP client, and the two people that it plays.

use super::DemoError;
use super::stage::{Stage, text};
use makegood_banksim::cards;
use makegood_wallet::texts::Language;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How often an object is read while it is waited for, and how many times.
const POLL_INTERVAL: Duration = Duration::from_millis(40);
const POLLS_MAX: u32 = 500;

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn text(&self, field: &str) -> &str {
        text(&self.body, field)
    }

    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}

pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    language: Language,
    keys: AtomicU32,
}

impl Client {
    pub(super) fn new(url: &str, language: Language) -> Result<Self, DemoError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { http, url: url.to_owned(), language, keys: AtomicU32::new(0) })
    }

    /// A key that was not used before.
    pub(super) fn key(&self) -> String {
        format!("demo-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<(&str, Value)>,
    ) -> Result<Answer, DemoError> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        request = request.header("Accept-Language", self.language.tag());
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some((key, body)) = body {
            request = request.header("Idempotency-Key", key).json(&body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Result<Answer, DemoError> {
        self.call(Method::GET, token, path, None).await
    }

    /// Posts with a key of its own.
    pub(super) async fn post(&self, token: &str, path: &str, body: Value) -> Result<Answer, DemoError> {
        self.post_with_key(token, path, &self.key(), body).await
    }

    pub(super) async fn post_with_key(
        &self,
        token: &str,
        path: &str,
        key: &str,
        body: Value,
    ) -> Result<Answer, DemoError> {
        self.call(Method::POST, token, path, Some((key, body))).await
    }

    /// Posts what must succeed.
    async fn make(&self, token: &str, path: &str, body: Value) -> Result<Answer, DemoError> {
        let answer = self.post(token, path, body).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(DemoError::Broken { step: format!("POST {path}"), answer: answer.shown() })
    }

    /// Reads an object until it has one of these statuses.
    pub(super) async fn wait(&self, token: &str, path: &str, wanted: &[&str]) -> Result<Answer, DemoError> {
        let mut last = self.get(token, path).await?;
        for _ in 0..POLLS_MAX {
            if wanted.contains(&last.text("status")) {
                return Ok(last);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
            last = self.get(token, path).await?;
        }
        Err(DemoError::Broken { step: format!("{path}: {}", wanted.join(", ")), answer: last.shown() })
    }
}

/// A payer with cards, and a shop.
pub(super) struct People {
    pub(super) client: Client,
    /// The payer's session.
    pub(super) payer: String,
    /// The shop's API key.
    pub(super) shop_key: String,
    /// The shop's id.
    pub(super) shop: String,
    /// A card that always works.
    pub(super) card: String,
    /// A card whose bank executes and does not answer.
    pub(super) silent_card: String,
    /// A card that is closed when something is returned to it.
    pub(super) closing_card: String,
}

impl People {
    pub(super) async fn arrive(client: Client, stage: &Stage) -> Result<Self, DemoError> {
        let payer = register(&client, "li.wei@example.com", "Li Wei").await?;
        let owner = register(&client, "tea@example.com", "Chen Yu").await?;
        let merchant = client.make(&owner, "/v1/merchants", json!({"name": "Corner Tea House"})).await?;
        let card = link(&client, &payer, cards::ALWAYS_WORKS).await?;
        let silent_card = link(&client, &payer, cards::TIMES_OUT_BUT_EXECUTES).await?;
        let closing_card = link(&client, &payer, cards::CLOSED_WHEN_REFUNDED).await?;
        let people = Self {
            payer,
            shop_key: merchant.text("api_key").to_owned(),
            shop: merchant.text("id").to_owned(),
            card,
            silent_card,
            closing_card,
            client,
        };
        let amount = json!({"amount": "200.00", "currency": "CNY"});
        let body = json!({"amount": amount, "bank_card": people.card});
        let top_up = people.client.make(&people.payer, "/v1/top-ups", body).await?;
        let path = format!("/v1/top-ups/{}", top_up.text("id"));
        people.client.wait(&people.payer, &path, &["succeeded"]).await?;
        stage.say(
            "Li Wei has linked three bank cards and topped up 200.00. The Corner Tea House takes QR payments.",
            "李伟绑定了三张银行卡，并充值 200.00 元。街角茶馆支持扫码付款。",
        );
        Ok(people)
    }

    /// The shop makes an order.
    pub(super) async fn order(&self, number: &str, amount: &str) -> Result<Answer, DemoError> {
        let amount = json!({"amount": amount, "currency": "CNY"});
        let body = json!({"merchant_order_no": number, "amount": amount, "description": "Oolong"});
        self.client.make(&self.shop_key, "/v1/orders", body).await
    }

    /// What the payer sends to pay an order, having seen its amount and payee.
    pub(super) fn payment(&self, order: &Answer, source: Value) -> Value {
        let expect = json!({"amount": order.body["amount"], "payee": self.shop});
        json!({"order": order.text("id"), "source": source, "expect": expect})
    }

    /// The payer pays from a card, and waits for one of these statuses.
    pub(super) async fn pay_by_card(
        &self,
        order: &Answer,
        card: &str,
        wanted: &[&str],
    ) -> Result<Answer, DemoError> {
        let body = self.payment(order, json!({"type": "bank_card", "id": card}));
        let payment = self.client.make(&self.payer, "/v1/payments", body).await?;
        self.client.wait(&self.payer, &format!("/v1/payments/{}", payment.text("id")), wanted).await
    }

    /// What the payer has.
    pub(super) async fn balance(&self) -> Result<String, DemoError> {
        let answer = self.client.get(&self.payer, "/v1/me/balances").await?;
        Ok(text(&answer.body["data"][0], "available").to_owned())
    }

    /// Shows the trace of a payment or a refund, and answers it.
    pub(super) async fn show_trace(
        &self,
        stage: &Stage,
        token: &str,
        path: &str,
    ) -> Result<Answer, DemoError> {
        let trace = self.client.get(token, &format!("{path}/trace")).await?;
        stage.trace(&trace.body);
        Ok(trace)
    }
}

async fn register(client: &Client, login: &str, name: &str) -> Result<String, DemoError> {
    const PASSWORD: &str = "grey-kettle-tram-41";
    let user = json!({"login": login, "password": PASSWORD, "display_name": name});
    client.make("", "/v1/users", user).await?;
    let session = client.make("", "/v1/sessions", json!({"login": login, "password": PASSWORD})).await?;
    Ok(session.text("token").to_owned())
}

async fn link(client: &Client, token: &str, number: &str) -> Result<String, DemoError> {
    let card = json!({"bank": "simbank", "number": number, "holder_name": "Li Wei"});
    let card = client.make(token, "/v1/me/bank-cards", card).await?;
    let id = card.text("id").to_owned();
    client.make(token, &format!("/v1/me/bank-cards/{id}/confirm"), json!({"code": "123456"})).await?;
    Ok(id)
}
