//! A database that is open: where transactions begin.

use crate::{
    connect,
    error::{Class, Error},
    lease::{Connection, Lease},
    sqlite_pool::Pool,
    text::Texts,
    transaction::Transaction,
};
use sqlx::postgres::PgPool;
use std::sync::Arc;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// How many connections a [`Database`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Connections for write transactions on PostgreSQL. SQLite has one.
    pub writers_max: u32,
    /// Connections for read transactions.
    pub readers_max: u32,
    /// How long a transaction waits for a connection before the database counts as down.
    pub acquire_ms_max: u64,
    /// How long SQLite waits for a lock that another process holds.
    pub busy_ms_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { writers_max: 4, readers_max: 8, acquire_ms_max: 10_000, busy_ms_max: 5_000 }
    }
}

#[derive(Debug)]
enum Pools {
    Sqlite { writer: Pool, reader: Pool },
    Postgres { writer: PgPool, reader: PgPool },
}

#[derive(Debug)]
struct Shared {
    pools: Pools,
    texts: Arc<Texts>,
    options: Options,
}

/// A database that is open. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Database(Arc<Shared>);

#[derive(Clone, Copy)]
enum Access {
    Write,
    Read,
}

impl Database {
    /// Opens `sqlite:PATH` (the file is created where there is none) or `postgres://…`.
    ///
    /// Refuses what [`sqlite_file`](crate::sqlite_file) refuses, another URL, and a SQLite connection on which WAL
    /// and `synchronous=FULL` do not read back.
    pub async fn open(url: &str, options: Options) -> Result<Self, Error> {
        let pools = if url.starts_with("sqlite:") {
            let (writer, reader) = connect::sqlite(url, &options)?;
            Pools::Sqlite { writer, reader }
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let (writer, reader) = connect::postgres(url, &options).await?;
            Pools::Postgres { writer, reader }
        } else {
            return Err(Error::Misuse("a database URL starts with sqlite: or postgres:".to_owned()));
        };
        Ok(Self(Arc::new(Shared { pools, texts: Arc::default(), options })))
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.0.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Begins a write transaction. On SQLite it waits for the one writer and takes the lock at once
    /// (`BEGIN IMMEDIATE`); on PostgreSQL each statement sees what was committed before it, so that what is
    /// read after a lock is fresh.
    ///
    /// A caller that goes away while this runs leaves no transaction behind.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        self.begin_somewhere(Access::Write).await
    }

    /// Begins a read-only transaction that sees one state of the database, that of its first statement.
    pub async fn read(&self) -> Result<Transaction, Error> {
        self.begin_somewhere(Access::Read).await
    }

    /// Closes all connections, when the last transaction has ended.
    pub async fn close(&self) {
        match &self.0.pools {
            Pools::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
        }
    }

    /// On PostgreSQL this runs in a task of its own: a future that is dropped within BEGIN would cost the connection.
    /// On SQLite a future cannot be dropped within BEGIN, which has ended when it returns.
    async fn begin_somewhere(&self, access: Access) -> Result<Transaction, Error> {
        if self.dialect() == Dialect::Sqlite {
            return self.0.begin_anywhere(access).await;
        }
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.begin_anywhere(access).await })
            .await
            .map_err(|error| Error::Down(format!("the task that begins a transaction ended: {error}")))?
    }
}

impl Shared {
    /// Begins on the first connection that still lives: after a restart of the server each pooled one is
    /// dead once.
    async fn begin_anywhere(&self, access: Access) -> Result<Transaction, Error> {
        let mut tries_left = self.options.writers_max.max(self.options.readers_max);
        loop {
            let mut lease = Lease::new(self.acquire(access).await?);
            let connection = lease.connection()?;
            let dialect = connection.dialect();
            let begin = match (dialect, access) {
                (Dialect::Sqlite, Access::Write) => "BEGIN IMMEDIATE",
                (Dialect::Sqlite, Access::Read) => "BEGIN DEFERRED",
                (Dialect::Postgres, Access::Write) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                (Dialect::Postgres, Access::Read) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            };
            match connection.run(begin).await {
                Ok(()) => return Ok(Transaction::new(lease, dialect, Arc::clone(&self.texts))),
                Err(error) if error.class() == Class::Down && tries_left > 0 => tries_left -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn acquire(&self, access: Access) -> Result<Connection, Error> {
        Ok(match (&self.pools, access) {
            (Pools::Sqlite { writer, .. }, Access::Write) => Connection::Sqlite(writer.acquire().await?),
            (Pools::Sqlite { reader, .. }, Access::Read) => Connection::Sqlite(reader.acquire().await?),
            (Pools::Postgres { writer, .. }, Access::Write) => Connection::Postgres(writer.acquire().await?),
            (Pools::Postgres { reader, .. }, Access::Read) => Connection::Postgres(reader.acquire().await?),
        })
    }
}
