//! One value is changed in one row of each column of each table, and verify names the row.

use crate::world::{open, run};
use makegood_base::encode_suffix;
use makegood_ledger::replay::Report;
use makegood_ledger_sql::{
    ACCOUNTS, BATCHES_BY_TRANSACTIONS, HOLDS, LEGS, MARKS, STATUS_CHANGES, TRANSACTIONS_BY_SEQUENCE,
    TRANSFERS, TREE, verify,
};
use makegood_sql::{Database, Kind, Row, Table, Value};
use makegood_testkit::database::TestDatabase;

/// A value that differs in one byte, or by one.
fn damaged(value: &Value) -> Option<Value> {
    Some(match value.clone() {
        Value::Integer(Some(value)) => (value + 1).into(),
        Value::Bytes(Some(mut bytes)) => {
            *bytes.last_mut()? ^= 1;
            bytes.into()
        }
        Value::Id(Some(mut raw)) => {
            raw[15] ^= 1;
            raw.into()
        }
        _ => return None,
    })
}

/// A row's key as a report writes it.
fn key_text(table: &Table, row: &[Value]) -> String {
    let number = |index: usize| match row[index] {
        Value::Integer(Some(number)) => number,
        _ => panic!("a number"),
    };
    let id = |prefix: &str, index: usize| match row[index] {
        Value::Id(Some(raw)) => format!("{prefix}_{}", encode_suffix(&raw)),
        _ => panic!("an id"),
    };
    match table.name {
        "ledger_accounts" => id("acc", 0),
        "ledger_transactions" => id("txn", 1),
        "ledger_legs" => number(0).to_string(),
        "ledger_holds" | "ledger_transfers" => format!("{} leg {}", id("txn", 0), number(1)),
        "ledger_marks" => format!("{} entry {}", id("acc", 0), number(1)),
        "ledger_status_changes" => format!("{} {}", number(0), id("acc", 1)),
        "ledger_tree" => format!("level {} index {}", number(0), number(1)),
        "ledger_batches" => id("bat", 1),
        other => panic!("{other}"),
    }
}

/// Sets one column of the row with this key.
async fn set(database: &Database, table: &Table, key: &[Value], column: &str, value: &Value) {
    let mut condition = String::new();
    for (index, column) in table.key_columns().iter().enumerate() {
        condition += &format!(" AND {} = ${}", column.name, index + 2);
    }
    let text = format!("UPDATE {} SET {column} = $1 WHERE true{condition}", table.name).leak();
    let mut transaction = database.begin().await.unwrap();
    let mut arguments = vec![value.clone()];
    arguments.extend_from_slice(key);
    assert_eq!(transaction.execute(text, arguments).await.unwrap(), 1);
    transaction.commit().await.unwrap();
}

async fn rows(database: &Database, table: &'static Table) -> Vec<Row> {
    let mut transaction = database.read().await.unwrap();
    let rows = transaction.scan(table, None, 10_000).await.unwrap();
    transaction.rollback().await;
    rows
}

/// The first differences, for a test that fails.
fn first(report: &Report) -> String {
    report.differences.iter().take(8).map(|one| format!("\n{one}")).collect()
}

/// Damages a column in the middle row of those where it is not null.
async fn check(database: &Database, table: &'static Table, column: usize) {
    let name = table.columns[column].name;
    let rows = rows(database, table).await;
    let with_value: Vec<_> = rows.iter().filter(|row| damaged(&row.values[column]).is_some()).collect();
    let row = with_value.get(with_value.len() / 2).unwrap_or_else(|| panic!("{}.{name}: no row", table.name));
    let mut changed = row.values.clone();
    changed[column] = damaged(&row.values[column]).unwrap();
    // A key must stay unique: the row takes one that is free.
    while column < table.key && rows.iter().any(|other| other.key() == &changed[..table.key]) {
        changed[column] = match &changed[column] {
            Value::Integer(Some(value)) => (value + 1_000).into(),
            other => panic!("{other}"),
        };
    }
    set(database, table, row.key(), name, &changed[column]).await;
    let report = verify(database).await.unwrap();
    assert!(!report.is_clean(), "{}.{name}", table.name);
    // Where a value does not parse, ids are named by their bytes alone.
    let bytes = row.key().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let keys = [key_text(table, &row.values), key_text(table, &changed), bytes];
    let is_named = report.differences.iter().any(|one| one.table == table.name && keys.contains(&one.key));
    assert!(is_named, "{}.{name} of {keys:?}: {}", table.name, first(&report));
    set(database, table, &changed[..table.key], name, &row.values[column]).await;
}

#[tokio::test]
async fn every_column_that_is_covered_names_its_row() {
    let tables: [&'static Table; 9] = [
        &ACCOUNTS,
        &TRANSACTIONS_BY_SEQUENCE,
        &LEGS,
        &HOLDS,
        &TRANSFERS,
        &MARKS,
        &STATUS_CHANGES,
        &TREE,
        &BATCHES_BY_TRANSACTIONS,
    ];
    for test in TestDatabase::both() {
        let database = open(&test).await;
        run(&database).await;
        let mut checked = 0;
        for table in tables {
            for (index, column) in table.columns.iter().enumerate() {
                // A batch's id and time are neither hashed nor recomputed.
                if table.name == "ledger_batches" && (column.name == "id" || column.name == "at") {
                    continue;
                }
                check(&database, table, index).await;
                checked += 1;
            }
        }
        assert_eq!(checked, 65);
        assert!(verify(&database).await.unwrap().is_clean(), "all was mended");
    }
}

#[tokio::test]
async fn a_head_that_differs_is_named() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        run(&database).await;
        let mut transaction = database.begin().await.unwrap();
        let kinds = &[Kind::Integer, Kind::Integer, Kind::Bytes];
        let text = "SELECT transactions, positions, log FROM ledger_head";
        let stored = transaction.query(text, vec![], kinds).await.unwrap().remove(0);
        transaction.rollback().await;
        for (index, text) in [
            "UPDATE ledger_head SET transactions = $1",
            "UPDATE ledger_head SET positions = $1",
            "UPDATE ledger_head SET log = $1",
        ]
        .into_iter()
        .enumerate()
        {
            let mut transaction = database.begin().await.unwrap();
            transaction.execute(text, vec![damaged(&stored[index]).unwrap()]).await.unwrap();
            transaction.commit().await.unwrap();
            let report = verify(&database).await.unwrap();
            assert!(report.differences.iter().any(|one| one.table == "ledger_head"), "{report:?}");
            let mut transaction = database.begin().await.unwrap();
            transaction.execute(text, vec![stored[index].clone()]).await.unwrap();
            transaction.commit().await.unwrap();
        }
        assert!(verify(&database).await.unwrap().is_clean());
    }
}

/// Rows that are missing, or of nothing.
#[tokio::test]
async fn rows_that_are_gone_or_too_many_are_named() {
    for (damage, table) in [
        ("DELETE FROM ledger_legs WHERE position = 7", "ledger_legs"),
        ("DELETE FROM ledger_legs WHERE position >= 300", "ledger_legs"),
        ("DELETE FROM ledger_transactions WHERE sequence = 5", "ledger_transactions"),
        (
            "DELETE FROM ledger_transactions WHERE sequence = (SELECT MAX(sequence) FROM ledger_transactions)",
            "ledger_head",
        ),
        ("DELETE FROM ledger_accounts WHERE code = 1", "ledger_legs"),
        ("DELETE FROM ledger_holds WHERE leg = 1", "ledger_holds"),
        ("DELETE FROM ledger_transfers", "ledger_legs"),
        ("DELETE FROM ledger_marks WHERE sequence = 64", "ledger_marks"),
        ("DELETE FROM ledger_status_changes", "ledger_transactions"),
        ("DELETE FROM ledger_tree", "ledger_tree"),
        ("UPDATE ledger_batches SET transactions = 999 WHERE transactions > 20", "ledger_batches"),
        (
            "DELETE FROM ledger_batches
          WHERE transactions = (SELECT transactions FROM ledger_head)",
            "ledger_batches",
        ),
        (
            "INSERT INTO ledger_status_changes (sequence, account, status)
          SELECT 9999, id, 1 FROM ledger_accounts WHERE code = 1",
            "ledger_status_changes",
        ),
        (
            "INSERT INTO ledger_marks (account, sequence, at, position)
          SELECT id, 7, 1, 1 FROM ledger_accounts WHERE code = 1",
            "ledger_marks",
        ),
        ("UPDATE ledger_accounts SET status = 9 WHERE code = 1", "ledger_accounts"),
        ("UPDATE ledger_legs SET currency = 0 WHERE position = 3", "ledger_legs"),
    ] {
        for test in TestDatabase::both() {
            let database = open(&test).await;
            run(&database).await;
            let mut transaction = database.begin().await.unwrap();
            assert!(transaction.execute(damage, vec![]).await.unwrap() > 0, "{damage}");
            transaction.commit().await.unwrap();
            let report = verify(&database).await.unwrap();
            assert!(!report.is_clean(), "{damage}");
            assert!(report.differences.iter().any(|one| one.table == table), "{damage}: {}", first(&report));
        }
    }
}
