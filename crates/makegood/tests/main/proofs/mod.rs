//! Proofs that pull the plug on the real binary: it is killed under load, its disk fills up, and many write at once.
//! Each prints one line with its figures, and each has a control: the same look at something that breaks the promise,
//! which must be caught.
#![expect(clippy::panic, reason = "what must hold and does not has failed the proof")]

mod audit;
mod books;
mod client;
mod disk;
mod disk_full;

mod kills;
mod place;
mod town;
mod worker;
mod writers;

use std::time::{Duration, Instant};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until a condition holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
