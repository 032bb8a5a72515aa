//! Proofs of promises, on SQLite and PostgreSQL. Each prints one line with its figures, and each has a control: the
//! same look at something that breaks the promise, which must be caught.

mod amounts;
mod broken_store;
mod cancellation;
mod faults;
mod halving;
mod keys;
mod limits;
mod references;
mod snapshots;
mod visibility;

use futures_util::future::join_all;
use makegood_app::{App, JobsConfig};
use makegood_testkit::snapshot::Watched;
use makegood_testkit::{Answer, Db};
use makegood_wallet::Command;
use std::sync::Arc;
use tokio::sync::Barrier;

/// How many trials of a promise whose full count this is. `MAKEGOOD_PROOF_SCALE` is in tenths of the full count:
/// 1 where nothing is said, 10 for the published figures.
pub(crate) fn trials(full: u64) -> u64 {
    let scale = std::env::var("MAKEGOOD_PROOF_SCALE").ok().and_then(|text| text.parse().ok());
    (full * scale.unwrap_or(1) / 10).max(1)
}

/// Prints the line of a proof: its figures, and that its control was caught.
///
/// # Panics
/// When the control was not caught: then the proof proves nothing.
pub(crate) fn proved(promise: &str, on: &str, figures: &[(&str, u64)], control_caught: bool) {
    let figures: Vec<String> = figures.iter().map(|(name, figure)| format!("{name}={figure}")).collect();
    assert!(control_caught, "{promise} on {on}: the control was not caught");
    println!("PROOF {promise} {on} {} control=caught", figures.join(" "));
}

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
        Db::Postgres => vec![wallet.app.clone(), wallet.another_app(Vec::new(), JobsConfig::default()).await],
    }
}

/// A number of trials as a length.
pub(crate) fn length(number: u64) -> usize {
    number.try_into().unwrap()
}

/// A length as a figure.
pub(crate) fn figure(length: usize) -> u64 {
    length.try_into().unwrap()
}
