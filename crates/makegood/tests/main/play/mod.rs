//! `/play`: the page's five minutes in a real browser, and what stands behind it.

mod five_minutes;
mod routes;
mod supervisor;
mod words;

use std::path::Path;
use std::time::Duration;

/// How long a client waits for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A client that speaks to nobody but whom it is told.
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(ANSWER_MAX).build().unwrap()
}

/// Whether a process of this number runs. One that was killed and not waited for yet does not.
fn is_running(process: u64) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    status.is_ok_and(|status| !status.contains("\nState:\tZ"))
}
