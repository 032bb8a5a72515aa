//! `makegood migrate`: the schema, without a server.

use crate::{ServerConfig, StartError, data_folder};
use makegood_sql::{Database, Options};
use makegood_store::migrations;

/// Brings the schema of the configured database to this program's version, and answers it. Refuses a schema
/// that is newer.
pub async fn migrate(config: &ServerConfig) -> Result<i64, StartError> {
    if config.database_url.is_none() {
        data_folder::create(&config.data_folder)?;
    }
    let database = Database::open(&config.database_url(), Options::default()).await?;
    let version = migrations::migrate(&database).await;
    database.close().await;
    Ok(version?)
}
