//! P17: 64 clients write at once, and nobody is told that the service could not do it. SQLite has one writer, and on
//! PostgreSQL every batch waits for the journal's head, so that a lock that is waited for wrongly shows as a 5xx.

use super::books::Books;
use super::client::Client;
use super::place::Place;
use super::town::Town;
use super::worker::Worker;
use futures_util::future::join_all;
use makegood_testkit::Db;
use makegood_testkit::proof::{figure, proved, trials};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WRITERS: usize = 64;
const PEOPLE: usize = 16;
const SHOPS: usize = 8;
/// Writes in all.
const WRITES: u64 = 20_000;

/// What a load was answered.
#[derive(Default)]
struct Told {
    writes: u64,
    server_errors: u64,
    took: Vec<Duration>,
}

/// Has all writers make so many writes each, as fast as they are answered.
async fn load(client: &Client, workers: &mut Vec<Worker>, writes_of_each: u64) -> Told {
    let tasks = std::mem::take(workers).into_iter().map(|mut worker| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut told = Told::default();
            for _ in 0..writes_of_each {
                let call = worker.next();
                let began = Instant::now();
                let answer = client.send(&call).await.unwrap();
                told.took.push(began.elapsed());
                told.writes += 1;
                if answer.status >= 500 {
                    told.server_errors += 1;
                } else {
                    worker.learn(call, answer);
                }
            }
            (worker, told)
        })
    });
    let mut all = Told::default();
    for (worker, told) in join_all(tasks).await.into_iter().map(Result::unwrap) {
        workers.push(worker);
        all.writes += told.writes;
        all.server_errors += told.server_errors;
        all.took.extend(told.took);
    }
    all
}

async fn prove(db: Db) {
    let place = Place::new(db);
    let server = place.start();
    let client = Client::of(&server);
    let town = Arc::new(Town::found(&client, PEOPLE, SHOPS).await);
    let mut workers: Vec<_> = (0..WRITERS).map(|number| Worker::new(number, &town, 17)).collect();
    let mut told = load(&client, &mut workers, trials(WRITES) / figure(WRITERS)).await;
    assert_eq!(told.server_errors, 0, "{}", place.logged());
    let mut books = Books::new(&town);
    for worker in &mut workers {
        books.record(std::mem::take(&mut worker.fresh));
    }
    assert_eq!(figure(books.done.len()), told.writes);
    books.audit(&client).await.assert_clean("64 writers");
    place.verify().unwrap();
    told.took.sort_unstable();
    let quantile = |per_cent: usize| {
        u64::try_from(told.took[(told.took.len() - 1) * per_cent / 100].as_millis()).unwrap()
    };
    // The control: of the same load, what the database refuses has to be counted.
    place.change(&["ALTER TABLE transfers RENAME TO transfers_are_away"]).await;
    let refused = load(&client, &mut workers, 1).await;
    let figures = [
        ("writers", figure(WRITERS)),
        ("writes", told.writes),
        ("5xx", told.server_errors),
        ("p50_ms", quantile(50)),
        ("p99_ms", quantile(99)),
    ];
    let is_caught = refused.server_errors > 0 && refused.server_errors < refused.writes;
    proved("P17", db.as_str(), &figures, is_caught);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_are_never_told_to_go_away_on_sqlite() {
    prove(Db::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_are_never_told_to_go_away_on_postgresql() {
    prove(Db::Postgres).await;
}
