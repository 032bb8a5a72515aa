//! Pages, newest first, on both databases.

use crate::{
    samples,
    support::{at, batch, commit, id, migrated},
};
use makegood_auth::{Principal, StaffRole};
use makegood_base::{
    EventId, IdSeed, Ids, OrderId, PaymentId, RawId, RefundId, SessionId, Timestamp, TransferId, UserId,
};
use makegood_payments::{PaymentStatus, TopUpStatus};
use makegood_refunds::RefundStatus;
use makegood_sql::Database;
use makegood_store::{Filter, Lists, SqlStore};
use makegood_testkit::database::TestDatabase;
use makegood_wallet::cases::CaseKind;
use makegood_wallet::{
    Facts, Needs,
    tables::{Order, Payment, Refund, TopUp, Transfer},
};

const ALL: Filter = Filter { status: None, created_after: None, created_before: None };

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
            facts.withdrawals.add(samples::withdrawals(key, key)).unwrap();
            facts.payouts.add(samples::payouts(key, key)).unwrap();
            facts.settlements.add(samples::settlements(key, key)).unwrap();
            facts.operations_cases.add(samples::operations_cases(key, key)).unwrap();
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
        assert_page!(lists.payments_of_payer(id(1).into(), ALL, None, 10), [7, 6, 5, 4]);
        assert_page!(lists.payments_of_merchant(id(1).into(), ALL, None, 10), [5, 4, 3]);
        assert_page!(lists.orders_of_merchant(id(2).into(), ALL, None, 10), [11, 10, 9, 8]);
        assert_page!(lists.refunds_of_merchant(id(0).into(), ALL, None, 10), [3, 2, 1, 0]);
        assert_page!(lists.refunds_of_payment(id(3).into(), ALL, None, 10), [11, 10, 9]);
        assert_page!(lists.refunds_of_payer(id(5).into(), ALL, None, 10), [5]);
        assert_page!(lists.refunds(ALL, None, 3), [11, 10, 9]);
        assert_page!(lists.refunds(ALL, Some(id(9).into()), 2), [8, 7]);
        assert_page!(lists.top_ups_of_user(id(1).into(), ALL, None, 10), [7, 6, 5, 4]);
        assert_page!(lists.withdrawals_of_user(id(1).into(), ALL, None, 10), [7, 6, 5, 4]);
        assert_page!(lists.payouts_of_merchant(id(2).into(), ALL, None, 10), [11, 10, 9, 8]);
        assert_page!(lists.settlements_of_merchant(id(0).into(), ALL, None, 3), [3, 2, 1]);
        assert_page!(lists.bank_cards_of_user(id(1).into(), None, 10), [11, 9, 7, 5, 3, 1]);
        assert_page!(lists.merchants_of_owner(id(0).into(), None, 10), [10, 8, 6, 4, 2, 0]);
        assert_page!(lists.payments_of_payer(id(99).into(), ALL, None, 10), [0; 0]);
    }
}

#[tokio::test]
async fn cases_are_narrowed_by_status_kind_and_owner() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        for is_open in [None, Some(true), Some(false)] {
            for kind in CaseKind::ALL.iter().copied().map(Some).chain([None]) {
                for owner in StaffRole::ALL.iter().copied().map(Some).chain([None]) {
                    let takes = |number: &u8| {
                        let row = samples::operations_cases(*number, *number);
                        is_open.is_none_or(|open| open == row.closed_at.is_none())
                            && kind.is_none_or(|kind| kind == row.kind)
                            && owner.is_none_or(|owner| owner == row.owner)
                    };
                    let expected: Vec<u8> = (0..samples::CONTENTS).rev().filter(takes).collect();
                    assert_page!(lists.cases(is_open, kind, owner, None, 100), expected);
                }
            }
        }
        assert_page!(lists.cases(Some(true), None, None, Some(id(8).into()), 2), [6, 4]);
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
            let page = lists.payments_of_payer(id(1).into(), ALL, before, limit).await.unwrap();
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
    let page = lists.payments_of_payer(id(77).into(), ALL, None, u32::MAX).await.unwrap();
    assert_eq!(numbers(page, PaymentId::raw), (150..250).rev().collect::<Vec<_>>());
}

/// The numbers of the sample rows with a status, newest first.
fn with_status<R>(row: fn(u8, u8) -> R, status: impl Fn(&R) -> &'static str, wanted: &str) -> Vec<u8> {
    let numbers = (0..samples::CONTENTS).rev();
    numbers.filter(|number| status(&row(*number, *number)) == wanted).collect()
}

/// A sample order; of the open ones, every other has an attempt under way.
fn order(key: u8, content: u8) -> Order {
    let order = samples::orders(key, content);
    let is_attempted = content % 8 == 4;
    Order { open_attempt: is_attempted.then(|| id(content).into()).or(order.open_attempt), ..order }
}

#[tokio::test]
async fn a_status_filters_as_clients_read_it() {
    for test in TestDatabase::both() {
        let (test, database) = migrated(test).await;
        let owner = id(50);
        let fill = |facts: &mut Facts| {
            for key in 0..samples::CONTENTS {
                let (merchant, payer, payment) = (owner.into(), owner.into(), owner.into());
                facts.payments.add(Payment { merchant, payer, ..samples::payments(key, key) }).unwrap();
                facts.orders.add(Order { merchant, ..order(key, key) }).unwrap();
                facts.refunds.add(Refund { merchant, payer, payment, ..samples::refunds(key, key) }).unwrap();
                facts.top_ups.add(TopUp { user: owner.into(), ..samples::top_ups(key, key) }).unwrap();
            }
        };
        commit(&SqlStore::new(database.clone()), batch(1), &Needs::default(), fill).await.unwrap();
        let lists = Lists::new(database);
        let only = |status| Filter { status: Some(status), ..ALL };
        for status in PaymentStatus::ALL.iter().map(|status| status.as_str()) {
            let expected = with_status(samples::payments, |row| row.status.as_str(), status);
            assert!(!expected.is_empty(), "{status}");
            assert_page!(lists.payments_of_payer(owner.into(), only(status), None, 100), expected);
            assert_page!(lists.payments_of_merchant(owner.into(), only(status), None, 100), expected);
        }
        for status in ["created", "processing", "paid", "cancelled", "expired"] {
            let expected = with_status(order, Order::status, status);
            assert!(!expected.is_empty(), "{status}");
            assert_page!(lists.orders_of_merchant(owner.into(), only(status), None, 100), expected);
        }
        for status in RefundStatus::ALL.iter().map(|status| status.as_str()) {
            let expected = with_status(samples::refunds, |row| row.status.as_str(), status);
            assert_page!(lists.refunds_of_merchant(owner.into(), only(status), None, 100), expected);
            assert_page!(lists.refunds_of_payer(owner.into(), only(status), None, 100), expected);
            assert_page!(lists.refunds_of_payment(owner.into(), only(status), None, 100), expected);
            assert_page!(lists.refunds(only(status), None, 100), expected);
        }
        for status in TopUpStatus::ALL.iter().map(|status| status.as_str()) {
            let expected = with_status(samples::top_ups, |row| row.status.as_str(), status);
            assert_page!(lists.top_ups_of_user(owner.into(), only(status), None, 100), expected);
        }
        assert_page!(lists.payments_of_payer(owner.into(), only("paid"), None, 100), [0; 0]);
        // The next page begins before the last row, whatever is between.
        let before = Some(OrderId::from_raw(id(8)));
        assert_page!(lists.orders_of_merchant(owner.into(), only("created"), before, 1), [0]);
        drop(test);
    }
}

/// The id that is made at a moment, with this number in its randomness.
fn id_made(made: Timestamp, number: u8) -> RawId {
    Ids::new(IdSeed { at: made, random: [number; 10] }).next_raw()
}

#[tokio::test]
async fn times_filter_by_when_rows_were_made_and_not_by_their_ids() {
    const SECOND: i64 = 1_000_000;
    let owner = id(50);
    let now = 1_795_370_400 * SECOND;
    // When each row was made, after `now`; its id is from before that, but for the last, whose clock was set
    // back in between.
    let rows =
        [(-50, -60), (0, -60), (0, 0), (1, 0), (SECOND, -SECOND), (SECOND + 1, SECOND), (7, 9 * SECOND)];
    for test in TestDatabase::both() {
        let (test, database) = migrated(test).await;
        let fill = |facts: &mut Facts| {
            for (number, (created, made)) in (0..).zip(rows) {
                let (id, created_at) = (id_made(at(now + made), number), at(now + created));
                let payer = owner.into();
                let payment = Payment { id: id.into(), payer, created_at, ..samples::payments(0, number) };
                facts.payments.add(payment).unwrap();
                let refund = Refund { id: id.into(), created_at, ..samples::refunds(0, number) };
                facts.refunds.add(refund).unwrap();
                let sides = if number % 2 == 0 { (owner, [9; 16]) } else { ([9; 16], owner) };
                let (payer, payee) = (sides.0.into(), sides.1.into());
                let base = samples::transfers(0, number);
                facts.transfers.add(Transfer { id: id.into(), payer, payee, created_at, ..base }).unwrap();
            }
        };
        commit(&SqlStore::new(database.clone()), batch(1), &Needs::default(), fill).await.unwrap();
        let lists = Lists::new(database);
        for (after, before) in [
            (None, None),
            (Some(0), None),
            (Some(1), None),
            (None, Some(0)),
            (None, Some(1)),
            (Some(0), Some(0)),
            (Some(0), Some(8)),
            (Some(SECOND), Some(SECOND + 1)),
            (Some(SECOND + 2), None),
            (Some(-now), Some(Timestamp::MAX.as_micros() - now)),
        ] {
            let moment = |offset: Option<i64>| offset.map(|offset| at(now + offset));
            let filter =
                Filter { status: None, created_after: moment(after), created_before: moment(before) };
            let mut expected: Vec<RawId> = (0..)
                .zip(rows)
                .filter(|(_, (created, _))| filter.takes("", at(now + created)))
                .map(|(number, (_, made))| id_made(at(now + made), number))
                .collect();
            expected.sort_unstable_by(|first, second| second.cmp(first));
            let times = (filter.created_after, filter.created_before);
            let refunds = lists.refunds(filter, None, 100).await.unwrap();
            assert_eq!(refunds.iter().map(RefundId::raw).collect::<Vec<_>>(), expected, "{filter:?}");
            let payments = lists.payments_of_payer(owner.into(), filter, None, 100).await.unwrap();
            assert_eq!(payments.iter().map(PaymentId::raw).collect::<Vec<_>>(), expected, "{filter:?}");
            let transfers = lists.transfers_of_user(owner.into(), times, None, 100).await.unwrap();
            assert_eq!(transfers.iter().map(TransferId::raw).collect::<Vec<_>>(), expected, "{filter:?}");
            // In pages of two, none is left out and none comes twice.
            let (mut paged, mut last) = (Vec::new(), None);
            loop {
                let page = lists.payments_of_payer(owner.into(), filter, last, 2).await.unwrap();
                let Some(end) = page.last() else { break };
                last = Some(*end);
                paged.extend(page.iter().map(PaymentId::raw));
            }
            assert_eq!(paged, expected, "{filter:?}");
        }
        drop(test);
    }
}

#[test]
fn a_filter_takes_a_span_of_time_with_its_begin_and_without_its_end() {
    let check = |filter: Filter, expected: [bool; 4]| {
        let found = [1, 2, 3, 4].map(|moment| filter.takes("paid", at(moment)));
        assert_eq!(found, expected, "{filter:?}");
    };
    check(ALL, [true; 4]);
    check(Filter { created_after: Some(at(2)), ..ALL }, [false, true, true, true]);
    check(Filter { created_before: Some(at(3)), ..ALL }, [true, true, false, false]);
    check(
        Filter { created_after: Some(at(2)), created_before: Some(at(3)), ..ALL },
        [false, true, false, false],
    );
    check(Filter { status: Some("paid"), ..ALL }, [true; 4]);
    check(Filter { status: Some("created"), ..ALL }, [false; 4]);
}

#[tokio::test]
async fn transfers_are_listed_on_both_sides_once() {
    for test in TestDatabase::both() {
        let (_test, _database, lists) = filled(test).await;
        // Transfer n is from n % 3 to n / 3: user 1 gave 1, 4, 7, 10 and got 3, 4, 5.
        let user = UserId::from_raw(id(1));
        assert_page!(lists.transfers_of_user(user, (None, None), None, 10), [10, 7, 5, 4, 3, 1]);
        assert_page!(lists.transfers_of_user(user, (None, None), None, 3), [10, 7, 5]);
        assert_page!(
            lists.transfers_of_user(user, (None, None), Some(TransferId::from_raw(id(5))), 2),
            [4, 3]
        );
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
        let all = makegood_store::EventFilter::default();
        let expected: Vec<_> = [7, 6, 5, 4].map(|key| samples::events(key, key)).into();
        assert_eq!(lists.events_of(id(1), &all, None, 10).await.unwrap(), expected);
        let before = Some(EventId::from_raw(id(6)));
        assert_eq!(lists.events_of(id(1), &all, before, 1).await.unwrap(), expected[2..3]);
        let everybody: Vec<_> = (0..samples::CONTENTS).rev().map(|key| samples::events(key, key)).collect();
        assert_eq!(lists.events(&all, None, 100).await.unwrap(), everybody);
        assert_eq!(lists.events(&all, before, 2).await.unwrap(), everybody[6..8]);
        // Three of them go down to the fifth.
        let floor = lists.events_floor(Some(id(1)), None, 3).await.unwrap();
        assert_eq!(floor, Some(expected[2].id));
        let some = makegood_store::EventFilter { down_to: floor, ..all.clone() };
        assert_eq!(lists.events_of(id(1), &some, None, 10).await.unwrap(), expected[..3]);
        assert_eq!(lists.events_floor(Some(id(1)), None, 5).await.unwrap(), None);
        let floor = lists.events_floor(None, before, 2).await.unwrap();
        assert_eq!(floor, Some(everybody[7].id));
        let some = makegood_store::EventFilter { down_to: floor, ..all };
        assert_eq!(lists.events(&some, before, 10).await.unwrap(), everybody[6..8]);
    }
}
