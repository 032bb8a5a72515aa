//! The tables themselves.

use crate::world::open;
use makegood_ledger_sql::{TABLES, schema, texts};
use makegood_sql::Dialect;
use makegood_testkit::database::TestDatabase;

#[test]
fn the_first_migration_creates_exactly_these_tables() {
    for (dialect, folder) in [(Dialect::Sqlite, "sqlite"), (Dialect::Postgres, "postgres")] {
        let path = format!("{}/../../migrations/{folder}/0001_ledger.sql", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), schema(dialect), "{path}");
    }
}

#[tokio::test]
async fn every_text_is_read_by_its_database() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        let mut transaction = database.begin().await.unwrap();
        for table in TABLES {
            transaction.prepare_bulk(table).await.unwrap();
        }
        for text in texts(database.dialect()) {
            transaction.prepare(text).await.unwrap();
        }
    }
}
