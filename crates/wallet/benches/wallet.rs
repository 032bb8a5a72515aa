//! What a decision costs without a database: whether it may be, what it moves, and the bytes of its answer.
//!
//! `cargo bench -p makegood-wallet`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on measures nothing")]

#[path = "../tests/main/world.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod world;

use criterion::Criterion;
use makegood_base::{IdSeed, RequestId};
use makegood_payments::Source;
use makegood_wallet::tables::IdempotencyKey;
use makegood_wallet::texts::Language;
use makegood_wallet::{
    Action, Command, Expectation, NewOrder, NewPayment, PayeeId, PayeeRef, Reply, execute, needs,
};
use std::hint::black_box;
use std::time::Duration;
use world::{Mood, World, cny};

/// A payer with money, who has not done this yet.
fn world() -> World {
    let mut world = World::new(2, 1);
    let (_, payer, bank_card) = world.users[0];
    let top_up = Action::TopUp { amount: cny(1_000_000), bank_card, client_ref: None };
    let made = world.run(payer, top_up);
    world.note(&made);
    world.collect_transfers();
    world.work(world.transfers[0], Mood::Executes);
    world
}

fn payment(world: &mut World) -> Action {
    let (merchant, key) = world.merchants[0];
    let order = NewOrder {
        merchant: None,
        merchant_order_no: "1".to_owned(),
        amount: cny(1_000),
        description: "Tea".to_owned(),
        expires_in_s: Some(600),
        accepts: None,
    };
    let made = world.run(key, Action::CreateOrder(order));
    world.note(&made);
    let expect = Some(Expectation { amount: cny(1_000), payee: PayeeId::Merchant(merchant) });
    let (order, source) = (world.orders[0], Source::Balance);
    Action::CreatePayment(NewPayment { order, source, expect, amount: None, client_ref: None })
}

fn transfer(world: &World) -> Action {
    let (payee, amount) = (world.users[1].0, cny(1_000));
    let expect = Some(Expectation { amount, payee: PayeeId::User(payee) });
    Action::Transfer { to: PayeeRef::User(payee), amount, note: None, expect, client_ref: None }
}

/// Runs a command on facts that are as they were before, each time.
fn again(world: &mut World, command: &Command) -> Reply {
    let savepoint = world.facts.savepoint();
    let reply = execute(command, &mut world.facts, world.now, &world.settings).unwrap();
    world.facts.rollback(savepoint);
    reply
}

/// The command of the first user, all of whose rows are known.
fn command(world: &mut World, action: Action) -> Command {
    let (user, caller, _) = world.users[0];
    let savepoint = world.facts.savepoint();
    assert_eq!(world.run(caller, action.clone()).status, 201);
    world.facts.rollback(savepoint);
    let key = "bench".to_owned();
    world.facts.idempotency.put(IdempotencyKey { caller: user.raw(), key: key.clone() }, None);
    Command {
        seed: IdSeed { at: world.now, random: [9; 10] },
        request: RequestId::from_raw([0; 16]),
        caller,
        language: Language::English,
        idempotency_key: Some(key),
        fingerprint: [0; 32],
        action,
    }
}

fn main() {
    let quick = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    let mut criterion = quick.configure_from_args();
    let mut world = world();
    let payment = payment(&mut world);
    let payment = command(&mut world, payment);
    let transfer = transfer(&world);
    let transfer = command(&mut world, transfer);
    let mut group = criterion.benchmark_group("wallet");
    for (name, command) in
        [("decide and render a payment", &payment), ("decide and render a transfer", &transfer)]
    {
        assert_eq!(again(&mut world, command).status, 201, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| again(&mut world, black_box(command))));
    }
    group.bench_function("needs of a payment, all known", |bencher| {
        bencher.iter(|| needs([black_box(&payment)], &world.facts));
    });
    group.finish();
    criterion.final_summary();
}
