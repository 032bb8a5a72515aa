//! The wallet and the bank of a run, each in a process of its own: this program again, told to be the one or the other.
//! What they take of memory and files is theirs alone, and a slow client slows none of them.

use crate::Failure;
use crate::arguments::{BankOptions, WalletOptions};
use makegood::output::say;
use makegood::{Running, Server, ServerConfig, SystemClock, SystemEntropy, simulated_bank};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The variable through which the wallet's process learns where its database is: the URL may hold a password, and
/// arguments are everybody's to read.
pub(crate) const DATABASE_URL: &str = "MAKEGOOD_LOADTEST_CHILD_DATABASE_URL";
/// How long a process may take until it listens: a database is made before.
const START_MAX: Duration = Duration::from_secs(60);
/// How long a process may take to stop; a server promises ten seconds.
const STOP_MAX: Duration = Duration::from_secs(20);

/// A process that has said where it listens. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

impl Process {
    /// Starts this program with these arguments, its log in a file, and waits until it listens.
    pub(crate) async fn start(
        arguments: &[OsString],
        database_url: Option<&str>,
        log: &Path,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        if let Some(url) = database_url {
            command.env(DATABASE_URL, url);
        }
        // Ctrl-C at a terminal is for the run, which stops its processes itself.
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().ok_or("a process says nothing")?;
        let mut line = String::new();
        let mut output = BufReader::new(output);
        let Ok(read) = tokio::time::timeout(START_MAX, output.read_line(&mut line)).await else {
            return Err("a process does not say where it listens".into());
        };
        read?;
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let last: Vec<_> = said.lines().rev().take(5).collect();
            return Err(format!("a process does not start: {}", last.join(" | ")).into());
        };
        let url = url.to_owned();
        Ok(Self { child, url })
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.id().is_some_and(|id| {
            let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            state.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
        })
    }

    /// Its number, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it at once, and waits until it has ended.
    pub(crate) async fn kill(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }

    /// Tells it to stop, and waits until it has. Refuses one that ends badly.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        // The end of its standard input is what tells it.
        drop(self.child.stdin.take());
        match tokio::time::timeout(STOP_MAX, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(status) => Err(format!("a process ended badly: {}", status?).into()),
            Err(_) => Err("a process does not stop".into()),
        }
    }
}

/// Returns when the process that started this one has told it to stop, or is gone.
async fn told_to_stop() {
    let (tells, told) = tokio::sync::oneshot::channel::<()>();
    // The runtime does not wait for this thread when it ends.
    std::thread::spawn(move || {
        let _end = std::io::stdin().read(&mut [0]);
        drop(tells);
    });
    let _dropped = told.await;
}

fn start_logging() {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false);
    log.with_max_level(tracing_subscriber::filter::LevelFilter::INFO).init();
}

/// Is the wallet: the service exactly as `makegood serve` runs it, but that a merchant's day ends within the hour, that
/// a bank has less time to take money from a card, so that the hour's end is soon known, and that one address may
/// register everybody.
pub(crate) async fn be_wallet(options: WalletOptions) -> Result<(), Failure> {
    start_logging();
    let mut config = ServerConfig {
        listen: options.listen,
        database_url: std::env::var(DATABASE_URL).ok(),
        bank_url: Some(options.bank),
        test_mode: true,
        ..ServerConfig::new(options.data_folder)
    };
    config.read_secrets(&options.secrets)?;
    config.settings.settlement_days = 0;
    config.settings.settlement_cut_off = Duration::from_secs(options.cut_off_s);
    let validity = Duration::from_secs(options.validity_s);
    config.settings.schedule.validity_in = validity;
    config.settings.schedule.validity_margin = validity / 10;
    config.http.per_address.burst = 100_000;
    let mut server: Running = Server::start(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    say(&format!("listening on {}", server.url()));
    let was_told = tokio::select! {
        () = told_to_stop() => true,
        () = server.ended() => false,
    };
    server.stop().await;
    if was_told { Ok(()) } else { Err("the wallet ended by itself".into()) }
}

/// Is the bank.
pub(crate) async fn be_bank(options: BankOptions) -> Result<(), Failure> {
    start_logging();
    let mut config = ServerConfig::new(options.data_folder);
    config.read_secrets(&options.secrets)?;
    let told = simulated_bank::Options {
        seed: options.bank_seed,
        callback_url: Some(options.callback),
        ..simulated_bank::Options::new(SocketAddr::from(([127, 0, 0, 1], 0)))
    };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let bank = simulated_bank::start(&config, told, clock, entropy).await?;
    say(&format!("listening on {}", bank.running.url()));
    told_to_stop().await;
    bank.running.stop().await;
    Ok(())
}
