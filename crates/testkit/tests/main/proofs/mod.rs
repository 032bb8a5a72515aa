//! Proofs of promises, on SQLite and PostgreSQL. Each prints one line with its figures, and each has a control: the
//! same look at something that breaks the promise, which must be caught.

mod amounts;
mod awaits;
mod bank_books;
mod bank_callbacks;
mod bank_late;
mod bank_silent;
mod bank_wrong;
mod broken_store;
mod cancellation;
mod clock_jumps;
mod faults;
mod halving;
mod keys;
mod late_return;
mod leases;
mod limits;
mod lost_commits;
mod proxy;
mod references;
mod restarts;
mod snapshots;
mod visibility;

use futures_util::future::join_all;
use makegood_app::{App, BankConfig, JobsConfig};
pub(crate) use makegood_testkit::proof::{figure, length, proved, trials, trials_between};
use makegood_testkit::snapshot::Watched;
use makegood_testkit::{Answer, Db};
use makegood_wallet::Command;
use std::sync::Arc;
use tokio::sync::Barrier;

/// The figures of a watch, after none of its snapshots violated anything.
pub(crate) fn clean(watched: &Watched) -> (&'static str, u64) {
    assert_eq!(watched.violations, Vec::<String>::new());
    ("snapshots", watched.snapshots)
}

/// Submits commands at the same moment, each from a task of its own, to the engines in turn.
pub(crate) async fn together(apps: &[App], commands: Vec<Command>) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(commands.len()));
    let start = |(app, command): (&App, Command)| {
        let (app, barrier) = (app.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            Answer::from(app.submit(command).await)
        })
    };
    let tasks: Vec<_> = apps.iter().cycle().zip(commands).map(start).collect();
    join_all(tasks).await.into_iter().map(|answer| answer.expect("a task ends")).collect()
}

/// The engines of this wallet's database: two on PostgreSQL. A SQLite file has one server.
pub(crate) async fn engines(db: Db, wallet: &makegood_testkit::TestWallet) -> Vec<App> {
    match db {
        Db::Sqlite => vec![wallet.app.clone()],
        Db::Postgres => {
            let bank = BankConfig {
                id: wallet.bank_id().to_owned(),
                name: "Simulated bank".to_owned(),
                url: wallet.bank().url(),
                secret: wallet.app.secrets().bank_secret.clone(),
                callback_secret: None,
                answer_timeout: wallet.app.settings().schedule.answer_timeout,
            };
            vec![wallet.app.clone(), wallet.another_app(vec![bank], JobsConfig::default()).await]
        }
    }
}
