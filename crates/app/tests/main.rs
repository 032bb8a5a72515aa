//! The engine on the memory store: what bounds it, and what a caller may rely on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use makegood_app::{Engine, EngineLimits, SystemClock, SystemEntropy, Undecided};
use makegood_base::{Clock, IdSeed, Ids, RequestId, SessionId};
use makegood_store::{CommitFault, FaultPlan, MemoryStore, Store};
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Command, Reply, Settings};
use std::sync::Arc;
use std::time::Duration;

fn start(store: &MemoryStore, limits: EngineLimits) -> Engine {
    let settings = Arc::new(Settings::default());
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Engine::start(Arc::new(store.clone()), settings, clock, entropy, limits).0
}

fn register(login: &str, key: Option<&str>, fingerprint: u8) -> Command {
    let seed = IdSeed::draw(SystemClock.now(), &SystemEntropy);
    Command {
        seed,
        request: RequestId::from_raw(Ids::new(seed).next_raw()),
        caller: Caller::Anonymous,
        language: Language::English,
        idempotency_key: key.map(str::to_owned),
        fingerprint: [fingerprint; 32],
        action: Action::RegisterUser {
            login: login.to_owned(),
            display_name: "Li Wei".to_owned(),
            password_hash: "$argon2id$".to_owned(),
        },
    }
}

/// Lets every task that can go on do so.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn code(reply: &Reply) -> String {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    body["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_full_queue_is_answered_undecided_at_once() {
    let store = MemoryStore::default();
    let engine = start(&store, EngineLimits { queue_people_max: 2, ..EngineLimits::default() });
    // Whoever holds the head holds the engine: the first command is taken, two wait, the fourth has no place.
    let (head, _facts) = store.begin().await.unwrap();
    let mut waiting = Vec::new();
    for number in 0..3 {
        let engine = engine.clone();
        waiting.push(tokio::spawn(async move {
            engine.submit(register(&format!("{number}@example.com"), None, 0)).await
        }));
        settle().await;
    }
    assert_eq!(engine.submit(register("late@example.com", None, 0)).await, Err(Undecided::Busy));
    drop(head);
    for task in waiting {
        assert_eq!(task.await.unwrap().map(|reply| reply.status), Ok(201));
    }
    assert_eq!(store.snapshot().users.len(), 3, "what was answered undecided did not happen");
}

#[tokio::test]
async fn a_caller_has_a_bounded_share_and_gets_it_back() {
    let store = MemoryStore::default();
    let engine = start(&store, EngineLimits { caller_share_max: 1, ..EngineLimits::default() });
    let log_out = |session: u8| Command {
        caller: Caller::Session { id: SessionId::from_raw([session; 16]), secret_hash: [0; 32] },
        action: Action::RevokeSession { session: None },
        ..register("", None, 0)
    };
    let (head, _facts) = store.begin().await.unwrap();
    let first = tokio::spawn({
        let (engine, command) = (engine.clone(), log_out(1));
        async move { engine.submit(command).await }
    });
    settle().await;
    assert_eq!(engine.submit(log_out(1)).await, Err(Undecided::RateLimited));
    let other = tokio::spawn({
        let (engine, command) = (engine.clone(), log_out(2));
        async move { engine.submit(command).await }
    });
    settle().await;
    drop(head);
    assert_eq!(code(&first.await.unwrap().unwrap()), "auth.required");
    assert_eq!(code(&other.await.unwrap().unwrap()), "auth.required");
    assert_eq!(code(&engine.submit(log_out(1)).await.unwrap()), "auth.required", "the share came back");
}

#[tokio::test(start_paused = true)]
async fn a_command_past_its_wait_is_not_worked_on() {
    let store = MemoryStore::default();
    let limits = EngineLimits { wait_max: Duration::from_secs(1), ..EngineLimits::default() };
    let engine = start(&store, limits);
    let (head, _facts) = store.begin().await.unwrap();
    let mut tasks = Vec::new();
    for login in ["first@example.com", "second@example.com"] {
        let engine = engine.clone();
        tasks.push(tokio::spawn(async move { engine.submit(register(login, None, 0)).await }));
        settle().await;
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    drop(head);
    let outcomes = [tasks.remove(0).await.unwrap(), tasks.remove(0).await.unwrap()];
    // The first was in its batch already; the second was still in the queue when its time was over.
    assert_eq!(outcomes[0].as_ref().map(|reply| reply.status), Ok(201));
    assert_eq!(outcomes[1], Err(Undecided::Busy));
    assert_eq!(store.snapshot().users.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_does_not_hold_the_engine_for_ever() {
    let store = MemoryStore::default();
    let engine = start(&store, EngineLimits::default());
    let (head, _facts) = store.begin().await.unwrap();
    let stuck = tokio::spawn({
        let engine = engine.clone();
        async move { engine.submit(register("stuck@example.com", None, 0)).await }
    });
    settle().await;
    tokio::time::advance(EngineLimits::default().store_call_max + Duration::from_secs(1)).await;
    assert_eq!(stuck.await.unwrap(), Err(Undecided::Unavailable));
    drop(head);
    let reply = engine.submit(register("next@example.com", None, 0)).await;
    assert_eq!(reply.map(|reply| reply.status), Ok(201), "the engine goes on");
    assert_eq!(store.snapshot().users.len(), 1, "what was answered undecided did not happen");
}

#[tokio::test]
async fn a_batch_is_bounded_in_commands_rows_and_bytes() {
    let size = register("0@example.com", None, 0).size();
    let all = EngineLimits::default();
    for (limits, batches) in [
        (all, 2),
        (EngineLimits { batch_commands_max: 2, ..all }, 4),
        (EngineLimits { batch_rows_max: 2 * size.rows, ..all }, 4),
        (EngineLimits { batch_bytes_max: 3 * size.bytes, ..all }, 3),
        (EngineLimits { batch_bytes_max: 1, ..all }, 7),
    ] {
        let store = MemoryStore::default();
        let engine = start(&store, limits);
        let (head, _facts) = store.begin().await.unwrap();
        let mut tasks = Vec::new();
        // The first is taken alone; the others wait together.
        for number in 0..7 {
            let command = register(&format!("{number}@example.com"), None, 0);
            let engine = engine.clone();
            tasks.push(tokio::spawn(async move { engine.submit(command).await.unwrap().status }));
            settle().await;
        }
        drop(head);
        for task in tasks {
            assert_eq!(task.await.unwrap(), 201);
        }
        assert_eq!(store.snapshot().batches.len(), batches, "{limits:?}");
    }
}

#[tokio::test]
async fn people_never_starve_the_background() {
    let store = MemoryStore::default();
    let limits = EngineLimits { batch_commands_max: 2, batch_background_max: 1, ..EngineLimits::default() };
    let engine = start(&store, limits);
    let (head, _facts) = store.begin().await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    // The first is taken alone; then four people wait, and one of the background behind them.
    for number in 0..6 {
        let person = register(&format!("{number}@example.com"), None, 0);
        let command = match number {
            5 => {
                Command { caller: Caller::System, action: Action::ForgetKeys { keys: Vec::new() }, ..person }
            }
            _ => person,
        };
        let (engine, order) = (engine.clone(), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let _reply = engine.submit(command).await.unwrap();
            order.lock().unwrap().push(number);
        }));
        settle().await;
    }
    drop(head);
    for task in tasks {
        task.await.unwrap();
    }
    let order = order.lock().unwrap();
    assert_eq!(order[0], 0);
    assert!(order[1..4].contains(&5), "the background waits for all people: {order:?}");
}

#[tokio::test]
async fn one_key_in_one_batch_has_one_effect_and_one_answer() {
    let store = MemoryStore::default();
    let engine = start(&store, EngineLimits::default());
    let (head, _facts) = store.begin().await.unwrap();
    let mut tasks = Vec::new();
    for (login, fingerprint) in
        [("z@example.com", 9), ("a@example.com", 1), ("a@example.com", 1), ("b@example.com", 2)]
    {
        let (engine, command) = (engine.clone(), register(login, Some("key"), fingerprint));
        let command = if fingerprint == 9 { Command { idempotency_key: None, ..command } } else { command };
        tasks.push(tokio::spawn(async move { engine.submit(command).await.unwrap() }));
        settle().await;
    }
    drop(head);
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    assert_eq!((replies[1].status, replies[1].replayed), (201, false));
    assert_eq!((replies[2].status, replies[2].replayed), (201, true));
    assert_eq!(replies[1].body, replies[2].body);
    assert_eq!(code(&replies[3]), "idempotency.key_reused");
    assert_eq!(store.snapshot().users.len(), 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let store = MemoryStore::default();
    let engine = start(&store, EngineLimits::default());
    let (head, _facts) = store.begin().await.unwrap();
    let asked = tokio::spawn({
        let engine = engine.clone();
        async move { engine.submit(register("gone@example.com", Some("key"), 1)).await }
    });
    settle().await;
    asked.abort();
    drop(head);
    // The same key tells that it happened.
    let reply = engine.submit(register("gone@example.com", Some("key"), 1)).await.unwrap();
    assert_eq!((reply.status, reply.replayed), (201, true));
    assert_eq!(store.snapshot().users.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_loses_every_commit_is_not_there_rather_than_busy() {
    let lost = (1..=4).map(|commit| (commit, CommitFault::Lost)).collect();
    let store = MemoryStore::with_faults(FaultPlan { commits: lost, ..FaultPlan::default() });
    let engine = start(&store, EngineLimits::default());
    let outcome = engine.submit(register("lost@example.com", None, 0)).await;
    assert_eq!(outcome, Err(Undecided::Unavailable));
    assert_eq!(store.snapshot().users.len(), 0);
}
