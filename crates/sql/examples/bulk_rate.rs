//! How many rows a second are inserted, loaded and updated, in batches that are committed one by one:
//! `bulk_rate URL [ROWS_PER_BATCH [BATCHES]]`. It makes a table `bulk_rate` in that database and drops it.
#![expect(clippy::print_stdout, reason = "what it measured is its output")]

use makegood_sql::{Column, Database, Dialect, Error, Options, Row, Table, Value};
use std::time::{Duration, Instant};

/// As wide as a leg of a ledger.
static ROWS: Table = Table {
    name: "bulk_rate",
    columns: &[
        Column::integer("number"),
        Column::id("debit"),
        Column::id("credit"),
        Column::integer("amount"),
        Column::integer("debit_balance"),
        Column::integer("credit_balance"),
        Column::integer("debit_previous"),
        Column::integer("credit_previous"),
    ],
    key: 1,
    versioned: true,
};
const SQLITE: &str = "DROP TABLE IF EXISTS bulk_rate;
    CREATE TABLE bulk_rate (number INTEGER PRIMARY KEY, debit BLOB, credit BLOB, amount INTEGER,
        debit_balance INTEGER, credit_balance INTEGER, debit_previous INTEGER, credit_previous INTEGER,
        version INTEGER NOT NULL) STRICT;";
const POSTGRES: &str = "DROP TABLE IF EXISTS bulk_rate;
    CREATE TABLE bulk_rate (number BIGINT PRIMARY KEY, debit UUID, credit UUID, amount BIGINT,
        debit_balance BIGINT, credit_balance BIGINT, debit_previous BIGINT, credit_previous BIGINT,
        version BIGINT NOT NULL);";

fn row(number: i64) -> Vec<Value> {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let mut row = vec![number.into(), id.into(), id.into()];
    row.extend((0..5).map(|column| Value::from(number + column)));
    row
}

async fn in_batches<F>(batches: i64, mut work: impl FnMut(i64) -> F) -> Result<Duration, Error>
where
    F: Future<Output = Result<(), Error>>,
{
    let start = Instant::now();
    for batch in 0..batches {
        work(batch).await?;
    }
    Ok(start.elapsed())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or_else(|| Error::Misuse("which database? give its URL".to_owned()))?;
    let mut number = |default| arguments.next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(default);
    let (rows, batches) = (number(8_000), number(50));
    let database = &Database::open(&url, Options::default()).await?;
    let mut transaction = database.begin().await?;
    transaction.run(if database.dialect() == Dialect::Sqlite { SQLITE } else { POSTGRES }).await?;
    transaction.commit().await?;
    let numbers = |batch: i64| batch * rows..(batch + 1) * rows;

    let insert = in_batches(batches, async |batch| {
        let mut transaction = database.begin().await?;
        transaction.insert(&ROWS, numbers(batch).map(row).collect()).await?;
        transaction.commit().await
    });
    report("insert", insert.await?, rows * batches);
    let select = in_batches(batches, async |batch| {
        let mut transaction = database.read().await?;
        let keys: Vec<_> = numbers(batch).map(|number| vec![number.into()]).collect();
        let found: Vec<Row> = transaction.select(&ROWS, &keys).await?;
        transaction.rollback().await;
        if found.len() == keys.len() { Ok(()) } else { Err(Error::Misuse("rows are missing".to_owned())) }
    });
    report("select", select.await?, rows * batches);
    let update = in_batches(batches, async |batch| {
        let mut transaction = database.begin().await?;
        transaction.update(&ROWS, numbers(batch).map(|number| (row(number), 1)).collect()).await?;
        transaction.commit().await
    });
    report("update", update.await?, rows * batches);
    let mut transaction = database.begin().await?;
    transaction.run("DROP TABLE bulk_rate").await?;
    transaction.commit().await
}

fn report(what: &str, took: Duration, rows: i64) {
    let micros = i64::try_from(took.as_micros()).unwrap_or(i64::MAX).max(1);
    println!("{what}: {} rows/s", rows.saturating_mul(1_000_000) / micros);
}
