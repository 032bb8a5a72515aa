//! P19: a client that goes away at any moment loses no write, doubles none, and leaves no transaction behind.

use super::{proved, trials};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use makegood_sql::{Database, Options};
use makegood_testkit::{Answer, Db, Person, SeededEntropy, TestWallet, transfer};
use makegood_wallet::Query;
use serde_json::json;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

on_both!(a_client_that_goes_away);

/// How long a transaction that was dropped may stay open: less than PostgreSQL lets one be idle.
const ROLLBACK_MAX: Duration = Duration::from_secs(3);

/// Polls a future so many times, and drops it. With `in_turn` each poll waits for its wake-up, so that their number
/// is that of the awaits that were reached; without, the polls come as fast as they can, and their number is a time.
pub(super) async fn poll_and_drop<T>(
    future: impl Future<Output = T>,
    times: u64,
    in_turn: bool,
) -> Option<T> {
    let (mut future, mut polls) = (pin!(future), 0);
    while polls < times {
        let polled = std::future::poll_fn(|context| {
            polls += 1;
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if in_turn && polls < times => Poll::Pending,
                Poll::Pending => Poll::Ready(None),
            }
        });
        if let Some(output) = polled.await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

async fn a_client_that_goes_away(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, payee) = (wallet.user_with("10000.00").await, wallet.user().await);
    let points = trials(2_000);
    let dropped = submits(&wallet, &payer, &payee, points).await;
    assert_eq!(leaks(&wallet, db).await, 0);
    let (awaits, requests) = handlers(&wallet, &payer, &payee, points).await;
    assert_eq!(leaks(&wallet, db).await, 0);
    let reads = queries(&wallet, &payer, points).await;
    let written = wallet.count("SELECT COUNT(*) FROM transfers").await;
    assert_eq!(u64::try_from(written), Ok(points + requests), "each exactly once");
    assert_eq!(leaks(&wallet, db).await, 0);
    let caught = naive(&wallet, 40).await > 0;
    let figures = [
        ("commands", points),
        ("dropped", dropped),
        ("requests", requests),
        ("awaits", awaits),
        ("reads", reads),
        ("lost", 0),
        ("doubled", 0),
        ("leaked", 0),
    ];
    proved("P19", db.as_str(), &figures, caught);
    wallet.finish().await;
}

/// Drops submitted commands at all moments of their batch. Whoever asks again with the key learns that it has
/// happened, once. Returns how many were dropped before their answer.
async fn submits(wallet: &TestWallet, payer: &Person, payee: &Person, points: u64) -> u64 {
    let choice = SeededEntropy::new(19);
    let (mut dropped, mut commands) = (0, Vec::new());
    for point in 0..points {
        let command = wallet.keyed(payer.caller, &format!("command {point}"), transfer(payee, "0.01"));
        let answer = poll_and_drop(wallet.app.submit(command.clone()), 1 << choice.below(18), false).await;
        dropped += u64::from(answer.is_none());
        commands.push(command);
    }
    assert!(dropped > points / 4, "nearly nobody went away: {dropped} of {points}");
    for command in commands {
        assert!(Answer::from(wallet.app.submit(command).await).expect(201).replayed, "a write was lost");
    }
    dropped
}

/// Drops the handlers of requests at their first await, their second, and so on to the last, and again from the
/// first; every other one at any moment instead. Whoever got an answer gets it again; whoever did not has their effect once they ask again. Returns how
/// many awaits there are, and how many requests were made.
async fn handlers(wallet: &TestWallet, payer: &Person, payee: &Person, points: u64) -> (u64, u64) {
    let router = makegood_api::router(wallet.app.clone(), makegood_api::Limits::default());
    let request = |key: u64| {
        let body = json!({"to": payee.id, "amount": {"amount": "0.01", "currency": "CNY"},
            "expect": {"amount": {"amount": "0.01", "currency": "CNY"}, "payee": payee.id}});
        let request = Request::post("/v1/transfers")
            .header("authorization", format!("Bearer {}", payer.token))
            .header("content-type", "application/json")
            .header("idempotency-key", format!("request {key}"));
        router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap())
    };
    let choice = SeededEntropy::new(20);
    let (mut times, mut awaits) = (1, 0);
    for key in 0..points {
        let in_turn = key.is_multiple_of(2);
        let polls = if in_turn { times } else { 1 << choice.below(18) };
        let answer = poll_and_drop(request(key), polls, in_turn).await;
        let again = request(key).await.unwrap();
        assert_eq!(again.status(), StatusCode::CREATED);
        if let Some(answer) = answer {
            assert_eq!(answer.unwrap().status(), StatusCode::CREATED);
            assert!(again.headers().contains_key("idempotency-replayed"), "an answered write was lost");
            times = if in_turn { 0 } else { times };
        }
        times += u64::from(in_turn);
        awaits = awaits.max(times - 1);
    }
    assert!(awaits > 0, "a handler has no await");
    (awaits, points)
}

/// Drops reads, which hold connections too. Returns how many.
async fn queries(wallet: &TestWallet, payer: &Person, points: u64) -> u64 {
    let mut dropped = 0;
    for point in 0..points {
        let read = wallet.read(payer.caller, Query::Me);
        dropped += u64::from(poll_and_drop(read, 1 + point % 8, true).await.is_none());
    }
    dropped
}

/// How many transactions stay open though nobody works. One that was dropped is rolled back by a task of its own, which
/// may take a moment.
pub(super) async fn leaks(wallet: &TestWallet, db: Db) -> i64 {
    let began = Instant::now();
    loop {
        let leaks = leaks_now(wallet, db).await;
        if leaks == 0 || began.elapsed() > ROLLBACK_MAX {
            return leaks;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many transactions are open; on SQLite, whether another connection cannot write. PostgreSQL ends one that is idle
/// for five seconds, so that this has to be asked often.
async fn leaks_now(wallet: &TestWallet, db: Db) -> i64 {
    match db {
        Db::Postgres => {
            wallet
                .count(
                    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
                        AND pid != pg_backend_pid() AND state LIKE 'idle in transaction%'",
                )
                .await
        }
        Db::Sqlite => {
            let options = Options { busy_ms_max: 0, ..Options::default() };
            let other = Database::open(wallet.url(), options).await.unwrap();
            let is_free = other.begin().await.is_ok();
            other.close().await;
            i64::from(!is_free)
        }
    }
}

/// The control runs its transaction in the caller's own future: a caller who goes away takes the write with them.
/// Returns how many of its writes are not there.
pub(super) async fn naive(wallet: &TestWallet, writes: u64) -> u64 {
    let database = wallet.database();
    let mut transaction = database.begin().await.unwrap();
    transaction.run("CREATE TABLE naive (id BIGINT NOT NULL PRIMARY KEY)").await.unwrap();
    transaction.commit().await.unwrap();
    for id in 1..=writes {
        let write = async {
            let mut transaction = database.begin().await?;
            let row = vec![i64::try_from(id).unwrap_or(0).into()];
            transaction.execute("INSERT INTO naive (id) VALUES ($1)", row).await?;
            // It waits for something else too: on SQLite the statements themselves never wait.
            tokio::task::yield_now().await;
            transaction.commit().await
        };
        let _gone = poll_and_drop(write, 1 + id % 5, true).await;
    }
    let written = wallet.count("SELECT COUNT(*) FROM naive").await;
    writes - u64::try_from(written).unwrap()
}
