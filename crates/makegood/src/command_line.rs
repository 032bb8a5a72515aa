//! The command line: flags, environment, and what they make of the server's configuration.

use crate::Failure;
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use makegood::bench::Part;
use makegood::{NamedBank, ServerConfig};
use makegood_auth::StaffRole;
use makegood_banksim::{Profile, TimeOfDay};
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

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
    Serve {
        /// Stop when standard input ends, as it does when whoever started this has ended, in whatever way.
        #[arg(long, hide = true)]
        stop_with_input: bool,
    },
    /// Five minutes to see it all: the page under /play, with the wallet as a process of its own that the page can kill
    /// and start again, and a simulated bank beside it. What it needs is in the folder `play` of the data folder.
    Play,
    /// Bring the schema of the database to this program's version.
    Migrate,
    /// Replay the journal, and compare all balances and the payments, orders, refunds, top-ups, transfers and bank
    /// transfers with it: what moved, how much, and whose it was (docs/architecture.md lists what is not compared). The
    /// exit status is 1 on any difference.
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
    /// Measure this machine: each figure beside a reference of the same run (docs/performance.md says what they mean).
    /// Scratch SQLite databases are made in the data folder where there is one, else in the current folder, and
    /// removed. Where --database-url names a PostgreSQL server, scratch databases are made there too, and dropped; the
    /// database that it names stays as it is.
    Bench {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Fewer and shorter runs; without banks and peak, which take longer than all else, unless --only names them.
        #[arg(long)]
        quick: bool,
        /// Only these parts.
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "ledger,callers,http,growth,memory,banks,peak",
            default_value_if("quick", "true", "ledger,callers,http,growth,memory")
        )]
        only: Vec<Part>,
        /// Be the bare endpoint that payments over HTTP are held against.
        #[arg(long, hide = true)]
        bare_endpoint: bool,
    },
    /// Accounts of the people who answer people.
    Staff {
        #[command(subcommand)]
        command: StaffCommand,
    },
    /// Run the simulated bank alone; `serve --bank-url` with the same secrets file uses it. It has peak hours, outages
    /// and faults, which are turned while it runs by calls under /control (crates/banksim/README.md has all of them).
    Banksim(BanksimOptions),
}

/// What the simulated bank is told.
#[derive(Args)]
pub(crate) struct BanksimOptions {
    /// Which of a service's further banks it is (`serve --more-banks NAME=URL`): its secrets are those of that name.
    #[arg(long, value_parser = bank_name, value_name = "NAME")]
    pub(crate) bank_name: Option<String>,
    /// Decides whatever is left to chance: the same seed and calls, the same behaviour.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where it tells how transfers end, such as http://127.0.0.1:8080/v1/bank-callbacks/testbank: signed with
    /// `bank_callback_secret=…` of the secrets file, or what derives from the master secret. By default nowhere.
    #[arg(long, env = "MAKEGOOD_CALLBACK_URL", value_name = "URL")]
    pub(crate) callback_url: Option<String>,
    /// How it does over the hours of the day: calm, peak, outage, or a TOML file.
    #[arg(long, value_parser = profile, default_value = "calm", value_name = "PROFILE")]
    pub(crate) profile: Profile,
    /// What time it is at the bank when it starts, HH:MM; by default that of this machine's clock, in UTC.
    #[arg(long, value_name = "TIME")]
    pub(crate) time_of_day: Option<TimeOfDay>,
    /// How fast the bank's day passes; 240 is a day in six minutes.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub(crate) clock_speed: f64,
}

/// The languages of the demo.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DemoLanguage {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// The roles of staff.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CliRole {
    /// Answers people.
    Support,
    /// Runs the service.
    Operations,
}

impl CliRole {
    /// The role that it names.
    pub(crate) const fn role(self) -> StaffRole {
        match self {
            Self::Support => StaffRole::Support,
            Self::Operations => StaffRole::Operations,
        }
    }
}

/// What to do with staff accounts.
#[derive(Subcommand)]
pub(crate) enum StaffCommand {
    /// Add an account to a database that a server has begun. Its password is generated and printed once, unless
    /// it is read from standard input.
    Add {
        /// An email address, or an E.164 phone number.
        #[arg(long)]
        login: String,
        /// What they may do: support answers people, operations also closes the cases of what went wrong.
        #[arg(long, value_enum, default_value_t = CliRole::Support)]
        role: CliRole,
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
    pub(crate) data_dir: PathBuf,
    /// sqlite:PATH or postgres://…; by default makegood.db in the data folder.
    #[arg(long, env = "MAKEGOOD_DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    database_url: Option<String>,
    /// Where the bank is, http://HOST:PORT (docs/bank.md says what it has to speak); by default the simulated bank
    /// runs inside.
    #[arg(long, env = "MAKEGOOD_BANK_URL", value_name = "URL", global = true)]
    bank_url: Option<String>,
    /// Further banks, NAME=http://HOST:PORT with commas between them: cards are linked with them by NAME, 1 to 16
    /// characters of a-z, 0-9 and _.
    #[arg(long, env = "MAKEGOOD_MORE_BANKS", value_delimiter = ',', value_name = "NAME=URL", global = true)]
    more_banks: Vec<String>,
    /// A file with the master secret (64 hexadecimal digits: `openssl rand -hex 32`) and, where the bank has
    /// given them, lines `bank_secret=…` and `bank_callback_secret=whsec_…` (for further banks `bank_secret.NAME=…`);
    /// by default `secrets` in the data folder, made when it is not there.
    #[arg(long, env = "MAKEGOOD_SECRETS_FILE", value_name = "FILE", global = true)]
    pub(crate) secrets_file: Option<PathBuf>,
    /// Allow the simulated bank and generated secrets on any address and database. Money is not real then.
    #[arg(long, env = "MAKEGOOD_TEST_MODE", value_parser = FalseyValueParser::new(), global = true)]
    test_mode: bool,
    /// What is logged, to standard error: error, warn, info, debug, trace, off, or levels by module such as
    /// `info,makegood_app=debug`. By default info, and error for demo.
    #[arg(long, env = "MAKEGOOD_LOG", value_parser = log_filter, value_name = "FILTER", global = true)]
    log: Option<Targets>,
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
    pub(crate) fn start_logging(&self, default_level: LevelFilter) {
        let filter = self.log.clone().unwrap_or_else(|| Targets::new().with_default(default_level));
        let log = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).finish().with(filter).init(),
            LogFormat::Json => log.json().flatten_event(true).finish().with(filter).init(),
        }
    }

    /// The flags that log in another process as in this one.
    pub(crate) fn log_arguments(&self) -> Vec<OsString> {
        let format = self.log_format.to_possible_value().map(|value| value.get_name().to_owned());
        let filter = self.log.as_ref().map(ToString::to_string);
        let flags = [("--log-format", format), ("--log", filter)];
        let given = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
        given.flatten().map(OsString::from).collect()
    }

    /// The server that these options describe. Reads the secrets file. Refuses a database that is none of the two.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, Failure> {
        self.database_url.as_deref().map_or(Ok(()), refuse_unknown_database)?;
        if self.bank_url.as_deref().is_some_and(|url| !url.starts_with("http://")) {
            return Err(
                "--bank-url (MAKEGOOD_BANK_URL) does not start with http://: TLS to a bank is a proxy's"
                    .into(),
            );
        }
        let more_banks = named_banks(&self.more_banks)
            .map_err(|error| format!("--more-banks (MAKEGOOD_MORE_BANKS): {error}"))?;
        let secrets = self.secrets_file.as_deref().map(makegood::secrets::read).transpose()?;
        let defaults = ServerConfig::new(self.data_dir.clone());
        Ok(ServerConfig {
            listen: self.listen.unwrap_or(defaults.listen),
            database_url: self.database_url.clone(),
            bank_url: self.bank_url.clone(),
            more_banks,
            secrets,
            test_mode: self.test_mode,
            ..defaults
        })
    }
}

/// Reads a bank's name.
fn bank_name(text: &str) -> Result<String, String> {
    match makegood::is_bank_id(text) {
        true => Ok(text.to_owned()),
        false => Err("a bank's name is 1 to 16 characters of a-z, 0-9 and _".to_owned()),
    }
}

/// Reads further banks, none of which may have another's name. A URL may hold a password, and is not repeated.
fn named_banks(texts: &[String]) -> Result<Vec<NamedBank>, String> {
    let mut banks: Vec<NamedBank> = Vec::new();
    for text in texts {
        let (id, url) = text.split_once('=').ok_or("one of them is not NAME=URL")?;
        let id = bank_name(id)?;
        if !url.starts_with("http://") {
            return Err(format!("the URL of {id} does not start with http://: TLS to a bank is a proxy's"));
        }
        // The first bank has one of these.
        if ["bank", "testbank", "simbank"].contains(&id.as_str()) || banks.iter().any(|bank| bank.id == id) {
            return Err(format!("{id} is another bank's name"));
        }
        banks.push(NamedBank { id, url: url.to_owned() });
    }
    Ok(banks)
}

/// Reads a profile: one that has a name, or that of a file.
fn profile(text: &str) -> Result<Profile, String> {
    if let Some(profile) = Profile::named(text) {
        return Ok(profile);
    }
    let unreadable = |error| format!("neither calm, peak or outage, nor a file that can be read ({error})");
    let toml = std::fs::read_to_string(text).map_err(unreadable)?;
    Profile::from_toml(&toml).map_err(|error| error.to_string())
}

/// Reads a filter. A word that is no level is refused: taken for a module, it would keep all else out of the log.
fn log_filter(text: &str) -> Result<Targets, String> {
    let mut filter = Targets::new();
    for directive in text.split(',') {
        let (module, level) = match directive.split_once('=') {
            Some((module, level)) => (Some(module), level),
            None => (None, directive),
        };
        let is_path = |module: &str| !module.is_empty() && module.bytes().all(is_in_path);
        let level = level.parse::<LevelFilter>().ok().filter(|_| !level.is_empty());
        filter = match (module, level) {
            (None, Some(level)) => filter.with_default(level),
            (Some(module), Some(level)) if is_path(module) => filter.with_target(module, level),
            _ => return Err(format!("`{directive}` is neither a level nor MODULE=LEVEL")),
        };
    }
    Ok(filter)
}

const fn is_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
}

/// The URL may hold a password, and is not repeated.
fn refuse_unknown_database(url: &str) -> Result<(), Failure> {
    let is_postgres = ["postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme));
    if is_postgres || matches!(makegood_sql::sqlite_file(url), Ok(Some(_))) {
        return Ok(());
    }
    Err("--database-url (MAKEGOOD_DATABASE_URL) is neither sqlite:FILE nor postgres://USER@HOST/NAME: no other \
         database is supported"
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_strictly() {
        for (text, expected) in [
            ("info", Some("info")),
            ("WARN", Some("warn")),
            ("off", Some("off")),
            ("info,makegood_app=debug", Some("makegood_app=debug,info")),
            ("makegood_app::jobs=trace", Some("makegood_app::jobs=trace")),
            ("", None),
            ("info,", None),
            ("verbose", None),
            ("makegood_app=", None),
            ("=debug", None),
            ("makegood_app=loud", None),
            ("a=b=c", None),
            ("a=debug=info", None),
            ("makegood app=debug", None),
        ] {
            let filter = log_filter(text).ok().map(|filter| filter.to_string());
            assert_eq!(filter.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn profiles_have_a_name_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("payday.toml");
        std::fs::write(&file, "name = \"payday\"\n[[point]]\nat = \"09:00\"\nper_second = 5\n").unwrap();
        assert_eq!(profile(file.to_str().unwrap()).unwrap().name(), "payday");
        for name in ["calm", "peak", "outage"] {
            assert_eq!(profile(name).unwrap().name(), name);
        }
        std::fs::write(&file, "[[point]]").unwrap();
        assert!(profile(file.to_str().unwrap()).unwrap_err().contains("missing field `at`"));
        assert!(profile("busy").unwrap_err().contains("neither calm, peak or outage"));
    }

    #[test]
    fn further_banks_have_a_name_of_their_own_and_a_place() {
        let read = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            named_banks(&texts)
        };
        let north = NamedBank { id: "north".to_owned(), url: "http://127.0.0.1:1/a=b".to_owned() };
        assert_eq!(read(&["north=http://127.0.0.1:1/a=b"]), Ok(vec![north]));
        assert_eq!(read(&[]), Ok(Vec::new()));
        for texts in [
            ["north", ""],
            ["North=http://s3cret@a", ""],
            ["=http://s3cret@a", ""],
            ["north=https://s3cret@a", ""],
            ["north=http://s3cret@a", "north=http://s3cret@b"],
            ["bank=http://s3cret@a", ""],
        ] {
            let refused = read(&texts).unwrap_err();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn a_quick_look_leaves_out_what_takes_long() {
        let parts = |flags: &[&str]| match CommandLine::parse_from([&["makegood", "bench"], flags].concat())
            .command
        {
            Some(Command::Bench { only, .. }) => only,
            _ => unreachable!("the command is bench"),
        };
        assert_eq!(parts(&[]).len(), 7);
        assert_eq!(
            parts(&["--quick"]),
            [Part::Ledger, Part::Callers, Part::Http, Part::Growth, Part::Memory]
        );
        assert_eq!(parts(&["--quick", "--only", "banks,peak"]), [Part::Banks, Part::Peak]);
    }

    #[test]
    fn databases_are_sqlite_files_and_postgresql() {
        for (url, expected) in [
            ("sqlite:data/makegood.db", true),
            ("postgres://localhost/makegood", true),
            ("postgresql://localhost/makegood", true),
            ("sqlite::memory:", false),
            ("sqlite:data/makegood.db?mode=odd", false),
            ("mysql://root:s3cret@localhost/makegood", false),
            ("makegood.db", false),
            ("", false),
        ] {
            let refused = refuse_unknown_database(url).err().map(|failure| failure.to_string());
            assert_eq!(refused.is_none(), expected, "{url}");
            assert!(!refused.unwrap_or_default().contains("s3cret"));
        }
    }
}
