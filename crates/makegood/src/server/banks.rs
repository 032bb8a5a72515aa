//! The banks that a server uses, and what is left at banks that it was told of before.

use super::ServerConfig;
use crate::data_folder::{self, DataFolderError};
use crate::output::counted;
use makegood_app::{BankConfig, BankSecrets, Secrets};
use makegood_banksim::Callbacks;
use makegood_notify::{WebhookError, WebhookSecret};
use makegood_sql::{Database, Error, Fields, Kind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The simulated bank's id.
const SIMULATED_BANK: &str = "simbank";
/// The id of the configured bank, in a test set-up.
const TEST_BANK: &str = "testbank";
/// The id of the configured bank, where money is real.
const LIVE_BANK: &str = "bank";

/// Active cards, and transfers that have a turn to come, at every bank.
const LEFT_BEHIND: &str = "SELECT bank, CAST(SUM(cards) AS BIGINT), CAST(SUM(transfers) AS BIGINT) FROM (
        SELECT bank, COUNT(*) AS cards, 0 AS transfers FROM bank_cards
            WHERE state = 'active' GROUP BY bank
        UNION ALL SELECT waiting.bank, 0, COUNT(*) FROM timers AS timer
            JOIN bank_transfers AS waiting ON waiting.id = timer.object_id
            WHERE timer.kind = 'bank_transfer' GROUP BY waiting.bank) AS found
    GROUP BY bank ORDER BY bank";

/// What is at a bank that is not configured.
pub(crate) struct LeftBehind {
    pub(crate) bank: String,
    cards: i64,
    transfers: i64,
}

impl std::fmt::Display for LeftBehind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cards = counted(self.cards.unsigned_abs(), "active card");
        let transfers = counted(self.transfers.unsigned_abs(), "open transfer");
        write!(
            formatter,
            "the bank {} is not configured, and has {cards} and {transfers}: no card there pays, and no transfer \
             ends, before a server is started with that bank again",
            self.bank
        )
    }
}

/// What is left at banks that a server with this configuration does not ask. Costs all cards, and all transfers that
/// are open.
pub(crate) async fn left_behind(
    database: &Database,
    config: &ServerConfig,
) -> Result<Vec<LeftBehind>, Error> {
    let kinds = &[Kind::Text, Kind::Integer, Kind::Integer];
    let mut transaction = database.read().await?;
    let rows = transaction.query(LEFT_BEHIND, Vec::new(), kinds).await;
    transaction.rollback().await;
    let read = |row| {
        let mut fields = Fields::new("bank_cards", row);
        Ok(LeftBehind { bank: fields.take()?, cards: fields.take()?, transfers: fields.take()? })
    };
    let found = rows?.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let is_asked = |bank: &str| bank == id(config) || config.more_banks.iter().any(|named| named.id == bank);
    Ok(found.into_iter().filter(|left| !is_asked(&left.bank)).collect())
}

/// The names in the secrets file that no bank has which a server with this configuration asks.
pub(crate) fn without_use<'a>(config: &ServerConfig, secrets: &'a Secrets) -> Vec<&'a str> {
    let is_asked = |name: &str| config.more_banks.iter().any(|bank| bank.id == name);
    secrets.more_banks.keys().map(String::as_str).filter(|name| !is_asked(name)).collect()
}

/// The id of the first bank.
pub(crate) fn id(config: &ServerConfig) -> &'static str {
    match config.bank_url {
        None => SIMULATED_BANK,
        Some(_) if config.livemode() => LIVE_BANK,
        Some(_) => TEST_BANK,
    }
}

/// The simulated bank with its books in the data folder, where they are its owner's alone.
pub(crate) fn simulated(
    config: &ServerConfig,
    secret: &str,
) -> Result<makegood_banksim::Config, DataFolderError> {
    let file = config.data_folder.join("bank.db");
    data_folder::make_private(&file)?;
    Ok(makegood_banksim::Config {
        timings: config.simulated_bank_timings,
        ..makegood_banksim::Config::new(data_folder::sqlite_url(&file), secret)
    })
}

/// Where the simulated bank inside tells a server how transfers end: nowhere where nothing is to happen by itself.
pub(super) fn own_callbacks(
    config: &ServerConfig,
    address: SocketAddr,
    secrets: &Secrets,
) -> Result<Option<Callbacks>, WebhookError> {
    if !config.background {
        return Ok(None);
    }
    let any = |ip: IpAddr| if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip };
    let own = SocketAddr::new(any(address.ip()), address.port());
    let url = format!("http://{own}/v1/bank-callbacks/{SIMULATED_BANK}");
    callbacks(url, &secrets.bank_callback_secret).map(Some)
}

/// Callbacks to this URL, signed with what the receiver verifies them with.
pub(crate) fn callbacks(url: String, secret: &str) -> Result<Callbacks, WebhookError> {
    Ok(Callbacks::new(url, WebhookSecret::parse(secret)?))
}

/// How the service reaches its banks, the first of which may be simulated.
pub(super) fn access(
    config: &ServerConfig,
    simulated: Option<&makegood_banksim::Running>,
    secrets: &Secrets,
) -> Vec<BankConfig> {
    let (name, url) = match (simulated, config.bank_url.clone()) {
        (None, Some(url)) => ("Bank", url),
        (simulated, _) => {
            ("Simulated bank", simulated.map(makegood_banksim::Running::url).unwrap_or_default())
        }
    };
    let answer_timeout = config.settings.schedule.answer_timeout;
    let first = BankConfig {
        id: id(config).to_owned(),
        name: name.to_owned(),
        url,
        secret: secrets.bank_secret.clone(),
        callback_secret: Some(secrets.bank_callback_secret.clone()),
        answer_timeout,
    };
    let more = config.more_banks.iter().map(|bank| {
        let BankSecrets { secret, callback_secret } = secrets.of_bank(&bank.id);
        BankConfig {
            id: bank.id.clone(),
            name: bank.id.clone(),
            url: bank.url.clone(),
            secret,
            callback_secret: Some(callback_secret),
            answer_timeout,
        }
    });
    std::iter::once(first).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::NamedBank;
    use makegood_app::SystemEntropy;

    #[test]
    fn a_secret_of_a_bank_that_is_not_asked_has_no_use() {
        let mut config = ServerConfig::new(std::path::PathBuf::from("data"));
        let mut secrets = Secrets::parse(&Secrets::generate(&SystemEntropy)).unwrap();
        for name in ["north", "nroth", "bank"] {
            secrets.more_banks.entry(name.to_owned()).or_default().secret = Some("s".to_owned());
        }
        config.more_banks = vec![NamedBank { id: "north".to_owned(), url: String::new() }];
        assert_eq!(without_use(&config, &secrets), ["bank", "nroth"]);
    }
}
