//! P9: once a payer was told `succeeded`, every read of the payee's balance that begins afterwards includes it.

use super::{clean, engines, figure, proved, trials};
use futures_util::future::join_all;
use makegood_app::App;
use makegood_base::RequestId;
use makegood_money::{Currency, Money};
use makegood_payments::Source;
use makegood_testkit::snapshot::Watch;
use makegood_testkit::{Answer, Db, Person, Placed, Shop, TestWallet, payment};
use makegood_wallet::texts::Language;
use makegood_wallet::{Caller, Command, Query};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

on_both!(succeeded_means_arrived);

const PAYERS: u64 = 8;
/// What the merchant gets of 10.00.
const NET_MINOR: i64 = 994;

/// What all payers know together.
#[derive(Default)]
struct Known {
    /// What payers were told has arrived, in minor units.
    told_minor: AtomicI64,
    /// What the last read of the balance said: what a cache would answer.
    cached_minor: AtomicI64,
    stale: AtomicU64,
    stale_in_cache: AtomicU64,
}

async fn succeeded_means_arrived(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (apps, shop) = (engines(db, &wallet).await, wallet.new_shop().await);
    let (known, each) = (Arc::new(Known::default()), trials(4_000) / PAYERS);
    let watch = Watch::start(&wallet);
    let mut tasks = Vec::new();
    for index in 0..PAYERS {
        let payer = wallet.user_with("10000.00").await;
        let mut commands = Vec::new();
        for _ in 0..each {
            let order = wallet.order(&shop, "10.00").await;
            commands.push(pay(&wallet, &payer, order));
        }
        let writer = apps[usize::try_from(index).unwrap() % apps.len()].clone();
        let reader = apps[0].clone();
        let (known, shop) = (Arc::clone(&known), shop.clone());
        tasks.push(async move { pays(&writer, &reader, &shop, commands, &known).await });
    }
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let payments: usize = join_all(tasks).await.into_iter().map(|paid| paid.unwrap()).sum();
    let watched = watch.stop().await;
    assert_eq!(known.stale.load(Ordering::SeqCst), 0);
    let reads = figure(payments);
    let caught = known.stale_in_cache.load(Ordering::SeqCst) > 0;
    proved("P9", db.as_str(), &[("reads", reads), ("stale", 0), clean(&watched)], caught);
    drop(apps);
    wallet.finish().await;
}

fn pay(wallet: &TestWallet, payer: &Person, order: Placed) -> Command {
    wallet.command(payer.caller, payment(order, Source::Balance, Some(order.expect)))
}

/// Pays one after the other, and after each looks whether it has arrived.
async fn pays(writer: &App, reader: &App, shop: &Shop, commands: Vec<Command>, known: &Known) -> usize {
    let mut paid = 0;
    for command in commands {
        let answer = Answer::from(writer.submit(command).await).expect(201);
        assert_eq!(answer.text("/status"), "succeeded");
        known.told_minor.fetch_add(NET_MINOR, Ordering::SeqCst);
        let at_least = known.told_minor.load(Ordering::SeqCst);
        let cached = known.cached_minor.load(Ordering::SeqCst);
        let seen = pending(reader, shop.caller, shop).await;
        known.cached_minor.store(seen, Ordering::SeqCst);
        known.stale.fetch_add(u64::from(seen < at_least), Ordering::SeqCst);
        known.stale_in_cache.fetch_add(u64::from(cached < at_least), Ordering::SeqCst);
        paid += 1;
    }
    paid
}

async fn pending(app: &App, caller: Caller, shop: &Shop) -> i64 {
    let query = Query::MerchantBalances(shop.id, vec![Currency::CNY]);
    let request = RequestId::from_raw([1; 16]);
    let read = Answer::from(app.query(query, caller, Language::English, request).await).expect(200);
    Money::parse(read.text("/data/0/available"), Currency::CNY).unwrap().minor()
}
