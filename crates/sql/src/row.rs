//! Rows as they were read, and typed access to their values that names what does not parse.

use crate::{
    error::Error,
    table::Table,
    value::{FromValue, Value},
};

/// A row of a declared table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The table.
    pub table: &'static Table,
    /// The values, in the order of the table's columns.
    pub values: Vec<Value>,
    /// The version that was read; 0 where the table has none.
    pub version: i64,
}

impl Row {
    /// The values of the primary key.
    #[must_use]
    pub fn key(&self) -> &[Value] {
        &self.values[..self.table.key]
    }

    /// Starts to take the values one after the other.
    #[must_use]
    pub fn into_fields(self) -> Fields {
        Fields { source: self.table.name, table: Some(self.table), values: self.values, next: 0 }
    }
}

/// Takes the values of a row one after the other, each as the type that is wanted. The first one that does
/// not parse is answered with an error that names table, column and key.
#[derive(Debug)]
pub struct Fields {
    source: &'static str,
    table: Option<&'static Table>,
    values: Vec<Value>,
    next: usize,
}

impl Fields {
    /// Starts to take the values of a row that [`crate::Transaction::query`] read; `source` names the query
    /// in errors.
    #[must_use]
    pub fn new(source: &'static str, values: Vec<Value>) -> Self {
        Self { source, table: None, values, next: 0 }
    }

    /// The next value, as an `i64`, `bool`, `String`, `Vec<u8>`, `RawId`, `Timestamp`, or an option of one.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Error> {
        self.take_as(Some)
    }

    /// The next value, made into something narrower; `convert` answers `None` where it is not one.
    pub fn take_as<T: FromValue, U>(&mut self, convert: impl FnOnce(T) -> Option<U>) -> Result<U, Error> {
        let index = self.next;
        self.next += 1;
        let is_key = self.table.is_some_and(|table| index < table.key);
        let taken = self.values.get_mut(index).and_then(|place| {
            // The key stays, so that a later error can name the row.
            let value = if is_key { place.clone() } else { std::mem::replace(place, Value::Integer(None)) };
            T::from_value(value).and_then(convert)
        });
        taken.ok_or_else(|| self.corrupt(index))
    }

    /// The error for the value that was taken last: for rules that need more than one value.
    #[must_use]
    pub fn refuse(&self) -> Error {
        self.corrupt(self.next.saturating_sub(1))
    }

    fn corrupt(&self, index: usize) -> Error {
        let column = self.table.and_then(|table| table.columns.get(index));
        let column = column.map_or_else(|| format!("#{}", index + 1), |column| column.name.to_owned());
        let key = &self.values[..self.table.map_or(0, |table| table.key)];
        Error::corrupt(self.source, column, key)
    }
}
