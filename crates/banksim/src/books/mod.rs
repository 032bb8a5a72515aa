//! The bank's books: agreements, transfers, a double entry for everything that moved money, and what is still to be
//! told. Whatever is written is durable when the call returns.
//!
//! All that comes often is written by one clerk, in the order in which it came, as many calls in one transaction as
//! are waiting: one commit serves them all.

mod agreements;
mod changes;
mod clerk;
mod decide;
mod injected;
mod outbox;
mod posting;
mod reports;
mod schema;
mod transfer;
mod windows;
mod words;

use crate::{config::Config, problem::Problem, switches::Switches};
use clerk::Desk;
use makegood_base::{Clock, Timestamp};
use makegood_sql::{Database, Error, Fields, Kind, Options, Transaction};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::Notify;

pub use changes::Outcome;
pub(crate) use clerk::Delivery;
pub(crate) use decide::{Manner, Received};
pub use injected::{Injected, InjectedKind};
pub(crate) use outbox::{Message, Way};
pub use reports::{CallbackCounts, PoolEntries, PoolEntry};
pub(crate) use transfer::{Instruction, Recall, Shown, Transfer};
pub use words::{Direction, Status};

/// The account that the wallet's money is on.
const POOL: &str = "pool";
/// Where the opening balances come from.
const VAULT: &str = "vault";
/// A card that nobody has linked.
const STRANGER: &str = "card:stranger";

/// A word that is stored for a value.
trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(Self, &'static str)];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

/// What the clerk and those who read share.
struct Ledger {
    database: Database,
    clock: Arc<dyn Clock>,
    config: Config,
    switches: Arc<Switches>,
    /// When the next change is due, in microseconds; the end of time where none is.
    next_change: AtomicI64,
    /// Wakes whoever sends callbacks.
    written: Arc<Notify>,
}

/// The books, open.
pub(crate) struct Books {
    ledger: Arc<Ledger>,
    desk: Desk,
}

impl Books {
    /// Opens the books, or makes empty ones.
    pub(crate) async fn open(
        config: Config,
        clock: Arc<dyn Clock>,
        switches: Arc<Switches>,
    ) -> Result<Self, Error> {
        let database = Database::open(&config.database_url, Options::default()).await?;
        // With no history for PostgreSQL the bank would start without tables.
        if database.dialect() != makegood_sql::Dialect::Sqlite {
            return Err(Error::Misuse("the simulated bank keeps its books in SQLite".to_owned()));
        }
        database.migrate(schema::MIGRATIONS, &[]).await?;
        let ledger = Arc::new(Ledger {
            database,
            clock,
            config,
            switches,
            // Whatever is due from before is looked at first.
            next_change: AtomicI64::new(0),
            written: Arc::default(),
        });
        let desk = Desk::open(Arc::clone(&ledger));
        let books = Self { ledger, desk };
        books.load_windows().await?;
        Ok(books)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.ledger.config
    }

    pub(crate) fn switches(&self) -> &Switches {
        &self.ledger.switches
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ledger.clock.now()
    }

    /// Tells when something was written.
    pub(crate) fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.ledger.written)
    }

    pub(crate) async fn close(&self) {
        self.ledger.database.close().await;
    }

    /// The transfer as the bank shows it.
    pub(crate) fn shown(&self, transfer: &Transfer) -> Shown {
        transfer.shown(&self.ledger.config.bank)
    }

    /// Takes a transfer. A reference is executed at most once: the same instruction again finds the first one.
    pub(crate) async fn receive(
        &self,
        reference: String,
        instruction: Instruction,
    ) -> Result<Received, Problem> {
        self.desk.receive(reference, instruction).await
    }

    /// Asks for a transfer's money back. The same again has the same answer.
    pub(crate) async fn recall(&self, reference: String) -> Result<Recall, Problem> {
        self.desk.recall(reference).await
    }

    /// Writes what came of callbacks.
    pub(crate) async fn delivered(&self, delivery: Delivery) -> Result<(), Problem> {
        self.desk.delivered(delivery).await
    }

    /// Brings transfers that wait for good to an end: this one, or all. Returns how many.
    pub(crate) async fn resolve(&self, reference: Option<String>, outcome: Outcome) -> Result<u64, Problem> {
        self.desk.resolve(reference, outcome).await
    }

    /// Whether a change is due.
    pub(crate) fn is_change_due(&self) -> bool {
        self.ledger.next_change.load(Ordering::Relaxed) <= self.now().as_micros()
    }

    /// Does all changes that are due.
    pub(crate) async fn change_due(&self) -> Result<(), Problem> {
        while self.is_change_due() {
            self.desk.change_due().await?;
        }
        Ok(())
    }

    /// The transfer with this reference, as it stands now.
    pub(crate) async fn find(&self, reference: &str) -> Result<Transfer, Problem> {
        self.change_due().await?;
        let mut transaction = self.ledger.database.read().await?;
        let found = transfer::select(&mut transaction, reference).await?;
        transaction.rollback().await;
        found.ok_or(Problem::TransferNotFound)
    }
}

/// The next number of a counter, from 1.
async fn next_number(transaction: &mut Transaction, counter: &'static str) -> Result<i64, Error> {
    let text = "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value";
    let rows = transaction.query(text, vec![counter.into()], &[Kind::Integer]).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    Fields::new("counters", row).take()
}
