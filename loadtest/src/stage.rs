//! Where a run is played: a wallet and a bank that are started for it on a scratch database, or those that are there.

mod starting;

use crate::Failure;
use crate::arguments::Options;
use crate::bank::Bank;
use crate::child::Process;
use crate::interruption::Interruption;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::staff::Staff;
use makegood::output::say;
use makegood::{SystemEntropy, sqlite_url};
use makegood_base::Entropy as _;
use makegood_sql::{Database, Dialect, Fields, Kind, Options as DatabaseOptions, ScratchDatabase};
use starting::{Starting, make_secrets};
use std::path::PathBuf;
use tempfile::TempDir;

/// The id of the bank of a wallet in a test set-up.
const TEST_BANK: &str = "testbank";
/// How often the wallet is tried at a port that was free a moment ago.
const PORT_TRIES: u32 = 5;

/// What a run is played on.
pub(crate) struct Stage {
    /// Where people send their requests.
    pub(crate) people_url: String,
    /// The wallet itself.
    pub(crate) wallet_url: String,
    pub(crate) bank: Bank,
    pub(crate) bank_id: &'static str,
    pub(crate) database_url: String,
    /// The wallet's database, which is only read.
    pub(crate) database: Database,
    pub(crate) staff: Option<Staff>,
    own: Option<Own>,
}

/// What was started for the run.
struct Own {
    wallet: Process,
    bank: Process,
    proxies: Vec<Proxy>,
    scratch: Option<ScratchDatabase>,
    folder: TempDir,
}

impl Stage {
    /// Starts what is not there, and finds what is.
    pub(crate) async fn set(
        options: &Options,
        plan: &Plan,
        interruption: &mut Interruption,
    ) -> Result<Self, Failure> {
        match (&options.url, &options.bank_url, &options.bank_secret, &options.database_url) {
            (Some(url), Some(bank), Some(secret), Some(database)) => {
                Self::find(url, Bank::new(bank, secret)?, database).await
            }
            (None, ..) => Self::start(options, plan, interruption).await,
            _ => Err("--url takes --bank-url, --bank-secret and --database-url".into()),
        }
    }

    async fn find(url: &str, bank: Bank, database_url: &str) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/').to_owned();
        let database = Database::open(database_url, reader()).await?;
        let database_url = database_url.to_owned();
        let bank_id = TEST_BANK;
        let (people_url, wallet_url) = (url.clone(), url);
        Ok(Self { people_url, wallet_url, bank, bank_id, database_url, database, staff: None, own: None })
    }

    /// Where it does not come to its end, nothing of it stays.
    async fn start(options: &Options, plan: &Plan, interruption: &mut Interruption) -> Result<Self, Failure> {
        let scratch = match &options.database_url {
            None => None,
            Some(server) => Some(make_database(server).await?),
        };
        let started = tokio::select! {
            started = Box::pin(Self::start_on(options, plan, scratch.clone())) => started,
            failure = interruption.comes() => Err(failure),
        };
        if let (Err(_), Some(scratch)) = (&started, &scratch) {
            scratch.remove().await?;
        }
        started
    }

    async fn start_on(
        options: &Options,
        plan: &Plan,
        scratch: Option<ScratchDatabase>,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("makegood-loadtest-").tempdir()?;
        let (secrets, bank_secret) = make_secrets(folder.path())?;
        let database_url = match &scratch {
            Some(scratch) => scratch.url().to_owned(),
            None => sqlite_url(&folder.path().join("makegood.db")),
        };
        let started = Starting { options, plan, folder: folder.path(), secrets: &secrets };
        let mut last: Failure = "no port is free".into();
        for _ in 0..PORT_TRIES {
            match started.processes(&bank_secret, &database_url).await {
                Ok((wallet, bank, mut proxies)) => {
                    let wallet_url = wallet.url.clone();
                    let people_url = started.before_wallet(&wallet_url, &mut proxies).await?;
                    let staff = Staff::add(&started.config(&database_url)?, &wallet_url).await?;
                    let bank_client = Bank::new(&bank.url, &bank_secret)?;
                    let database = Database::open(&database_url, reader()).await?;
                    let own = Own { wallet, bank, proxies, scratch, folder };
                    return Ok(Self {
                        people_url,
                        wallet_url,
                        bank: bank_client,
                        bank_id: TEST_BANK,
                        database_url,
                        database,
                        staff: Some(staff),
                        own: Some(own),
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What a reader of the report has to know of it.
    pub(crate) async fn description(&self) -> Result<Described, Failure> {
        let processes = match &self.own {
            Some(_) => "wallet, bank and load each in a process of its own, on this machine",
            None => "a wallet and a bank that ran already",
        };
        let (database, sync) = match self.database.dialect() {
            // Opening has read both back.
            Dialect::Sqlite => ("SQLite", "WAL, synchronous=FULL".to_owned()),
            Dialect::Postgres => ("PostgreSQL", postgres_sync(&self.database).await?),
        };
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        Ok(Described { processes, database, sync, build })
    }

    /// Whether the wallet was started here, and has ended by itself.
    pub(crate) fn wallet_has_ended(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.wallet.has_ended())
    }

    /// The number of the wallet's process, where it was started here.
    pub(crate) fn wallet_process(&self) -> Option<u32> {
        self.own.as_ref().and_then(|own| own.wallet.id())
    }

    /// The wallet's log, and its database's log of writes where that is a file here.
    pub(crate) fn wallet_files(&self) -> Option<(PathBuf, PathBuf)> {
        let folder = self.own.as_ref()?.folder.path();
        Some((folder.join("wallet.log"), folder.join("makegood.db-wal")))
    }

    /// A file beside the database, where that is a file here: to see how fast its disk is.
    pub(crate) fn disk_probe(&self) -> Option<PathBuf> {
        let own = self.own.as_ref().filter(|own| own.scratch.is_none())?;
        Some(own.folder.path().join("disk"))
    }

    /// Stops what was started, and removes what was made, or keeps that and says where it is.
    pub(crate) async fn clear(self, left: Left) -> Result<(), Failure> {
        self.database.close().await;
        let Some(own) = self.own else { return Ok(()) };
        let stopped = match left {
            // Nobody wants to wait for what is thrown away.
            Left::Thrown => {
                let killed = own.wallet.kill().await;
                own.bank.kill().await.and(killed)
            }
            Left::Removed | Left::Kept => {
                let stopped = own.wallet.stop().await;
                own.bank.stop().await.and(stopped)
            }
        };
        for proxy in own.proxies {
            proxy.stop();
        }
        if left == Left::Kept {
            let folder = own.folder.keep();
            say(&format!("kept, with its logs and its secrets, for whoever looks: {}", folder.display()));
            let database =
                own.scratch.as_ref().map(|scratch| format!("kept: the database {}", scratch.name()));
            database.iter().for_each(|line| say(line));
            return stopped;
        }
        if let Some(scratch) = own.scratch {
            scratch.remove().await?;
        }
        stopped
    }
}

/// What becomes of what was made for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Removed,
    /// Removed at once.
    Thrown,
    /// Something failed, and its reason may be in there.
    Kept,
}

/// How a run was made.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Described {
    pub(crate) processes: &'static str,
    pub(crate) database: &'static str,
    pub(crate) sync: String,
    pub(crate) build: &'static str,
}

fn reader() -> DatabaseOptions {
    DatabaseOptions { writers_max: 1, readers_max: 2, ..DatabaseOptions::default() }
}

async fn postgres_sync(database: &Database) -> Result<String, Failure> {
    const TEXT: &str = "SELECT 'fsync=' || current_setting('fsync') || ', synchronous_commit='
        || current_setting('synchronous_commit')";
    let mut transaction = database.read().await?;
    let rows = transaction.query(TEXT, Vec::new(), &[Kind::Text]).await;
    transaction.rollback().await;
    Ok(Fields::new("settings", rows?.into_iter().next().unwrap_or_default()).take()?)
}

async fn make_database(server: &str) -> Result<ScratchDatabase, Failure> {
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random);
    let scratch = ScratchDatabase::named(server, random)?;
    if let Err(error) = scratch.create().await {
        // It may be there, and no use.
        scratch.remove().await?;
        return Err(error.into());
    }
    Ok(scratch)
}
