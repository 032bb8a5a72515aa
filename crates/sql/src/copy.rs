//! A copy of a SQLite database that is in use.

use crate::{
    connect::sqlite_file,
    database::Options,
    error::Error,
    sqlite::{Connection, Purpose},
};
use std::path::Path;

/// Copies a SQLite database, as one moment sees it, into a file that is not there yet. Whoever writes to the database
/// meanwhile goes on. The copy has no log beside it and no page that is free.
///
/// Refuses another database than SQLite, one that is not there, and a file that is there already.
pub async fn copy_sqlite(url: &str, to: &Path) -> Result<(), Error> {
    let Some(from) = sqlite_file(url)? else {
        return Err(Error::Misuse("only a SQLite database is copied into a file".to_owned()));
    };
    let Some(to) = to.to_str().map(str::to_owned) else {
        return Err(Error::Misuse("the name of the copy is not UTF-8".to_owned()));
    };
    // It takes as long as the database is large.
    let copying = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(&from, Purpose::Copy, &Options::default())?;
        connection.changes("VACUUM INTO $1", &[to.into()]).map(drop)
    });
    copying.await.map_err(|error| Error::Down(format!("the task that copies ended: {error}")))?
}
