//! `makegood banksim`: the simulated bank alone, for a service that is told where it is.

use crate::server::banks;
use crate::{ServerConfig, StartError, data_folder};
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

/// Starts the bank of `config` on its own. It shares the secrets file with the service: what one derives from
/// it as the bank's secret, the other shows. Refuses an address that others can reach, unless it is in test
/// mode.
pub async fn start(
    config: &ServerConfig,
    listen: SocketAddr,
    seed: u64,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<SimulatedBank, StartError> {
    if !config.test_mode && !listen.ip().is_loopback() {
        return Err(StartError::Unsafe("--test-mode, for a simulated bank that others can reach".to_owned()));
    }
    data_folder::create(&config.data_folder)?;
    let lock = data_folder::lock_bank(&config.data_folder)?;
    let secrets = config.secrets_or_generate(entropy.as_ref())?;
    let bank = banks::simulated(config, &secrets.bank_secret)?;
    let bank = makegood_banksim::Config { listen, seed, ..bank };
    Ok(SimulatedBank { running: makegood_banksim::start(bank, clock).await?, _lock: lock })
}
