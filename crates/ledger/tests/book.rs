//! What a book has to write, where its rows came from a store.

use super::script::Script;
use makegood_base::Timestamp;
use makegood_ledger::{
    Account, Action, Book, Changes, Leg, MARK_EVERY, RowKey, Transaction, TransactionId, TransferRef,
    TransferRow, apply,
};
use makegood_money::{Currency, Money};

const AT: Timestamp = Timestamp::from_micros(42);

/// A ledger with the accounts A (100) and B, an open hold of 60 from A to B and a post of 9 from A to B.
struct Stored {
    script: Script,
    changes: Changes,
    a: Account,
    b: Account,
}

fn stored() -> Stored {
    let mut script = Script::new();
    script.all("A 100 | B 0 | h: hold A>B 60 | p: post A>B 9").unwrap();
    let changes = script.book.clone().into_changes();
    let [a, b] = ["A", "B"].map(|name| *script.book.account(&script.account(name)).unwrap());
    Stored { script, changes, a, b }
}

impl Stored {
    /// A book for the next batch that knows the two accounts.
    fn book(&self) -> Book {
        let mut book = Book::new(self.changes.head.clone());
        book.put_account(self.a, 7);
        book.put_account(self.b, 8);
        book
    }

    fn transaction(&mut self, book: &mut Book, minor: i64, action: Action) -> Transaction {
        let amount = Money::new(minor, Currency::CNY);
        let legs = vec![Leg { debit: self.a.id, credit: self.b.id, amount, action }];
        let transaction = Transaction { legs, ..self.script.empty() };
        book.put_absent(RowKey::Transaction(transaction.id));
        transaction
    }
}

#[test]
fn loaded_rows_are_updated_with_the_version_that_was_loaded() {
    let mut stored = stored();
    let mut book = stored.book();
    let hold = stored.changes.holds_inserted[0];
    book.put_hold(hold, 3);
    let capture = stored.transaction(&mut book, 50, Action::Capture(hold.hold));
    let posted = apply(&mut book, &capture, AT).unwrap();
    assert_eq!((posted.sequence, posted.first_position), (5, 4));
    // What is told of a row late does not overwrite what was done to it.
    book.put_account(stored.a, 9);
    book.put_hold(hold, 9);

    let changes = book.clone().into_changes();
    let versions: Vec<_> =
        changes.accounts_updated.iter().map(|(row, version)| (row.id, row.posted, *version)).collect();
    assert_eq!(versions, [(stored.a.id, 41, 7), (stored.b.id, 59, 8)]);
    let (row, version) = changes.holds_updated[0];
    assert_eq!((row.captured, row.settled_position, version), (50, 4, 3));
    assert!(changes.accounts_inserted.is_empty() && changes.holds_inserted.is_empty());
    assert_eq!(changes.legs[0].debit_entry.previous_position, 3);
    assert_eq!((changes.head.transactions, changes.head.positions, changes.head.log.size()), (5, 4, 5));
}

#[test]
fn rows_that_only_were_looked_at_are_not_written() {
    let mut stored = stored();
    let mut book = stored.book();
    let before = book.clone().into_changes();
    let refused = stored.transaction(&mut book, 1_000, Action::Post);
    assert!(apply(&mut book, &refused, AT).is_err());
    let undone = stored.transaction(&mut book, 1, Action::Post);
    let savepoint = book.savepoint();
    apply(&mut book, &undone, AT).unwrap();
    assert_eq!(book.clone().into_changes().accounts_updated.len(), 2);
    book.rollback(savepoint);
    assert_eq!(book.clone().into_changes(), before);
    assert_eq!(before.head, stored.changes.head);
    // Undone is not posted: it may come again, and is a first time.
    assert!(!apply(&mut book, &undone, AT).unwrap().already);
    assert!(apply(&mut book, &undone, AT).unwrap().already);
}

#[test]
fn a_transfer_is_inserted_when_it_comes_from_the_journal_and_updated_when_it_is_stored() {
    let mut stored = stored();
    let leg = stored.changes.legs.last().copied().unwrap();
    let from_journal = leg.returnable().unwrap();
    assert_eq!(from_journal, TransferRow { transfer: leg.transfer, amount: leg.leg.amount, returned: 0 });
    let hold = stored.changes.legs[1];
    assert_eq!(hold.returnable(), None);

    for (row, version) in [(from_journal, None), (TransferRow { returned: 2, ..from_journal }, Some(4))] {
        let mut book = stored.book();
        let action = Action::PostAgainst(leg.transfer);
        let back = stored.transaction(&mut book, 3, action);
        assert!(!book.is_known(&RowKey::Transfer(leg.transfer)));
        book.put_transfer(row, version);
        assert!(book.is_known(&RowKey::Transfer(leg.transfer)));
        apply(&mut book, &back, AT).unwrap();
        let changes = book.clone().into_changes();
        let after = TransferRow { returned: row.returned + 3, ..row };
        let written = (changes.transfers_inserted, changes.transfers_updated);
        assert_eq!(
            written,
            match version {
                None => (vec![after], vec![]),
                Some(version) => (vec![], vec![(after, version)]),
            }
        );
    }
}

/// A leg of the batch itself can be returned against, though the store has said that it knows no such leg.
#[test]
fn legs_of_the_same_batch_are_known() {
    let mut stored = stored();
    for told in [false, true] {
        let mut book = stored.book();
        let post = stored.transaction(&mut book, 5, Action::Post);
        let target = TransferRef { transaction: post.id, leg: 0 };
        if told {
            book.put_absent(RowKey::Transfer(target));
        }
        apply(&mut book, &post, AT).unwrap();
        let back = stored.transaction(&mut book, 5, Action::PostAgainst(target));
        apply(&mut book, &back, AT).unwrap();
        assert_eq!(book.clone().into_changes().transfers_inserted[0].returned, 5);
        assert_eq!(book.transfer(&target).map(|row| row.returned), Some(5));

        let hold = stored.transaction(&mut book, 5, Action::Hold { expires_at: None });
        apply(&mut book, &hold, AT).unwrap();
        let target = TransferRef { transaction: hold.id, leg: 0 };
        let release = stored.transaction(&mut book, 5, Action::Release(target));
        apply(&mut book, &release, AT).unwrap();
        assert_eq!(book.clone().into_changes().holds_inserted.len(), 1);
    }
}

/// The leg behind a transaction's last is another transaction's.
#[test]
fn a_leg_that_a_transaction_does_not_have_is_not_found() {
    let mut stored = stored();
    let mut book = stored.book();
    let [first, second] = [1, 2].map(|minor| stored.transaction(&mut book, minor, Action::Post));
    apply(&mut book, &first, AT).unwrap();
    apply(&mut book, &second, AT).unwrap();
    let target = TransferRef { transaction: first.id, leg: 1 };
    assert_eq!((book.new_leg(&target), book.transfer(&target)), (None, None));
    assert!(!book.is_known(&RowKey::Transfer(target)));
}

#[test]
fn every_32nd_entry_of_an_account_is_marked() {
    let mut stored = stored();
    let mut book = stored.book();
    for _ in 0..31 {
        let post = stored.transaction(&mut book, 1, Action::Post);
        apply(&mut book, &post, AT).unwrap();
    }
    let marks = book.clone().into_changes().marks;
    let leg =
        |position| book.clone().into_changes().legs.into_iter().find(|leg| leg.position == position).unwrap();
    // A had 3 entries before, and B 2.
    let expected = [(stored.a.id, 32), (stored.b.id, 32)];
    assert_eq!(marks.iter().map(|mark| (mark.account, mark.sequence)).collect::<Vec<_>>(), expected);
    assert_eq!(leg(marks[0].position).debit_entry.sequence, MARK_EVERY);
    assert_eq!(leg(marks[1].position).credit_entry.sequence, MARK_EVERY);
    assert!(marks.iter().all(|mark| mark.at == AT));
}

#[test]
fn the_first_unknown_row_is_asked_for_until_all_are_known() {
    let mut stored = stored();
    let hold = TransferRef { transaction: TransactionId::from_raw([3; 16]), leg: 0 };
    let mut book = Book::new(stored.changes.head.clone());
    let mut scratch = stored.book();
    let transaction = stored.transaction(&mut scratch, 1, Action::Capture(hold));
    let mut asked = Vec::new();
    while let Err(makegood_ledger::Rejection::NotLoaded(key)) = apply(&mut book, &transaction, AT) {
        asked.push(key);
        book.put_absent(key);
    }
    let (a, b) = (RowKey::Account(stored.a.id), RowKey::Account(stored.b.id));
    assert_eq!(asked, [RowKey::Transaction(transaction.id), a, b, RowKey::Hold(hold)]);
    assert_eq!(apply(&mut book, &transaction, AT).unwrap_err().code(), "account_not_found");
}
