//! "Prove it": the journal is replayed, and everything is compared with it.

use crate::verify::{self, VerifyError};
use makegood_sql::Database;
use serde::Serialize;
use std::time::Instant;

/// How many differences the page is told of.
pub(super) const SHOWN_MAX: usize = 8;

/// What `verify` found.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    /// Whether everything is as it has to be.
    clean: bool,
    /// How many transactions were replayed, and how many legs they have.
    transactions: u64,
    legs: u64,
    /// Rows of the wallet that were compared with them.
    compared: Vec<Compared>,
    /// The Merkle root over the journal, and over how many transactions.
    root: String,
    root_over: i64,
    took_ms: u128,
    /// The first differences.
    differences: Vec<String>,
}

/// How many rows of a kind were compared.
#[derive(Debug, Serialize)]
struct Compared {
    what: &'static str,
    count: u64,
}

/// Verifies the books of a server that runs. The root is read afterwards, and says itself over how much it is.
pub(super) async fn prove(database: &Database) -> Result<Proof, VerifyError> {
    let started = Instant::now();
    let report = verify::verify(database).await?;
    let took_ms = started.elapsed().as_millis();
    let mut transaction = database.read().await?;
    let head = makegood_ledger_sql::read_head(&mut transaction).await?;
    transaction.rollback().await;
    let compared = report.compared.iter().filter(|(_, count)| *count > 0);
    let ledger = report.ledger.differences.iter().map(ToString::to_string);
    Ok(Proof {
        clean: report.is_clean(),
        transactions: report.ledger.transactions,
        legs: report.ledger.legs,
        compared: compared.map(|(what, count)| Compared { what, count: *count }).collect(),
        root: hex(&head.log.root()),
        root_over: head.transactions,
        took_ms,
        differences: ledger.chain(report.differences.iter().cloned()).take(SHOWN_MAX).collect(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
