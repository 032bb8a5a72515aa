//! Who waits for an object to change, on this server.

use makegood_base::RawId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The objects that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    objects: Mutex<HashMap<RawId, Arc<Notify>>>,
}

impl Waiters {
    /// What to wait on for the next change of an object. Ask for it before reading the object, so that no
    /// change falls between.
    pub(crate) fn of(&self, object: RawId) -> Arc<Notify> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(objects.entry(object).or_default())
    }

    /// Wakes everybody who waits for one of these objects.
    pub(crate) fn wake(&self, changed: impl Iterator<Item = RawId>) {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if objects.is_empty() {
            return;
        }
        for object in changed {
            if let Some(notify) = objects.remove(&object) {
                notify.notify_waiters();
            }
        }
        // Whoever gave up waiting leaves an entry behind; the map's own reference is the last one then.
        objects.retain(|_, notify| Arc::strong_count(notify) > 1);
    }
}
