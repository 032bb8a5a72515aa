//! How much two servers do beside one: a figure, and no promise.

use super::{Request, Scene, give};
use futures_util::future::join_all;
use makegood_testkit::Person;
use makegood_testkit::proof::trials;
use std::time::Instant;

const CONNECTIONS: usize = 64;
const PAYERS: usize = 16;
const RUNS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_beside_one() {
    let scene = Scene::open().await;
    let people = scene.people(PAYERS).await;
    let (first, second) = (scene.serve(), scene.serve());
    let (one, two) = ([first.url.as_str()], [first.url.as_str(), second.url.as_str()]);
    let each = trials(200);
    let (mut of_one, mut of_two) = (Vec::new(), Vec::new());
    for number in 0..RUNS {
        of_one.push(run(&scene, &one, &people, each, &format!("one {number}")).await);
        of_two.push(run(&scene, &two, &people, each, &format!("two {number}")).await);
    }
    let [of_one, of_two] = [of_one, of_two].map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[RUNS / 2]
    });
    assert!(of_one > 0.0 && of_two > 0.0);
    makegood::output::say(&format!(
        "FIGURE two-servers postgres connections={CONNECTIONS} runs={RUNS} one_per_s={of_one:.0} \
         two_per_s={of_two:.0} ratio={:.2} build=test",
        of_two / of_one
    ));
    for server in [first, second] {
        assert_eq!(server.stop().0, Some(0));
    }
    scene.wallet.finish().await;
}

/// Transfers per second over so many connections, spread over the servers.
async fn run(scene: &Scene, servers: &[&str], people: &[Person], each: u64, name: &str) -> f64 {
    let requests = |connection: usize| -> Vec<Request> {
        let (payer, payee) = (&people[connection % PAYERS], &people[(connection + 1) % PAYERS]);
        (0..each).map(|number| give(payer, payee, format!("{name} {connection} {number}"))).collect()
    };
    let lists: Vec<_> = (0..CONNECTIONS).map(requests).collect();
    let began = Instant::now();
    let connections = servers.iter().cycle().zip(&lists).map(|(server, list)| async move {
        for request in list {
            let _given = scene.send(server, request).await.unwrap().expect(201);
        }
    });
    join_all(connections).await;
    (CONNECTIONS as u64 * each) as f64 / began.elapsed().as_secs_f64()
}
