//! The text of bulk statements, made once per table and operation, and kept.
//!
//! PostgreSQL takes one array per column and all rows in one statement. SQLite takes one row in a statement that stays
//! prepared: on the caller's own thread a statement costs less than the tables that SQLite makes inside of one that has
//! many rows.

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
    pub(crate) const ALL: [Self; 6] =
        [Self::Select, Self::Insert, Self::Update, Self::Delete, Self::First, Self::Next];

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

/// The table's address, and the operation: a table that is declared twice, with another order of columns, has texts for
/// each.
type Shape = (usize, Operation);

/// The texts that were made so far.
#[derive(Debug, Default)]
pub(crate) struct Texts(Mutex<HashMap<Shape, Arc<str>>>);

impl Texts {
    /// The text, for one row on SQLite, for any number of rows on PostgreSQL.
    pub(crate) fn get(&self, dialect: Dialect, table: &'static Table, operation: Operation) -> Arc<str> {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts
            .entry((std::ptr::from_ref(table).addr(), operation))
            .or_insert_with(|| make(dialect, table, operation).into());
        Arc::clone(text)
    }
}

/// Makes a text.
pub(crate) fn make(dialect: Dialect, table: &Table, operation: Operation) -> String {
    match (operation, dialect) {
        (Operation::First | Operation::Next, _) => scan(table, operation),
        (_, Dialect::Sqlite) => of_one_row(table, operation),
        (_, Dialect::Postgres) => of_arrays(table, operation),
    }
}

/// A statement on one row. Its places say their numbers, since a key is given first and stands last.
fn of_one_row(table: &Table, operation: Operation) -> String {
    let name = table.name;
    let same = |(index, column): (usize, &Column)| format!("{} = ?{}", column.name, index + 1);
    let mut wanted: Vec<_> = table.key_columns().iter().enumerate().map(same).collect();
    if table.versioned && matches!(operation, Operation::Update | Operation::Delete) {
        wanted.push(format!("version = ?{}", operation.width(table)));
    }
    let wanted = wanted.join(" AND ");
    match operation {
        Operation::Insert => {
            let places: Vec<_> = (1..=operation.width(table)).map(|index| format!("?{index}")).collect();
            let first_version = if table.versioned { ", 1" } else { "" };
            let columns = read_columns(table, "");
            format!("INSERT INTO {name} ({columns}) VALUES ({}{first_version})", places.join(", "))
        }
        Operation::Update => {
            let others = table.columns.iter().enumerate().skip(table.key);
            let set: String = others.map(|other| format!(", {}", same(other))).collect();
            format!("UPDATE {name} SET version = version + 1{set} WHERE {wanted}")
        }
        Operation::Delete => format!("DELETE FROM {name} WHERE {wanted}"),
        _ => format!("SELECT {} FROM {name} WHERE {wanted}", read_columns(table, "")),
    }
}

/// A statement on the rows of `UNNEST($1::uuid[], …) AS v(column1, …)`.
fn of_arrays(table: &Table, operation: Operation) -> String {
    let (name, given) = (table.name, unnest(table, operation));
    let same_version = format!(" AND t.version = v.column{}", operation.width(table));
    match operation {
        Operation::Insert => {
            let first_version = if table.versioned { ", 1" } else { "" };
            format!("INSERT INTO {name} ({}) SELECT *{first_version} FROM {given}", read_columns(table, ""))
        }
        Operation::Update => {
            let mut text = format!("UPDATE {name} AS t SET version = t.version + 1");
            for (index, column) in table.columns.iter().enumerate().skip(table.key) {
                let _ = write!(text, ", {} = v.column{}", column.name, index + 1);
            }
            format!("{text} FROM {given} WHERE {}{same_version}", same_key(table))
        }
        Operation::Delete => {
            let same_version = if table.versioned { same_version.as_str() } else { "" };
            format!("DELETE FROM {name} AS t USING {given} WHERE {}{same_version}", same_key(table))
        }
        _ => {
            let columns = read_columns(table, "t.");
            format!("SELECT {columns} FROM {given} JOIN {name} AS t ON {}", same_key(table))
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

/// The rows that are given, as a table.
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
