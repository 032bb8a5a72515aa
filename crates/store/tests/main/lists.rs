//! Pages, newest first, on both databases.

use crate::{
    samples,
    support::{batch, commit, id, migrated},
};
use makegood_auth::Principal;
use makegood_base::{EventId, PaymentId, SessionId, TransferId, UserId};
use makegood_sql::Database;
use makegood_store::{Lists, SqlStore};
use makegood_testkit::database::TestDatabase;
use makegood_wallet::{Facts, Needs, tables::Payment};

/// A database with twelve rows of every listed table, whose content is their key.
async fn filled(test: TestDatabase) -> (TestDatabase, Database, Lists) {
    let (test, database) = migrated(test).await;
    let store = SqlStore::new(database.clone());
    let fill = |facts: &mut Facts| {
        for key in 0..samples::CONTENTS {
            facts.payments.add(samples::payments(key, key)).unwrap();
            facts.orders.add(samples::orders(key, key)).unwrap();
            facts.refunds.add(samples::refunds(key, key)).unwrap();
            facts.top_ups.add(samples::top_ups(key, key)).unwrap();
            facts.transfers.add(samples::transfers(key, key)).unwrap();
            facts.bank_cards.add(samples::bank_cards(key, key % 2)).unwrap();
            facts.merchants.add(samples::merchants(key, key % 2)).unwrap();
            facts.sessions.add(samples::sessions(key, key % 4)).unwrap();
            facts.events.add(samples::events(key, key)).unwrap();
        }
    };
    commit(&store, batch(1), &Needs::default(), fill).await.unwrap();
    let lists = Lists::new(database.clone());
    (test, database, lists)
}

/// The numbers of ids.
fn numbers<I>(ids: Vec<I>, raw: impl Fn(&I) -> [u8; 16]) -> Vec<u8> {
    ids.iter().map(|id| raw(id)[0]).collect()
}

macro_rules! assert_page {
    ($page:expr, $expected:expr) => {
        assert_eq!(numbers($page.await.unwrap(), |id| id.raw()), $expected, stringify!($page));
    };
}

#[tokio::test]
async fn each_list_has_what_belongs_to_its_owner() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        // In the samples, a payer has four payments in a row, a merchant three of them, and so on.
        assert_page!(lists.payments_of_payer(id(1).into(), None, 10), [7, 6, 5, 4]);
        assert_page!(lists.payments_of_merchant(id(1).into(), None, 10), [5, 4, 3]);
        assert_page!(lists.orders_of_merchant(id(2).into(), None, 10), [11, 10, 9, 8]);
        assert_page!(lists.refunds_of_merchant(id(0).into(), None, 10), [3, 2, 1, 0]);
        assert_page!(lists.refunds_of_payment(id(3).into(), None, 10), [11, 10, 9]);
        assert_page!(lists.top_ups_of_user(id(1).into(), None, 10), [7, 6, 5, 4]);
        assert_page!(lists.bank_cards_of_user(id(1).into(), None, 10), [11, 9, 7, 5, 3, 1]);
        assert_page!(lists.merchants_of_owner(id(0).into(), None, 10), [10, 8, 6, 4, 2, 0]);
        assert_page!(lists.payments_of_payer(id(99).into(), None, 10), [0; 0]);
    }
}

#[tokio::test]
async fn a_page_begins_before_a_row_and_is_bounded() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        let before = |number: u8| Some(PaymentId::from_raw(id(number)));
        for (before, limit, expected) in [
            (None, 2, vec![7, 6]),
            (before(6), 2, vec![5, 4]),
            (before(4), 2, vec![]),
            // Somebody else's row, or none, is a place like any other.
            (before(200), 10, vec![7, 6, 5, 4]),
            (before(0), 10, vec![]),
            (None, 0, vec![]),
            (None, u32::MAX, vec![7, 6, 5, 4]),
        ] {
            let page = lists.payments_of_payer(id(1).into(), before, limit).await.unwrap();
            assert_eq!(numbers(page, PaymentId::raw), expected, "{before:?} {limit}");
        }
    }
}

#[tokio::test]
async fn no_page_has_more_than_a_hundred_rows() {
    let (_test, database, lists) = filled(TestDatabase::sqlite()).await;
    let add = |facts: &mut Facts| {
        for key in 100..250 {
            let row = Payment { payer: id(77).into(), ..samples::payments(key, 0) };
            facts.payments.add(row).unwrap();
        }
    };
    commit(&SqlStore::new(database), batch(2), &Needs::default(), add).await.unwrap();
    let page = lists.payments_of_payer(id(77).into(), None, u32::MAX).await.unwrap();
    assert_eq!(numbers(page, PaymentId::raw), (150..250).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn transfers_are_listed_on_both_sides_once() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        // Transfer n is from n % 3 to n / 3: user 1 gave 1, 4, 7, 10 and got 3, 4, 5.
        let user = UserId::from_raw(id(1));
        assert_page!(lists.transfers_of_user(user, None, 10), [10, 7, 5, 4, 3, 1]);
        assert_page!(lists.transfers_of_user(user, None, 3), [10, 7, 5]);
        assert_page!(lists.transfers_of_user(user, Some(TransferId::from_raw(id(5))), 2), [4, 3]);
    }
}

#[tokio::test]
async fn sessions_are_of_one_kind_of_person() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        // The sample's content is key % 4, and odd contents are staff.
        for (principal, expected) in [
            (Principal::User(id(2).into()), vec![10, 6, 2]),
            (Principal::Staff(id(3).into()), vec![11, 7, 3]),
            (Principal::Staff(id(2).into()), vec![]),
        ] {
            let page = lists.sessions_of(principal, None, 10).await.unwrap();
            assert_eq!(numbers(page, SessionId::raw), expected, "{principal:?}");
        }
    }
}

#[tokio::test]
async fn events_come_whole() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        let expected: Vec<_> = [7, 6, 5, 4].map(|key| samples::events(key, key)).into();
        assert_eq!(lists.events_of(id(1), None, 10).await.unwrap(), expected);
        let before = Some(EventId::from_raw(id(6)));
        assert_eq!(lists.events_of(id(1), before, 1).await.unwrap(), expected[2..3]);
    }
}
