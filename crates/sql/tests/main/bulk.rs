//! Bulk statements, queries and what they refuse.

use crate::support::{MARKS, PARCELS, mark, marks, open, parcel};
use makegood_sql::{Class, Database, Error, Kind, Options, Row, Transaction, Value};
use makegood_testkit::database::TestDatabase;

fn key(number: i64) -> Vec<Value> {
    parcel(number)[..2].to_vec()
}

async fn read_parcels(transaction: &mut Transaction, numbers: &[i64]) -> Vec<Row> {
    let keys: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
    let mut rows = transaction.select(&PARCELS, &keys).await.unwrap();
    rows.sort_by(|left, right| left.values[1].cmp(&right.values[1]));
    rows
}

#[tokio::test]
async fn every_size_is_written_changed_read_and_deleted() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        for size in [1_i64, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1_300] {
            let numbers: Vec<i64> = (0..size).collect();
            let mut transaction = database.begin().await.unwrap();
            let rows = numbers.iter().map(|number| parcel(*number)).collect();
            transaction.insert(&PARCELS, rows).await.unwrap();
            let mut asked = numbers.clone();
            asked.extend([0, size - 1, size + 5]);
            let found = read_parcels(&mut transaction, &asked).await;
            assert_eq!(found.len(), numbers.len(), "a key twice, and one that is absent");
            for (number, row) in numbers.iter().zip(&found) {
                assert_eq!((&row.values, row.version), (&parcel(*number), 1));
            }
            let changed = |row: Row| {
                let mut values = row.values;
                values[4] = "changed".into();
                values[6] = Value::Id(None);
                (values, row.version)
            };
            transaction.update(&PARCELS, found.into_iter().map(changed).collect()).await.unwrap();
            for (number, row) in numbers.iter().zip(read_parcels(&mut transaction, &numbers).await) {
                let mut expected = parcel(*number);
                expected[4] = "changed".into();
                expected[6] = Value::Id(None);
                assert_eq!((row.values, row.version), (expected, 2));
            }
            let keys = numbers.iter().map(|number| (key(*number), 2)).collect();
            transaction.delete(&PARCELS, keys).await.unwrap();
            assert!(read_parcels(&mut transaction, &numbers).await.is_empty());
            transaction.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_version_that_moved_or_a_row_that_is_gone_is_contended() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        let mut transaction = database.begin().await.unwrap();
        transaction.insert(&PARCELS, (0..20).map(parcel).collect()).await.unwrap();
        transaction.insert(&MARKS, (0..20).map(mark).collect()).await.unwrap();
        transaction.commit().await.unwrap();
        let versions = |stale: i64| (0..20).map(move |number| (number, 1 + i64::from(number == stale)));
        let rows = |stale| versions(stale).map(|(number, version)| (parcel(number), version)).collect();
        let keys = |stale| versions(stale).map(|(number, version)| (key(number), version)).collect();

        let mut transaction = database.begin().await.unwrap();
        let error = transaction.update(&PARCELS, rows(11)).await.unwrap_err();
        assert!(matches!(error, Error::Contended { expected: 20, found: 19, .. }), "{error}");
        assert_eq!(error.class(), Class::Transient);
        let mut transaction = database.begin().await.unwrap();
        let error = transaction.delete(&PARCELS, keys(3)).await.unwrap_err();
        assert!(matches!(error, Error::Contended { expected: 20, found: 19, .. }), "{error}");
        let mut transaction = database.begin().await.unwrap();
        let absent = vec![(vec![5.into()], 0), (vec![77.into()], 0)];
        let error = transaction.delete(&MARKS, absent).await.unwrap_err();
        assert!(matches!(error, Error::Contended { expected: 2, found: 1, .. }), "{error}");

        assert_eq!(marks(&database).await.len(), 20, "what was contended changed nothing");
        let mut transaction = database.begin().await.unwrap();
        transaction.update(&PARCELS, rows(-1)).await.unwrap();
        transaction.delete(&MARKS, (0..20).map(|number| (vec![number.into()], 0)).collect()).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(marks(&database).await.is_empty());
    }
}

#[tokio::test]
async fn pages_follow_the_key() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        let mut transaction = database.begin().await.unwrap();
        assert!(transaction.scan(&PARCELS, None, 10).await.unwrap().is_empty());
        let mut expected: Vec<_> = (0..600).map(parcel).collect();
        transaction.insert(&PARCELS, expected.clone()).await.unwrap();
        expected.sort();
        let mut found: Vec<Row> = Vec::new();
        loop {
            let after = found.last().map(|row| row.key().to_vec());
            let page = transaction.scan(&PARCELS, after.as_deref(), 7).await.unwrap();
            assert!(page.len() <= 7);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found.into_iter().map(|row| row.values).collect::<Vec<_>>(), expected);
        assert!(transaction.scan(&PARCELS, Some(&[1.into()]), 7).await.is_err());
    }
}

#[tokio::test]
async fn rows_of_another_shape_are_refused() {
    async fn check(database: &Database, rows: Vec<Vec<Value>>) {
        let mut transaction = database.begin().await.unwrap();
        let error = transaction.insert(&MARKS, rows).await.unwrap_err();
        assert!(matches!(&error, Error::Misuse(reason) if reason.contains("marks")), "{error}");
        assert!(matches!(transaction.commit().await, Err(Error::Poisoned)));
    }
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        check(&database, vec![mark(1), vec![2.into()]]).await;
        check(&database, vec![vec!["1".into(), "mark".into()]]).await;
        check(&database, vec![vec![1.into(), Value::Bytes(None)]]).await;
        let mut transaction = database.begin().await.unwrap();
        let error = transaction.update(&MARKS, vec![(mark(1), 1)]).await.unwrap_err();
        assert!(matches!(error, Error::Misuse(_)), "{error}");
    }
}

#[tokio::test]
async fn one_text_reads_the_same_on_both() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        let mut transaction = database.begin().await.unwrap();
        transaction.insert(&PARCELS, (0..10).map(parcel).collect()).await.unwrap();
        let rows = transaction
            .query(
                "SELECT owner, number, is_sent, note, seal FROM parcels
                 WHERE number >= $2 AND number < $1 AND number <> $2 ORDER BY number DESC LIMIT $3",
                vec![9.into(), 4.into(), 2.into()],
                &[Kind::Id, Kind::Integer, Kind::Boolean, Kind::Text, Kind::Bytes],
            )
            .await
            .unwrap();
        let expected = |number: i64| {
            let row = parcel(number);
            vec![row[0].clone(), row[1].clone(), row[3].clone(), row[4].clone(), row[5].clone()]
        };
        assert_eq!(rows, vec![expected(8), expected(7)]);
        let changed = transaction
            .execute("UPDATE parcels SET note = $1 WHERE is_sent = $2", vec![Value::Text(None), true.into()])
            .await;
        assert_eq!(changed.unwrap(), 5);
        transaction.rollback().await;
    }
}

#[tokio::test]
async fn every_bulk_text_is_read_by_its_database() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        let mut transaction = database.begin().await.unwrap();
        transaction.prepare_bulk(&PARCELS).await.unwrap();
        transaction.prepare_bulk(&MARKS).await.unwrap();
        transaction.prepare("SELECT number FROM marks WHERE number = $1").await.unwrap();
        let error = transaction.prepare("SELECT weight FROM marks").await.unwrap_err();
        assert_eq!(error.class(), Class::Deterministic);
    }
}

#[tokio::test]
async fn bulk_statements_on_sqlite_search_by_the_primary_key() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    // As the crate makes them; a scan of the table would be a plan that says SCAN.
    for (places, text) in [
        (2, "EXPLAIN QUERY PLAN SELECT weight FROM parcels WHERE owner = ?1 AND number = ?2"),
        (3, "EXPLAIN QUERY PLAN DELETE FROM parcels WHERE owner = ?1 AND number = ?2 AND version = ?3"),
        (
            4,
            "EXPLAIN QUERY PLAN UPDATE parcels SET version = version + 1, weight = ?3
             WHERE owner = ?1 AND number = ?2 AND version = ?4",
        ),
    ] {
        let mut transaction = database.read().await.unwrap();
        let kinds = &[Kind::Integer, Kind::Integer, Kind::Integer, Kind::Text];
        let rows = transaction.query(text, vec![Value::Integer(None); places], kinds).await.unwrap();
        let plan: Vec<_> = rows.iter().map(|row| row[3].to_string()).collect();
        assert!(
            plan.iter().any(|step| step.contains("USING PRIMARY KEY (owner=? AND number=?)")),
            "{plan:?}"
        );
    }
}

#[tokio::test]
async fn a_stored_value_that_does_not_parse_names_its_row() {
    let test = TestDatabase::sqlite();
    let database = Database::open(test.url(), Options::default()).await.unwrap();
    for (damage, expected) in [
        ("UPDATE marks SET note = x'ff00'", "table marks, row 7: column note"),
        ("UPDATE marks SET note = NULL", ""),
        ("UPDATE marks SET note = 12", "table marks, row 7: column note"),
    ] {
        let mut transaction = database.begin().await.unwrap();
        transaction.run("CREATE TABLE marks (number INTEGER PRIMARY KEY, note ANY) STRICT").await.unwrap();
        transaction.insert(&MARKS, vec![mark(7)]).await.unwrap();
        transaction.run(damage).await.unwrap();
        let found = transaction.select(&MARKS, &[vec![7.into()]]).await;
        let read = found.and_then(|rows| {
            let mut fields = rows.into_iter().next().unwrap().into_fields();
            fields.take::<i64>()?;
            fields.take::<Option<String>>()
        });
        match read {
            Ok(note) => assert_eq!((note, expected), (None, "")),
            Err(error) => assert_eq!(format!("table {error}"), format!("{expected} does not parse")),
        }
    }
}

#[test]
fn fields_name_what_they_refuse() {
    let row = Row { table: &PARCELS, values: parcel(4), version: 1 };
    let mut fields = row.into_fields();
    assert_eq!(fields.take::<[u8; 16]>().unwrap(), [4; 16]);
    let error = fields.take_as(|number: i64| (number > 9).then_some(number)).unwrap_err();
    let owner = "04".repeat(16);
    assert_eq!(error.to_string(), format!("parcels, row {owner},4: column number does not parse"));
    assert_eq!(fields.take::<i64>().unwrap(), 12);
    let error = fields.take::<String>().unwrap_err();
    assert_eq!(error.to_string(), format!("parcels, row {owner},4: column is_sent does not parse"));
    assert_eq!(error.class(), Class::Deterministic);
}

/// The log of a SQLite file, in bytes.
fn log_bytes(test: &TestDatabase) -> u64 {
    let file = makegood_sql::sqlite_file(test.url()).unwrap().unwrap();
    let log = std::path::PathBuf::from(format!("{}-wal", file.display()));
    std::fs::metadata(log).map_or(0, |log| log.len())
}

#[tokio::test]
async fn the_log_is_copied_beside_the_commits_and_begins_anew() {
    const MIB: u64 = 1_024 * 1_024;
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let note = "x".repeat(MIB as usize / 2);
    let mut written = 0;
    // Each commit is 8 MiB of log, and the log may have 64 MiB before it begins anew.
    for batch in 0..40 {
        let rows = (0..16).map(|row| vec![(batch * 16 + row).into(), note.as_str().into()]).collect();
        let mut transaction = database.begin().await.unwrap();
        transaction.insert(&MARKS, rows).await.unwrap();
        transaction.commit().await.unwrap();
        written += 8 * MIB;
    }
    assert!(written > 300 * MIB);
    // What is written while the thread copies comes on top.
    assert!(log_bytes(&test) < 200 * MIB, "{} of {written}", log_bytes(&test));
    let mut transaction = database.read().await.unwrap();
    let rows = transaction.query("SELECT COUNT(*) FROM marks", vec![], &[Kind::Integer]).await.unwrap();
    assert_eq!(rows[0][0], 640.into());
    transaction.rollback().await;
    database.close().await;
    assert_eq!(log_bytes(&test), 0, "who closes last leaves no log");
}
