//! What people do, from beginning to end.

mod access;
mod cancelling;
mod expiry;
mod main_job;
mod over_http;
mod paying;
mod payouts;
mod rails;
mod rails_down;
mod rails_live;
mod refunds;
mod top_ups;
mod traces;
mod withdrawals;
mod workers;

use makegood_testkit::{Answer, Person, TestWallet};
use makegood_wallet::tables::PaymentId;
use makegood_wallet::{Caller, Query};
use serde_json::Value;
pub(crate) use withdrawals::due_transfer;

/// A trace in one line: `wallet done, bank unknown, ledger not_reached, payee not_reached; enquiry by wallet`.
/// Whatever a trace must always have is checked on the way.
pub(crate) fn told(trace: &Answer) -> String {
    let hops = trace.at("/hops").as_array().expect("a trace has hops");
    assert!(!hops.is_empty() && !trace.text("/summary").is_empty(), "an empty trace: {}", trace.json());
    let word = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
    for hop in hops.iter().filter(|hop| hop["state"] == "done") {
        assert!(hop["at"].is_string(), "done at no time: {hop}");
    }
    let hops: Vec<String> =
        hops.iter().map(|hop| format!("{} {}", word(hop, "hop"), word(hop, "state"))).collect();
    let next = trace.at("/next");
    let next = if next.is_null() {
        "nothing".to_owned()
    } else {
        assert!(next["by"].is_string() && !word(next, "text").is_empty(), "nobody knows when: {next}");
        format!("{} by {}", word(next, "event"), word(next, "who"))
    };
    format!("{}; {next}", hops.join(", "))
}

/// Sums what a bank holds for the customers, in CNY.
pub(crate) const fn custody() -> &'static str {
    rails::CUSTODY
}

/// The trace of a payment in one line.
pub(crate) async fn trace(wallet: &TestWallet, caller: Caller, payment: PaymentId) -> String {
    told(&wallet.read(caller, Query::PaymentTrace(payment)).await.expect(200))
}

/// Checks where a payment stands for its payer: status, whether paying again is safe, and the trace.
pub(crate) async fn check(
    wallet: &TestWallet,
    payer: &Person,
    payment: PaymentId,
    (status, safe_to_pay_again, expected): (&str, bool, &str),
) {
    let read = wallet.read(payer.caller, Query::Payment(payment)).await.expect(200);
    let trace = trace(wallet, payer.caller, payment).await;
    let found = (read.text("/status"), read.at("/safe_to_pay_again").as_bool(), trace.as_str());
    assert_eq!(found, (status, Some(safe_to_pay_again), expected));
    // What is not final says by when it will be.
    assert_eq!(read.at("/expected_by").is_null(), trace.ends_with("; nothing"), "{}", read.json());
}
