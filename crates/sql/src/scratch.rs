//! A PostgreSQL database for a while: made through a server's URL, and dropped by whoever made it.
//!
//! `CREATE DATABASE` and `DROP DATABASE` run outside any transaction, which is why they are here and nowhere else.

use crate::error::Error;
use makegood_base::RawId;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row, postgres::PgConnectOptions};
use std::str::FromStr;

/// A database with a name that nothing else has. The database that the server's URL names is only connected to.
///
/// Dropping this value drops nothing: that takes the server's answer, see [`remove`](Self::remove).
#[derive(Clone)]
pub struct ScratchDatabase {
    server: PgConnectOptions,
    name: String,
    url: String,
}

impl ScratchDatabase {
    /// Names a database by these bytes, which are drawn at random. Makes nothing yet.
    ///
    /// Refuses a URL that is not PostgreSQL's, and one with a `#`, behind which no parameter is read.
    pub fn named(server_url: &str, random: RawId) -> Result<Self, Error> {
        if !server_url.starts_with("postgres:") && !server_url.starts_with("postgresql:") {
            return Err(Error::Misuse("a scratch database is made on a postgres: server".to_owned()));
        }
        if server_url.contains('#') {
            return Err(Error::Misuse("the URL of a PostgreSQL server has no #".to_owned()));
        }
        let server = PgConnectOptions::from_str(server_url)?.disable_statement_logging();
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("makegood_scratch_{hex}");
        let separator = if server_url.contains('?') { '&' } else { '?' };
        let url = format!("{server_url}{separator}dbname={name}");
        Ok(Self { server, name, url })
    }

    /// Its URL, as [`Database::open`](crate::Database::open) takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes it, empty, and refuses to go on where its URL leads to another one.
    pub async fn create(&self) -> Result<(), Error> {
        self.run(format!("CREATE DATABASE {}", self.name)).await?;
        let mut connection = PgConnectOptions::from_str(&self.url)?.connect().await?;
        let row = sqlx::query("SELECT current_database()::text").fetch_one(&mut connection).await?;
        connection.close().await?;
        let found: String = row.try_get(0)?;
        if found == self.name {
            return Ok(());
        }
        Err(Error::Misuse(format!("the URL of the scratch database {} leads to {found}", self.name)))
    }

    /// Drops it, whoever is connected to it; nothing happens where it is not there.
    pub async fn remove(&self) -> Result<(), Error> {
        self.run(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
    }

    /// Runs one statement on the server, outside any transaction.
    async fn run(&self, statement: String) -> Result<(), Error> {
        let mut connection = self.server.connect().await?;
        // No notice that there was nothing to drop.
        connection.execute("SET client_min_messages = warning").await?;
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
        Ok(connection.close().await?)
    }
}

// The URL may hold a password.
impl std::fmt::Debug for ScratchDatabase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ScratchDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}
