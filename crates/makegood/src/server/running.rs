//! A server that runs, and how it stops.

use makegood_app::App;
use makegood_sql::Database;
use std::fs::File;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long requests, and calls to banks, that are under way may take to their end.
pub(super) const UNDER_WAY_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long HTTP and the workers may take to stop, and each of the three steps after them: together less than
/// 10 seconds.
const EDGES_WAIT_MAX: Duration = Duration::from_millis(5_500);
const STEP_WAIT_MAX: Duration = Duration::from_secs(1);

/// A server that runs. Dropped, it is told to stop and nobody waits for it: call [`stop`](Self::stop).
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The wallet inside.
    pub app: App,
    /// The simulated bank inside, where there is one.
    pub bank: Option<makegood_banksim::Running>,
    pub(super) tasks: Tasks,
}

#[derive(Debug)]
pub(super) struct Tasks {
    pub(super) stop: watch::Sender<bool>,
    pub(super) http: JoinHandle<()>,
    pub(super) jobs: Option<JoinHandle<()>>,
    pub(super) engine: JoinHandle<()>,
    pub(super) database: Database,
    /// Held for what they keep out.
    pub(super) locks: Vec<File>,
}

impl Running {
    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns only if the server ends without having been told to, which is a fault.
    pub async fn ended(&mut self) {
        let Tasks { http, engine, jobs, .. } = &mut self.tasks;
        let jobs = async {
            match jobs {
                Some(jobs) => drop(jobs.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = http => {}
            _ = engine => {}
            () = jobs => {}
        }
    }

    /// Stops, within 10 seconds: no new requests, those under way are answered, banks that were asked are heard,
    /// the batch that runs is committed, the database is closed. Banks that have not answered are enquired at
    /// the next start.
    pub async fn stop(self) {
        let Self { app, bank, tasks, .. } = self;
        let Tasks { stop, http, jobs, engine, database, locks } = tasks;
        stop.send_replace(true);
        // Both have a limit of their own for what is under way.
        let workers = async {
            if let Some(jobs) = jobs {
                let _has_ended = end("workers", jobs, EDGES_WAIT_MAX).await;
            }
        };
        tokio::join!(end("HTTP", http, EDGES_WAIT_MAX), workers);
        if let Some(bank) = bank
            && timeout(STEP_WAIT_MAX, bank.stop()).await.is_err()
        {
            tracing::warn!("the simulated bank was left before it had stopped");
        }
        // The engine ends when nobody can submit any more. A connection that would not end still could.
        drop(app);
        if !end("engine", engine, STEP_WAIT_MAX).await {
            // It may commit once more: the folder is its own until the process ends.
            std::mem::forget(locks);
        }
        // Waits for the batch that runs: its connection comes back when it is committed.
        if timeout(STEP_WAIT_MAX, database.close()).await.is_err() {
            tracing::warn!("the database was left before its last connection was closed");
        }
        tracing::info!("stopped");
    }
}

/// Waits for the end of a part, unless it has ended before, which [`Running::ended`] may have seen already. Returns
/// whether it has ended.
async fn end(part: &'static str, mut task: JoinHandle<()>, wait_max: Duration) -> bool {
    if task.is_finished() {
        return true;
    }
    match timeout(wait_max, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(part, %error, "a part of the server ended badly"),
        Err(_) => tracing::warn!(part, "a part of the server was left before it had ended"),
    }
    task.is_finished()
}
