//! The memory store fails as planned, and in no other way.

use crate::{
    samples,
    support::{batch, commit, read},
};
use makegood_base::Timestamp;
use makegood_store::{CommitFault, Failure, Fault, FaultPlan, MemoryStore, Store};
use makegood_wallet::{Facts, Needs};

fn add_user(facts: &mut Facts) {
    facts.users.add(samples::users(1, 0)).unwrap();
}

#[tokio::test]
async fn the_nth_call_fails_and_leaves_nothing() {
    // A batch is four calls: begin, load, write, commit.
    for call in 1..=4 {
        for (fault, expected) in [
            (Fault::Transient, Failure::Transient(String::new())),
            (Fault::Deterministic, Failure::Deterministic(String::new())),
            (Fault::Down, Failure::Down(String::new())),
        ] {
            let plan = FaultPlan { calls: [(call, fault)].into(), ..FaultPlan::default() };
            let store = MemoryStore::with_faults(plan);
            let failure = commit(&store, batch(1), &Needs::default(), add_user).await.unwrap_err();
            assert_eq!(std::mem::discriminant(&failure), std::mem::discriminant(&expected), "call {call}");
            assert_eq!(store.calls(), call);
            assert_eq!(store.snapshot(), MemoryStore::default().snapshot());
            // The lock of the head is free again, and the next try succeeds.
            commit(&store, batch(1), &Needs::default(), add_user).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_ambiguous_commit_did_what_the_plan_says() {
    for (fault, is_there) in [(CommitFault::Committed, true), (CommitFault::Lost, false)] {
        let plan = FaultPlan { commits: [(2, fault)].into(), ..FaultPlan::default() };
        let store = MemoryStore::with_faults(plan);
        commit(&store, batch(1), &Needs::default(), |_| {}).await.unwrap();
        let failure = commit(&store, batch(2), &Needs::default(), add_user).await.unwrap_err();
        assert!(matches!(failure, Failure::Ambiguous(_)), "{failure:?}");
        assert_eq!(store.batch_exists(batch(2).id).await.unwrap(), is_there);
        assert_eq!(store.snapshot().users.len(), usize::from(is_there));
        assert_eq!(store.snapshot().batches.len(), 1 + usize::from(is_there));
    }
}

#[tokio::test]
async fn every_method_counts_as_a_call() {
    let store = MemoryStore::default();
    commit(&store, batch(1), &Needs::default(), |_| {}).await.unwrap();
    store.batch_exists(batch(1).id).await.unwrap();
    read(&store, &Needs::default()).await;
    store.due_timers(Timestamp::EPOCH, 1).await.unwrap();
    store.expired_keys(Timestamp::EPOCH, 1).await.unwrap();
    assert_eq!(store.calls(), 8);
}
