//! What a batch knows: rows that were loaded, rows that are known to be absent, and what commands have made
//! of them. A row that is neither is not loaded; touching it stops the command, and the batch runs again
//! with the row loaded.

use crate::Stop;
use makegood_ledger::{Book, Head, RowKey};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// A row of a table.
pub trait Row: Clone + PartialEq + Send + Sync + 'static {
    /// What it is found by.
    type Key: Clone + Ord + Hash + std::fmt::Debug + Send + Sync + 'static;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// Adds the row with this key to what a command needs.
    fn require(needs: &mut Needs, key: Self::Key);
}

#[derive(Debug)]
struct Slot<R> {
    /// The version that was loaded; none for a row that is absent in the store.
    loaded: Option<i64>,
    current: Option<R>,
    changed: bool,
}

/// The rows of one table that a batch knows.
#[derive(Debug)]
pub struct Rows<R: Row> {
    slots: HashMap<R::Key, Slot<R>>,
    undo: Vec<(R::Key, Option<R>)>,
}

impl<R: Row> Default for Rows<R> {
    fn default() -> Self {
        Self { slots: HashMap::new(), undo: Vec::new() }
    }
}

/// What a batch made of the rows of one table.
#[derive(Debug, PartialEq)]
pub struct RowChanges<R: Row> {
    /// Rows that were absent.
    pub inserted: Vec<R>,
    /// Rows that were loaded, with the version that was.
    pub updated: Vec<(R, i64)>,
    /// Rows that were loaded and are to go, with the version that was.
    pub removed: Vec<(R::Key, i64)>,
}

impl<R: Row> Default for RowChanges<R> {
    fn default() -> Self {
        Self { inserted: Vec::new(), updated: Vec::new(), removed: Vec::new() }
    }
}

impl<R: Row> RowChanges<R> {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inserted.is_empty() && self.updated.is_empty() && self.removed.is_empty()
    }
}

impl<R: Row> Rows<R> {
    /// Tells what the store has under a key: a row with its version, or nothing. A row that is known already
    /// stays as it is.
    pub fn put(&mut self, key: R::Key, stored: Option<(R, i64)>) {
        let (current, loaded) = stored.map_or((None, None), |(row, version)| (Some(row), Some(version)));
        self.slots.entry(key).or_insert(Slot { loaded, current, changed: false });
    }

    /// Whether the row, or its absence, is known.
    #[must_use]
    pub fn is_known(&self, key: &R::Key) -> bool {
        self.slots.contains_key(key)
    }

    /// The row as it is now, or that there is none.
    pub fn get(&self, key: &R::Key) -> Result<Option<&R>, Stop> {
        match self.slots.get(key) {
            Some(slot) => Ok(slot.current.as_ref()),
            None => Err(Stop::not_loaded::<R>(key.clone())),
        }
    }

    /// The row if it is known and there; for needs, which ask again once more is known.
    #[must_use]
    pub fn peek(&self, key: &R::Key) -> Option<&R> {
        self.slots.get(key).and_then(|slot| slot.current.as_ref())
    }

    /// Writes a row, new or changed.
    pub fn set(&mut self, row: R) -> Result<(), Stop> {
        self.replace(row.key(), Some(row))
    }

    /// Writes a row whose id was made in this very batch, so that the store cannot have it.
    pub fn add(&mut self, row: R) -> Result<(), Stop> {
        self.put(row.key(), None);
        self.set(row)
    }

    /// Removes a row; nothing happens where there is none.
    pub fn remove(&mut self, key: &R::Key) -> Result<(), Stop> {
        if self.get(key)?.is_some() { self.replace(key.clone(), None) } else { Ok(()) }
    }

    fn replace(&mut self, key: R::Key, row: Option<R>) -> Result<(), Stop> {
        let Some(slot) = self.slots.get_mut(&key) else { return Err(Stop::not_loaded::<R>(key)) };
        let before = std::mem::replace(&mut slot.current, row);
        slot.changed = true;
        self.undo.push((key, before));
        Ok(())
    }

    fn savepoint(&self) -> usize {
        self.undo.len()
    }

    fn rollback(&mut self, savepoint: usize) {
        while self.undo.len() > savepoint {
            let Some((key, before)) = self.undo.pop() else { return };
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.current = before;
            }
        }
    }

    /// The rows that were touched, as they are now; none where a row is gone.
    pub(crate) fn touched(&self) -> impl Iterator<Item = (&R::Key, Option<&R>)> {
        self.slots.iter().filter(|(_, slot)| slot.changed).map(|(key, slot)| (key, slot.current.as_ref()))
    }

    /// What is to be written, in the order of keys, so that the same batch always writes the same.
    #[must_use]
    pub fn into_changes(self) -> RowChanges<R> {
        let mut changes = RowChanges::default();
        for (key, slot) in self.slots.into_iter().filter(|(_, slot)| slot.changed) {
            match (slot.current, slot.loaded) {
                (Some(row), None) => changes.inserted.push(row),
                (Some(row), Some(version)) => changes.updated.push((row, version)),
                (None, Some(version)) => changes.removed.push((key, version)),
                (None, None) => {}
            }
        }
        changes.inserted.sort_by_cached_key(Row::key);
        changes.updated.sort_by_cached_key(|(row, _)| row.key());
        changes.removed.sort();
        changes
    }
}

macro_rules! declare {
    ($($field:ident: $row:ty, $key:ty;)*) => {
        /// The rows that commands touch, by key.
        #[derive(Debug, Default, Clone, PartialEq, Eq)]
        pub struct Needs {
            /// Rows of the ledger.
            pub ledger: BTreeSet<RowKey>,
            $(
                #[doc = concat!("Rows of `", stringify!($field), "`.")]
                pub $field: BTreeSet<$key>,
            )*
        }

        impl Needs {
            /// Whether nothing is needed.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.ledger.is_empty() $(&& self.$field.is_empty())*
            }

            /// How many rows are needed.
            #[must_use]
            pub fn len(&self) -> usize {
                self.ledger.len() $(+ self.$field.len())*
            }

            /// Drops what is known already.
            pub fn retain_unknown(&mut self, facts: &Facts) {
                self.ledger.retain(|key| !facts.book.is_known(key));
                $(self.$field.retain(|key| !facts.$field.is_known(key));)*
            }
        }

        /// Everything that a batch knows.
        #[derive(Debug)]
        pub struct Facts {
            /// The ledger's rows.
            pub book: Book,
            $(
                #[doc = concat!("The rows of `", stringify!($field), "`.")]
                pub $field: Rows<$row>,
            )*
        }

        /// A point to go back to.
        #[derive(Debug)]
        pub struct Savepoint {
            book: makegood_ledger::Savepoint,
            $($field: usize,)*
        }

        /// Everything that a batch writes.
        #[derive(Debug)]
        pub struct Changes {
            /// The ledger's part.
            pub ledger: makegood_ledger::Changes,
            $(
                #[doc = concat!("The part of `", stringify!($field), "`.")]
                pub $field: RowChanges<$row>,
            )*
        }

        impl Facts {
            /// Knows nothing but the ledger's head.
            #[must_use]
            pub fn new(head: Head) -> Self {
                Self { book: Book::new(head), $($field: Rows::default(),)* }
            }

            /// Where a command starts.
            #[must_use]
            pub fn savepoint(&self) -> Savepoint {
                Savepoint { book: self.book.savepoint(), $($field: self.$field.savepoint(),)* }
            }

            /// Takes back all that happened since.
            pub fn rollback(&mut self, savepoint: Savepoint) {
                self.book.rollback(savepoint.book);
                $(self.$field.rollback(savepoint.$field);)*
            }

            /// What is to be written.
            #[must_use]
            pub fn into_changes(self) -> Changes {
                Changes { ledger: self.book.into_changes(), $($field: self.$field.into_changes(),)* }
            }
        }

        impl Changes {
            /// Whether there is nothing to write in the wallet's own tables.
            #[must_use]
            pub fn rows_are_empty(&self) -> bool {
                true $(&& self.$field.is_empty())*
            }
        }

        $(
            impl Row for $row {
                type Key = $key;

                fn key(&self) -> Self::Key {
                    self.id.clone()
                }

                fn require(needs: &mut Needs, key: Self::Key) {
                    needs.$field.insert(key);
                }
            }
        )*
    };
}

crate::for_each_table!(declare);

impl Needs {
    /// Needs a row.
    pub fn require<R: Row>(&mut self, key: R::Key) {
        R::require(self, key);
    }

    /// Needs a row and its timer, because the row may change.
    pub fn require_with_timer(&mut self, object: crate::tables::TimerKey) {
        use crate::tables::TimerKind;
        match object.kind {
            TimerKind::Order => self.orders.insert(object.object.into()),
            TimerKind::Payment => self.payments.insert(object.object.into()),
            TimerKind::BankTransfer => self.bank_transfers.insert(object.object.into()),
            TimerKind::SettlementDay => self.settlement_schedules.insert(object.object.into()),
            TimerKind::Settlement => self.settlements.insert(object.object.into()),
            TimerKind::EventFeed => self.merchants.insert(object.object.into()),
            TimerKind::WebhookEndpoint => self.webhook_endpoints.insert(object.object.into()),
        };
        self.timers.insert(object);
    }
}

impl Facts {
    /// Brings the timers in line with the objects that were changed: the one place where a deadline is kept.
    pub fn settle_timers(&mut self) -> Result<(), Stop> {
        use crate::tables::{Timer, TimerKey, TimerKind};
        let mut wanted = Vec::new();
        let mut want = |kind, object, due_at| wanted.push((TimerKey { kind, object }, due_at));
        for (key, row) in self.orders.touched() {
            want(TimerKind::Order, key.raw(), row.and_then(crate::tables::Order::next_deadline));
        }
        for (key, row) in self.payments.touched() {
            want(TimerKind::Payment, key.raw(), row.and_then(crate::tables::Payment::next_deadline));
        }
        for (key, row) in self.bank_transfers.touched() {
            want(TimerKind::BankTransfer, key.raw(), row.and_then(|transfer| transfer.next_at));
        }
        for (key, row) in self.settlement_schedules.touched() {
            want(TimerKind::SettlementDay, key.raw(), row.map(|schedule| schedule.cut_off));
        }
        for (key, row) in self.settlements.touched() {
            want(TimerKind::Settlement, key.raw(), row.and_then(crate::tables::Settlement::next_deadline));
        }
        for (key, row) in self.merchants.touched() {
            want(TimerKind::EventFeed, key.raw(), row.and_then(|merchant| merchant.feed.due_at));
        }
        for (key, row) in self.webhook_endpoints.touched() {
            let next_at = row.and_then(crate::tables::WebhookEndpoint::next_deadline);
            want(TimerKind::WebhookEndpoint, key.raw(), next_at);
        }
        for (id, due_at) in wanted {
            if self.is_new(id) {
                self.timers.put(id, None);
            }
            match (self.timers.get(&id)?.map(|timer| timer.due_at), due_at) {
                (before, Some(due_at)) if before != Some(due_at) => self.timers.set(Timer { id, due_at })?,
                (Some(_), None) => self.timers.remove(&id)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the object was made in this batch, so that the store has no timer of it.
    fn is_new(&self, id: crate::tables::TimerKey) -> bool {
        use crate::tables::TimerKind;
        fn made<R: Row>(rows: &Rows<R>, key: &R::Key) -> bool {
            rows.slots.get(key).is_some_and(|slot| slot.loaded.is_none())
        }
        match id.kind {
            TimerKind::Order => made(&self.orders, &id.object.into()),
            TimerKind::Payment => made(&self.payments, &id.object.into()),
            TimerKind::BankTransfer => made(&self.bank_transfers, &id.object.into()),
            TimerKind::SettlementDay => made(&self.settlement_schedules, &id.object.into()),
            TimerKind::Settlement => made(&self.settlements, &id.object.into()),
            TimerKind::EventFeed => made(&self.merchants, &id.object.into()),
            TimerKind::WebhookEndpoint => made(&self.webhook_endpoints, &id.object.into()),
        }
    }
}
