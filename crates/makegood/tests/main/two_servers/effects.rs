//! The same thing through both servers at once.

use super::{LONG, Request, STALL_MAX, Scene, give};
use futures_util::future::join_all;
use makegood_banksim::cards;
use makegood_sql::{Database, Fields, Kind, Options};
use makegood_testkit::proof::{figure, length, proved, trials};
use makegood_testkit::{Answer, Person};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How many requests of a round are sent at the same moment, every other one to the same server.
const PARALLEL: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_have_one_effect() {
    let scene = Scene::open().await;
    let people = scene.people(PARALLEL).await;
    let (first, second) = (scene.serve(), scene.serve());
    let servers = [first.url.as_str(), second.url.as_str()];
    let rounds = trials(200);
    for round in 0..rounds {
        same_key(&scene, &servers, &people, round).await;
        new_payee(&scene, &servers, &people, round).await;
        new_shop(&scene, &servers, &people, round).await;
        crossed(&scene, &servers, &people, round).await;
    }
    let logins = same_login(&scene, &servers, trials(40)).await;
    let stall = scene.slowest_ms();

    // The controls: a key for each request, and workers that look before they write.
    let before = scene.transfers().await;
    let keys = (0..PARALLEL).map(|index| give(&people[0], &people[1], format!("control {index}")));
    let _answers = at_once(&scene, &servers, keys.collect()).await;
    let caught = scene.transfers().await - before != 1 && check_then_insert(&scene).await == 2;
    let figures = [
        ("rounds", rounds),
        ("requests", rounds * 4 * figure(PARALLEL) + logins * 4),
        ("keys", rounds),
        ("new_accounts", 2 * rounds),
        ("crossed", rounds * figure(PARALLEL)),
        ("same_logins", logins),
        ("double", 0),
        ("stall_ms_max", stall),
        ("bound_ms", u64::try_from(STALL_MAX.as_millis()).unwrap()),
    ];
    proved("P21-effects", "postgres", &figures, caught);
    for server in [first, second] {
        assert_eq!(server.stop().0, Some(0));
    }
    scene.wallet.finish().await;
}

/// What two workers do who look before they write, and take no lock: both begin, both look, the first pauses, the
/// second writes, the first goes on. Returns how many of one thing there are then.
async fn check_then_insert(scene: &Scene) -> i64 {
    const LOOK: &str = "SELECT COUNT(*) FROM naive WHERE key = 1";
    let database = scene.wallet.database();
    let mut made = database.begin().await.unwrap();
    made.run("CREATE TABLE IF NOT EXISTS naive (key BIGINT NOT NULL); DELETE FROM naive").await.unwrap();
    made.commit().await.unwrap();
    let (mut first, mut second) = (database.begin().await.unwrap(), database.begin().await.unwrap());
    let mut is_there = Vec::new();
    for worker in [&mut first, &mut second] {
        let rows = worker.query(LOOK, Vec::new(), &[makegood_sql::Kind::Integer]).await.unwrap();
        is_there.push(rows[0][0] != makegood_sql::Value::from(0_i64));
    }
    for (mut worker, is_there) in [second, first].into_iter().zip(is_there) {
        if !is_there {
            worker.execute("INSERT INTO naive (key) VALUES (1)", Vec::new()).await.unwrap();
        }
        worker.commit().await.unwrap();
    }
    scene.wallet.count(LOOK).await
}

/// Sends all requests at the same moment, to the servers in turn.
async fn at_once(scene: &Scene, servers: &[&str], requests: Vec<Request>) -> Vec<Answer> {
    let sent = servers.iter().cycle().zip(&requests).map(|(server, request)| scene.send(server, request));
    join_all(sent).await.into_iter().map(|answer| answer.unwrap()).collect()
}

async fn same_key(scene: &Scene, servers: &[&str], people: &[Person], round: u64) {
    let before = scene.transfers().await;
    let request = give(&people[0], &people[1], format!("same {round}"));
    let answers = at_once(scene, servers, vec![request; PARALLEL]).await;
    let bodies: BTreeSet<&[u8]> = answers.iter().map(|answer| answer.body.as_slice()).collect();
    assert_eq!(bodies.len(), 1, "byte for byte");
    assert!(answers.iter().all(|answer| answer.status == 201), "{}", answers[0].json());
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(scene.transfers().await - before, 1);
}

/// Everybody gives somebody who never had money.
async fn new_payee(scene: &Scene, servers: &[&str], people: &[Person], round: u64) {
    const ACCOUNTS: &str = "SELECT COUNT(*) FROM ledger_accounts WHERE code = 201";
    let (payee, before) = (scene.wallet.user().await, scene.count(ACCOUNTS).await);
    let requests = people.iter().map(|payer| give(payer, &payee, format!("new {round}")));
    for answer in at_once(scene, servers, requests.collect()).await {
        let _given = answer.expect(201);
    }
    assert_eq!(scene.wallet.balance(&payee).await, "0.16");
    assert_eq!(scene.count(ACCOUNTS).await - before, 1, "one account");
}

/// Everybody buys from a shop that never sold anything.
async fn new_shop(scene: &Scene, servers: &[&str], people: &[Person], round: u64) {
    const ACCOUNTS: &str = "SELECT COUNT(*) FROM ledger_accounts WHERE code = 202";
    let (shop, before) = (scene.wallet.shop(&people[0]).await, scene.count(ACCOUNTS).await);
    let mut requests = Vec::new();
    for payer in people {
        let order = scene.wallet.order(&shop, "10.00").await;
        let expect = json!({"amount": order.expect.amount, "payee": shop.id});
        let body = json!({"order": order.id, "source": {"type": "balance"}, "expect": expect});
        let (path, key) = ("/v1/payments".to_owned(), format!("buy {round}"));
        requests.push(Request { path, token: payer.token.clone(), key, body });
    }
    for answer in at_once(scene, servers, requests).await {
        let _paid = answer.expect(201);
    }
    assert_eq!(scene.wallet.pending(&shop).await, "159.04", "sixteen times 10.00 less the fee");
    assert_eq!(scene.count(ACCOUNTS).await - before, 1, "one account");
}

/// At one server everybody gives to their neighbour, who at the other server gives back.
async fn crossed(scene: &Scene, servers: &[&str], people: &[Person], round: u64) {
    let (one, other) = (&people[length(round) % PARALLEL], &people[length(round + 1) % PARALLEL]);
    let before = [scene.wallet.balance(one).await, scene.wallet.balance(other).await];
    let request = |index: usize| {
        let (payer, payee) = if index.is_multiple_of(2) { (one, other) } else { (other, one) };
        give(payer, payee, format!("crossed {round} {index}"))
    };
    for answer in at_once(scene, servers, (0..PARALLEL).map(request).collect()).await {
        assert!(!answer.expect(201).replayed);
    }
    assert_eq!([scene.wallet.balance(one).await, scene.wallet.balance(other).await], before);
}

/// The same person registers at both servers.
async fn same_login(scene: &Scene, servers: &[&str], rounds: u64) -> u64 {
    for round in 0..rounds {
        let register = |index: usize| {
            let body = json!({"login": format!("same{round}@example.com"), "password": "grey-kettle-tram-41",
                "display_name": "Li Wei"});
            let key = format!("login {round} {index}");
            Request { path: "/v1/users".to_owned(), token: String::new(), key, body }
        };
        let answers = at_once(scene, servers, (0..4).map(register).collect()).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409], "{}", answers[0].json());
    }
    rounds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_two_servers_is_done_once() {
    const CLAIMS: &str = "SELECT CAST(COALESCE(SUM(generation), 0) AS BIGINT) FROM bank_transfers";
    let scene = Scene::open().await;
    let (first, second) = (scene.serve(), scene.serve());
    let servers = [first.url.as_str(), second.url.as_str()];
    let (mut requests, books) = (Vec::new(), Books::open(&scene).await);
    let before = books.entries().await;
    for _ in 0..4 {
        let user = scene.wallet.user().await;
        let card = card(&scene, servers[0], &user).await;
        for number in 0..trials(400) / 4 {
            requests.push(top_up(&user, &card, format!("top up {number}")));
        }
    }
    let jobs = figure(requests.len());
    let again = requests[0].key.clone() + " again";
    let control = Request { key: again, ..requests[0].clone() };
    done(&scene, &servers, requests).await;
    // Whoever gets no answer in time from a busy bank enquires: that is another claim, and no second effect.
    let claims = scene.count(CLAIMS).await;
    assert!(claims >= jobs, "each was claimed");
    assert_eq!(books.entries().await - before, jobs, "each moved once at the bank");
    // The control: one of them is done a second time.
    done(&scene, &servers, vec![control]).await;
    let caught = books.entries().await - before != jobs;
    let figures = [("jobs", jobs), ("claims", claims), ("moved_at_the_bank", jobs), ("double", 0)];
    proved("P21-jobs", "postgres", &figures, caught);
    for server in [first, second] {
        assert_eq!(server.stop().0, Some(0));
    }
    books.0.close().await;
    scene.wallet.finish().await;
}

fn top_up(user: &Person, card: &str, key: String) -> Request {
    let body = json!({"amount": {"amount": "1.00", "currency": "CNY"}, "bank_card": card});
    Request { path: "/v1/top-ups".to_owned(), token: user.token.clone(), key, body }
}

/// Asks for all of these top-ups at once, and waits until they are done.
async fn done(scene: &Scene, servers: &[&str], requests: Vec<Request>) {
    const OPEN: &str = "SELECT COUNT(*) FROM top_ups WHERE status != 'succeeded'";
    for answer in at_once(scene, servers, requests).await {
        let _coming = answer.expect(202);
    }
    let began = Instant::now();
    while scene.count(OPEN).await > 0 {
        assert!(began.elapsed() < LONG, "a job is not done");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A card at the bank as the servers know it.
async fn card(scene: &Scene, server: &str, user: &Person) -> String {
    let post = |path: String, body| {
        let key = format!("card {path}");
        let request = Request { path, token: user.token.clone(), key, body };
        async move { scene.send(server, &request).await.unwrap() }
    };
    let body = json!({"bank": "testbank", "number": cards::ALWAYS_WORKS, "holder_name": "Wang Xiaoming"});
    let card = post("/v1/me/bank-cards".to_owned(), body).await.expect(201).text("/id").to_owned();
    let confirmed = post(format!("/v1/me/bank-cards/{card}/confirm"), json!({"code": "123456"})).await;
    let _confirmed = confirmed.expect(200);
    card
}

/// The bank's own books.
struct Books(Database);

impl Books {
    async fn open(scene: &Scene) -> Self {
        let file = scene.wallet.folder().join("bank.db");
        Self(Database::open(&makegood::sqlite_url(&file), Options::default()).await.unwrap())
    }

    /// How often money was moved for somebody.
    async fn entries(&self) -> u64 {
        const MOVED: &str = "SELECT COUNT(*) FROM entries WHERE reference IS NOT NULL";
        let mut transaction = self.0.read().await.unwrap();
        let rows = transaction.query(MOVED, Vec::new(), &[Kind::Integer]).await.unwrap();
        transaction.rollback().await;
        let count: i64 = Fields::new("entries", rows.into_iter().next().unwrap()).take().unwrap();
        u64::try_from(count).unwrap()
    }
}
