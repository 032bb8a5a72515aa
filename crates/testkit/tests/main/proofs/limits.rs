//! P22: what is refunded never exceeds what was paid. P23: what is spent never exceeds the balance. However many
//! ask at once.

use super::{clean, engines, figure, length, proved, together, trials};
use futures_util::future::join_all;
use makegood_money::{Currency, Money};
use makegood_sql::{Database, Fields, Kind};
use makegood_testkit::snapshot::Watch;
use makegood_testkit::{Answer, Db, Person, SeededEntropy, Shop, TestWallet, cny, outgoing};
use makegood_wallet::tables::PaymentId;
use makegood_wallet::{Action, Query};

on_both!(refunds_never_exceed_the_payment, a_balance_is_spent_once);

const PARALLEL: usize = 16;
/// How many rounds run at once.
const ROUNDS_AT_ONCE: usize = 20;

async fn refunds_never_exceed_the_payment(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, shop) = (wallet.user_with("1000000.00").await, wallet.new_shop().await);
    let apps = engines(db, &wallet).await;
    let choice = SeededEntropy::new(22);
    let watch = Watch::start(&wallet);
    let rounds = length(trials(10_000));
    let (mut accepted, mut refused) = (0, 0);
    for start in (0..rounds).step_by(ROUNDS_AT_ONCE) {
        let races = (start..rounds.min(start + ROUNDS_AT_ONCE))
            .map(|_| refund_race(&wallet, &apps, &choice, (&payer, &shop)));
        for (one, other) in join_all(races).await {
            accepted += one;
            refused += other;
        }
    }
    assert!(accepted > 0 && refused > 0, "the race is no race");
    let watched = watch.stop().await;
    let figures = [
        ("rounds", figure(rounds)),
        ("refunds", figure(accepted)),
        ("refused", figure(refused)),
        ("over_refunded", 0),
        clean(&watched),
    ];
    proved("P22", db.as_str(), &figures, naive_total(wallet.database(), 60).await > 100);
    drop(apps);
    wallet.finish().await;
}

/// One payment of 100.00 and many refunds of it at once; how many were accepted, and how many refused.
async fn refund_race(
    wallet: &TestWallet,
    apps: &[makegood_app::App],
    choice: &SeededEntropy,
    (payer, shop): (&Person, &Shop),
) -> (usize, usize) {
    let order = wallet.order(shop, "100.00").await;
    let payment = wallet.pay_from_balance(payer, order).await;
    let commands = (0..PARALLEL).map(|_| {
        // In full, by more than half, by little: in any mix.
        let amount = match choice.below(8) {
            0 => None,
            1..4 => Some(cny("60.00")),
            _ => Some(Money::new(i64::try_from(choice.below(3_000)).unwrap() + 1, Currency::CNY)),
        };
        let reason = "returned".to_owned();
        let action = Action::Refund { payment, amount, reason, merchant_refund_no: None };
        wallet.command(shop.caller, action)
    });
    let answers = together(apps, commands.collect()).await;
    let accepted: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    let sum: i64 = accepted.iter().map(|answer| minor(answer.text("/amount/amount"))).sum();
    assert!(sum <= 10_000, "refunded {sum} of 10000");
    assert_eq!(refunded(wallet, payer, payment).await, sum);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.text("/code"), "refund.exceeds_payment", "{}", answer.json());
    }
    (accepted.len(), answers.len() - accepted.len())
}

fn minor(amount: &str) -> i64 {
    Money::parse(amount, Currency::CNY).unwrap().minor()
}

async fn refunded(wallet: &TestWallet, payer: &Person, payment: PaymentId) -> i64 {
    minor(wallet.read(payer.caller, Query::Payment(payment)).await.expect(200).text("/refunded/amount"))
}

async fn a_balance_is_spent_once(db: Db) {
    let wallet = TestWallet::start(db).await;
    let apps = engines(db, &wallet).await;
    let bank = wallet.user_with("1000000.00").await;
    let watch = Watch::start(&wallet);
    let rounds = length(trials(1_000));
    for start in (0..rounds).step_by(ROUNDS_AT_ONCE) {
        let races = (start..rounds.min(start + ROUNDS_AT_ONCE)).map(|_| spend_race(&wallet, &apps, &bank));
        join_all(races).await;
    }
    let watched = watch.stop().await;
    let figures = [("rounds", figure(rounds)), ("accepted", figure(rounds)), clean(&watched)];
    proved("P23", db.as_str(), &figures, naive_total(wallet.database(), 60).await > 100);
    drop(apps);
    wallet.finish().await;
}

/// A balance of 100.00 and many withdrawals of 60.00 at once: exactly one is accepted.
async fn spend_race(wallet: &TestWallet, apps: &[makegood_app::App], bank: &Person) {
    let payer = wallet.user().await;
    let _funded = wallet.transfer(bank, &payer, "100.00").await.expect(201);
    let card = wallet.card(&payer, makegood_banksim::cards::ALWAYS_WORKS).await;
    let withdraw = || Action::Withdraw(outgoing(card, "60.00"));
    let commands = (0..PARALLEL).map(|_| wallet.command(payer.caller, withdraw())).collect();
    let answers = together(apps, commands).await;
    let statuses: Vec<(u16, &str)> =
        answers.iter().map(|answer| (answer.status, answer.text("/code"))).collect();
    let accepted = statuses.iter().filter(|status| **status == (202, "")).count();
    let refused = statuses.iter().filter(|status| **status == (402, "balance.insufficient")).count();
    assert_eq!((accepted, refused), (1, PARALLEL - 1), "{statuses:?}");
    assert_eq!(wallet.balance(&payer).await, "40.00");
}

/// The control of both: takes from 100 by looking first and writing afterwards, as one would without a lock. All
/// look before the first writes. Returns what was taken in all.
async fn naive_total(database: &Database, amount: i64) -> i64 {
    const SUM: &str = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM naive";
    let sum = async || {
        let mut transaction = database.read().await.unwrap();
        let rows = transaction.query(SUM, Vec::new(), &[Kind::Integer]).await.unwrap();
        transaction.rollback().await;
        Fields::new("naive", rows.into_iter().next().unwrap()).take::<i64>().unwrap()
    };
    let mut transaction = database.begin().await.unwrap();
    transaction
        .run("CREATE TABLE naive (id BIGINT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL)")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let mut allowed = 0;
    for _ in 0..PARALLEL {
        allowed += i64::from(sum().await + amount <= 100);
    }
    for id in 0..allowed {
        let mut transaction = database.begin().await.unwrap();
        let text = "INSERT INTO naive (id, amount) VALUES ($1, $2)";
        transaction.execute(text, vec![id.into(), amount.into()]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let total = sum().await;
    let mut transaction = database.begin().await.unwrap();
    transaction.run("DROP TABLE naive").await.unwrap();
    transaction.commit().await.unwrap();
    total
}
