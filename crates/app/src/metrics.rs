//! What the service counts, by name: one place, so that the names stay the same everywhere.

use makegood_banking::BreakerState;
use makegood_wallet::view::BankView;
use std::time::Duration;

/// A call to a bank.
pub(crate) fn bank_call(bank: &str, took: Duration, answered: bool) {
    let answered = if answered { "yes" } else { "no" };
    metrics::histogram!("makegood_bank_call_seconds", "bank" => bank.to_owned(), "answered" => answered)
        .record(took.as_secs_f64());
}

/// How many wait for their turn at a bank.
pub(crate) fn bank_queue(bank: &str, waiting: usize) {
    let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
    metrics::gauge!("makegood_bank_waiting", "bank" => bank.to_owned()).set(waiting);
}

/// Whether a bank is asked: 1, 0.5 while it is tried, 0 while it is not.
pub(crate) fn bank_state(bank: &str, state: BreakerState) {
    let value = match state {
        BreakerState::Closed => 1.0,
        BreakerState::HalfOpen => 0.5,
        BreakerState::Open { .. } => 0.0,
    };
    metrics::gauge!("makegood_bank_up", "bank" => bank.to_owned()).set(value);
}

/// A bank as its recent calls showed it: quantiles of how long they took, and the share that was answered.
pub(crate) fn bank_view(view: &BankView) {
    let gauge = |name: &'static str, value: f64| metrics::gauge!(name, "bank" => view.id.clone()).set(value);
    let number = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    gauge("makegood_bank_calls", number(view.calls));
    gauge("makegood_bank_waiting", number(view.waiting));
    gauge("makegood_bank_expected_seconds", number(view.expected_in_s));
    if let Some(answered) = view.answered_per_cent {
        gauge("makegood_bank_answered_ratio", number(answered) / 100.0);
    }
    for (quantile, millis) in [("0.5", view.p50_ms), ("0.95", view.p95_ms), ("0.99", view.p99_ms)] {
        if let Some(millis) = millis {
            let labels = [("bank", view.id.clone()), ("quantile", quantile.to_owned())];
            metrics::gauge!("makegood_bank_answer_seconds", &labels).set(number(millis) / 1_000.0);
        }
    }
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
