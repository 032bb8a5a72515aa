//! `makegood doctor`: looks at everything that the service leans on, and says what to do where something is
//! wrong. It changes nothing but a file that it writes and removes.

use crate::secrets::is_open_to_others;
use crate::server::{banks, installation};
use crate::{NamedBank, ServerConfig, StartError, secrets};
use makegood_base::limits::TEXT_LENGTH_MAX;
use makegood_base::{Clock, Timestamp};
use makegood_sql::{Database, Dialect, Fields, Kind, Options, Transaction};
use makegood_store::migrations;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// How much must fit onto the disk of the data folder.
const DISK_PROBE_BYTES: usize = 16 << 20;
/// How far the last commit may be in the future of this machine's clock.
const CLOCK_MARGIN: Duration = Duration::from_secs(5);
/// This program was not there before: a clock that says otherwise is wrong. 2026-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
const BANK_TIMEOUT: Duration = Duration::from_secs(5);
const LAST_COMMIT: &str = "SELECT COALESCE(MAX(at), 0) FROM ledger_batches";
const DURABILITY_POSTGRES: &str =
    "SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')
    || ' ' || current_setting('full_page_writes')";

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub name: &'static str,
    /// What was found, or what to do.
    pub outcome: Result<String, String>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.outcome {
            Ok(found) => write!(formatter, "ok      {}: {found}", self.name),
            Err(advice) => write!(formatter, "FAILED  {}: {advice}", self.name),
        }
    }
}

/// Looks at everything.
pub async fn examine(config: &ServerConfig, clock: &dyn Clock) -> Vec<Finding> {
    let (database, start) = database(config, clock).await;
    let (money, secrets) = match start {
        Err(error @ StartError::OtherMoney { .. }) => (Err(error.to_string()), Ok(())),
        start => (Ok(()), start.map_err(|error| error.to_string())),
    };
    let mut findings = vec![
        Finding { name: "set-up", outcome: money.and_then(|()| set_up(config)) },
        Finding { name: "data folder", outcome: disk(config) },
        Finding { name: "secrets", outcome: secrets.and_then(|()| secrets_file(config)) },
        Finding { name: "clock", outcome: clock_is_set(clock) },
    ];
    findings.extend(database);
    findings.push(Finding { name: "bank", outcome: bank(config).await });
    findings
}

fn set_up(config: &ServerConfig) -> Result<String, String> {
    config.refuse_unsafe().map_err(|error| error.to_string())?;
    Ok(if config.livemode() { "money is real (livemode)" } else { "a test set-up: money is not real" }
        .to_owned())
}

fn disk(config: &ServerConfig) -> Result<String, String> {
    if !config.uses_data_folder() {
        return Ok("not used".to_owned());
    }
    let folder = &config.data_folder;
    if !folder.exists() {
        return Ok(format!("{} is not there yet: serve makes it", folder.display()));
    }
    let probe = folder.join(".doctor");
    let written = File::create(&probe)
        .and_then(|mut file| file.write_all(&vec![0; DISK_PROBE_BYTES]).and_then(|()| file.sync_all()));
    let removed = fs::remove_file(&probe);
    written.and(removed).map_err(|error| {
        format!("{} cannot be written to ({error}): free some space, or set its owner", folder.display())
    })?;
    Ok(format!("{} can be written to", folder.display()))
}

fn secrets_file(config: &ServerConfig) -> Result<String, String> {
    if config.secrets.is_some() {
        return Ok("read from their own file".to_owned());
    }
    let file: PathBuf = config.secrets_file();
    if !file.exists() {
        return Ok(format!("{} is not there yet: serve makes it in a test set-up", file.display()));
    }
    secrets::read(&file).map_err(|error| error.to_string())?;
    owner_alone(&file)
}

/// Whether a secrets file is its owner's alone.
pub fn owner_alone(file: &std::path::Path) -> Result<String, String> {
    match is_open_to_others(file) {
        Ok(false) => Ok(format!("{} is its owner's alone", file.display())),
        Ok(true) => Err(format!("others can read {0}: run `chmod 600 {0}`", file.display())),
        Err(error) => Err(format!("{} cannot be looked at: {error}", file.display())),
    }
}

fn clock_is_set(clock: &dyn Clock) -> Result<String, String> {
    let now = clock.now();
    if now < EARLIEST {
        return Err(format!("it says {now}: set the machine's clock"));
    }
    Ok(format!("it says {now}"))
}

/// What is found on the database, and whether a server would start on what is there.
async fn database(config: &ServerConfig, clock: &dyn Clock) -> (Vec<Finding>, Result<(), StartError>) {
    let url = config.database_url();
    let finding = |name, outcome| vec![Finding { name, outcome }];
    // A URL that names no file is refused below, in the same words as by a server.
    if makegood_sql::sqlite_file(&url).is_ok_and(|file| file.is_some_and(|file| !file.exists())) {
        return (
            finding("database", Ok("the SQLite file is not there yet: serve makes it".to_owned())),
            Ok(()),
        );
    }
    let database = match Database::open(&url, Options::default()).await {
        Ok(database) => database,
        Err(error) => {
            let advice = format!("it does not answer ({error}): look at MAKEGOOD_DATABASE_URL");
            return (finding("database", Err(advice)), Ok(()));
        }
    };
    let mut findings = finding("database", Ok("it answers".to_owned()));
    let schema = match migrations::check(&database).await {
        Ok(()) => Ok("at this program's version".to_owned()),
        Err(error) => Err(format!("{error} (`makegood migrate`)")),
    };
    let has_schema = schema.is_ok();
    findings.push(Finding { name: "schema", outcome: schema });
    findings.push(Finding { name: "durability", outcome: durability(&database).await });
    let mut start = Ok(());
    if has_schema {
        findings.push(Finding { name: "last commit", outcome: last_commit(&database, clock).await });
        findings.push(Finding { name: "other banks", outcome: other_banks(config, &database).await });
        start = would_start(config, &database).await;
    }
    database.close().await;
    (findings, start)
}

/// The same refusals as a server's.
async fn would_start(config: &ServerConfig, database: &Database) -> Result<(), StartError> {
    installation::refuse_other(database, config, config.secrets_there()?.as_ref()).await
}

/// Whether cards and transfers are at banks that a server would not ask.
async fn other_banks(config: &ServerConfig, database: &Database) -> Result<String, String> {
    let left = banks::left_behind(database, config).await.map_err(|error| error.to_string())?;
    if left.is_empty() {
        return Ok("no card and no transfer is at a bank that is not configured".to_owned());
    }
    Err(left.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// SQLite's settings are asserted on every connection that is opened; PostgreSQL's are its operator's.
async fn durability(database: &Database) -> Result<String, String> {
    if database.dialect() == Dialect::Sqlite {
        return Ok("WAL with synchronous=FULL".to_owned());
    }
    let settings: String = single(database, DURABILITY_POSTGRES, &[Kind::Text]).await?;
    match settings.split(' ').collect::<Vec<_>>().as_slice() {
        ["on", commit, "on"] if *commit != "off" => Ok(format!("fsync, synchronous_commit={commit}")),
        _ => Err(format!(
            "fsync, synchronous_commit, full_page_writes are `{settings}`: set all three to on, or a crash of \
             the database loses payments"
        )),
    }
}

async fn last_commit(database: &Database, clock: &dyn Clock) -> Result<String, String> {
    let at = Timestamp::from_micros(single(database, LAST_COMMIT, &[Kind::Integer]).await?);
    if at > clock.now().plus(CLOCK_MARGIN) {
        return Err(format!("it is from {at}, which has not come yet: set this machine's clock"));
    }
    Ok(if at == Timestamp::EPOCH { "none yet".to_owned() } else { at.to_string() })
}

async fn single<T: makegood_sql::FromValue>(
    database: &Database,
    text: &'static str,
    kinds: &'static [Kind],
) -> Result<T, String> {
    let read = async {
        let mut transaction: Transaction = database.read().await?;
        let row = transaction.query(text, Vec::new(), kinds).await?.pop().unwrap_or_default();
        transaction.rollback().await;
        Fields::new("doctor", row).take()
    };
    read.await.map_err(|error: makegood_sql::Error| error.to_string())
}

/// Asks the banks that a server would use for their newest transfers, with the secrets that a server would show: that
/// shows both to be right.
async fn bank(config: &ServerConfig) -> Result<String, String> {
    let secrets = config.secrets_there().map_err(|_| "not asked: our secrets cannot be read".to_owned());
    let mut told = Vec::new();
    match &config.bank_url {
        Some(url) => {
            let secret = secrets.clone()?.map(|secrets| secrets.bank_secret);
            told.push(ask(url, banks::id(config), secret, "bank_secret", "MAKEGOOD_BANK_URL").await);
        }
        None => told.push(Ok("the simulated one, inside".to_owned())),
    }
    for NamedBank { id, url } in &config.more_banks {
        let secret = secrets.clone()?.map(|secrets| secrets.of_bank(id).secret);
        told.push(ask(url, id, secret, &format!("bank_secret.{id}"), "MAKEGOOD_MORE_BANKS").await);
    }
    let is_well = told.iter().all(Result::is_ok);
    let lines: Vec<_> = told.into_iter().map(|told| told.unwrap_or_else(|wrong| wrong)).collect();
    if is_well { Ok(lines.join("; ")) } else { Err(lines.join("; ")) }
}

/// Asks one bank. `line` and `variable` are where its secret and its URL are set.
async fn ask(
    url: &str,
    id: &str,
    secret: Option<String>,
    line: &str,
    variable: &str,
) -> Result<String, String> {
    let client = reqwest::Client::builder()
        .timeout(BANK_TIMEOUT)
        .no_proxy()
        .tls_certs_only(makegood_app::tls_roots()?)
        .build();
    let client = client.map_err(|error| error.to_string())?;
    let request = client.get(format!("{}/v1/transfers?limit=1", url.trim_end_matches('/')));
    let request = match &secret {
        Some(secret) => request.bearer_auth(secret),
        None => request,
    };
    match request.send().await {
        Ok(response) if response.status().is_success() => {
            Ok(format!("{url} answers, and may tell us by itself at /v1/bank-callbacks/{id}"))
        }
        Ok(response) if response.status() == reqwest::StatusCode::UNAUTHORIZED => Err(match secret {
            Some(_) => format!("{url} refuses our secret: set `{line}=…` in the secrets file"),
            None => {
                format!("{url} asks for a secret, and there is none yet: name the file with --secrets-file")
            }
        }),
        Ok(response) => Err(format!("{url} answers {}", refusal(response).await)),
        Err(error) => Err(format!("{url} does not answer ({}): look at {variable}", error.without_url())),
    }
}

/// A response's status and, in the bank's own words, why: that it is under maintenance, for one.
async fn refusal(response: reqwest::Response) -> String {
    let status = response.status();
    let body = response.json::<serde_json::Value>().await.unwrap_or_default();
    let detail = body["detail"].as_str().unwrap_or_default();
    let detail: String = detail.chars().filter(|letter| !letter.is_control()).take(TEXT_LENGTH_MAX).collect();
    if detail.is_empty() { status.to_string() } else { format!("{status}: {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_app::SystemEntropy;
    use std::os::unix::fs::PermissionsExt as _;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0)
        }
    }

    const NOW: At = At(1_795_375_845_000_000);

    async fn failed(config: &ServerConfig, clock: &dyn Clock) -> Vec<&'static str> {
        let findings = examine(config, clock).await;
        findings.into_iter().filter(|finding| finding.outcome.is_err()).map(|finding| finding.name).collect()
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let config = ServerConfig::new(folder.path());
        assert_eq!(failed(&config, &NOW).await, Vec::<&str>::new(), "nothing is there yet");
        assert_eq!(failed(&config, &At(0)).await, ["clock"]);
        let outside = ServerConfig { listen: "0.0.0.0:0".parse().unwrap(), ..config.clone() };
        assert_eq!(failed(&outside, &NOW).await, ["set-up"]);

        let secrets = secrets::read_or_generate(&config.secrets_file(), &SystemEntropy).unwrap();
        fs::set_permissions(config.secrets_file(), fs::Permissions::from_mode(0o644)).unwrap();
        let database = Database::open(&config.database_url(), Options::default()).await.unwrap();
        assert_eq!(failed(&config, &NOW).await, ["secrets", "schema"]);
        fs::set_permissions(config.secrets_file(), fs::Permissions::from_mode(0o600)).unwrap();
        migrations::migrate(&database).await.unwrap();
        database.close().await;
        assert_eq!(failed(&config, &NOW).await, Vec::<&str>::new());

        let bank_url = Some("http://127.0.0.1:1".to_owned());
        let unreachable = ServerConfig { bank_url, ..config.clone() };
        assert_eq!(failed(&unreachable, &NOW).await, ["bank"], "with the secrets of the data folder");
        let given = ServerConfig { secrets: Some(secrets), ..unreachable.clone() };
        assert_eq!(failed(&given, &NOW).await, ["bank"]);
        let fresh = ServerConfig { data_folder: folder.path().join("fresh"), ..unreachable };
        assert_eq!(failed(&fresh, &NOW).await, ["bank"], "with no secrets yet");
        let elsewhere = Some("postgres://127.0.0.1:1/none".to_owned());
        let no_database = ServerConfig { database_url: elsewhere, test_mode: true, ..config };
        assert_eq!(failed(&no_database, &NOW).await, ["database"]);
    }
}
