//! Loading and writing.

use crate::world::{at, bank, batches, commit, first_leg_of, id, leg, open, posting, run, wallet};
use makegood_base::BatchId;
use makegood_ledger::{Action, Book, RowKey, TransferRef, apply};
use makegood_ledger_sql::{BatchRow, batch_exists, load, lock_head, read_head, verify, write};
use makegood_sql::{Class, Error};
use makegood_testkit::database::TestDatabase;

fn keys() -> Vec<RowKey> {
    let accounts = [bank(), wallet(1), wallet(2), wallet(3), wallet(4)].map(RowKey::Account);
    let numbers = (0..12).chain([77, 78, 319, 999]);
    let transactions = numbers.clone().map(|number| RowKey::Transaction(id(number)));
    let holds = numbers.clone().map(|number| RowKey::Hold(first_leg_of(number)));
    let transfers = numbers.map(|number| RowKey::Transfer(first_leg_of(number)));
    let second = TransferRef { transaction: id(2), leg: 1 };
    let beyond = TransferRef { transaction: id(2), leg: 2 };
    let others = [RowKey::Hold(second), RowKey::Transfer(second), RowKey::Transfer(beyond)];
    accounts.into_iter().chain(transactions).chain(holds).chain(transfers).chain(others).collect()
}

#[tokio::test]
async fn what_was_written_is_loaded_again() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        let expected = run(&database).await;
        let mut transaction = database.read().await.unwrap();
        let head = read_head(&mut transaction).await.unwrap();
        assert_eq!(head, expected.head());
        let mut book = Book::new(head);
        load(&mut transaction, keys(), &mut book).await.unwrap();
        for key in keys() {
            assert!(book.is_known(&key), "{key:?}");
            match key {
                RowKey::Account(id) => assert_eq!(book.account(&id), expected.account(&id)),
                RowKey::Transaction(id) => assert_eq!(book.transaction(&id), expected.transaction(&id)),
                RowKey::Hold(hold) => assert_eq!(book.hold(&hold), expected.hold(&hold)),
                RowKey::Transfer(transfer) => {
                    assert_eq!(book.transfer(&transfer), expected.transfer(&transfer), "{transfer:?}");
                }
            }
        }
        assert_eq!(book.transfer(&first_leg_of(5)).unwrap().returned, 30);
        assert_eq!(book.transfer(&first_leg_of(0)).unwrap().returned, 0, "a leg of the journal");
        assert_eq!(book.account(&wallet(4)), None);
    }
}

#[tokio::test]
async fn a_ledger_in_order_verifies_clean() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        assert!(verify(&database).await.unwrap().is_clean(), "an empty one");
        run(&database).await;
        let report = verify(&database).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.differences);
        let count = batches().iter().flatten().count() as u64;
        assert_eq!((report.transactions, report.status_changes), (count, 3));
    }
}

#[tokio::test]
async fn the_same_transaction_again_is_already_posted() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        run(&database).await;
        let mut transaction = database.begin().await.unwrap();
        let mut book = Book::new(lock_head(&mut transaction).await.unwrap());
        load(&mut transaction, keys(), &mut book).await.unwrap();
        let again = &batches()[2][0];
        assert!(apply(&mut book, again, at(9_999)).unwrap().already);
        assert!(book.into_changes().transactions.is_empty());
    }
}

#[tokio::test]
async fn a_batch_is_known_by_its_id_and_happens_once() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        commit(&database, 1, &batches()[0]).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        assert!(batch_exists(&mut transaction, BatchId::from_raw([1; 16])).await.unwrap());
        assert!(!batch_exists(&mut transaction, BatchId::from_raw([2; 16])).await.unwrap());
        transaction.rollback().await;
        let error = commit(&database, 1, &[posting(77, vec![leg(bank(), wallet(1), 1, Action::Post)])]).await;
        assert_eq!(error.unwrap_err().class(), Class::Deterministic);
        assert!(verify(&database).await.unwrap().is_clean());
    }
}

/// Two batches that were decided on one state of the journal: the second is refused whole.
#[tokio::test]
async fn a_journal_that_moved_on_is_contended() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        commit(&database, 1, &batches()[0]).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        let mut stale = Book::new(lock_head(&mut transaction).await.unwrap());
        load(&mut transaction, keys(), &mut stale).await.unwrap();
        transaction.rollback().await;
        commit(&database, 2, &[posting(77, vec![leg(bank(), wallet(1), 1, Action::Post)])]).await.unwrap();

        apply(&mut stale, &posting(78, vec![leg(bank(), wallet(2), 1, Action::Post)]), at(1)).unwrap();
        let changes = stale.into_changes();
        let row = BatchRow::of(BatchId::from_raw([3; 16]), at(1), &changes);
        let mut transaction = database.begin().await.unwrap();
        let error = write(&mut transaction, &changes, row).await.unwrap_err();
        assert!(matches!(error, Error::Contended { .. }), "{error}");
        assert!(verify(&database).await.unwrap().is_clean());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_write_at_once_make_one_journal() {
    for test in TestDatabase::both() {
        let database = open(&test).await;
        commit(&database, 1, &batches()[0]).await.unwrap();
        let servers: Vec<_> = (0..4_u8)
            .map(|server| {
                let url = test.url().to_owned();
                tokio::spawn(async move {
                    let database = makegood_sql::Database::open(&url, Default::default()).await.unwrap();
                    for round in 0..10_u8 {
                        let number = 10 + server * 10 + round;
                        let pay = leg(bank(), wallet(1 + server % 3), 1, Action::Post);
                        let batch = [posting(u32::from(number) + 1_000, vec![pay])];
                        commit(&database, number, &batch).await.unwrap();
                    }
                })
            })
            .collect();
        for server in servers {
            server.await.unwrap();
        }
        let report = verify(&database).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.differences);
        assert_eq!(report.transactions, 42);
    }
}
