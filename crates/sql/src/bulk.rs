//! Runs statements: the bulk ones that were declared as data, and constant texts.

use crate::{
    bind::{Array, add_postgres},
    database::Dialect,
    decode::from_postgres,
    error::Error,
    lease::Connection,
    row::Row,
    sqlite,
    table::Table,
    text::{Operation, Texts},
    value::{Kind, Value},
};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, postgres::PgArguments};
use std::sync::Arc;

/// Reads rows by their primary keys.
pub(crate) async fn select(
    connection: &mut Connection,
    texts: &Texts,
    table: &'static Table,
    keys: &[Vec<Value>],
) -> Result<Vec<Row>, Error> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.iter().try_for_each(|key| check(table, Operation::Select, key))?;
    match connection {
        Connection::Sqlite(lent) => {
            let text = texts.get(Dialect::Sqlite, table, Operation::Select);
            lent.connection.rows_of_each(&text, keys, |row| {
                table_row(table, |index, kind| sqlite::value(row, index, kind))
            })
        }
        Connection::Postgres(connection) => {
            let text = texts.get(Dialect::Postgres, table, Operation::Select);
            let arguments =
                arrays(table, Operation::Select, keys.into_iter().map(|key| key.iter().cloned()))?;
            let found = sqlx::query_with(AssertSqlSafe(text), arguments).fetch_all(&mut **connection).await?;
            found.iter().map(|row| table_row(table, |index, kind| from_postgres(row, index, kind))).collect()
        }
    }
}

/// Reads rows in the order of their key, from the first or from behind a key.
pub(crate) async fn scan(
    connection: &mut Connection,
    texts: &Texts,
    table: &'static Table,
    after: &[Value],
    rows_max: u32,
) -> Result<Vec<Row>, Error> {
    let operation = if after.is_empty() { Operation::First } else { Operation::Next };
    check(table, operation, after)?;
    let text = texts.get(connection.dialect(), table, operation);
    let mut arguments = after.to_vec();
    arguments.push(i64::from(rows_max).into());
    match connection {
        Connection::Sqlite(lent) => lent
            .connection
            .rows(&text, &arguments, |row| table_row(table, |index, kind| sqlite::value(row, index, kind))),
        Connection::Postgres(connection) => {
            let arguments = postgres_arguments(arguments)?;
            let found = sqlx::query_with(AssertSqlSafe(text), arguments).fetch_all(&mut **connection).await?;
            found.iter().map(|row| table_row(table, |index, kind| from_postgres(row, index, kind))).collect()
        }
    }
}

/// Inserts, updates or deletes rows; each must be changed, once.
pub(crate) async fn write(
    connection: &mut Connection,
    texts: &Texts,
    table: &'static Table,
    operation: Operation,
    rows: Vec<Vec<Value>>,
) -> Result<(), Error> {
    rows.iter().try_for_each(|row| check(table, operation, row))?;
    let expected = rows.len() as u64;
    let found = match connection {
        Connection::Sqlite(lent) => {
            let text = texts.get(Dialect::Sqlite, table, operation);
            lent.connection.changes_of_each(&text, &rows)?
        }
        Connection::Postgres(connection) => {
            let text = texts.get(Dialect::Postgres, table, operation);
            let arguments = arrays(table, operation, rows.into_iter())?;
            sqlx::query_with(AssertSqlSafe(text), arguments).execute(&mut **connection).await?.rows_affected()
        }
    };
    if found == expected {
        return Ok(());
    }
    Err(Error::Contended { table: table.name, operation: operation.name(), expected, found })
}

/// All bulk texts of a table. A table without versions has no update.
pub(crate) fn texts(dialect: Dialect, table: &'static Table, texts: &Texts) -> Vec<Arc<str>> {
    Operation::ALL
        .into_iter()
        .filter(|operation| table.versioned || *operation != Operation::Update)
        .map(|operation| texts.get(dialect, table, operation))
        .collect()
}

/// Has the database read a text.
pub(crate) async fn prepare(connection: &mut Connection, text: Arc<str>) -> Result<(), Error> {
    match connection {
        Connection::Sqlite(lent) => lent.connection.prepare(&text),
        Connection::Postgres(connection) => {
            Ok((&mut **connection).prepare(AssertSqlSafe(text).into_sql_str()).await.map(drop)?)
        }
    }
}

/// Runs a constant text and reads its rows.
pub(crate) async fn query(
    connection: &mut Connection,
    text: &'static str,
    arguments: Vec<Value>,
    kinds: &'static [Kind],
) -> Result<Vec<Vec<Value>>, Error> {
    match connection {
        Connection::Sqlite(lent) => lent.connection.rows(text, &arguments, |row| {
            query_row(text, kinds, |index, kind| sqlite::value(row, index, kind))
        }),
        Connection::Postgres(connection) => {
            let arguments = postgres_arguments(arguments)?;
            let found = sqlx::query_with(text, arguments).fetch_all(&mut **connection).await?;
            found
                .iter()
                .map(|row| query_row(text, kinds, |index, kind| from_postgres(row, index, kind)))
                .collect()
        }
    }
}

/// Runs a constant text and counts what it changed.
pub(crate) async fn execute(
    connection: &mut Connection,
    text: &'static str,
    arguments: Vec<Value>,
) -> Result<u64, Error> {
    Ok(match connection {
        Connection::Sqlite(lent) => lent.connection.changes(text, &arguments)?,
        Connection::Postgres(connection) => {
            let arguments = postgres_arguments(arguments)?;
            sqlx::query_with(text, arguments).execute(&mut **connection).await?.rows_affected()
        }
    })
}

fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, Error> {
    let mut arguments = PgArguments::default();
    values.into_iter().try_for_each(|value| add_postgres(&mut arguments, value))?;
    Ok(arguments)
}

/// The rows column by column, each an array.
fn arrays<R: IntoIterator<Item = Value>>(
    table: &Table,
    operation: Operation,
    rows: impl ExactSizeIterator<Item = R>,
) -> Result<PgArguments, Error> {
    let kinds = operation.kinds(table);
    let mut columns: Vec<_> = kinds.map(|kind| Array::with_capacity(kind, rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value)?;
        }
    }
    let mut arguments = PgArguments::default();
    columns.into_iter().try_for_each(|column| column.add_to(&mut arguments))?;
    Ok(arguments)
}

/// Refuses a row that has not one value of the right kind for each column.
fn check(table: &Table, operation: Operation, row: &[Value]) -> Result<(), Error> {
    if row.len() == operation.width(table)
        && row.iter().zip(operation.kinds(table)).all(|(value, kind)| value.kind() == kind)
    {
        return Ok(());
    }
    let row = row.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::Misuse(format!("{} of {}: ({row}) does not fit", operation.name(), table.name)))
}

fn table_row(table: &'static Table, read: impl Fn(usize, Kind) -> Option<Value>) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (index, column) in table.columns.iter().enumerate() {
        let Some(value) = read(index, column.kind) else {
            return Err(Error::corrupt(table.name, column.name, &values[..table.key.min(values.len())]));
        };
        values.push(value);
    }
    let version = match table.versioned.then(|| read(table.columns.len(), Kind::Integer)) {
        None => 0,
        Some(Some(Value::Integer(Some(version)))) => version,
        Some(_) => return Err(Error::corrupt(table.name, "version", &values[..table.key])),
    };
    Ok(Row { table, values, version })
}

fn query_row(
    text: &'static str,
    kinds: &[Kind],
    read: impl Fn(usize, Kind) -> Option<Value>,
) -> Result<Vec<Value>, Error> {
    let value = |(index, kind): (usize, &Kind)| {
        read(index, *kind).ok_or_else(|| Error::corrupt(text, format!("#{}", index + 1), &[]))
    };
    kinds.iter().enumerate().map(value).collect()
}
