//! Pages of an account's history.

use crate::world::{bank, batches, first_leg_of, open, run, wallet};
use makegood_ledger::{AccountId, Action, LegRow, Side};
use makegood_ledger_sql::{HistoryEntry, history};
use makegood_sql::{Database, Kind, Value};
use makegood_testkit::database::TestDatabase;

async fn all(database: &Database, account: AccountId, page: u32) -> Vec<HistoryEntry> {
    let mut transaction = database.read().await.unwrap();
    let mut entries: Vec<HistoryEntry> = Vec::new();
    loop {
        let before = entries.last().map(|entry| entry.position);
        let found = history(&mut transaction, account, before, page).await.unwrap();
        assert!(found.len() <= page as usize);
        if found.is_empty() {
            return entries;
        }
        entries.extend(found);
    }
}

#[tokio::test]
async fn pages_hold_every_entry_newest_first() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        let book = run(&database).await;
        let changes = book.clone().into_changes();
        for account in [bank(), wallet(1), wallet(2), wallet(3)] {
            let is_its = |leg: &&LegRow| leg.leg.debit == account || leg.leg.credit == account;
            let expected: Vec<&LegRow> = changes.legs.iter().rev().filter(is_its).collect();
            for page in [1, 7, 100, 1_000] {
                let found = all(&database, account, page).await;
                assert_eq!(found.len(), expected.len());
                for (entry, leg) in found.iter().zip(&expected) {
                    let (side, own) = match leg.leg.debit == account {
                        true => (Side::Debit, leg.debit_entry),
                        false => (Side::Credit, leg.credit_entry),
                    };
                    let row = book.transaction(&leg.transfer.transaction).unwrap();
                    let expected = HistoryEntry {
                        position: leg.position,
                        transaction: row.id,
                        at: row.at,
                        code: row.code,
                        reference: row.reference,
                        leg: leg.leg,
                        side,
                        entry: own,
                    };
                    assert_eq!(*entry, expected);
                }
            }
            let newest = all(&database, account, 5).await[0];
            assert_eq!(newest.entry.balance_after, book.account(&account).unwrap().posted);
        }
        let captured = all(&database, wallet(2), 100).await;
        assert!(captured.iter().any(|entry| entry.leg.action == Action::Capture(first_leg_of(2))));
    }
}

#[tokio::test]
async fn a_cursor_of_another_account_finds_nothing() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        run(&database).await;
        let last =
            i64::try_from(batches().iter().flatten().map(|one| one.legs.len()).sum::<usize>()).unwrap();
        let mut transaction = database.read().await.unwrap();
        // The last legs are between the wallets 1 and 3.
        assert!(!history(&mut transaction, wallet(1), Some(last), 5).await.unwrap().is_empty());
        for (account, before, page) in [
            (wallet(2), Some(last), 5),
            (wallet(1), Some(last + 1), 5),
            (wallet(1), Some(0), 5),
            (wallet(1), Some(-1), 5),
            (wallet(4), None, 5),
            (wallet(1), None, 0),
        ] {
            assert!(history(&mut transaction, account, before, page).await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_page_is_a_walk_of_keys() {
    let test = TestDatabase::sqlite();
    let database = open(&test).await;
    for text in
        makegood_ledger_sql::texts(database.dialect()).into_iter().filter(|text| text.contains("walk"))
    {
        let mut transaction = database.read().await.unwrap();
        let explain: &'static str = format!("EXPLAIN QUERY PLAN {text}").leak();
        let kinds = &[Kind::Integer, Kind::Integer, Kind::Integer, Kind::Text];
        let places = (1..).take_while(|place| text.contains(&format!("${place}"))).count();
        let plan = transaction.query(explain, vec![Value::Integer(None); places], kinds).await.unwrap();
        let plan: Vec<_> = plan.iter().map(|row| row[3].to_string()).collect();
        let scans: Vec<_> =
            plan.iter().filter(|step| step.contains("SCAN") && !step.contains("SCAN walk")).collect();
        assert!(scans.is_empty(), "{plan:#?}");
        assert!(plan.iter().any(|step| step.contains("SEARCH leg USING INTEGER PRIMARY KEY")), "{plan:#?}");
    }
}
