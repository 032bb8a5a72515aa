//! Each failure is of its kind, and after one nothing more runs in its transaction.

use crate::support::{MARKS, PARCELS, mark, marks, open, parcel};
use makegood_sql::{Class, Database, Error, Kind, Options, Transaction, Value};
use makegood_testkit::database::TestDatabase;

/// Every later call answers an error, and what the transaction wrote is gone.
async fn assert_poisoned(mut transaction: Transaction, database: &Database) {
    assert!(matches!(transaction.insert(&MARKS, vec![mark(90)]).await, Err(Error::Poisoned)));
    assert!(matches!(transaction.select(&MARKS, &[vec![1.into()]]).await, Err(Error::Poisoned)));
    assert!(matches!(transaction.query("SELECT 1", vec![], &[]).await, Err(Error::Poisoned)));
    assert!(matches!(transaction.execute("DELETE FROM marks", vec![]).await, Err(Error::Poisoned)));
    assert!(matches!(transaction.commit().await, Err(Error::Poisoned)));
    assert_eq!(marks(database).await, Vec::<i64>::new());
}

#[tokio::test]
async fn a_constraint_is_deterministic_and_names_its_table() {
    for test in TestDatabase::both() {
        let database = open(&test, Options { writers_max: 1, ..Options::default() }).await;
        let mut refused = parcel(2);
        refused[4] = "refused".into();
        for rows in [vec![parcel(1), parcel(1)], vec![refused]] {
            let mut transaction = database.begin().await.unwrap();
            transaction.insert(&MARKS, vec![mark(1)]).await.unwrap();
            let error = transaction.insert(&PARCELS, rows).await.unwrap_err();
            assert!(matches!(&error, Error::Deterministic { table: Some("parcels"), .. }), "{error}");
            assert_eq!(error.class(), Class::Deterministic);
            assert_poisoned(transaction, &database).await;
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_down_and_room_brings_it_back() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let mut transaction = database.begin().await.unwrap();
    transaction.run("PRAGMA max_page_count = 20").await.unwrap();
    transaction.insert(&MARKS, vec![mark(1)]).await.unwrap();
    let error = transaction
        .insert(&PARCELS, (0..5_000).map(parcel).collect())
        .await
        .expect_err("20 pages do not hold 5,000 rows");
    assert_eq!(error.class(), Class::Down, "{error}");
    assert!(error.to_string().contains("full"), "{error}");
    assert_poisoned(transaction, &database).await;
    // The limit belonged to the connection, which was closed.
    let mut transaction = database.begin().await.unwrap();
    transaction.insert(&PARCELS, (0..5_000).map(parcel).collect()).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_lock_of_another_process_is_transient() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let other = Database::open(test.url(), Options { busy_ms_max: 1, ..Options::default() }).await.unwrap();
    let transaction = database.begin().await.unwrap();
    let error = other.begin().await.unwrap_err();
    assert_eq!(error.class(), Class::Transient, "{error}");
    transaction.rollback().await;
    other.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_reader_cannot_write_and_sees_one_state() {
    for test in TestDatabase::both() {
        let database = open(&test, Options::default()).await;
        let mut reader = database.read().await.unwrap();
        let before = reader.query("SELECT number FROM marks", vec![], &[Kind::Integer]).await.unwrap();
        let mut writer = database.begin().await.unwrap();
        writer.insert(&MARKS, vec![mark(1)]).await.unwrap();
        writer.commit().await.unwrap();
        let after = reader.query("SELECT number FROM marks", vec![], &[Kind::Integer]).await.unwrap();
        assert_eq!(before, after);
        assert_eq!(marks(&database).await, vec![1]);
        assert!(reader.insert(&MARKS, vec![mark(2)]).await.is_err());
        assert_eq!(marks(&database).await, vec![1]);
    }
}

#[tokio::test]
async fn a_serialization_failure_is_transient() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options::default()).await;
    let mut first = database.begin().await.unwrap();
    let mut second = database.begin().await.unwrap();
    for transaction in [&mut first, &mut second] {
        transaction.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").await.unwrap();
        transaction.query("SELECT number FROM marks", vec![], &[Kind::Integer]).await.unwrap();
    }
    first.insert(&MARKS, vec![mark(1)]).await.unwrap();
    first.commit().await.unwrap();
    let error = match second.insert(&MARKS, vec![mark(2)]).await {
        Ok(()) => second.commit().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(&error, Error::Transient { code, .. } if code == "40001"), "{error}");
}

#[tokio::test]
async fn a_deadlock_is_transient() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options::default()).await;
    let mut transaction = database.begin().await.unwrap();
    transaction.insert(&PARCELS, vec![parcel(1), parcel(2)]).await.unwrap();
    transaction.commit().await.unwrap();
    let mut first = database.begin().await.unwrap();
    let mut second = database.begin().await.unwrap();
    first.update(&PARCELS, vec![(parcel(1), 1)]).await.unwrap();
    second.update(&PARCELS, vec![(parcel(2), 1)]).await.unwrap();
    let results = tokio::join!(
        first.update(&PARCELS, vec![(parcel(2), 1)]),
        second.update(&PARCELS, vec![(parcel(1), 1)])
    );
    let errors: Vec<_> = [results.0, results.1].into_iter().filter_map(Result::err).collect();
    assert!(
        errors.iter().any(|error| matches!(error, Error::Transient { code, .. } if code == "40P01")),
        "{errors:?}"
    );
}

async fn backend(transaction: &mut Transaction) -> Value {
    let rows = transaction.query("SELECT pg_backend_pid()::bigint", vec![], &[Kind::Integer]).await.unwrap();
    rows[0][0].clone()
}

async fn terminate(database: &Database, backend: Value) {
    let mut transaction = database.begin().await.unwrap();
    let text = "SELECT pg_terminate_backend($1::bigint::int, 5000)";
    assert_eq!(transaction.query(text, vec![backend], &[Kind::Boolean]).await.unwrap()[0][0], true.into());
    transaction.rollback().await;
}

#[tokio::test]
async fn a_lost_connection_is_down_and_within_commit_ambiguous() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options::default()).await;
    let mut transaction = database.begin().await.unwrap();
    let lost = backend(&mut transaction).await;
    terminate(&database, lost).await;
    let error = transaction.insert(&MARKS, vec![mark(1)]).await.unwrap_err();
    assert_eq!(error.class(), Class::Down, "{error}");
    assert_poisoned(transaction, &database).await;

    let mut transaction = database.begin().await.unwrap();
    transaction.insert(&MARKS, vec![mark(1)]).await.unwrap();
    let lost = backend(&mut transaction).await;
    terminate(&database, lost).await;
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.class(), Class::Ambiguous, "{error}");
}

#[tokio::test]
async fn dead_pooled_connections_do_not_reach_a_caller() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options { writers_max: 4, ..Options::default() }).await;
    let mut transactions = Vec::new();
    let mut backends = Vec::new();
    for _ in 0..4 {
        let mut transaction = database.begin().await.unwrap();
        backends.push(backend(&mut transaction).await);
        transactions.push(transaction);
    }
    for transaction in transactions {
        transaction.rollback().await;
    }
    let other = Database::open(test.url(), Options::default()).await.unwrap();
    for lost in backends {
        terminate(&other, lost).await;
    }
    let mut transaction = database.begin().await.unwrap();
    transaction.insert(&MARKS, vec![mark(1)]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(marks(&database).await, vec![1]);
}

#[tokio::test]
async fn an_address_where_nothing_is_refuses() {
    for (url, class) in [
        ("postgres://nobody@127.0.0.1:1/none", Class::Down),
        ("sqlite::memory:", Class::Deterministic),
        ("mysql://localhost", Class::Deterministic),
        ("sqlite:/nowhere/at/all.db", Class::Down),
    ] {
        let error = Database::open(url, Options::default()).await.unwrap_err();
        assert_eq!(error.class(), class, "{url}: {error}");
    }
}

#[tokio::test]
async fn every_sqlite_connection_syncs_fully() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let mut open_at_once = vec![database.begin().await.unwrap()];
    for _ in 0..Options::default().readers_max {
        open_at_once.push(database.read().await.unwrap());
    }
    for transaction in &mut open_at_once {
        let level = transaction.query("PRAGMA synchronous", vec![], &[Kind::Integer]).await.unwrap();
        assert_eq!(level[0][0], 2.into());
        let mode = transaction.query("PRAGMA journal_mode", vec![], &[Kind::Text]).await.unwrap();
        assert_eq!(mode[0][0], "wal".into());
    }
}

#[tokio::test]
async fn postgres_commits_are_durable_where_the_default_says_otherwise() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options::default()).await;
    let mut transaction = database.begin().await.unwrap();
    transaction
        .run("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END $$")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let database = Database::open(test.url(), Options::default()).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    let level =
        transaction.query("SELECT current_setting('synchronous_commit')", vec![], &[Kind::Text]).await;
    assert_eq!(level.unwrap()[0][0], "on".into());
}
