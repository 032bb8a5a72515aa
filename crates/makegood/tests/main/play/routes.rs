//! The page's own routes: there in test mode, absent where money is real.

use super::client;
use crate::process::{Service, bash, makegood};
use makegood::{Server, ServerConfig, curl};
use makegood_app::{Secrets, SystemClock, SystemEntropy};
use makegood_testkit::database::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

const WORDS: &str = include_str!("../../../src/play/assets/words.json");
const GETS: &[&str] =
    &["/play", "/play/", "/play/play.css", "/play/play.js", "/play/words.json", "/play/api/stage"];
const POSTS: &[&str] = &["/play/api/bank", "/play/api/prove", "/play/api/forge", "/play/api/wallet"];

async fn post(url: &str, path: &str, body: &str) -> (StatusCode, Value) {
    let request = client().post(format!("{url}{path}")).header("Content-Type", "application/json");
    let answer = request.body(body.to_owned()).send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn where_money_is_real_there_is_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let config = ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        bank_url: Some("http://127.0.0.1:9".to_owned()),
        secrets: Some(Secrets::parse(&Secrets::generate(&SystemEntropy)).unwrap()),
        background: false,
        ..ServerConfig::new(folder.path())
    };
    let running = Server::start(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await.unwrap();
    let paths =
        GETS.iter().map(|path| (Method::GET, path)).chain(POSTS.iter().map(|path| (Method::POST, path)));
    for (method, path) in paths {
        let answer = client().request(method, format!("{}{path}", running.url())).json(&json!({}));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "not_found", "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn the_page_runs_its_own_scripts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    for path in GETS {
        let answer = client().get(format!("{}{path}", service.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("://"), "{path} names another place");
        assert!(!text.contains(" style=") && !text.contains(" onclick="), "{path} has something inline");
    }
    let document = client().get(format!("{}/openapi.json", service.url)).send().await.unwrap();
    assert!(!document.text().await.unwrap().contains("/play"), "it is no part of the API");
    assert_eq!(service.stop().0, Some(0));
}

#[tokio::test]
async fn the_dial_turns_and_the_books_are_proved_and_forged() {
    let folder = tempfile::tempdir().unwrap();
    let copies = folder.path().join("forged");
    std::fs::create_dir_all(copies.join("of a server that was killed")).unwrap();
    let service = Service::serve(folder.path());
    assert!(!copies.exists(), "what was left behind is gone");
    let url = &service.url;
    let stage = || async {
        client().get(format!("{url}/play/api/stage")).send().await.unwrap().text().await.unwrap()
    };
    let calm = r#""profile":"calm","latency_p50_ms":0,"per_minute":null"#;
    assert_eq!(stage().await, format!(r#"{{"bank":{{{calm}}},"wallet":null}}"#));
    for (profile, latency_ms) in [("peak", 8_000), ("outage", 0), ("calm", 0)] {
        let (status, dial) = post(url, "/play/api/bank", &format!(r#"{{"profile":"{profile}"}}"#)).await;
        assert_eq!(
            (status.as_u16(), &dial["profile"], &dial["latency_p50_ms"]),
            (200, &json!(profile), &json!(latency_ms))
        );
    }
    for (path, body) in [
        ("/play/api/bank", r#"{"profile":"stormy"}"#),
        ("/play/api/bank", "{}"),
        ("/play/api/bank", r#"{"profile":"calm","secret":1}"#),
        ("/play/api/prove", ""),
        ("/play/api/forge", r#"{"row":1}"#),
    ] {
        let (status, problem) = post(url, path, body).await;
        assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("request.malformed")), "{path} {body}");
    }
    let form = client().post(format!("{url}/play/api/bank")).header("Content-Type", "text/plain");
    let form = form.body(r#"{"profile":"outage"}"#).send().await.unwrap();
    assert_eq!(form.status(), 415, "what a page of somebody else's can send");
    let rebound = client().post(format!("{url}/play/api/bank")).header("Host", "example.com");
    let rebound = rebound.json(&json!({"profile": "outage"})).send().await.unwrap();
    assert_eq!(rebound.status(), 404, "what a page can send whose name was made to lead here");
    assert_eq!(post(url, "/play/api/wallet", r#"{"run":false}"#).await.0, 404, "nobody looks after it");
    // Nothing has moved yet.
    assert_eq!(post(url, "/play/api/forge", "{}").await.1, json!({"outcome": "nothing_there"}));
    bash(&curl::LINES.replace("http://127.0.0.1:8080", url));
    let (_, proof) = post(url, "/play/api/prove", "{}").await;
    assert_eq!((&proof["clean"], &proof["root_over"]), (&json!(true), &proof["transactions"]), "{proof}");
    let words: Value = serde_json::from_str(WORDS).unwrap();
    for compared in proof["compared"].as_array().unwrap() {
        let what = compared["what"].as_str().unwrap().replace(' ', "-");
        assert!(words.get(format!("count.{what}")).is_some(), "{what} has no word");
    }
    let (_, forged) = post(url, "/play/api/forge", "{}").await;
    assert_eq!((&forged["outcome"], &forged["named"]), (&json!("done"), &json!(true)), "{forged}");
    assert_eq!(forged["was"].as_u64().unwrap() ^ 1, forged["is"].as_u64().unwrap());
    assert_eq!(
        (&forged["differences"][0]["table"], &forged["differences"][0]["key"]),
        (&json!("ledger_legs"), &forged["key"])
    );
    assert_eq!(std::fs::read_dir(&copies).unwrap().count(), 0, "the copy is gone");
    // What fails is told as a failure, and not as a wallet that is away: the page would ask again and again.
    std::fs::remove_dir(&copies).unwrap();
    std::fs::write(&copies, "").unwrap();
    let (status, problem) = post(url, "/play/api/forge", "{}").await;
    assert_eq!((status.as_u16(), &problem["code"]), (500, &json!("internal")));
    // The books themselves are as they were.
    assert_eq!(post(url, "/play/api/prove", "{}").await.1["root"], proof["root"]);
    assert_eq!(service.stop().0, Some(0));
}

/// Books that are not a file are not forged, and a bank that is not inside has its dial elsewhere.
#[tokio::test]
async fn what_is_not_there_is_said() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--test-mode", "--listen", "127.0.0.1:0", "--bank-url", "http://127.0.0.1:9"];
    let arguments = [arguments.as_slice(), &["--database-url", database.url()]].concat();
    let service = Service::start(makegood(folder.path(), &arguments));
    let stage = client().get(format!("{}/play/api/stage", service.url)).send().await.unwrap();
    assert_eq!(stage.json::<Value>().await.unwrap(), json!({"bank": null, "wallet": null}));
    assert_eq!(post(&service.url, "/play/api/bank", r#"{"profile":"peak"}"#).await.0, 404);
    assert_eq!(post(&service.url, "/play/api/forge", "{}").await.1, json!({"outcome": "not_sqlite"}));
    assert_eq!(post(&service.url, "/play/api/prove", "{}").await.1["clean"], true);
    assert_eq!(service.stop().0, Some(0));
}
