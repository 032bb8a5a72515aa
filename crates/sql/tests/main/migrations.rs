//! The runner of migrations.

use makegood_sql::{Database, Error, Migration, Options};
use makegood_testkit::database::TestDatabase;

const FIRST: Migration = Migration {
    name: "0001_first",
    script: "CREATE TABLE a (n BIGINT NOT NULL); INSERT INTO a (n) VALUES (1);",
};
const SECOND: Migration = Migration { name: "0002_second", script: "INSERT INTO a (n) VALUES (2);" };
const BROKEN: Migration =
    Migration { name: "0003_broken", script: "INSERT INTO a (n) VALUES (3); INSERT INTO b (n) VALUES (3);" };
const OTHER: Migration = Migration { name: "0001_first", script: "CREATE TABLE a (n BIGINT);" };

async fn rows(database: &Database) -> usize {
    let mut transaction = database.read().await.unwrap();
    let rows = transaction.query("SELECT n FROM a", vec![], &[]).await.unwrap();
    transaction.rollback().await;
    rows.len()
}

async fn refused(database: &Database, history: &[Migration], words: &str) {
    let error = database.migrate(history, history).await.unwrap_err();
    assert!(matches!(&error, Error::Schema(reason) if reason.contains(words)), "{error}");
    assert!(database.check_schema(history, history).await.is_err());
}

#[tokio::test]
async fn a_history_is_applied_once_and_only_forwards() {
    for test in TestDatabase::both() {
        let database = Database::open(test.url(), Options::default()).await.unwrap();
        let none = database.check_schema(&[FIRST], &[FIRST]).await.unwrap_err();
        assert!(matches!(none, Error::Schema(_)), "{none}");
        let one: &[Migration] = &[FIRST];
        let two: &[Migration] = &[FIRST, SECOND];
        assert_eq!(database.migrate(one, one).await.unwrap(), 1);
        assert_eq!(database.migrate(one, one).await.unwrap(), 1);
        database.check_schema(one, one).await.unwrap();
        assert!(database.check_schema(two, two).await.is_err(), "one step is missing");
        assert_eq!(database.migrate(two, two).await.unwrap(), 2);
        assert_eq!(rows(&database).await, 2);
        refused(&database, one, "newer").await;
        refused(&database, &[OTHER, SECOND], "another text").await;
        let broken: &[Migration] = &[FIRST, SECOND, BROKEN];
        assert!(database.migrate(broken, broken).await.is_err());
        assert_eq!(rows(&database).await, 2, "a step that fails leaves nothing");
        database.check_schema(two, two).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_written_to_a_database_of_another_program() {
    const THEIRS: Migration = Migration { name: "", script: "CREATE TABLE songs (n BIGINT NOT NULL);" };
    for test in TestDatabase::both() {
        let database = Database::open(test.url(), Options::default()).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        transaction.run(THEIRS.script).await.unwrap();
        transaction.commit().await.unwrap();
        refused(&database, &[FIRST], "the table `songs` of another program").await;
        // Theirs can still be made into ours: nothing of ours is there.
        let mut transaction = database.begin().await.unwrap();
        transaction.run("DROP TABLE songs").await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(database.migrate(&[FIRST], &[FIRST]).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_apply_each_step_once() {
    for test in TestDatabase::both() {
        let servers: Vec<_> = (0..4)
            .map(|_| {
                let url = test.url().to_owned();
                tokio::spawn(async move {
                    let database = Database::open(&url, Options::default()).await?;
                    database.migrate(&[FIRST, SECOND], &[FIRST, SECOND]).await
                })
            })
            .collect();
        for server in servers {
            assert_eq!(server.await.unwrap().unwrap(), 2);
        }
        let database = Database::open(test.url(), Options::default()).await.unwrap();
        assert_eq!(rows(&database).await, 2);
    }
}
