//! Where a server keeps its books, through many lives of it.

use crate::process::{Service, makegood, run, said};
use makegood::sqlite_url;
use makegood_sql::{Database, Options};
use makegood_testkit::Db;
use makegood_testkit::database::TestDatabase;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A data folder, a database, and the log of all servers that were there.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    /// What is not in the folder: a database of the private PostgreSQL.
    postgres: Option<TestDatabase>,
    /// Elsewhere: a full disk shall not keep a server from saying so.
    own: TempDir,
}

/// Takes the newest payment out of the books: its entries, its transaction, itself.
const LOSE_THE_NEWEST_PAYMENT: &[&str] = &[
    "DELETE FROM ledger_legs WHERE transaction_sequence = (SELECT sequence FROM ledger_transactions
        WHERE reference = (SELECT id FROM payments ORDER BY id DESC LIMIT 1))",
    "DELETE FROM ledger_transactions WHERE reference = (SELECT id FROM payments ORDER BY id DESC LIMIT 1)",
    "DELETE FROM payments WHERE id = (SELECT id FROM payments ORDER BY id DESC LIMIT 1)",
];

impl Place {
    /// An empty one on this database.
    pub(crate) fn new(db: Db) -> Self {
        let own = tempfile::tempdir().unwrap();
        let postgres = (db == Db::Postgres).then(TestDatabase::postgres);
        Self { folder: own.path().join("data"), postgres, own }
    }

    /// On SQLite, in a folder that somebody else has made.
    pub(crate) fn within(folder: &Path) -> Self {
        Self { folder: folder.join("data"), postgres: None, own: tempfile::tempdir().unwrap() }
    }

    fn arguments(&self) -> Vec<&str> {
        match &self.postgres {
            Some(database) => vec!["--database-url", database.url(), "--test-mode"],
            None => Vec::new(),
        }
    }

    /// Starts a server here.
    pub(crate) fn start(&self) -> Service {
        let mut command =
            makegood(&self.folder, &[&["--listen", "127.0.0.1:0"], &*self.arguments()].concat());
        Service::start({
            command.stderr(self.log());
            command
        })
    }

    fn log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.own.path().join("log")).unwrap()
    }

    /// The end of what all servers have logged.
    pub(crate) fn logged(&self) -> String {
        let log = std::fs::read_to_string(self.own.path().join("log")).unwrap();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Proves the books with `makegood verify`; what it says, where it does not say `ok`.
    pub(crate) fn verify(&self) -> Result<(), String> {
        let verified = run(&self.folder, &[&*self.arguments(), &["verify"]].concat());
        let told = said(&verified);
        if verified.status.success() && told.ends_with("ok\n") { Ok(()) } else { Err(told) }
    }

    /// The database, behind the server's back.
    pub(crate) async fn database(&self) -> Database {
        let url = match &self.postgres {
            Some(database) => database.url().to_owned(),
            None => sqlite_url(&self.folder.join("makegood.db")),
        };
        Database::open(&url, Options::default()).await.unwrap()
    }

    /// Loses what was acknowledged, as a store would that answers before it has written.
    pub(crate) async fn lose_the_newest_payment(&self) {
        self.change(LOSE_THE_NEWEST_PAYMENT).await;
    }

    /// Changes the database behind the server's back; whatever a statement changes is looked at by whoever asked for it.
    pub(crate) async fn change(&self, statements: &[&'static str]) {
        let database = self.database().await;
        let mut transaction = database.begin().await.unwrap();
        for statement in statements {
            transaction.execute(statement, Vec::new()).await.unwrap();
        }
        transaction.commit().await.unwrap();
        database.close().await;
    }
}
