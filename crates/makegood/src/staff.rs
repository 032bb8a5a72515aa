//! `makegood staff add`: an account for somebody who answers people.

use crate::server::installation::{self, Opened};
use crate::{ServerConfig, StartError};
use makegood_app::{App, AppConfig};
use makegood_auth::{Login, LoginError, StaffRole, password};
use makegood_base::{Clock, Entropy, IdSeed, Ids, RequestId, encode_suffix};
use makegood_sql::{Database, Options};
use makegood_store::SqlStore;
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Code, Command, Settings};
use std::sync::Arc;

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The login is neither an email address nor an E.164 phone number.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The password is too weak.
    #[error("the password is refused: {0}")]
    Password(#[from] password::PasswordProblem),
    /// No server has worked on the database yet. The first decides for all others, and for good, whether money
    /// is real and which secrets count.
    #[error(
        "no server has begun the database yet, and the first one decides whether its money is real, and which \
         secrets count: start the server once first"
    )]
    NotBegun,
    /// The configuration or the database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The wallet said no.
    #[error("{detail} ({code})")]
    Refused {
        /// The code.
        code: String,
        /// What happened.
        detail: String,
    },
    /// The wallet did not get that far.
    #[error("the password cannot be hashed ({})", .0.as_str())]
    Hash(Code),
}

/// A password that nobody has seen: 128 random bits.
#[must_use]
pub fn generate_password(entropy: &dyn Entropy) -> String {
    let mut bits = [0; 16];
    entropy.fill(&mut bits);
    encode_suffix(&bits)
}

/// Adds a staff account, whether or not a server runs on the same database, with the same secrets as the
/// server's. Refused: a login that staff has already, a password that the policy does not allow, and a database
/// that no server has begun. Adding is an event, like everything that staff do.
pub async fn add(
    config: &ServerConfig,
    login: &str,
    password: String,
    role: StaffRole,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<(), StaffError> {
    let login = Login::parse(login)?;
    password::check(&password, &login)?;
    config.refuse_unsafe()?;
    refuse_not_begun(config).await?;
    let Opened { database, secrets, .. } = installation::open(config, entropy.as_ref()).await?;
    let app_config = AppConfig {
        settings: Settings { livemode: config.livemode(), ..config.settings.clone() },
        secrets,
        banks: Vec::new(),
        limits: config.engine,
        jobs: config.jobs.clone(),
        passwords: config.passwords,
    };
    let store = SqlStore::new(database.clone());
    let (app, engine) =
        App::start(store, app_config, Arc::clone(&clock), Arc::clone(&entropy)).map_err(StartError::from)?;
    let added = submit(&app, (login, role), password, clock.as_ref(), entropy.as_ref()).await;
    drop(app);
    if let Err(error) = engine.await {
        tracing::error!(%error, "the engine ended badly");
    }
    database.close().await;
    added
}

/// Changes nothing, and makes nothing.
async fn refuse_not_begun(config: &ServerConfig) -> Result<(), StaffError> {
    let url = config.database_url();
    let file = makegood_sql::sqlite_file(&url).map_err(StartError::from)?;
    if file.is_some_and(|file| !file.exists()) {
        return Err(StaffError::NotBegun);
    }
    let database = Database::open(&url, Options::default()).await.map_err(StartError::from)?;
    let kept = makegood_store::installation::read(&database).await;
    database.close().await;
    match kept {
        Ok(Some(_)) => Ok(()),
        // There is no row, or not even its table.
        Ok(None) | Err(makegood_sql::Error::Deterministic { .. }) => Err(StaffError::NotBegun),
        Err(error) => Err(StartError::from(error).into()),
    }
}

async fn submit(
    app: &App,
    (login, role): (Login, StaffRole),
    password: String,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<(), StaffError> {
    let password_hash = app.hash_password(password).await.map_err(StaffError::Hash)?;
    let action = Action::AddStaff { login: login.into_string(), password_hash, role };
    let seed = IdSeed::draw(clock.now(), entropy);
    let command = Command {
        seed,
        request: RequestId::from_raw(Ids::new(seed).next_raw()),
        caller: Caller::Operator,
        language: Language::English,
        idempotency_key: None,
        fingerprint: [0; 32],
        action,
    };
    let reply = app.submit(command).await;
    if !reply.is_problem() {
        return Ok(());
    }
    let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
    Err(StaffError::Refused { code: text("code"), detail: text("detail") })
}
