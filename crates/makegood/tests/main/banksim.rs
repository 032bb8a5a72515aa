//! `makegood banksim`: a bank in a process of its own.

use crate::process::{Service, makegood, run, said};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use makegood_app::SystemClock;
use makegood_base::Clock as _;
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookSecret};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(30);
const CALLBACK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Makes a secrets file that its owner alone can read, in which the bank's secrets are known.
fn secrets_file(folder: &std::path::Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("master");
    let master = "8d5c3f0b6a4e2d1907f6e5d4c3b2a19080716253445566778899aabbccddeeff";
    let text = format!("{master}\nbank_secret=open-sesame\nbank_callback_secret={CALLBACK_SECRET}\n");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

/// A callback whose signature is right.
async fn receive(
    State(heard): State<mpsc::UnboundedSender<Value>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name| headers[name].to_str().unwrap();
    let (id, at, signature) = (header(HEADER_ID), header(HEADER_TIMESTAMP), header(HEADER_SIGNATURE));
    let secret = WebhookSecret::parse(CALLBACK_SECRET).unwrap();
    secret.verify(id, at, signature, &body, SystemClock.now(), TOLERANCE).unwrap();
    heard.send(serde_json::from_slice(&body).unwrap()).unwrap();
    StatusCode::NO_CONTENT
}

async fn call(method: reqwest::Method, url: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build().unwrap();
    let mut request = client.request(method, url).bearer_auth("open-sesame");
    if !body.is_null() {
        request = request.json(&body);
    }
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_alone_calls_back_signed_and_is_turned_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (hears, mut heard) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", post(receive)).with_state(hears);
    // It ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    let secrets = secrets_file(folder.path());
    let arguments = [
        "banksim",
        "--listen",
        "127.0.0.1:0",
        "--secrets-file",
        &secrets,
        "--callback-url",
        &hook,
        "--profile",
        "peak",
        "--time-of-day",
        "11:00",
        "--clock-speed",
        "240",
    ];
    let bank = Service::start(makegood(folder.path(), &arguments));
    let url = |path: &str| format!("{}{path}", bank.url);
    let get = reqwest::Method::GET;
    let day = call(get.clone(), &url("/control/profile"), Value::Null).await;
    assert_eq!((&day["profile"], &day["clock_speed"]), (&json!("peak"), &json!(240.0)));
    assert!(day["latency_p50_ms"].as_u64().unwrap() > 2_000, "{day}");
    let post = reqwest::Method::POST;
    call(post.clone(), &url("/control/profile"), json!({"profile": "calm"})).await;
    let faults = json!({"timeout_executed_rate": 0.0, "wrong_amount_rate": 1.0});
    call(post.clone(), &url("/control/faults"), faults).await;

    let card = json!({"card_number": makegood_banksim::cards::ALWAYS_WORKS, "holder_name": "Li Wei"});
    let linked = call(post.clone(), &url("/v1/agreements"), card).await;
    let agreement = linked["agreement"].as_str().unwrap();
    let confirm = url(&format!("/v1/agreements/{agreement}/confirm"));
    call(post, &confirm, json!({"code": "123456"})).await;
    let transfer = json!({
        "direction": "in",
        "agreement": agreement,
        "amount": {"amount": "10.00", "currency": "CNY"},
        "valid_until": SystemClock.now().plus(PATIENCE),
    });
    let sent = call(reqwest::Method::PUT, &url("/v1/transfers/btr_1"), transfer).await;
    assert_ne!(sent["amount"]["amount"], "10.00");
    let told = tokio::time::timeout(PATIENCE, heard.recv()).await.unwrap().unwrap();
    assert_eq!((&told["type"], &told["transfer"]), (&json!("transfer.updated"), &sent));
    let injected = call(get, &url("/control/injected"), Value::Null).await;
    let found = injected["data"].as_array().unwrap().iter().find(|row| row["kind"] == "wrong_amount");
    assert_eq!(found.unwrap(), &json!({"kind": "wrong_amount", "count": 1, "references": ["btr_1"]}));
    assert_eq!(bank.stop().0, Some(0));
}

#[test]
fn what_a_bank_cannot_be_told_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (["--profile", "busy"], "neither calm, peak or outage"),
        (["--time-of-day", "noon"], "not a time of day"),
        (["--clock-speed", "0"], "speed is not from 0.01"),
        (["--callback-url", "https://127.0.0.1/hook"], "callbacks go to a URL such as http://"),
    ] {
        let refused = run(folder.path(), &[&["banksim", "--listen", "127.0.0.1:0"], &arguments[..]].concat());
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(said(&refused).contains(expected), "{arguments:?}: {}", said(&refused));
    }
}

#[test]
fn the_doctor_says_why_a_bank_does_not_serve() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Service::start(makegood(
        folder.path(),
        &["banksim", "--listen", "127.0.0.1:0", "--profile", "outage"],
    ));
    let sick = run(folder.path(), &["--bank-url", &bank.url, "doctor"]);
    assert_eq!(sick.status.code(), Some(1));
    assert!(said(&sick).contains("FAILED  bank"), "{}", said(&sick));
    assert_eq!(bank.stop().0, Some(0));
}
