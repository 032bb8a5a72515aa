//! Being told to stop in the middle of a run, by a signal: then what was started is stopped, and what was made is removed.

use crate::Failure;
use goose::{is_killswitch_triggered, reset_killswitch};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often Goose is asked: from its start on it is the one that Ctrl-C is told to.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Hears of signals from the moment at which it is made.
pub(crate) struct Interruption {
    terminate: Signal,
    interrupt: Signal,
    came: bool,
}

impl Interruption {
    pub(crate) fn new() -> Result<Self, Failure> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, came: false })
    }

    /// Whether one has come.
    pub(crate) const fn came(&self) -> bool {
        self.came
    }

    /// Returns when one comes, or has come.
    pub(crate) async fn comes(&mut self) -> Failure {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = goose_is_told() => {}
        }
        // At the second Ctrl-C Goose would end the process at once, and leave everything behind.
        reset_killswitch();
        self.came = true;
        "interrupted".into()
    }
}

async fn goose_is_told() {
    while !is_killswitch_triggered() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
