//! A running wallet: the service as `makegood serve` runs it, on a real database, with the simulated bank, a clock that stands still, and a background
//! that works only when it is told to.
#![expect(clippy::expect_used, reason = "a test whose wallet does not start has failed")]

use crate::database::TestDatabase;
use crate::snapshot;
use crate::{Answer, FakeClock, SeededEntropy};
use makegood::{Running, Server, ServerConfig};
use makegood_api::{Limits, Rate};
use makegood_app::{App, AppConfig, BankConfig, EngineLimits, JobsConfig, PasswordPoolConfig};
use makegood_banksim::Timings;
use makegood_base::{Clock as _, IdSeed, Ids, RequestId};
use makegood_sql::{Database, Fields, Kind, Options};
use makegood_store::SqlStore;
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Command, Query};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Db {
    /// A SQLite file in a temporary folder.
    Sqlite,
    /// A database of the private PostgreSQL.
    Postgres,
}

impl Db {
    /// Its name, as a proof prints it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// A new database of this kind, which is empty.
    #[must_use]
    pub fn create(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres(),
        }
    }
}

/// A client for servers on this machine, which speak no TLS.
#[must_use]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client")
}

/// A wallet that runs. Nothing in it happens by itself: the clock stands still, and the background works only
/// within [`run`](Self::run).
#[derive(Debug)]
pub struct TestWallet {
    /// The wallet.
    pub app: App,
    /// Its clock, which is the bank's too.
    pub clock: FakeClock,
    /// Where everything random comes from.
    pub entropy: SeededEntropy,
    server: Running,
    client: reqwest::Client,
    url: String,
    /// Dropped last: the bank's books, and the wallet's database.
    folder: TempDir,
    _database: TestDatabase,
}

impl TestWallet {
    /// Starts the service on an empty database.
    pub async fn start(db: Db) -> Self {
        Self::start_on(db.create()).await
    }

    /// Starts the service on an empty database, with a background that works in this way when it is told to.
    pub async fn start_with_jobs(db: Db, jobs: JobsConfig) -> Self {
        Self::start_with(db.create(), FakeClock::new(), |config| config.jobs = jobs).await
    }

    /// Starts the service on this database, which is empty.
    pub async fn start_on(kept: TestDatabase) -> Self {
        Self::start_with(kept, FakeClock::new(), |_| {}).await
    }

    /// Starts the service on an empty database, at the bank that is at this URL and lives by this clock.
    pub async fn start_at_bank(db: Db, url: &str, clock: FakeClock) -> Self {
        Self::start_with(db.create(), clock, |config| config.bank_url = Some(url.to_owned())).await
    }

    /// Starts the service on this database, which is empty, with a configuration that is changed first.
    pub async fn start_with(
        kept: TestDatabase,
        clock: FakeClock,
        change: impl FnOnce(&mut ServerConfig),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let entropy = SeededEntropy::new(1);
        let mut config = config(folder.path(), kept.url());
        change(&mut config);
        let server = Server::start(config, Arc::new(clock.clone()), Arc::new(entropy.clone()));
        let server = Box::pin(server).await.expect("the service starts");
        let (app, url) = (server.app.clone(), kept.url().to_owned());
        Self { app, clock, entropy, server, client: client(), url, folder, _database: kept }
    }

    /// Another server's engine and workers on the same database, with connections of their own and these banks.
    pub async fn another_app(&self, banks: Vec<BankConfig>, jobs: JobsConfig) -> App {
        let database = Database::open(&self.url, Options::default()).await.expect("the database opens");
        let config = config(self.folder.path(), &self.url);
        let app_config = AppConfig {
            settings: self.app.settings().clone(),
            secrets: self.app.secrets().clone(),
            banks,
            limits: config.engine,
            jobs,
            passwords: config.passwords,
        };
        let (clock, entropy) = (Arc::new(self.clock.clone()), Arc::new(SeededEntropy::new(2)));
        let started = App::start(SqlStore::new(database), app_config, clock, entropy);
        let (app, _ends_with_the_app) = started.expect("the app starts");
        app
    }

    /// The id of its bank.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn bank_id(&self) -> &str {
        self.app.settings().banks.first().expect("the service has a bank")
    }

    /// The simulated bank.
    #[must_use]
    pub fn bank(&self) -> &makegood_banksim::Running {
        self.server.bank.as_ref().expect("the service has its own bank")
    }

    /// Stops the simulated bank: calls to it find nobody.
    pub async fn stop_bank(&mut self) {
        self.server.bank.take().expect("the service has its own bank").stop().await;
    }

    /// Calls the service over HTTP, with a token and an idempotency key where they are given. A body of null is
    /// none.
    pub async fn call(
        &self,
        (method, path): (&str, &str),
        token: Option<&str>,
        key: Option<&str>,
        body: &Value,
    ) -> Answer {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.server.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.expect("the service answers");
        let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
        let status = response.status().as_u16();
        Answer::new(status, response.bytes().await.expect("a body").to_vec(), replayed)
    }

    /// Where the service listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        self.app.store().database()
    }

    /// The database's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A command without a key. Its fingerprint is that of its action, so that the same action is the same
    /// content.
    #[must_use]
    pub fn command(&self, caller: Caller, action: Action) -> Command {
        let seed = IdSeed::draw(self.clock.now(), &self.entropy);
        let content = serde_json::to_vec(&action).expect("an action is data");
        Command {
            seed,
            request: self.request(),
            caller,
            language: Language::English,
            idempotency_key: None,
            fingerprint: Sha256::digest(content).into(),
            action,
        }
    }

    /// A command with a key.
    #[must_use]
    pub fn keyed(&self, caller: Caller, key: &str, action: Action) -> Command {
        Command { idempotency_key: Some(key.to_owned()), ..self.command(caller, action) }
    }

    fn request(&self) -> RequestId {
        let seed = IdSeed::draw(self.clock.now(), &self.entropy);
        RequestId::from_raw(Ids::new(seed).next_raw())
    }

    /// Submits an action without a key.
    pub async fn submit(&self, caller: Caller, action: Action) -> Answer {
        self.app.submit(self.command(caller, action)).await.into()
    }

    /// Submits an action with a key.
    pub async fn submit_keyed(&self, caller: Caller, key: &str, action: Action) -> Answer {
        self.app.submit(self.keyed(caller, key, action)).await.into()
    }

    /// Reads, in English.
    pub async fn read(&self, caller: Caller, query: Query) -> Answer {
        self.app.query(query, caller, Language::English, self.request()).await.into()
    }

    /// Does all work in the background that is due now. Returns how many timers were worked on.
    pub async fn run(&self) -> usize {
        self.app.jobs().run_until_idle().await.expect("the background works")
    }

    /// Moves the clock, and does all that is due then.
    pub async fn run_after(&self, wait: Duration) -> usize {
        self.clock.advance(wait);
        self.run().await
    }

    /// How many rows a constant `SELECT COUNT(*)` counts.
    pub async fn count(&self, text: &'static str) -> i64 {
        let mut transaction = self.database().read().await.expect("a read begins");
        let rows = transaction.query(text, Vec::new(), &[Kind::Integer]).await.expect("a count");
        transaction.rollback().await;
        Fields::new("a count", rows.into_iter().next().unwrap_or_default()).take().expect("a number")
    }

    /// The folder of its secrets (`secrets`) and its bank's books (`bank.db`).
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Proves all that is stored, as `makegood verify` does, and what must hold of the pool.
    ///
    /// # Panics
    /// When something differs; the message names it.
    pub async fn verify(&self) {
        let report = makegood::verify::verify(self.database()).await.expect("the database can be read");
        assert!(report.is_clean(), "{:#?}", report.lines());
        let violations = snapshot::violations(self.database()).await.expect("a snapshot can be read");
        assert_eq!(violations, Vec::<String>::new());
    }

    /// Does what is due, proves all that is stored, and stops. A timer that is due and stays so fails here.
    pub async fn finish(self) {
        self.run().await;
        self.verify().await;
        self.stop().await;
    }

    /// Stops without a proof.
    pub async fn stop(self) {
        drop(self.app);
        self.server.stop().await;
    }
}

fn config(folder: &Path, database_url: &str) -> ServerConfig {
    let often = Rate { burst: 1_000_000, refill: Duration::from_micros(1) };
    let defaults = ServerConfig::new(folder);
    ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database_url: Some(database_url.to_owned()),
        test_mode: true,
        background: false,
        engine: EngineLimits { wait_max: Duration::from_secs(60), ..defaults.engine },
        http: Limits { per_address: often, per_login_and_address: often, per_login: often, ..defaults.http },
        passwords: PasswordPoolConfig::cheap(),
        // A bank that does not answer hangs up by itself, so that no test waits for a timeout.
        simulated_bank_timings: Timings {
            slow: Duration::from_millis(20),
            hang: Duration::from_millis(5),
            settle_after: Duration::from_secs(60),
        },
        ..defaults
    }
}
