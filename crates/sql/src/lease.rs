//! A connection that was taken from its pool. It goes back only when [`Lease::give_back`] is called: dropped
//! in any other way it is closed, so that no unfinished statement or transaction ever reaches a borrower.

use crate::{database::Dialect, error::Error, sqlite_pool::Lent};
use sqlx::{AssertSqlSafe, Executor, Postgres, pool::PoolConnection};

/// One connection of either database.
pub(crate) enum Connection {
    Sqlite(Lent),
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    /// Runs a text of one or more statements without arguments.
    pub(crate) async fn run(&mut self, text: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(lent) => lent.connection.run(text),
            Self::Postgres(connection) => {
                let text = sqlx::raw_sql(AssertSqlSafe(text));
                Ok((&mut **connection).execute(text).await.map(drop)?)
            }
        }
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(lent) => lent.commit(),
            Self::Postgres(_) => self.run("COMMIT").await,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    fn close_soon(self) {
        // Without a runtime there is no task that says good-bye: the connection is dropped at once, which
        // both databases take for a rollback.
        let in_runtime = tokio::runtime::Handle::try_current().is_ok();
        match self {
            Self::Sqlite(lent) => drop(lent),
            Self::Postgres(mut connection) if in_runtime => connection.close_on_drop(),
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }
}

/// See the module.
pub(crate) struct Lease(Option<Connection>);

impl Lease {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }

    /// The connection, unless it went back already.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, Error> {
        self.0.as_mut().ok_or(Error::Poisoned)
    }

    /// Rolls back and returns the connection to its pool, on SQLite, where nothing waits. Any other is closed, and so is
    /// one that does not roll back.
    pub(crate) fn roll_back_now(mut self) {
        let Some(Connection::Sqlite(lent)) = &mut self.0 else { return };
        if lent.connection.run("ROLLBACK").is_ok() {
            self.give_back();
        }
    }

    /// Returns the connection to its pool: no transaction is open on it, and no statement is under way.
    pub(crate) fn give_back(mut self) {
        match self.0.take() {
            Some(Connection::Sqlite(lent)) => lent.give_back(),
            // sqlx takes a connection back when it is dropped.
            Some(Connection::Postgres(connection)) => drop(connection),
            None => {}
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.close_soon();
        }
    }
}
