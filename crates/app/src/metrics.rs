//! What the service counts, by name: one place, so that the names stay the same everywhere.

use std::time::Duration;

/// A call to a bank.
pub(crate) fn bank_call(bank: &str, took: Duration, answered: bool) {
    let answered = if answered { "yes" } else { "no" };
    metrics::histogram!("makegood_bank_call_seconds", "bank" => bank.to_owned(), "answered" => answered)
        .record(took.as_secs_f64());
}

/// A batch that was settled.
pub(crate) fn batch(commands: usize, took: Duration, outcome: &'static str) {
    metrics::histogram!("makegood_batch_seconds", "outcome" => outcome).record(took.as_secs_f64());
    metrics::histogram!("makegood_batch_commands").record(u32::try_from(commands).unwrap_or(u32::MAX));
}

/// A command that was answered.
pub(crate) fn command(action: &'static str, outcome: &'static str) {
    metrics::counter!("makegood_commands_total", "action" => action, "outcome" => outcome).increment(1);
}

/// An attempt to deliver a webhook.
pub(crate) fn webhook(took: Duration, outcome: &'static str) {
    metrics::histogram!("makegood_webhook_seconds", "outcome" => outcome).record(took.as_secs_f64());
}

/// Something that a person has to look at.
pub(crate) fn alert(kind: &'static str) {
    metrics::counter!("makegood_alerts_total", "kind" => kind).increment(1);
}
