//! `makegood serve`, `makegood play` and `makegood banksim`: servers, until they are told to stop.

use crate::Failure;
use crate::command_line::{BanksimOptions, Options};
use makegood::output::say;
use makegood::play::{Supervisor, SupervisorConfig};
use makegood::{Server, ServerConfig, curl, simulated_bank};
use makegood_app::{SystemClock, SystemEntropy};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn serve(options: &Options, stop_with_input: bool) -> Result<ExitCode, Failure> {
    let config = options.server_config()?;
    let is_demo = has_defaults(&config);
    // From here on a signal stops the server, also while it starts.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut running = Server::start(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    say(&format!("listening on {}", running.url()));
    if is_demo {
        say(&curl::invitation(&running.url()));
    }
    let was_told = tokio::select! {
        _ = terminate.recv() => true,
        _ = interrupt.recv() => true,
        () = input_ended(stop_with_input) => true,
        () = running.ended() => false,
    };
    if was_told {
        tracing::info!("stopping");
    }
    running.stop().await;
    if was_told { Ok(ExitCode::SUCCESS) } else { Err("the server ended by itself: its log says why".into()) }
}

/// Resolves when standard input ends; never where that means nothing.
async fn input_ended(means_something: bool) {
    if !means_something {
        return std::future::pending().await;
    }
    let (sender, ended) = tokio::sync::oneshot::channel();
    // A read that waits cannot be taken back: the thread ends with the process.
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _gone = sender.send(read);
    });
    let _read = ended.await;
}

pub(crate) async fn play(options: &Options) -> Result<ExitCode, Failure> {
    let config = options.server_config()?;
    if config.bank_url.is_some() || !config.more_banks.is_empty() || config.secrets.is_some() {
        return Err(
            "play makes up its bank and its secrets: it takes no --bank-url (MAKEGOOD_BANK_URL), no --more-banks \
                    (MAKEGOOD_MORE_BANKS) and no --secrets-file (MAKEGOOD_SECRETS_FILE)"
                .into(),
        );
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let supervisor = SupervisorConfig {
        listen: config.listen,
        folder: options.data_dir.join("play"),
        database_url: config.database_url,
        test_mode: config.test_mode,
        program: std::env::current_exe()?,
        arguments: options.log_arguments(),
    };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let supervisor = Supervisor::start(supervisor, clock, entropy).await?;
    say(&format!("listening on {}", supervisor.url()));
    say(&format!("\nOpen {}/play in a browser.", supervisor.url()));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    supervisor.stop().await;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn banksim(options: &Options, banksim: BanksimOptions) -> Result<ExitCode, Failure> {
    let config = options.server_config()?;
    let BanksimOptions { bank_name, seed, callback_url, profile, time_of_day, clock_speed } = banksim;
    let bank = simulated_bank::Options {
        bank: bank_name,
        listen: options.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8081))),
        seed,
        callback_url,
        profile,
        time_of_day,
        clock_speed,
    };
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let bank = simulated_bank::start(&config, bank, clock, entropy).await?;
    say(&format!("listening on {}", bank.running.url()));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    bank.running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Whether a newcomer has started it: everything is made up, so that the lines to try work as they stand.
fn has_defaults(config: &ServerConfig) -> bool {
    config.database_url.is_none()
        && config.bank_url.is_none()
        && config.more_banks.is_empty()
        && config.secrets.is_none()
        && !config.test_mode
}
