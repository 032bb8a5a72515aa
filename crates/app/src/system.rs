//! The one place where the machine's clock and randomness are read.

use makegood_base::{Clock, Entropy, Timestamp};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is where the time enters")]
        let now = std::time::SystemTime::now();
        let micros = match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            // A clock before 1970 is a broken clock; order is the sequence, and durations saturate.
            Err(_) => 0,
        };
        Timestamp::from_micros(micros)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
        let filled = getrandom::fill(bytes);
        if let Err(error) = filled {
            // Without randomness no secret and no id can be made; going on would be worse than stopping.
            tracing::error!(%error, "the operating system gives no randomness");
            std::process::abort();
        }
    }
}
