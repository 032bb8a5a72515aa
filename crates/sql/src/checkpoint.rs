//! Copies what was committed from SQLite's log into its file, on a thread of its own. Within a commit, where SQLite does it
//! by default, everybody would wait for it.

use crate::{
    database::Options,
    error::Error,
    sqlite::{Connection, Purpose},
};
use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

/// How many frames of the log, of a page each, wait to be copied at the most before that is done: 16 MiB.
const FRAMES_MAX: i64 = 4_000;
/// How often the log is looked at, at the most: that costs a commit of few rows a good part of its time.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long the log grows before the writer itself copies the rest, which begins it anew: while others copy, it goes on.
const LOG_FRAMES_MAX: i64 = 4 * FRAMES_MAX;

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    /// How many frames it has.
    pub(crate) frames: i64,
    /// How many of these the file has too.
    pub(crate) copied: i64,
}

/// Looks after the log of one file. Its thread begins when there is something to copy for the first time.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    file: PathBuf,
    options: Options,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    looked_at: Option<Instant>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(crate) fn new(file: PathBuf, options: Options) -> Self {
        Self { file, options, state: Mutex::default() }
    }

    /// After a commit on this connection, and before it is answered: has the log copied when it is long enough. What
    /// fails here is tried again after a later commit; what was committed is committed.
    pub(crate) fn consider(&self, connection: &mut Connection) {
        {
            let mut state = self.state();
            if state.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
                return;
            }
            state.looked_at = Some(Instant::now());
        }
        let Ok(log) = connection.log() else { return };
        let waiting = log.frames - log.copied;
        if waiting >= FRAMES_MAX {
            self.wake();
        }
        let is_long = log.frames >= LOG_FRAMES_MAX && waiting < FRAMES_MAX;
        // The thread does not keep up. What a long reader has kept waiting is left to it all the same.
        let is_too_long = log.frames >= 2 * LOG_FRAMES_MAX && waiting < 2 * LOG_FRAMES_MAX;
        if is_long || is_too_long {
            let _all_of_it = connection.copy_log();
        }
    }

    /// Has the log copied, whatever its length.
    pub(crate) fn wake(&self) {
        let mut state = self.state();
        if state.running.is_none() {
            state.running = self.start().ok();
        }
        // A thread that was woken and has not begun yet does this too.
        let woken = state.running.as_ref().map(|running| running.wake.try_send(()));
        if let Some(Err(TrySendError::Disconnected(()))) = woken {
            state.running = None;
        }
    }

    /// Waits until nothing is under way, and ends the thread.
    pub(crate) fn close(&self) {
        let running = self.state().running.take();
        if let Some(Running { wake, thread }) = running {
            drop(wake);
            let _ended = thread.join();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Running, Error> {
        let connection = Connection::open(&self.file, Purpose::Checkpoint, &self.options)?;
        let (wake, woken) = sync_channel(1);
        let thread = Builder::new().name("checkpoint".to_owned()).spawn(move || run(connection, &woken));
        let thread = thread.map_err(|error| Error::Down(error.to_string()))?;
        Ok(Running { wake, thread })
    }
}

fn run(mut connection: Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        let _as_much_as_can_be = connection.copy_log();
    }
}
