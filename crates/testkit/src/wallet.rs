//! A running wallet: a real database, the simulated bank over HTTP, a clock that stands still, and a background
//! that works only when it is told to.
#![expect(clippy::expect_used, reason = "a test whose wallet does not start has failed")]

use crate::database::TestDatabase;
use crate::snapshot;
use crate::{Answer, FakeClock, SeededEntropy};
use makegood_app::{App, AppConfig, BankConfig, EngineLimits, JobsConfig, PasswordPoolConfig, Secrets};
use makegood_banksim::{Config, Running, Timings};
use makegood_base::{Clock as _, IdSeed, Ids, RequestId};
use makegood_sql::{Database, Fields, Kind, Options};
use makegood_store::{SqlStore, migrations};
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Command, Query, Settings};
use sha2::{Digest as _, Sha256};
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

    fn create(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres(),
        }
    }
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
    /// Its bank.
    pub bank: Running,
    database: Database,
    url: String,
    /// Dropped last: the bank's books, and the wallet's database.
    _folder: TempDir,
    _database: TestDatabase,
}

impl TestWallet {
    /// Starts a wallet on an empty database.
    pub async fn start(db: Db) -> Self {
        let kept = db.create();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (clock, entropy) = (FakeClock::new(), SeededEntropy::new(1));
        let secrets = Secrets::from_master(&[7; 32]);
        let books = format!("sqlite:{}", folder.path().join("bank.db").display());
        let bank = start_bank(books, &secrets, &clock).await;
        let database = open(kept.url()).await;
        migrations::migrate(&database).await.expect("the schema is made");
        let app = start_app(&database, &bank.url(), &clock, &entropy);
        let url = kept.url().to_owned();
        Self { app, clock, entropy, bank, database, url, _folder: folder, _database: kept }
    }

    /// Another server on the same database: its own engine, and connections of its own.
    pub async fn another_server(&self) -> App {
        let database = open(&self.url).await;
        start_app(&database, &self.bank.url(), &self.clock, &SeededEntropy::new(2))
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
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
        let mut transaction = self.database.read().await.expect("a read begins");
        let rows = transaction.query(text, Vec::new(), &[Kind::Integer]).await.expect("a count");
        transaction.rollback().await;
        Fields::new("a count", rows.into_iter().next().unwrap_or_default()).take().expect("a number")
    }

    /// Proves all that is stored: the ledger by replaying its journal, and what must hold of the pool.
    ///
    /// # Panics
    /// When something differs; the message names it.
    pub async fn verify(&self) {
        let report = makegood_ledger_sql::verify(&self.database).await.expect("the ledger can be read");
        assert!(report.is_clean(), "{:#?}", report.differences);
        let violations = snapshot::violations(&self.database).await.expect("a snapshot can be read");
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
        self.bank.stop().await;
        drop(self.app);
        self.database.close().await;
    }
}

async fn open(url: &str) -> Database {
    Database::open(url, Options::default()).await.expect("the database opens")
}

async fn start_bank(books: String, secrets: &Secrets, clock: &FakeClock) -> Running {
    let timings = Timings {
        slow: Duration::from_millis(20),
        hang: Duration::from_millis(5),
        settle_after: Duration::from_secs(60),
    };
    let config = Config { timings, ..Config::new(books, secrets.bank_secret.clone()) };
    makegood_banksim::start(config, Arc::new(clock.clone())).await.expect("the bank starts")
}

fn start_app(database: &Database, bank_url: &str, clock: &FakeClock, entropy: &SeededEntropy) -> App {
    let secrets = Secrets::from_master(&[7; 32]);
    let bank = BankConfig {
        id: "simbank".to_owned(),
        name: "Simulated Bank".to_owned(),
        url: bank_url.to_owned(),
        secret: secrets.bank_secret.clone(),
        // A bank that does not answer hangs up by itself; a test never waits for this.
        answer_timeout: Duration::from_secs(20),
    };
    let config = AppConfig {
        settings: Settings::default(),
        secrets,
        banks: vec![bank],
        limits: EngineLimits { wait_max: Duration::from_secs(60), ..EngineLimits::default() },
        jobs: JobsConfig::default(),
        passwords: PasswordPoolConfig::cheap(),
    };
    let store = SqlStore::new(database.clone());
    let (app, _ends_with_the_app) =
        App::start(store, config, Arc::new(clock.clone()), Arc::new(entropy.clone()))
            .expect("the app starts");
    app
}
