//! The service with its workers: `makegood serve`, the demo and the tests all start this one.

pub(crate) mod banks;
mod config;
pub(crate) mod installation;
mod running;

pub use config::{NamedBank, ServerConfig, is_bank_id};
pub use running::Running;

use crate::data_folder::{self, DataFolderError};
use crate::play::{self, Playground};
use crate::secrets::SecretsFileError;
use installation::Opened;
use makegood_app::{App, AppConfig};
use makegood_base::{Clock, Entropy};
use makegood_store::SqlStore;
use makegood_wallet::Settings;
use running::Tasks;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The simulated bank or generated secrets would be used where they must not be.
    #[error(
        "this is not a test set-up (SQLite on a loopback address, or --test-mode), so that nothing is made up. \
         Missing: {0}"
    )]
    Unsafe(String),
    /// The data folder cannot be used, or another server uses it.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The secrets cannot be read or made.
    #[error(transparent)]
    Secrets(#[from] SecretsFileError),
    /// The database cannot be opened or migrated.
    #[error("the database cannot be used: {0}")]
    Database(#[from] makegood_sql::Error),
    /// The database is for real money and this would be a test set-up, or the reverse.
    #[error(
        "the database is for {holds} money, and this set-up is for {wants} money: use the settings of the server \
         that began it, or another database"
    )]
    OtherMoney {
        /// The kind that is there.
        holds: &'static str,
        /// The kind that was asked for.
        wants: &'static str,
    },
    /// The database was begun with other secrets.
    #[error(
        "these are not the secrets that the database was begun with, and no password or token in it could be \
         verified with them: name the first server's file with --secrets-file or MAKEGOOD_SECRETS_FILE, or use \
         another database"
    )]
    OtherSecrets,
    /// The database was begun with secrets, and there are none.
    #[error(
        "the database was begun with secrets, and {} is not there: put it back, or name a copy of it with \
         --secrets-file or MAKEGOOD_SECRETS_FILE", file.display()
    )]
    SecretsMissing {
        /// Where they are looked for.
        file: PathBuf,
    },
    /// The simulated bank does not start.
    #[error("the simulated bank does not start: {0}")]
    SimulatedBank(#[from] makegood_banksim::StartError),
    /// The secret that the bank's callbacks are signed with is none.
    #[error("the secret of the bank's callbacks: {0}")]
    CallbackSecret(#[from] makegood_notify::WebhookError),
    /// The configuration of a bank is wrong.
    #[error(transparent)]
    App(#[from] makegood_app::StartError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address} ({error}): choose another address with --listen or MAKEGOOD_LISTEN")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// The service.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts the service, and answers when it can do its work. The schema is migrated first.
    ///
    /// Refuses the simulated bank and generated secrets outside of a test set-up (SQLite on a loopback address,
    /// or [`ServerConfig::test_mode`]), an address that is taken, a data folder that another server works on, a
    /// schema that is newer than this program, a database whose money is real where this one would not be, or the
    /// reverse, and one that was begun with other secrets.
    pub async fn start(
        config: ServerConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Running, StartError> {
        config.refuse_unsafe()?;
        // First, so that an address that is taken leaves nothing behind.
        let listen_error = |error| StartError::Listen { address: config.listen, error };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let locks = lock_folders(&config)?;
        let livemode = config.livemode();
        let Opened { database, version, secrets } = installation::open(&config, entropy.as_ref()).await?;
        tracing::info!(version, livemode, "the database is ready");
        let simulated = match config.bank_url {
            Some(_) => None,
            None => {
                let callbacks = banks::own_callbacks(&config, address, &secrets)?;
                let bank = banks::simulated(&config, &secrets.bank_secret)?;
                let bank = makegood_banksim::Config { callbacks, ..bank };
                Some(makegood_banksim::start(bank, Arc::clone(&clock)).await?)
            }
        };
        let database_url = config.database_url();
        let banks = banks::access(&config, simulated.as_ref(), &secrets);
        for left in banks::left_behind(&database, &config).await? {
            tracing::warn!(bank = left.bank, "{left}");
        }
        for bank in banks::without_use(&config, &secrets) {
            tracing::warn!(
                bank,
                "the secrets file has a secret of a bank that --more-banks does not name: it is not used; the first \
                 bank's lines have no name"
            );
        }
        let app_config = AppConfig {
            settings: Settings { livemode, ..config.settings },
            secrets,
            banks,
            limits: config.engine,
            jobs: config.jobs,
            passwords: config.passwords,
        };
        let (app, engine) = App::start(SqlStore::new(database.clone()), app_config, clock, entropy)?;
        let (stop, _) = watch::channel(false);
        let beside = match livemode {
            true => axum::Router::new(),
            false => play::router(Playground {
                address,
                bank: simulated.as_ref().map(|bank| bank.control().clone()),
                database: database.clone(),
                database_url,
            }),
        };
        let router = makegood_api::router_with(app.clone(), config.http, beside);
        let http = tokio::spawn(makegood_api::serve(listener, router, config.http, stopped(&stop)));
        let jobs = config.background.then(|| tokio::spawn(app.jobs().clone().run(stopped(&stop))));
        tracing::info!(%address, "the service listens");
        let tasks = Tasks { stop, http, jobs, engine, database, locks };
        Ok(Running { address, app, bank: simulated, tasks })
    }
}

/// Resolves when the server is told to stop.
fn stopped(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopping = stop.subscribe();
    async move {
        // A sender that is gone has nobody left who could tell: the server ends with it.
        let _gone = stopping.wait_for(|is_stopping| *is_stopping).await;
    }
}

/// Locks every folder that belongs to this server alone.
fn lock_folders(config: &ServerConfig) -> Result<Vec<File>, StartError> {
    let mut folders = BTreeSet::new();
    if config.uses_data_folder() {
        data_folder::create(&config.data_folder)?;
        folders.insert(canonical(&config.data_folder)?);
    }
    if let Some(file) = makegood_sql::sqlite_file(&config.database_url())? {
        folders.insert(canonical(data_folder::folder_of(&file))?);
    }
    let mut locks: Vec<_> =
        folders.iter().map(|folder| data_folder::lock(folder)).collect::<Result<_, _>>()?;
    if config.bank_url.is_none() {
        locks.push(data_folder::lock_bank(&config.data_folder)?);
    }
    Ok(locks)
}

fn canonical(folder: &Path) -> Result<PathBuf, DataFolderError> {
    let unusable = |error| DataFolderError::Unusable { folder: folder.to_owned(), error };
    folder.canonicalize().map_err(unusable)
}
