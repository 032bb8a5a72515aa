//! Tables as data: what the bulk statements are made from.

use crate::value::Kind;

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, the same on both databases.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

impl Column {
    /// A column of integers.
    #[must_use]
    pub const fn integer(name: &'static str) -> Self {
        Self { name, kind: Kind::Integer }
    }

    /// A column of truth values.
    #[must_use]
    pub const fn boolean(name: &'static str) -> Self {
        Self { name, kind: Kind::Boolean }
    }

    /// A column of text.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    /// A column of bytes.
    #[must_use]
    pub const fn bytes(name: &'static str) -> Self {
        Self { name, kind: Kind::Bytes }
    }

    /// A column of 16-byte ids.
    #[must_use]
    pub const fn id(name: &'static str) -> Self {
        Self { name, kind: Kind::Id }
    }
}

/// A table. Declare it as a `static`, so that its statements can be made once.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, unique in a database.
    pub name: &'static str,
    /// Its columns, those of the primary key first, without `version`.
    pub columns: &'static [Column],
    /// How many columns, from the first, are the primary key.
    pub key: usize,
    /// Whether the table has a column `version BIGINT NOT NULL`: 1 when inserted, one more by each update.
    /// Only such tables can be updated.
    pub versioned: bool,
}

impl Table {
    /// The columns of the primary key.
    #[must_use]
    pub fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }
}
