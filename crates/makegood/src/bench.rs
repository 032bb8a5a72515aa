//! `makegood bench`: how fast this machine is at what the wallet does, each figure beside a reference that ran
//! in the same run.
//!
//! Everything runs on scratch databases that are made and removed here: on SQLite always, and on PostgreSQL where a
//! server is named. Rates are medians of interleaved runs, and a ratio is the median of the pairs of a run, so that
//! a machine that is slower for a while slows both. `docs/performance.md` says what each figure means.

mod banks;
mod callers;
mod child;
pub mod endpoint;
mod growth;
mod http;
mod ledger;
mod load;
mod memory;
mod peak;
mod people;
mod per_transaction;
mod report;
mod scratch;
mod size;

pub use report::Report;
pub use size::{Size, Transfers};

use crate::output::note;
use makegood_base::{Clock, Entropy};
use makegood_sql::Dialect;
use scratch::Scratch;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::signal::unix::{SignalKind, signal};

/// Why a benchmark ended early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The scratch folder cannot be used.
    #[error("the scratch folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    /// A database failed.
    #[error("the database failed: {0}")]
    Database(#[from] makegood_sql::Error),
    /// Something was answered otherwise than it had to be, so that there is nothing to measure.
    #[error("{0}")]
    Unexpected(String),
    /// It was told to stop. What it made is removed.
    #[error("stopped before the end")]
    Interrupted,
}

/// What is measured.
#[derive(Debug, Clone)]
pub struct BenchConfig {
    /// Where the scratch databases are made: on the disk that is to be measured.
    pub folder: PathBuf,
    /// The PostgreSQL server to measure too, as the URL of one of its databases, which stays as it is. The user may
    /// create databases.
    pub postgres_url: Option<String>,
    /// Fewer and shorter runs.
    pub quick: bool,
    /// Which parts, in this order.
    pub parts: Vec<Part>,
}

/// A part of the benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Transfers in batches through the ledger.
    Ledger,
    /// Transfers of concurrent callers through the engine.
    Callers,
    /// Payments over HTTP.
    Http,
    /// Cost by the length of history.
    Growth,
    /// Memory and disk, on SQLite.
    Memory,
    /// Cost of transfers at banks, by how many there are.
    Banks,
    /// Payments while banks are at their peak.
    Peak,
}

/// Runs all benchmarks, and tells on standard error what is under way.
pub async fn run(
    config: &BenchConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Report, BenchError> {
    let size = if config.quick { Size::QUICK } else { Size::FULL };
    run_sized(config, Tools { clock, entropy, size }).await
}

async fn run_sized(config: &BenchConfig, tools: Tools) -> Result<Report, BenchError> {
    let mut report = Report::of_this_machine(config.quick, tools.size);
    let mut places = vec![Scratch::sqlite(&config.folder, &tools)?];
    if let Some(url) = &config.postgres_url {
        places.push(Scratch::postgres(&config.folder, &tools, url)?);
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    note(&format!("scratch databases are made in {}", config.folder.display()));
    for scratch in &places {
        // A server that is not there is told before anything is measured.
        scratch.check().await?;
    }
    for scratch in &places {
        let outcome = tokio::select! {
            outcome = run_on(scratch, &config.parts, &tools, &mut report) => outcome,
            _ = terminate.recv() => Err(BenchError::Interrupted),
            _ = interrupt.recv() => Err(BenchError::Interrupted),
        };
        scratch.clear().await;
        outcome?;
    }
    Ok(report)
}

async fn run_on(
    scratch: &Scratch,
    parts: &[Part],
    tools: &Tools,
    report: &mut Report,
) -> Result<(), BenchError> {
    for part in parts {
        let began = Instant::now();
        note(&format!("{}: {part:?}", scratch.name()).to_lowercase());
        match part {
            Part::Ledger => report.ledger.extend(ledger::measure(scratch, tools).await?),
            Part::Callers => report.callers.extend(callers::measure(scratch, tools).await?),
            Part::Http => report.http.extend(http::measure(scratch, tools).await?),
            Part::Growth => {
                let (growth, verify) = growth::measure(scratch, tools).await?;
                report.growth.extend(growth);
                report.verify.push(verify);
            }
            Part::Memory if scratch.dialect() == Dialect::Sqlite => {
                report.memory = memory::measure(scratch, tools).await?;
            }
            Part::Memory => {}
            Part::Banks => report.banks.extend(banks::measure(scratch, tools).await?),
            Part::Peak => report.peak.extend(peak::measure(scratch, tools).await?),
        }
        scratch.clear().await;
        let took = began.elapsed().as_secs_f64();
        note(&format!("{}: {part:?} took {took:.1} s", scratch.name()).to_lowercase());
    }
    Ok(())
}

/// What every benchmark works with.
pub(crate) struct Tools {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) size: Size,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemClock, SystemEntropy};
    use makegood_sql::{Database, Options};
    use makegood_testkit::database::TestDatabase;

    const SMALL: Size = Size {
        runs: 1,
        batches: &[(4, 2)],
        warm_up_batches: 1,
        accounts: 8,
        window_ms: 50,
        payments: 16,
        reads: 16,
        histories: [8, 16],
        memory_payments: 8,
        transfers: [Transfers { past: 4, open: 4 }, Transfers { past: 16, open: 16 }],
        transfers_postgres: [Transfers { past: 3, open: 4 }, Transfers { past: 12, open: 16 }],
        rounds: 2,
        behind: 2,
        peak_payments: 8,
        peak_waiting: 4,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_measures_what_was_asked_for_on_both_databases_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let named = TestDatabase::postgres();
        let config = BenchConfig {
            folder: folder.path().to_owned(),
            postgres_url: Some(named.url().to_owned()),
            quick: true,
            parts: vec![Part::Ledger, Part::Callers, Part::Banks],
        };
        let tools = Tools { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), size: SMALL };
        let report = run_sized(&config, tools).await.unwrap();
        let found: Vec<_> = report.ledger.iter().map(|row| (row.database, row.batch, row.accounts)).collect();
        let of = |database| [(database, 4, "random"), (database, 4, "hot")];
        assert_eq!(found, [of("sqlite"), of("postgres")].concat());
        let callers: Vec<_> = report.callers.iter().map(|figure| figure.callers).collect();
        assert_eq!(callers, [1, 32, 256, 1, 32, 256]);
        let mut rates = report.ledger.iter().flat_map(|row| [row.per_s, row.bare_per_s, row.same_rows_per_s]);
        assert!(rates.all(|rate| rate > 0.0), "{report:?}");
        // On a busy machine a caller may not get its turn within so short a window.
        assert!(report.callers.iter().any(|figure| figure.per_s > 0.0), "{report:?}");
        let banks: Vec<_> = report.banks.iter().map(|row| (row.database, row.past, row.open)).collect();
        let expected = [("sqlite", 4, 4), ("sqlite", 16, 16), ("postgres", 3, 4), ("postgres", 12, 16)];
        assert_eq!(banks, expected);
        for figure in &report.banks {
            let [enquiry, pass, trace] = [&figure.enquiry, &figure.pass, &figure.trace];
            let costs = [enquiry, pass, trace, &figure.read, &figure.idle, &figure.behind];
            assert!(costs.iter().all(|costs| costs.ms > 0.0 && costs.ratio > 0.0), "{figure:?}");
        }
        assert!(report.http.is_empty() && report.growth.is_empty() && report.memory.is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_cleared_is_gone_also_while_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let named = TestDatabase::postgres();
        let tools = Tools { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), size: SMALL };
        let scratch = Scratch::postgres(folder.path(), &tools, named.url()).unwrap();
        let place = scratch.new_place().await.unwrap();
        let empty = scratch.new_empty(Options::default()).await.unwrap();
        let url = place.database_url().unwrap();
        Database::open(url, Options::default()).await.unwrap();
        scratch.clear().await;
        assert!(Database::open(url, Options::default()).await.is_err());
        assert!(empty.begin().await.is_err());
        Database::open(named.url(), Options::default()).await.unwrap();
        scratch.clear().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_reference_pays_each_order_once() {
        let folder = tempfile::tempdir().unwrap();
        let named = TestDatabase::postgres();
        let tools = Tools { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), size: SMALL };
        let scratch = Scratch::postgres(folder.path(), &tools, named.url()).unwrap();
        let mut reference = per_transaction::Reference::open(&scratch, &tools, 4, 40).await.unwrap();
        for _ in 0..2 {
            assert!(reference.run(8, 20).await.unwrap() > 0.0);
        }
        scratch.clear().await;
    }
}
