//! A turn at a webhook endpoint: what is due there is read, sent, and told of, in the order of each object's events.
//!
//! Events of one object go one after the other, those of others beside them. One that fails holds back the later
//! ones of its object, and no others. Nothing here writes: what came of a turn is a command.

use crate::outbound::strangers::{Resolver, Strangers};
use crate::secrets::Secrets;
use makegood_base::{Clock, EventId, Timestamp};
use makegood_notify::{
    AttemptError, Event, HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, Rules, WebhookEndpoint, WebhookSecret,
};
use makegood_store::webhooks::Undelivered;
use makegood_store::{Failure, Lists};
use makegood_wallet::{EventRef, Sent, SentOutcome, Settings, WebhookTurn};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The most events that one turn sends: what came of it is one command.
const TRIED_MAX: usize = 128;

/// How webhooks are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhooksConfig {
    /// How long a receiver may take to answer.
    pub answer_timeout: Duration,
    /// After how long a receiver is slow, whatever it answers: nothing more is sent to it in that turn.
    pub slow_after: Duration,
    /// After how long of a turn nothing more is sent in it; with `answer_timeout`, less than the lease.
    pub turn_max: Duration,
    /// The most calls to one endpoint at once.
    pub calls_max: usize,
    /// The most endpoints that are called at once.
    pub turns_max: usize,
    /// The most new events that a turn takes up, and the most that failed before.
    pub events_max: u32,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self {
            answer_timeout: Duration::from_secs(15),
            slow_after: Duration::from_secs(5),
            turn_max: Duration::from_secs(30),
            calls_max: 4,
            turns_max: 32,
            events_max: 32,
        }
    }
}

/// Sends webhooks.
pub struct Webhooks {
    lists: Lists,
    strangers: Strangers,
    secrets: Secrets,
    rules: Rules,
    config: WebhooksConfig,
    turns: Semaphore,
    is_closed: watch::Sender<bool>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Webhooks").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Makes the client; nothing is sent yet.
    pub fn new(
        settings: &Settings,
        secrets: Secrets,
        lists: Lists,
        config: WebhooksConfig,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let resolver: Option<Resolver> = None;
        let strangers = Strangers::new(settings.webhook_urls(), config.answer_timeout, resolver)?;
        let (rules, clock) = (settings.webhooks.clone(), Arc::clone(clock));
        let (turns, is_closed) = (Semaphore::new(config.turns_max), watch::Sender::new(false));
        Ok(Self { lists, strangers, secrets, rules, config, turns, is_closed, clock })
    }

    pub(crate) const fn lists(&self) -> &Lists {
        &self.lists
    }

    /// A place for a turn; none when the service stops.
    pub(crate) async fn place(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let mut closing = self.is_closed.subscribe();
        tokio::select! {
            biased;
            () = async { drop(closing.wait_for(|is_closed| *is_closed).await) } => None,
            place = self.turns.acquire() => place.ok(),
        }
    }

    /// Turns begin.
    pub(crate) fn open(&self) {
        self.is_closed.send_replace(false);
    }

    /// No more turns begin.
    pub(crate) fn close(&self) {
        self.is_closed.send_replace(true);
    }

    /// Does what is due at an endpoint, as it was when the turn was claimed.
    pub(crate) async fn turn(
        self: &Arc<Self>,
        endpoint: WebhookEndpoint,
        generation: i64,
    ) -> Result<WebhookTurn, Failure> {
        let now = self.clock.now();
        let agenda = self.agenda(&endpoint, now).await?;
        let mut turn = WebhookTurn {
            endpoint: endpoint.id,
            generation,
            cursor: agenda.cursor,
            sent: Vec::new(),
            has_more: agenda.has_more,
            next_retry_at: agenda.next_retry_at,
            retried_before: agenda.retried_before,
            replayed_before: agenda.replayed_before,
        };
        let (calls, tried) = (Semaphore::new(self.config.calls_max), AtomicUsize::new(0));
        let secrets = endpoint.secrets(now).into_iter().map(|id| self.secrets.webhook_secret(id)).collect();
        let (webhooks, began) = (Arc::clone(self), Instant::now());
        let is_slow = AtomicBool::new(false);
        let caller = Arc::new(Caller { webhooks, endpoint, secrets, calls, tried, is_slow, began });
        let mut chains = JoinSet::new();
        for chain in agenda.chains {
            let caller = Arc::clone(&caller);
            chains.spawn(async move { caller.run(chain).await });
        }
        while let Some(chain) = chains.join_next().await {
            let lost = |error: tokio::task::JoinError| Failure::Down(format!("a call was lost: {error}"));
            turn.sent.extend(chain.map_err(lost)??);
        }
        Ok(turn)
    }

    /// What is due: what failed before and is to be tried again, then what is new.
    async fn agenda(&self, endpoint: &WebhookEndpoint, now: Timestamp) -> Result<Agenda, Failure> {
        let (id, limit) = (endpoint.id, self.config.events_max);
        let is_full = |found: &[Undelivered]| found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let mut agenda = Agenda::new(endpoint.cursor);
        let due = self.lists.retries(id, now, limit).await?;
        agenda.has_more = is_full(&due);
        if let Some(moment) = endpoint.retry_before {
            let found = self.lists.failed_before(id, (now, moment), limit).await?;
            agenda.retried_before = (!is_full(&found)).then_some(moment);
            found.into_iter().for_each(|row| agenda.again(row));
        }
        if let Some(moment) = endpoint.replay_before {
            let found = self.lists.dead_before(id, moment, limit).await?;
            agenda.replayed_before = (!is_full(&found)).then_some(moment);
            agenda.has_more |= is_full(&found);
            found.into_iter().for_each(|row| agenda.again(row));
        }
        due.into_iter().for_each(|row| agenda.again(row));
        let later = self.lists.retries(id, Timestamp::MAX, limit.saturating_mul(3).saturating_add(1)).await?;
        let is_later = |row: &&Undelivered| !agenda.has(row);
        agenda.next_retry_at = later.iter().find(is_later).and_then(|row| row.next_at);
        if endpoint.open < self.rules.open_max {
            let new = self.lists.events_after(endpoint.merchant.raw(), endpoint.cursor, limit).await?;
            for event in new {
                agenda.cursor = event.sequence.unwrap_or(agenda.cursor);
                if endpoint.events.takes(&event.kind) && !self.is_known(endpoint, &event).await? {
                    agenda.new_event(event);
                }
            }
        }
        // Whatever is new, or was asked for again, still waits for what is before it.
        for chain in agenda.chains.iter_mut().filter(|chain| endpoint.open > 0 || !chain.again.is_empty()) {
            let first = self.lists.first_of_object(id, &chain.object, None).await?;
            chain.is_held = first.is_some_and(|first| chain.place().is_some_and(|own| first.place() < own));
        }
        Ok(agenda)
    }

    /// Whether an event beyond the cursor was sent already because somebody asked for it, and was not taken.
    async fn is_known(&self, endpoint: &WebhookEndpoint, event: &Event) -> Result<bool, Failure> {
        let has_rows = endpoint.open > 0 || endpoint.dead > 0;
        Ok(has_rows && self.lists.delivery(endpoint.id, event.id).await?.is_some())
    }
}

/// What a turn has to do.
struct Agenda {
    chains: Vec<Chain>,
    places: HashMap<String, usize>,
    cursor: i64,
    has_more: bool,
    next_retry_at: Option<Timestamp>,
    retried_before: Option<Timestamp>,
    replayed_before: Option<Timestamp>,
}

/// The events of one object that are due, in order.
struct Chain {
    object: String,
    /// Those that failed before, and their attempts; their bodies are read when it is their turn.
    again: Vec<Undelivered>,
    new: VecDeque<Event>,
    /// Whether an earlier event of the object is not due yet, so that all of these wait.
    is_held: bool,
}

impl Chain {
    /// The place of the first event.
    fn place(&self) -> Option<(i64, EventId)> {
        let places = [self.again.first().map(Undelivered::place), self.new.front().map(place_of)];
        places.into_iter().flatten().min()
    }
}

impl Agenda {
    fn new(cursor: i64) -> Self {
        Self {
            chains: Vec::new(),
            places: HashMap::new(),
            cursor,
            has_more: false,
            next_retry_at: None,
            retried_before: None,
            replayed_before: None,
        }
    }

    fn chain(&mut self, object: &str) -> Option<&mut Chain> {
        let next = self.chains.len();
        let place = *self.places.entry(object.to_owned()).or_insert(next);
        if place == next {
            let object = object.to_owned();
            self.chains.push(Chain { object, again: Vec::new(), new: VecDeque::new(), is_held: false });
        }
        self.chains.get_mut(place)
    }

    fn again(&mut self, row: Undelivered) {
        let object = row.object.clone();
        if let Some(chain) = self.chain(&object)
            && !chain.again.iter().any(|known| known.event == row.event)
        {
            let place = chain.again.partition_point(|known| known.place() <= row.place());
            chain.again.insert(place, row);
        }
    }

    fn has(&self, row: &Undelivered) -> bool {
        let chain = self.places.get(&row.object).and_then(|place| self.chains.get(*place));
        chain.is_some_and(|chain| chain.again.iter().any(|known| known.event == row.event))
    }

    fn new_event(&mut self, event: Event) {
        if let Some(chain) = self.chain(&event.object.clone()) {
            chain.new.push_back(event);
        }
    }
}

/// What the calls of one turn share.
struct Caller {
    webhooks: Arc<Webhooks>,
    endpoint: WebhookEndpoint,
    secrets: Vec<WebhookSecret>,
    calls: Semaphore,
    tried: AtomicUsize,
    /// Whether a call was not answered soon: whoever is slow does not keep a place from others for long.
    is_slow: AtomicBool,
    began: Instant,
}

/// How a chain goes on after an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It was delivered, or is dead.
    Over,
    /// It will be tried again, and what comes later waits.
    Later,
    /// It was not tried: the turn is over.
    NotTried,
}

impl Caller {
    /// Sends the events of one object, one after the other, until one fails or the turn is over.
    async fn run(&self, chain: Chain) -> Result<Vec<Sent>, Failure> {
        let mut sent = Vec::new();
        let mut after = if chain.is_held { After::Later } else { After::Over };
        let (mut again, mut new) = (VecDeque::from(chain.again), chain.new);
        loop {
            let next_new = new.front().map(place_of);
            let is_new_first =
                next_new.is_some_and(|new| again.front().is_none_or(|row: &Undelivered| new < row.place()));
            if is_new_first && let Some(event) = new.pop_front() {
                after = self.new_event(&event, after, &mut sent).await;
                continue;
            }
            let Some(row) = again.pop_front() else { return Ok(sent) };
            if after != After::Over {
                let outcome = SentOutcome::Held;
                sent.push(Sent { event: event_of(&row), outcome });
                continue;
            }
            after = self.again(&row, &mut sent).await?;
            if after == After::Over
                && let Some(next) = self.next_of(&row).await?
                && again.front().is_none_or(|front| next.place() < front.place())
            {
                again.push_front(next);
            }
        }
    }

    /// Sends a new event, unless one before it is still to be tried.
    async fn new_event(&self, event: &Event, after: After, sent: &mut Vec<Sent>) -> After {
        let about = EventRef {
            event: event.id,
            sequence: event.sequence.unwrap_or(0),
            kind: event.kind.clone(),
            object: event.object.clone(),
        };
        let (outcome, after) = match after {
            After::Over => {
                let outcome = self.send(event).await;
                let after = self.after(&outcome, 0);
                (outcome, after)
            }
            After::Later | After::NotTried => (SentOutcome::Held, after),
        };
        sent.push(Sent { event: about, outcome });
        after
    }

    /// Tries one that failed before.
    async fn again(&self, row: &Undelivered, sent: &mut Vec<Sent>) -> Result<After, Failure> {
        let event = self.webhooks.lists.event_of(self.endpoint.merchant.raw(), row.event).await?;
        let outcome = match event {
            Some(event) => self.send(&event).await,
            None => {
                tracing::error!(event = %row.event, "an event that was to be sent is not there any more");
                SentOutcome::Delivered
            }
        };
        let attempts = if row.dead_at.is_some() { 0 } else { row.attempts };
        let is_counted = !self.endpoint.is_ahead_of_its_time(row.next_at, &self.webhooks.rules);
        let after = match outcome {
            // It has all its attempts before it that it had.
            SentOutcome::Failed { .. } if !is_counted => After::Later,
            _ => self.after(&outcome, attempts),
        };
        sent.push(Sent { event: event_of(row), outcome });
        Ok(after)
    }

    /// What waits behind an event of the same object.
    async fn next_of(&self, row: &Undelivered) -> Result<Option<Undelivered>, Failure> {
        self.webhooks.lists.first_of_object(self.endpoint.id, &row.object, Some(row.place())).await
    }

    fn after(&self, outcome: &SentOutcome, attempts: i64) -> After {
        match outcome {
            SentOutcome::Delivered => After::Over,
            SentOutcome::Failed { .. } => match self.webhooks.rules.wait_after(attempts.saturating_add(1)) {
                Some(_) => After::Later,
                None => After::Over,
            },
            SentOutcome::Held => After::Later,
            SentOutcome::Unsent => After::NotTried,
        }
    }

    /// Sends an event, byte for byte as it is kept.
    async fn send(&self, event: &Event) -> SentOutcome {
        let Ok(_place) = self.calls.acquire().await else { return SentOutcome::Unsent };
        let is_over = self.began.elapsed() >= self.webhooks.config.turn_max
            || self.is_slow.load(Ordering::Relaxed)
            || *self.webhooks.is_closed.borrow();
        if is_over || self.tried.fetch_add(1, Ordering::Relaxed) >= TRIED_MAX {
            return SentOutcome::Unsent;
        }
        let (id, at) = (event.id.to_string(), self.webhooks.clock.now());
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(&id, at, event.body.as_bytes())).collect();
        let headers = [
            (HEADER_ID, id),
            (HEADER_TIMESTAMP, WebhookSecret::timestamp_text(at)),
            (HEADER_SIGNATURE, signatures.join(" ")),
        ];
        let began = Instant::now();
        let answer = self.webhooks.strangers.post(&self.endpoint.url, &headers, event.body.clone()).await;
        let outcome = answer.as_ref().map_or_else(|untaken| untaken.error.as_str(), |()| "delivered");
        let took = began.elapsed();
        crate::metrics::webhook(took, outcome);
        self.is_slow.fetch_or(took >= self.webhooks.config.slow_after, Ordering::Relaxed);
        match answer {
            Ok(()) => SentOutcome::Delivered,
            Err(untaken) => {
                self.is_slow.fetch_or(untaken.error == AttemptError::Timeout, Ordering::Relaxed);
                SentOutcome::Failed { error: untaken.error, status: untaken.status, excerpt: untaken.excerpt }
            }
        }
    }
}

fn place_of(event: &Event) -> (i64, EventId) {
    (event.sequence.unwrap_or(0), event.id)
}

fn event_of(row: &Undelivered) -> EventRef {
    let Undelivered { event, sequence, kind, object, .. } = row.clone();
    EventRef { event, sequence, kind, object }
}
