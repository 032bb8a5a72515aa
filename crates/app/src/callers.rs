//! Who recent callers are: a bounded cache that spares a read its look-up of the session or API key.
//!
//! Only reads use it; a command decides on the row as its batch loads it. A row is dropped before this
//! server answers the commit that changed it, so that a logout that was answered holds at once. What another
//! server commits is seen after at most [`AGE_MAX`].

use makegood_base::RawId;
use makegood_wallet::{Caller, CallerRow};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How old a row may be.
const AGE_MAX: Duration = Duration::from_secs(1);
/// How many rows are kept.
const ROWS_MAX: usize = 10_000;

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    rows: HashMap<RawId, (Instant, CallerRow)>,
    /// How often rows were dropped: what was read before that may be older than what was dropped.
    drops: u64,
}

/// When a read began; what it found is kept only if nothing was dropped since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    at: Instant,
    drops: u64,
}

impl Callers {
    /// A caller's row, if it is kept, and what [`keep`](Self::keep) has to be told otherwise.
    pub(crate) fn get(&self, caller: Caller) -> (Option<CallerRow>, Began) {
        let (kept, at) = (self.lock(), Instant::now());
        let is_young = |(read_at, _): &&(Instant, CallerRow)| at.duration_since(*read_at) < AGE_MAX;
        let row = caller.id().and_then(|id| kept.rows.get(&id)).filter(is_young);
        (row.map(|(_, row)| row.clone()), Began { at, drops: kept.drops })
    }

    /// Keeps what a read found.
    pub(crate) fn keep(&self, row: CallerRow, began: Began) {
        let mut kept = self.lock();
        if kept.drops != began.drops {
            return;
        }
        if kept.rows.len() >= ROWS_MAX {
            kept.rows.retain(|_, (read_at, _)| began.at.duration_since(*read_at) < AGE_MAX);
        }
        if kept.rows.len() < ROWS_MAX {
            kept.rows.insert(row.id(), (began.at, row));
        }
    }

    /// Drops what a commit has changed.
    pub(crate) fn forget(&self, changed: &[RawId]) {
        if changed.is_empty() {
            return;
        }
        let mut kept = self.lock();
        kept.drops += 1;
        for id in changed {
            kept.rows.remove(id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_auth::{Principal, Session};
    use makegood_base::{SessionId, Timestamp, UserId};

    fn caller(number: u8) -> Caller {
        Caller::Session { id: SessionId::from_raw([number; 16]), secret_hash: [0; 32] }
    }

    fn row(number: u8) -> CallerRow {
        CallerRow::Session(Session {
            id: SessionId::from_raw([number; 16]),
            principal: Principal::User(UserId::from_raw([number; 16])),
            secret_hash: [0; 32],
            created_at: Timestamp::from_micros(0),
            expires_at: Timestamp::from_micros(1),
            revoked_at: None,
            user_agent: None,
        })
    }

    fn is_kept(callers: &Callers, number: u8) -> bool {
        callers.get(caller(number)).0.is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_is_kept_for_a_second_and_until_it_changes() {
        let callers = Callers::default();
        let began = callers.get(caller(1)).1;
        callers.keep(row(1), began);
        callers.keep(row(2), began);
        assert!(is_kept(&callers, 1) && is_kept(&callers, 2) && !is_kept(&callers, 3));
        callers.forget(&[[1; 16]]);
        assert!(!is_kept(&callers, 1) && is_kept(&callers, 2));
        tokio::time::advance(AGE_MAX).await;
        assert!(!is_kept(&callers, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_a_change_is_not_kept_after_it() {
        let callers = Callers::default();
        let began = callers.get(caller(1)).1;
        callers.forget(&[[1; 16]]);
        callers.keep(row(1), began);
        assert!(!is_kept(&callers, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_bounded_and_makes_room() {
        let callers = Callers::default();
        {
            let mut kept = callers.lock();
            let old = Instant::now();
            for number in 0..ROWS_MAX as u64 {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&number.to_le_bytes());
                kept.rows.insert(id, (old, row(0)));
            }
        }
        let began = callers.get(caller(255)).1;
        callers.keep(row(255), began);
        assert!(!is_kept(&callers, 255), "it is full");
        tokio::time::advance(AGE_MAX).await;
        let began = callers.get(caller(255)).1;
        callers.keep(row(255), began);
        assert!(is_kept(&callers, 255));
        assert_eq!(callers.lock().rows.len(), 1);
    }
}
