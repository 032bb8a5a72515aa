//! `makegood bench`: how fast this machine is at what the wallet does, each figure beside a reference that ran
//! in the same run.
//!
//! Everything runs on scratch databases that are made and removed here. Rates are medians of interleaved runs,
//! and a ratio is the median of the pairs of a run, so that a machine that is slower for a while slows both.

mod callers;
mod child;
pub mod endpoint;
mod growth;
mod http;
mod ledger;
mod load;
mod memory;
mod people;
mod report;
mod scratch;

pub use report::Report;

use crate::output::note;
use makegood_base::{Clock, Entropy};
use scratch::Scratch;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
}

/// What is measured.
#[derive(Debug, Clone)]
pub struct BenchConfig {
    /// Where the scratch databases are made: on the disk that is to be measured.
    pub folder: PathBuf,
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
    /// Memory and disk.
    Memory,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How often everything is run, interleaved.
    pub(crate) runs: usize,
    /// The sizes of batches, each with how many of them are timed in one run.
    pub(crate) batches: &'static [(usize, usize)],
    /// The accounts that transfers are among.
    pub(crate) accounts: usize,
    /// How many payments over HTTP are one run.
    pub(crate) payments: usize,
    /// How many requests are one run of reads.
    pub(crate) reads: usize,
    /// How many payments the two histories have.
    pub(crate) histories: [usize; 2],
    /// After how many payments, and as many again, memory is looked at.
    pub(crate) memory_payments: usize,
    /// How long concurrent callers submit in one run.
    pub(crate) window: Duration,
}

const FULL: Size = Size {
    runs: 5,
    batches: &[(1, 400), (100, 100), (1_000, 40), (8_000, 20)],
    accounts: 10_000,
    payments: 10_000,
    reads: 5_000,
    histories: [100_000, 2_000_000],
    memory_payments: 50_000,
    window: Duration::from_secs(3),
};

const QUICK: Size = Size {
    runs: 3,
    batches: &[(1, 100), (100, 20), (1_000, 10), (8_000, 4)],
    accounts: 10_000,
    payments: 2_000,
    reads: 1_000,
    histories: [2_000, 20_000],
    memory_payments: 3_000,
    window: Duration::from_millis(700),
};

/// Runs all benchmarks, and tells on standard error what is under way.
pub async fn run(
    config: &BenchConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Report, BenchError> {
    let size = if config.quick { QUICK } else { FULL };
    run_sized(config, Tools { clock, entropy, size }).await
}

async fn run_sized(config: &BenchConfig, tools: Tools) -> Result<Report, BenchError> {
    let mut report = Report::of_this_machine(config.quick);
    let sqlite = Scratch::sqlite(&config.folder, &tools)?;
    run_on(&sqlite, &config.parts, &tools, &mut report).await?;
    Ok(report)
}

async fn run_on(
    scratch: &Scratch,
    parts: &[Part],
    tools: &Tools,
    report: &mut Report,
) -> Result<(), BenchError> {
    for part in parts {
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
            Part::Memory => report.memory = memory::measure(scratch, tools).await?,
        }
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

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_measures_what_was_asked_for_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = BenchConfig {
            folder: folder.path().to_owned(),
            quick: true,
            parts: vec![Part::Ledger, Part::Callers],
        };
        let size =
            Size { runs: 1, batches: &[(4, 2)], accounts: 8, window: Duration::from_millis(50), ..QUICK };
        let tools = Tools { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), size };
        let report = run_sized(&config, tools).await.unwrap();
        let among: Vec<_> = report.ledger.iter().map(|figure| (figure.batch, figure.accounts)).collect();
        assert_eq!(among, [(4, "random"), (4, "hot")]);
        let callers: Vec<_> = report.callers.iter().map(|figure| figure.callers).collect();
        assert_eq!(callers, [1, 32, 256]);
        let mut rates = report.ledger.iter().flat_map(|row| [row.per_s, row.bare_per_s, row.same_rows_per_s]);
        assert!(rates.all(|rate| rate > 0.0), "{report:?}");
        // On a busy machine a caller may not get its turn within so short a window.
        assert!(report.callers.iter().any(|figure| figure.per_s > 0.0), "{report:?}");
        assert!(report.http.is_empty() && report.growth.is_empty() && report.memory.is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
