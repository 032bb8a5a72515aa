//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Plays a wallet's peak hour, with banks that answer late, twice, out of order or not at all, and judges what is left
/// of it. The exit status is 1, with the names of what failed, unless every payment arrived, came back or is explained.
#[derive(Debug, Clone, Parser)]
#[command(name = "makegood-loadtest", version, about)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Play a compressed peak hour; this is what happens without a command.
    PeakHour,
    /// Be the wallet of a run.
    #[command(hide = true)]
    Wallet(WalletOptions),
    /// Be the bank of a run.
    #[command(hide = true)]
    Bank(BankOptions),
}

/// What a run is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// A run of less than a minute, with all the judgements: what to run before each commit.
    #[arg(long, global = true, conflicts_with_all = ["minutes", "soak"])]
    pub(crate) smoke: bool,
    /// How long the peak hour takes, without the time to drain.
    #[arg(long, default_value_t = 10.0, global = true, value_parser = minutes)]
    pub(crate) minutes: f64,
    /// Play the peak hour again and again for so many hours, on one wallet, and judge its memory, its files and its
    /// logs too.
    #[arg(long, value_name = "HOURS", global = true, value_parser = hours)]
    pub(crate) soak: Option<f64>,
    /// How many people there are at single load; at the peak there are five times as many. By default 20, and 4 for
    /// --smoke.
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(2..=2_000))]
    pub(crate) people: Option<u32>,
    /// How many shops there are.
    #[arg(long, default_value_t = 3, global = true, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) shops: u32,
    /// Decides what the bank leaves to chance, where the bank is started here.
    #[arg(long, default_value_t = 1, global = true)]
    pub(crate) seed: u64,
    /// The wallet to load, http://ADDRESS:PORT, in a test set-up: none starts one on a scratch database.
    #[arg(long, global = true, requires_all = ["bank_url", "bank_secret", "database_url"])]
    pub(crate) url: Option<String>,
    /// That wallet's bank: a `makegood banksim` that calls the wallet back.
    #[arg(long, global = true, requires = "url")]
    pub(crate) bank_url: Option<String>,
    /// What that bank's calls are authorised with: the line bank_secret=… of its secrets file.
    #[arg(long, env = "MAKEGOOD_LOADTEST_BANK_SECRET", hide_env_values = true, global = true)]
    pub(crate) bank_secret: Option<String>,
    /// Of a wallet that is started here: a PostgreSQL server, on which a scratch database is made and dropped; by
    /// default it is a scratch SQLite file. With --url: the wallet's own database, which is only read.
    #[arg(long, global = true, env = "MAKEGOOD_LOADTEST_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Where report.html and report.json are written. A baseline there would be written over, and is refused.
    #[arg(long, value_name = "FOLDER", default_value = "loadtest-report", global = true)]
    pub(crate) report: PathBuf,
    /// An earlier report.json: the exit status is 1 where a figure is worse than there by more than is allowed.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) baseline: Option<PathBuf>,
    /// Tell how much longer payments from a balance take while a bank is slow, and do not judge it: on a machine that
    /// does other things too. --smoke never judges it.
    #[arg(long, global = true)]
    pub(crate) no_speed: bool,
    /// Break something on purpose, and see that the judge finds it.
    #[arg(long, value_enum, global = true, conflicts_with = "url")]
    pub(crate) control: Option<Breakage>,
}

/// What can be broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Breakage {
    /// A proxy before the wallet gives every request a new idempotency key, so that who asks again asks for something
    /// new.
    FreshKeys,
    /// The bank says of some transfers that it has executed them, and has not.
    LyingBank,
}

/// What the wallet's process is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct WalletOptions {
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    #[arg(long)]
    pub(crate) data_folder: PathBuf,
    #[arg(long)]
    pub(crate) bank: String,
    #[arg(long)]
    pub(crate) secrets: PathBuf,
    /// At which second of the day merchants' money becomes available.
    #[arg(long)]
    pub(crate) cut_off_s: u64,
    /// For how long a bank may take money from a card.
    #[arg(long)]
    pub(crate) validity_s: u64,
}

/// What the bank's process is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct BankOptions {
    #[arg(long)]
    pub(crate) data_folder: PathBuf,
    #[arg(long)]
    pub(crate) secrets: PathBuf,
    #[arg(long)]
    pub(crate) callback: String,
    #[arg(long)]
    pub(crate) bank_seed: u64,
}

fn minutes(text: &str) -> Result<f64, String> {
    within(text, 0.1, 24.0 * 60.0)
}

fn hours(text: &str) -> Result<f64, String> {
    within(text, 0.01, 24.0 * 31.0)
}

fn within(text: &str, from: f64, to: f64) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (from..=to).contains(number));
    number.ok_or_else(|| format!("a number from {from} to {to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_read() {
        let reads = |arguments: &[&str]| {
            CommandLine::try_parse_from([&["makegood-loadtest"], arguments].concat()).is_ok()
        };
        for (arguments, expected) in [
            (&[][..], true),
            (&["--smoke"], true),
            (&["peak-hour"], true),
            (&["peak-hour", "--minutes", "2", "--baseline", "old.json"], true),
            (&["peak-hour", "--soak", "8"], true),
            (&["--smoke", "--control", "lying-bank"], true),
            (&["--minutes", "0"], false),
            (&["--smoke", "--soak", "1"], false),
            (&["--url", "http://127.0.0.1:8080"], false),
            (
                &["--url", "http://w", "--bank-url", "http://b", "--bank-secret", "s", "--database-url", "d"],
                true,
            ),
            (&["--control", "nothing"], false),
        ] {
            assert_eq!(reads(arguments), expected, "{arguments:?}");
        }
    }
}
