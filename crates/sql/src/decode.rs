//! Values on their way from PostgreSQL. `None` means that what is stored is not of the wanted kind.

use crate::value::{Kind, Value};
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

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
