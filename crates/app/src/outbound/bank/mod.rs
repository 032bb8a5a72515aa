//! The banks: how each is called, how it does, and whether it is asked at all.

mod health;
mod http;
mod port;

pub use health::Place;
pub use port::{BankAdapter, Calling, Heard, Message, MessageRefused, Plans};

use health::Health;
use makegood_banking::{
    Answer, BankTransfer, BreakerLimits, CardCheck, CardRefusal, HolderCheck, Incident, MaintenanceWindow,
    PlannedWindow, Schedule, Step, Told,
};
use makegood_base::{MaintenanceId, Timestamp};
use makegood_wallet::Outlooks;
use makegood_wallet::view::BankView;
use std::time::{Duration, Instant};

/// How to reach a bank.
#[derive(Clone)]
pub struct BankConfig {
    /// Its id: 1 to 16 characters of `a-z`, `0-9` and `_`, for accounts are named by it.
    pub id: String,
    /// Its name, as people know it.
    pub name: String,
    /// Where it is, such as `http://127.0.0.1:8081`. The scheme chooses the adapter.
    pub url: String,
    /// What we show to it.
    pub secret: String,
    /// What it signs its messages with, `whsec_…`; without it none of them is taken.
    pub callback_secret: Option<String>,
    /// How long a call waits for its answer.
    pub answer_timeout: Duration,
}

/// The adapter for a bank's configuration: another protocol is another scheme, and one line here.
fn adapter_of(config: &BankConfig) -> Result<Box<dyn BankAdapter>, String> {
    match config.url.split_once("://").map(|(scheme, _)| scheme) {
        Some("http") => Ok(Box::new(http::HttpBank::new(config.clone())?)),
        // The service's own bank has no address before it runs.
        None if config.url.is_empty() => Ok(Box::new(http::HttpBank::new(config.clone())?)),
        _ => Err(format!("no adapter speaks to {}", config.url)),
    }
}

/// A bank.
pub struct Bank {
    id: String,
    name: String,
    adapter: Box<dyn BankAdapter>,
    health: Health,
}

impl Bank {
    /// A bank that nothing is known of; nothing is called yet. What becomes known is told to `outlooks`.
    pub fn new(
        config: &BankConfig,
        calls_max: usize,
        breaker: BreakerLimits,
        schedule: Schedule,
        outlooks: Outlooks,
    ) -> Result<Self, String> {
        let adapter = adapter_of(config)?;
        Self::with_adapter(config, adapter, calls_max, breaker, schedule, outlooks)
    }

    /// The same with an adapter of somebody else's.
    pub fn with_adapter(
        config: &BankConfig,
        adapter: Box<dyn BankAdapter>,
        calls_max: usize,
        breaker: BreakerLimits,
        schedule: Schedule,
        outlooks: Outlooks,
    ) -> Result<Self, String> {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let BankConfig { id, name, .. } = config.clone();
        if id.is_empty() || id.len() > 16 || !id.bytes().all(is_id) {
            return Err(format!("the bank id `{id}` is not 1 to 16 characters of a-z, 0-9, _"));
        }
        let health = Health::new(id.clone(), calls_max, breaker, schedule, outlooks);
        Ok(Self { id, name, adapter, health })
    }

    /// The bank's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Exchanges a card number for the bank's agreement. The number goes nowhere else.
    pub async fn link(&self, number: &str, holder_name: &str) -> Result<CardCheck, CardRefusal> {
        let answer = self.timed(self.adapter.link(number, holder_name), |answer| {
            !matches!(answer, Err(CardRefusal::NoAnswer))
        });
        answer.await
    }

    /// Says back the code that the bank texted to the card's holder.
    pub async fn confirm(&self, agreement: &str, code: &str) -> Result<(), CardRefusal> {
        let answer = self.timed(self.adapter.confirm(agreement, code), |answer| {
            !matches!(answer, Err(CardRefusal::NoAnswer))
        });
        answer.await
    }

    /// Asks whether a name is that of the card's holder; nothing when the bank does not answer.
    pub async fn check_holder(&self, agreement: &str, holder_name: &str) -> Option<HolderCheck> {
        self.timed(self.adapter.check_holder(agreement, holder_name), Option::is_some).await
    }

    /// A place for a call about a transfer, once one is free: then, whether the bank is asked now. Nothing when no
    /// more calls are made.
    pub async fn place(&self) -> Option<Place<'_>> {
        self.health.place().await
    }

    /// No call begins any more.
    pub fn close(&self) {
        self.health.close();
    }

    /// Makes the call of a worker's turn, for which there is a place, and counts what came of it.
    pub async fn ask(&self, transfer: &BankTransfer, step: Step, now: impl Fn() -> Timestamp) -> Answer {
        let heard = async {
            match step {
                Step::Send => judged(self.adapter.send(transfer).await, transfer),
                Step::Enquire => judged(self.adapter.enquire(transfer).await, transfer),
                Step::Recall => {
                    let state = self.adapter.recall(transfer).await;
                    state.map_or(Answer::NoAnswer, |state| Answer::Recall { state })
                }
            }
        };
        let answer = self.timed(heard, |answer| *answer != Answer::NoAnswer).await;
        let at = now();
        self.health.called(transfer.id, answer != Answer::NoAnswer, at);
        let is_end = matches!(
            answer,
            Answer::Succeeded { .. }
                | Answer::Refused { .. }
                | Answer::Returned { .. }
                | Answer::Misdirected { .. }
        );
        if is_end && transfer.final_at.is_none() {
            self.health.took(at.since(transfer.created_at), at);
        }
        answer
    }

    /// How long a transfer took to its end, of which the bank told by itself.
    pub fn took(&self, took: Duration, now: Timestamp) {
        self.health.took(took, now);
    }

    /// Whether a question that moves nothing is to be asked now, to see whether the bank is there.
    #[must_use]
    pub fn wants_probe(&self, now: Timestamp) -> bool {
        self.health.wants_probe(now)
    }

    /// Asks which maintenance windows the bank plans; nothing when it does not say. That tells too whether it is there.
    pub async fn maintenance(&self, now: Timestamp) -> Option<Vec<PlannedWindow>> {
        let _asking = self.health.asking();
        let plans = self.adapter.maintenance().await;
        self.health.probed(plans != Plans::NoAnswer, now);
        if let Plans::Windows(windows) = plans { Some(windows) } else { None }
    }

    /// Tells which windows and incidents there are at the bank now, or to come.
    pub fn notice(&self, windows: Vec<MaintenanceWindow>, incidents: Vec<Incident>, now: Timestamp) {
        self.health.notice(windows, incidents, now);
    }

    /// The open windows that the bank has named.
    #[must_use]
    pub fn own_windows(&self, now: Timestamp) -> Vec<MaintenanceId> {
        self.health.own_windows(now)
    }

    /// Until when a planned maintenance lasts that has begun.
    #[must_use]
    pub fn in_maintenance(&self, now: Timestamp) -> Option<(Timestamp, MaintenanceId)> {
        self.health.in_maintenance(now)
    }

    /// Reads a message that says that it is this bank's.
    pub fn read(&self, message: Message<'_>, now: Timestamp) -> Result<Told, MessageRefused> {
        self.adapter.read(message, now)
    }

    /// The bank and its health, as the recent calls showed it.
    #[must_use]
    pub fn view(&self, livemode: bool, now: Timestamp) -> BankView {
        self.health.view(&self.name, livemode, now)
    }

    async fn timed<T>(&self, call: impl Future<Output = T>, is_answered: impl Fn(&T) -> bool) -> T {
        let started = Instant::now();
        let answer = call.await;
        self.health.answered_in(started.elapsed(), is_answered(&answer));
        answer
    }
}

fn judged(heard: Heard, transfer: &BankTransfer) -> Answer {
    match heard {
        Heard::Told(told) => told.answer(transfer),
        Heard::NotFound => Answer::NotFound,
        Heard::Nothing => Answer::NoAnswer,
    }
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bank").field("id", &self.id).finish_non_exhaustive()
    }
}
