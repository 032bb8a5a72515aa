//! The ledger behind the port: what each store tells a book of, after the same movements.

use crate::support::{at, batch, id, postgres, sqlite};
use makegood_base::{MerchantId, UserId};
use makegood_ledger::{
    Account, AccountId, Action, Leg, RowKey, Transaction, TransactionId, TransferRef, apply,
};
use makegood_money::{Currency, Money};
use makegood_store::{Lists, MemoryStore, Store};
use makegood_wallet::{
    Facts, Needs,
    postings::{Account as WalletAccount, Kind},
};

fn payer() -> WalletAccount {
    WalletAccount::user(UserId::from_raw(id(1)), Currency::CNY)
}

fn payee() -> WalletAccount {
    WalletAccount::merchant(Kind::MerchantPending, MerchantId::from_raw(id(2)), Currency::CNY)
}

fn custody() -> WalletAccount {
    WalletAccount::bank(Kind::Custody, "north", Currency::CNY)
}

fn leg(debit: WalletAccount, credit: WalletAccount, minor: i64, action: Action) -> Leg {
    Leg { debit: debit.id(), credit: credit.id(), amount: Money::new(minor, Currency::CNY), action }
}

fn transfer(number: u8, leg: u16) -> TransferRef {
    TransferRef { transaction: TransactionId::from_raw(id(number)), leg }
}

/// The movements, each a batch of its own: money comes in, some is held, part of the hold is captured, and
/// part of that goes back, twice. All accounts are opened first.
fn script() -> Vec<Transaction> {
    let capture = transfer(3, 0);
    let legs = [
        vec![leg(custody(), payer(), 1_000, Action::Post), leg(custody(), payer(), 5, Action::Post)],
        vec![leg(payer(), payee(), 400, Action::Hold { expires_at: Some(at(99)) })],
        vec![leg(payer(), payee(), 300, Action::Capture(transfer(2, 0)))],
        vec![leg(payee(), payer(), 100, Action::PostAgainst(capture))],
        vec![leg(payee(), payer(), 50, Action::PostAgainst(capture))],
    ];
    let opens = [custody(), payer(), payee()].map(WalletAccount::spec);
    let transaction = |(number, legs): (u8, Vec<Leg>)| Transaction {
        id: TransactionId::from_raw(id(number)),
        code: 7,
        reference: id(number),
        opens: if number == 1 { opens.to_vec() } else { Vec::new() },
        statuses: Vec::new(),
        legs,
    };
    (1..).zip(legs).map(transaction).collect()
}

fn keys() -> Vec<RowKey> {
    let accounts = [custody(), payer(), payee()].map(|account| RowKey::Account(account.id()));
    let transactions = (1..=6).map(|number| RowKey::Transaction(TransactionId::from_raw(id(number))));
    let legs = (1..=6).flat_map(|number| [transfer(number, 0), transfer(number, 1)]);
    let legs = legs.flat_map(|leg| [RowKey::Hold(leg), RowKey::Transfer(leg)]);
    accounts.into_iter().chain(transactions).chain(legs).collect()
}

/// All that a book says of the keys. Only what is needed is loaded before each movement.
fn describe(facts: &Facts) -> String {
    let book = &facts.book;
    let row = |key| match key {
        RowKey::Account(id) => format!("{:?}", book.account(&id)),
        RowKey::Transaction(id) => format!("{:?}", book.transaction(&id)),
        RowKey::Hold(hold) => format!("{hold:?}: {:?}", book.hold(&hold)),
        RowKey::Transfer(transfer) => format!("{transfer:?}: {:?}", book.transfer(&transfer)),
    };
    let rows: Vec<_> = keys().into_iter().map(row).collect();
    format!("{:?}\n{}", book.head(), rows.join("\n"))
}

async fn run(store: &impl Store) -> Vec<String> {
    let needs = Needs { ledger: keys().into_iter().collect(), ..Needs::default() };
    let mut described = Vec::new();
    for (number, transaction) in (1..).zip(script()) {
        let (mut open, mut facts) = store.begin().await.unwrap();
        store.load(&mut open, &needs, &mut facts).await.unwrap();
        apply(&mut facts.book, &transaction, at(i64::from(number))).unwrap();
        let decided = describe(&facts);
        store.write(&mut open, batch(number), facts.into_changes()).await.unwrap();
        store.commit(open).await.unwrap();
        let read = store.read(None, &|_| needs.clone()).await.unwrap();
        assert_eq!(describe(&read), decided, "after {number}: stored as decided");
        described.push(describe(&read));
    }
    described
}

fn posted(account: Option<&Account>) -> Option<i64> {
    account.map(|account| account.posted)
}

#[tokio::test]
async fn every_store_tells_the_same_of_the_ledger() {
    let memory = MemoryStore::default();
    let expected = run(&memory).await;
    let snapshot = memory.snapshot().ledger;
    assert_eq!((snapshot.transactions.len(), snapshot.legs.len()), (5, 6));
    assert_eq!(posted(snapshot.accounts.get(&payer().id()).map(|(account, _)| account)), Some(855));
    // Opened, then touched by each of four movements.
    assert_eq!(snapshot.accounts[&payer().id()].1, 5);
    assert_eq!(snapshot.transfers[&transfer(3, 0)].1, 2);
    for (kept, store) in [sqlite().await, postgres().await] {
        let found = run(&store).await;
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        let report = makegood_ledger_sql::verify(store.database()).await.unwrap();
        assert!(report.is_clean() && report.transactions == 5, "{report:?}");
        history(&Lists::new(store.database().clone())).await;
        drop(kept);
    }
}

/// The payer's accounts, and their entries in pages.
async fn history(lists: &Lists) {
    assert_eq!(lists.accounts_of(id(1)).await.unwrap(), [payer().id()]);
    assert_eq!(lists.accounts_of(id(9)).await.unwrap(), [] as [AccountId; 0]);
    let mut before = None;
    let mut balances = Vec::new();
    for expected_rows in [2, 2, 2, 0] {
        let page = lists.history(payer().id(), before, 2).await.unwrap();
        assert_eq!(page.len(), expected_rows);
        before = page.last().map(|entry| entry.position).or(before);
        balances.extend(page.iter().map(|entry| entry.entry.balance_after));
    }
    assert_eq!(balances, [855, 805, 705, 1_005, 1_005, 1_000]);
}
