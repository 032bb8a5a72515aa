//! Everything that a memory store keeps, in maps.

use super::{
    ledger::LedgerRows,
    versioned::{Versioned, check_absent, check_loaded, put},
};
use crate::{BatchRow, Failure, mapping::Mapped, tables::check_needs};
use makegood_base::BatchId;
use makegood_ledger::merkle::Hash;
use makegood_sql::Row;
use makegood_wallet::{Changes, Facts, Needs, RowChanges, Rows, for_each_table};
use std::collections::{BTreeMap, BTreeSet};

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// Everything that is stored, at one moment. Rows that are only ever inserted have version 0.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Snapshot {
            /// The ledger.
            pub ledger: LedgerRows,
            /// The batches, each with the root of the log after it.
            pub batches: BTreeMap<BatchId, (BatchRow, Hash)>,
            $(
                #[doc = concat!("The rows of `", stringify!($field), "`.")]
                pub $field: Versioned<$key, $row>,
            )*
        }

        impl Snapshot {
            /// The wallet's rows as a database has them, table after table, each in the order of its key.
            #[must_use]
            pub fn sql_rows(&self) -> Vec<Row> {
                let mut rows = Vec::new();
                $(rows.extend(sql_rows(&self.$field));)*
                rows
            }

            /// Tells the facts of every row that is needed: that it is there, or that it is absent.
            pub(super) fn load(&self, needs: &Needs, facts: &mut Facts) -> Result<(), Failure> {
                check_needs(needs)?;
                self.ledger.load(&needs.ledger, &mut facts.book);
                $(load(&self.$field, &needs.$field, &mut facts.$field);)*
                Ok(())
            }

            /// Refuses changes that a database would refuse.
            pub(super) fn check(&self, row: BatchRow, changes: &Changes) -> Result<(), Failure> {
                if self.batches.contains_key(&row.id) {
                    return Err(Failure::Deterministic("insert into ledger_batches: a key exists".to_owned()));
                }
                self.ledger.check(&changes.ledger)?;
                $(check(&self.$field, &changes.$field)?;)*
                Ok(())
            }

            /// Makes a batch that was checked part of the state.
            pub(super) fn apply(&mut self, row: BatchRow, changes: Changes) {
                self.ledger.apply(changes.ledger);
                self.batches.insert(row.id, (row, self.ledger.head.log.root()));
                $(apply(&mut self.$field, changes.$field);)*
            }
        }
    };
}

for_each_table!(declare);

fn sql_rows<R: Mapped>(rows: &Versioned<R::Key, R>) -> Vec<Row> {
    let row = |(row, version): &(R, i64)| Row {
        table: R::TABLE,
        values: row.clone().into_values(),
        version: *version,
    };
    let mut rows: Vec<Row> = rows.values().map(row).collect();
    rows.sort_by(|one, other| one.key().cmp(other.key()));
    rows
}

fn load<R: Mapped>(stored: &Versioned<R::Key, R>, keys: &BTreeSet<R::Key>, rows: &mut Rows<R>) {
    for key in keys {
        rows.put(key.clone(), stored.get(key).cloned());
    }
}

fn check<R: Mapped>(stored: &Versioned<R::Key, R>, changes: &RowChanges<R>) -> Result<(), Failure> {
    let table = R::TABLE.name;
    check_absent(stored, table, changes.inserted.iter().map(R::key))?;
    if !R::TABLE.versioned && !changes.updated.is_empty() {
        return Err(Failure::Deterministic(format!("{table} has no versions: its rows are never updated")));
    }
    check_loaded(stored, table, changes.updated.iter().map(|(row, version)| (row.key(), *version)))?;
    check_loaded(stored, table, changes.removed.iter().cloned())
}

fn apply<R: Mapped>(stored: &mut Versioned<R::Key, R>, changes: RowChanges<R>) {
    // Version 1 once it is inserted; 0 for ever where there are no versions.
    let first = if R::TABLE.versioned { 0 } else { -1 };
    put(stored, changes.inserted.into_iter().map(|row| (row.key(), row, first)));
    put(stored, changes.updated.into_iter().map(|(row, version)| (row.key(), row, version)));
    for (key, _) in changes.removed {
        stored.remove(&key);
    }
}
