//! Scratch databases are made and dropped, and the one that the server's URL names stays as it is.

use makegood_sql::{Database, Error, Kind, Options, ScratchDatabase, Value};
use makegood_testkit::database::TestDatabase;

/// How many databases have the name of the one at this URL, and how many tables it has itself.
async fn counted(at: &Database, url: &str) -> (Value, Value) {
    let name = url.rsplit_once("dbname=").unwrap().1;
    let mut transaction = at.read().await.unwrap();
    let databases = "SELECT COUNT(*) FROM pg_database WHERE datname = $1";
    let databases = transaction.query(databases, vec![name.into()], &[Kind::Integer]).await.unwrap();
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables = transaction.query(tables, Vec::new(), &[Kind::Integer]).await.unwrap();
    transaction.rollback().await;
    (databases[0][0].clone(), tables[0][0].clone())
}

#[tokio::test]
async fn a_scratch_database_comes_and_goes_beside_the_one_that_is_named() {
    let named = TestDatabase::postgres();
    let beside = Database::open(named.url(), Options::default()).await.unwrap();
    let random = *b"a test's database"[..16].first_chunk().unwrap();
    let scratch = ScratchDatabase::named(named.url(), random).unwrap();
    scratch.remove().await.unwrap();
    assert_eq!(counted(&beside, scratch.url()).await, (0_i64.into(), 0_i64.into()));

    scratch.create().await.unwrap();
    assert!(matches!(scratch.create().await, Err(Error::Deterministic { .. })), "it is there already");
    let database = Database::open(scratch.url(), Options::default()).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    transaction.run("CREATE TABLE marks (number BIGINT NOT NULL PRIMARY KEY)").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(counted(&beside, scratch.url()).await, (1_i64.into(), 0_i64.into()));

    // Somebody is connected still.
    scratch.remove().await.unwrap();
    assert_eq!(counted(&beside, scratch.url()).await, (0_i64.into(), 0_i64.into()));
    scratch.remove().await.unwrap();
}

#[test]
fn only_a_postgresql_server_has_scratch_databases() {
    for url in
        ["sqlite:a.db", "mysql://localhost/a", "postgres://localhost/a#b", "postgres://localhost:port/a"]
    {
        assert!(ScratchDatabase::named(url, [0; 16]).is_err(), "{url}");
    }
    let shown = ScratchDatabase::named("postgres://root:s3cret@localhost/a", [7; 16]).unwrap();
    assert!(!format!("{shown:?}").contains("s3cret"));
    assert!(shown.url().ends_with("/a?dbname=makegood_scratch_07070707070707070707070707070707"));
}
