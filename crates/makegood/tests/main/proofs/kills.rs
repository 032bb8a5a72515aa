//! P4 and P5: the server is killed at random moments under load, and started again on what it left. What was
//! acknowledged is there, once and whole; what was not is sent again with its key, and has one effect.

use super::books::Books;
use super::client::{Client, Effect};
use super::place::Place;
use super::town::Town;
use super::until;
use super::worker::Worker;
use crate::process::Service;
use futures_util::future::join_all;
use makegood_testkit::proof::{figure, proved, trials_between};
use makegood_testkit::{Db, SeededEntropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;
const SHOPS: usize = 4;
/// So many kills are survived by one database; then the next begins, so that proving its books stays quick.
const KILLS_OF_A_LIFE: u64 = 20;

/// What was counted over all kills.
#[derive(Default)]
struct Tally {
    kills: u64,
    acknowledged: u64,
    /// Requests that were sent and not answered, how many of them had happened, and how many were answered after all.
    ambiguous: u64,
    happened: u64,
    resolved: u64,
    /// Requests that were answered, and gave the same bytes again.
    replayed: u64,
    recoveries: Vec<Duration>,
}

/// A database and its server through many kills.
struct Life {
    place: Arc<Place>,
    server: Service,
    books: Books,
    workers: Vec<Worker>,
    entropy: SeededEntropy,
    /// What to say where something fails: which life, and which of its kills.
    name: String,
}

impl Life {
    async fn begin(db: Db, seed: u64) -> Self {
        let place = Arc::new(Place::new(db));
        let server = place.start();
        let town = Arc::new(Town::found(&Client::of(&server), CLIENTS, SHOPS).await);
        let workers = (0..CLIENTS).map(|number| Worker::new(number, &town, seed));
        let workers =
            workers.enumerate().map(|(place, worker)| if place == 0 { worker.registering() } else { worker });
        let workers = workers.collect();
        let (books, entropy) = (Books::new(&town), SeededEntropy::new(seed));
        Self { place, server, books, workers, entropy, name: format!("seed {seed}") }
    }

    /// Puts the server under load, kills it at a random moment after so many answers, and starts it again.
    async fn kill(&mut self, least: u64, tally: &mut Tally) {
        let (client, answered) = (Client::of(&self.server), Arc::new(AtomicU64::new(0)));
        let work =
            |worker: Worker| tokio::spawn(worker.work_until_cut_off(client.clone(), Arc::clone(&answered)));
        let tasks: Vec<_> = std::mem::take(&mut self.workers).into_iter().map(work).collect();
        until("answers under load", || answered.load(Ordering::Relaxed) >= least).await;
        // A kill has to come at any moment, not at those that can be waited for.
        tokio::time::sleep(Duration::from_micros(self.entropy.below(200_000))).await;
        self.server.kill();
        self.workers = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let began = Instant::now();
        self.server = self.place.start();
        tally.recoveries.push(began.elapsed());
        tally.kills += 1;
        tally.ambiguous += figure(self.workers.iter().filter(|worker| worker.unanswered.is_some()).count());
        tally.acknowledged += self.workers.iter().map(|worker| figure(worker.fresh.len())).sum::<u64>();
    }

    /// Sends again what was not answered, with the same key, until it is; and then once more.
    async fn resolve(&mut self, tally: &mut Tally) {
        let client = Client::of(&self.server);
        let sends = self.workers.iter_mut().filter_map(|worker| {
            let call = worker.unanswered.take()?;
            let client = client.clone();
            Some(async move {
                let answer = client.send_until_answered(&call).await;
                let again = client.send(&call).await.unwrap();
                assert!(again.replayed && again.body == answer.body, "{call:?}: {again:?} after {answer:?}");
                let had_happened = answer.replayed;
                worker.learn(call, answer);
                had_happened
            })
        });
        let outcomes = join_all(sends).await;
        tally.resolved += figure(outcomes.len());
        tally.happened += figure(outcomes.iter().filter(|had_happened| **had_happened).count());
    }

    /// Sends again a part of what was answered: the last of each client, and one of any age. The same bytes come back.
    async fn replay(&mut self, tally: &mut Tally) {
        let client = Client::of(&self.server);
        let mut sample: Vec<_> = self.workers.iter().filter_map(|worker| worker.fresh.last()).collect();
        let age = self.entropy.below(figure(self.books.done.len()).max(1));
        sample.extend(self.books.done.get(usize::try_from(age).unwrap()));
        let sends = sample.into_iter().map(|done| {
            let client = client.clone();
            async move {
                let again = client.send(&done.call).await.unwrap();
                let is_same = (again.status, &again.body) == (done.answer.status, &done.answer.body);
                assert!(again.replayed && is_same, "{:?}: {again:?} after {:?}", done.call, done.answer);
            }
        });
        tally.replayed += figure(join_all(sends).await.len());
    }

    fn record(&mut self) {
        for worker in &mut self.workers {
            self.books.record(std::mem::take(&mut worker.fresh));
        }
    }

    /// One kill, and all that must hold after it.
    async fn survive(&mut self, tally: &mut Tally) {
        let least = 1 + self.entropy.below(64);
        self.kill(least, tally).await;
        // What the crash has left is proved while it is already worked on.
        let place = Arc::clone(&self.place);
        let verified = tokio::task::spawn_blocking(move || place.verify());
        self.resolve(tally).await;
        self.replay(tally).await;
        self.record();
        let when = format!("{}, kill {}", self.name, tally.kills);
        self.books.audit(&Client::of(&self.server)).await.assert_clean(&when);
        verified.await.unwrap().unwrap_or_else(|told| panic!("{when}: {told}"));
    }

    /// The control of P5: clients who were cut off and do not know their keys any more give a second time. Whether
    /// an audit finds that.
    async fn forget_the_keys(&mut self) -> bool {
        // Enough that some of them are transfers.
        self.kill(8 * figure(CLIENTS), &mut Tally::default()).await;
        let client = Client::of(&self.server);
        for worker in &mut self.workers {
            for done in &mut worker.fresh {
                if matches!(done.call.effect, Effect::Transfer { .. }) {
                    done.call.key.push_str("-again");
                    done.answer = client.send(&done.call).await.unwrap().expect(201);
                }
            }
        }
        self.resolve(&mut Tally::default()).await;
        self.record();
        let found = self.books.audit(&client).await;
        !found.doubled.is_empty() && found.lost.is_empty()
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: the last of its servers said\n{}", self.name, self.place.logged());
        }
    }
}

async fn prove(db: Db, kills: u64) {
    let mut tally = Tally::default();
    let (mut seed, mut caught) = (0, None);
    while tally.kills < kills {
        seed += 1;
        let mut life = Life::begin(db, seed).await;
        for _ in 0..KILLS_OF_A_LIFE.min(kills - tally.kills) {
            life.survive(&mut tally).await;
        }
        life.place.verify().unwrap();
        if tally.kills == kills {
            let doubled_is_found = life.forget_the_keys().await;
            let client = Client::of(&life.server);
            let lost_is_found = life.books.finds_what_is_lost(&life.place, &client).await;
            caught = Some((lost_is_found, doubled_is_found));
        }
    }
    let (lost_is_found, doubled_is_found) = caught.unwrap();
    assert!(tally.acknowledged > kills && tally.ambiguous > 0, "there was no load");
    tally.recoveries.sort_unstable();
    let recovery = |place: usize| u64::try_from(tally.recoveries[place].as_millis()).unwrap();
    let figures = [
        ("kills", tally.kills),
        ("clients", figure(CLIENTS)),
        ("acknowledged", tally.acknowledged),
        ("lost", 0),
        ("half", 0),
        ("ambiguous", tally.ambiguous),
        ("replayed_identical", tally.replayed),
        ("recovery_ms_p50", recovery(tally.recoveries.len() / 2)),
        ("recovery_ms_max", recovery(tally.recoveries.len() - 1)),
    ];
    proved("P4", db.as_str(), &figures, lost_is_found);
    let figures = [
        ("ambiguous", tally.ambiguous),
        ("had_happened", tally.happened),
        ("resolved", tally.resolved),
        ("doubled", 0),
    ];
    proved("P5", db.as_str(), &figures, doubled_is_found);
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_load_lose_nothing_on_sqlite() {
    prove(Db::Sqlite, trials_between(20, 500)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_load_lose_nothing_on_postgresql() {
    prove(Db::Postgres, trials_between(5, 50)).await;
}
