//! The binary as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a server may take to stop (its promise), and to start.
const STOP_MAX: Duration = Duration::from_secs(10);
const START_MAX: Duration = Duration::from_secs(60);
/// How long a command may take that ends by itself.
const RUN_MAX: Duration = Duration::from_secs(60);

/// The binary with this data folder, and nothing of the environment's configuration.
pub(crate) fn makegood(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_makegood"));
    let settings = std::env::vars().filter(|(name, _)| name.starts_with("MAKEGOOD_"));
    settings.for_each(|(name, _)| {
        command.env_remove(name);
    });
    if !arguments.contains(&"--log") && !arguments.contains(&"demo") {
        command.env("MAKEGOOD_LOG", "warn");
    }
    command.arg("--data-dir").arg(folder).args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command that ends by itself. One that does not is killed, and the test fails.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    let child = makegood(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    ended
        .recv_timeout(RUN_MAX)
        .unwrap_or_else(|_| {
            kill("-KILL", &id);
            ended.recv().unwrap()
        })
        .unwrap()
}

/// Sends a signal, as every shell can: a program of that name is not everywhere.
fn kill(signal: &str, id: &str) {
    let sent = Command::new("sh").args(["-c", "kill \"$1\" \"$2\"", "sh", signal, id]).status().unwrap();
    assert!(sent.success());
}

/// What was said on standard output and on standard error.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs lines of bash one after the other, as if they were pasted, and answers all that is printed.
pub(crate) fn bash(lines: &str) -> String {
    let mut command = Command::new("bash");
    command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// A server that runs; killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    /// Its base URL, as its first line says it.
    pub(crate) url: String,
}

impl Service {
    /// Starts it and waits for its first line.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, first) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            sender.send((line, stdout)).unwrap();
        });
        let (line, stdout) = first.recv_timeout(START_MAX).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").ok_or(&line).unwrap().to_owned();
        Self { child, stdout: Some(stdout), url }
    }

    /// `makegood serve` on SQLite and a free port.
    pub(crate) fn serve(folder: &Path) -> Self {
        Self::start(makegood(folder, &["--listen", "127.0.0.1:0"]))
    }

    /// Pulls the plug: SIGKILL, which no process can do anything about.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM, and answers the exit status and what else was printed.
    pub(crate) fn stop(self) -> (Option<i32>, String) {
        self.signal("-TERM")
    }

    /// Sends a signal, and waits for nothing.
    pub(crate) fn send(&self, signal: &str) {
        kill(signal, &self.child.id().to_string());
    }

    /// Sends a signal, and waits for the end for as long as a stop may take.
    pub(crate) fn signal(mut self, signal: &str) -> (Option<i32>, String) {
        kill(signal, &self.child.id().to_string());
        let (sender, ended) = mpsc::channel();
        let mut stdout = self.stdout.take().unwrap();
        std::thread::spawn(move || {
            // The end of its output is the end of the process.
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).unwrap();
            sender.send(rest).unwrap();
        });
        let rest = ended.recv_timeout(STOP_MAX).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
