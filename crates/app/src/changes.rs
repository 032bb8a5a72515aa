//! Who waits for an object to change, on this server.

use makegood_base::RawId;
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// How often a change that another server may have committed is looked for.
const OTHER_SERVERS_INTERVAL: Duration = Duration::from_secs(1);

/// The objects that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    objects: Mutex<HashMap<RawId, Arc<Notify>>>,
}

impl Waiters {
    /// Reads an object until `is_enough`, again at each of its changes and, for those that another server
    /// commits, each second. Once `until` is ready it is read a last time. No change is missed: whoever
    /// reads waits already for what is committed after that.
    pub(crate) async fn read_until<T, F: Future<Output = T>>(
        &self,
        object: RawId,
        read: impl Fn() -> F,
        mut is_enough: impl FnMut(&T) -> bool,
        until: impl Future<Output = ()>,
    ) -> T {
        let mut until = pin!(until);
        loop {
            let change = self.next_change_of(object);
            let found = read().await;
            if is_enough(&found) {
                return found;
            }
            tokio::select! {
                () = &mut until => return read().await,
                () = change => {}
                () = tokio::time::sleep(OTHER_SERVERS_INTERVAL) => {}
            }
        }
    }

    /// Ready at the first change of an object that is told from now on, even before it is polled.
    fn next_change_of(&self, object: RawId) -> OwnedNotified {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(objects.entry(object).or_default()).notified_owned()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::{pending, ready};
    use tokio::time::Instant;

    const OBJECT: RawId = [1; 16];
    const OTHER: RawId = [2; 16];

    #[tokio::test(start_paused = true)]
    async fn a_change_between_the_read_and_the_wait_is_not_missed() {
        let (waiters, state) = (Waiters::default(), Cell::new(0));
        let began = Instant::now();
        let read = || {
            let found = state.get();
            // It is committed when this has been read, and before anybody could begin to wait.
            state.set(1);
            waiters.wake([OBJECT].into_iter());
            ready(found)
        };
        let found = waiters.read_until(OBJECT, read, |found| *found == 1, pending()).await;
        assert_eq!((found, began.elapsed()), (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_tells_is_looked_for_each_second() {
        let (waiters, reads) = (Waiters::default(), Cell::new(0));
        let began = Instant::now();
        let read = || {
            reads.set(reads.get() + 1);
            waiters.wake([OTHER].into_iter());
            ready(reads.get())
        };
        let found = waiters.read_until(OBJECT, read, |found| *found == 4, pending()).await;
        assert_eq!((found, began.elapsed()), (4, Duration::from_secs(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_wait_tells_what_is_true_then() {
        let (waiters, state) = (Waiters::default(), Cell::new(0));
        let until = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            // By another server: nobody here is told.
            state.set(1);
        };
        let began = Instant::now();
        let found = waiters.read_until(OBJECT, || ready(state.get()), |_| false, until).await;
        assert_eq!((found, began.elapsed()), (1, Duration::from_millis(500)));
    }

    #[tokio::test]
    async fn whoever_gave_up_leaves_nothing_behind() {
        let waiters = Waiters::default();
        waiters.read_until(OBJECT, || ready(()), |()| true, pending()).await;
        let waiting = waiters.next_change_of(OTHER);
        waiters.wake([[3; 16]].into_iter());
        let left: Vec<RawId> = waiters.objects.lock().unwrap().keys().copied().collect();
        assert_eq!(left, [OTHER]);
        drop(waiting);
    }
}
