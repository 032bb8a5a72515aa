//! How connections are opened, and what is asserted on each before it is used.

use crate::{database::Options, error::Error};
use sqlx::{
    ConnectOptions, Connection, Row,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Statements that stay prepared per connection: all texts of a program with some hundred tables.
const STATEMENTS_MAX: usize = 1_024;

fn pool<DB: sqlx::Database>(connections: u32, options: &Options) -> PoolOptions<DB> {
    // A connection that died is found by its first BEGIN, so none is pinged before it is lent.
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(options.acquire_ms_max))
        .test_before_acquire(false)
        .max_lifetime(None)
        .idle_timeout(None)
}

/// The file that a `sqlite:` URL names, as [`Database::open`](crate::Database::open) opens it: with every
/// percent-escape decoded, and without the parameters. None for another database.
///
/// Refuses a memory database, and a name that starts with `file:`, which SQLite would read as a URL again.
pub fn sqlite_file(url: &str) -> Result<Option<PathBuf>, Error> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    file_of(&SqliteConnectOptions::from_str(url)?).map(Some)
}

fn file_of(options: &SqliteConnectOptions) -> Result<PathBuf, Error> {
    let file = options.get_filename();
    let name = file.to_string_lossy();
    if name.is_empty() || name.contains(":memory:") || name.starts_with("file:sqlx-in-memory") {
        return Err(Error::Misuse("SQLite needs a file: readers cannot see a memory database".to_owned()));
    }
    if name.starts_with("file:") {
        return Err(Error::Misuse("a SQLite file is named by its path, as in sqlite:PATH".to_owned()));
    }
    Ok(file.to_owned())
}

/// Opens the one writer and the readers of a SQLite file, which is created where there is none.
pub(crate) async fn sqlite(url: &str, options: &Options) -> Result<(SqlitePool, SqlitePool), Error> {
    let base = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Nothing leans on foreign keys: rows are checked by the pure code that decides on them.
        .foreign_keys(false)
        .busy_timeout(Duration::from_millis(options.busy_ms_max))
        // 64 MiB of pages; sorting and temporary tables stay in memory.
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY")
        // A checkpoint every 16 MiB of log: fewer, longer writes into the database file than SQLite's 4 MiB.
        .pragma("wal_autocheckpoint", "4000")
        // After a checkpoint a log that a long reader let grow is cut to 64 MiB.
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(STATEMENTS_MAX)
        .row_buffer_size(1_024)
        .disable_statement_logging();
    file_of(&base)?;
    let assert_full = |pool: SqlitePoolOptions| {
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                let mode: String =
                    sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await?.try_get(0)?;
                let level: i64 = sqlx::query("PRAGMA synchronous").fetch_one(connection).await?.try_get(0)?;
                // 2 is FULL: with less, a power loss takes back acknowledged commits.
                if (mode.as_str(), level) == ("wal", 2) {
                    return Ok(());
                }
                Err(sqlx::Error::Configuration(
                    format!("SQLite has journal_mode {mode}, synchronous {level}: WAL and FULL are needed")
                        .into(),
                ))
            })
        })
    };
    let writer = assert_full(pool(1, options)).connect_with(base.clone()).await?;
    let reader = assert_full(pool(options.readers_max, options))
        .connect_lazy_with(base.create_if_missing(false).pragma("query_only", "ON"));
    Ok((writer, reader))
}

/// Opens the writers and the readers of a PostgreSQL database.
pub(crate) async fn postgres(url: &str, options: &Options) -> Result<(PgPool, PgPool), Error> {
    let base = PgConnectOptions::from_str(url)?
        .application_name("makegood")
        .statement_cache_capacity(STATEMENTS_MAX)
        .disable_statement_logging();
    // The first connection is a test of the address: it fails at once, where a pool would try until its
    // time is over.
    base.connect().await?.close().await?;
    let set_up = |pool: PgPoolOptions| {
        pool.after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(SESSION).execute(connection).await.map(drop) })
        })
    };
    let writer = set_up(pool(options.writers_max, options)).connect_lazy_with(base.clone());
    let reader = set_up(pool(options.readers_max, options)).connect_lazy_with(base);
    Ok((writer, reader))
}

/// What a session needs:
/// - commits that are on disk when they are answered, also where the server's default says otherwise;
/// - plans for the arrays at hand: a generic plan guesses ten rows, and a plan made while a table was empty
///   would stay;
/// - no JIT, which costs more than the statements here take;
/// - no notices, such as that a table is there already;
/// - an end for a transaction whose server hangs while it holds the journal's head: as soon as no batch that is alive
///   ever pauses for so long, and well before whoever waits for the head at another server gives up (10 seconds).
const SESSION: &str = "SELECT
    CASE WHEN current_setting('synchronous_commit') = 'off'
        THEN set_config('synchronous_commit', 'on', false) END,
    set_config('plan_cache_mode', 'force_custom_plan', false),
    set_config('jit', 'off', false),
    set_config('client_min_messages', 'warning', false),
    set_config('idle_in_transaction_session_timeout', '5s', false)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_their_file() {
        for (url, expected) in [
            ("sqlite:makegood.db", Some("makegood.db")),
            ("sqlite:data/makegood.db", Some("data/makegood.db")),
            ("sqlite:///srv/makegood.db?mode=rwc", Some("/srv/makegood.db")),
            ("sqlite:/srv/my%20wallet%3f%23.db", Some("/srv/my wallet?#.db")),
            ("sqlite:100%25.db", Some("100%.db")),
            ("postgres://localhost/makegood", None),
        ] {
            assert_eq!(sqlite_file(url).unwrap(), expected.map(PathBuf::from), "{url}");
        }
        for url in ["sqlite:", "sqlite::memory:", "sqlite:file:a.db", "sqlite:a.db?mode=odd", "sqlite:%ff.db"]
        {
            assert!(sqlite_file(url).is_err(), "{url}");
        }
    }
}
