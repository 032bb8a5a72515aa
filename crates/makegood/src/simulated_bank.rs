//! `makegood banksim`: the simulated bank alone, for a service that is told where it is.

use crate::server::banks;
use crate::{ServerConfig, StartError, data_folder};
use makegood_app::BankSecrets;
use makegood_banksim::{Profile, TimeOfDay};
use makegood_base::{Clock, Entropy};
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;

/// A simulated bank that runs, with the lock of its books.
#[derive(Debug)]
pub struct SimulatedBank {
    /// The bank.
    pub running: makegood_banksim::Running,
    _lock: File,
}

/// What a bank is told that runs alone.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which of the service's further banks it is, by its name there; none is the first.
    pub bank: Option<String>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Decides whatever is left to chance.
    pub seed: u64,
    /// Where it tells how transfers end; none is nowhere.
    pub callback_url: Option<String>,
    /// How it does over the hours of the day.
    pub profile: Profile,
    /// What time it is at the bank when it starts; none is the time of its clock, in UTC.
    pub time_of_day: Option<TimeOfDay>,
    /// How fast the bank's day passes.
    pub clock_speed: f64,
}

impl Options {
    /// A calm bank at this address, which tells nobody anything.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            bank: None,
            listen,
            seed: 0,
            callback_url: None,
            profile: Profile::calm(),
            time_of_day: None,
            clock_speed: 1.0,
        }
    }
}

/// Starts the bank of `config` on its own. It shares the secrets file with the service: what one derives from
/// it as the bank's secret, the other shows, and what the bank signs its callbacks with, the service verifies. Refuses an address that others can reach, unless it is in test
/// mode.
pub async fn start(
    config: &ServerConfig,
    options: Options,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<SimulatedBank, StartError> {
    let Options { bank, listen, seed, callback_url, profile, time_of_day, clock_speed } = options;
    if !config.test_mode && !listen.ip().is_loopback() {
        return Err(StartError::Unsafe("--test-mode, for a simulated bank that others can reach".to_owned()));
    }
    data_folder::create(&config.data_folder)?;
    let lock = data_folder::lock_bank(&config.data_folder)?;
    let secrets = config.secrets_or_generate(entropy.as_ref())?;
    let (secret, callback_secret) = match bank.map(|bank| secrets.of_bank(&bank)) {
        Some(BankSecrets { secret, callback_secret }) => (secret, callback_secret),
        None => (secrets.bank_secret, secrets.bank_callback_secret),
    };
    let bank = banks::simulated(config, &secret)?;
    let callbacks = callback_url.map(|url| banks::callbacks(url, &callback_secret)).transpose()?;
    let bank =
        makegood_banksim::Config { listen, seed, callbacks, profile, time_of_day, clock_speed, ..bank };
    Ok(SimulatedBank { running: makegood_banksim::start(bank, clock).await?, _lock: lock })
}
