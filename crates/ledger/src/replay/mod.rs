//! Replaying a stored journal from its beginning, to prove what is stored.
//!
//! An [`Auditor`] is told what is stored and applies every transaction again. In this order:
//!
//! 1. [`expect_account`](Auditor::expect_account) and [`expect_transfer`](Auditor::expect_transfer) for every
//!    stored account and transfer;
//! 2. [`transaction`](Auditor::transaction) for every stored transaction by sequence, and
//!    [`checkpoint`](Auditor::checkpoint) after each that was the last of a batch;
//! 3. [`hold`](Auditor::hold), [`mark`](Auditor::mark) and [`node`](Auditor::node) for every stored row;
//! 4. [`finish`](Auditor::finish) with the stored head.
//!
//! The journal is streamed. What stays in memory is one row per account, per hold, per transfer that was
//! returned against, and a small one per 32nd entry of an account and per 256 transactions. That ids of
//! transactions are unique is left to the store's primary key.

mod columns;

use crate::{
    Account, AccountId, AccountSpec, Book, Head, HoldRow, LegRow, MARK_EVERY, Mark, StatusChange,
    Transaction, TransactionId, TransactionRow, TransferRef, TransferRow,
    apply::attempt,
    id_map::IdMap,
    merkle::{Hash, TreeNode},
};
use columns::Columns;
use makegood_base::Timestamp;
use std::collections::BTreeMap;

/// How many differences a report lists; the others are only counted.
pub const DIFFERENCES_LISTED_MAX: usize = 1_000;

/// A stored transaction with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransaction {
    /// The transaction.
    pub row: TransactionRow,
    /// Its changes of status.
    pub statuses: Vec<StatusChange>,
    /// Its legs, in order.
    pub legs: Vec<LegRow>,
}

/// A value that is stored otherwise than the replay has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table, such as `ledger_accounts`.
    pub table: &'static str,
    /// The row's key, as text.
    pub key: String,
    /// The column, or `row` where a whole row is missing or too many, or `apply` where the ledger refuses what
    /// is stored.
    pub column: &'static str,
    /// What is stored.
    pub stored: String,
    /// What the replay has.
    pub replayed: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, key, column, stored, replayed } = self;
        write!(formatter, "{table} {key}: {column} is stored as {stored}, the journal makes it {replayed}")
    }
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many transactions were replayed.
    pub transactions: u64,
    /// How many legs they have.
    pub legs: u64,
    /// How many changes of status they have. The caller compares the three numbers with the tables' counts, to
    /// find rows that belong to no transaction.
    pub status_changes: u64,
    /// The first differences, at most [`DIFFERENCES_LISTED_MAX`].
    pub differences: Vec<Difference>,
    /// How many differences there are.
    pub differences_found: u64,
    /// The journal could not be replayed to its end: a transaction was refused or out of sequence. What was
    /// stored after it was not compared, and balances may differ for that reason alone.
    pub stopped: bool,
}

impl Report {
    /// Whether everything that is stored is as the journal makes it.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.differences_found == 0 && !self.stopped
    }
}

/// Compares what is stored with what replaying the journal makes.
#[derive(Debug)]
pub struct Auditor {
    book: Book,
    accounts: IdMap<AccountId, Account>,
    opens: BTreeMap<i64, Vec<AccountSpec>>,
    transfers: IdMap<TransferRef, TransferRow>,
    /// The transactions that have a leg in `transfers`.
    returned: IdMap<TransactionId, ()>,
    marks: IdMap<(AccountId, i64), (i64, Timestamp)>,
    nodes: BTreeMap<(u32, u64), Hash>,
    root_differs: bool,
    report: Report,
}

impl Default for Auditor {
    fn default() -> Self {
        Self::new()
    }
}

impl Auditor {
    /// An auditor who was told nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            book: Book::complete(Head::default()),
            accounts: IdMap::default(),
            opens: BTreeMap::new(),
            transfers: IdMap::default(),
            returned: IdMap::default(),
            marks: IdMap::default(),
            nodes: BTreeMap::new(),
            root_differs: false,
            report: Report::default(),
        }
    }

    /// Tells of a stored account. It is opened where it says, and compared at the end.
    pub fn expect_account(&mut self, stored: Account) {
        let spec = stored.spec();
        if spec.id() != stored.id {
            self.differ("ledger_accounts", stored.id, "id", &stored.id, &spec.id());
            return;
        }
        self.opens.entry(stored.opened_by).or_default().push(spec);
        self.accounts.insert(stored.id, stored);
    }

    /// Tells of a stored transfer that something was returned against. It is compared at the end.
    pub fn expect_transfer(&mut self, stored: TransferRow) {
        self.returned.insert(stored.transfer.transaction, ());
        self.transfers.insert(stored.transfer, stored);
    }

    /// Applies a stored transaction and compares its row and its legs.
    pub fn transaction(&mut self, stored: &StoredTransaction) {
        if self.report.stopped {
            return;
        }
        let row = &stored.row;
        let sequence = self.book.transactions_count.saturating_add(1);
        if row.sequence != sequence {
            self.differ("ledger_transactions", row.id, "sequence", &row.sequence, &sequence);
            self.report.stopped = true;
            return;
        }
        let transaction = Transaction {
            id: row.id,
            code: row.code,
            reference: row.reference,
            opens: self.opens.remove(&sequence).unwrap_or_default(),
            statuses: stored.statuses.iter().map(|change| (change.account, change.status)).collect(),
            legs: stored.legs.iter().map(|leg| leg.leg).collect(),
        };
        if let Err(refusal) = attempt(&mut self.book, &transaction, row.at) {
            let leg = refusal.leg.and_then(|leg| stored.legs.get(usize::from(leg)));
            match leg {
                Some(leg) => {
                    self.differ("ledger_legs", leg.position, "apply", &"posted", &refusal.rejection);
                }
                None => self.differ("ledger_transactions", row.id, "apply", &"posted", &refusal.rejection),
            }
            self.report.stopped = true;
            return;
        }
        self.compare_posted(stored);
        self.keep_posted(stored);
    }

    fn compare_posted(&mut self, stored: &StoredTransaction) {
        if let Some(replayed) = self.book.new_transactions().first().copied() {
            self.compare("ledger_transactions", stored.row.id, &stored.row, &replayed);
        }
        let unequal: Vec<(LegRow, LegRow)> = std::iter::zip(&stored.legs, self.book.new_legs())
            .filter(|(stored, replayed)| stored != replayed)
            .map(|(stored, replayed)| (*stored, *replayed))
            .collect();
        for (stored, replayed) in unequal {
            self.compare("ledger_legs", stored.position, &stored, &replayed);
        }
        let wrong = stored.statuses.iter().filter(|change| change.sequence != stored.row.sequence);
        for change in wrong {
            self.differ(
                "ledger_status_changes",
                change.account,
                "sequence",
                &change.sequence,
                &stored.row.sequence,
            );
        }
    }

    /// Keeps what later transactions and later comparisons need of a transaction.
    fn keep_posted(&mut self, stored: &StoredTransaction) {
        let mut returnable = Vec::new();
        for leg in self.book.new_legs() {
            for (account, entry) in [(leg.leg.debit, leg.debit_entry), (leg.leg.credit, leg.credit_entry)] {
                if entry.sequence.checked_rem(MARK_EVERY) == Some(0) {
                    self.marks.insert((account, entry.sequence), (leg.position, stored.row.at));
                }
            }
        }
        if self.returned.contains_key(&stored.row.id) {
            let expected = |leg: &&LegRow| self.transfers.contains_key(&leg.transfer);
            returnable =
                self.book.new_legs().iter().filter(expected).filter_map(LegRow::returnable).collect();
        }
        let nodes = &mut self.nodes;
        self.book.forget_journal(|node| {
            nodes.insert((node.level, node.index), node.hash);
        });
        returnable.into_iter().for_each(|transfer| self.book.put_transfer(transfer, None));
        let report = &mut self.report;
        report.transactions = report.transactions.saturating_add(1);
        report.legs = report.legs.saturating_add(u64::from(stored.row.legs));
        report.status_changes =
            report.status_changes.saturating_add(u64::try_from(stored.statuses.len()).unwrap_or(u64::MAX));
    }

    /// Compares the size and the root that a batch (named by `key`) stored, when the last transaction of the
    /// batch was replayed. After one that differs the later ones say nothing new and are not compared.
    pub fn checkpoint(&mut self, key: impl std::fmt::Display, transactions: i64, root: &Hash) {
        if self.report.stopped || self.root_differs {
            return;
        }
        let key = key.to_string();
        let head = self.book.head();
        if transactions != head.transactions {
            self.differ("ledger_batches", key.clone(), "transactions", &transactions, &head.transactions);
            self.root_differs = true;
        }
        if *root != head.log.root() {
            self.differ("ledger_batches", key, "root", &columns::hex(root), &columns::hex(&head.log.root()));
            self.root_differs = true;
        }
    }

    /// Compares a stored hold.
    pub fn hold(&mut self, stored: &HoldRow) {
        let key = columns::transfer(stored.hold);
        match self.book.remove_hold(&stored.hold) {
            Some(replayed) => self.compare("ledger_holds", key, stored, &replayed),
            None => self.differ("ledger_holds", key, "row", &"there", &"absent"),
        }
    }

    /// Compares a stored mark.
    pub fn mark(&mut self, stored: &Mark) {
        let key = columns::mark(stored.account, stored.sequence);
        match self.marks.remove(&(stored.account, stored.sequence)) {
            Some((position, at)) => {
                let replayed = Mark { position, at, ..*stored };
                self.compare("ledger_marks", key, stored, &replayed);
            }
            None => self.differ("ledger_marks", key, "row", &"there", &"absent"),
        }
    }

    /// Compares a stored node of the log.
    pub fn node(&mut self, stored: &TreeNode) {
        let key = columns::node(stored.level, stored.index);
        match self.nodes.remove(&(stored.level, stored.index)) {
            Some(hash) => self.compare("ledger_tree", key, stored, &TreeNode { hash, ..*stored }),
            None => self.differ("ledger_tree", key, "row", &"there", &"absent"),
        }
    }

    /// Compares accounts, transfers and the head, names what is not stored, and reports.
    #[must_use]
    pub fn finish(mut self, stored: &Head) -> Report {
        for account in std::mem::take(&mut self.accounts).into_values() {
            match self.book.remove_account(&account.id) {
                Some(replayed) => self.compare("ledger_accounts", account.id, &account, &replayed),
                None => self.differ(
                    "ledger_accounts",
                    account.id,
                    "opened_by",
                    &account.opened_by,
                    &"no transaction of that sequence",
                ),
            }
        }
        for transfer in std::mem::take(&mut self.transfers).into_values() {
            let key = columns::transfer(transfer.transfer);
            match self.book.remove_transfer(&transfer.transfer) {
                Some(replayed) => self.compare("ledger_transfers", key, &transfer, &replayed),
                None => {
                    self.differ("ledger_transfers", key, "row", &"there", &"no such leg to return against")
                }
            }
        }
        let holds: Vec<_> = self.book.holds().map(|hold| columns::transfer(hold.hold)).collect();
        let marks: Vec<_> =
            self.marks.keys().map(|(account, sequence)| columns::mark(*account, *sequence)).collect();
        let nodes: Vec<_> = self.nodes.keys().map(|(level, index)| columns::node(*level, *index)).collect();
        for (table, keys) in [("ledger_holds", holds), ("ledger_marks", marks), ("ledger_tree", nodes)] {
            keys.into_iter().for_each(|key| self.differ(table, key, "row", &"absent", &"there"));
        }
        let replayed = self.book.head();
        self.compare("ledger_head", "", stored, &replayed);
        self.report
    }

    /// Names each column in which two rows differ.
    fn compare<R: Columns + PartialEq>(
        &mut self,
        table: &'static str,
        key: impl std::fmt::Display,
        stored: &R,
        replayed: &R,
    ) {
        if stored == replayed {
            return;
        }
        let key = key.to_string();
        for ((column, stored), (_, replayed)) in stored.columns().into_iter().zip(replayed.columns()) {
            if stored != replayed {
                self.differ(table, &key, column, &stored, &replayed);
            }
        }
    }

    fn differ(
        &mut self,
        table: &'static str,
        key: impl std::fmt::Display,
        column: &'static str,
        stored: &dyn std::fmt::Display,
        replayed: &dyn std::fmt::Display,
    ) {
        self.report.differences_found = self.report.differences_found.saturating_add(1);
        if self.report.differences.len() < DIFFERENCES_LISTED_MAX {
            self.report.differences.push(Difference {
                table,
                key: key.to_string(),
                column,
                stored: stored.to_string(),
                replayed: replayed.to_string(),
            });
        }
    }
}
