//! Where scratch databases come from, and how they go.

use super::{BenchError, Tools};
use crate::output::note;
use crate::server::{Running, Server, ServerConfig, installation};
use crate::sqlite_url;
use makegood_app::Secrets;
use makegood_base::Entropy;
use makegood_sql::{Database, Dialect, Options, ScratchDatabase};
use makegood_store::migrations;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// A place for databases of one kind.
pub(crate) struct Scratch {
    folder: TempDir,
    made: AtomicU32,
    entropy: Arc<dyn Entropy>,
    /// The URL of the PostgreSQL server; none is SQLite.
    server: Option<String>,
    /// The databases on that server, each from before it is made until it is dropped.
    on_server: Mutex<Vec<ScratchDatabase>>,
}

/// A database as `makegood serve` uses one, with its data folder and its secrets.
pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) secrets: Secrets,
    config: ServerConfig,
}

impl Scratch {
    /// SQLite files in a folder of their own within this one.
    pub(crate) fn sqlite(within: &Path, tools: &Tools) -> Result<Self, BenchError> {
        Self::new(within, tools, None)
    }

    /// Databases with names of their own on the server that this URL names; never the one that it names.
    pub(crate) fn postgres(within: &Path, tools: &Tools, url: &str) -> Result<Self, BenchError> {
        Self::new(within, tools, Some(url.to_owned()))
    }

    fn new(within: &Path, tools: &Tools, server: Option<String>) -> Result<Self, BenchError> {
        let folder = tempfile::Builder::new().prefix("makegood-bench-").tempdir_in(within)?;
        let entropy = Arc::clone(&tools.entropy);
        Ok(Self { folder, made: AtomicU32::new(0), entropy, server, on_server: Mutex::default() })
    }

    /// Which kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        if self.server.is_some() { Dialect::Postgres } else { Dialect::Sqlite }
    }

    /// Its name in a report.
    pub(crate) fn name(&self) -> &'static str {
        if self.server.is_some() { "postgres" } else { "sqlite" }
    }

    /// Refuses a server that cannot be reached.
    pub(crate) async fn check(&self) -> Result<(), BenchError> {
        if let Some(server) = &self.server {
            Database::open(server, Options::default()).await?.close().await;
        }
        Ok(())
    }

    /// A folder that nothing is in.
    fn new_folder(&self) -> Result<PathBuf, BenchError> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(number.to_string());
        std::fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// The URL of a new database on the server; none on SQLite, where opening makes it.
    async fn new_on_server(&self) -> Result<Option<String>, BenchError> {
        let Some(server) = &self.server else { return Ok(None) };
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        let database = ScratchDatabase::named(server, random)?;
        // Whoever is interrupted while it is made drops it too.
        self.lock().push(database.clone());
        database.create().await?;
        Ok(Some(database.url().to_owned()))
    }

    /// An empty database without tables.
    pub(crate) async fn new_empty(&self, options: Options) -> Result<Database, BenchError> {
        let url = match self.new_on_server().await? {
            Some(url) => url,
            None => sqlite_url(&self.new_folder()?.join("makegood.db")),
        };
        Ok(Database::open(&url, options).await?)
    }

    /// An empty database with the wallet's schema.
    pub(crate) async fn new_database(&self) -> Result<Database, BenchError> {
        let database = self.new_empty(Options::default()).await?;
        migrations::migrate(&database).await?;
        Ok(database)
    }

    /// An empty database that `makegood serve` can be started on.
    pub(crate) async fn new_place(&self) -> Result<Place, BenchError> {
        let database_url = self.new_on_server().await?;
        let config = ServerConfig { test_mode: true, database_url, ..ServerConfig::new(self.new_folder()?) };
        let opened = installation::open(&config, self.entropy.as_ref()).await;
        let opened = opened.map_err(|error| BenchError::Unexpected(error.to_string()))?;
        Ok(Place { database: opened.database, secrets: opened.secrets, config })
    }

    /// Removes all that was made, whoever still has it open. What stays is named on standard error.
    pub(crate) async fn clear(&self) {
        let databases = std::mem::take(&mut *self.lock());
        for database in databases {
            if let Err(error) = database.remove().await {
                note(&format!("the database {} is still there: {error}", database.name()));
            }
        }
        for entry in std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            if let Err(error) = std::fs::remove_dir_all(entry.path()) {
                note(&format!("{} is still there: {error}", entry.path().display()));
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<ScratchDatabase>> {
        self.on_server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// How many bytes its SQLite database has.
    pub(crate) fn bytes_on_disk(&self) -> Result<u64, BenchError> {
        let mut bytes = 0;
        for file in std::fs::read_dir(&self.config.data_folder)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("makegood.db") {
                bytes += file.metadata()?.len();
            }
        }
        Ok(bytes)
    }

    /// Where `makegood serve` finds the database, if that is not in the data folder.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.config.database_url.as_deref()
    }

    /// Starts the service here, in this process, and without its background.
    pub(crate) async fn serve(&self, tools: &Tools) -> Result<Running, BenchError> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = ServerConfig { listen, background: false, ..self.config.clone() };
        let started = Server::start(config, Arc::clone(&tools.clock), Arc::clone(&tools.entropy)).await;
        started.map_err(|error| BenchError::Unexpected(error.to_string()))
    }

    /// How `makegood serve` is started here.
    pub(crate) fn serve_arguments(&self) -> Vec<String> {
        self.serve_arguments_at("127.0.0.1:0")
    }

    /// How it is started to listen at this address.
    pub(crate) fn serve_arguments_at(&self, listen: &str) -> Vec<String> {
        let folder = self.config.data_folder.display().to_string();
        let fixed = ["serve", "--test-mode", "--log", "error", "--listen", listen, "--data-dir", &folder];
        fixed.into_iter().map(str::to_owned).collect()
    }

    /// How `makegood banksim` is started as a bank of this place, with books of its own.
    pub(crate) fn bank_arguments(&self, name: &str) -> Vec<String> {
        let folder = self.config.data_folder.join(name).display().to_string();
        let secrets = self.config.secrets_file().display().to_string();
        let fixed = ["banksim", "--log", "error", "--listen", "127.0.0.1:0", "--data-dir", &folder];
        let fixed = fixed.into_iter().chain(["--secrets-file", &secrets]);
        fixed.map(str::to_owned).collect()
    }
}
