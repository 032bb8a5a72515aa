//! What the books say as a whole: the statement of a day, all entries, all balances, all transfers.

use super::{
    Books, Direction, Message, POOL, Transfer,
    transfer::{KINDS, SELECT_PAGE, parse},
};
use crate::problem::Problem;
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Kind, Value};
use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// One movement on the pool account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolEntry {
    /// Its number in the books: later ones have greater numbers.
    pub sequence: i64,
    /// The transfer's; null for the opening.
    pub reference: Option<String>,
    /// `opening`, `transfer`, `return`, or `taken_back`.
    pub kind: String,
    /// `in` is to the pool.
    pub direction: Direction,
    /// How much.
    pub amount: Money,
    /// When it was booked, by the bank's clock.
    pub booked_at: Timestamp,
}

/// Some of the movements on the pool account, in the order in which they were booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolEntries {
    /// The movements.
    pub data: Vec<PoolEntry>,
    /// The number of the last of them; none where there were none left.
    pub next_cursor: Option<i64>,
    /// How many transfers the bank will still change by itself: settle, execute, take back or return.
    pub changes_to_come: u64,
}

/// All balances, of customers together, and two checks of the books against themselves.
#[derive(Debug, Serialize)]
pub(crate) struct BooksReport {
    accounts: Vec<AccountReport>,
    /// The sum of all balances of a currency: zero.
    sums: Vec<Money>,
    /// How many accounts have another balance than their entries sum to: zero.
    differences: i64,
    entries: i64,
}

#[derive(Debug, Serialize)]
struct AccountReport {
    /// `pool`, `customers` or `vault`.
    account: String,
    balance: Money,
}

/// What became of the callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallbackCounts {
    /// They are still to be taken.
    pub pending: u64,
    /// They were taken, since the bank was started.
    pub delivered: u64,
    /// How often one was not taken, since the bank was started.
    pub not_taken: u64,
    /// How many forged ones were answered as if they were the bank's, since the bank was started: none, ever.
    pub forgeries_believed: u64,
}

/// Some of a list, in order, and where to go on.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) next_cursor: Option<i64>,
}

const STATEMENT: &str = "SELECT sequence, reference, kind, credit, currency, amount, booked_at FROM entries
    WHERE booked_at >= $1 AND booked_at < $2 AND (debit = $3 OR credit = $3) ORDER BY sequence";
const ENTRIES: &str = "SELECT sequence, reference, kind, credit, currency, amount, booked_at FROM entries
    WHERE sequence > $1 AND (debit = $3 OR credit = $3) ORDER BY sequence LIMIT $2";
const ENTRY_KINDS: &[Kind] =
    &[Kind::Integer, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Integer, Kind::Integer];
const CHANGES_TO_COME: &str = "SELECT COUNT(*) FROM transfers WHERE change IS NOT NULL";
const ACCOUNTS: &str = "SELECT CASE WHEN account LIKE 'card:%' THEN 'customers' ELSE account END AS name,
    currency, SUM(balance) FROM balances GROUP BY name, currency ORDER BY name, currency";
const SUMS: &str = "SELECT currency, SUM(balance) FROM balances GROUP BY currency ORDER BY currency";
const DIFFERENCES: &str = "SELECT COUNT(*) FROM balances WHERE balance !=
    (SELECT COALESCE(SUM(amount), 0) FROM entries
        WHERE credit = balances.account AND entries.currency = balances.currency) -
    (SELECT COALESCE(SUM(amount), 0) FROM entries
        WHERE debit = balances.account AND entries.currency = balances.currency)";

impl Books {
    /// The lines of the pool account that were booked in the 24 hours from `start`.
    pub(crate) async fn statement(&self, start: Timestamp) -> Result<Vec<PoolEntry>, Problem> {
        self.change_due().await?;
        let end = start.plus(Duration::from_secs(24 * 3_600));
        let mut transaction = self.ledger.database.read().await?;
        let arguments = vec![start.into(), end.into(), POOL.into()];
        let rows = transaction.query(STATEMENT, arguments, ENTRY_KINDS).await?;
        transaction.rollback().await;
        Ok(rows.into_iter().map(pool_entry).collect::<Result<_, _>>()?)
    }

    /// The movements on the pool account after a number, and how many transfers are still to change, in one snapshot.
    pub(crate) async fn pool_entries(&self, after: i64, limit: u32) -> Result<PoolEntries, Problem> {
        self.change_due().await?;
        let mut transaction = self.ledger.database.read().await?;
        let arguments = vec![after.into(), i64::from(limit).into(), POOL.into()];
        let rows = transaction.query(ENTRIES, arguments, ENTRY_KINDS).await?;
        let to_come = transaction.query(CHANGES_TO_COME, Vec::new(), &[Kind::Integer]).await?;
        transaction.rollback().await;
        let data = rows.into_iter().map(pool_entry).collect::<Result<Vec<_>, _>>()?;
        let next_cursor = data.last().map(|last| last.sequence);
        Ok(PoolEntries { data, next_cursor, changes_to_come: number(to_come)?.unsigned_abs() })
    }

    /// All balances in one snapshot.
    pub(crate) async fn report(&self) -> Result<BooksReport, Problem> {
        self.change_due().await?;
        let mut transaction = self.ledger.database.read().await?;
        let accounts =
            transaction.query(ACCOUNTS, Vec::new(), &[Kind::Text, Kind::Text, Kind::Integer]).await?;
        let sums = transaction.query(SUMS, Vec::new(), &[Kind::Text, Kind::Integer]).await?;
        let differences = transaction.query(DIFFERENCES, Vec::new(), &[Kind::Integer]).await?;
        let entries = transaction.query("SELECT COUNT(*) FROM entries", Vec::new(), &[Kind::Integer]).await?;
        transaction.rollback().await;
        Ok(BooksReport {
            accounts: accounts.into_iter().map(account_report).collect::<Result<_, _>>()?,
            sums: sums
                .into_iter()
                .map(|row| money(&mut Fields::new("balances", row)))
                .collect::<Result<_, _>>()?,
            differences: number(differences)?,
            entries: number(entries)?,
        })
    }

    /// Transfers in the order in which they came, after a cursor.
    pub(crate) async fn transfers(&self, after: i64, limit: u32) -> Result<Page, Problem> {
        self.change_due().await?;
        let mut transaction = self.ledger.database.read().await?;
        let arguments = vec![after.into(), i64::from(limit).into()];
        let rows = transaction.query(SELECT_PAGE, arguments, KINDS).await?;
        transaction.rollback().await;
        let transfers = rows.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let is_full = u32::try_from(transfers.len()).is_ok_and(|length| length == limit);
        let next_cursor = transfers.last().filter(|_| is_full).map(|last| last.sequence);
        Ok(Page { transfers, next_cursor })
    }

    /// The callbacks that are due, the first of them if there are many.
    pub(crate) async fn messages(&self, limit: usize) -> Result<Vec<Message>, Error> {
        self.ledger.messages(self.now(), i64::try_from(limit).unwrap_or(i64::MAX)).await
    }

    /// What became of the callbacks.
    pub(crate) async fn callback_counts(&self) -> Result<CallbackCounts, Error> {
        let mut transaction = self.ledger.database.read().await?;
        let pending = transaction.query("SELECT COUNT(*) FROM outbox", Vec::new(), &[Kind::Integer]).await?;
        transaction.rollback().await;
        let sent = &self.switches().sent;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(CallbackCounts {
            pending: number(pending)?.unsigned_abs(),
            delivered: read(&sent.delivered),
            not_taken: read(&sent.not_taken),
            forgeries_believed: read(&sent.forgeries_believed),
        })
    }
}

fn pool_entry(row: Vec<Value>) -> Result<PoolEntry, Error> {
    let mut fields = Fields::new("entries", row);
    let sequence = fields.take()?;
    let reference = fields.take()?;
    let kind = fields.take()?;
    let is_credit = fields.take::<String>()? == POOL;
    let direction = if is_credit { Direction::In } else { Direction::Out };
    let amount = money(&mut fields)?;
    let booked_at = fields.take()?;
    Ok(PoolEntry { sequence, reference, kind, direction, amount, booked_at })
}

fn account_report(row: Vec<Value>) -> Result<AccountReport, Error> {
    let mut fields = Fields::new("balances", row);
    let account = fields.take()?;
    Ok(AccountReport { account, balance: money(&mut fields)? })
}

/// A currency and an amount, which stand beside each other.
fn money(fields: &mut Fields) -> Result<Money, Error> {
    let currency: Currency = fields.take_as(|code: String| code.parse().ok())?;
    Ok(Money::new(fields.take()?, currency))
}

fn number(rows: Vec<Vec<Value>>) -> Result<i64, Error> {
    Fields::new("a count", rows.into_iter().next().unwrap_or_default()).take()
}
