//! How connections are opened, and what is asserted on each before it is used.

use crate::{database::Options, error::Error, sqlite::Purpose, sqlite_pool::Pool};
use percent_encoding::percent_decode_str;
use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Statements that stay prepared per connection: all texts of a program with some hundred tables.
pub(crate) const STATEMENTS_MAX: usize = 1_024;

fn pool(connections: u32, options: &Options) -> PgPoolOptions {
    // A connection that died is found by its first BEGIN, so none is pinged before it is lent.
    PgPoolOptions::new()
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
    file_of(url).map(Some)
}

fn file_of(url: &str) -> Result<PathBuf, Error> {
    let misuse = |text: &str| Err(Error::Misuse(text.to_owned()));
    let rest = url.trim_start_matches("sqlite:");
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if !matches!(parameters, "" | "mode=rw" | "mode=rwc") {
        return misuse("a SQLite URL has no parameters but mode=rw and mode=rwc, which change nothing");
    }
    let Ok(name) = percent_decode_str(path).decode_utf8() else {
        return misuse("the file's name in a SQLite URL is not UTF-8");
    };
    if name.is_empty() || name.contains(":memory:") {
        return misuse("SQLite needs a file: readers cannot see a memory database");
    }
    if name.starts_with("file:") {
        return misuse("a SQLite file is named by its path, as in sqlite:PATH");
    }
    Ok(PathBuf::from(name.into_owned()))
}

/// Opens the one writer of a SQLite file, which is created where there is none, and promises the readers.
pub(crate) fn sqlite(url: &str, options: &Options) -> Result<(Pool, Pool), Error> {
    let file = file_of(url)?;
    let writer = Pool::new(file.clone(), Purpose::Write, 1, options.clone());
    writer.open_one()?;
    Ok((writer, Pool::new(file, Purpose::Read, options.readers_max, options.clone())))
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
