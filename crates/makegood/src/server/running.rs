//! A server that runs, and how it stops.

use makegood_app::App;
use makegood_sql::Database;
use std::fs::File;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long each step of a stop after the requests may take; together with them less than 10 seconds.
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
    pub(super) _locks: Vec<File>,
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

    /// Stops, within 10 seconds: no new requests, those under way are answered, the batch that runs is
    /// committed, the database is closed. What the workers had under way is taken up at the next start.
    pub async fn stop(self) {
        let Self { app, bank, tasks, .. } = self;
        let Tasks { stop, mut http, jobs, mut engine, database, _locks } = tasks;
        stop.send_replace(true);
        // The limits of HTTP bound this wait.
        report("requests", (&mut http).await.err());
        if let Some(mut jobs) = jobs {
            match timeout(STEP_WAIT_MAX, &mut jobs).await {
                Ok(ended) => report("workers", ended.err()),
                Err(_) => jobs.abort(),
            }
        }
        if let Some(bank) = bank
            && timeout(STEP_WAIT_MAX, bank.stop()).await.is_err()
        {
            tracing::warn!("the simulated bank was left before it had stopped");
        }
        // The engine ends when nobody can submit any more. A connection that would not end still could.
        drop(app);
        match timeout(STEP_WAIT_MAX, &mut engine).await {
            Ok(ended) => report("engine", ended.err()),
            Err(_) => tracing::warn!("somebody still holds the wallet: its engine is left"),
        }
        // Waits for the batch that runs: its connection comes back when it is committed.
        if timeout(STEP_WAIT_MAX, database.close()).await.is_err() {
            tracing::warn!("the database was left before its last connection was closed");
        }
        tracing::info!("stopped");
    }
}

fn report(part: &str, error: Option<tokio::task::JoinError>) {
    if let Some(error) = error {
        tracing::error!(part, %error, "a part of the server ended badly");
    }
}
