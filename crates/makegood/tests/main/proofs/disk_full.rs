//! P15: the disk under SQLite fills up, each time after another number of commits. What was acknowledged is there,
//! nothing is half there, writers are told 503 while readers are served, and when there is space again the service
//! goes on by itself.

use super::PATIENCE;
use super::books::Books;
use super::client::Client;
use super::disk::{Disk, PAGE};
use super::place::Place;
use super::town::{Town, top_up};
use super::worker::Worker;
use crate::process::Service;
use makegood_testkit::SeededEntropy;
use makegood_testkit::proof::{figure, proved, trials_between};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clients: one fills the disk, the others then meet it full.
const CLIENTS: usize = 4;
/// So many times one disk is filled; then the next begins, so that proving its books stays quick.
const FILLINGS_OF_A_LIFE: u64 = 20;
const DISK_MEBIBYTES: u64 = 128;
/// About what a commit writes, in pages.
const COMMIT_PAGES: u64 = 24;
/// More commits than any room can take.
const COMMITS_MAX: u64 = 2_000;

/// What was counted over all fillings.
#[derive(Default)]
struct Tally {
    fillings: u64,
    acknowledged: u64,
    /// How many commits went before the one that found no space.
    commits: Vec<u64>,
    /// Writes that were answered 503.
    refused: u64,
    /// Reads that were answered while the disk was full.
    reads: u64,
    /// How often `/readyz` said that the service cannot do its work.
    not_ready: u64,
    /// How long the service took to go on once there was space.
    resumed: Vec<Duration>,
}

/// A disk with a wallet on it.
struct Life {
    /// Ends before its disk.
    server: Option<Service>,
    client: Client,
    books: Books,
    workers: Vec<Worker>,
    entropy: SeededEntropy,
    place: Place,
    disk: Disk,
    name: String,
}

impl Life {
    async fn begin(seed: u64) -> Self {
        let disk = Disk::mount(DISK_MEBIBYTES);
        let place = Place::within(disk.path());
        let server = place.start();
        let client = Client::of(&server);
        let town = Arc::new(Town::found(&client, CLIENTS, 2).await);
        let workers = (0..CLIENTS).map(|number| Worker::new(number, &town, seed)).collect();
        let (books, entropy) = (Books::new(&town), SeededEntropy::new(seed));
        let server = Some(server);
        Self { server, client, books, workers, entropy, place, disk, name: format!("seed {seed}") }
    }

    /// Starts the server again: it moves its log into the database file, and gives the log's space back.
    fn start_anew(&mut self) {
        assert_eq!(self.server.take().unwrap().stop().0, Some(0), "{}", self.name);
        self.start();
    }

    fn start(&mut self) {
        let server = self.place.start();
        self.client = Client::of(&server);
        self.server = Some(server);
    }

    /// Sends the next call of a client; whether it was done. It has to be, or to be refused with 503.
    async fn call(&mut self, worker: usize, tally: &mut Tally) -> bool {
        let worker = &mut self.workers[worker];
        let call = worker.next();
        let answer = self.client.send(&call).await.unwrap();
        if answer.status == 503 {
            tally.refused += 1;
            worker.unanswered = Some(call);
            return false;
        }
        worker.learn(call, answer);
        tally.acknowledged += 1;
        true
    }

    async fn is_ready(&self) -> bool {
        let told = self.client.get("/readyz", None).await.unwrap();
        assert!(told.status == 200 || told.status == 503, "{told:?}");
        told.status == 200
    }

    /// Fills the disk but for some room, and writes until there is none.
    async fn fill(&mut self, tally: &mut Tally) {
        tally.fillings += 1;
        let pages = if tally.fillings.is_multiple_of(5) {
            // The log that is there is used again first, and then moved while there is no room for what it holds.
            self.entropy.below(4 * COMMIT_PAGES)
        } else {
            // The k-th leaves room for about k commits, the last of them anywhere between its first page and its last.
            self.start_anew();
            COMMIT_PAGES * tally.fillings - self.entropy.below(COMMIT_PAGES)
        };
        self.disk.fill_but(pages * PAGE);
        let mut commits = 0;
        while self.call(0, tally).await {
            commits += 1;
            assert!(commits < COMMITS_MAX, "{}: the disk is never full", self.name);
        }
        tally.commits.push(commits);
        for worker in 1..CLIENTS {
            let _done = self.call(worker, tally).await;
        }
    }

    /// While it is full, readers are served, and whoever asks is told that the service cannot do its work.
    async fn read(&self, tally: &mut Tally) {
        let alive = self.client.get("/healthz", None).await.unwrap();
        assert_eq!(alive.status, 200, "{}", self.name);
        for person in &self.books.town.people {
            for path in ["/v1/me/balances", "/v1/me/transactions", "/v1/payments"] {
                let told = self.client.get(path, Some(&person.token)).await.unwrap();
                assert_eq!(told.status, 200, "{}: {path} {}", self.name, told.json());
                tally.reads += 1;
            }
        }
        // A smaller write may still have found room. What was refused is refused again, and then it is not ready.
        let call = self.workers[0].unanswered.as_ref().unwrap();
        let is_refused = self.client.send(call).await.unwrap().status == 503;
        assert_eq!(self.is_ready().await, !is_refused, "{}: whether it is ready", self.name);
        tally.not_ready += u64::from(is_refused);
    }

    /// Gives the space back. What was refused is sent again with its key, and is done.
    async fn resume(&mut self, tally: &mut Tally) {
        self.disk.free();
        let began = Instant::now();
        for worker in &mut self.workers {
            let Some(call) = worker.unanswered.take() else { continue };
            let answer = self.client.send_until_answered(&call).await;
            worker.learn(call, answer);
            tally.acknowledged += 1;
        }
        tally.resumed.push(began.elapsed());
        while !self.is_ready().await {
            assert!(began.elapsed() < PATIENCE, "{}: it is never ready again", self.name);
        }
    }

    /// One filling, and all that must hold after it.
    async fn survive(&mut self, tally: &mut Tally) {
        self.fill(tally).await;
        self.read(tally).await;
        self.resume(tally).await;
        for worker in &mut self.workers {
            self.books.record(std::mem::take(&mut worker.fresh));
        }
        let when = format!("{}, filling {}", self.name, tally.fillings);
        self.books.audit(&self.client).await.assert_clean(&when);
        self.place.verify().unwrap_or_else(|told| panic!("{when}: {told}"));
    }

    /// The whole of it again, from the disk, and a bank that works: its books were on the same disk.
    async fn end(&mut self) {
        self.server.as_mut().unwrap().kill();
        self.start();
        self.books.audit_from_the_first();
        self.books.audit(&self.client).await.assert_clean(&self.name);
        top_up(&self.client, &self.books.town.people[0], "after", 100).await;
        self.place.verify().unwrap_or_else(|told| panic!("{}: {told}", self.name));
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: the last of its servers said\n{}", self.name, self.place.logged());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_left_behind() {
    let (mut tally, fillings) = (Tally::default(), trials_between(20, 200));
    let (mut seed, mut is_found) = (0, true);
    while tally.fillings < fillings {
        seed += 1;
        let mut life = Life::begin(seed).await;
        for _ in 0..FILLINGS_OF_A_LIFE.min(fillings - tally.fillings) {
            life.survive(&mut tally).await;
        }
        life.end().await;
        is_found &= life.books.finds_what_is_lost(&life.place, &life.client).await;
    }
    let most = |values: &[u64]| values.iter().copied().max().unwrap_or_default();
    let distinct: std::collections::BTreeSet<_> = tally.commits.iter().collect();
    let resumed: Vec<_> = tally.resumed.iter().map(|took| u64::try_from(took.as_millis()).unwrap()).collect();
    assert!(tally.not_ready > 0, "a full disk is not told");
    let figures = [
        ("fillings", tally.fillings),
        ("distinct_k", figure(distinct.len())),
        ("k_max", most(&tally.commits)),
        ("acknowledged", tally.acknowledged),
        ("lost", 0),
        ("half", 0),
        ("refused_503", tally.refused),
        ("other_5xx", 0),
        ("reads_while_full", tally.reads),
        ("not_ready", tally.not_ready),
        ("resumed_ms_max", most(&resumed)),
    ];
    proved("P15", "sqlite", &figures, is_found);
}
