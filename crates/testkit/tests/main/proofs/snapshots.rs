//! P1 and P3: in every snapshot, while everything that moves money happens at once, debits are credits, balances are
//! the fold of their legs, no account is below its floor, and the pool equality holds.

use super::{length, proved, trials};
use futures_util::future::join_all;
use makegood_banksim::cards;
use makegood_payments::Source;
use makegood_testkit::snapshot::{Watch, violations};
use makegood_testkit::{Db, Person, Shop, TestWallet};
use makegood_wallet::Action;
use makegood_wallet::tables::BankCardId;
use std::time::Duration;

on_both!(every_snapshot_is_whole);

/// Damage that each check is there to find: what is done, what takes it back, and a word of what is found.
const DAMAGE: &[(&str, &str, &str)] = &[
    // A balance that no leg explains; of money that a bank owes us, of a user's, of our own in the pool.
    (
        "UPDATE ledger_accounts SET posted = posted + 1 WHERE code = 101",
        "UPDATE ledger_accounts SET posted = posted - 1 WHERE code = 101",
        "debits are not credits",
    ),
    (
        "UPDATE ledger_accounts SET posted = posted + 1 WHERE code = 205",
        "UPDATE ledger_accounts SET posted = posted - 1 WHERE code = 205",
        "not the fold",
    ),
    (
        "UPDATE ledger_accounts SET posted = posted + 1 WHERE code IN (208, 101)",
        "UPDATE ledger_accounts SET posted = posted - 1 WHERE code IN (208, 101)",
        "its mirror",
    ),
    (
        "UPDATE ledger_accounts SET posted = posted + 1 WHERE code IN (101, 501)",
        "UPDATE ledger_accounts SET posted = posted - 1 WHERE code IN (101, 501)",
        "the pool has",
    ),
    (
        "UPDATE ledger_accounts SET held = held + 100000000 WHERE code = 203 OR code = 202",
        "UPDATE ledger_accounts SET held = held - 100000000 WHERE code = 203 OR code = 202",
        "below their floor",
    ),
];

async fn every_snapshot_is_whole(db: Db) {
    let wallet = TestWallet::start(db).await;
    let shop = wallet.new_shop().await;
    let watches = [Watch::start(&wallet), Watch::start(&wallet)];
    let rounds = length(trials(400));
    let mut people = Vec::new();
    for number in [cards::ALWAYS_WORKS, cards::TIMES_OUT_BUT_EXECUTES, cards::SETTLES_LATER, cards::REFUSES] {
        let user = wallet.user_with("1000.00").await;
        let card = wallet.card(&user, number).await;
        people.push((user, card));
    }
    for _ in 0..rounds {
        join_all(people.iter().map(|person| live(&wallet, &shop, person, &people[0].0))).await;
        wallet.run_after(Duration::from_secs(40)).await;
    }
    let mut snapshots = 0;
    for watch in watches {
        snapshots += super::clean(&watch.stop().await).1;
    }
    let mut caught = true;
    for (damage, repair, word) in DAMAGE {
        execute(&wallet, damage).await;
        let found = violations(wallet.database()).await.unwrap();
        caught &= found.iter().any(|violation| violation.contains(word));
        execute(&wallet, repair).await;
    }
    let transactions = wallet.count("SELECT COUNT(*) FROM ledger_transactions").await;
    let figures =
        [("snapshots", snapshots), ("transactions", transactions.try_into().unwrap()), ("violations", 0)];
    for promise in ["P1", "P3"] {
        proved(promise, db.as_str(), &figures, caught);
    }
    wallet.finish().await;
}

/// A little of everything at once.
async fn live(wallet: &TestWallet, shop: &Shop, (user, card): &(Person, BankCardId), friend: &Person) {
    let (first, second) = (wallet.order(shop, "7.77").await, wallet.order(shop, "3.33").await);
    let paid = wallet.pay(user, first, Source::Balance).await;
    let _attempt = wallet.pay(user, second, Source::BankCard { id: *card }).await;
    if user.id != friend.id {
        let _given = wallet.transfer(user, friend, "0.01").await;
    }
    let _coming = wallet.top_up(user, *card, "5.00").await;
    if let Ok(payment) = paid.text("/id").parse() {
        let _part = wallet.refund(shop, payment, Some("1.11")).await;
    }
    let _cancelled = wallet.submit(shop.caller, Action::CancelOrder { order: second.id }).await;
}

async fn execute(wallet: &TestWallet, text: &'static str) {
    let mut transaction = wallet.database().begin().await.unwrap();
    assert!(transaction.execute(text, Vec::new()).await.unwrap() > 0, "{text}");
    transaction.commit().await.unwrap();
}
