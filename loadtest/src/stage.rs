//! Where a run is played: a wallet and a bank that are started for it on a scratch database, or those that are there.

use crate::Failure;
use crate::arguments::{Breakage, Options};
use crate::bank::Bank;
use crate::child::Process;
use crate::interruption::Interruption;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::staff::Staff;
use makegood::output::say;
use makegood::{ServerConfig, SystemClock, SystemEntropy, sqlite_url};
use makegood_base::{Clock as _, Entropy as _};
use makegood_sql::{Database, Dialect, Fields, Kind, Options as DatabaseOptions, ScratchDatabase};
use std::ffi::OsString;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The id of the bank of a wallet in a test set-up.
const TEST_BANK: &str = "testbank";
const DAY_SECONDS: u64 = 24 * 3_600;
/// When merchants' money becomes available, as a share of the hour.
const CUT_OFF_AT: f64 = 0.4;
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

/// A secrets file of the run's own, and the bank's secret in it.
fn make_secrets(folder: &Path) -> Result<(PathBuf, String), Failure> {
    let hex = || {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (file, bank_secret) = (folder.join("secrets"), hex());
    let mut written = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file)?;
    writeln!(written, "{}\nbank_secret={bank_secret}", hex())?;
    Ok((file, bank_secret))
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

/// What the processes are started from.
struct Starting<'a> {
    options: &'a Options,
    plan: &'a Plan,
    folder: &'a Path,
    secrets: &'a Path,
}

impl Starting<'_> {
    /// The wallet's configuration, as far as whoever works on its database needs it.
    fn config(&self, database_url: &str) -> Result<ServerConfig, Failure> {
        let mut config = ServerConfig {
            database_url: Some(database_url.to_owned()),
            bank_url: Some("http://127.0.0.1".to_owned()),
            test_mode: true,
            ..ServerConfig::new(self.folder)
        };
        config.read_secrets(self.secrets)?;
        Ok(config)
    }

    /// Starts the bank, which has to know where the wallet will be, and then the wallet.
    async fn processes(
        &self,
        bank_secret: &str,
        database_url: &str,
    ) -> Result<(Process, Process, Vec<Proxy>), Failure> {
        let listen = free_address()?;
        let path = |path: PathBuf| path.into_os_string();
        let text = |text: &str| OsString::from(text);
        let bank_arguments = [
            text("bank"),
            text("--data-folder"),
            path(self.folder.join("bank")),
            text("--secrets"),
            self.secrets.as_os_str().to_owned(),
            text("--callback"),
            text(&format!("http://{listen}/v1/bank-callbacks/{TEST_BANK}")),
            text("--bank-seed"),
            text(&self.options.seed.to_string()),
        ];
        let bank = Process::start(&bank_arguments, None, &self.folder.join("bank.log")).await?;
        let mut proxies = Vec::new();
        let mut bank_url = bank.url.clone();
        if self.options.control == Some(Breakage::LyingBank) {
            let proxy = Proxy::lying_bank(&bank_url, bank_secret).await?;
            bank_url = proxy.url();
            proxies.push(proxy);
        }
        let wallet_arguments = [
            text("wallet"),
            text("--listen"),
            text(&listen.to_string()),
            text("--data-folder"),
            path(self.folder.join("wallet")),
            text("--secrets"),
            self.secrets.as_os_str().to_owned(),
            text("--bank"),
            text(&bank_url),
            text("--cut-off-s"),
            text(&self.cut_off_s().to_string()),
            text("--validity-s"),
            text(&self.plan.validity.as_secs().to_string()),
        ];
        let log = self.folder.join("wallet.log");
        let wallet = Process::start(&wallet_arguments, Some(database_url), &log).await?;
        Ok((wallet, bank, proxies))
    }

    /// Where people find the wallet.
    async fn before_wallet(&self, wallet_url: &str, proxies: &mut Vec<Proxy>) -> Result<String, Failure> {
        if self.options.control != Some(Breakage::FreshKeys) {
            return Ok(wallet_url.to_owned());
        }
        let proxy = Proxy::fresh_keys(wallet_url).await?;
        let url = proxy.url();
        proxies.push(proxy);
        Ok(url)
    }

    /// At which second of the day a merchant's day ends.
    fn cut_off_s(&self) -> u64 {
        let at = SystemClock.now().plus(self.plan.length.mul_f64(CUT_OFF_AT));
        let seconds = at.as_micros().div_euclid(1_000_000);
        u64::try_from(seconds).unwrap_or_default() % DAY_SECONDS
    }
}

/// An address that nobody listens on at this moment.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
