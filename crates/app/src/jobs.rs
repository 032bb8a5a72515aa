//! Work in the background: timers that are due, and stored answers whose time is over.
//!
//! A job is a command and a few lines here. Whatever a job does is a command, so that two servers, or a
//! worker that was lost and one that took over, can do no harm: the second finds nothing to do.

mod banks;
mod passes;
mod webhooks;

use crate::engine::{Engine, Undecided};
use crate::outbound::bank::Bank;
use crate::outbound::webhooks::{Webhooks, WebhooksConfig};
use makegood_banking::{Answer, BreakerLimits};
use makegood_base::{Clock, Entropy, IdSeed, Timestamp};
use makegood_store::{Lists, Store};
use makegood_wallet::tables::{
    AccountId, BankTransferId, MaintenanceId, MerchantId, OrderId, PaymentId, SettlementId, TimerKey,
    TimerKind, WebhookEndpointId,
};
use makegood_wallet::{Action, BankAlert, ClaimedTransfer, Command, Facts, Needs, Reply};
use passes::{Passes, UnderWay};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

/// How the background works.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// How long to wait before looking for due timers again, when nothing tells of one.
    pub poll_interval: Duration,
    /// The most timers that are taken up at once.
    pub timers_max: u32,
    /// The most settlements that are worked on at once. All days end at the same moment, and the database is there for
    /// people then too.
    pub settlements_max: usize,
    /// The most calls to one bank at once.
    pub bank_calls_max: usize,
    /// How events are sent to webhook endpoints.
    pub webhooks: WebhooksConfig,
    /// How often stored answers whose time is over are dropped.
    pub sweep_interval: Duration,
    /// How long calls that are under way may still take when the service stops.
    pub stop_max: Duration,
    /// When a bank counts as down, and how it is tried again.
    pub breaker: BreakerLimits,
    /// How often maintenance windows and incidents are looked for that others have set, and banks that are down are
    /// tried.
    pub look_interval: Duration,
    /// How often a bank is asked which maintenance it plans.
    pub maintenance_interval: Duration,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(250),
            timers_max: 512,
            settlements_max: 16,
            bank_calls_max: 64,
            webhooks: WebhooksConfig::default(),
            sweep_interval: Duration::from_secs(600),
            stop_max: Duration::from_secs(5),
            breaker: BreakerLimits::default(),
            look_interval: Duration::from_secs(1),
            maintenance_interval: Duration::from_secs(600),
        }
    }
}

/// How many stored answers one command drops.
const SWEEP_KEYS_MAX: u32 = 500;

/// The background of one server: cheap to clone.
pub struct Jobs<S> {
    parts: Arc<Parts<S>>,
}

impl<S> Clone for Jobs<S> {
    fn clone(&self) -> Self {
        Self { parts: Arc::clone(&self.parts) }
    }
}

struct Parts<S> {
    engine: Engine,
    store: Arc<S>,
    lists: Option<Lists>,
    banks: HashMap<String, Arc<Bank>>,
    maintenance_read_at: Mutex<Option<Timestamp>>,
    webhooks: Arc<Webhooks>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    config: JobsConfig,
    under_way: UnderWay,
    settlements: Semaphore,
    stopping: Notify,
}

/// How long a timer rests whose work could not be done just now.
const FAILED_PAUSE: Duration = Duration::from_millis(500);
/// How long a timer rests whose work is broken: only a new program, or a person, mends that.
const BROKEN_PAUSE: Duration = Duration::from_secs(30);

impl<S: Store> Jobs<S> {
    /// The background for these banks. Without lists nobody tells it of maintenance and incidents.
    pub fn new(
        engine: Engine,
        (store, lists): (Arc<S>, Option<Lists>),
        banks: &[Arc<Bank>],
        webhooks: Webhooks,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: JobsConfig,
    ) -> Self {
        let banks = banks.iter().map(|bank| (bank.id().to_owned(), Arc::clone(bank))).collect();
        let (under_way, maintenance_read_at) = (UnderWay::default(), Mutex::new(None));
        let (settlements, stopping) = (Semaphore::new(config.settlements_max), Notify::new());
        let parts = Parts {
            engine,
            store,
            lists,
            banks,
            maintenance_read_at,
            webhooks: Arc::new(webhooks),
            clock,
            entropy,
            config,
            under_way,
            settlements,
            stopping,
        };
        Self { parts: Arc::new(parts) }
    }

    /// Works until `stop` resolves. Calls that are under way then have a little time to be answered; what is
    /// left is finished by whoever works next.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut tasks = JoinSet::new();
        self.parts.webhooks.open();
        let work = self.parts.engine.work();
        let mut next_sweep = tokio::time::Instant::now();
        let mut passes = Passes::default();
        let looking = self.clone().keep_looking();
        tasks.spawn(looking);
        tokio::pin!(stop);
        loop {
            let told = work.notified();
            let due = self.pass(&mut passes).await;
            let mut started = 0;
            for timer in due {
                if self.parts.under_way.take(timer) {
                    started += 1;
                    let jobs = self.clone();
                    tasks.spawn(async move { jobs.work_and_release(timer).await });
                }
            }
            if tokio::time::Instant::now() >= next_sweep {
                next_sweep = tokio::time::Instant::now() + self.parts.config.sweep_interval;
                let jobs = self.clone();
                tasks.spawn(async move { jobs.sweep_logged().await });
            }
            while tasks.try_join_next().is_some() {}
            let pause = async {
                // Timers that are under way stay due until their commit: without a pause they would be read
                // again and again.
                let in_vain = passes.in_vain(&self.parts.under_way);
                tokio::time::sleep(Duration::from_millis(if started > 0 { 2 } else { 20 }) + in_vain).await;
                tokio::select! {
                    () = told => {}
                    () = tokio::time::sleep(self.parts.config.poll_interval) => {}
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = pause => {}
            }
        }
        // Whoever waits for its turn at a bank or an endpoint has claimed nothing yet, and goes.
        self.parts.banks.values().for_each(|bank| bank.close());
        self.parts.webhooks.close();
        self.parts.stopping.notify_waiters();
        let answered = async { while tasks.join_next().await.is_some() {} };
        let _in_time = tokio::time::timeout(self.parts.config.stop_max, answered).await;
        tasks.shutdown().await;
    }

    /// Does all that is due now, one after the other, until nothing is. What a call to a bank leaves for
    /// later is not due yet. Returns how many timers were worked on. For tests, which bring their own clock.
    pub async fn run_until_idle(&self) -> Result<usize, Undecided> {
        self.parts.webhooks.open();
        let mut worked = 0;
        self.look().await;
        loop {
            let due = self.due().await.map_err(|_| Undecided::Unavailable)?;
            if due.is_empty() {
                return Ok(worked);
            }
            for timer in due {
                self.work(timer).await?;
                worked += 1;
            }
        }
    }

    /// Works on a timer and gives it back, also where the work panics. One that failed is kept for a while first:
    /// it stays due, and many of them would be read again and again, and hide what is due behind them.
    async fn work_and_release(&self, timer: TimerKey) {
        let mut held = self.parts.under_way.hold(timer);
        let Err(undecided) = self.work(timer).await else {
            // A day that was closed late is followed by one that is due as well, and was before this one was read.
            held.is_due_still = timer.kind == TimerKind::SettlementDay;
            return;
        };
        tracing::warn!(timer = named(timer), %undecided, "a timer will be worked on again");
        let pause = if undecided == Undecided::Internal { BROKEN_PAUSE } else { FAILED_PAUSE };
        tokio::select! {
            () = self.parts.stopping.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    async fn work(&self, timer: TimerKey) -> Result<(), Undecided> {
        match timer.kind {
            TimerKind::Order => self.submit(Action::ExpireOrder { order: timer.object.into() }).await?,
            TimerKind::Payment => self.submit(Action::ClosePayment { payment: timer.object.into() }).await?,
            TimerKind::BankTransfer => return self.call_bank(timer.object.into()).await,
            TimerKind::SettlementDay => return self.close_day(timer.object.into()).await,
            TimerKind::Settlement => return self.settle(timer.object.into()).await,
            TimerKind::EventFeed => return self.wake_endpoints(timer.object.into()).await,
            TimerKind::WebhookEndpoint => return self.webhook_turn(timer.object.into()).await,
        };
        Ok(())
    }

    /// Pays what a day had out to what is available.
    async fn settle(&self, settlement: SettlementId) -> Result<(), Undecided> {
        let _place = self.parts.settlements.acquire().await.map_err(|_| Undecided::Unavailable)?;
        self.submit(Action::Settle { settlement }).await.map(drop)
    }

    /// Ends the day of a pending account, with what the journal says that was paid up to then.
    async fn close_day(&self, account: AccountId) -> Result<(), Undecided> {
        let _place = self.parts.settlements.acquire().await.map_err(|_| Undecided::Unavailable)?;
        let needs = |_: &Facts| Needs { settlement_schedules: [account].into(), ..Needs::default() };
        let store = &self.parts.store;
        let facts = store.read(None, &needs).await.map_err(|_| Undecided::Unavailable)?;
        let schedule = facts.settlement_schedules.peek(&account);
        let Some(cut_off) = schedule.map(|schedule| schedule.cut_off) else { return Ok(()) };
        let paid = store.paid_before(account, cut_off).await;
        let paid_minor = paid.map_err(|_| Undecided::Unavailable)?;
        self.submit(Action::CloseDay { account, cut_off, paid_minor }).await.map(|_| ())
    }

    /// Attempted, call, answer: the attempt is committed before the call, the answer after it. The place at
    /// the bank is taken before the attempt, so that no attempt grows old in a queue. A bank that is not there is not
    /// asked: the turn is put off, and nothing fails.
    async fn call_bank(&self, id: BankTransferId) -> Result<(), Undecided> {
        let Some(name) = self.bank_of(id).await? else { return Ok(()) };
        let Some(bank) = self.parts.banks.get(&name) else {
            tracing::error!(bank = name, %id, "a transfer is at a bank that is not configured");
            return self.postpone(id, None).await;
        };
        let Some(place) = bank.place().await else { return Ok(()) };
        let until = bank.in_maintenance(self.parts.clock.now());
        if until.is_some() || !place.is_asked() {
            return self.postpone(id, until).await;
        }
        let reply = self.submit(Action::ClaimBankTransfer { bank_transfer: id }).await?;
        let claimed: ClaimedTransfer = serde_json::from_slice(&reply.body).map_err(|error| {
            tracing::error!(%error, %id, "a claim cannot be read");
            Undecided::Internal
        })?;
        let Some(claim) = claimed.claim else { return Ok(()) };
        let answer = bank.ask(&claimed.transfer, claim.step, || self.parts.clock.now()).await;
        drop(place);
        self.record(id, claim.generation, answer).await?;
        if bank.wants_probe(self.parts.clock.now()) {
            self.read_maintenance(bank).await;
        }
        Ok(())
    }

    /// Puts a turn off: until a maintenance window is over, or as the schedule says.
    async fn postpone(
        &self,
        bank_transfer: BankTransferId,
        until: Option<(Timestamp, MaintenanceId)>,
    ) -> Result<(), Undecided> {
        let reply = self.submit(Action::PostponeBankTransfer { bank_transfer, until }).await?;
        note_alert(bank_transfer, &reply);
        Ok(())
    }

    /// The bank that a transfer is at.
    async fn bank_of(&self, id: BankTransferId) -> Result<Option<String>, Undecided> {
        let needs = |_: &Facts| {
            let mut needs = Needs::default();
            needs.bank_transfers.insert(id);
            needs
        };
        let facts = self.parts.store.read(None, &needs).await.map_err(|_| Undecided::Unavailable)?;
        Ok(facts.bank_transfers.peek(&id).map(|transfer| transfer.bank.clone()))
    }

    /// The bank's answer must not be lost while the store is in trouble: it is submitted again for a while.
    /// After that the transfer's lease runs out, and the bank is asked again.
    async fn record(&self, id: BankTransferId, generation: i64, answer: Answer) -> Result<(), Undecided> {
        for attempt in 0_u32.. {
            let action = Action::RecordBankAnswer { bank_transfer: id, generation, answer: answer.clone() };
            match self.submit(action).await {
                Ok(reply) => {
                    note_alert(id, &reply);
                    return Ok(());
                }
                Err(undecided) if attempt >= 5 || undecided == Undecided::Internal => return Err(undecided),
                Err(_) => tokio::time::sleep(Duration::from_millis(20 << attempt)).await,
            }
        }
        Ok(())
    }

    async fn sweep_logged(&self) {
        match self.sweep().await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "stored answers were dropped: their time was over"),
            Err(undecided) => tracing::warn!(%undecided, "stored answers could not be dropped"),
        }
    }

    /// Drops stored answers whose time is over. Returns how many.
    pub async fn sweep(&self) -> Result<usize, Undecided> {
        let mut dropped = 0;
        loop {
            let now = self.parts.clock.now();
            let keys = self.parts.store.expired_keys(now, SWEEP_KEYS_MAX).await;
            let keys = keys.map_err(|_| Undecided::Unavailable)?;
            if keys.is_empty() {
                return Ok(dropped);
            }
            dropped += keys.len();
            let reply = self.submit(Action::ForgetKeys { keys }).await?;
            if reply.is_problem() {
                return Err(Undecided::Internal);
            }
        }
    }

    async fn submit(&self, action: Action) -> Result<Reply, Undecided> {
        let seed = IdSeed::draw(self.parts.clock.now(), self.parts.entropy.as_ref());
        self.parts.engine.submit(Command::of_system(seed, action)).await
    }
}

/// Logs and counts what a person has to look at.
fn note_alert(id: BankTransferId, reply: &Reply) {
    if let Ok(alert) = serde_json::from_slice::<BankAlert>(&reply.body) {
        alerted(alert, &id.to_string());
    }
}

/// Logs and counts what a person has to look at.
pub(crate) fn alerted(alert: BankAlert, object: &str) {
    tracing::error!(object, alert = alert.as_str(), "a person has to look at a bank transfer");
    crate::metrics::alert(alert.as_str());
}

/// A timer as it is logged: its kind, and its object as everybody else writes it.
fn named(timer: TimerKey) -> String {
    let object = match timer.kind {
        TimerKind::Order => OrderId::from(timer.object).to_string(),
        TimerKind::Payment => PaymentId::from(timer.object).to_string(),
        TimerKind::BankTransfer => BankTransferId::from(timer.object).to_string(),
        TimerKind::SettlementDay => AccountId::from(timer.object).to_string(),
        TimerKind::Settlement => SettlementId::from(timer.object).to_string(),
        TimerKind::EventFeed => MerchantId::from(timer.object).to_string(),
        TimerKind::WebhookEndpoint => WebhookEndpointId::from(timer.object).to_string(),
    };
    format!("{} {object}", timer.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_logged_by_its_kind_and_its_objects_id() {
        for (kind, expected) in [
            (TimerKind::Order, "order ord_00000000000000000000000007"),
            (TimerKind::Payment, "payment pay_00000000000000000000000007"),
            (TimerKind::BankTransfer, "bank_transfer btr_00000000000000000000000007"),
            (TimerKind::SettlementDay, "settlement_day acc_00000000000000000000000007"),
            (TimerKind::Settlement, "settlement stl_00000000000000000000000007"),
            (TimerKind::EventFeed, "event_feed mch_00000000000000000000000007"),
            (TimerKind::WebhookEndpoint, "webhook_endpoint whe_00000000000000000000000007"),
        ] {
            let object = 7_u128.to_be_bytes();
            assert_eq!(named(TimerKey { kind, object }), expected);
        }
    }
}
