//! One command that the store will never take costs nobody else theirs: its batch is halved until it stands alone.

use super::broken_store::Broken;
use futures_util::future::join_all;
use makegood_app::{Engine, EngineLimits, Undecided};
use makegood_auth::Principal;
use makegood_base::{Clock as _, IdSeed, Ids, RequestId};
use makegood_store::{Fault, FaultPlan, MemoryStore, Store};
use makegood_testkit::{Answer, FakeClock, SeededEntropy};
use makegood_wallet::tables::{ApiKeyId, SessionId, UserId};
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Command, Settings};
use std::sync::Arc;

const COMMANDS: u8 = 16;

/// An engine, and the session of somebody who is registered.
async fn start(store: impl Store) -> (Engine, Caller) {
    let (clock, entropy) = (Arc::new(FakeClock::new()), Arc::new(SeededEntropy::new(5)));
    let settings = Arc::new(Settings::default());
    let (engine, _ends_with_it) =
        Engine::start(Arc::new(store), settings, clock, entropy, EngineLimits::default());
    let password_hash = "hash".to_owned();
    let register = Action::RegisterUser {
        login: "owner@example.com".to_owned(),
        display_name: "Wang Xiaoming".to_owned(),
        password_hash: password_hash.clone(),
    };
    let registered = engine.submit(command(200, Caller::Anonymous, register)).await.unwrap();
    let user: UserId = Answer::from(registered).expect(201).id("/id");
    let (session, secret_hash) = (SessionId::from_raw([1; 16]), [1; 32]);
    let principal = Principal::User(user);
    let open = Action::OpenSession { session, principal, password_hash, secret_hash, user_agent: None };
    let _opened =
        Answer::from(engine.submit(command(201, Caller::Anonymous, open)).await.unwrap()).expect(201);
    (engine, Caller::Session { id: session, secret_hash })
}

fn command(number: u8, caller: Caller, action: Action) -> Command {
    let seed = IdSeed { at: FakeClock::new().now(), random: [number; 10] };
    Command {
        seed,
        request: RequestId::from_raw(Ids::new(seed).next_raw()),
        caller,
        language: Language::English,
        idempotency_key: None,
        fingerprint: [number; 32],
        action,
    }
}

/// Makes merchants in one batch, one of them with a name of its own; the status of each, 0 where it was undecided
/// for a fault inside.
async fn merchants(engine: &Engine, owner: Caller, odd: u8) -> Vec<u16> {
    // On this runtime all of them are queued before the engine has its turn.
    let submit = |number| {
        let name = if number == odd { "odd" } else { "Corner Shop" }.to_owned();
        let api_key = ApiKeyId::from_raw([number; 16]);
        engine.submit(command(number, owner, Action::CreateMerchant { name, api_key, secret_hash: [0; 32] }))
    };
    let answers = join_all((0..COMMANDS).map(submit)).await;
    let status = |answer: Result<makegood_wallet::Reply, Undecided>| match answer {
        Ok(reply) => reply.status,
        Err(undecided) => {
            assert_eq!(undecided, Undecided::Internal);
            0
        }
    };
    answers.into_iter().map(status).collect()
}

#[tokio::test]
async fn a_bad_command_stands_alone() {
    for odd in 0..COMMANDS {
        let store = MemoryStore::default();
        let (engine, owner) = start(Broken::picky(store.clone(), "odd")).await;
        let batches = store.snapshot().batches.len();
        let statuses = merchants(&engine, owner, odd).await;
        let expected: Vec<u16> = (0..COMMANDS).map(|number| if number == odd { 0 } else { 201 }).collect();
        assert_eq!(statuses, expected);
        let snapshot = store.snapshot();
        assert_eq!(snapshot.merchants.len(), usize::from(COMMANDS - 1));
        // 8 + 4 + 2 + 1, in whatever order: so many batches, and not one for each command.
        assert_eq!(snapshot.batches.len() - batches, 4);
    }
}

#[tokio::test]
async fn a_passing_fault_costs_nobody_anything() {
    for fault in [Fault::Transient, Fault::Deterministic] {
        for call in 1..=4 {
            let store = MemoryStore::default();
            let (engine, owner) = start(store.clone()).await;
            store.plan_faults(FaultPlan { calls: [(call, fault)].into(), ..FaultPlan::default() });
            let statuses = merchants(&engine, owner, 0).await;
            assert_eq!(statuses, vec![201; usize::from(COMMANDS)], "{fault:?} at call {call}");
            assert_eq!(store.snapshot().merchants.len(), usize::from(COMMANDS));
        }
    }
}
