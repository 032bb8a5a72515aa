//! Rows with versions in a map, that refuse what a database refuses.

use crate::Failure;
use std::collections::BTreeMap;

/// Rows by key, each with its version.
pub type Versioned<K, V> = BTreeMap<K, (V, i64)>;

/// Refuses a key that exists: a constraint.
pub(super) fn check_absent<K: Ord, V>(
    rows: &Versioned<K, V>,
    table: &str,
    mut keys: impl Iterator<Item = K>,
) -> Result<(), Failure> {
    if keys.any(|key| rows.contains_key(&key)) {
        return Err(Failure::Deterministic(format!("insert into {table}: a key exists")));
    }
    Ok(())
}

/// Refuses a row that is gone or has another version: somebody was faster.
pub(super) fn check_loaded<K: Ord, V>(
    rows: &Versioned<K, V>,
    table: &str,
    mut loaded: impl Iterator<Item = (K, i64)>,
) -> Result<(), Failure> {
    let is_stale = |(key, version): (K, i64)| rows.get(&key).is_none_or(|(_, stored)| *stored != version);
    if loaded.any(is_stale) {
        return Err(Failure::Transient(format!("a row of {table} is not the one that was loaded")));
    }
    Ok(())
}

/// Writes rows with the version that follows the loaded one.
pub(super) fn put<K: Ord, V>(rows: &mut Versioned<K, V>, changed: impl Iterator<Item = (K, V, i64)>) {
    rows.extend(changed.map(|(key, row, loaded)| (key, (row, loaded.saturating_add(1)))));
}
