//! A PostgreSQL server of a test's own, which it stops, kills and starts again. Unlike the shared one it syncs what it
//! commits: `kill -9` loses nothing that the system has been given, but the recovery is a real one.
#![expect(clippy::expect_used, reason = "a test whose server does not obey has failed")]

use crate::postgres::{Watch, run};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long killed processes may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(30);

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are cut, transactions rolled back, all is written: `pg_ctl stop -m fast`.
    Fast,
    /// Everything is dropped, and recovered at the next start: `pg_ctl stop -m immediate`.
    Immediate,
    /// `kill -9` of every process.
    Kill,
}

/// A server of its own; stopped and removed when it is dropped.
#[derive(Debug)]
pub struct PostgresCluster {
    watch: Watch,
}

impl PostgresCluster {
    /// Makes it and starts it with these settings, such as `-c synchronous_commit=off`, which takes some seconds.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start(settings: &str) -> Self {
        Self { watch: Watch::start(settings) }
    }

    /// A new database's URL.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn create(&self, name: &str) -> String {
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        self.watch.url(name)
    }

    /// Runs one statement in a database, by itself.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, name: &str, statement: &str) {
        run(&self.watch.binaries, &self.watch.url(name), statement).expect("the statement runs");
    }

    /// The socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.watch.folder.join(".s.PGSQL.5432")
    }

    /// Ends the server.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&mut self, how: Stop) {
        match how {
            Stop::Fast => self.watch.ask("stop fast"),
            Stop::Immediate => self.watch.ask("stop immediate"),
            Stop::Kill => self.kill(),
        }
    }

    /// Starts the server again; returns when it takes connections.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        self.watch.ask("start");
    }

    fn kill(&self) {
        let file = self.watch.folder.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).expect("the server runs");
        let postmaster: u32 = text.lines().next().and_then(|line| line.parse().ok()).expect("a process id");
        // The parent first, which would otherwise take a child's end for a crash, and begin again.
        let mut ids = vec![postmaster];
        ids.extend(children(postmaster));
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -9 \"$@\" 2>/dev/null", "sh"]).args(ids.iter().map(u32::to_string));
        // A child that has ended by itself makes kill complain, and changes nothing.
        let _sent = kill.status().expect("a shell");
        let began = Instant::now();
        while ids.iter().any(|id| status(*id).is_some_and(|(state, _)| state != "Z")) {
            assert!(began.elapsed() < GONE_MAX, "the server does not die");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Nobody may have buried the processes yet, and PostgreSQL would take the dead for living.
        for file in [file, self.watch.folder.join(".s.PGSQL.5432.lock")] {
            std::fs::remove_file(file).expect("the server's lock");
        }
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        self.watch.end();
    }
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| status(*id).is_some_and(|(_, of)| of == parent)).collect()
}

/// A process's state and its parent; nothing when there is none.
fn status(id: u32) -> Option<(String, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it is in parentheses, and may contain anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}
