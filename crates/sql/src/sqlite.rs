//! SQLite on the caller's own thread: a call here has ended when it returns, and nothing of it can be abandoned.
//!
//! A statement takes microseconds, so that handing it to another thread and its answer back, and waking a thread each
//! time, would cost more than the statement. What may take longer is the commit, which waits for the disk, and a lock
//! that another process holds: who commits all the time does so on a thread of its own.

use crate::{
    checkpoint::Log,
    connect::STATEMENTS_MAX,
    database::Options,
    error::Error,
    value::{Kind, Value},
};
use rusqlite::{
    OpenFlags, Row, Statement, ToSql,
    types::{Null, ToSqlOutput, ValueRef},
};
use std::{path::Path, time::Duration};

/// The oldest SQLite whose log one connection can copy while another writes it, and which tells where the log stands.
const VERSION_MIN: i32 = 3_051_003;

/// What each connection is set to:
/// - a log, and commits that are on disk when they are answered;
/// - 16 MiB of pages, since a commit after a page was split looks at each of them, and the system keeps the rest of the
///   file; sorting and temporary tables stay in memory;
/// - no checkpoint within a commit: see [`Checkpointer`](crate::checkpoint::Checkpointer);
/// - a log that a long reader let grow is cut to 64 MiB when it begins anew.
///
/// Nothing leans on foreign keys: rows are checked by the pure code that decides on them.
const SET_UP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;
    PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864";

/// A connection to a SQLite file.
#[derive(Debug)]
pub(crate) struct Connection(rusqlite::Connection);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writing. The file is created where there is none.
    Write,
    /// Reading alone.
    Read,
    /// Copying the log into the file.
    Checkpoint,
    /// Copying the database into another file.
    Copy,
}

impl Connection {
    /// Opens the file. Refuses a connection on which WAL and `synchronous=FULL` do not read back.
    pub(crate) fn open(file: &Path, purpose: Purpose, options: &Options) -> Result<Self, Error> {
        if rusqlite::version_number() < VERSION_MIN {
            let version = rusqlite::version();
            return Err(Error::Misuse(format!("SQLite {version} is too old: 3.51.3 is needed")));
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, purpose == Purpose::Write);
        let connection = rusqlite::Connection::open_with_flags(file, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.busy_timeout(Duration::from_millis(options.busy_ms_max))?;
        connection.execute_batch(SET_UP)?;
        let mode: String = connection.query_row("PRAGMA journal_mode", (), |row| row.get(0))?;
        let level: i64 = connection.query_row("PRAGMA synchronous", (), |row| row.get(0))?;
        // 2 is FULL: with less, a power loss takes back acknowledged commits.
        if (mode.as_str(), level) != ("wal", 2) {
            return Err(Error::Down(format!(
                "SQLite has journal_mode {mode}, synchronous {level}: WAL and FULL are needed"
            )));
        }
        if purpose == Purpose::Read {
            connection.execute_batch("PRAGMA query_only = ON")?;
        }
        Ok(Self(connection))
    }

    /// Runs a text of one or more statements without arguments.
    pub(crate) fn run(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.0.execute_batch(text)?)
    }

    /// Where the log stands.
    pub(crate) fn log(&mut self) -> Result<Log, Error> {
        self.checkpoint("PRAGMA wal_checkpoint(NOOP)")
    }

    /// Copies as much of the log as can be without waiting for anybody. When that is all of it, and no reader needs it,
    /// the next write begins it anew.
    pub(crate) fn copy_log(&mut self) -> Result<Log, Error> {
        self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)")
    }

    fn checkpoint(&mut self, text: &str) -> Result<Log, Error> {
        let mut statement = self.0.prepare_cached(text)?;
        Ok(statement.query_row((), |row| Ok(Log { frames: row.get(1)?, copied: row.get(2)? }))?)
    }

    /// Has SQLite read a text.
    pub(crate) fn prepare(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.0.prepare(text).map(drop)?)
    }

    /// Runs a statement and makes something of each of its rows.
    pub(crate) fn rows<T>(
        &mut self,
        text: &str,
        values: &[Value],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.rows_of_each(text, [values], read)
    }

    /// Runs a statement and counts what it changed.
    pub(crate) fn changes(&mut self, text: &str, values: &[Value]) -> Result<u64, Error> {
        self.changes_of_each(text, [values])
    }

    /// Runs a statement for each of these rows of values, and makes something of each row that it answers.
    pub(crate) fn rows_of_each<T>(
        &mut self,
        text: &str,
        given: impl IntoIterator<Item = impl AsRef<[Value]>>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.0.prepare_cached(text)?;
        let places = places(&statement)?;
        let mut found = Vec::new();
        for values in given {
            bind(&mut statement, &places, values.as_ref())?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
        }
        Ok(found)
    }

    /// Runs a statement for each of these rows of values, and counts what all of them changed.
    pub(crate) fn changes_of_each(
        &mut self,
        text: &str,
        given: impl IntoIterator<Item = impl AsRef<[Value]>>,
    ) -> Result<u64, Error> {
        let mut statement = self.0.prepare_cached(text)?;
        let places = places(&statement)?;
        let mut changed = 0;
        for values in given {
            bind(&mut statement, &places, values.as_ref())?;
            changed += statement.raw_execute()? as u64;
        }
        Ok(changed)
    }
}

/// The place of each value. In a text that both databases read a place is called `$2`, which to SQLite is a name and may
/// stand anywhere; elsewhere its number is its place.
fn places(statement: &Statement<'_>) -> Result<Vec<usize>, Error> {
    let count = statement.parameter_count();
    if !statement.parameter_name(1).is_some_and(|name| name.starts_with('$')) {
        return Ok((1..=count).collect());
    }
    let place = |number| {
        let place = statement.parameter_index(&format!("${number}"))?;
        place.ok_or_else(|| Error::Misuse(format!("a statement has no place ${number}")))
    };
    (1..=count).map(place).collect()
}

fn bind(statement: &mut Statement<'_>, places: &[usize], values: &[Value]) -> Result<(), Error> {
    if places.len() != values.len() {
        let (places, values) = (places.len(), values.len());
        return Err(Error::Misuse(format!("a statement of {places} places is given {values} values")));
    }
    for (place, value) in places.iter().zip(values) {
        statement.raw_bind_parameter(*place, value)?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Integer(Some(value)) => value.to_sql(),
            Self::Boolean(Some(value)) => value.to_sql(),
            Self::Text(Some(value)) => value.to_sql(),
            Self::Bytes(Some(value)) => value.to_sql(),
            Self::Id(Some(value)) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(value))),
            _ => Ok(ToSqlOutput::Owned(Null.into())),
        }
    }
}

/// Reads one value of a row. SQLite stores any type in any column of a table that is not STRICT, so each value is
/// checked here: `None` is one of another kind.
pub(crate) fn value(row: &Row<'_>, index: usize, kind: Kind) -> Option<Value> {
    Some(match (kind, row.get_ref(index).ok()?) {
        (Kind::Integer, ValueRef::Null) => Value::Integer(None),
        (Kind::Integer, ValueRef::Integer(value)) => Value::Integer(Some(value)),
        (Kind::Boolean, ValueRef::Null) => Value::Boolean(None),
        (Kind::Boolean, ValueRef::Integer(value @ (0 | 1))) => Value::Boolean(Some(value == 1)),
        (Kind::Text, ValueRef::Null) => Value::Text(None),
        (Kind::Text, ValueRef::Text(value)) => Value::Text(Some(std::str::from_utf8(value).ok()?.to_owned())),
        (Kind::Bytes, ValueRef::Null) => Value::Bytes(None),
        (Kind::Bytes, ValueRef::Blob(value)) => Value::Bytes(Some(value.to_owned())),
        (Kind::Id, ValueRef::Null) => Value::Id(None),
        (Kind::Id, ValueRef::Blob(value)) => Value::Id(Some(value.try_into().ok()?)),
        _ => return None,
    })
}
