//! Proves what is stored: the journal is replayed from its beginning and all that it makes is compared.

use crate::{
    head::read_head,
    journal::Journal,
    pages::Pages,
    rows::{to_account, to_batch_by_transactions, to_hold, to_mark, to_node, to_transfer},
    tables::{ACCOUNTS, BATCHES_BY_TRANSACTIONS, HOLDS, MARKS, TABLES, TRANSFERS, TREE},
    write::BatchRow,
};
use makegood_ledger::{
    AccountId, Head, TransactionId,
    replay::{Auditor, DIFFERENCES_LISTED_MAX, Difference, Report},
};
use makegood_sql::{Database, Error, Fields, Kind, Transaction};

/// Reads the whole ledger in one snapshot and compares it with what replaying its journal makes. Each
/// difference names table, key and column; where the hash of a transaction differs, all rows that it was made
/// from are named. A stored value that cannot be read ends the replay and is named
/// too. Memory grows with accounts, open and settled holds, and transfers that were returned against, and slowly
/// with the journal: the [`Auditor`] keeps a mark for each 32nd entry of an account, and a node for each 256
/// transactions.
pub async fn verify(database: &Database) -> Result<Report, Error> {
    let mut transaction = database.read().await?;
    let outcome = audit(&mut transaction).await;
    transaction.rollback().await;
    outcome
}

async fn audit(transaction: &mut Transaction) -> Result<Report, Error> {
    let mut audit = Audit::default();
    match audit.run(transaction).await {
        Ok(head) => {
            let mut report = audit.auditor.finish(&head);
            audit.differences.extend(suspects(transaction, &report).await?);
            add(&mut report, audit.differences);
            Ok(report)
        }
        Err(Error::Corrupt { table, column, key }) => Ok(audit.stop(table, &column, key)),
        Err(error) => Err(error),
    }
}

#[derive(Default)]
struct Audit {
    auditor: Auditor,
    differences: Vec<Difference>,
    /// The size of the log after the last batch that is stored.
    last_batch: i64,
}

impl Audit {
    async fn run(&mut self, transaction: &mut Transaction) -> Result<Head, Error> {
        let head = read_head(transaction).await?;
        let mut accounts = Pages::new(&ACCOUNTS, to_account);
        while let Some(account) = accounts.next(transaction).await? {
            self.auditor.expect_account(account);
        }
        let mut transfers = Pages::new(&TRANSFERS, to_transfer);
        while let Some(transfer) = transfers.next(transaction).await? {
            self.auditor.expect_transfer(transfer);
        }
        self.replay(transaction, &head).await?;
        let mut holds = Pages::new(&HOLDS, to_hold);
        while let Some(hold) = holds.next(transaction).await? {
            self.auditor.hold(&hold);
        }
        let mut marks = Pages::new(&MARKS, to_mark);
        while let Some(mark) = marks.next(transaction).await? {
            self.auditor.mark(&mark);
        }
        let mut nodes = Pages::new(&TREE, to_node);
        while let Some(node) = nodes.next(transaction).await? {
            self.auditor.node(&node);
        }
        Ok(head)
    }

    async fn replay(&mut self, transaction: &mut Transaction, head: &Head) -> Result<(), Error> {
        let mut journal = Journal::new(head.clone());
        let mut batches = Pages::new(&BATCHES_BY_TRANSACTIONS, to_batch_by_transactions);
        let mut replayed = 0;
        loop {
            while let Some(batch) =
                batches.next_if(transaction, |batch| batch.transactions <= replayed).await?
            {
                self.checkpoint(&batch);
            }
            let Some(stored) = journal.next(transaction, &mut self.differences).await? else { break };
            self.auditor.transaction(&stored);
            replayed = stored.row.sequence;
        }
        while let Some(batch) = batches.next(transaction).await? {
            self.checkpoint(&batch);
        }
        self.check_last_batch(head);
        journal.finish(transaction, &mut self.differences).await
    }

    fn checkpoint(&mut self, batch: &BatchRow) {
        self.auditor.checkpoint(batch.id, batch.transactions, &batch.root);
        self.last_batch = batch.transactions;
    }

    /// Each commit leaves a batch behind, so that the last one is as long as the journal. One that is missing before
    /// it is not noticed: nothing says where a batch ended but its own row.
    fn check_last_batch(&mut self, head: &Head) {
        if self.last_batch < head.transactions {
            self.differences.push(Difference {
                table: "ledger_batches",
                key: "the last".to_owned(),
                column: "transactions",
                stored: self.last_batch.to_string(),
                replayed: head.transactions.to_string(),
            });
        }
    }

    /// A value could not be read, so that there is no replay to compare with.
    fn stop(mut self, table: &'static str, column: &str, key: String) -> Report {
        let columns = TABLES.iter().filter(|one| one.name == table).flat_map(|one| one.columns);
        let column = columns.map(|one| one.name).find(|name| *name == column).unwrap_or("row");
        let stored = "something that does not parse".to_owned();
        let replayed = "readable".to_owned();
        self.differences.push(Difference { table, key, column, stored, replayed });
        let mut report = Report { stopped: true, ..Report::default() };
        add(&mut report, self.differences);
        report
    }
}

/// A leaf is a hash of the transaction with its legs, the accounts that it opened and the statuses that it
/// set: where one differs, or the whole is refused, the fault is in one of these rows.
pub(crate) const SUSPECT_LEGS: &str = "SELECT leg.position FROM ledger_transactions AS posted
    JOIN ledger_legs AS leg
        ON leg.position >= posted.first_position AND leg.position < posted.first_position + posted.legs
    WHERE posted.id = $1 ORDER BY leg.position";
pub(crate) const SUSPECT_ACCOUNTS: &str = "SELECT account.id FROM ledger_transactions AS posted
    JOIN ledger_accounts AS account ON account.opened_by = posted.sequence
    WHERE posted.id = $1 ORDER BY account.id";
pub(crate) const SUSPECT_STATUSES: &str = "SELECT change.sequence, change.account
    FROM ledger_transactions AS posted JOIN ledger_status_changes AS change ON change.sequence = posted.sequence
    WHERE posted.id = $1 ORDER BY change.account";
/// After so many transactions that differ, the others are left to whoever repairs these.
const SUSPECTS_MAX: usize = 20;

/// The rows that a transaction is made from that differs as a whole.
async fn suspects(transaction: &mut Transaction, report: &Report) -> Result<Vec<Difference>, Error> {
    let mut differences = Vec::new();
    let is_whole =
        |one: &&Difference| one.table == "ledger_transactions" && matches!(one.column, "leaf" | "apply");
    for whole in report.differences.iter().filter(is_whole).take(SUSPECTS_MAX) {
        let Ok(id) = whole.key.parse::<TransactionId>() else { continue };
        let mut suspect = |table: &'static str, key: String| {
            let replayed = format!("{id} was posted with another row");
            differences.push(Difference { table, key, column: "row", stored: "there".to_owned(), replayed });
        };
        let id = || vec![id.raw().into()];
        for row in transaction.query(SUSPECT_LEGS, id(), &[Kind::Integer]).await? {
            suspect("ledger_legs", Fields::new("ledger_legs", row).take::<i64>()?.to_string());
        }
        for row in transaction.query(SUSPECT_ACCOUNTS, id(), &[Kind::Id]).await? {
            let account = AccountId::from_raw(Fields::new("ledger_accounts", row).take()?);
            suspect("ledger_accounts", account.to_string());
        }
        for row in transaction.query(SUSPECT_STATUSES, id(), &[Kind::Integer, Kind::Id]).await? {
            let mut fields = Fields::new("ledger_status_changes", row);
            let (sequence, account) = (fields.take::<i64>()?, AccountId::from_raw(fields.take()?));
            suspect("ledger_status_changes", format!("{sequence} {account}"));
        }
    }
    Ok(differences)
}

fn add(report: &mut Report, differences: Vec<Difference>) {
    let found = u64::try_from(differences.len()).unwrap_or(u64::MAX);
    report.differences_found = report.differences_found.saturating_add(found);
    report.differences.extend(differences);
    report.differences.truncate(DIFFERENCES_LISTED_MAX);
}
