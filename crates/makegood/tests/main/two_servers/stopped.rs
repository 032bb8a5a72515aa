//! One server is stopped, or killed, while it is inside a batch and holds the journal's head.

use super::{LONG, Request, STALL_MAX, Scene, give};
use crate::process::Service;
use futures_util::future::join_all;
use makegood_testkit::Person;
use makegood_testkit::proof::{figure, proved, trials};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const CLIENTS: usize = 8;
/// A transaction that has written or locked something, and whose client has said nothing for a while.
const HELD: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
    AND backend_xid IS NOT NULL AND state = 'idle in transaction'
    AND state_change < clock_timestamp() - INTERVAL '100 milliseconds'";

/// A request and the body of its answer, if there was one.
type Sent = (Request, Option<Vec<u8>>);

/// Clients that pay at one server, one payment after the other, each with a key of its own.
struct Load {
    is_over: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Vec<Sent>>>,
}

impl Load {
    fn start(scene: &Arc<Scene>, server: &Service, people: &[Person], round: u64) -> Self {
        let (is_over, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let client = |index: usize| {
            let (scene, url) = (Arc::clone(scene), server.url.clone());
            let (is_over, acknowledged) = (Arc::clone(&is_over), Arc::clone(&acknowledged));
            let (payer, payee) = (people[index].clone(), people[index + 1].clone());
            tokio::spawn(async move {
                let mut sent = Vec::new();
                while !is_over.load(Ordering::SeqCst) {
                    let key = format!("{round} {index} {}", sent.len());
                    let request = give(&payer, &payee, key);
                    let answer = scene.send(&url, &request).await;
                    // Without an answer the server is gone, and so is its client.
                    let is_gone = answer.is_none();
                    let answer = answer.filter(|answer| answer.status != 503);
                    acknowledged.fetch_add(u64::from(answer.is_some()), Ordering::SeqCst);
                    sent.push((request, answer.map(|answer| answer.expect(201).body)));
                    if is_gone {
                        break;
                    }
                }
                sent
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { is_over, acknowledged, clients }
    }

    /// Waits until so many more payments were acknowledged.
    async fn go_on(&self, more: u64) {
        let (began, before) = (Instant::now(), self.acknowledged.load(Ordering::SeqCst));
        while self.acknowledged.load(Ordering::SeqCst) < before + more {
            assert!(began.elapsed() < LONG, "nobody can pay");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn end(self) -> Vec<Sent> {
        self.is_over.store(true, Ordering::SeqCst);
        join_all(self.clients).await.into_iter().flat_map(Result::unwrap).collect()
    }

    /// Stops the server while it holds the head. Returns when it was stopped, and how many tries it took.
    async fn stop_inside(&self, scene: &Scene, server: &Service) -> (Instant, u64) {
        for tries in 1..=1_000 {
            self.go_on(3).await;
            let began = Instant::now();
            server.send("-STOP");
            while began.elapsed() < Duration::from_millis(150) {
                if scene.count(HELD).await > 0 {
                    return (began, tries);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            server.send("-CONT");
        }
        unreachable!("never inside a batch")
    }
}

/// Pays at a server, each payer once and all at once, asking again where it is said that nothing was decided.
async fn pay_at(scene: &Scene, server: &Service, payers: &[Person], round: u64) -> Vec<Sent> {
    let pay = |index: usize| async move {
        let (payer, payee) = (&payers[index], &payers[(index + 1) % payers.len()]);
        let request = give(payer, payee, format!("other {round}"));
        let began = Instant::now();
        loop {
            let answer = scene.send(&server.url, &request).await.unwrap();
            if answer.status != 503 {
                return (request, Some(answer.expect(201).body));
            }
            assert!(began.elapsed() < LONG, "the other server does not go on");
        }
    };
    join_all((0..payers.len()).map(pay)).await
}

/// Asks all servers again with every key: each has happened once, and what was answered is answered again.
async fn resolve(scene: &Scene, servers: [&Service; 2], sent: &[Sent]) -> u64 {
    let mut unanswered = 0;
    for (request, body) in sent {
        unanswered += u64::from(body.is_none());
        let first = scene.send(&servers[0].url, request).await.unwrap().expect(201);
        assert!(body.is_none() || first.replayed, "an answered payment is lost");
        assert!(body.as_ref().is_none_or(|body| *body == first.body), "another answer to the same key");
        let second = scene.send(&servers[1].url, request).await.unwrap();
        assert!(second.replayed && second.body == first.body, "the servers do not agree");
    }
    unanswered
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_inside_a_batch() {
    let scene = Arc::new(Scene::open().await);
    let (people, others) = (scene.people(CLIENTS + 1).await, scene.people(CLIENTS).await);
    let (mut first, second) = (scene.serve(), scene.serve());
    let (mut sent, mut tries) = (Vec::new(), 0);
    let (mut stalls, mut kill_stalls) = (Vec::new(), Vec::new());
    let rounds = trials(10);
    for round in 0..rounds {
        let load = Load::start(&scene, &first, &people, 2 * round);
        let (began, took) = load.stop_inside(&scene, &first).await;
        tries += took;
        sent.extend(pay_at(&scene, &second, &others, 2 * round).await);
        stalls.push(began.elapsed());
        // It goes on with its batch as if nothing had been, and must not double anything.
        first.send("-CONT");
        load.go_on(16).await;
        sent.extend(load.end().await);
        let _unanswered = resolve(&scene, [&first, &second], &sent).await;
        assert_eq!(scene.transfers().await, figure(sent.len()), "each exactly once");

        let load = Load::start(&scene, &first, &people, 2 * round + 1);
        tries += load.stop_inside(&scene, &first).await.1;
        let began = Instant::now();
        let (_killed, paid) = (first.signal("-KILL"), pay_at(&scene, &second, &others, 2 * round + 1).await);
        kill_stalls.push(began.elapsed());
        sent.extend(paid);
        sent.extend(load.end().await);
        first = scene.serve();
    }
    let unanswered = resolve(&scene, [&first, &second], &sent).await;
    assert_eq!(scene.transfers().await, figure(sent.len()), "each exactly once");
    let (stall, kill_stall) = (*stalls.iter().max().unwrap(), *kill_stalls.iter().max().unwrap());
    assert!(stall.max(kill_stall) < STALL_MAX, "the other server waited for {stall:?} and {kill_stall:?}");

    // The control: somebody does not know the key any more, and pays again.
    let (request, _) = &sent[0];
    let again = Request { key: request.key.clone() + " again", ..request.clone() };
    let _paid = scene.send(&second.url, &again).await.unwrap().expect(201);
    let caught = scene.transfers().await != figure(sent.len());
    let figures = [
        ("stops", rounds),
        ("kills", rounds),
        ("tries", tries),
        ("payments", figure(sent.len())),
        ("unanswered", unanswered),
        ("double", 0),
        ("lost", 0),
        ("stall_stopped_ms_max", milliseconds(stall)),
        ("stall_killed_ms_max", milliseconds(kill_stall)),
        ("bound_ms", milliseconds(STALL_MAX)),
    ];
    proved("P21-stopped", "postgres", &figures, caught);
    for server in [first, second] {
        assert_eq!(server.stop().0, Some(0));
    }
    Arc::into_inner(scene).unwrap().wallet.finish().await;
}
