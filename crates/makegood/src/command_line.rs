//! The command line: flags, environment, and what they make of the server's configuration.

use crate::Failure;
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use makegood::ServerConfig;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// A wallet backend that makes good on every payment: it arrives, it comes back, or it is explained.
#[derive(Parser)]
#[command(name = "makegood", version, about)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the service with its workers; this is what happens without a command.
    Serve,
    /// Bring the schema of the database to this program's version.
    Migrate,
    /// Replay the journal and compare everything that is stored with it; the exit status is 1 on any difference.
    Verify,
    /// Look at configuration, database, disk, clock and bank; the exit status is 1 if anything is wrong.
    Doctor,
    /// Tell the troubles that the wallet is there for, end to end, against a service of its own on a scratch
    /// database; the exit status is 0 only if all held.
    Demo {
        /// In which language.
        #[arg(long, default_value = "en")]
        language: DemoLanguage,
    },
    /// Accounts of the people who answer people.
    Staff {
        #[command(subcommand)]
        command: StaffCommand,
    },
    /// Run the simulated bank alone; `serve --bank-url` with the same secrets file uses it.
    Banksim {
        /// Decides whatever is left to chance.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
}

/// The languages of the demo.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DemoLanguage {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// What to do with staff accounts.
#[derive(Subcommand)]
pub(crate) enum StaffCommand {
    /// Add an account with the role `support`. Its password is generated and printed once, unless it is read
    /// from standard input.
    Add {
        /// An email address, or an E.164 phone number.
        #[arg(long)]
        login: String,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// What all commands share.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen; port 0 picks a free one. By default 127.0.0.1:8080, and 127.0.0.1:8081 for banksim.
    #[arg(long, env = "MAKEGOOD_LISTEN", value_name = "ADDRESS", global = true)]
    pub(crate) listen: Option<SocketAddr>,
    /// Where the SQLite file, the simulated bank's books and generated secrets are.
    #[arg(long, env = "MAKEGOOD_DATA_DIR", default_value = "./data", value_name = "FOLDER", global = true)]
    data_dir: PathBuf,
    /// sqlite:PATH or postgres://…; by default makegood.db in the data folder.
    #[arg(long, env = "MAKEGOOD_DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    database_url: Option<String>,
    /// Where the bank is; by default the simulated bank runs inside.
    #[arg(long, env = "MAKEGOOD_BANK_URL", value_name = "URL", global = true)]
    bank_url: Option<String>,
    /// A file with the master secret (64 hexadecimal digits: `openssl rand -hex 32`) and, where the bank has
    /// given one, a line `bank_secret=…`; by default `secrets` in the data folder, made when it is not there.
    #[arg(long, env = "MAKEGOOD_SECRETS_FILE", value_name = "FILE", global = true)]
    pub(crate) secrets_file: Option<PathBuf>,
    /// Allow the simulated bank and generated secrets on any address and database. Money is not real then.
    #[arg(long, env = "MAKEGOOD_TEST_MODE", value_parser = FalseyValueParser::new(), global = true)]
    test_mode: bool,
    /// What is logged, to standard error: error, warn, info, debug, or a filter such as `info,makegood_app=debug`.
    #[arg(long, env = "MAKEGOOD_LOG", default_value = "info", value_name = "FILTER", global = true)]
    log: EnvFilter,
    /// How it is logged.
    #[arg(long, env = "MAKEGOOD_LOG_FORMAT", default_value = "text", value_name = "FORMAT", global = true)]
    log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

impl Options {
    /// Starts the log, for the rest of the process.
    pub(crate) fn start_logging(&self) {
        let log = tracing_subscriber::fmt().with_env_filter(self.log.clone()).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
    }

    /// The server that these options describe. Reads the secrets file.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, Failure> {
        let secrets = self.secrets_file.as_deref().map(makegood::secrets::read).transpose()?;
        let defaults = ServerConfig::new(self.data_dir.clone());
        Ok(ServerConfig {
            listen: self.listen.unwrap_or(defaults.listen),
            database_url: self.database_url.clone(),
            bank_url: self.bank_url.clone(),
            secrets,
            test_mode: self.test_mode,
            ..defaults
        })
    }
}
