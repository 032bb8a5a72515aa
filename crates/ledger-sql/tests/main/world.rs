//! A small ledger with everything in it, and the few lines that an engine would be.

use makegood_base::{BatchId, Timestamp};
use makegood_ledger::{
    AccountId, AccountSpec, AccountStatus, Action, Book, Head, Leg, Rejection, Side, Transaction,
    TransactionId, TransferRef, apply,
};
use makegood_ledger_sql::{BatchRow, load, lock_head, schema, write};
use makegood_money::{Currency, Money};
use makegood_sql::{Database, Error, Options};
use makegood_testkit::database::TestDatabase;

pub async fn open(test: &TestDatabase) -> Database {
    let database = Database::open(test.url(), Options::default()).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    transaction.run(schema(database.dialect())).await.unwrap();
    transaction.commit().await.unwrap();
    database
}

pub fn spec(owner: u8, code: u32) -> AccountSpec {
    let normal = if code == 1 { Side::Debit } else { Side::Credit };
    let floor = (code == 2).then_some(0);
    let ceiling = (code == 2).then_some(1_000_000);
    AccountSpec { owner: [owner; 16], code, currency: Currency::CNY, normal, floor, ceiling }
}

/// The bank's account, which may be anything.
pub fn bank() -> AccountId {
    spec(9, 1).id()
}

/// A person's wallet.
pub fn wallet(owner: u8) -> AccountId {
    spec(owner, 2).id()
}

pub fn id(number: u32) -> TransactionId {
    let mut raw = [0; 16];
    raw[..4].copy_from_slice(&number.to_be_bytes());
    TransactionId::derive("test", raw)
}

pub fn leg(debit: AccountId, credit: AccountId, minor: i64, action: Action) -> Leg {
    Leg { debit, credit, amount: Money::new(minor, Currency::CNY), action }
}

pub fn posting(number: u32, legs: Vec<Leg>) -> Transaction {
    let (opens, statuses) = (vec![], vec![]);
    Transaction { id: id(number), code: number % 7, reference: [3; 16], opens, statuses, legs }
}

pub fn first_leg_of(number: u32) -> TransferRef {
    TransferRef { transaction: id(number), leg: 0 }
}

pub fn at(number: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000 * number)
}

/// Opens four accounts, then does everything that a ledger can do, in batches.
pub fn batches() -> Vec<Vec<Transaction>> {
    let (a, b, c) = (wallet(1), wallet(2), wallet(3));
    let mut open = posting(0, vec![leg(bank(), a, 90_000, Action::Post)]);
    open.opens = vec![spec(9, 1), spec(1, 2), spec(2, 2), spec(3, 2)];
    let hold = |expires_at: Option<i64>| Action::Hold { expires_at: expires_at.map(at) };
    let mut freeze = posting(9, vec![]);
    freeze.statuses = vec![(c, AccountStatus::NoDebits)];
    let mut thaw = posting(10, vec![leg(a, c, 5, Action::Post)]);
    thaw.statuses = vec![(c, AccountStatus::Open), (b, AccountStatus::NoDebits)];
    let mut batches = vec![
        vec![open, posting(1, vec![leg(bank(), b, 7_000, Action::Post), leg(a, c, 300, Action::Post)])],
        vec![
            posting(2, vec![leg(a, b, 100, hold(None)), leg(a, c, 20, hold(Some(500)))]),
            posting(3, vec![leg(b, c, 40, hold(Some(100)))]),
            posting(4, vec![leg(a, b, 10, hold(Some(900)))]),
        ],
        vec![posting(5, vec![leg(a, b, 60, Action::Capture(first_leg_of(2)))])],
        vec![
            posting(6, vec![leg(b, a, 25, Action::PostAgainst(first_leg_of(5)))]),
            posting(7, vec![leg(b, c, 40, Action::Expire(first_leg_of(3)))]),
            posting(8, vec![leg(a, b, 10, Action::Release(first_leg_of(4)))]),
        ],
        vec![posting(11, vec![leg(b, a, 5, Action::PostAgainst(first_leg_of(5)))]), freeze],
        vec![],
        vec![thaw],
    ];
    let many = (20..320).map(|number| posting(number, vec![leg(a, c, i64::from(number), Action::Post)]));
    batches.push(many.collect());
    batches
}

/// Runs one batch as an engine does: lock, load what is asked for, apply, write, commit.
pub async fn commit(database: &Database, number: u8, batch: &[Transaction]) -> Result<Book, Error> {
    let mut transaction = database.begin().await?;
    let mut book = Book::new(lock_head(&mut transaction).await?);
    for one in batch {
        loop {
            match apply(&mut book, one, at(i64::from(number) * 50)) {
                Err(Rejection::NotLoaded(key)) => load(&mut transaction, [key], &mut book).await?,
                result => break result.map(drop).unwrap(),
            }
        }
    }
    let changes = book.clone().into_changes();
    let row = BatchRow::of(BatchId::from_raw([number; 16]), at(i64::from(number) * 50), &changes);
    write(&mut transaction, &changes, row).await?;
    transaction.commit().await?;
    Ok(book)
}

/// All batches, on a database and in memory alone.
pub async fn run(database: &Database) -> Book {
    let mut expected = Book::complete(Head::default());
    for (number, batch) in (0..).zip(batches()) {
        commit(database, number, &batch).await.unwrap();
        for one in &batch {
            apply(&mut expected, one, at(i64::from(number) * 50)).unwrap();
        }
    }
    expected
}
