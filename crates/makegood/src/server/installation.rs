//! What all servers on one database share: whether money is real, and the secrets.
//!
//! Real money and test money never share a database: what a simulated bank made up would be paid out for real,
//! or real balances would be moved by a server that asks no real bank. And what was made with one master secret
//! (passwords, tokens, QR codes) cannot be verified with another.

use super::{ServerConfig, StartError};
use crate::{schema, secrets};
use makegood_app::Secrets;
use makegood_base::Entropy;
use makegood_sql::Database;
use makegood_store::installation::{self, Installation};

/// A database that is ready for this configuration, and the secrets that go with it.
pub(crate) struct Opened {
    pub(crate) database: Database,
    pub(crate) version: i64,
    pub(crate) secrets: Secrets,
}

/// Opens the database and migrates it. The first that opens it decides for all others: where there are no
/// secrets, they are made only then.
///
/// Refuses what [`refuse_other`] refuses.
pub(crate) async fn open(config: &ServerConfig, entropy: &dyn Entropy) -> Result<Opened, StartError> {
    let there = config.secrets_there()?;
    let (database, version) = schema::open(config).await?;
    refuse_other(&database, config, there.as_ref()).await?;
    let make = || secrets::read_or_generate(&config.secrets_file(), entropy);
    let secrets = there.map_or_else(make, Ok)?;
    let ours = Installation { livemode: config.livemode(), secrets_check: secrets.check };
    compare(&installation::keep_first(&database, &ours).await?, config, Some(&secrets))?;
    Ok(Opened { database, version, secrets })
}

/// Refuses a database whose money is of the other kind, and one that was begun with other secrets than those
/// that are there. Changes nothing: this is what `makegood doctor` asks too.
pub(crate) async fn refuse_other(
    database: &Database,
    config: &ServerConfig,
    secrets: Option<&Secrets>,
) -> Result<(), StartError> {
    match installation::read(database).await? {
        Some(kept) => compare(&kept, config, secrets),
        None => Ok(()),
    }
}

fn compare(kept: &Installation, config: &ServerConfig, secrets: Option<&Secrets>) -> Result<(), StartError> {
    if kept.livemode != config.livemode() {
        let kind = |livemode| if livemode { "real" } else { "test" };
        return Err(StartError::OtherMoney { holds: kind(kept.livemode), wants: kind(config.livemode()) });
    }
    match secrets {
        None => Err(StartError::SecretsMissing { file: config.secrets_file() }),
        Some(secrets) if secrets.check != kept.secrets_check => Err(StartError::OtherSecrets),
        Some(_) => Ok(()),
    }
}
