//! This program again, as a process of its own: the service, or the bare endpoint beside it.

use super::BenchError;
use super::scratch::Place;
use std::ffi::OsStr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// A server that has said where it listens. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    /// Kept open, so that what else it prints finds a reader.
    _output: BufReader<ChildStdout>,
    pub(super) address: String,
}

impl Server {
    /// Starts the service at this place, and waits until it listens.
    pub(super) async fn serve(place: &Place) -> Result<Self, BenchError> {
        Self::start(place.serve_arguments(), place.database_url()).await
    }

    /// Starts this program with these arguments, and waits until it listens. The URL of a database goes through the
    /// environment: it may hold a password, and arguments are everybody's to read.
    pub(super) async fn start(
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        database_url: Option<&str>,
    ) -> Result<Self, BenchError> {
        let mut command = Command::new(std::env::current_exe()?);
        // What configures this process must not configure that one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MAKEGOOD_") {
                command.env_remove(name);
            }
        }
        if let Some(url) = database_url {
            command.env("MAKEGOOD_DATABASE_URL", url);
        }
        let mut child = command.args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let silent = || BenchError::Unexpected("a server says nothing".to_owned());
        let mut output = BufReader::new(child.stdout.take().ok_or_else(silent)?);
        let mut line = String::new();
        output.read_line(&mut line).await?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.ok_or_else(|| BenchError::Unexpected("a server does not start".to_owned()))?;
        let address = address.to_owned();
        Ok(Self { child, _output: output, address })
    }

    /// How much memory it has resident now, in MiB; nothing where the system does not tell.
    pub(super) fn resident_mib(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib / 1_024.0)
    }

    /// Stops it at once.
    pub(super) async fn kill(mut self) -> Result<(), BenchError> {
        Ok(self.child.kill().await?)
    }
}
