//! What a server is told when it starts, and what it makes up where nothing was said.

use super::StartError;
use super::running::UNDER_WAY_WAIT_MAX;
use crate::data_folder::sqlite_url;
use crate::secrets::{self, SecretsFileError};
use makegood_app::{EngineLimits, JobsConfig, PasswordPoolConfig, Secrets};
use makegood_base::Entropy;
use makegood_wallet::Settings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A bank that has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBank {
    /// Its id, by which cards are linked with it.
    pub id: String,
    /// Where it is.
    pub url: String,
}

/// Whether a word can be a bank's id: 1 to 16 characters of `a-z`, `0-9` and `_`.
#[must_use]
pub fn is_bank_id(word: &str) -> bool {
    let is_in_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=16).contains(&word.len()) && word.bytes().all(is_in_id)
}

/// A server's configuration.
#[derive(Clone)]
pub struct ServerConfig {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the SQLite file, the simulated bank's books and generated secrets are.
    pub data_folder: PathBuf,
    /// `sqlite:…` or `postgres://…`; none is `makegood.db` in the data folder.
    pub database_url: Option<String>,
    /// Where the bank is; none is the simulated bank, inside, with its books in the data folder.
    pub bank_url: Option<String>,
    /// Further banks, beside the first.
    pub more_banks: Vec<NamedBank>,
    /// The secrets; none are read from the data folder, and generated where there are none. What a bank is
    /// shown is [`Secrets::bank_secret`].
    pub secrets: Option<Secrets>,
    /// Allows the simulated bank and generated secrets anywhere. Money is not real then.
    pub test_mode: bool,
    /// Whether workers run by themselves. Without them only [`makegood_app::Jobs::run_until_idle`] works.
    pub background: bool,
    /// What decisions depend on; `livemode`, `banks` and `qr_key` are set by the server.
    pub settings: Settings,
    /// What bounds the engine.
    pub engine: EngineLimits,
    /// What bounds HTTP clients.
    pub http: makegood_api::Limits,
    /// How the background works.
    pub jobs: JobsConfig,
    /// How passwords are hashed.
    pub passwords: PasswordPoolConfig,
    /// How long the simulated bank's slow ways take.
    pub simulated_bank_timings: makegood_banksim::Timings,
}

impl ServerConfig {
    /// What `makegood serve` does when it is told nothing else: SQLite and the simulated bank in this folder,
    /// port 8080 of the loopback address, passwords hashed at the cost of production.
    #[must_use]
    pub fn new(data_folder: impl Into<PathBuf>) -> Self {
        let http = makegood_api::Limits { stop_timeout: UNDER_WAY_WAIT_MAX, ..Default::default() };
        let jobs = JobsConfig { stop_max: UNDER_WAY_WAIT_MAX, ..JobsConfig::default() };
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_folder: data_folder.into(),
            database_url: None,
            bank_url: None,
            more_banks: Vec::new(),
            secrets: None,
            test_mode: false,
            background: true,
            settings: Settings::default(),
            engine: EngineLimits::default(),
            http,
            jobs,
            passwords: PasswordPoolConfig::production(),
            simulated_bank_timings: makegood_banksim::Timings::default(),
        }
    }

    /// Where generated secrets are.
    #[must_use]
    pub fn secrets_file(&self) -> PathBuf {
        self.data_folder.join("secrets")
    }

    /// The URL of the database, given or made up.
    #[must_use]
    pub fn database_url(&self) -> String {
        let in_folder = || sqlite_url(&self.data_folder.join("makegood.db"));
        self.database_url.clone().unwrap_or_else(in_folder)
    }

    /// Whether anything of this server is in the data folder.
    pub(crate) fn uses_data_folder(&self) -> bool {
        self.database_url.is_none() || self.bank_url.is_none() || self.secrets.is_none()
    }

    /// Refuses to make up a bank or secrets where that could be taken for real.
    pub(crate) fn refuse_unsafe(&self) -> Result<(), StartError> {
        let is_sqlite = self.database_url().starts_with("sqlite:");
        if self.test_mode || (is_sqlite && self.listen.ip().is_loopback()) {
            return Ok(());
        }
        let bank = self.bank_url.is_none().then_some("a bank (set MAKEGOOD_BANK_URL)");
        let secrets = self.secrets.is_none().then_some("secrets (set MAKEGOOD_SECRETS_FILE)");
        let missing: Vec<_> = bank.into_iter().chain(secrets).collect();
        if missing.is_empty() { Ok(()) } else { Err(StartError::Unsafe(missing.join("; "))) }
    }

    /// Whether money is real: only where nothing has to be made up.
    pub(crate) fn livemode(&self) -> bool {
        !self.test_mode && self.bank_url.is_some() && self.secrets.is_some()
    }

    /// The secrets that are there, given or in the data folder.
    pub(crate) fn secrets_there(&self) -> Result<Option<Secrets>, SecretsFileError> {
        let file = self.secrets_file();
        match &self.secrets {
            None if file.exists() => secrets::read(&file).map(Some),
            secrets => Ok(secrets.clone()),
        }
    }

    /// The secrets, made where there are none. For what has no database.
    pub(crate) fn secrets_or_generate(&self, entropy: &dyn Entropy) -> Result<Secrets, SecretsFileError> {
        match self.secrets_there()? {
            Some(secrets) => Ok(secrets),
            None => secrets::read_or_generate(&self.secrets_file(), entropy),
        }
    }

    /// Reads the secrets of a file, which are used instead of those in the data folder.
    pub fn read_secrets(&mut self, file: &Path) -> Result<(), SecretsFileError> {
        self.secrets = Some(secrets::read(file)?);
        Ok(())
    }
}

// The database's URL may hold a password.
impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerConfig")
            .field("listen", &self.listen)
            .field("data_folder", &self.data_folder)
            .field("test_mode", &self.test_mode)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_app::SystemEntropy;

    #[test]
    fn nothing_is_made_up_outside_of_a_test_set_up() {
        let secrets = Secrets::parse(&Secrets::generate(&SystemEntropy)).unwrap();
        let postgres = Some("postgres://localhost/makegood");
        let bank = Some("http://bank.example");
        for (listen, database, bank, with_secrets, test_mode, expected) in [
            ("127.0.0.1:0", None, None, false, false, Some(false)),
            ("[::1]:0", None, None, false, false, Some(false)),
            ("127.0.0.1:0", None, bank, true, false, Some(true)),
            ("0.0.0.0:0", None, None, false, false, None),
            ("0.0.0.0:0", None, bank, false, false, None),
            ("0.0.0.0:0", None, None, true, false, None),
            ("0.0.0.0:0", None, bank, true, false, Some(true)),
            ("0.0.0.0:0", None, None, false, true, Some(false)),
            ("0.0.0.0:0", None, bank, true, true, Some(false)),
            ("127.0.0.1:0", postgres, None, false, false, None),
            ("127.0.0.1:0", postgres, bank, true, false, Some(true)),
            ("127.0.0.1:0", postgres, None, false, true, Some(false)),
        ] {
            let config = ServerConfig {
                listen: listen.parse().unwrap(),
                database_url: database.map(str::to_owned),
                bank_url: bank.map(str::to_owned),
                secrets: with_secrets.then(|| secrets.clone()),
                test_mode,
                ..ServerConfig::new("data")
            };
            let livemode = config.refuse_unsafe().ok().map(|()| config.livemode());
            assert_eq!(livemode, expected, "{listen} {database:?} {bank:?} {with_secrets} {test_mode}");
        }
    }
}
