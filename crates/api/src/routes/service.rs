//! What tells whether the service works.

use crate::answer::Refused;
use crate::metrics;
use crate::shared::Api;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use makegood_wallet::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics_page))
}

/// The process lives.
#[utoipa::path(
    get, path = "/healthz", tag = "Service", security(()),
    responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// The service can do its work: its database answers, and takes what is written.
#[utoipa::path(
    get, path = "/readyz", tag = "Service", security(()),
    responses((status = 200, description = "It can.", body = String, content_type = "text/plain")),
)]
async fn readyz(State(api): State<Api>) -> Result<&'static str, Refused> {
    if api.app.ready().await { Ok("ok\n") } else { Err(Code::ServiceUnavailable.into()) }
}

/// Metrics, as Prometheus reads them.
#[utoipa::path(
    get, path = "/metrics", tag = "Service", security(()),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
)]
async fn metrics_page(State(api): State<Api>) -> Response {
    const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
    api.app.measure_banks();
    let text = metrics::recorder().map(|recorder| recorder.render()).unwrap_or_default();
    ([(header::CONTENT_TYPE, PROMETHEUS)], text).into_response()
}
