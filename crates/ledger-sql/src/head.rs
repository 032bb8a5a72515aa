//! The one row that says where the journal ends. Whoever writes holds its lock, so that batches commit one
//! after the other.

use crate::rows::narrow;
use makegood_ledger::{Head, merkle::LogFrontier};
use makegood_sql::{Dialect, Error, Fields, Kind, Transaction};

pub(crate) const READ: &str = "SELECT transactions, positions, log FROM ledger_head WHERE id = 1";
/// SQLite has no row locks and needs none: a write transaction is the only one.
const LOCK_POSTGRES: &str = "SELECT transactions, positions, log FROM ledger_head WHERE id = 1 FOR UPDATE";
pub(crate) const UPDATE: &str = "UPDATE ledger_head SET transactions = $1, positions = $2, log = $3
    WHERE id = 1 AND transactions = $4 AND positions = $5";

pub(crate) const fn lock_text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => READ,
        Dialect::Postgres => LOCK_POSTGRES,
    }
}

/// Where the journal ends, in a write transaction that nothing was read in before: no other can write the
/// ledger until this one ends, and what is read after this is what the last one committed.
pub async fn lock_head(transaction: &mut Transaction) -> Result<Head, Error> {
    let text = lock_text(transaction.dialect());
    get(transaction, text).await
}

/// Where the journal ends, as a read transaction sees it.
pub async fn read_head(transaction: &mut Transaction) -> Result<Head, Error> {
    get(transaction, READ).await
}

async fn get(transaction: &mut Transaction, text: &'static str) -> Result<Head, Error> {
    let kinds = &[Kind::Integer, Kind::Integer, Kind::Bytes];
    let row = transaction.query(text, Vec::new(), kinds).await?.pop();
    let mut fields = Fields::new("ledger_head", row.unwrap_or_default());
    let (transactions, positions) = (fields.take()?, fields.take()?);
    let log = fields.take_as(|bytes: Vec<u8>| LogFrontier::from_bytes(&bytes).ok())?;
    // A log of another size than the journal would make roots that nobody can check.
    if narrow(transactions) != Some(log.size()) {
        return Err(fields.refuse());
    }
    Ok(Head { transactions, positions, log })
}

/// Writes where the journal ends now, if it still ended at `before` (transactions, positions).
pub(crate) async fn update(
    transaction: &mut Transaction,
    head: &Head,
    before: (i64, i64),
) -> Result<(), Error> {
    let arguments = vec![
        head.transactions.into(),
        head.positions.into(),
        head.log.to_bytes().into(),
        before.0.into(),
        before.1.into(),
    ];
    match transaction.execute(UPDATE, arguments).await? {
        1 => Ok(()),
        found => Err(Error::Contended { table: "ledger_head", operation: "update", expected: 1, found }),
    }
}
