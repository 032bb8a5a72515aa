//! What the engine may count on, case by case, on every store.

use crate::{
    samples,
    support::{at, batch, commit, id, postgres, read, sqlite},
};
use makegood_base::{MerchantId, UserId};
use makegood_ledger::{AccountId, RowKey, TransactionId, TransferRef};
use makegood_money::{Currency, Money};
use makegood_store::{Failure, MemoryStore, Store};
use makegood_wallet::{
    Facts, Needs, Row,
    postings::{self, Account, Kind},
    tables::{IdempotencyKey, SettlementSchedule, TimerKey, TimerKind},
};
use std::sync::Mutex;

macro_rules! on_every_store {
    ($($case:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $case() {
            cases::$case(&MemoryStore::default()).await;
            let (_kept, store) = sqlite().await;
            cases::$case(&store).await;
            let (_kept, store) = postgres().await;
            cases::$case(&store).await;
        }
    )+};
}

on_every_store!(
    what_is_absent_is_known_to_be,
    a_stale_version_is_transient,
    a_row_that_is_gone_is_transient,
    a_key_that_exists_is_deterministic,
    a_row_without_versions_is_never_updated,
    events_are_not_loaded,
    a_dropped_batch_is_not_there,
    a_batch_is_found_by_its_id_and_never_there_twice,
    due_timers_come_longest_due_first,
    expired_keys_come_in_their_order,
    what_was_paid_before_a_moment_is_what_it_was,
    reads_go_on_until_nothing_is_needed,
    a_second_batch_waits_for_the_first,
);

/// The user that the cases are about, and what loads it.
fn user() -> (UserId, Needs) {
    let id = samples::users(1, 0).id;
    (id, Needs { users: [id].into(), ..Needs::default() })
}

fn add_user(facts: &mut Facts) {
    facts.users.add(samples::users(1, 0)).unwrap();
}

fn rename_user(facts: &mut Facts) {
    facts.users.set(samples::users(1, 1)).unwrap();
}

/// What was loaded before somebody else was faster, and changed after.
async fn write_stale(
    store: &impl Store,
    needs: &Needs,
    faster: impl FnOnce(&mut Facts),
    slower: impl FnOnce(&mut Facts),
) -> Failure {
    let mut loaded = read(store, needs).await;
    commit(store, batch(11), needs, faster).await.unwrap();
    slower(&mut loaded);
    let (mut open, _) = store.begin().await.unwrap();
    store.write(&mut open, batch(12), loaded.into_changes()).await.unwrap_err()
}

mod cases {
    use super::*;

    pub async fn what_is_absent_is_known_to_be(store: &impl Store) {
        let transfer = TransferRef { transaction: TransactionId::from_raw(id(1)), leg: 0 };
        let ledger = [
            RowKey::Account(AccountId::from_raw(id(1))),
            RowKey::Transaction(transfer.transaction),
            RowKey::Hold(transfer),
            RowKey::Transfer(transfer),
        ];
        let timer = TimerKey { kind: TimerKind::Order, object: id(1) };
        let mut needs = Needs { ledger: ledger.into(), timers: [timer].into(), ..user().1 };
        needs.lookups.insert(samples::lookups(0, 0).key());
        let facts = read(store, &needs).await;
        assert_eq!(needs.len(), 7);
        needs.retain_unknown(&facts);
        assert!(needs.is_empty(), "{needs:?}");
        assert!(facts.users.get(&user().0).unwrap().is_none());
        assert!(facts.users.get(&UserId::from_raw(id(2))).is_err(), "nobody asked for it");
    }

    pub async fn a_stale_version_is_transient(store: &impl Store) {
        let (user, needs) = user();
        commit(store, batch(1), &Needs::default(), add_user).await.unwrap();
        let failure = write_stale(store, &needs, rename_user, |facts| {
            facts.users.set(samples::users(1, 2)).unwrap();
        });
        let failure = failure.await;
        assert!(matches!(failure, Failure::Transient(_)), "{failure:?}");
        let facts = read(store, &needs).await;
        assert!(facts.users.peek(&user) == Some(&samples::users(1, 1)), "the faster one stays");
    }

    pub async fn a_row_that_is_gone_is_transient(store: &impl Store) {
        let (user, needs) = user();
        commit(store, batch(1), &Needs::default(), add_user).await.unwrap();
        let remove = |facts: &mut Facts| facts.users.remove(&user).unwrap();
        let failure = write_stale(store, &needs, remove, remove).await;
        assert!(matches!(failure, Failure::Transient(_)), "{failure:?}");
    }

    pub async fn a_key_that_exists_is_deterministic(store: &impl Store) {
        let (user, needs) = user();
        let other = |facts: &mut Facts| facts.users.set(samples::users(1, 2)).unwrap();
        let failure = write_stale(store, &needs, add_user, other).await;
        assert!(matches!(&failure, Failure::Deterministic(text) if text.contains("users")), "{failure:?}");
        assert!(read(store, &needs).await.users.peek(&user) == Some(&samples::users(1, 0)));
    }

    pub async fn a_row_without_versions_is_never_updated(store: &impl Store) {
        let row = samples::lookups(1, 1);
        let needs = Needs { lookups: [row.key()].into(), ..Needs::default() };
        commit(store, batch(1), &needs, |facts| facts.lookups.set(row.clone()).unwrap()).await.unwrap();
        let other = |facts: &mut Facts| facts.lookups.set(samples::lookups(1, 2)).unwrap();
        let failure = commit(store, batch(2), &needs, other).await.unwrap_err();
        assert!(matches!(failure, Failure::Deterministic(_)), "{failure:?}");
        assert!(read(store, &needs).await.lookups.peek(&row.key()) == Some(&row));
    }

    pub async fn events_are_not_loaded(store: &impl Store) {
        let needs = Needs { events: [samples::events(1, 1).id].into(), ..Needs::default() };
        let failure = store.read(None, &|_| needs.clone()).await.unwrap_err();
        assert!(matches!(failure, Failure::Deterministic(_)), "{failure:?}");
    }

    pub async fn a_dropped_batch_is_not_there(store: &impl Store) {
        let (user, needs) = user();
        let (mut open, mut facts) = store.begin().await.unwrap();
        store.load(&mut open, &needs, &mut facts).await.unwrap();
        add_user(&mut facts);
        store.write(&mut open, batch(1), facts.into_changes()).await.unwrap();
        drop(open);
        assert!(!store.batch_exists(batch(1).id).await.unwrap());
        assert!(read(store, &needs).await.users.get(&user).unwrap().is_none());
        commit(store, batch(1), &needs, add_user).await.unwrap();
    }

    pub async fn a_batch_is_found_by_its_id_and_never_there_twice(store: &impl Store) {
        let needs = user().1;
        assert!(!store.batch_exists(batch(1).id).await.unwrap());
        commit(store, batch(1), &needs, add_user).await.unwrap();
        assert!(store.batch_exists(batch(1).id).await.unwrap());
        assert!(!store.batch_exists(batch(2).id).await.unwrap());
        let failure = commit(store, batch(1), &needs, rename_user).await.unwrap_err();
        assert!(matches!(failure, Failure::Deterministic(_)), "{failure:?}");
    }

    pub async fn due_timers_come_longest_due_first(store: &impl Store) {
        // Three kinds with one deadline each, later keys due earlier, and two of one kind due at once.
        let timers = [(1, 30), (2, 20), (3, 10), (4, 20), (5, 20), (6, 40)];
        let add = |facts: &mut Facts| {
            timers.iter().for_each(|(key, due)| facts.timers.add(samples::timers(*key, *due)).unwrap());
        };
        commit(store, batch(1), &Needs::default(), add).await.unwrap();
        let key = |number| samples::timers(number, 0).id;
        // With one deadline by kind (bank_transfer, order, payment), then by object.
        for (now, limit, expected) in [
            (9, 10, vec![]),
            (10, 10, vec![3]),
            (20, 10, vec![3, 2, 5, 4]),
            (39, 10, vec![3, 2, 5, 4, 1]),
            (39, 2, vec![3, 2]),
            (i64::MAX, 10, vec![3, 2, 5, 4, 1, 6]),
        ] {
            let expected: Vec<TimerKey> = expected.into_iter().map(key).collect();
            assert_eq!(store.due_timers(at(now), limit).await.unwrap(), expected, "{now} {limit}");
        }
        for (since, now, limit, expected) in [
            (10, 20, 10, vec![3, 2, 5, 4]),
            (11, 20, 10, vec![2, 5, 4]),
            (11, 40, 2, vec![2, 5]),
            (21, 39, 10, vec![1]),
            (21, 20, 10, vec![]),
        ] {
            let expected: Vec<TimerKey> = expected.into_iter().map(key).collect();
            let found = store.due_timers_since(at(since), at(now), limit).await.unwrap();
            assert_eq!(found, expected, "{since} {now} {limit}");
        }
    }

    pub async fn expired_keys_come_in_their_order(store: &impl Store) {
        // Caller and text of the key, and when it expires. Texts are compared by their bytes.
        let keys = [(1, "B", 10), (1, "a", 10), (2, "", 10), (2, "Z", 20), (2, "b", 10), (3, "a", 9)];
        let key = |(caller, key, _): &(u8, &str, i64)| IdempotencyKey {
            caller: id(*caller),
            key: (*key).to_owned(),
        };
        let add = |facts: &mut Facts| {
            for one in &keys {
                let row = samples::idempotency(0, 0);
                let row = makegood_wallet::tables::Idempotency { id: key(one), expires_at: at(one.2), ..row };
                facts.idempotency.add(row).unwrap();
            }
        };
        commit(store, batch(1), &Needs::default(), add).await.unwrap();
        for (now, limit, expected) in [
            (8, 10, vec![]),
            (9, 10, vec![5]),
            (10, 10, vec![5, 0, 1, 2, 4]),
            (10, 2, vec![5, 0]),
            (20, 10, vec![5, 0, 1, 2, 4, 3]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|number: usize| key(&keys[number])).collect();
            assert_eq!(store.expired_keys(at(now), limit).await.unwrap(), expected, "{now} {limit}");
        }
    }

    /// A payment at each of many moments, a settlement in between, and what was taken in the row of the days.
    pub async fn what_was_paid_before_a_moment_is_what_it_was(store: &impl Store) {
        let (user, merchant) = (UserId::from_raw(id(1)), MerchantId::from_raw(id(2)));
        let pending = Account::merchant(Kind::MerchantPending, merchant, Currency::CNY);
        assert_eq!(store.paid_before(pending.id(), at(5)).await.unwrap(), 0, "nobody was paid");
        let cny = |minor| Money::new(minor, Currency::CNY);
        // When, and what: more payments than a page of the journal has.
        let mut moves = vec![(0, postings::top_up("north", user, cny(1_000_000)))];
        moves.extend((1..=250).map(|moment| (moment, postings::payment(user, merchant, cny(100), 10))));
        moves.insert(101, (100, postings::settlement(merchant, cny(4_000))));
        // Committed by a server whose clock is behind: two entries stand in the order of neither time.
        moves.swap(200, 201);
        let add = |facts: &mut Facts| {
            for (number, (moment, movement)) in (0_u8..).cycle().zip(moves) {
                let transaction = TransactionId::derive(&moment.to_string(), id(number));
                facts.book.put_absent(RowKey::Transaction(transaction));
                for account in &movement.accounts {
                    if facts.book.account(&account.id()).is_none() {
                        facts.book.put_absent(RowKey::Account(account.id()));
                    }
                }
                let book = &facts.book;
                let known = |account: &Account| book.account(&account.id()).is_some();
                let transaction = movement.transaction(transaction, id(3), known);
                makegood_ledger::apply(&mut facts.book, &transaction, at(moment)).unwrap();
            }
            let row = samples::settlement_schedules(1, 1);
            let row = SettlementSchedule { id: pending.id(), taken_minor: 4_000, ..row };
            facts.settlement_schedules.add(row).unwrap();
        };
        commit(store, batch(1), &Needs::default(), add).await.unwrap();
        for (moment, payments) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (100, 99),
            (101, 100),
            (200, 199),
            (201, 200),
            (250, 249),
            (251, 250),
            (999, 250),
        ] {
            let paid = store.paid_before(pending.id(), at(moment)).await.unwrap();
            assert_eq!(paid, payments * 90, "before {moment}");
        }
    }

    pub async fn reads_go_on_until_nothing_is_needed(store: &impl Store) {
        commit(store, batch(1), &Needs::default(), add_user).await.unwrap();
        let rounds = Mutex::new(0);
        // Each round needs one more than what is known: without an end.
        let endless = |facts: &Facts| {
            *rounds.lock().unwrap() += 1;
            let known = (1..10).filter(|key| facts.users.is_known(&UserId::from_raw(id(*key)))).count();
            let wanted = (1..=known + 1).map(|key| UserId::from_raw(id(u8::try_from(key).unwrap())));
            Needs { users: wanted.collect(), ..Needs::default() }
        };
        let facts = store.read(None, &endless).await.unwrap();
        assert_eq!(*rounds.lock().unwrap(), 4);
        assert!(facts.users.peek(&user().0).is_some());
        assert!(facts.users.is_known(&UserId::from_raw(id(4))));
        assert!(!facts.users.is_known(&UserId::from_raw(id(5))));
        // What needs nothing more is asked once more and no further.
        *rounds.lock().unwrap() = 0;
        let once = |_: &Facts| {
            *rounds.lock().unwrap() += 1;
            user().1
        };
        store.read(None, &once).await.unwrap();
        assert_eq!(*rounds.lock().unwrap(), 2);
    }

    pub async fn a_second_batch_waits_for_the_first<S: Store + Clone>(store: &S) {
        let (user, needs) = user();
        let (mut first, mut facts) = store.begin().await.unwrap();
        let other = store.clone();
        let second = tokio::spawn(async move {
            let (mut second, mut facts) = other.begin().await.unwrap();
            other.load(&mut second, &super::user().1, &mut facts).await.unwrap();
            facts.users.peek(&user).cloned()
        });
        // Time enough for the second, if it did not wait.
        for _ in 0..20 {
            read(store, &needs).await;
            tokio::task::yield_now().await;
        }
        store.load(&mut first, &needs, &mut facts).await.unwrap();
        assert!(!second.is_finished());
        add_user(&mut facts);
        store.write(&mut first, batch(1), facts.into_changes()).await.unwrap();
        store.commit(first).await.unwrap();
        assert!(second.await.unwrap() == Some(samples::users(1, 0)), "it sees what the first committed");
    }
}
