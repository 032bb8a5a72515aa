//! The engine: commands in, one committed batch after the other, answers out.
//!
//! While one batch commits, the next collects. A batch begins by locking the journal's head, loads what its
//! commands need, decides them in order on what it knows, writes all effects in bulk, commits once, and only
//! then answers. The engine runs in a task of its own: a caller that goes away cancels nothing.

mod batch;
mod queue;

pub use queue::EngineLimits;
pub(crate) use queue::Queued;

use crate::callers::Callers;
use crate::changes::Waiters;
use batch::Runner;
use makegood_base::{Clock, Entropy};
use makegood_store::Store;
use makegood_wallet::{Command, Reply, Settings};
use queue::{Queues, Shares};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Why a command was not decided. Nothing of it happened, except where it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The queue is full, or the command waited longer than it may.
    #[error("the engine is at its limit")]
    Busy,
    /// This caller has too much under way.
    #[error("the caller has too much under way")]
    RateLimited,
    /// The store cannot work, or the engine is stopping. After a lost connection it can be that the command
    /// did happen: its key tells.
    #[error("the store cannot be reached")]
    Unavailable,
    /// Something that must not happen happened; the log has it.
    #[error("the command failed inside")]
    Internal,
}

/// The engine's entry: cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    people: mpsc::Sender<Queued>,
    background: mpsc::Sender<Queued>,
    shares: Arc<Shares>,
    limits: EngineLimits,
    told: Told,
}

/// Whom the engine tells of its commits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    callers: Arc<Callers>,
    waiters: Arc<Waiters>,
    work: Arc<Notify>,
    /// When a batch was given up last, if none was committed since.
    given_up_at: Arc<Mutex<Option<Instant>>>,
}

/// How long after a batch was given up another may be tried without being asked for.
const GIVEN_UP_FOR: Duration = Duration::from_secs(10);

impl Told {
    fn given_up(&self, at: Option<Instant>) {
        *self.given_up_at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn writes_at(&self, now: Instant) -> bool {
        let given_up_at = *self.given_up_at.lock().unwrap_or_else(PoisonError::into_inner);
        given_up_at.is_none_or(|at| now.duration_since(at) >= GIVEN_UP_FOR)
    }
}

/// What the engine works with.
pub(crate) struct Parts<S> {
    pub(crate) store: Arc<S>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limits: EngineLimits,
}

impl Engine {
    /// Starts the engine on a store. It stops, with its queues drained, when every clone of the entry is
    /// dropped; the handle tells when that is done.
    pub fn start<S: Store>(
        store: Arc<S>,
        settings: Arc<Settings>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: EngineLimits,
    ) -> (Self, JoinHandle<()>) {
        let (people, people_queue) = mpsc::channel(limits.queue_people_max);
        let (background, background_queue) = mpsc::channel(limits.queue_background_max);
        let told = Told::default();
        let engine = Self {
            people,
            background,
            shares: Arc::new(Shares::new(limits.caller_share_max)),
            limits,
            told: told.clone(),
        };
        let mut queues = Queues { people: people_queue, background: background_queue };
        let runner = Runner::new(Parts { store, settings, clock, entropy, limits }, told);
        let needs_thread = runner.store().holds_thread();
        let work = async move {
            while let Some(batch) = queues.collect(&limits).await {
                runner.run(batch).await;
            }
        };
        let task = if needs_thread {
            let runtime = tokio::runtime::Handle::current();
            tokio::task::spawn_blocking(move || runtime.block_on(work))
        } else {
            tokio::spawn(work)
        };
        (engine, task)
    }

    /// Submits a command and waits for its answer, which is there only once it is committed. Dropping the
    /// future does not take the command back.
    pub async fn submit(&self, command: Command) -> Result<Reply, Undecided> {
        // The service's own work has its own queue instead of a share.
        let share = match command.caller.id() {
            Some(caller) => Some(Shares::take(&self.shares, caller).ok_or(Undecided::RateLimited)?),
            None => None,
        };
        let queue = if command.action.is_background() { &self.background } else { &self.people };
        let (answer, answered) = oneshot::channel();
        let give_up_at = Instant::now() + self.limits.wait_max;
        let queued = Queued { size: command.size(), command, give_up_at, answer, share };
        queue.try_send(queued).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Undecided::Busy,
            mpsc::error::TrySendError::Closed(_) => Undecided::Unavailable,
        })?;
        answered.await.unwrap_or(Err(Undecided::Unavailable))
    }

    /// Whether the store took what was written last: no batch was given up since the last commit. After a while it is
    /// worth another try, since who is told that nothing can be written sends nothing that shows the opposite.
    pub(crate) fn writes(&self) -> bool {
        self.told.writes_at(Instant::now())
    }

    /// Who waits for what this engine commits.
    pub(crate) fn waiters(&self) -> &Waiters {
        &self.told.waiters
    }

    /// Who recent callers are.
    pub(crate) fn callers(&self) -> &Callers {
        &self.told.callers
    }

    /// Told whenever a commit has changed a timer.
    pub(crate) fn work(&self) -> Arc<Notify> {
        Arc::clone(&self.told.work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_takes_no_writes_is_tried_again_after_a_while() {
        let (told, now) = (Told::default(), Instant::now());
        assert!(told.writes_at(now), "nothing was written yet");
        told.given_up(Some(now));
        assert!(!told.writes_at(now) && !told.writes_at(now + GIVEN_UP_FOR / 2));
        assert!(told.writes_at(now + GIVEN_UP_FOR));
        told.given_up(None);
        assert!(told.writes_at(now), "a batch was committed");
    }
}
