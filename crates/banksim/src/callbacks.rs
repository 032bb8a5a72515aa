//! Sends callbacks: signed as Standard Webhooks says, on a bounded number of connections, again until they are taken.
//! Also has changes happen that are due, so that they are told though nobody asks.

use crate::{
    books::{Books, Delivery, Message, Way},
    chance::draw,
    config::Callbacks,
    http::stopped,
    problem::Problem,
    switches::Sent,
};
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, WebhookSecret};
use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How often the sender looks at the bank's clock, which may be one that is set.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How many callbacks are read at once.
const READ_MAX: usize = 256;
/// After how many that were not taken, one after the other, the receiver is left alone for a while.
const NOT_TAKEN_MAX: u32 = 16;
/// How long a receiver is left alone.
const LEAVE_ALONE: Duration = Duration::from_secs(1);

/// Whoever sends the callbacks.
pub(crate) struct Sender {
    books: Arc<Books>,
    post: Arc<Post>,
    /// Those that are due, in order.
    waiting: VecDeque<Message>,
    /// Those of `waiting`, and those that are under way.
    known: HashSet<i64>,
    not_taken: u32,
    leave_alone_until: Option<Instant>,
}

/// One post office: what all callbacks have in common.
struct Post {
    books: Arc<Books>,
    client: Client,
    callbacks: Callbacks,
}

/// What came of one callback.
struct Posted {
    sequence: i64,
    was_taken: bool,
}

impl Sender {
    pub(crate) fn new(books: Arc<Books>, callbacks: Callbacks) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(callbacks.answer_timeout)
            .pool_max_idle_per_host(callbacks.connections_max)
            .redirect(Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        let post = Arc::new(Post { books: Arc::clone(&books), client, callbacks });
        Ok(Self {
            books,
            post,
            waiting: VecDeque::new(),
            known: HashSet::new(),
            not_taken: 0,
            leave_alone_until: None,
        })
    }

    /// Sends until the bank stops. What is under way then is sent again after the next start.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let written = self.books.written();
        let mut under_way = JoinSet::new();
        loop {
            if let Err(problem) = self.look(&mut under_way).await {
                tracing::error!(%problem, "callbacks cannot be read");
            }
            // What was written is of interest only where there is room for it.
            let has_room = under_way.len() < self.post.callbacks.connections_max;
            tokio::select! {
                () = stopped(&mut stopping) => break,
                Some(posted) = under_way.join_next() => {
                    if let Ok(posted) = posted {
                        self.note(&posted);
                    }
                }
                () = written.notified(), if has_room => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
        under_way.shutdown().await;
    }

    /// Has happen what is due, and sends what there is room for.
    async fn look(&mut self, under_way: &mut JoinSet<Posted>) -> Result<(), Problem> {
        if self.books.is_change_due() {
            self.books.change_due().await?;
        }
        if self.books.switches().is_dark(self.books.now())
            || self.leave_alone_until.is_some_and(|until| Instant::now() < until)
        {
            return Ok(());
        }
        if self.waiting.is_empty() {
            let limit = READ_MAX + self.known.len();
            let found = self.books.messages(limit).await?;
            self.waiting.extend(found.into_iter().filter(|message| self.known.insert(message.sequence)));
        }
        // A receiver that took nothing for a while is tried with one.
        let is_doubted = self.not_taken >= NOT_TAKEN_MAX;
        let room = if is_doubted { 1 } else { self.post.callbacks.connections_max };
        while under_way.len() < room {
            let Some(message) = self.waiting.pop_front() else { break };
            under_way.spawn(Arc::clone(&self.post).send(message));
        }
        Ok(())
    }

    fn note(&mut self, posted: &Posted) {
        self.known.remove(&posted.sequence);
        if posted.was_taken {
            if self.not_taken >= NOT_TAKEN_MAX {
                tracing::info!("callbacks are taken again");
            }
            self.not_taken = 0;
            return;
        }
        self.not_taken = self.not_taken.saturating_add(1);
        if self.not_taken == NOT_TAKEN_MAX {
            tracing::warn!(url = %self.post.callbacks.url, "callbacks are not taken: they are kept");
        }
        if self.not_taken >= NOT_TAKEN_MAX {
            // Whatever was read may be out of date by then.
            for message in self.waiting.drain(..) {
                self.known.remove(&message.sequence);
            }
            self.leave_alone_until = Some(Instant::now() + LEAVE_ALONE);
        }
    }
}

impl Post {
    /// Sends a callback, and writes down what came of it.
    async fn send(self: Arc<Self>, message: Message) -> Posted {
        let sequence = message.sequence;
        let sent = &self.books.switches().sent;
        let was_taken = match message.way {
            Way::Plain => self.is_taken(&message).await,
            // Both have to arrive.
            Way::Twice => self.is_taken(&message).await && self.is_taken(&message).await,
            Way::Forged => self.is_answered_as_forged(&message).await,
        };
        let delivery = if was_taken {
            Sent::count(&sent.delivered);
            Delivery::Done(sequence)
        } else {
            Sent::count(&sent.not_taken);
            Delivery::Again(sequence, self.books.now().plus(self.wait(message.attempts)))
        };
        if let Err(problem) = self.books.delivered(delivery).await {
            tracing::warn!(%problem, "what came of a callback cannot be written: it is sent again");
        }
        Posted { sequence, was_taken }
    }

    /// How long until a callback that was tried this often before is tried again.
    fn wait(&self, attempts: i64) -> Duration {
        let (first, last) = self.callbacks.retry_after;
        let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or_default();
        first.saturating_mul(2_u32.saturating_pow(doublings)).min(last)
    }

    async fn is_taken(&self, message: &Message) -> bool {
        let answered = self.post(message, &self.callbacks.secret, &message.body).await;
        answered.is_some_and(|status| status.is_success())
    }

    /// Sends what the bank has not signed: under another secret, or with another text than was signed. It is over with
    /// any answer, and no receiver should ever believe it. Which of the two, its name decides, which is of its transfer.
    async fn is_answered_as_forged(&self, message: &Message) -> bool {
        let is_changed = draw(self.books.config().seed, "forgery", &message.webhook) < 0.5;
        let answered = if is_changed {
            self.post(message, &self.callbacks.secret, &format!("{} ", message.body)).await
        } else {
            self.post(message, &WebhookSecret::new([0; 32]), &message.body).await
        };
        let Some(status) = answered else { return false };
        if status.is_success() {
            Sent::count(&self.books.switches().sent.forgeries_believed);
            tracing::error!(webhook = message.webhook, "a forged callback was believed");
        }
        true
    }

    /// Sends a text with the signature of the message's own.
    async fn post(&self, message: &Message, secret: &WebhookSecret, text: &str) -> Option<StatusCode> {
        let at = self.books.now();
        let request = self
            .client
            .post(&self.callbacks.url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_ID, &message.webhook)
            .header(HEADER_TIMESTAMP, WebhookSecret::timestamp_text(at))
            .header(HEADER_SIGNATURE, secret.sign(&message.webhook, at, message.body.as_bytes()))
            .body(text.to_owned());
        match request.send().await {
            Ok(response) => Some(response.status()),
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "a callback was not answered");
                None
            }
        }
    }
}
