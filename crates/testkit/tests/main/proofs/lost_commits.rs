//! P18, the connection: a proxy cuts it between COMMIT and its answer, or before the COMMIT. The batch's id tells what
//! happened, so that nothing is doubled and nothing is lost.

use super::broken_store::Broken;
use super::proxy::{Cut, Proxy};
use super::{figure, length, proved, trials};
use futures_util::future::join_all;
use makegood_app::{App, Engine, EngineLimits, Undecided};
use makegood_sql::{Database, Options};
use makegood_store::SqlStore;
use makegood_testkit::cluster::PostgresCluster;
use makegood_testkit::database::TestDatabase;
use makegood_testkit::{Answer, Person, SeededEntropy, TestWallet, transfer};
use makegood_wallet::Command;
use std::sync::Arc;

const CLIENTS: u64 = 16;
/// Every so many commits, one is cut.
const EVERY: u64 = 4;
const WAYS: &[Cut] = &[Cut::Answer, Cut::Before, Cut::AtOnce];
/// How often a client asks who is told that nothing was decided.
const TRIES_MAX: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_happens_once() {
    let cluster = PostgresCluster::start("-c fsync=off");
    let _made = cluster.create("wallet");
    let proxy = Proxy::open(cluster.socket(), WAYS).await;
    let wallet = Box::pin(TestWallet::start_on(TestDatabase::at(proxy.url("wallet")))).await;
    let (mut payers, payee) = (Vec::new(), wallet.user().await);
    for _ in 0..CLIENTS {
        payers.push(wallet.user_with("10000.00").await);
    }
    let wanted = trials(300);
    proxy.cut_every(EVERY);
    let (mut rounds, mut asked_again, mut answers) = (0, 0, Vec::new());
    while WAYS.iter().map(|way| proxy.cuts(*way)).sum::<u64>() < wanted {
        let commands: Vec<_> = payers
            .iter()
            .enumerate()
            .map(|(index, payer)| give(&wallet, payer, &payee, index % 2 == 0, rounds))
            .collect();
        let asked = commands.iter().map(|command| ask(&wallet.app, command));
        for ((answer, tries), command) in join_all(asked).await.into_iter().zip(&commands) {
            asked_again += tries - 1;
            if command.idempotency_key.is_some() {
                answers.push((command.clone(), answer));
            }
        }
        rounds += 1;
    }
    proxy.cut_every(0);
    let cuts = WAYS.iter().map(|way| proxy.cuts(*way)).sum();
    let before_commit = proxy.cuts(Cut::Before);
    for (command, answer) in &answers {
        let again = Answer::from(wallet.app.submit(command.clone()).await);
        assert!(again.replayed && again.body == answer.body, "an answered payment is lost: {}", again.json());
    }
    let written = wallet.count("SELECT COUNT(*) FROM transfers").await;
    assert_eq!(u64::try_from(written), Ok(rounds * CLIENTS), "each exactly once");

    let caught = control(&wallet, &payers[0], &payee, &proxy).await > 0;
    let figures = [
        ("cuts", cuts),
        ("before_commit", before_commit),
        ("payments", rounds * CLIENTS),
        ("without_key", rounds * CLIENTS - figure(answers.len())),
        ("asked_again", asked_again),
        ("doubled", 0),
        ("lost", 0),
    ];
    proved("P18-cuts", "postgres", &figures, caught);
    wallet.finish().await;
}

/// A transfer, with a key or without: then nothing but the batch's own id keeps it from happening twice.
fn give(wallet: &TestWallet, payer: &Person, payee: &Person, has_key: bool, round: u64) -> Command {
    let action = transfer(payee, "0.01");
    if has_key {
        return wallet.keyed(payer.caller, &format!("round {round}"), action);
    }
    wallet.command(payer.caller, action)
}

/// Asks until it is decided, as a client does that has a key. Returns how often, too.
async fn ask(app: &App, command: &Command) -> (Answer, u64) {
    for tries in 1..=TRIES_MAX {
        let answer = Answer::from(app.submit(command.clone()).await);
        if answer.status != 503 || command.idempotency_key.is_none() {
            return (answer.expect(201), tries);
        }
    }
    unreachable!("never decided: {command:?}")
}

/// The control finds no batch that it looks up, and its clients ask again without keys. Returns how many of its
/// transfers were doubled.
async fn control(wallet: &TestWallet, payer: &Person, payee: &Person, proxy: &Proxy) -> u64 {
    let database = Database::open(wallet.url(), Options::default()).await.unwrap();
    let (engine, ended) = Engine::start(
        Arc::new(Broken::forgetful(SqlStore::new(database))),
        Arc::new(wallet.app.settings().clone()),
        Arc::new(wallet.clock.clone()),
        Arc::new(SeededEntropy::new(3)),
        EngineLimits::default(),
    );
    let before = wallet.count("SELECT COUNT(*) FROM transfers").await;
    proxy.cut_every(1);
    let mut asked = 0;
    while asked < length(24) {
        let mut answer = Err(Undecided::Unavailable);
        while answer.is_err() {
            answer = engine.submit(wallet.command(payer.caller, transfer(payee, "0.01"))).await;
            proxy.cut_every(0);
        }
        proxy.cut_every(1);
        asked += 1;
    }
    proxy.cut_every(0);
    drop(engine);
    ended.await.unwrap();
    let written = wallet.count("SELECT COUNT(*) FROM transfers").await - before;
    u64::try_from(written).unwrap() - figure(asked)
}
