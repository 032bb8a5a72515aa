//! What the first server decided holds for all.

use crate::support::migrated;
use makegood_sql::Error;
use makegood_store::installation::{Installation, keep_first, read};
use makegood_testkit::database::TestDatabase;

fn of(number: u8) -> Installation {
    Installation { livemode: number.is_multiple_of(2), secrets_check: [number; 32] }
}

#[tokio::test]
async fn the_first_of_many_is_kept() {
    for test in TestDatabase::both() {
        let (_test, database) = migrated(test).await;
        assert_eq!(read(&database).await.unwrap(), None);
        let servers: Vec<_> = (0..8)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move { keep_first(&database, &of(number)).await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for server in servers {
            answers.push(server.await.unwrap());
        }
        let kept = read(&database).await.unwrap().unwrap();
        assert!((0..8).map(of).any(|brought| brought == kept));
        assert_eq!(answers, vec![kept; 8]);
    }
}

#[tokio::test]
async fn a_check_of_another_length_is_corrupt() {
    for test in TestDatabase::both() {
        let (_test, database) = migrated(test).await;
        keep_first(&database, &of(1)).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        let short = vec![vec![1_u8; 31].into()];
        transaction.execute("UPDATE installation SET secrets_check = $1", short).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(matches!(read(&database).await, Err(Error::Corrupt { table: "installation", .. })));
    }
}
