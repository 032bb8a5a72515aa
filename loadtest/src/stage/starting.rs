//! How the wallet and the bank of a run are started, with secrets of the run's own.

use super::TEST_BANK;
use crate::Failure;
use crate::arguments::{Breakage, Options};
use crate::child::Process;
use crate::plan::Plan;
use crate::proxy::Proxy;
use makegood::{ServerConfig, SystemClock, SystemEntropy};
use makegood_base::{Clock as _, Entropy as _};
use std::ffi::OsString;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const DAY_SECONDS: u64 = 24 * 3_600;
/// When merchants' money becomes available, as a share of the hour.
const CUT_OFF_AT: f64 = 0.4;

/// A secrets file of the run's own, and the bank's secret in it.
pub(super) fn make_secrets(folder: &Path) -> Result<(PathBuf, String), Failure> {
    let hex = || {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (file, bank_secret) = (folder.join("secrets"), hex());
    let mut written = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file)?;
    writeln!(written, "{}\nbank_secret={bank_secret}", hex())?;
    Ok((file, bank_secret))
}

/// What the processes are started from.
pub(super) struct Starting<'a> {
    pub(super) options: &'a Options,
    pub(super) plan: &'a Plan,
    pub(super) folder: &'a Path,
    pub(super) secrets: &'a Path,
}

impl Starting<'_> {
    /// The wallet's configuration, as far as whoever works on its database needs it.
    pub(super) fn config(&self, database_url: &str) -> Result<ServerConfig, Failure> {
        let mut config = ServerConfig {
            database_url: Some(database_url.to_owned()),
            bank_url: Some("http://127.0.0.1".to_owned()),
            test_mode: true,
            ..ServerConfig::new(self.folder)
        };
        config.read_secrets(self.secrets)?;
        Ok(config)
    }

    /// Starts the bank, which has to know where the wallet will be, and then the wallet.
    pub(super) async fn processes(
        &self,
        bank_secret: &str,
        database_url: &str,
    ) -> Result<(Process, Process, Vec<Proxy>), Failure> {
        let listen = free_address()?;
        let path = |path: PathBuf| path.into_os_string();
        let text = |text: &str| OsString::from(text);
        let bank_arguments = [
            text("bank"),
            text("--data-folder"),
            path(self.folder.join("bank")),
            text("--secrets"),
            self.secrets.as_os_str().to_owned(),
            text("--callback"),
            text(&format!("http://{listen}/v1/bank-callbacks/{TEST_BANK}")),
            text("--bank-seed"),
            text(&self.options.seed.to_string()),
        ];
        let bank = Process::start(&bank_arguments, None, &self.folder.join("bank.log")).await?;
        let mut proxies = Vec::new();
        let mut bank_url = bank.url.clone();
        if self.options.control == Some(Breakage::LyingBank) {
            let proxy = Proxy::lying_bank(&bank_url, bank_secret).await?;
            bank_url = proxy.url();
            proxies.push(proxy);
        }
        let wallet_arguments = [
            text("wallet"),
            text("--listen"),
            text(&listen.to_string()),
            text("--data-folder"),
            path(self.folder.join("wallet")),
            text("--secrets"),
            self.secrets.as_os_str().to_owned(),
            text("--bank"),
            text(&bank_url),
            text("--cut-off-s"),
            text(&self.cut_off_s().to_string()),
            text("--validity-s"),
            text(&self.plan.validity.as_secs().to_string()),
        ];
        let log = self.folder.join("wallet.log");
        let wallet = Process::start(&wallet_arguments, Some(database_url), &log).await?;
        Ok((wallet, bank, proxies))
    }

    /// Where people find the wallet.
    pub(super) async fn before_wallet(
        &self,
        wallet_url: &str,
        proxies: &mut Vec<Proxy>,
    ) -> Result<String, Failure> {
        if self.options.control != Some(Breakage::FreshKeys) {
            return Ok(wallet_url.to_owned());
        }
        let proxy = Proxy::fresh_keys(wallet_url).await?;
        let url = proxy.url();
        proxies.push(proxy);
        Ok(url)
    }

    /// At which second of the day a merchant's day ends.
    fn cut_off_s(&self) -> u64 {
        let at = SystemClock.now().plus(self.plan.length.mul_f64(CUT_OFF_AT));
        let seconds = at.as_micros().div_euclid(1_000_000);
        u64::try_from(seconds).unwrap_or_default() % DAY_SECONDS
    }
}

/// An address that nobody listens on at this moment.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
