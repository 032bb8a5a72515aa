//! Many transfers at once: each is there once, and the books keep up.

use crate::Desk;
use makegood_banksim::{Faults, cards};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How many send at once, and how many each sends.
const SENDERS: usize = 32;
const EACH: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_are_served_by_few_commits() {
    let desk = Arc::new(Desk::open().await);
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "1.00");
    let start = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        let (desk, transfer) = (Arc::clone(&desk), transfer.clone());
        senders.spawn(async move {
            for number in 0..EACH {
                let reference = format!("btr_{sender}_{number}");
                assert_eq!(desk.outcome(&reference, &transfer).await, "succeeded");
            }
        });
    }
    senders.join_all().await;
    let took = start.elapsed();
    let all = SENDERS * EACH;
    assert_eq!(desk.balance("pool").await, format!("{all}.00"));
    let per_second = all as f64 / took.as_secs_f64();
    println!("{all} transfers by {SENDERS} senders: {per_second:.0} a second");
    // Far below what any machine does, and far above one commit for each.
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_faults_at_once_the_books_add_up_and_every_fault_is_listed() {
    let desk = Arc::new(
        Desk::open_with(|config| {
            config.timings.hang = Duration::from_millis(1);
            let secret = makegood_notify::WebhookSecret::new([1; 32]);
            // Nobody is there: whatever is told is kept.
            config.callbacks = Some(makegood_banksim::Callbacks::new("http://127.0.0.1:9/", secret));
        })
        .await,
    );
    let rate = 0.06;
    let faults = Faults {
        timeout_executed_rate: rate,
        never_answered_rate: rate,
        late_rate: rate,
        success_after_failure_rate: rate,
        failure_after_success_rate: rate,
        returned_rate: rate,
        wrong_amount_rate: rate,
        wrong_currency_rate: rate,
        wrong_payee_rate: rate,
        wrong_reference_rate: rate,
        callback_twice_rate: rate,
        callback_reordered_rate: rate,
        callback_lost_rate: rate,
        callback_forged_rate: rate,
        ..Faults::default()
    };
    desk.bank.control().set_faults(faults).unwrap();
    let transfer = Desk::instruction("in", &desk.card(cards::ALWAYS_WORKS).await, "10.00");
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..8 {
        let (desk, transfer) = (Arc::clone(&desk), transfer.clone());
        senders.spawn(async move {
            for number in 0..50 {
                desk.outcome(&format!("btr_{sender}_{number}"), &transfer).await;
            }
        });
    }
    senders.join_all().await;
    desk.clock.advance(Duration::from_secs(600));
    let before = desk.balance("pool").await;
    let injected = desk.bank.control().injected().await.unwrap();
    for row in &injected.data {
        let is_asked_for = row.kind != makegood_banksim::FaultKind::RecallRefused;
        assert_eq!(row.count > 0, is_asked_for, "{}", row.kind.name());
        println!("{} {}", row.kind.name(), row.count);
    }
    let desk = Arc::into_inner(desk).unwrap().restart().await;
    assert_eq!(desk.balance("pool").await, before);
    assert_eq!(desk.bank.control().injected().await.unwrap().data, injected.data);
}
