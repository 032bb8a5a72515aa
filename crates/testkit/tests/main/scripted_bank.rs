//! A bank over HTTP that does with each transfer what a test tells it to, by the test's clock, and keeps count of what
//! it really moved. It speaks the protocol of `docs/bank.md`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use makegood_base::{Clock as _, Timestamp};
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, WebhookSecret};
use makegood_testkit::{FakeClock, TestWallet};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the bank does with a transfer that it sees for the first time.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It accepts it, and settles it after so long.
    Settles(Duration),
    /// It executes it at once, and says nothing for so long.
    ExecutesSilently(Duration),
    /// It refuses it at once, and says nothing for so long.
    RefusesSilently(Duration),
    /// It never sees it, and says nothing for so long.
    Loses(Duration),
    /// It executes it, and shows it with these members instead.
    Shows(Value),
}

/// A transfer as the bank has it.
#[derive(Debug, Clone)]
struct Held {
    asked: Value,
    executed: bool,
    settles_at: Timestamp,
    returned: Option<&'static str>,
    shown: Value,
    number: usize,
}

struct Bank {
    clock: FakeClock,
    fate: Fate,
    transfers: BTreeMap<String, Held>,
    silent_until: BTreeMap<String, Timestamp>,
    is_down: bool,
    /// Nothing: it does not say.
    windows: Option<Vec<Value>>,
    recalls: Option<&'static str>,
    calls: u64,
}

/// A bank that runs, until it is dropped.
pub(crate) struct ScriptedBank {
    pub(crate) url: String,
    bank: Arc<Mutex<Bank>>,
    server: JoinHandle<()>,
}

impl Drop for ScriptedBank {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl ScriptedBank {
    /// A bank that executes everything at once.
    pub(crate) async fn open(clock: FakeClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bank = Arc::new(Mutex::new(Bank {
            clock,
            fate: Fate::Settles(Duration::ZERO),
            transfers: BTreeMap::new(),
            silent_until: BTreeMap::new(),
            is_down: false,
            windows: Some(Vec::new()),
            recalls: Some("recalled"),
            calls: 0,
        }));
        let router = Router::new()
            .route("/v1/agreements", post(link))
            .route("/v1/agreements/{agreement}/confirm", post(confirm))
            .route("/v1/transfers/{reference}", put(send).get(find))
            .route("/v1/transfers/{reference}/recall", post(recall))
            .route("/v1/maintenance", get(maintenance))
            .with_state(Arc::clone(&bank));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, bank, server }
    }

    fn bank(&self) -> MutexGuard<'_, Bank> {
        lock(&self.bank)
    }

    /// What it does from now on with what it has not seen.
    pub(crate) fn set(&self, fate: Fate) {
        self.bank().fate = fate;
    }

    /// It answers nothing while it is down.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.bank().is_down = is_down;
    }

    /// The windows that it plans.
    pub(crate) fn plan(&self, windows: Vec<Value>) {
        self.bank().windows = Some(windows);
    }

    /// It does not say any more what it plans.
    pub(crate) fn plan_untold(&self) {
        self.bank().windows = None;
    }

    /// What it answers to a recall; nothing is no answer.
    pub(crate) fn answer_recalls(&self, recalls: Option<&'static str>) {
        self.bank().recalls = recalls;
    }

    /// How many calls about transfers came in.
    pub(crate) fn calls(&self) -> u64 {
        self.bank().calls
    }

    /// The references that it has, in the order in which they came.
    pub(crate) fn references(&self) -> Vec<String> {
        let bank = self.bank();
        let mut all: Vec<_> = bank.transfers.iter().map(|(name, held)| (held.number, name.clone())).collect();
        all.sort();
        all.into_iter().map(|(_, name)| name).collect()
    }

    /// The last transfer from a card that it has seen.
    pub(crate) fn last_in(&self) -> String {
        let bank = self.bank();
        let inward = bank.transfers.iter().filter(|(_, held)| held.asked["direction"] == "in");
        inward.max_by_key(|(_, held)| held.number).map(|(name, _)| name.clone()).unwrap()
    }

    /// Takes back what it has executed.
    pub(crate) fn take_back(&self, reference: &str, reason: &'static str) {
        self.bank().transfers.get_mut(reference).unwrap().returned = Some(reason);
    }

    /// Shows a transfer as it is from now on.
    pub(crate) fn correct(&self, reference: &str) {
        self.bank().transfers.get_mut(reference).unwrap().shown = json!({});
    }

    /// Whether it has executed a transfer, and not taken it back.
    pub(crate) fn executed(&self, reference: &str) -> bool {
        self.bank().transfers.get(reference).is_some_and(|held| held.executed && held.returned.is_none())
    }

    /// What it has moved in less what it has moved out, in hundredths, of what is settled by now.
    pub(crate) fn moved(&self) -> i64 {
        let bank = self.bank();
        let now = bank.clock.now();
        let moved = bank.transfers.values().filter(|held| held.executed && held.returned.is_none());
        let settled = moved.filter(|held| held.settles_at <= now);
        settled
            .map(
                |held| if held.asked["direction"] == "in" { minor(&held.asked) } else { -minor(&held.asked) },
            )
            .sum()
    }

    /// What it shows of a transfer, as an enquiry reads it.
    pub(crate) fn shows(&self, reference: &str) -> Value {
        let bank = self.bank();
        shown(&bank.transfers[reference], reference, bank.clock.now())
    }

    /// Tells the wallet something by itself, signed with this secret. Returns the status of the answer.
    pub(crate) async fn tell(&self, wallet: &TestWallet, secret: &WebhookSecret, transfer: &Value) -> u16 {
        let now = wallet.clock.now();
        let body = json!({"type": "transfer.updated", "at": now, "transfer": transfer}).to_string();
        tell_raw(wallet, secret, &body).await
    }
}

/// The secret that the wallet has for its bank's messages.
pub(crate) fn callback_secret(wallet: &TestWallet) -> WebhookSecret {
    WebhookSecret::parse(&wallet.app.secrets().bank_callback_secret).unwrap()
}

/// Sends the wallet a message of a bank. Returns the status of the answer.
pub(crate) async fn tell_raw(wallet: &TestWallet, secret: &WebhookSecret, body: &str) -> u16 {
    let (now, id) = (wallet.clock.now(), "msg_1");
    let url = format!("http://{}/v1/bank-callbacks/{}", wallet.address(), wallet.bank_id());
    let request = makegood_testkit::client()
        .post(url)
        .header("content-type", "application/json")
        .header(HEADER_ID, id)
        .header(HEADER_TIMESTAMP, WebhookSecret::timestamp_text(now))
        .header(HEADER_SIGNATURE, secret.sign(id, now, body.as_bytes()))
        .body(body.to_owned());
    request.send().await.unwrap().status().as_u16()
}

fn minor(asked: &Value) -> i64 {
    asked["amount"]["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

fn lock(bank: &Mutex<Bank>) -> MutexGuard<'_, Bank> {
    bank.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = State<Arc<Mutex<Bank>>>;

async fn link(State(bank): Shared, Json(body): Json<Value>) -> Response {
    if lock(&bank).is_down {
        return nothing();
    }
    let number = body["card_number"].as_str().unwrap();
    let last4 = &number[number.len() - 4..];
    let agreement = format!("agr_{number}");
    Json(json!({"agreement": agreement, "last4": last4, "holder_check": "match"})).into_response()
}

async fn confirm(State(bank): Shared) -> Response {
    if lock(&bank).is_down { nothing() } else { Json(json!({})).into_response() }
}

async fn send(State(bank): Shared, Path(reference): Path<String>, Json(asked): Json<Value>) -> Response {
    let mut bank = lock(&bank);
    bank.calls += 1;
    if bank.is_down {
        return nothing();
    }
    let now = bank.clock.now();
    if !bank.transfers.contains_key(&reference) && !bank.silent_until.contains_key(&reference) {
        let fate = bank.fate.clone();
        bank.take(&reference, asked.clone(), now, fate);
    }
    // What it lost, it may see when it is sent again.
    let is_silent = bank.is_silent(&reference, now);
    if !is_silent && !bank.transfers.contains_key(&reference) {
        bank.take(&reference, asked, now, Fate::Settles(Duration::ZERO));
    }
    if is_silent {
        nothing()
    } else {
        Json(shown(&bank.transfers[&reference], &reference, now)).into_response()
    }
}

async fn find(State(bank): Shared, Path(reference): Path<String>) -> Response {
    let mut bank = lock(&bank);
    bank.calls += 1;
    let now = bank.clock.now();
    if bank.is_down || bank.is_silent(&reference, now) {
        return nothing();
    }
    match bank.transfers.get(&reference) {
        Some(held) => Json(shown(held, &reference, now)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"code": "transfer.not_found"}))).into_response(),
    }
}

async fn recall(State(bank): Shared, Path(reference): Path<String>) -> Response {
    let mut bank = lock(&bank);
    bank.calls += 1;
    let Some(state) = bank.recalls.filter(|_| !bank.is_down) else { return nothing() };
    if state == "recalled" {
        bank.transfers.get_mut(&reference).unwrap().returned = Some("recalled");
    }
    Json(json!({"recall": state})).into_response()
}

async fn maintenance(State(bank): Shared) -> Response {
    let bank = lock(&bank);
    match &bank.windows {
        _ if bank.is_down => nothing(),
        Some(windows) => Json(json!({"data": windows})).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn nothing() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

impl Bank {
    fn is_silent(&self, reference: &str, now: Timestamp) -> bool {
        self.silent_until.get(reference).is_some_and(|until| now < *until)
    }

    fn take(&mut self, reference: &str, asked: Value, now: Timestamp, fate: Fate) {
        let number = self.transfers.len();
        let held =
            |executed, settles_at, shown| Held { asked, executed, settles_at, returned: None, shown, number };
        let held = match fate {
            Fate::Settles(after) => held(true, now.plus(after), json!({})),
            Fate::Shows(shown) => held(true, now, shown),
            Fate::ExecutesSilently(silent) => {
                self.silent_until.insert(reference.to_owned(), now.plus(silent));
                held(true, now, json!({}))
            }
            Fate::RefusesSilently(silent) => {
                self.silent_until.insert(reference.to_owned(), now.plus(silent));
                held(false, now, json!({}))
            }
            Fate::Loses(silent) => {
                self.silent_until.insert(reference.to_owned(), now.plus(silent));
                return;
            }
        };
        self.transfers.insert(reference.to_owned(), held);
    }
}

fn shown(held: &Held, reference: &str, now: Timestamp) -> Value {
    let status = match (held.executed, held.returned) {
        (true, Some(_)) => "returned",
        (true, None) if held.settles_at <= now => "succeeded",
        (true, None) => "accepted",
        (false, _) => "refused",
    };
    let mut shown = json!({
        "reference": reference,
        "bank_reference": format!("B-{}", held.number),
        "status": status,
        "direction": held.asked["direction"],
        "agreement": held.asked["agreement"],
        "amount": held.asked["amount"],
        "received_at": now,
    });
    if !held.executed {
        shown["refusal"] = "insufficient_funds".into();
    }
    if let Some(reason) = held.returned {
        shown["return_reason"] = reason.into();
    }
    for (name, value) in held.shown.as_object().unwrap() {
        shown[name] = value.clone();
    }
    shown
}
