//! An engine on a scratch database, and people in it who have money.

mod bank;

use super::{BenchError, Tools};
use makegood_app::{Bank, Engine, EngineLimits, Jobs, JobsConfig, Secrets, Webhooks};
use makegood_auth::{Principal, Token, TokenKind};
use makegood_banking::Answer;
use makegood_base::{
    ApiKeyId, BankCardId, IdSeed, Ids, MerchantId, OrderId, PaymentId, RawId, RequestId, SessionId, UserId,
};
use makegood_money::{Currency, Money};
use makegood_payments::Source;
use makegood_sql::Database;
use makegood_store::{Lists, SqlStore};
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, Command, Expectation, NewOrder, NewPayment, PayeeId, Reply, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::{JoinHandle, JoinSet};

/// What everybody is given, in minor units: enough for any benchmark.
const FUNDS: i64 = 100_000_000_000;
/// What is bought costs this much, in minor units.
pub(super) const PRICE: i64 = 1_000;

/// Somebody with a session and money.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) caller: Caller,
    /// The card that the money came from.
    pub(super) bank_card: BankCardId,
    /// What its requests are authorized with.
    pub(super) token: String,
}

/// A merchant with an API key.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    id: MerchantId,
    caller: Caller,
    /// What its requests are authorized with.
    pub(super) token: String,
}

/// An order and its payee.
pub(super) type Placed = (OrderId, MerchantId);

/// A running engine.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) engine: Engine,
    pub(super) store: Arc<SqlStore>,
    settings: Arc<Settings>,
    secrets: Secrets,
    tools: Arc<StageTools>,
}

struct StageTools {
    clock: Arc<dyn makegood_base::Clock>,
    entropy: Arc<dyn makegood_base::Entropy>,
    made: AtomicU64,
}

impl Stage {
    /// Starts an engine; the handle ends when the last clone of the stage is gone and all is committed.
    pub(super) fn start(database: Database, secrets: Secrets, tools: &Tools) -> (Self, JoinHandle<()>) {
        Self::start_with(database, secrets, tools, Settings::default())
    }

    /// The same with other settings; the key for QR codes is that of the secrets.
    pub(super) fn start_with(
        database: Database,
        secrets: Secrets,
        tools: &Tools,
        settings: Settings,
    ) -> (Self, JoinHandle<()>) {
        let store = Arc::new(SqlStore::new(database));
        let settings = Arc::new(Settings { qr_key: secrets.qr_key, ..settings });
        let (clock, entropy) = (Arc::clone(&tools.clock), Arc::clone(&tools.entropy));
        let (kept, limits) = (Arc::clone(&settings), EngineLimits::default());
        let (engine, ended) = Engine::start(Arc::clone(&store), settings, clock, entropy, limits);
        let (clock, entropy) = (Arc::clone(&tools.clock), Arc::clone(&tools.entropy));
        let tools = Arc::new(StageTools { clock, entropy, made: AtomicU64::new(0) });
        (Self { engine, store, settings: kept, secrets, tools }, ended)
    }

    /// The background for these banks, which lives by this clock.
    pub(super) fn jobs(
        &self,
        banks: &[Arc<Bank>],
        clock: &Arc<dyn makegood_base::Clock>,
        config: JobsConfig,
    ) -> Result<Jobs<SqlStore>, BenchError> {
        let lists = Lists::new(self.store.database().clone());
        let (secrets, settings) = (self.secrets.clone(), &self.settings);
        let webhooks = Webhooks::new(settings, secrets, lists.clone(), config.webhooks, clock);
        let webhooks = webhooks.map_err(BenchError::Unexpected)?;
        let (store, entropy) = ((Arc::clone(&self.store), Some(lists)), Arc::clone(&self.tools.entropy));
        Ok(Jobs::new(self.engine.clone(), store, banks, webhooks, Arc::clone(clock), entropy, config))
    }

    /// Submits an action, which must succeed.
    pub(super) async fn submit(&self, caller: Caller, action: Action) -> Result<Reply, BenchError> {
        let name = action.name();
        let reply = self.engine.submit(self.command(caller, action)).await;
        match reply {
            Ok(reply) if !reply.is_problem() => Ok(reply),
            Ok(reply) => {
                Err(BenchError::Unexpected(format!("{name}: {}", String::from_utf8_lossy(&reply.body))))
            }
            Err(undecided) => Err(BenchError::Unexpected(format!("{name}: {undecided}"))),
        }
    }

    fn command(&self, caller: Caller, action: Action) -> Command {
        let seed = IdSeed::draw(self.tools.clock.now(), self.tools.entropy.as_ref());
        let key = self.tools.made.fetch_add(1, Ordering::Relaxed);
        Command {
            seed,
            request: RequestId::from_raw(Ids::new(seed).next_raw()),
            caller,
            language: Language::English,
            idempotency_key: Some(format!("bench-{key}")),
            fingerprint: [0; 32],
            action,
        }
    }

    /// People with a session and money each.
    pub(super) async fn people(&self, count: usize) -> Result<Vec<Person>, BenchError> {
        let people = self.all(count, |stage, _| async move { stage.person().await }).await?;
        let due = self.due(count).await?;
        self.answer_all(due, |amount| Answer::Succeeded { bank_reference: "none".to_owned(), amount })
            .await?;
        Ok(people)
    }

    async fn person(&self) -> Result<Person, BenchError> {
        let (raw, password_hash) = (self.raw(), "none".to_owned());
        let register = Action::RegisterUser {
            login: format!("{}@example.com", RequestId::from_raw(raw)),
            display_name: "A B".to_owned(),
            password_hash: password_hash.clone(),
        };
        let user: UserId = id_of(&self.submit(Caller::Anonymous, register).await?)?;
        let session = SessionId::from_raw(raw);
        let token = Token::new(TokenKind::Session, raw, self.secrets.token_secret("session", raw));
        let secret_hash = token.secret_hash();
        let principal = Principal::User(user);
        let open = Action::OpenSession { session, principal, password_hash, secret_hash, user_agent: None };
        self.submit(Caller::Anonymous, open).await?;
        let caller = Caller::Session { id: session, secret_hash };
        let bank_card = self.card(caller, "simbank", "none").await?;
        self.top_up(caller, bank_card, Money::new(FUNDS, Currency::CNY)).await?;
        Ok(Person { id: user, caller, bank_card, token: format!("Bearer {}", *token.text()) })
    }

    /// Merchants of this owner.
    pub(super) async fn shops(&self, owner: &Person, count: usize) -> Result<Vec<Shop>, BenchError> {
        let owner = owner.caller;
        self.all(count, move |stage, _| async move {
            let api_key = ApiKeyId::from_raw(stage.raw());
            let secret = stage.secrets.token_secret("test api key", api_key.raw());
            let token = Token::new(TokenKind::TestKey, api_key.raw(), secret);
            let secret_hash = token.secret_hash();
            let create = Action::CreateMerchant { name: "Shop".to_owned(), api_key, secret_hash };
            let id = id_of(&stage.submit(owner, create).await?)?;
            let caller = Caller::ApiKey { id: api_key, secret_hash };
            Ok(Shop { id, caller, token: format!("Bearer {}", *token.text()) })
        })
        .await
    }

    /// Orders of these shops in turn, each with a number from `first` on as its merchant's own.
    pub(super) async fn orders(
        &self,
        shops: &[Shop],
        first: usize,
        count: usize,
    ) -> Result<Vec<Placed>, BenchError> {
        let shops: Arc<[(MerchantId, Caller)]> = shops.iter().map(|shop| (shop.id, shop.caller)).collect();
        self.all(count, move |stage, number| {
            let number = first + number;
            let (merchant, caller) = shops[number % shops.len()];
            async move {
                let order = NewOrder {
                    merchant: None,
                    merchant_order_no: number.to_string(),
                    amount: Money::new(PRICE, Currency::CNY),
                    description: "Tea".to_owned(),
                    expires_in_s: Some(86_400),
                    accepts: None,
                };
                Ok((id_of(&stage.submit(caller, Action::CreateOrder(order)).await?)?, merchant))
            }
        })
        .await
    }

    /// Pays orders from balance, each somebody's. Returns the payments with their payers.
    pub(super) async fn pay(
        &self,
        people: &[Person],
        orders: &[Placed],
    ) -> Result<Vec<(PaymentId, usize)>, BenchError> {
        let (people, orders): (Arc<[Person]>, Arc<[_]>) = (people.into(), orders.into());
        self.all(orders.len(), move |stage, number| {
            let (payer, (order, payee)) = (number % people.len(), orders[number]);
            let caller = people[payer].caller;
            async move {
                let amount = Money::new(PRICE, Currency::CNY);
                let expect = Some(Expectation { amount, payee: PayeeId::Merchant(payee) });
                let source = Source::Balance;
                let new = NewPayment { order, source, expect, amount: None, client_ref: None };
                Ok((id_of(&stage.submit(caller, Action::CreatePayment(new)).await?)?, payer))
            }
        })
        .await
    }

    /// Does the same thing so many times, many at once, and keeps the order.
    async fn all<T: Send + 'static, F: Future<Output = Result<T, BenchError>> + Send + 'static>(
        &self,
        count: usize,
        make: impl Fn(Self, usize) -> F,
    ) -> Result<Vec<T>, BenchError> {
        let mut made = Vec::with_capacity(count);
        for first in (0..count).step_by(512) {
            let mut tasks = JoinSet::new();
            for number in first..count.min(first + 512) {
                let task = make(self.clone(), number);
                tasks.spawn(async move { task.await.map(|made| (number, made)) });
            }
            while let Some(task) = tasks.join_next().await {
                made.push(task.map_err(|error| BenchError::Unexpected(error.to_string()))??);
            }
        }
        made.sort_unstable_by_key(|(number, _)| *number);
        Ok(made.into_iter().map(|(_, made)| made).collect())
    }

    fn raw(&self) -> RawId {
        Ids::new(IdSeed::draw(self.tools.clock.now(), self.tools.entropy.as_ref())).next_raw()
    }
}

/// The id in an answer.
fn id_of<I: std::str::FromStr>(reply: &Reply) -> Result<I, BenchError> {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let id = body["id"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| BenchError::Unexpected(format!("no id in {body}")))
}
