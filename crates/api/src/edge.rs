//! The edge that every request passes, in and out: it gets an id, a bound on its time, a span in the log and
//! a line in the metrics; what handlers carry is turned into HTTP here and nowhere else.

use crate::answer::{Carried, Refused};
use crate::context::Context;
use crate::shared::{Api, Shared};
use crate::{metrics, tokens};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use makegood_wallet::{Code, Problem, Reply, SECRET_PLACEHOLDER, SecretOf};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// When to try again, where nothing more is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// What the log and the metrics call a request that no route takes: a path of the client's own choice could
/// name anything, and there is no end of them.
const NO_ROUTE: &str = "none";

pub(crate) async fn edge(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let context = Context::of(&api, request.headers());
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(context);
    let span = tracing::info_span!("request", request_id = %context.request, %method, route);
    async {
        let started = Instant::now();
        // Who shows no token where one is needed is told so, whatever else is wrong with what they sent.
        let response = if api.asks_for_token(&method, &route) && !context.has_token() {
            Refused::from(Code::AuthRequired).into_response()
        } else {
            guarded(&api, request, next).await
        };
        let mut response = finish(response, &api, &context);
        add_headers(&mut response, &context, &route);
        let took = started.elapsed();
        let status = response.status().as_u16();
        metrics::answered(&method, route, status, took);
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if status >= 500 {
            tracing::warn!(status, duration_us, "answered");
        } else {
            tracing::info!(status, duration_us, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Runs the handler. A panic is an answer, and so is a request that takes too long: what it asked for may have
/// been done by then, so nobody is told that it is safe to pay again.
async fn guarded(shared: &Shared, request: Request, next: Next) -> Response {
    let uncertain = |code| Refused::from(Problem { safe_to_pay_again: false, ..Problem::new(code) });
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(shared.limits.request_timeout, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            uncertain(Code::Internal).into_response()
        }
        Err(_) => uncertain(Code::ServiceUnavailable).into_response(),
    }
}

/// Turns what a handler carries into HTTP. Other responses (pages, pictures) go out as they are.
fn finish(mut response: Response, shared: &Shared, context: &Context) -> Response {
    let (reply, retry_after) = match response.extensions_mut().remove::<Carried>() {
        None => return response,
        Some(Carried::Reply(reply)) => (reply, None),
        Some(Carried::Refused(refused)) => {
            let reply = refused.problem.render(context.role(), context.language, context.request);
            (reply, refused.retry_after)
        }
    };
    let mut finished = http(with_secret(shared, reply), retry_after);
    // A 405 has its `Allow` already.
    finished
        .headers_mut()
        .extend(response.headers().get(header::ALLOW).cloned().map(|allow| (header::ALLOW, allow)));
    finished
}

/// Puts the token in where the wallet left a place for it. The name of the field is part of what is looked
/// for: no text of a user can hold it, for the quotes in it would be escaped.
fn with_secret(shared: &Shared, mut reply: Reply) -> Reply {
    let Some(of) = reply.secret else { return reply };
    let field = match of {
        SecretOf::Session(_) => "token",
        SecretOf::ApiKey(_) => "api_key",
        SecretOf::Webhook(_) => "secret",
    };
    let secret = tokens::text_of(shared.app.secrets(), of, shared.app.settings().livemode);
    let body = String::from_utf8_lossy(&reply.body);
    let place = format!("\"{field}\":\"{SECRET_PLACEHOLDER}\"");
    reply.body = body.replace(&place, &format!("\"{field}\":\"{}\"", *secret)).into_bytes();
    reply
}

fn http(reply: Reply, retry_after: Option<Duration>) -> Response {
    let location = if matches!(reply.status, 201 | 202) { location(&reply.body) } else { None };
    let is_problem = reply.is_problem();
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let status = response.status();
    let headers = response.headers_mut();
    if status != StatusCode::NO_CONTENT {
        let content_type = if is_problem { "application/problem+json" } else { "application/json" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if reply.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    if let Some(location) = location.and_then(|path| HeaderValue::from_str(&path).ok()) {
        headers.insert(header::LOCATION, location);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        // In whole seconds, rounded up.
        let wait = retry_after.unwrap_or(RETRY_AFTER).saturating_add(Duration::from_millis(999));
        headers.insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}

/// Where the object of an answer can be read, by the kind that its id names.
fn location(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Object {
        id: String,
    }
    let id = serde_json::from_slice::<Object>(body).ok()?.id;
    let collection = match id.split_once('_')?.0 {
        "usr" => return Some("/v1/me".to_owned()),
        "ses" => "sessions",
        "mch" => "merchants",
        "crd" => "me/bank-cards",
        "ord" => "orders",
        "pay" => "payments",
        "top" => "top-ups",
        "trf" => "transfers",
        "rfd" => "refunds",
        "whe" => "webhook-endpoints",
        "btr" => "ops/bank-transfers",
        "mnt" => "ops/maintenance-windows",
        "inc" => "ops/incidents",
        "wdr" => "withdrawals",
        "pyt" => "payouts",
        _ => return None,
    };
    Some(format!("/v1/{collection}/{id}"))
}

fn add_headers(response: &mut Response, context: &Context, route: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&context.request.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ));
    if route.starts_with("/v1/") || route == NO_ROUTE {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_says_where_it_is() {
        for (body, expected) in [
            (r#"{"id":"pay_1","order":"ord_1"}"#, Some("/v1/payments/pay_1")),
            (r#"{"status":"processing","id":"top_1"}"#, Some("/v1/top-ups/top_1")),
            (r#"{"id":"crd_1"}"#, Some("/v1/me/bank-cards/crd_1")),
            (r#"{"id":"usr_1"}"#, Some("/v1/me")),
            (r#"{"id":"whe_1"}"#, Some("/v1/webhook-endpoints/whe_1")),
            (r#"{"id":"wdr_1"}"#, Some("/v1/withdrawals/wdr_1")),
            (r#"{"id":"pyt_1"}"#, Some("/v1/payouts/pyt_1")),
            (r#"{"id":"evt_1"}"#, None),
            (r#"{"data":[]}"#, None),
            ("", None),
        ] {
            assert_eq!(location(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
