//! Two tables, and a database of either kind that has them.

use makegood_sql::{Column, Database, Dialect, Kind, Options, Table, Value};
use makegood_testkit::database::TestDatabase;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Every kind, a key of two columns, versions.
pub static PARCELS: Table = Table {
    name: "parcels",
    columns: &[
        Column::id("owner"),
        Column::integer("number"),
        Column::integer("weight"),
        Column::boolean("is_sent"),
        Column::text("note"),
        Column::bytes("seal"),
        Column::id("carrier"),
    ],
    key: 2,
    versioned: true,
};

/// A key of one column, no versions.
pub static MARKS: Table = Table {
    name: "marks",
    columns: &[Column::integer("number"), Column::text("note")],
    key: 1,
    versioned: false,
};

const SQLITE: &str = "
    CREATE TABLE parcels (owner BLOB NOT NULL, number INTEGER NOT NULL, weight INTEGER, is_sent INTEGER,
        note TEXT CHECK (note <> 'refused'), seal BLOB, carrier BLOB, version INTEGER NOT NULL,
        PRIMARY KEY (owner, number)) STRICT, WITHOUT ROWID;
    CREATE TABLE marks (number INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT;";
const POSTGRES: &str = "
    CREATE TABLE parcels (owner UUID NOT NULL, number BIGINT NOT NULL, weight BIGINT, is_sent BOOLEAN,
        note TEXT CHECK (note <> 'refused'), seal BYTEA, carrier UUID, version BIGINT NOT NULL,
        PRIMARY KEY (owner, number));
    CREATE TABLE marks (number BIGINT NOT NULL PRIMARY KEY, note TEXT NOT NULL);";

pub async fn open(test: &TestDatabase, options: Options) -> Database {
    let database = Database::open(test.url(), options).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    let schema = if database.dialect() == Dialect::Sqlite { SQLITE } else { POSTGRES };
    transaction.run(schema).await.unwrap();
    transaction.commit().await.unwrap();
    database
}

/// A parcel's row, all of it made from its number.
pub fn parcel(number: i64) -> Vec<Value> {
    let byte = u8::try_from(number % 251).unwrap();
    vec![
        [byte; 16].into(),
        number.into(),
        (number * 3).into(),
        (number % 2 == 0).into(),
        if number % 5 == 0 { None::<String>.into() } else { format!("ü {number} 'x'").into() },
        vec![byte; usize::from(byte % 7)].into(),
        if number % 3 == 0 { Value::Id(None) } else { [byte; 16].into() },
    ]
}

pub fn mark(number: i64) -> Vec<Value> {
    vec![number.into(), "mark".into()]
}

/// The numbers in `marks`, as a new snapshot sees them.
pub async fn marks(database: &Database) -> Vec<i64> {
    let mut transaction = database.read().await.unwrap();
    let rows = transaction.query("SELECT number FROM marks ORDER BY number", vec![], &[Kind::Integer]).await;
    transaction.rollback().await;
    let number = |row: Vec<Value>| match row[0] {
        Value::Integer(Some(number)) => number,
        _ => panic!("a number"),
    };
    rows.unwrap().into_iter().map(number).collect()
}

/// Polls a future at most `polls` times, whenever it asks to be, then drops it where it stands.
pub async fn poll_at_most<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
