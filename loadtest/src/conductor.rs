//! Turns the bank's dial as the hour passes, looks at what happens each second, and tells it in a line.

use crate::Failure;
use crate::http::Client;
use crate::judge::books::{Injected, injected_since};
use crate::plan::{CALM, Dial, FAULTS, PHASES, Plan};
use crate::resources::{Taken, disk_ms, taken};
use crate::stage::Stage;
use crate::times::Times;
use crate::world::world;
use makegood::SystemClock;
use makegood::output::note;
use makegood_base::{BankTransferId, Clock as _};
use makegood_sql::{Fields, Kind};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::watch;

const TICK: Duration = Duration::from_secs(1);
/// How often a line is told.
const TELL_EVERY: u64 = 5;
/// How many withdrawals staff call back in an hour, at most.
const CALLED_BACK_MAX: u32 = 8;

const OPEN: &str = "SELECT COUNT(*) FROM timers
    JOIN bank_transfers ON bank_transfers.id = timers.object_id
    WHERE timers.kind = 'bank_transfer' AND bank_transfers.state NOT IN ('settled', 'refused')
        AND bank_transfers.mismatch_minor IS NULL";
const TO_CALL_BACK: &str =
    "SELECT id FROM bank_transfers WHERE purpose_kind = 'withdrawal' AND state = 'settled'
    AND returned_at IS NULL AND recall_state IS NULL AND contradicted_at IS NULL LIMIT 1";

/// What was seen at one moment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    /// Seconds since the hour began.
    pub(crate) at_s: f64,
    /// The same moment by the machine's clock, in microseconds.
    #[serde(skip)]
    pub(crate) moment: i64,
    pub(crate) phase: &'static str,
    pub(crate) requests_per_s: f64,
    /// Of payments from a balance in the last seconds; none without any.
    pub(crate) balance_p99_ms: Option<f64>,
    /// How many transfers are open at the bank.
    pub(crate) pending: u64,
    /// How long half of the bank's answers take by its own dial.
    pub(crate) bank_p50_ms: u64,
    /// How long the bank's answers take as the wallet sees it.
    pub(crate) wallet_sees_p50_ms: Option<u64>,
    pub(crate) wallet_sees_p95_ms: Option<u64>,
    /// How long a write to the database's disk took.
    pub(crate) disk_ms: Option<f64>,
    #[serde(flatten)]
    pub(crate) taken: Option<Taken>,
}

/// All that was seen in an hour.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) samples: Vec<Sample>,
    /// What could not be done, or seen.
    pub(crate) failures: Vec<String>,
}

/// How many transfers are open at the bank, but for those of which it says that it has executed them otherwise than it
/// was asked: those wait for a person.
pub(crate) async fn pending(stage: &Stage) -> Result<u64, Failure> {
    let mut transaction = stage.database.read().await?;
    let rows = transaction.query(OPEN, Vec::new(), &[Kind::Integer]).await;
    transaction.rollback().await;
    let count: i64 = Fields::new("timers", rows?.into_iter().next().unwrap_or_default()).take()?;
    Ok(count.unsigned_abs())
}

struct Conductor<'a> {
    stage: &'a Stage,
    plan: &'a Plan,
    /// What the bank had done wrong before the hour began.
    before: &'a Injected,
    wallet: Client,
    phase: Option<usize>,
    requests: u64,
    called_back: u32,
    seen: Seen,
}

/// Conducts until the run is over.
pub(crate) async fn conduct(
    stage: &Stage,
    plan: &Plan,
    before: &Injected,
    mut over: watch::Receiver<bool>,
) -> Result<Seen, Failure> {
    let wallet = Client::new(&stage.wallet_url)?;
    let (phase, requests, called_back, seen) = (None, 0, 0, Seen::default());
    let mut conductor = Conductor { stage, plan, before, wallet, phase, requests, called_back, seen };
    stage.bank.set_profile(&plan.profile(0)).await?;
    stage.bank.set_faults(&plan.faults(&[])).await?;
    let mut ticks = tokio::time::interval(TICK);
    let mut number = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = over.wait_for(|is_over| *is_over) => return Ok(conductor.seen),
        }
        let Some(since) = world().since() else { continue };
        if let Err(error) = conductor.tick(since, number).await {
            conductor.seen.failures.push(error.to_string());
        }
        number += 1;
    }
}

impl Conductor<'_> {
    async fn tick(&mut self, since: Duration, number: u64) -> Result<(), Failure> {
        let phase = self.plan.phase_at(since);
        if phase != self.phase {
            self.phase = phase;
            if let Some(place) = phase {
                self.stage.bank.set_profile(&self.plan.profile(place)).await?;
            }
        }
        let dial = phase.and_then(|place| PHASES.get(place)).map(|phase| phase.dial);
        if phase.is_some_and(|place| place >= CALM) && dial == Some(Dial::Calm) {
            self.call_back().await?;
        }
        if phase.is_some_and(|place| self.plan.makes_happen(place)) {
            let injected = self.stage.bank.injected().await?;
            let injected = injected_since(self.before, &injected);
            let is_missing = |kind: &&str| injected.get(*kind).is_none_or(|count| *count == 0);
            let missing: Vec<String> =
                FAULTS.iter().map(|(kind, _)| *kind).filter(is_missing).map(str::to_owned).collect();
            self.stage.bank.set_faults(&self.plan.faults(&missing)).await?;
        }
        let sample = self.look(since).await?;
        if number.is_multiple_of(TELL_EVERY) {
            tell(&sample);
        }
        self.seen.samples.push(sample);
        Ok(())
    }

    /// Somebody of the staff calls back a withdrawal, which the bank does not give back.
    async fn call_back(&mut self) -> Result<(), Failure> {
        let Some(staff) = &self.stage.staff else { return Ok(()) };
        if self.called_back == CALLED_BACK_MAX {
            return Ok(());
        }
        let mut transaction = self.stage.database.read().await?;
        let rows = transaction.query(TO_CALL_BACK, Vec::new(), &[Kind::Id]).await;
        transaction.rollback().await;
        let Some(row) = rows?.into_iter().next() else { return Ok(()) };
        let id = BankTransferId::from_raw(Fields::new("bank_transfers", row).take()?);
        self.called_back += 1;
        staff.call_back(&id.to_string()).await
    }

    async fn look(&mut self, since: Duration) -> Result<Sample, Failure> {
        let (requests, balance, token) = {
            let mut world = world();
            let balance: Times = std::mem::take(&mut world.now);
            (world.requests, balance, world.accounts.first().map(|account| account.token.clone()))
        };
        let before = std::mem::replace(&mut self.requests, requests);
        let at_s = since.as_secs_f64();
        let passed = self.seen.samples.last().map_or(at_s, |last| at_s - last.at_s).max(0.1);
        let count = f64::from(u32::try_from(requests.saturating_sub(before)).unwrap_or(u32::MAX));
        let banks = match &token {
            Some(token) => self.wallet.get("/v1/banks", Some(token)).await?,
            None => serde_json::Value::Null,
        };
        let bank = &banks["data"][0];
        Ok(Sample {
            at_s,
            moment: SystemClock.now().as_micros(),
            phase: self.phase.and_then(|place| PHASES.get(place)).map_or("drain", |phase| phase.name),
            requests_per_s: count / passed,
            balance_p99_ms: (balance.count() > 0).then(|| balance.permille_ms(990)),
            pending: pending(self.stage).await?,
            bank_p50_ms: self.stage.bank.latency_p50_ms().await?,
            wallet_sees_p50_ms: bank["p50_ms"].as_u64(),
            wallet_sees_p95_ms: bank["p95_ms"].as_u64(),
            disk_ms: disk_ms(self.stage).await,
            taken: taken(self.stage),
        })
    }
}

fn tell(sample: &Sample) {
    let seconds = Duration::try_from_secs_f64(sample.at_s).unwrap_or_default().as_secs();
    let (waiting, cancelled) = {
        let world = world();
        (world.waiting, world.cancelled)
    };
    let balance = sample.balance_p99_ms.map_or("     -".to_owned(), |ms| format!("{ms:6.1}"));
    note(&format!(
        "{:>3}:{:02}  {:10}  {:>6.0} requests/s  balance p99 {balance} ms  bank p50 {:>5} ms  pending {:>4}  \
         people waiting {waiting:>3}  cancelled {cancelled:>3}",
        seconds / 60,
        seconds % 60,
        sample.phase,
        sample.requests_per_s,
        sample.bank_p50_ms,
        sample.pending,
    ));
}
