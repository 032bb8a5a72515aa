//! Where scratch databases come from.

use super::{BenchError, Tools};
use crate::server::{ServerConfig, installation};
use crate::sqlite_url;
use makegood_app::Secrets;
use makegood_sql::{Database, Options};
use makegood_store::migrations;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A place for databases, which are gone when it is dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    made: AtomicU32,
    entropy: Arc<dyn makegood_base::Entropy>,
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
        let folder = tempfile::Builder::new().prefix("makegood-bench-").tempdir_in(within)?;
        Ok(Self { folder, made: AtomicU32::new(0), entropy: Arc::clone(&tools.entropy) })
    }

    /// Which kind of database.
    pub(crate) fn name(&self) -> &'static str {
        "sqlite"
    }

    /// A folder that nothing is in.
    fn new_folder(&self) -> Result<PathBuf, BenchError> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(number.to_string());
        std::fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// An empty database with the wallet's schema.
    pub(crate) async fn new_database(&self) -> Result<Database, BenchError> {
        let url = sqlite_url(&self.new_folder()?.join("makegood.db"));
        let database = Database::open(&url, Options::default()).await?;
        migrations::migrate(&database).await?;
        Ok(database)
    }

    /// An empty database that `makegood serve` can be started on.
    pub(crate) async fn new_place(&self) -> Result<Place, BenchError> {
        let config = ServerConfig { test_mode: true, ..ServerConfig::new(self.new_folder()?) };
        let opened = installation::open(&config, self.entropy.as_ref()).await;
        let opened = opened.map_err(|error| BenchError::Unexpected(error.to_string()))?;
        Ok(Place { database: opened.database, secrets: opened.secrets, config })
    }
}

impl Place {
    /// How many bytes its database has.
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

    /// How `makegood serve` is started here.
    pub(crate) fn serve_arguments(&self) -> Vec<String> {
        let folder = self.config.data_folder.display().to_string();
        let fixed = ["serve", "--test-mode", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir"];
        fixed.into_iter().map(str::to_owned).chain([folder]).collect()
    }
}
