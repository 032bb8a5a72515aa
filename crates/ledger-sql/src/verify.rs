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
    Head,
    replay::{Auditor, DIFFERENCES_LISTED_MAX, Difference, Report},
};
use makegood_sql::{Database, Error, Transaction};
use std::collections::BTreeMap;

/// Reads the whole ledger in one snapshot and compares it with what replaying its journal makes. Each
/// difference names table, key and column. A stored value that cannot be read ends the replay and is named
/// too. Memory grows with accounts, open and settled holds, and transfers that were returned against, not with
/// the journal.
pub async fn verify(database: &Database) -> Result<Report, Error> {
    let mut transaction = database.read().await?;
    let mut audit = Audit::default();
    let outcome = audit.run(&mut transaction).await;
    transaction.rollback().await;
    match outcome {
        Ok(head) => Ok(audit.finish(&head)),
        Err(Error::Corrupt { table, column, key }) => Ok(audit.stop(table, &column, key)),
        Err(error) => Err(error),
    }
}

#[derive(Default)]
struct Audit {
    auditor: Auditor,
    differences: Vec<Difference>,
    /// The status changes of each transaction that has some, by its id: where its leaf differs they are
    /// suspect.
    status_changes: BTreeMap<String, Vec<String>>,
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
        let mut journal = Journal::new(head);
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
            if !stored.statuses.is_empty() {
                let keys = stored.statuses.iter().map(|one| format!("{} {}", one.sequence, one.account));
                self.status_changes.insert(stored.row.id.to_string(), keys.collect());
            }
        }
        while let Some(batch) = batches.next(transaction).await? {
            self.checkpoint(&batch);
        }
        journal.finish(transaction, &mut self.differences).await
    }

    fn checkpoint(&mut self, batch: &BatchRow) {
        self.auditor.checkpoint(batch.id, batch.transactions, &batch.root);
    }

    fn finish(mut self, head: &Head) -> Report {
        let mut report = self.auditor.finish(head);
        for difference in &report.differences {
            if difference.table != "ledger_transactions" || difference.column != "leaf" {
                continue;
            }
            for key in self.status_changes.remove(&difference.key).unwrap_or_default() {
                self.differences.push(Difference {
                    table: "ledger_status_changes",
                    key,
                    column: "status",
                    stored: "there".to_owned(),
                    replayed: format!("the leaf of {} is of another content", difference.key),
                });
            }
        }
        add(&mut report, self.differences);
        report
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

fn add(report: &mut Report, differences: Vec<Difference>) {
    let found = u64::try_from(differences.len()).unwrap_or(u64::MAX);
    report.differences_found = report.differences_found.saturating_add(found);
    report.differences.extend(differences);
    report.differences.truncate(DIFFERENCES_LISTED_MAX);
}
