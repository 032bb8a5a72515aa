//! The wallet as a process of its own, which can be killed and started again.

use serde::Serialize;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long it may take until it says where it listens.
const START_MAX: Duration = Duration::from_secs(60);
/// How long it may take to stop by itself, which it promises to do in less.
const STOP_MAX: Duration = Duration::from_secs(12);

/// What is run as the wallet.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// What it is told: it has to say `listening on http://ADDRESS` on its first line, and to stop when its standard
    /// input ends.
    pub arguments: Vec<OsString>,
    /// What of the environment is another than ours; what begins with `MAKEGOOD_` is not handed on.
    pub environment: Vec<(&'static str, OsString)>,
}

/// The process as the page shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    /// Whether it runs.
    up: bool,
    /// Its number, while it runs.
    process: Option<u32>,
    /// How often it was killed.
    kills: u32,
    /// Whether it is down because it was killed; otherwise it has ended by itself.
    was_killed: bool,
}

/// A wallet that runs, or does not.
pub(super) struct WalletProcess {
    program: Program,
    /// Held while it is killed or started.
    place: tokio::sync::Mutex<Place>,
    seen: Mutex<Seen>,
}

/// Where it runs, or does not.
#[derive(Default)]
struct Place {
    running: Option<Running>,
    /// Whether none is started any more: whoever started one would not be there to stop it.
    is_closed: bool,
}

#[derive(Default)]
struct Seen {
    address: Option<SocketAddr>,
    shown: Shown,
}

struct Running {
    child: Child,
    /// Its end tells the process to stop, also where this one was killed.
    input: ChildStdin,
    /// Kept open, so that what else it prints finds a reader.
    _output: BufReader<ChildStdout>,
}

impl WalletProcess {
    pub(super) fn new(program: Program) -> Self {
        Self { program, place: tokio::sync::Mutex::default(), seen: Mutex::default() }
    }

    /// Where it listens; nothing while it does not run.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.seen().address
    }

    /// How it is. One that has ended by itself is seen here too, unless it is just being killed or started.
    pub(super) fn shown(&self) -> Shown {
        if let Ok(mut place) = self.place.try_lock()
            && let Some(Running { child, .. }) = place.running.as_mut()
            && !matches!(child.try_wait(), Ok(None))
        {
            place.running = None;
            self.is_gone(false);
        }
        self.seen().shown
    }

    /// Starts it, unless it runs, and waits until it listens. Refuses to once it was told to [stop](Self::stop).
    pub(super) async fn start(&self) -> std::io::Result<()> {
        let mut place = self.place.lock().await;
        if place.running.is_some() {
            return Ok(());
        }
        if place.is_closed {
            return Err(std::io::Error::other("no wallet is started while all of it stops"));
        }
        let silent = || std::io::Error::other("the wallet's process does not start: its log says why");
        let started = tokio::time::timeout(START_MAX, spawn(&self.program)).await;
        let (process, address) = started.map_err(|_| silent())??.ok_or_else(silent)?;
        let mut seen = self.seen();
        seen.address = Some(address);
        let kills = seen.shown.kills;
        seen.shown = Shown { up: true, process: process.child.id(), kills, was_killed: false };
        drop(seen);
        place.running = Some(process);
        Ok(())
    }

    /// Kills it as a power cut does: SIGKILL, which no process can do anything about.
    pub(super) async fn kill(&self) -> std::io::Result<()> {
        let mut place = self.place.lock().await;
        let Some(mut process) = place.running.take() else { return Ok(()) };
        process.child.kill().await?;
        self.is_gone(true);
        Ok(())
    }

    /// Has it stop in order, for good.
    pub(super) async fn stop(&self) {
        let mut place = self.place.lock().await;
        place.is_closed = true;
        let Some(Running { mut child, input, _output }) = place.running.take() else { return };
        drop(place);
        self.is_gone(false);
        drop(input);
        if tokio::time::timeout(STOP_MAX, child.wait()).await.is_err() {
            tracing::warn!("the wallet's process was killed before it had stopped");
            let _ended = child.kill().await;
        }
    }

    fn is_gone(&self, was_killed: bool) {
        let mut seen = self.seen();
        let kills = seen.shown.kills.saturating_add(u32::from(was_killed));
        *seen = Seen { address: None, shown: Shown { up: false, process: None, kills, was_killed } };
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the program. Nothing where it ends, or says something else.
async fn spawn(program: &Program) -> std::io::Result<Option<(Running, SocketAddr)>> {
    let mut command = Command::new(&program.path);
    // What configures this process must not configure that one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MAKEGOOD_") {
            command.env_remove(name);
        }
    }
    command.args(&program.arguments).envs(program.environment.iter().map(|(name, value)| (name, value)));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Ok(None) };
    let mut output = BufReader::new(output);
    let mut line = String::new();
    output.read_line(&mut line).await?;
    let address = line.trim_end().strip_prefix("listening on http://").and_then(|text| text.parse().ok());
    Ok(address.map(|address| (Running { child, input, _output: output }, address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn none_is_started_once_it_was_told_to_stop() {
        let says = "echo 'listening on http://127.0.0.1:9'; exec cat";
        let arguments = vec!["-c".into(), says.into()];
        let program = Program { path: "sh".into(), arguments, environment: Vec::new() };
        let wallet = WalletProcess::new(program);
        wallet.start().await.unwrap();
        assert!(wallet.shown().up);
        wallet.stop().await;
        wallet.start().await.unwrap_err();
        assert!(!wallet.shown().up);
    }

    #[tokio::test]
    async fn one_that_ends_by_itself_was_not_killed() {
        let says = "echo 'listening on http://127.0.0.1:9'";
        let arguments = vec!["-c".into(), says.into()];
        let program = Program { path: "sh".into(), arguments, environment: Vec::new() };
        let wallet = WalletProcess::new(program);
        wallet.start().await.unwrap();
        tokio::time::timeout(START_MAX, async {
            while wallet.shown().up {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        assert_eq!(wallet.shown(), Shown::default());
    }
}
