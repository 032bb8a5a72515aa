//! Values on their way from a database. `None` means that what is stored is not of the wanted kind.

use crate::value::{Kind, Value};
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

/// Reads one value of a SQLite row. SQLite stores any type in any column of a table that is not STRICT, and
/// sqlx takes text for bytes, so each value is checked here.
pub(crate) fn from_sqlite(row: &SqliteRow, index: usize, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Integer => Value::Integer(row.try_get(index).ok()?),
        Kind::Boolean => Value::Boolean(match row.try_get::<Option<i64>, _>(index).ok()? {
            None => None,
            Some(0) => Some(false),
            Some(1) => Some(true),
            Some(_) => return None,
        }),
        Kind::Text => Value::Text(row.try_get(index).ok()?),
        Kind::Bytes => Value::Bytes(row.try_get(index).ok()?),
        Kind::Id => Value::Id(match row.try_get::<Option<&[u8]>, _>(index).ok()? {
            None => None,
            Some(bytes) => Some(bytes.try_into().ok()?),
        }),
    })
}

/// Reads one value of a PostgreSQL row.
pub(crate) fn from_postgres(row: &PgRow, index: usize, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Integer => Value::Integer(row.try_get(index).ok()?),
        Kind::Boolean => Value::Boolean(row.try_get(index).ok()?),
        Kind::Text => Value::Text(row.try_get(index).ok()?),
        Kind::Bytes => Value::Bytes(row.try_get(index).ok()?),
        Kind::Id => Value::Id(row.try_get::<Option<Uuid>, _>(index).ok()?.map(Uuid::into_bytes)),
    })
}
