//! What makes a row of the wallet a row of a table.

use crate::cells::Cells;
use makegood_sql::{Error, Row, Table, Value};

/// A row of the wallet that a table keeps.
pub(crate) trait Mapped: makegood_wallet::Row<Key: Cells> {
    /// The table.
    const TABLE: &'static Table;

    /// A value for each column, in order.
    fn into_values(self) -> Vec<Value>;

    /// The row again. What does not fit names table, column and key.
    fn from_row(row: Row) -> Result<Self, Error>;
}

/// The columns of the primary key.
pub(crate) fn key_values<R: Mapped>(key: &R::Key) -> Vec<Value> {
    let mut values = Vec::with_capacity(R::TABLE.key);
    key.clone().put(&mut values);
    values
}

/// Declares a table and which columns each field of its row takes.
macro_rules! table {
    ($table:ident, $name:literal, key: $key:literal, versioned: $versioned:literal, $row:ident {
        $($field:ident: $($kind:ident $column:literal)+,)+
    }) => {
        pub(crate) static $table: makegood_sql::Table = makegood_sql::Table {
            name: $name,
            columns: &[$($(makegood_sql::Column::$kind($column),)+)+],
            key: $key,
            versioned: $versioned,
        };

        impl $crate::mapping::Mapped for $row {
            const TABLE: &'static makegood_sql::Table = &$table;

            fn into_values(self) -> Vec<makegood_sql::Value> {
                let mut values = Vec::with_capacity($table.columns.len());
                $($crate::cells::Cells::put(self.$field, &mut values);)+
                values
            }

            fn from_row(row: makegood_sql::Row) -> Result<Self, makegood_sql::Error> {
                let mut fields = row.into_fields();
                Ok(Self { $($field: $crate::cells::Cells::take(&mut fields)?,)+ })
            }
        }
    };
}

pub(crate) use table;
