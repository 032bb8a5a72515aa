//! Every row of every table comes back as it was written, from every store.

use crate::{
    samples::{self, CONTENTS},
    support::{batch, commit, dump, postgres, read, sqlite},
};
use makegood_sql::Row as SqlRow;
use makegood_store::{MemoryStore, Store};
use makegood_wallet::{Facts, Needs, Row, Rows, for_each_table};

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// Every row that the samples have.
        fn needs_of_all() -> Needs {
            let mut needs = Needs::default();
            $(needs.$field.extend((0..CONTENTS).map(|key| samples::$field(key, 0).key()));)*
            // Events are never loaded.
            needs.events.clear();
            needs
        }

        fn insert_all(facts: &mut Facts) {
            $((0..CONTENTS).for_each(|key| facts.$field.add(samples::$field(key, key)).unwrap());)*
        }

        /// Each row of a table with versions gets the content of the next.
        fn update_all(facts: &mut Facts) {
            $(if is_updated(stringify!($field)) {
                (0..CONTENTS).for_each(|key| {
                    facts.$field.set(samples::$field(key, (key + 1) % CONTENTS)).unwrap();
                });
            })*
        }

        fn remove_all(facts: &mut Facts) {
            $(if is_updated(stringify!($field)) {
                (0..CONTENTS).for_each(|key| facts.$field.remove(&samples::$field(key, 0).key()).unwrap());
            })*
        }

        fn assert_all(facts: &Facts, shift: u8) {
            $(if stringify!($field) != "events" {
                let shift = if is_updated(stringify!($field)) { shift } else { 0 };
                let expected = |key| samples::$field(key, (key + shift) % CONTENTS);
                assert_rows(&facts.$field, expected, stringify!($field));
            })*
        }

        fn assert_removed(facts: &Facts) {
            $(if is_updated(stringify!($field)) {
                for key in (0..CONTENTS).map(|key| samples::$field(key, 0).key()) {
                    assert!(facts.$field.get(&key).unwrap().is_none(), "{} {key:?}", stringify!($field));
                }
            })*
        }
    };
}

for_each_table!(declare);

/// Others are only ever inserted.
fn is_updated(table: &str) -> bool {
    !["transfers", "lookups", "events"].contains(&table)
}

fn assert_rows<R: Row>(rows: &Rows<R>, expected: impl Fn(u8) -> R, table: &str) {
    for row in (0..CONTENTS).map(expected) {
        let found = rows.get(&row.key()).unwrap();
        assert!(found == Some(&row), "{table} {:?} came back as another row", row.key());
    }
}

async fn insert_and_update(store: &impl Store) {
    let needs = needs_of_all();
    commit(store, batch(1), &Needs::default(), insert_all).await.unwrap();
    assert_all(&read(store, &needs).await, 0);
    commit(store, batch(2), &needs, update_all).await.unwrap();
    assert_all(&read(store, &needs).await, 1);
}

async fn remove(store: &impl Store) {
    let needs = needs_of_all();
    commit(store, batch(3), &needs, remove_all).await.unwrap();
    assert_removed(&read(store, &needs).await);
}

/// The same on all stores, down to each value and version.
#[tokio::test]
async fn every_row_comes_back_from_every_store() {
    let memory = MemoryStore::default();
    insert_and_update(&memory).await;
    let expected = memory.snapshot().sql_rows();
    assert_eq!(expected.len(), makegood_store::TABLES.len() * usize::from(CONTENTS));
    let versions = expected.iter().map(|row| row.version).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(versions, [0, 2].into());
    remove(&memory).await;
    let left = memory.snapshot().sql_rows();
    assert_eq!(left.len(), 3 * usize::from(CONTENTS));
    let (_sqlite, sqlite) = sqlite().await;
    let (_postgres, postgres) = postgres().await;
    for store in [sqlite, postgres] {
        insert_and_update(&store).await;
        assert_same(&dump(&store).await, &expected);
        remove(&store).await;
        assert_same(&dump(&store).await, &left);
    }
}

fn assert_same(found: &[SqlRow], expected: &[SqlRow]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}
