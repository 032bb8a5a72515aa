//! The two queues before the engine, people's and the background's, and what bounds them.

use super::Undecided;
use makegood_base::RawId;
use makegood_wallet::{Command, CommandSize, Reply};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// What bounds the engine.
#[derive(Debug, Clone, Copy)]
pub struct EngineLimits {
    /// The most of people's commands in one batch.
    pub batch_commands_max: usize,
    /// How many rows people's commands in a batch may touch, and the background's as many again; the command that
    /// passes this is the last.
    pub batch_rows_max: usize,
    /// How many bytes of content people's commands in a batch may have, and the background's as many again; the
    /// command that passes this is the last.
    pub batch_bytes_max: usize,
    /// The most background commands of a batch while people wait: a share of their own.
    pub batch_background_max: usize,
    /// How many of people's commands may wait.
    pub queue_people_max: usize,
    /// How many background commands may wait.
    pub queue_background_max: usize,
    /// How many commands of one session or key may be under way.
    pub caller_share_max: usize,
    /// How long a command may wait before it is answered undecided.
    pub wait_max: Duration,
    /// How long one call of the store may take: a connection that is lost without a word must not hold the
    /// engine for ever.
    pub store_call_max: Duration,
    /// How often a batch is run again after a transient failure.
    pub retries_max: u32,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            batch_commands_max: 4_096,
            batch_rows_max: 262_144,
            batch_bytes_max: 16 * 1_024 * 1_024,
            batch_background_max: 256,
            queue_people_max: 16_384,
            queue_background_max: 4_096,
            caller_share_max: 1_024,
            wait_max: Duration::from_secs(10),
            store_call_max: Duration::from_secs(30),
            retries_max: 3,
        }
    }
}

/// A command that waits for its batch.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(super) command: Command,
    pub(super) size: CommandSize,
    pub(super) give_up_at: Instant,
    pub(super) answer: oneshot::Sender<Result<Reply, Undecided>>,
    pub(super) share: Option<Share>,
}

impl Queued {
    /// Answers. Whoever asked may have gone away, which changes nothing.
    pub(super) fn answer(self, outcome: Result<Reply, Undecided>) {
        drop(self.share);
        let _gone_away = self.answer.send(outcome);
    }
}

/// The receiving ends.
pub(super) struct Queues {
    pub(super) people: mpsc::Receiver<Queued>,
    pub(super) background: mpsc::Receiver<Queued>,
}

impl Queues {
    /// Waits for the first command and takes all that is there, people's first. Nothing when both queues are
    /// closed and empty. A command past its wait is answered here, before any work.
    pub(super) async fn collect(&mut self, limits: &EngineLimits) -> Option<Vec<Queued>> {
        loop {
            let first = tokio::select! {
                biased;
                Some(queued) = self.people.recv() => queued,
                Some(queued) = self.background.recv() => queued,
                else => return None,
            };
            let (mut people, mut background) = (Collected::default(), Collected::default());
            if first.command.action.is_background() {
                background.add(first)
            } else {
                people.add(first)
            }
            while people.has_room(limits.batch_commands_max, limits) {
                let Ok(queued) = self.people.try_recv() else { break };
                people.add(queued);
            }
            // The background has a share of its own, so that people never starve it.
            let waits = !people.commands.is_empty();
            let share = if waits { limits.batch_background_max } else { limits.batch_commands_max };
            while background.has_room(share, limits) {
                let Ok(queued) = self.background.try_recv() else { break };
                background.add(queued);
            }
            let mut batch = people.commands;
            batch.append(&mut background.commands);
            let now = Instant::now();
            let (late, batch): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|queued| queued.give_up_at <= now);
            for queued in late {
                queued.answer(Err(Undecided::Busy));
            }
            if !batch.is_empty() {
                return Some(batch);
            }
        }
    }
}

/// What a batch has of one queue.
#[derive(Default)]
struct Collected {
    commands: Vec<Queued>,
    rows: usize,
    bytes: usize,
}

impl Collected {
    fn add(&mut self, queued: Queued) {
        self.rows += queued.size.rows;
        self.bytes += queued.size.bytes;
        self.commands.push(queued);
    }

    const fn has_room(&self, commands_max: usize, limits: &EngineLimits) -> bool {
        self.commands.len() < commands_max
            && self.rows < limits.batch_rows_max
            && self.bytes < limits.batch_bytes_max
    }
}

/// How much each caller has under way.
#[derive(Debug)]
pub(super) struct Shares {
    taken: Mutex<HashMap<RawId, usize>>,
    share_max: usize,
}

/// One place of a caller's share, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Arc<Shares>,
    caller: RawId,
}

impl Shares {
    pub(super) fn new(share_max: usize) -> Self {
        Self { taken: Mutex::new(HashMap::new()), share_max }
    }

    /// Takes a place; nothing when the caller has none left.
    pub(super) fn take(shares: &Arc<Self>, caller: RawId) -> Option<Share> {
        let mut taken = shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(caller).or_insert(0);
        if *count >= shares.share_max {
            return None;
        }
        *count += 1;
        Some(Share { shares: Arc::clone(shares), caller })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}
