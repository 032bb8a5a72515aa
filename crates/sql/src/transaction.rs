//! A transaction: everything that is read or written goes through one.

use crate::{
    bulk,
    database::Dialect,
    error::Error,
    lease::{Connection, Lease},
    row::Row,
    table::Table,
    text::{Operation, Texts},
    value::{Kind, Value},
};
use std::sync::Arc;

/// A transaction that has begun.
///
/// After a statement failed, or its future was dropped, every later call answers [`Error::Poisoned`] and the
/// connection is closed. Dropped without [`commit`](Self::commit) it is rolled back.
pub struct Transaction {
    lease: Option<Lease>,
    dialect: Dialect,
    texts: Arc<Texts>,
    /// False while a statement is under way, and for good after one that failed or was abandoned.
    is_sound: bool,
}

impl Transaction {
    pub(crate) fn new(lease: Lease, dialect: Dialect, texts: Arc<Texts>) -> Self {
        Self { lease: Some(lease), dialect, texts, is_sound: true }
    }

    /// Which database it is on.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The rows with these primary keys, in no order; a key twice gives its row once, one that is absent
    /// none.
    pub async fn select(&mut self, table: &'static Table, keys: &[Vec<Value>]) -> Result<Vec<Row>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let texts = Arc::clone(&self.texts);
        let result = bulk::select(self.start()?, &texts, table, keys).await;
        self.finish(result)
    }

    /// At most `rows_max` rows in the order of the key, from the first, or from the one behind the key `after`
    /// (the key of the last row of the page before).
    pub async fn scan(
        &mut self,
        table: &'static Table,
        after: Option<&[Value]>,
        rows_max: u32,
    ) -> Result<Vec<Row>, Error> {
        let texts = Arc::clone(&self.texts);
        let result = bulk::scan(self.start()?, &texts, table, after.unwrap_or_default(), rows_max).await;
        self.finish(result)
    }

    /// Inserts rows, each with a value for every column in order. A key that exists is refused.
    pub async fn insert(&mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        self.write(table, Operation::Insert, rows).await
    }

    /// Sets all columns that are not in the key, of rows (each with a value for every column) that still
    /// have the version that was loaded. If one has not, the whole transaction is [`Error::Contended`].
    pub async fn update(&mut self, table: &'static Table, rows: Vec<(Vec<Value>, i64)>) -> Result<(), Error> {
        if !table.versioned {
            return Err(Error::Misuse(format!("{} has no versions: its rows are never updated", table.name)));
        }
        self.write(table, Operation::Update, with_versions(rows)).await
    }

    /// Deletes the rows with these keys that still have the version that was loaded (which a table without
    /// versions ignores). If one has not, the whole transaction is [`Error::Contended`].
    pub async fn delete(&mut self, table: &'static Table, keys: Vec<(Vec<Value>, i64)>) -> Result<(), Error> {
        let keys = if table.versioned {
            with_versions(keys)
        } else {
            keys.into_iter().map(|(key, _)| key).collect()
        };
        self.write(table, Operation::Delete, keys).await
    }

    /// Runs a constant text that both databases read (`$1…$n`) and answers its rows, each with the wanted
    /// kinds. On PostgreSQL an integer expression must be BIGINT: cast `SUM` and `COUNT(…) + 1`.
    pub async fn query(
        &mut self,
        text: &'static str,
        arguments: Vec<Value>,
        kinds: &'static [Kind],
    ) -> Result<Vec<Vec<Value>>, Error> {
        let result = bulk::query(self.start()?, text, arguments, kinds).await;
        self.finish(result)
    }

    /// Runs a constant text that both databases read and answers how many rows it changed.
    pub async fn execute(&mut self, text: &'static str, arguments: Vec<Value>) -> Result<u64, Error> {
        let result = bulk::execute(self.start()?, text, arguments).await;
        self.finish(result)
    }

    /// Runs a text of several statements without arguments: a schema, or a pragma of a test.
    pub async fn run(&mut self, text: &'static str) -> Result<(), Error> {
        let result = self.start()?.run(text).await;
        self.finish(result)
    }

    /// Has the database read a text without running it: a test of every text against a schema.
    pub async fn prepare(&mut self, text: &'static str) -> Result<(), Error> {
        let result = bulk::prepare(self.start()?, text.into()).await;
        self.finish(result)
    }

    /// Has the database read all bulk texts of a table, as [`prepare`](Self::prepare) does with one.
    pub async fn prepare_bulk(&mut self, table: &'static Table) -> Result<(), Error> {
        for text in bulk::texts(self.dialect, table, &self.texts) {
            let result = bulk::prepare(self.start()?, text).await;
            self.finish(result.map_err(|error| error.on(table.name)))?;
        }
        Ok(())
    }

    /// Commits. Only [`Error::Ambiguous`] leaves open what happened; any other error has rolled back.
    pub async fn commit(mut self) -> Result<(), Error> {
        let result = self.start()?.commit().await.map_err(Error::at_commit);
        self.finish(result)?;
        self.give_back();
        Ok(())
    }

    /// Rolls back at once. Whether or not the database still answers, nothing was written.
    pub async fn rollback(mut self) {
        let Ok(connection) = self.start() else { return };
        let result = connection.run("ROLLBACK").await;
        if self.finish(result).is_ok() {
            self.give_back();
        }
    }

    async fn write(
        &mut self,
        table: &'static Table,
        operation: Operation,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let texts = Arc::clone(&self.texts);
        let result = bulk::write(self.start()?, &texts, table, operation, rows).await;
        self.finish(result.map_err(|error| error.on(table.name)))
    }

    /// Before a statement: if its future is dropped, the transaction stays unsound.
    fn start(&mut self) -> Result<&mut Connection, Error> {
        if !std::mem::replace(&mut self.is_sound, false) {
            return Err(Error::Poisoned);
        }
        self.lease.as_mut().ok_or(Error::Poisoned)?.connection()
    }

    /// After a statement. SQLite ends a transaction by itself on some errors, and what ran next would commit
    /// by itself: so after any error the connection goes.
    fn finish<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        match &result {
            Ok(_) => self.is_sound = true,
            Err(_) => drop(self.lease.take()),
        }
        result
    }

    fn give_back(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else { return };
        if self.is_sound && self.dialect == Dialect::Sqlite {
            return lease.roll_back_now();
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_sound {
            runtime.spawn(async move {
                let Ok(connection) = lease.connection() else { return };
                if connection.run("ROLLBACK").await.is_ok() {
                    lease.give_back();
                }
            });
        }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Transaction").field("is_sound", &self.is_sound).finish_non_exhaustive()
    }
}

fn with_versions(rows: Vec<(Vec<Value>, i64)>) -> Vec<Vec<Value>> {
    let with_version = |(mut row, version): (Vec<Value>, i64)| {
        row.push(Value::from(version));
        row
    };
    rows.into_iter().map(with_version).collect()
}
