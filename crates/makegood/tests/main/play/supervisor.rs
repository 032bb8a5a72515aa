//! `makegood play`: the wallet is a process of its own, and whoever starts it stops it.

use super::{client, is_running};
use crate::process::{Service, makegood, run, said};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

fn play(folder: &Path) -> Service {
    Service::start(makegood(folder, &["play", "--listen", "127.0.0.1:0"]))
}

async fn wallet(url: &str) -> Value {
    let stage = client().get(format!("{url}/play/api/stage")).send().await.unwrap();
    stage.json::<Value>().await.unwrap()["wallet"].take()
}

async fn order(url: &str, run: bool) -> Value {
    let answer =
        client().post(format!("{url}/play/api/wallet")).json(&json!({"run": run})).send().await.unwrap();
    answer.json().await.unwrap()
}

async fn wait_until_gone(process: u64) {
    let until = Instant::now() + Duration::from_secs(20);
    while is_running(process) {
        assert!(Instant::now() < until, "process {process} was left behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_wallet_is_killed_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let service = play(folder.path());
    let url = &service.url;
    let first = wallet(url).await;
    assert_eq!((&first["up"], &first["kills"]), (&json!(true), &json!(0)));
    assert_eq!(client().get(format!("{url}/readyz")).send().await.unwrap().status(), 200);
    let process = first["process"].as_u64().unwrap();
    let killed = json!({"up": false, "process": null, "kills": 1, "was_killed": true});
    assert_eq!(order(url, false).await, killed);
    wait_until_gone(process).await;
    assert_eq!(order(url, false).await["kills"], 1, "what is down is not killed");
    // Nothing was decided, and that is said in the caller's language.
    let asked =
        client().get(format!("{url}/v1/banks")).header("Accept-Language", "zh-CN").send().await.unwrap();
    assert_eq!((asked.status().as_u16(), &asked.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(asked.headers()["content-type"], "application/problem+json");
    let problem: Value = asked.json().await.unwrap();
    assert_eq!((&problem["code"], &problem["locale"]), (&json!("service.unavailable"), &json!("zh-CN")));
    // The page and the bank go on.
    assert_eq!(client().get(format!("{url}/play")).send().await.unwrap().status(), 200);
    let again = order(url, true).await;
    assert_eq!(
        (&again["up"], &again["kills"], &again["was_killed"]),
        (&json!(true), &json!(1), &json!(false))
    );
    assert_ne!(again["process"].as_u64(), Some(process));
    assert_eq!(order(url, true).await, again, "what is up is not started");
    assert_eq!(client().get(format!("{url}/readyz")).send().await.unwrap().status(), 200);
    let refused =
        client().post(format!("{url}/play/api/wallet")).json(&json!({"run": "yes"})).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let rebound = client().post(format!("{url}/play/api/wallet")).header("Host", "example.com");
    let rebound = rebound.json(&json!({"run": false})).send().await.unwrap();
    assert_eq!(rebound.status(), 404, "a name that was made to lead here kills no wallet");
    assert_eq!(service.stop().0, Some(0));
    wait_until_gone(again["process"].as_u64().unwrap()).await;
}

#[tokio::test]
async fn a_supervisor_that_is_killed_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = play(folder.path());
    let process = wallet(&service.url).await["process"].as_u64().unwrap();
    service.kill();
    wait_until_gone(process).await;
    // The folder is free again.
    assert_eq!(play(folder.path()).stop().0, Some(0));
}

#[test]
fn play_makes_up_its_own_bank_and_stays_at_home() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["play", "--bank-url", "http://127.0.0.1:9"][..], "makes up its bank"),
        (&["play", "--more-banks", "lotus=http://127.0.0.1:9"], "--more-banks"),
        (&["play", "--listen", "0.0.0.0:0"], "--test-mode"),
    ] {
        let refused = run(folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(said(&refused).contains(expected), "{arguments:?}: {}", said(&refused));
    }
}
