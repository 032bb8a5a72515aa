//! `makegood migrate`: the schema, without a server.

use crate::{ServerConfig, StartError, data_folder};
use makegood_sql::{Database, Options};
use makegood_store::migrations;

/// Brings the schema of the configured database to this program's version, and answers it. Refuses a schema
/// that is newer.
pub async fn migrate(config: &ServerConfig) -> Result<i64, StartError> {
    let (database, version) = open(config).await?;
    database.close().await;
    Ok(version)
}

/// Opens the configured database, brings its schema to this program's version, and answers that too. A SQLite
/// file is its owner's alone.
pub(crate) async fn open(config: &ServerConfig) -> Result<(Database, i64), StartError> {
    if config.database_url.is_none() {
        data_folder::create(&config.data_folder)?;
    }
    let url = config.database_url();
    if let Some(file) = makegood_sql::sqlite_file(&url)? {
        data_folder::make_private(&file)?;
    }
    let database = Database::open(&url, Options::default()).await?;
    let version = migrations::migrate(&database).await?;
    Ok((database, version))
}
