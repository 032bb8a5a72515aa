//! The engine under the four kinds of failure, on the store in memory: whichever call of the port fails, in whichever
//! way, every command has exactly one effect, and what is stored at the end is to the byte what it is without faults.

use super::broken_store::Broken;
use super::{figure, proved};
use makegood_app::{Engine, EngineLimits};
use makegood_banking::{Answer as BankAnswer, HolderCheck, Refusal};
use makegood_base::{Clock as _, IdSeed, Ids, RequestId};
use makegood_payments::Source;
use makegood_store::{CommitFault, Fault, FaultPlan, MemoryStore, Snapshot, Store};
use makegood_testkit::{Answer, FakeClock, SeededEntropy, cny};
use makegood_wallet::tables::{ApiKeyId, BankCardId, MerchantId, OrderId, PaymentId, SessionId, UserId};
use makegood_wallet::texts::Language;
use makegood_wallet::{
    Action, Caller, Command, Expectation, NewOrder, NewPayment, PayeeId, PayeeRef, Settings,
};
use std::sync::Arc;

/// How often somebody asks again who was told that nothing was decided.
const TRIES_MAX: usize = 8;

/// Who is asked, and what with. Every command has a seed of its own, so that two runs make the same ids.
struct Run<S> {
    engine: Engine,
    store: Arc<S>,
    made: u8,
    with_keys: bool,
    /// How often a command had to be asked again.
    asked_again: u64,
}

impl<S: Store> Run<S> {
    fn start(store: S, with_keys: bool) -> Self {
        let store = Arc::new(store);
        let (clock, entropy) = (FakeClock::new(), SeededEntropy::new(4));
        let (engine, _ends_with_it) = Engine::start(
            Arc::clone(&store),
            Arc::new(Settings::default()),
            Arc::new(clock),
            Arc::new(entropy),
            EngineLimits::default(),
        );
        Self { engine, store, made: 0, with_keys, asked_again: 0 }
    }

    fn command(&mut self, caller: Caller, action: Action) -> Command {
        self.made += 1;
        let seed = IdSeed { at: FakeClock::new().now(), random: [self.made; 10] };
        let is_public = !matches!(caller, Caller::System | Caller::Operator) && self.with_keys;
        Command {
            seed,
            request: RequestId::from_raw(Ids::new(seed).next_raw()),
            caller,
            language: Language::English,
            idempotency_key: is_public.then(|| format!("key {}", self.made)),
            fingerprint: [self.made; 32],
            action,
        }
    }

    /// Asks until it is decided, as a client does: with the same key.
    async fn ask(&mut self, caller: Caller, action: Action) -> Answer {
        let command = self.command(caller, action);
        for _ in 0..TRIES_MAX {
            match self.engine.submit(command.clone()).await {
                Ok(reply) => return reply.into(),
                Err(_) => self.asked_again += 1,
            }
        }
        unreachable!("never decided: {command:?}")
    }

    async fn person(&mut self, login: &str) -> (UserId, Caller) {
        let (login, password_hash) = (login.to_owned(), "hash".to_owned());
        let display_name = "Wang Xiaoming".to_owned();
        let register = Action::RegisterUser { login, display_name, password_hash: password_hash.clone() };
        let user: UserId = self.ask(Caller::Anonymous, register).await.expect(201).id("/id");
        let (session, secret_hash) = (SessionId::from_raw(user.raw()), [3; 32]);
        let principal = makegood_auth::Principal::User(user);
        let open = Action::OpenSession { session, principal, password_hash, secret_hash, user_agent: None };
        let _opened = self.ask(Caller::Anonymous, open).await.expect(201);
        (user, Caller::Session { id: session, secret_hash })
    }

    /// A worker's turn at the bank transfer that is due, answered in this way.
    async fn bank(&mut self, answer: impl Fn() -> BankAnswer) {
        let due = loop {
            match self.store.due_timers(FakeClock::new().now(), 100).await {
                Ok(due) => break due,
                Err(_) => self.asked_again += 1,
            }
        };
        let timer = due.first().expect("a bank transfer is due");
        let id = timer.object.into();
        let claim = Action::ClaimBankTransfer { bank_transfer: id };
        let claimed = self.ask(Caller::System, claim).await.expect(200);
        // A claim whose answer was lost is taken: another is given when its lease is over. The bank's word counts all
        // the same.
        let generation = claimed.at("/claim/generation").as_i64().unwrap_or(1);
        let record = Action::RecordBankAnswer { bank_transfer: id, generation, answer: answer() };
        let _recorded = self.ask(Caller::System, record).await.expect(204);
    }
}

/// A little of everything: registering, a top-up that works and one that does not, transfers, orders, payments from
/// a balance and a card, refunds to both, a cancelled order.
async fn story<S: Store>(run: &mut Run<S>) {
    let (payer_id, payer) = run.person("payer@example.com").await;
    let (_, friend) = run.person("friend@example.com").await;
    let (api_key, secret_hash) = (ApiKeyId::from_raw([9; 16]), [9; 32]);
    let create = Action::CreateMerchant { name: "Corner Shop".to_owned(), api_key, secret_hash };
    let shop: MerchantId = run.ask(friend, create).await.expect(201).id("/id");
    let key = Caller::ApiKey { id: api_key, secret_hash };
    let link = Action::LinkBankCard {
        bank: "simbank".to_owned(),
        agreement: "agreement".to_owned(),
        last4: "1114".to_owned(),
        holder_check: HolderCheck::Match,
    };
    let card: BankCardId = run.ask(payer, link).await.expect(201).id("/id");
    let _active = run.ask(payer, Action::ActivateBankCard { bank_card: card }).await.expect(200);

    let top_up = |client_ref: &str| Action::TopUp {
        amount: cny("100.00"),
        bank_card: card,
        client_ref: Some(client_ref.to_owned()),
    };
    let _coming = run.ask(payer, top_up("first")).await.expect(202);
    run.bank(|| moved("100.00")).await;
    let _coming = run.ask(payer, top_up("second")).await.expect(202);
    run.bank(|| BankAnswer::Refused { refusal: Refusal::CardRefused, bank_reference: None }).await;
    let give = |to: PayeeRef, amount: &str| Action::Transfer {
        to,
        amount: cny(amount),
        note: None,
        expect: None,
        client_ref: None,
    };
    let _given =
        run.ask(payer, give(PayeeRef::Login("friend@example.com".into()), "10.00")).await.expect(201);
    let _short = run.ask(friend, give(PayeeRef::User(payer_id), "10.01")).await.expect(402);

    let order = run.order(key, "1").await;
    let paid = run.pay(payer, shop, order, Source::Balance).await.expect(201);
    let _part = run.ask(key, refund(paid.id("/id"), Some("5.00"))).await.expect(201);
    let _rest = run.ask(key, refund(paid.id("/id"), None)).await.expect(201);
    let order = run.order(key, "2").await;
    let attempt = run.pay(payer, shop, order, Source::BankCard { id: card }).await.expect(202);
    run.bank(|| moved("20.00")).await;
    let _back = run.ask(key, refund(attempt.id("/id"), None)).await.expect(202);
    run.bank(|| moved("20.00")).await;
    let order = run.order(key, "3").await;
    let _cancelled = run.ask(key, Action::CancelOrder { order }).await.expect(200);
}

impl<S: Store> Run<S> {
    async fn order(&mut self, key: Caller, number: &str) -> OrderId {
        let new = NewOrder {
            merchant: None,
            merchant_order_no: number.to_owned(),
            amount: cny("20.00"),
            description: "Tea".to_owned(),
            expires_in_s: None,
            accepts: None,
        };
        self.ask(key, Action::CreateOrder(new)).await.expect(201).id("/id")
    }

    async fn pay(&mut self, payer: Caller, shop: MerchantId, order: OrderId, source: Source) -> Answer {
        let expect = Some(Expectation { amount: cny("20.00"), payee: PayeeId::Merchant(shop) });
        let new = NewPayment { order, source, expect, amount: None, client_ref: None };
        self.ask(payer, Action::CreatePayment(new)).await
    }
}

fn moved(amount: &str) -> BankAnswer {
    BankAnswer::Succeeded { bank_reference: "B-1".to_owned(), amount: cny(amount) }
}

fn refund(payment: PaymentId, amount: Option<&str>) -> Action {
    let reason = "returned".to_owned();
    Action::Refund { payment, amount: amount.map(cny), reason, merchant_refund_no: None }
}

/// What is stored, but for the batches: how the commands were cut into them is no effect.
fn effects(snapshot: Snapshot) -> Snapshot {
    Snapshot { batches: Default::default(), ..snapshot }
}

/// The wallet's rows without their versions: a bank's word that is recorded again writes the same row again.
fn rows(snapshot: &Snapshot) -> Vec<Vec<makegood_sql::Value>> {
    snapshot.sql_rows().into_iter().map(|row| row.values).collect()
}

async fn told(plan: FaultPlan) -> (Snapshot, u64, u64) {
    let store = MemoryStore::with_faults(plan);
    let mut run = Run::start(store.clone(), true);
    story(&mut run).await;
    (effects(store.snapshot()), store.calls(), run.asked_again)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_every_command_has_one_effect() {
    let (expected, calls, _) = told(FaultPlan::default()).await;
    assert!(calls > 100, "{calls}");
    let mut plans = Vec::new();
    for call in 1..=calls {
        for fault in [Fault::Transient, Fault::Deterministic, Fault::Down] {
            plans.push(FaultPlan { calls: [(call, fault)].into(), ..FaultPlan::default() });
        }
        // Down for a while: longer than the engine's own patience.
        let down = (call..call + 6).map(|call| (call, Fault::Down)).collect();
        plans.push(FaultPlan { calls: down, ..FaultPlan::default() });
    }
    let commits = figure(expected.ledger.transactions.len()).max(calls / 4);
    for commit in 1..=commits {
        for fault in [CommitFault::Committed, CommitFault::Lost] {
            plans.push(FaultPlan { commits: [(commit, fault)].into(), ..FaultPlan::default() });
        }
    }
    let (runs, mut asked_again) = (figure(plans.len()), 0);
    for plan in plans {
        let (found, _, again) = told(plan.clone()).await;
        asked_again += again;
        assert!(found == expected, "{plan:?} changed what is stored");
    }
    assert!(asked_again > 0, "no fault was ever felt");
    // Nobody can say whether the batch was committed, so that only the caller's key tells.
    for commit in (1..=commits).step_by(4) {
        for fault in [CommitFault::Committed, CommitFault::Lost] {
            let store = MemoryStore::with_faults(FaultPlan {
                commits: [(commit, fault)].into(),
                ..FaultPlan::default()
            });
            let mut run = Run::start(Broken::blind(store.clone()), true);
            story(&mut run).await;
            let found = store.snapshot();
            assert!(rows(&found) == rows(&expected), "{fault:?} of commit {commit} changed a row");
            assert!(found.ledger == expected.ledger, "{fault:?} of commit {commit} changed the ledger");
        }
    }

    let mut caught = 0;
    for commit in 1..=CONTROL_MERCHANTS {
        caught += u64::from(control(commit).await != CONTROL_MERCHANTS);
    }
    let figures = [("runs", runs), ("calls", calls), ("commits", commits), ("asked_again", asked_again)];
    proved("engine-faults", "memory", &figures, caught > 0);
}

const CONTROL_MERCHANTS: u64 = 5;

/// The control cannot find out whether a batch was committed, and its clients ask again without keys. Returns how many
/// merchants there are after so many were asked for.
async fn control(lost_commit: u64) -> u64 {
    let store = MemoryStore::default();
    let mut run = Run::start(Broken::forgetful(store.clone()), false);
    let (_, owner) = run.person("owner@example.com").await;
    let commits = [(lost_commit, CommitFault::Committed)].into();
    store.plan_faults(FaultPlan { commits, ..FaultPlan::default() });
    for number in 0..CONTROL_MERCHANTS {
        for try_number in 0..2 {
            let api_key = ApiKeyId::from_raw([u8::try_from(number * 2 + try_number).unwrap(); 16]);
            let create = Action::CreateMerchant { name: "Shop".to_owned(), api_key, secret_hash: [0; 32] };
            let command = run.command(owner, create);
            if run.engine.submit(command).await.is_ok() {
                break;
            }
        }
    }
    figure(store.snapshot().merchants.len())
}
