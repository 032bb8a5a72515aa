//! The wallet as a whole: what people do with it, from beginning to end, and proofs of what it promises.
//! Everything runs on SQLite and on PostgreSQL, with a real bank over HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

/// Makes a test for each database of functions that take one.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name(makegood_testkit::Db::Sqlite)).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                Box::pin(super::$name(makegood_testkit::Db::Postgres)).await;
            })+
        }
    };
}

mod flows;
mod proofs;
mod receiver;
mod scripted_bank;
