//! Rows by key, with what is known of each and an undo log.

use crate::id_map::IdMap;
use std::hash::Hash;

/// The rows of one kind that a book knows.
#[derive(Debug, Clone)]
pub(super) struct Table<K, V> {
    entries: IdMap<K, Entry<V>>,
    /// The keys of the entries that are changed, in the order in which they were first changed.
    changed: Vec<K>,
    undo: Vec<Undo<K, V>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry<V> {
    /// Nothing when the row is known to be absent.
    row: Option<V>,
    /// The version that is stored, where the row is stored.
    version: Option<i64>,
    changed: bool,
}

/// What an entry was before a change.
#[derive(Debug, Clone, Copy)]
struct Undo<K, V> {
    key: K,
    row: Option<V>,
    changed: bool,
}

/// Rows to insert, and rows to update with the version that was loaded.
pub(super) type Changed<V> = (Vec<V>, Vec<(V, i64)>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: IdMap::default(), changed: Vec::new(), undo: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Table<K, V> {
    /// Tells of a row as it is stored, or of its absence. What the book has changed itself stays.
    pub(super) fn put(&mut self, key: K, row: Option<V>, version: Option<i64>) {
        let entry = self.entries.entry(key).or_insert(Entry { row: None, version: None, changed: false });
        if !entry.changed {
            *entry = Entry { row, version, changed: false };
        }
    }

    /// The row, or its known absence, or nothing.
    pub(super) fn get(&self, key: &K) -> Option<Option<&V>> {
        self.entries.get(key).map(|entry| entry.row.as_ref())
    }

    /// Changes a row, or adds one.
    pub(super) fn set(&mut self, key: K, row: V) {
        let entry = self.entries.entry(key).or_insert(Entry { row: None, version: None, changed: false });
        self.undo.push(Undo { key, row: entry.row.replace(row), changed: entry.changed });
        if !entry.changed {
            entry.changed = true;
            self.changed.push(key);
        }
    }

    /// How many changes there were.
    pub(super) const fn len(&self) -> usize {
        self.undo.len()
    }

    /// Takes back all changes after the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.undo.len() > len {
            let Some(undo) = self.undo.pop() else { return };
            if let Some(entry) = self.entries.get_mut(&undo.key) {
                entry.row = undo.row;
                entry.changed = undo.changed;
            }
            if !undo.changed {
                self.changed.pop();
            }
        }
    }

    /// The changed rows, in the order in which they were first changed.
    pub(super) fn changes(&self) -> Changed<V> {
        let (mut inserted, mut updated) = (Vec::new(), Vec::new());
        for entry in self.changed.iter().filter_map(|key| self.entries.get(key)) {
            match (entry.row, entry.version) {
                (Some(row), Some(version)) => updated.push((row, version)),
                (Some(row), None) => inserted.push(row),
                (None, _) => {}
            }
        }
        (inserted, updated)
    }

    /// Removes a row and all knowledge of it.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key).and_then(|entry| entry.row)
    }

    /// All rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &V> {
        self.entries.values().filter_map(|entry| entry.row.as_ref())
    }

    /// Forgets how the rows came to be what they are.
    pub(super) fn forget_changes(&mut self) {
        for key in self.changed.drain(..) {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.changed = false;
            }
        }
        self.undo.clear();
    }
}
