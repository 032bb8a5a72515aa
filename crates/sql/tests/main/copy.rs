//! A copy is what was committed when it was made, and nothing is in its way.

use crate::support::{MARKS, mark, marks, open};
use makegood_sql::{Database, Options, copy_sqlite};
use makegood_testkit::database::TestDatabase;

#[tokio::test]
async fn a_copy_has_what_was_committed_and_leaves_the_original_alone() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let mut transaction = database.begin().await.unwrap();
    transaction.insert(&MARKS, vec![mark(1), mark(2)]).await.unwrap();
    transaction.commit().await.unwrap();
    // Somebody is writing.
    let mut writing = database.begin().await.unwrap();
    writing.insert(&MARKS, vec![mark(3)]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    copy_sqlite(test.url(), &file).await.unwrap();
    writing.commit().await.unwrap();
    let copy = Database::open(&format!("sqlite:{}", file.display()), Options::default()).await.unwrap();
    let mut transaction = copy.begin().await.unwrap();
    transaction.insert(&MARKS, vec![mark(9)]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((marks(&copy).await, marks(&database).await), (vec![1, 2, 9], vec![1, 2, 3]));
    copy.close().await;
}

#[tokio::test]
async fn nothing_is_copied_over_or_made_up() {
    let test = TestDatabase::sqlite();
    let database = open(&test, Options::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let (taken, free) = (folder.path().join("taken.db"), folder.path().join("free.db"));
    std::fs::write(&taken, "somebody's").unwrap();
    assert!(copy_sqlite(test.url(), &taken).await.is_err());
    assert_eq!(std::fs::read(&taken).unwrap(), b"somebody's");
    let missing = format!("sqlite:{}", folder.path().join("missing.db").display());
    assert!(copy_sqlite(&missing, &free).await.is_err());
    assert!(copy_sqlite("postgres://localhost/makegood", &free).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    database.close().await;
}
