//! Values on their way to PostgreSQL.

use crate::{
    error::Error,
    value::{Kind, Value},
};
use makegood_base::RawId;
use sqlx::{Arguments, postgres::PgArguments};
use uuid::Uuid;

fn encode_error(error: impl std::fmt::Display) -> Error {
    Error::Misuse(format!("a value does not encode: {error}"))
}

/// Adds one value to the arguments of a PostgreSQL statement; a null keeps its type.
pub(crate) fn add_postgres(arguments: &mut PgArguments, value: Value) -> Result<(), Error> {
    let added = match value {
        Value::Integer(value) => arguments.add(value),
        Value::Boolean(value) => arguments.add(value),
        Value::Text(value) => arguments.add(value),
        Value::Bytes(value) => arguments.add(value),
        Value::Id(value) => arguments.add(value.map(Uuid::from_bytes)),
    };
    added.map_err(encode_error)
}

/// The values of one column, for UNNEST.
pub(crate) enum Array {
    Integer(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Id(Vec<Option<Uuid>>),
}

impl Array {
    pub(crate) fn with_capacity(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Integer => Self::Integer(Vec::with_capacity(rows)),
            Kind::Boolean => Self::Boolean(Vec::with_capacity(rows)),
            Kind::Text => Self::Text(Vec::with_capacity(rows)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(rows)),
            Kind::Id => Self::Id(Vec::with_capacity(rows)),
        }
    }

    /// Adds a value of the array's own kind.
    pub(crate) fn push(&mut self, value: Value) -> Result<(), Error> {
        match (self, value) {
            (Self::Integer(array), Value::Integer(value)) => array.push(value),
            (Self::Boolean(array), Value::Boolean(value)) => array.push(value),
            (Self::Text(array), Value::Text(value)) => array.push(value),
            (Self::Bytes(array), Value::Bytes(value)) => array.push(value),
            (Self::Id(array), Value::Id(value)) => array.push(value.map(|id: RawId| Uuid::from_bytes(id))),
            (_, value) => return Err(Error::Misuse(format!("{value} is not of its column's kind"))),
        }
        Ok(())
    }

    pub(crate) fn add_to(self, arguments: &mut PgArguments) -> Result<(), Error> {
        let added = match self {
            Self::Integer(array) => arguments.add(array),
            Self::Boolean(array) => arguments.add(array),
            Self::Text(array) => arguments.add(array),
            Self::Bytes(array) => arguments.add(array),
            Self::Id(array) => arguments.add(array),
        };
        added.map_err(encode_error)
    }
}
