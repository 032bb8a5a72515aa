//! An empty database for one test, on either system, gone when it is dropped.

use crate::postgres::PostgresDatabase;
use tempfile::TempDir;

/// An empty database of its own.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    _kept: Kept,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for what dropping it does")]
enum Kept {
    Folder(TempDir),
    Postgres(PostgresDatabase),
    Elsewhere,
}

impl TestDatabase {
    /// A SQLite file in a temporary folder.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a folder has failed")]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            url: format!("sqlite:{}", folder.path().join("test.db").display()),
            _kept: Kept::Folder(folder),
        }
    }

    /// A database of the [private PostgreSQL](crate::postgres).
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    #[must_use]
    pub fn postgres() -> Self {
        let database = PostgresDatabase::create();
        Self { url: database.url().to_owned(), _kept: Kept::Postgres(database) }
    }

    /// A database that somebody else made and keeps.
    #[must_use]
    pub const fn at(url: String) -> Self {
        Self { url, _kept: Kept::Elsewhere }
    }

    /// One of each.
    ///
    /// # Panics
    /// As [`sqlite`](Self::sqlite) and [`postgres`](Self::postgres) do.
    #[must_use]
    pub fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgres()]
    }

    /// Its URL, as `makegood_sql::Database::open` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}
