//! `makegood verify`: proves the books. The journal is replayed and compared with every balance, and what the wallet
//! says of money (payments, orders, refunds, top-ups, transfers, withdrawals, payouts, settlements) is compared with the ledger: that it moved, how much,
//! and whose it was. Names, texts, times, cards and keys are compared with nothing.
//!
//! It only reads, each comparison in one snapshot, and so it works while servers run.

mod outgoing;
mod owners;
mod pool;
mod projections;
mod timers;
mod transfers;

use crate::output::counted;
use makegood_ledger::replay;
use makegood_sql::{Database, Error, Options};
use makegood_store::migrations;

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such database.
    #[error("there is no database {0}: verify makes none")]
    Missing(String),
    /// The database cannot be read, or has another schema than this program.
    #[error("the database cannot be read: {0}")]
    Database(#[from] Error),
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The replay of the journal.
    pub ledger: replay::Report,
    /// Rows of the wallet that were compared, by what they are.
    pub compared: Vec<(&'static str, u64)>,
    /// Where the wallet's books do not balance, or its rows differ from the ledger.
    pub differences: Vec<String>,
}

impl Report {
    /// Whether everything is as it has to be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.ledger.is_clean() && self.differences.is_empty()
    }

    /// The report, line by line; the last one is `ok` or counts the differences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let replay::Report { transactions, legs, differences, differences_found, stopped, .. } = &self.ledger;
        let (transactions, legs) = (counted(*transactions, "transaction"), counted(*legs, "leg"));
        let mut lines = vec![format!("journal: {transactions} with {legs} replayed")];
        let compared: Vec<_> = self.compared.iter().map(|(what, count)| counted(*count, what)).collect();
        if !compared.is_empty() {
            lines.push(format!("wallet: {} compared with it", compared.join(", ")));
        }
        lines.extend(differences.iter().map(|difference| format!("difference: {difference}")));
        lines.extend(self.differences.iter().map(|difference| format!("difference: {difference}")));
        if *stopped {
            lines.push(
                "the journal could not be replayed to its end: what follows was not compared".to_owned(),
            );
        }
        let wallet = u64::try_from(self.differences.len()).unwrap_or(u64::MAX);
        lines.push(match differences_found.saturating_add(wallet) {
            0 if self.is_clean() => "ok".to_owned(),
            found => format!("NOT OK: {}", counted(found, "difference")),
        });
        lines
    }
}

/// Verifies the database at this URL. Makes nothing, changes nothing.
pub async fn verify_url(url: &str) -> Result<Report, VerifyError> {
    if makegood_sql::sqlite_file(url)?.is_some_and(|file| !file.exists()) {
        return Err(VerifyError::Missing(url.to_owned()));
    }
    let database = Database::open(url, Options::default()).await?;
    let report = verify(&database).await;
    database.close().await;
    report
}

/// Verifies a database whose schema is this program's. Its three parts are read side by side, for the wallet's rows
/// take longer to compare than the journal to replay.
pub async fn verify(database: &Database) -> Result<Report, VerifyError> {
    migrations::check(database).await?;
    let journal = database.clone();
    let replay = tokio::spawn(async move { makegood_ledger_sql::verify(&journal).await });
    let beside = database.clone();
    let others = tokio::spawn(async move { check_others(&beside).await });
    let mut report = Report::default();
    let of_wallet = check_wallet(database, &mut report).await;
    // All three have ended before the first failure is told, so that the database can be closed then.
    let (others, replay) = (others.await.map_err(lost)?, replay.await.map_err(lost)?);
    of_wallet?;
    report.differences.extend(others?);
    report.ledger = replay?;
    Ok(report)
}

async fn check_wallet(database: &Database, report: &mut Report) -> Result<(), Error> {
    let mut transaction = database.read().await?;
    let outcome = pool::check(&mut transaction, report).await;
    transaction.rollback().await;
    projections::not_compared("the books of the pool balance", outcome, &mut report.differences)?;
    projections::count(database, report).await?;
    projections::compare(database, projections::CHECKS, &mut report.differences).await?;
    projections::compare(database, outgoing::CHECKS, &mut report.differences).await
}

async fn check_others(database: &Database) -> Result<Vec<String>, Error> {
    let mut differences = Vec::new();
    for checks in [owners::CHECKS, transfers::CHECKS, timers::CHECKS] {
        projections::compare(database, checks, &mut differences).await?;
    }
    Ok(differences)
}

fn lost(error: tokio::task::JoinError) -> Error {
    Error::Misuse(error.to_string())
}
