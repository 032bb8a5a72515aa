//! The running wallet, as its edges see it.

use crate::credentials::credentials;
use crate::engine::{Engine, EngineLimits, Undecided};
use crate::jobs::{Jobs, JobsConfig, alerted};
use crate::outbound::bank::{Bank, BankConfig, Message, MessageRefused};
use crate::passwords::{PasswordPool, PasswordPoolConfig};
use crate::secrets::Secrets;
use makegood_auth::Principal;
use makegood_banking::{CardCheck, CardRefusal, HolderCheck, Told};
use makegood_base::{Clock, Entropy, IdSeed, RawId, RequestId};
use makegood_store::{Failure, Lists, SqlStore, Store};
use makegood_wallet::texts::{Language, Role};
use makegood_wallet::view::BankView;
use makegood_wallet::{
    Action, Caller, Code, Command, Facts, Heard, Needs, Outlooks, Problem, Query, Reply, Settings, Stop,
    answer, query_needs,
};
use std::future::Future;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// What an [`App`] is made from.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// What decisions depend on.
    pub settings: Settings,
    /// The service's secrets.
    pub secrets: Secrets,
    /// The banks; their ids become `settings.banks`.
    pub banks: Vec<BankConfig>,
    /// What bounds the engine.
    pub limits: EngineLimits,
    /// How the background works.
    pub jobs: JobsConfig,
    /// How passwords are hashed.
    pub passwords: PasswordPoolConfig,
}

impl std::fmt::Debug for BankConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("BankConfig")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Why an [`App`] does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A bank's configuration is wrong.
    #[error("a bank cannot be used: {0}")]
    Bank(String),
}

/// The running wallet: cheap to clone.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

struct Parts {
    engine: Engine,
    store: Arc<SqlStore>,
    lists: Lists,
    settings: Arc<Settings>,
    secrets: Secrets,
    banks: Vec<Arc<Bank>>,
    passwords: PasswordPool,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    jobs: Jobs<SqlStore>,
}

impl App {
    /// Starts the engine on a store whose schema is current. The background does not work yet: see
    /// [`App::jobs`]. The handle ends when the last clone of the app is gone and all is committed.
    pub fn start(
        store: SqlStore,
        config: AppConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, JoinHandle<()>), StartError> {
        // What a server sees of its banks is its own.
        let outlooks = Outlooks::default();
        let schedule = &config.settings.schedule;
        let bank = |bank: &BankConfig| {
            let (calls_max, breaker) = (config.jobs.bank_calls_max, config.jobs.breaker.clone());
            Bank::new(bank, calls_max, breaker, schedule.clone(), outlooks.clone()).map(Arc::new)
        };
        let banks = config.banks.iter().map(bank).collect::<Result<Vec<_>, _>>();
        let banks = banks.map_err(StartError::Bank)?;
        let settings = Arc::new(Settings {
            banks: banks.iter().map(|bank| bank.id().to_owned()).collect(),
            qr_key: config.secrets.qr_key,
            outlooks,
            ..config.settings
        });
        let lists = Lists::new(store.database().clone());
        let store = Arc::new(store);
        let (engine, task) = Engine::start(
            Arc::clone(&store),
            Arc::clone(&settings),
            Arc::clone(&clock),
            Arc::clone(&entropy),
            config.limits,
        );
        let jobs = Jobs::new(
            engine.clone(),
            (Arc::clone(&store), Some(lists.clone())),
            &banks,
            Arc::clone(&clock),
            Arc::clone(&entropy),
            config.jobs,
        );
        let passwords = PasswordPool::new(config.passwords, config.secrets.pepper, Arc::clone(&entropy));
        let secrets = config.secrets;
        let parts = Parts { engine, store, lists, settings, secrets, banks, passwords, clock, entropy, jobs };
        Ok((Self { parts: Arc::new(parts) }, task))
    }

    /// Submits a command. What was not decided is answered as a problem too.
    pub async fn submit(&self, command: Command) -> Reply {
        let (language, request, action) = (command.language, command.request, command.action.name());
        let outcome = self.parts.engine.submit(command).await;
        let told = match &outcome {
            Ok(reply) if reply.is_problem() => "refused",
            Ok(_) => "done",
            Err(_) => "undecided",
        };
        crate::metrics::command(action, told);
        outcome.unwrap_or_else(|undecided| undecided_reply(undecided, language, request))
    }

    /// Answers a query.
    pub async fn query(&self, query: Query, caller: Caller, language: Language, request: RequestId) -> Reply {
        let needs = |facts: &Facts| query_needs(&query, caller, facts);
        let answered = match self.read(caller, &needs).await {
            Ok(facts) => {
                let now = self.parts.clock.now();
                answer(&query, caller, &facts, now, &self.parts.settings, language, request)
            }
            Err(failure) => {
                tracing::error!(%failure, %request, "a query cannot be read");
                return undecided_reply(Undecided::Unavailable, language, request);
            }
        };
        answered.unwrap_or_else(|stop| {
            let reason = match stop {
                Stop::Broken(reason) => reason,
                Stop::NotLoaded(needs) => format!("the query needs more rows: {needs:?}"),
                Stop::Problem(problem) => problem.code.as_str().to_owned(),
            };
            tracing::error!(reason, %request, "a query failed inside");
            undecided_reply(Undecided::Internal, language, request)
        })
    }

    /// Reads rows in one snapshot. Only the caller's own row may be older, by at most a second and never than
    /// what this server has answered.
    pub async fn read(
        &self,
        caller: Caller,
        needs: &(dyn Fn(&Facts) -> Needs + Sync),
    ) -> Result<Facts, Failure> {
        let callers = self.parts.engine.callers();
        let (kept, began) = callers.get(caller);
        let is_kept = kept.is_some();
        let facts = self.parts.store.read(kept, needs).await?;
        if let Some(row) = caller.row(&facts).filter(|_| !is_kept) {
            callers.keep(row, began);
        }
        Ok(facts)
    }

    /// What decisions depend on.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// The service's secrets.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.parts.secrets
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.parts.clock.as_ref()
    }

    /// The randomness.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        self.parts.entropy.as_ref()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &SqlStore {
        &self.parts.store
    }

    /// Lists and searches.
    #[must_use]
    pub fn lists(&self) -> &Lists {
        &self.parts.lists
    }

    /// The background.
    #[must_use]
    pub fn jobs(&self) -> &Jobs<SqlStore> {
        &self.parts.jobs
    }

    /// Hashes a new password, in a bounded pool.
    pub async fn hash_password(&self, password: String) -> Result<String, Code> {
        self.parts.passwords.hash(password).await
    }

    /// Whether a password is the one of a stored hash; as slow without a hash as with one.
    pub async fn verify_password(&self, password: String, phc: Option<String>) -> Result<bool, Code> {
        self.parts.passwords.verify(password, phc).await
    }

    /// Who has this login, and the hash of their password; as many reads for nobody as for somebody.
    pub async fn credentials(&self, login: &str, staff: bool) -> Result<Option<(Principal, String)>, Code> {
        let found = credentials(self.parts.store.as_ref(), login, staff).await;
        found.map_err(|failure| unreadable(&failure))
    }

    fn bank(&self, id: &str) -> Option<&Arc<Bank>> {
        self.parts.banks.iter().find(|bank| bank.id() == id)
    }

    /// Exchanges a card number for a bank's agreement.
    pub async fn link_card(
        &self,
        bank: &str,
        number: &str,
        holder_name: &str,
    ) -> Result<CardCheck, CardRefusal> {
        let bank = self.bank(bank).ok_or(CardRefusal::UnknownAgreement)?;
        bank.link(number, holder_name).await
    }

    /// Says back the code that a bank texted to a card's holder.
    pub async fn confirm_card(&self, bank: &str, agreement: &str, code: &str) -> Result<(), CardRefusal> {
        let bank = self.bank(bank).ok_or(CardRefusal::UnknownAgreement)?;
        bank.confirm(agreement, code).await
    }

    /// Asks a bank whether a name is that of a card's holder. No answer that can be read is that the bank cannot say.
    pub async fn check_holder(&self, bank: &str, agreement: &str, holder_name: &str) -> HolderCheck {
        let Some(bank) = self.bank(bank) else { return HolderCheck::Unavailable };
        bank.check_holder(agreement, holder_name).await.unwrap_or(HolderCheck::Unavailable)
    }

    /// The banks, with their health.
    #[must_use]
    pub fn banks(&self) -> Vec<BankView> {
        let (livemode, now) = (self.parts.settings.livemode, self.parts.clock.now());
        self.parts.banks.iter().map(|bank| bank.view(livemode, now)).collect()
    }

    /// Sets the gauges of the banks to what is true now: for whoever reads the metrics.
    pub fn measure_banks(&self) {
        self.banks().iter().for_each(crate::metrics::bank_view);
    }

    /// Reads a message that says that it is a bank's. Of a bank that nobody knows none can be.
    pub fn read_message(&self, bank: &str, message: Message<'_>) -> Result<Told, MessageRefused> {
        let bank = self.bank(bank).ok_or(MessageRefused::Unsigned)?;
        bank.read(message, self.parts.clock.now())
    }

    /// Takes what a bank has told by itself, as soon as it is committed: it is as good as the answer to an enquiry.
    /// What cannot be committed now has not been taken.
    pub async fn take_callback(&self, bank: &str, told: Told) -> Result<(), Code> {
        let seed = IdSeed::draw(self.parts.clock.now(), self.parts.entropy.as_ref());
        let object = told.reference.clone();
        let action = Action::RecordBankCallback { bank: bank.to_owned(), told };
        let reply = self.submit(Command::of_system(seed, action)).await;
        if reply.is_problem() {
            return Err(Code::ServiceUnavailable);
        }
        let Ok(heard) = serde_json::from_slice::<Heard>(&reply.body) else { return Ok(()) };
        if let Some(alert) = heard.alert {
            alerted(alert, &object);
        }
        if let (Some(bank), Some(took)) = (self.bank(bank), heard.took) {
            bank.took(took, self.parts.clock.now());
        }
        Ok(())
    }

    /// Looks at once for maintenance and incidents, which were just set: others see them a little later.
    pub async fn look_at_notices(&self) {
        self.parts.jobs.read_notices().await;
    }

    /// Reads an object until `is_enough`, again at each of its changes and, for those that another server
    /// commits, each second. Once `until` is ready it is read a last time, and that is the answer. No change
    /// is missed, also not one between a read and the wait for the next.
    pub async fn read_until<T, F: Future<Output = T>>(
        &self,
        object: RawId,
        read: impl Fn() -> F,
        is_enough: impl FnMut(&T) -> bool,
        until: impl Future<Output = ()>,
    ) -> T {
        self.parts.engine.waiters().read_until(object, read, is_enough, until).await
    }

    /// Whether the service can do its work: the store answers, and takes what is written.
    pub async fn ready(&self) -> bool {
        self.parts.engine.writes() && self.parts.store.read(None, &|_| Needs::default()).await.is_ok()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}

fn unreadable(failure: &Failure) -> Code {
    tracing::error!(%failure, "the store cannot be read");
    Code::ServiceUnavailable
}

fn undecided_reply(undecided: Undecided, language: Language, request: RequestId) -> Reply {
    let code = match undecided {
        Undecided::Busy => Code::ServiceBusy,
        Undecided::RateLimited => Code::RateLimited,
        Undecided::Unavailable => Code::ServiceUnavailable,
        Undecided::Internal => Code::Internal,
    };
    Problem::new(code).render(Role::Payer, language, request)
}
