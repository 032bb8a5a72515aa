//! P21: two real servers on one PostgreSQL. Whatever both of them do at once, or one of them leaves half done, has one
//! effect, and neither holds up the other for long.

mod effects;
mod stopped;
mod throughput;

use crate::process::{Service, makegood};
use makegood::SystemClock;
use makegood_base::Clock as _;
use makegood_testkit::{Answer, Db, Person, TestWallet};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No request may take longer than this, whatever the other server does: it is for how long the engine keeps
/// somebody waiting before it says that it is busy.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How long anything else may take before the proof has failed.
const LONG: Duration = Duration::from_secs(60);

/// A wallet that makes people and looks at the rows, whose database, secrets and bank are those of all servers.
struct Scene {
    wallet: TestWallet,
    client: reqwest::Client,
    folder: TempDir,
    slowest_ms: AtomicU64,
}

/// A request that can be sent again: where to, with what, whose.
#[derive(Debug, Clone)]
struct Request {
    path: String,
    token: String,
    key: String,
    body: Value,
}

impl Scene {
    async fn open() -> Self {
        let wallet = TestWallet::start(Db::Postgres).await;
        // The servers' clocks are the machine's; who is made here has to be alive there.
        wallet.clock.set(SystemClock.now());
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { wallet, client, folder, slowest_ms: AtomicU64::new(0) }
    }

    /// Starts another server.
    fn serve(&self) -> Service {
        let (bank, secrets) = (self.wallet.bank().url(), self.wallet.folder().join("secrets"));
        let mut command =
            makegood(self.folder.path(), &["--listen", "127.0.0.1:0", "--test-mode", "--bank-url", &bank]);
        command.arg("--database-url").arg(self.wallet.url()).arg("--secrets-file").arg(secrets);
        let log = OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        Service::start({
            command.stderr(log);
            command
        })
    }

    /// Sends a request, unless the server is gone before it answers. How long it took is kept.
    async fn send(&self, server: &str, request: &Request) -> Option<Answer> {
        let began = Instant::now();
        let post = self.client.post(format!("{server}{}", request.path)).bearer_auth(&request.token);
        let response = post.header("idempotency-key", &request.key).json(&request.body).send().await.ok()?;
        let replayed = response.headers().contains_key("idempotency-replayed");
        let status = response.status().as_u16();
        let body = response.bytes().await.ok()?.to_vec();
        let took = u64::try_from(began.elapsed().as_millis()).unwrap();
        self.slowest_ms.fetch_max(took, Ordering::SeqCst);
        Some(Answer::new(status, body, replayed))
    }

    /// The slowest answer since this was asked last.
    fn slowest_ms(&self) -> u64 {
        let slowest = self.slowest_ms.swap(0, Ordering::SeqCst);
        assert!(u128::from(slowest) <= STALL_MAX.as_millis(), "somebody waited for {slowest} ms");
        slowest
    }

    async fn transfers(&self) -> u64 {
        self.count("SELECT COUNT(*) FROM transfers").await
    }

    async fn count(&self, text: &'static str) -> u64 {
        u64::try_from(self.wallet.count(text).await).unwrap()
    }

    async fn people(&self, count: usize) -> Vec<Person> {
        let mut people = Vec::new();
        for _ in 0..count {
            people.push(self.wallet.user_with("100000.00").await);
        }
        people
    }
}

/// A transfer of a cent.
fn give(payer: &Person, payee: &Person, key: String) -> Request {
    let cent = json!({"amount": "0.01", "currency": "CNY"});
    let body = json!({"to": payee.id, "amount": cent, "expect": {"amount": cent, "payee": payee.id}});
    Request { path: "/v1/transfers".to_owned(), token: payer.token.clone(), key, body }
}
