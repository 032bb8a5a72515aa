//! Stores to test, and batches in one call.

use makegood_base::{BatchId, RawId, Timestamp};
use makegood_sql::{Database, Options, Row};
use makegood_store::{BatchRow, Failure, SqlStore, Store, TABLES, migrations};
use makegood_testkit::database::TestDatabase;
use makegood_wallet::{Facts, Needs};

/// A database with the schema. The first part goes when it is dropped.
pub async fn migrated(test: TestDatabase) -> (TestDatabase, Database) {
    let database = Database::open(test.url(), Options::default()).await.unwrap();
    assert_eq!(migrations::migrate(&database).await.unwrap(), steps());
    (test, database)
}

/// How many steps the history of the schema has.
pub fn steps() -> i64 {
    migrations::SQLITE.len().try_into().unwrap()
}

pub async fn sqlite() -> (TestDatabase, SqlStore) {
    let (test, database) = migrated(TestDatabase::sqlite()).await;
    (test, SqlStore::new(database))
}

pub async fn postgres() -> (TestDatabase, SqlStore) {
    let (test, database) = migrated(TestDatabase::postgres()).await;
    (test, SqlStore::new(database))
}

pub fn id(number: u8) -> RawId {
    [number; 16]
}

pub fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub fn batch(number: u8) -> BatchRow {
    BatchRow { id: BatchId::from_raw(id(number)), at: at(i64::from(number)) }
}

/// Loads, changes and commits.
pub async fn commit(
    store: &impl Store,
    row: BatchRow,
    needs: &Needs,
    change: impl FnOnce(&mut Facts),
) -> Result<(), Failure> {
    let (mut batch, mut facts) = store.begin().await?;
    store.load(&mut batch, needs, &mut facts).await?;
    change(&mut facts);
    store.write(&mut batch, row, facts.into_changes()).await?;
    store.commit(batch).await
}

/// What the store has under these keys.
pub async fn read(store: &impl Store, needs: &Needs) -> Facts {
    store.read(None, &|_| needs.clone()).await.unwrap()
}

/// All rows of the wallet's tables, table after table, each in the order of its key.
pub async fn dump(store: &SqlStore) -> Vec<Row> {
    let mut transaction = store.database().read().await.unwrap();
    let mut rows = Vec::new();
    for table in TABLES.iter().copied() {
        rows.extend(transaction.scan(table, None, 10_000).await.unwrap());
    }
    rows
}
