//! P18, the server: PostgreSQL is stopped and killed under load. What was acknowledged is there, once; what was not
//! is told by its key.

use super::{figure, proved, trials};
use futures_util::future::join_all;
use makegood_app::App;
use makegood_testkit::cluster::{PostgresCluster, Stop};
use makegood_testkit::database::TestDatabase;
use makegood_testkit::{Answer, Person, SeededEntropy, TestWallet, transfer};
use makegood_wallet::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const CLIENTS: usize = 16;
/// How many payments are acknowledged between a start and the next end.
const BETWEEN: u64 = 64;
/// The server does not sync commits by itself, and for ten seconds not later either: the wallet's sessions have to ask
/// for it, and whoever does not loses what was answered.
const SETTINGS: &str = "-c synchronous_commit=off -c wal_writer_delay=10s";
/// How long somebody waits who was told that the service is down, unless it is up again before.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// How many rows the control writes.
const CONTROL_ROWS: i64 = 8;
/// How long anything may take before the proof has failed.
const LONG: Duration = Duration::from_secs(60);

/// What a client was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<(Command, Vec<u8>)>,
    unacknowledged: Vec<Command>,
}

/// What clients and the test know of each other.
struct Known {
    acknowledged: AtomicU64,
    /// How often PostgreSQL was started again; nothing when the clients shall end.
    starts: watch::Receiver<Option<usize>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_loses_nothing() {
    let mut cluster = PostgresCluster::start(SETTINGS);
    let database = TestDatabase::at(cluster.create("wallet"));
    let wallet = Arc::new(Box::pin(TestWallet::start_on(database)).await);
    let (mut payers, payee) = (Vec::new(), wallet.user().await);
    for _ in 0..CLIENTS {
        payers.push(wallet.user_with("10000.00").await);
    }
    let (tell, starts) = watch::channel(Some(0));
    let known = Arc::new(Known { acknowledged: AtomicU64::new(0), starts });
    let clients: Vec<_> = payers
        .iter()
        .map(|payer| {
            tokio::spawn(pays(Arc::clone(&wallet), payer.clone(), payee.clone(), Arc::clone(&known)))
        })
        .collect();

    let (mut recoveries, choice) = (Vec::new(), SeededEntropy::new(18));
    for _ in 0..trials(10) {
        for how in [Stop::Fast, Stop::Immediate, Stop::Kill] {
            acknowledged(&known, BETWEEN).await;
            // Nobody knows that it comes, and it comes at any moment of a batch.
            tokio::time::sleep(Duration::from_micros(choice.below(20_000))).await;
            let began = Instant::now();
            cluster = restart(cluster, how).await;
            tell.send(Some(recoveries.len() + 1)).unwrap();
            acknowledged(&known, 1).await;
            recoveries.push(began.elapsed());
        }
    }
    acknowledged(&known, BETWEEN).await;
    tell.send(None).unwrap();
    let mut told = Told::default();
    for client in join_all(clients).await {
        let client = client.unwrap();
        told.acknowledged.extend(client.acknowledged);
        told.unacknowledged.extend(client.unacknowledged);
    }
    let wallet = Arc::into_inner(wallet).unwrap();
    let happened = settle(&wallet, &told).await;
    // What the server writes to its log by itself every few seconds can fall between the control's rows and the kill.
    let (mut cluster, mut rows, mut tries) = (cluster, CONTROL_ROWS, 0);
    while rows == CONTROL_ROWS && tries < 5 {
        (cluster, rows) = control(&wallet, cluster).await;
        tries += 1;
    }
    recoveries.sort_unstable();
    let milliseconds = |took: Duration| u64::try_from(took.as_millis()).unwrap();
    let figures = [
        ("restarts", figure(recoveries.len())),
        ("acknowledged", figure(told.acknowledged.len())),
        ("lost", 0),
        ("unacknowledged", figure(told.unacknowledged.len())),
        ("of_these_happened", happened),
        ("doubled", 0),
        ("recovery_p50_ms", milliseconds(recoveries[recoveries.len() / 2])),
        ("recovery_max_ms", milliseconds(recoveries[recoveries.len() - 1])),
    ];
    proved("P18-restarts", "postgres", &figures, rows < CONTROL_ROWS);
    wallet.finish().await;
    drop(cluster);
}

/// Ends the server in this way, and starts it again.
async fn restart(mut cluster: PostgresCluster, how: Stop) -> PostgresCluster {
    let restarted = tokio::task::spawn_blocking(move || {
        cluster.stop(how);
        cluster.start_again();
        cluster
    });
    restarted.await.unwrap()
}

/// Looks at all that was told. Returns how many of the payments happened whose payers were told nothing.
async fn settle(wallet: &TestWallet, told: &Told) -> u64 {
    for (command, body) in &told.acknowledged {
        let again = Answer::from(wallet.app.submit(command.clone()).await);
        assert!(again.replayed && again.body == *body, "an acknowledged payment is lost: {}", again.json());
    }
    let mut happened = 0;
    for command in &told.unacknowledged {
        let again = Answer::from(wallet.app.submit(command.clone()).await).expect(201);
        happened += u64::from(again.replayed);
    }
    let sent = figure(told.acknowledged.len() + told.unacknowledged.len());
    let written = wallet.count("SELECT COUNT(*) FROM transfers").await;
    assert_eq!(u64::try_from(written), Ok(sent), "each exactly once");
    wallet.verify().await;
    happened
}

/// The control writes in sessions that leave the server's settings as they are, and the server is killed. Returns how
/// many of its rows are there, with the server.
async fn control(wallet: &TestWallet, cluster: PostgresCluster) -> (PostgresCluster, i64) {
    cluster.run("wallet", "DROP TABLE IF EXISTS naive");
    cluster.run("wallet", "CREATE TABLE naive (id BIGINT NOT NULL PRIMARY KEY)");
    cluster.run("wallet", "CHECKPOINT");
    for id in 1..=CONTROL_ROWS {
        cluster.run("wallet", &format!("INSERT INTO naive (id) VALUES ({id})"));
    }
    let cluster = restart(cluster, Stop::Kill).await;
    (cluster, wallet.count("SELECT COUNT(*) FROM naive").await)
}

/// Waits until so many more payments were acknowledged.
async fn acknowledged(known: &Known, more: u64) {
    let (began, before) = (Instant::now(), known.acknowledged.load(Ordering::SeqCst));
    while known.acknowledged.load(Ordering::SeqCst) < before + more {
        assert!(began.elapsed() < LONG, "nobody can pay");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Pays one after the other, each with a key of its own, and never asks again.
async fn pays(wallet: Arc<TestWallet>, payer: Person, payee: Person, known: Arc<Known>) -> Told {
    let (app, mut starts): (App, _) = (wallet.app.clone(), known.starts.clone());
    let mut told = Told::default();
    for number in 0_u64.. {
        if starts.borrow_and_update().is_none() {
            break;
        }
        let command = wallet.keyed(payer.caller, &format!("payment {number}"), transfer(&payee, "0.01"));
        let answer = Answer::from(app.submit(command.clone()).await);
        if answer.status == 503 {
            told.unacknowledged.push(command);
            // Nobody asks a service again at once that is down.
            let _started = tokio::time::timeout(PAUSE_MAX, starts.changed()).await;
        } else {
            let answer = answer.expect(201);
            told.acknowledged.push((command, answer.body));
            known.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
    told
}
