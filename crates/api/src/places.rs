//! How much one caller may wait for at once: each long poll and each stream of events takes a place.

use crate::answer::Refused;
use makegood_base::RawId;
use makegood_wallet::Caller;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// When to try again where a caller waits for too much.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Who waits, and for how much.
#[derive(Debug)]
pub(crate) struct Places {
    most: u32,
    taken: Arc<Mutex<HashMap<RawId, u32>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    caller: RawId,
    taken: Arc<Mutex<HashMap<RawId, u32>>>,
}

impl Places {
    /// So many for each caller.
    pub(crate) fn new(most: u32) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// A place for a caller. Those without a token share the places of one.
    pub(crate) fn take(&self, caller: Caller) -> Result<Held, Refused> {
        let id = caller.id().unwrap_or_default();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(id).or_default();
        if *count >= self.most {
            return Err(Refused::rate_limited(RETRY_AFTER));
        }
        *count = count.saturating_add(1);
        Ok(Held { caller: id, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_places_and_gets_them_back() {
        let places = Places::new(2);
        let caller = |number: u8| Caller::Session { id: [number; 16].into(), secret_hash: [0; 32] };
        let first = places.take(caller(1)).unwrap();
        let _second = places.take(caller(1)).unwrap();
        let refused = places.take(caller(1)).unwrap_err();
        assert_eq!(refused.problem.code, makegood_wallet::Code::RateLimited);
        let _other = places.take(caller(2)).unwrap();
        drop(first);
        let _third = places.take(caller(1)).unwrap();
        assert!(places.take(caller(1)).is_err());
    }
}
