//! What can go wrong, in four kinds, because a caller does one of four things about it.

use crate::value::Value;
use sqlx::error::DatabaseError;

/// What to do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nothing was written; the same work may succeed when it is run again.
    Transient,
    /// Nothing was written; the same work fails again.
    Deterministic,
    /// Nothing was written; the database cannot be written to or reached at present.
    Down,
    /// The connection was lost, or the disk failed, during COMMIT: it may have been written or not. Look for
    /// something that only this transaction writes, on a new connection.
    Ambiguous,
}

/// Why a database did not do what it was asked. But for [`Error::Ambiguous`] nothing of the transaction was
/// written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another transaction was in the way: 40001, 40P01, a lock that was not had in time, SQLite's BUSY.
    #[error("another transaction was in the way ({code}): {message}")]
    Transient {
        /// The SQLSTATE, or SQLite's extended result code.
        code: String,
        /// The database's own words.
        message: String,
    },
    /// A bulk statement changed another number of rows than it was given: a row is not there, or has another
    /// version than the one that was loaded.
    #[error("{operation} of {table}: {expected} rows were expected, {found} were found")]
    Contended {
        /// The table.
        table: &'static str,
        /// `insert`, `update` or `delete`.
        operation: &'static str,
        /// Rows given.
        expected: u64,
        /// Rows changed.
        found: u64,
    },
    /// The database refused a statement and will refuse it again: a constraint, a type, a text that it
    /// cannot read.
    #[error("the database refuses{} ({code}): {message}", on_table(*.table))]
    Deterministic {
        /// The SQLSTATE, or SQLite's extended result code.
        code: String,
        /// The database's own words.
        message: String,
        /// The table of a bulk statement.
        table: Option<&'static str>,
        /// The constraint, where the database names it (PostgreSQL).
        constraint: Option<String>,
    },
    /// A stored value is not of its column's kind, or out of the range that the program allows.
    #[error("{table}, row {key}: column {column} does not parse")]
    Corrupt {
        /// The table, or the name of the query.
        table: &'static str,
        /// The column.
        column: String,
        /// The primary key, its values joined by commas; empty for a query.
        key: String,
    },
    /// The program called this crate against its rules.
    #[error("misuse: {0}")]
    Misuse(String),
    /// The stored schema is not one that this program knows.
    #[error("{0}")]
    Schema(String),
    /// No connection, a full or failing disk, a database that shuts down.
    #[error("the database is down: {0}")]
    Down(String),
    /// COMMIT was sent, its answer did not come.
    #[error("it is not known whether the transaction was committed: {0}")]
    Ambiguous(String),
    /// An earlier statement of this transaction failed or was abandoned, so nothing more runs in it.
    #[error("an earlier statement of this transaction failed")]
    Poisoned,
}

fn on_table(table: Option<&'static str>) -> String {
    table.map_or_else(String::new, |name| format!(" a statement on {name}"))
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Transient { .. } | Self::Contended { .. } => Class::Transient,
            Self::Deterministic { .. }
            | Self::Corrupt { .. }
            | Self::Misuse(_)
            | Self::Schema(_)
            | Self::Poisoned => Class::Deterministic,
            Self::Down(_) => Class::Down,
            Self::Ambiguous(_) => Class::Ambiguous,
        }
    }

    /// A stored row that does not parse; `key` are the values of its primary key.
    #[must_use]
    pub fn corrupt(table: &'static str, column: impl Into<String>, key: &[Value]) -> Self {
        let key = key.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Self::Corrupt { table, column: column.into(), key }
    }

    pub(crate) fn on(self, name: &'static str) -> Self {
        match self {
            Self::Deterministic { code, message, table: None, constraint } => {
                Self::Deterministic { code, message, table: Some(name), constraint }
            }
            other => other,
        }
    }

    /// The same error when it came from COMMIT: but for refusals that are known to have rolled back, what
    /// happened is not known. A failed write or sync may have left the commit frame in SQLite's log.
    pub(crate) fn at_commit(self) -> Self {
        match self {
            Self::Down(reason) => Self::Ambiguous(reason),
            other => other,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(error) => of_database(&*error),
            E::Io(_)
            | E::Tls(_)
            | E::Protocol(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::BeginFailed
            | E::Configuration(_) => Self::Down(error.to_string()),
            other => Self::Misuse(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let code = match &error {
            rusqlite::Error::SqlInputError { error, .. } => Some(error),
            other => other.sqlite_error(),
        };
        let Some(code) = code.map(|code| code.extended_code) else {
            return Self::Misuse(error.to_string());
        };
        of_class(of_sqlite(code), code.to_string(), error.to_string(), None)
    }
}

fn of_database(error: &dyn DatabaseError) -> Error {
    let code = error.code().map(|code| code.into_owned()).unwrap_or_default();
    let constraint = error.constraint().map(str::to_owned);
    of_class(of_sqlstate(&code), code, error.message().to_owned(), constraint)
}

fn of_class(class: Class, code: String, message: String, constraint: Option<String>) -> Error {
    match class {
        Class::Transient => Error::Transient { code, message },
        Class::Deterministic => Error::Deterministic { code, message, table: None, constraint },
        Class::Down | Class::Ambiguous => Error::Down(format!("{code}: {message}")),
    }
}

/// PostgreSQL, appendix A: by code, else by its class, the first two characters.
fn of_sqlstate(code: &str) -> Class {
    match code {
        // Lock not available; cancelled by a statement or lock timeout.
        "55P03" | "57014" => Class::Transient,
        // Read-only: the server became a standby. Idle in a transaction for too long.
        "25006" | "25P03" => Class::Down,
        // Statement completion unknown: during COMMIT this is ambiguous.
        "40003" => Class::Down,
        _ => match code.get(..2) {
            Some("40") => Class::Transient,
            // Connection, resources, operator intervention, system errors, internal errors.
            Some("08" | "53" | "57" | "58" | "XX" | "F0") => Class::Down,
            _ => Class::Deterministic,
        },
    }
}

/// SQLite, "Result and Error Codes": the low byte of an extended code is the primary one.
fn of_sqlite(code: i32) -> Class {
    match code & 0xff {
        // BUSY, LOCKED, INTERRUPT, SCHEMA.
        5 | 6 | 9 | 17 => Class::Transient,
        // PERM, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH, NOTADB.
        3 | 7 | 8 | 10 | 11 | 13 | 14 | 15 | 22 | 23 | 26 => Class::Down,
        _ => Class::Deterministic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_class() {
        for (code, class) in [
            ("40001", Class::Transient),
            ("40P01", Class::Transient),
            ("55P03", Class::Transient),
            ("57014", Class::Transient),
            ("57P01", Class::Down),
            ("53100", Class::Down),
            ("53300", Class::Down),
            ("08006", Class::Down),
            ("25006", Class::Down),
            ("XX001", Class::Down),
            ("23505", Class::Deterministic),
            ("22003", Class::Deterministic),
            ("42P01", Class::Deterministic),
            ("25P02", Class::Deterministic),
        ] {
            assert_eq!(of_sqlstate(code), class, "{code}");
        }
        for (code, class) in [
            (5, Class::Transient),
            (517, Class::Transient),
            (6, Class::Transient),
            (13, Class::Down),
            (10, Class::Down),
            (1034, Class::Down),
            (8, Class::Down),
            (11, Class::Down),
            (19, Class::Deterministic),
            (2067, Class::Deterministic),
            (1, Class::Deterministic),
            (3091, Class::Deterministic),
        ] {
            assert_eq!(of_sqlite(code), class, "{code}");
        }
    }
}
