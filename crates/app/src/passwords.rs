//! The pool that hashes passwords: a fixed number of workers, each with its own memory, and a short queue.
//! Argon2id is slow on purpose; without bounds a burst of logins would take the processor from payments.

use makegood_auth::password::{self, HashBuffer, Parameters};
use makegood_base::Entropy;
use makegood_wallet::Code;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How the pool is bounded.
#[derive(Debug, Clone, Copy)]
pub struct PasswordPoolConfig {
    /// The cost of a hash.
    pub parameters: Parameters,
    /// How many hashes run at once.
    pub workers: usize,
    /// How many may wait for a worker.
    pub queue_max: usize,
}

impl PasswordPoolConfig {
    /// The cost that the product promises, on all cores but one.
    #[must_use]
    pub fn production() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { parameters: Parameters::production(), workers: cores.saturating_sub(1).max(1), queue_max: 20 }
    }

    /// A cost that is fit for tests alone.
    #[must_use]
    pub fn cheap() -> Self {
        Self { parameters: Parameters::cheap(), workers: 2, queue_max: 1_000 }
    }
}

/// A pool of workers that hash passwords.
pub struct PasswordPool {
    config: PasswordPoolConfig,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    buffers: Arc<Mutex<Vec<HashBuffer>>>,
    pepper: [u8; 32],
    entropy: Arc<dyn Entropy>,
}

impl PasswordPool {
    /// Makes the pool, with all the memory that it will ever use.
    #[must_use]
    pub fn new(config: PasswordPoolConfig, pepper: [u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        let buffers = (0..config.workers).map(|_| HashBuffer::new(config.parameters)).collect();
        Self {
            config,
            permits: Arc::new(Semaphore::new(config.workers)),
            waiting: AtomicUsize::new(0),
            buffers: Arc::new(Mutex::new(buffers)),
            pepper,
            entropy,
        }
    }

    /// Hashes a new password. Refused with [`Code::ServiceBusy`] when the queue is full.
    pub async fn hash(&self, text: String) -> Result<String, Code> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let (parameters, pepper) = (self.config.parameters, self.pepper);
        let hashed =
            self.run(move |buffer| password::hash(&text, &salt, parameters, Some(&pepper), buffer)).await?;
        hashed.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Code::Internal
        })
    }

    /// Whether a password is the one of a stored hash. Without a hash one is computed all the same, so that
    /// an unknown login takes as long as a known one.
    pub async fn verify(&self, text: String, stored: Option<String>) -> Result<bool, Code> {
        let is_known = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.config.parameters.dummy_hash());
        let pepper = self.pepper;
        let verified = self.run(move |buffer| password::verify(&text, &phc, Some(&pepper), buffer)).await?;
        match verified {
            Ok(matches) => Ok(matches && is_known),
            Err(error) => {
                tracing::error!(%error, "a stored password hash cannot be read");
                Err(Code::Internal)
            }
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HashBuffer) -> T + Send + 'static,
    ) -> Result<T, Code> {
        let queued = Queued::enter(&self.waiting, self.config.queue_max).ok_or(Code::ServiceBusy)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Code::ServiceUnavailable)?;
        drop(queued);
        let buffers = Arc::clone(&self.buffers);
        let parameters = self.config.parameters;
        // The client may go away while the hash runs: buffer and permit come back only when it is done.
        tokio::task::spawn_blocking(move || {
            let taken = buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut buffer = taken.unwrap_or_else(|| HashBuffer::new(parameters));
            let result = work(&mut buffer);
            buffers.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
            drop(permit);
            result
        })
        .await
        .map_err(|_| Code::Internal)
    }
}

/// A place in the queue, given back when it is dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn enter(waiting: &'a AtomicUsize, queue_max: usize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(waiting);
        (before < queue_max).then_some(place)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for PasswordPool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PasswordPool").field("config", &self.config).finish_non_exhaustive()
    }
}
