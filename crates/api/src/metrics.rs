//! Metrics of requests, and the page that Prometheus reads.

use axum::http::Method;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

const REQUESTS: &str = "makegood_http_requests_total";
const SECONDS: &str = "makegood_http_request_seconds";
/// Upper ends of the histogram's buckets, from a read in memory to the longest long poll.
const BUCKETS_S: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The same for how many commands a batch has: the engine's histograms of counts end in `_commands`.
const BUCKETS_COMMANDS: &[f64] = &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0];

/// The process's one recorder: installed by the first who asks. Nothing where another program has installed
/// its own; metrics go there then.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let counts = Matcher::Suffix("_commands".to_owned());
    let builder = PrometheusBuilder::new().set_buckets(BUCKETS_S).ok()?;
    let handle = builder.set_buckets_for_metric(counts, BUCKETS_COMMANDS).ok()?.install_recorder();
    if let Err(error) = &handle {
        tracing::warn!(%error, "metrics are recorded elsewhere");
    }
    metrics::describe_counter!(REQUESTS, "Requests, by matched route and status.");
    metrics::describe_histogram!(
        SECONDS,
        metrics::Unit::Seconds,
        "How long requests took, by matched route."
    );
    handle.ok()
}

/// Counts a request that was answered.
pub(crate) fn answered(method: &Method, route: String, status: u16, took: Duration) {
    let method = method_label(method);
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!(REQUESTS, &labels).increment(1);
    metrics::histogram!(SECONDS, "method" => method, "route" => route).record(took);
}

/// Methods that clients make up are one label, so that they cannot make series without end.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
