//! A caller that goes away at any point leaves no transaction behind in which a later write would drown.

use crate::support::{MARKS, mark, marks, open, poll_at_most};
use makegood_sql::{Database, Dialect, Error, Kind, Options};
use makegood_testkit::database::TestDatabase;

/// One connection for all, so that the one that was abandoned is the next that is lent.
fn one_writer() -> Options {
    Options { writers_max: 1, ..Options::default() }
}

async fn write(database: &Database, number: i64) -> Result<(), Error> {
    let mut transaction = database.begin().await?;
    transaction.insert(&MARKS, vec![mark(number)]).await?;
    let found = transaction.select(&MARKS, &[vec![number.into()]]).await?;
    assert_eq!(found.len(), 1);
    transaction.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_begin_loses_no_write() {
    for test in TestDatabase::both() {
        let database = open(&test, one_writer()).await;
        let mut expected = Vec::new();
        for round in 0..40_i64 {
            for polls in 1.. {
                let has_begun = poll_at_most(polls, database.begin()).await.is_some();
                let number = round * 100 + i64::from(polls);
                write(&database, number).await.unwrap();
                expected.push(number);
                if has_begun {
                    break;
                }
            }
        }
        assert_eq!(marks(&database).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_abandoned_anywhere_happens_wholly_or_not_and_harms_no_other() {
    for test in TestDatabase::both() {
        let database = open(&test, one_writer()).await;
        let (mut certain, mut abandoned) = (Vec::new(), 0);
        for round in 0..25 {
            for polls in 1.. {
                let number = round * 1_000 + polls * 2;
                let done = poll_at_most(polls, write(&database, i64::from(number))).await;
                write(&database, i64::from(number + 1)).await.unwrap();
                certain.push(i64::from(number + 1));
                if let Some(result) = done {
                    result.unwrap();
                    certain.push(i64::from(number));
                    break;
                }
                abandoned += 1;
            }
        }
        let found = marks(&database).await;
        let lost: Vec<_> = certain.iter().filter(|number| found.binary_search(number).is_err()).collect();
        assert!(lost.is_empty(), "{lost:?}");
        if database.dialect() == Dialect::Sqlite {
            assert_eq!(abandoned, 0, "a write on SQLite waits for nothing");
            continue;
        }
        assert!(abandoned >= 25, "the first poll of a write never ends it");
        assert!(found.len() < certain.len() + abandoned, "some were abandoned before they were committed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_dropped_is_rolled_back() {
    for test in TestDatabase::both() {
        let database = open(&test, one_writer()).await;
        for number in 0..20 {
            let mut transaction = database.begin().await.unwrap();
            transaction.insert(&MARKS, vec![mark(number)]).await.unwrap();
            drop(transaction);
        }
        assert_eq!(marks(&database).await, Vec::<i64>::new());
        write(&database, 1).await.unwrap();
        assert_eq!(marks(&database).await, vec![1]);
    }
}

#[test]
fn a_transaction_may_outlive_its_runtime() {
    for test in TestDatabase::both() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let transaction = runtime.block_on(async {
            let database = open(&test, one_writer()).await;
            let mut transaction = database.begin().await.unwrap();
            transaction.insert(&MARKS, vec![mark(1)]).await.unwrap();
            transaction
        });
        drop(transaction);
        drop(runtime);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = Database::open(test.url(), one_writer()).await.unwrap();
            assert_eq!(marks(&database).await, Vec::<i64>::new());
        });
    }
}

/// The control: the same with sqlx's own begin loses acknowledged writes, so that the test above can fail.
#[tokio::test(flavor = "multi_thread")]
async fn sqlx_alone_loses_writes() {
    let test = TestDatabase::postgres();
    let database = open(&test, one_writer()).await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect(test.url())
        .await
        .unwrap();
    let mut acknowledged = 0;
    for polls in 1.. {
        #[expect(clippy::disallowed_methods, reason = "what it does is shown here")]
        let has_begun = poll_at_most(polls, pool.begin()).await.is_some();
        let number = i64::from(polls);
        let written = sqlx::query("INSERT INTO marks (number, note) VALUES ($1, 'mark')").bind(number);
        written.execute(&pool).await.unwrap();
        acknowledged += 1;
        if has_begun {
            break;
        }
    }
    pool.close().await;
    let kept = marks(&database).await.len();
    assert!(kept < acknowledged, "{kept} of {acknowledged} are kept: sqlx may be mended, use it plainly");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_stays_in_a_transaction() {
    let test = TestDatabase::postgres();
    let database = open(&test, Options::default()).await;
    for polls in 1..30 {
        poll_at_most(polls % 3 + 1, write(&database, i64::from(polls))).await;
    }
    // Rolled back or closed by tasks that run by now or soon: this waits for them, for ten seconds at most.
    for _ in 0..1_000 {
        let mut transaction = database.read().await.unwrap();
        let text = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
                AND backend_type = 'client backend'";
        let open = transaction.query(text, vec![], &[Kind::Integer]).await.unwrap();
        transaction.rollback().await;
        if open[0][0] == 0.into() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a session is still in a transaction");
}
