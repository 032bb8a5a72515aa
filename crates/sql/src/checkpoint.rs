//! Copies what was committed from SQLite's log into its file, on a thread of its own. Within a commit, where SQLite does it
//! by default, everybody would wait for it.

use crate::{
    database::Options,
    error::Error,
    sqlite::{Connection, Purpose},
};
use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

/// How many frames of the log, of a page each, wait to be copied at the most before that is done: 16 MiB.
const FRAMES_MAX: i64 = 4_000;
/// How often the log is looked at, at the most: that costs a commit of few rows a good part of its time.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long the log grows before the writer itself copies the rest, which begins it anew: while others copy, it goes on.
const LOG_FRAMES_MAX: i64 = 4 * FRAMES_MAX;
/// How long a writer waits for the thread at a time, where it does not keep up.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    /// How many frames it has.
    pub(crate) frames: i64,
    /// How many of these the file has too.
    pub(crate) copied: i64,
}

impl Log {
    fn waiting(self) -> i64 {
        self.frames - self.copied
    }

    /// Whether the thread has to copy.
    fn is_to_be_copied(self) -> bool {
        self.waiting() >= FRAMES_MAX
    }

    /// Whether so little is left that the writer copies it, for the next commit to begin the log anew.
    fn is_to_begin_anew(self) -> bool {
        self.frames >= LOG_FRAMES_MAX && !self.is_to_be_copied()
    }

    /// Whether the thread does not keep up with what is written.
    fn is_too_long(self) -> bool {
        self.frames >= 2 * LOG_FRAMES_MAX
    }
}

/// Looks after the log of one file. Its thread begins when there is something to copy for the first time.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    file: PathBuf,
    options: Options,
    looked_at: Mutex<Option<Instant>>,
    worker: Mutex<Option<Worker>>,
}

impl Checkpointer {
    pub(crate) fn new(file: PathBuf, options: Options) -> Self {
        Self { file, options, looked_at: Mutex::default(), worker: Mutex::default() }
    }

    /// After a commit on this connection, and before it is answered: has the log copied when it is long enough, and
    /// waits for that when it is too long, so that no disk is filled by a log. What fails here is tried again after a
    /// later commit; what was committed is committed.
    pub(crate) fn consider(&self, connection: &mut Connection) {
        {
            let mut looked_at = locked(&self.looked_at);
            if looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
                return;
            }
            *looked_at = Some(Instant::now());
        }
        let Ok(mut log) = connection.log() else { return };
        let mut must_copy = false;
        if log.is_to_be_copied() {
            must_copy = !self.wake();
        }
        if log.is_too_long() && !must_copy {
            self.wait();
            let Ok(now) = connection.log() else { return };
            log = now;
        }
        if must_copy || log.is_to_begin_anew() {
            let _all_of_it = connection.copy_log();
        }
    }

    /// Has the log copied, whatever its length. False where there is no thread to do it.
    pub(crate) fn wake(&self) -> bool {
        let mut worker = locked(&self.worker);
        if worker.is_none() {
            *worker = self.start().ok();
        }
        worker.as_ref().is_some_and(Worker::wake)
    }

    /// Waits until nothing is under way, and ends the thread.
    pub(crate) fn close(&self) {
        let worker = locked(&self.worker).take();
        if let Some(worker) = worker {
            worker.end();
        }
    }

    fn wait(&self) {
        let turn = locked(&self.worker).as_ref().map(|worker| Arc::clone(&worker.turn));
        if let Some(turn) = turn {
            turn.wait(PATIENCE);
        }
    }

    fn start(&self) -> Result<Worker, Error> {
        let mut connection = Connection::open(&self.file, Purpose::Checkpoint, &self.options)?;
        Worker::start(move || {
            let _as_much_as_can_be = connection.copy_log();
        })
    }
}

/// A thread that does one thing whenever it is woken.
#[derive(Debug)]
struct Worker {
    turn: Arc<Turn>,
    thread: JoinHandle<()>,
}

/// What a worker and those who wake it share.
#[derive(Debug, Default)]
struct Turn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_wanted: bool,
    is_under_way: bool,
    is_ending: bool,
}

impl Worker {
    fn start(mut work: impl FnMut() + Send + 'static) -> Result<Self, Error> {
        let turn = Arc::new(Turn::default());
        let theirs = Arc::clone(&turn);
        let thread = Builder::new().name("checkpoint".to_owned()).spawn(move || {
            while theirs.begin() {
                work();
                theirs.finish();
            }
        });
        let thread = thread.map_err(|error| Error::Down(error.to_string()))?;
        Ok(Self { turn, thread })
    }

    /// Wakes the thread. False where it is gone.
    fn wake(&self) -> bool {
        locked(&self.turn.state).is_wanted = true;
        self.turn.changed.notify_all();
        !self.thread.is_finished()
    }

    fn end(self) {
        locked(&self.turn.state).is_ending = true;
        self.turn.changed.notify_all();
        let _ended = self.thread.join();
    }
}

impl Turn {
    /// Waits until the thread is woken. False when it has to end.
    fn begin(&self) -> bool {
        let idle = |state: &mut State| !state.is_wanted && !state.is_ending;
        let state = self.changed.wait_while(locked(&self.state), idle);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.is_wanted = false;
        state.is_under_way = !state.is_ending;
        state.is_under_way
    }

    fn finish(&self) {
        locked(&self.state).is_under_way = false;
        self.changed.notify_all();
    }

    /// Waits until the thread has done what it was woken for, but not longer than this.
    fn wait(&self, patience: Duration) {
        let busy = |state: &mut State| state.is_wanted || state.is_under_way;
        let _in_time = self.changed.wait_timeout_while(locked(&self.state), patience, busy);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel, sync_channel};

    #[test]
    fn a_log_is_copied_begun_anew_or_waited_for_by_its_length() {
        for (frames, copied, expected) in [
            (0, 0, (false, false, false)),
            (3_999, 0, (false, false, false)),
            (4_000, 0, (true, false, false)),
            (15_999, 15_999, (false, false, false)),
            (16_000, 12_001, (false, true, false)),
            (16_000, 12_000, (true, false, false)),
            (31_999, 0, (true, false, false)),
            (32_000, 0, (true, false, true)),
            (32_000, 32_000, (false, true, true)),
            (1_000_000, 0, (true, false, true)),
        ] {
            let log = Log { frames, copied };
            let found = (log.is_to_be_copied(), log.is_to_begin_anew(), log.is_too_long());
            assert_eq!(found, expected, "{log:?}");
        }
    }

    #[test]
    fn who_waits_goes_on_when_the_copy_has_ended() {
        let (begun, has_begun) = channel();
        let (go_on, may_go_on) = sync_channel::<()>(0);
        let worker = Worker::start(move || {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        });
        let worker = worker.unwrap();
        assert!(worker.wake());
        has_begun.recv().unwrap();
        let (waited, has_waited) = channel();
        let turn = Arc::clone(&worker.turn);
        let waiting = std::thread::spawn(move || {
            turn.wait(Duration::from_secs(60));
            waited.send(()).unwrap();
        });
        let early = has_waited.recv_timeout(Duration::from_millis(20));
        assert_eq!(early, Err(RecvTimeoutError::Timeout), "it is under way");
        worker.turn.wait(Duration::ZERO);
        go_on.send(()).unwrap();
        has_waited.recv_timeout(Duration::from_secs(30)).unwrap();
        waiting.join().unwrap();
        // Whoever finds nothing under way does not wait.
        worker.turn.wait(Duration::from_secs(60));
        worker.end();
    }

    #[test]
    fn a_thread_that_is_gone_is_told() {
        let worker = Worker::start(|| std::panic::resume_unwind(Box::new("gone"))).unwrap();
        worker.wake();
        let deadline = Instant::now() + Duration::from_secs(30);
        while worker.wake() {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        worker.end();
    }
}
