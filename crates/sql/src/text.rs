//! The text of bulk statements, made once per table, operation and size, and kept.
//!
//! PostgreSQL takes one array per column and has one text for any number of rows. SQLite takes the rows one
//! behind the other and has one text per [chunk size](chunks), so that few texts stay prepared; places that stay
//! empty are null, and a null is no key. On SQLite a write says `OR ROLLBACK`: a statement that fails ends its
//! transaction anyway, and without this SQLite would copy each page before it changes it, to take back that
//! statement alone.

use crate::{
    database::Dialect,
    table::{Column, Table},
    value::Kind,
};
use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};

/// What a bulk statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Select,
    Insert,
    Update,
    Delete,
    /// The first rows in the order of the key.
    First,
    /// The next rows behind a key.
    Next,
}

impl Operation {
    /// The operations on any number of rows.
    pub(crate) const BULK: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::First | Self::Next => "scan",
        }
    }

    /// How many values each row of the statement's arguments has. Updates and deletes end with the version
    /// that was loaded, where the table has versions.
    pub(crate) fn width(self, table: &Table) -> usize {
        match self {
            Self::Select | Self::Next => table.key,
            Self::First => 0,
            Self::Insert => table.columns.len(),
            Self::Update => table.columns.len() + 1,
            Self::Delete => table.key + usize::from(table.versioned),
        }
    }

    /// The kinds of those values.
    pub(crate) fn kinds(self, table: &Table) -> impl Iterator<Item = Kind> {
        let columns = match self {
            Self::Select | Self::Delete | Self::First | Self::Next => table.key_columns(),
            Self::Insert | Self::Update => table.columns,
        };
        let version = std::iter::once(Kind::Integer);
        columns.iter().map(|column| column.kind).chain(version).take(self.width(table))
    }
}

/// SQLite's SQLITE_MAX_VARIABLE_NUMBER.
const BINDS_MAX: usize = 32_766;
/// The numbers of rows that have a text of their own on SQLite, the smallest first.
const CHUNKS: [usize; 6] = [1, 4, 16, 64, 256, 512];

/// The chunk sizes for rows of `width` values, the smallest first.
pub(crate) fn chunk_sizes(width: usize) -> impl DoubleEndedIterator<Item = usize> {
    CHUNKS.into_iter().filter(move |chunk| chunk * width <= BINDS_MAX)
}

/// Cuts `rows` rows of `width` values into chunks that have a text. Each is told with how many rows it has: a
/// statement costs more than the places in it that stay empty, so that the last rows share one.
pub(crate) fn chunks(mut rows: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
    std::iter::from_fn(move || {
        if rows == 0 {
            return None;
        }
        let fitting = chunk_sizes(width).find(|chunk| *chunk >= rows);
        let chunk = fitting.or_else(|| chunk_sizes(width).next_back())?;
        let filled = rows.min(chunk);
        rows -= filled;
        Some((chunk, filled))
    })
}

/// The table's address, operation, rows per statement: a table that is declared twice, with another order of
/// columns, has texts for each.
type Shape = (usize, Operation, usize);

/// The texts that were made so far.
#[derive(Debug, Default)]
pub(crate) struct Texts(Mutex<HashMap<Shape, Arc<str>>>);

impl Texts {
    /// The text for `rows` rows; PostgreSQL's is the same for any number.
    pub(crate) fn get(
        &self,
        dialect: Dialect,
        table: &'static Table,
        operation: Operation,
        rows: usize,
    ) -> Arc<str> {
        let rows = if dialect == Dialect::Postgres { 0 } else { rows };
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts
            .entry((std::ptr::from_ref(table).addr(), operation, rows))
            .or_insert_with(|| make(dialect, table, operation, rows).into());
        Arc::clone(text)
    }
}

/// Makes a text.
pub(crate) fn make(dialect: Dialect, table: &Table, operation: Operation, rows: usize) -> String {
    let name = table.name;
    let given = match dialect {
        Dialect::Sqlite => {
            let first_version = if operation == Operation::Insert && table.versioned { ",1" } else { "" };
            values(operation.width(table), first_version, rows)
        }
        Dialect::Postgres => unnest(table, operation),
    };
    match (operation, dialect) {
        (Operation::Insert, _) => insert(dialect, table, &given),
        (Operation::First | Operation::Next, _) => scan(table, operation),
        (Operation::Select, Dialect::Sqlite) => {
            let key = list(table.key_columns(), "");
            format!("SELECT {} FROM {name} WHERE ({key}) IN ({given})", read_columns(table, ""))
        }
        (Operation::Select, Dialect::Postgres) => {
            let columns = read_columns(table, "t.");
            format!("SELECT {columns} FROM {given} JOIN {name} AS t ON {}", same_key(table))
        }
        (Operation::Update, _) => {
            let or_rollback = if dialect == Dialect::Sqlite { " OR ROLLBACK" } else { "" };
            let mut text = format!("UPDATE{or_rollback} {name} AS t SET version = t.version + 1");
            for (index, column) in table.columns.iter().enumerate().skip(table.key) {
                let _ = write!(text, ", {} = v.column{}", column.name, index + 1);
            }
            let given = if dialect == Dialect::Sqlite { format!("({given}) AS v") } else { given };
            let _ = write!(text, " FROM {given} WHERE {}", same_key(table));
            let _ = write!(text, " AND t.version = v.column{}", operation.width(table));
            text
        }
        (Operation::Delete, Dialect::Sqlite) => {
            let version = if table.versioned { ", version" } else { "" };
            let key = list(table.key_columns(), "");
            format!("DELETE FROM {name} WHERE ({key}{version}) IN ({given})")
        }
        (Operation::Delete, Dialect::Postgres) => {
            let mut text = format!("DELETE FROM {name} AS t USING {given} WHERE {}", same_key(table));
            if table.versioned {
                let _ = write!(text, " AND t.version = v.column{}", operation.width(table));
            }
            text
        }
    }
}

/// Rows in the order of the key, at most as many as the last bind says.
fn scan(table: &Table, operation: Operation) -> String {
    let (columns, key) = (read_columns(table, ""), list(table.key_columns(), ""));
    let width = operation.width(table);
    let binds: Vec<_> = (1..=width).map(|index| format!("${index}")).collect();
    let behind = if width == 0 { String::new() } else { format!(" WHERE ({key}) > ({})", binds.join(", ")) };
    format!("SELECT {columns} FROM {}{behind} ORDER BY {key} LIMIT ${}", table.name, width + 1)
}

fn insert(dialect: Dialect, table: &Table, given: &str) -> String {
    let columns = read_columns(table, "");
    let name = table.name;
    match (dialect, table.versioned) {
        // A place that stays empty is null, which no key is.
        (Dialect::Sqlite, _) => format!(
            "INSERT OR ROLLBACK INTO {name} ({columns}) SELECT * FROM ({given}) WHERE column1 IS NOT NULL"
        ),
        (Dialect::Postgres, false) => format!("INSERT INTO {name} ({columns}) SELECT * FROM {given}"),
        (Dialect::Postgres, true) => format!("INSERT INTO {name} ({columns}) SELECT *, 1 FROM {given}"),
    }
}

/// `VALUES (?,?),(?,?)`: unnamed binds are the cheapest to bind, and SQLite names the columns `column1…`.
fn values(width: usize, end: &str, rows: usize) -> String {
    let row = format!("({}{end})", vec!["?"; width].join(","));
    format!("VALUES {}", vec![row; rows].join(","))
}

/// `UNNEST($1::uuid[], …) AS v(column1, …)`, named as SQLite names the columns of VALUES.
fn unnest(table: &Table, operation: Operation) -> String {
    let width = operation.width(table);
    let array = |(index, kind)| format!("${}::{}[]", index + 1, type_name(kind));
    let arrays: Vec<_> = operation.kinds(table).enumerate().map(array).collect();
    let names: Vec<_> = (1..=width).map(|index| format!("column{index}")).collect();
    format!("UNNEST({}) AS v({})", arrays.join(", "), names.join(", "))
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "bigint",
        Kind::Boolean => "boolean",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
        Kind::Id => "uuid",
    }
}

fn list(columns: &[Column], prefix: &str) -> String {
    columns.iter().map(|column| format!("{prefix}{}", column.name)).collect::<Vec<_>>().join(", ")
}

fn read_columns(table: &Table, prefix: &str) -> String {
    let columns = list(table.columns, prefix);
    if table.versioned { format!("{columns}, {prefix}version") } else { columns }
}

fn same_key(table: &Table) -> String {
    let same = |(index, column): (usize, &Column)| format!("t.{} = v.column{}", column.name, index + 1);
    table.key_columns().iter().enumerate().map(same).collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_add_up_and_fit() {
        for (rows, width, expected) in [
            (0, 3, vec![]),
            (1, 3, vec![(1, 1)]),
            (2, 3, vec![(4, 2)]),
            (16, 3, vec![(16, 16)]),
            (17, 3, vec![(64, 17)]),
            (1_100, 3, vec![(512, 512), (512, 512), (256, 76)]),
            (1_536, 3, vec![(512, 512); 3]),
            (600, 128, [vec![(64, 64); 9], vec![(64, 24)]].concat()),
            (3, 32_766, vec![(1, 1); 3]),
        ] {
            assert_eq!(chunks(rows, width).collect::<Vec<_>>(), expected, "{rows} rows of {width}");
        }
    }
}
