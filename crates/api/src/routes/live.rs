//! Payments as they change: Server-Sent Events, each with the payment and its trace as the caller reads them.
//!
//! An event's id is the digest of what it says. Whoever comes back with the last one that they saw is told only what
//! is another; nothing is kept for them, so that it is the same on every server.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields::PathId;
use crate::long_poll::Stopping;
use crate::places::Held;
use crate::shared::Api;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use makegood_base::PaymentId;
use makegood_wallet::{Code, Problem, Query, Reply};
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often a comment is sent where nothing happens, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long one connection lasts. Browsers come back by themselves, and go on where they were.
const STREAM_MAX: Duration = Duration::from_secs(15 * 60);

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(events))
}

/// A payment as it changes, as Server-Sent Events.
///
/// The first event, `payment`, comes at once, the next with each change; `data` is `{"payment", "trace"}`. It ends when
/// nothing more is to come: then whoever comes back with its `Last-Event-ID` is answered 204, which tells a browser to
/// stay away. One connection takes the place of one long poll.
#[utoipa::path(
    get, path = "/v1/payments/{id}/events", tag = "Payments",
    params(
        ("id" = String, Path, example = "pay_01h455vb4pex5vsknk084sn02q"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen."),
    ),
    responses(
        (status = 200, description = "The events.", body = String, content_type = "text/event-stream"),
        (status = 204, description = "Nothing more is to come."),
        (status = 429, description = "The caller waits for too much at once.", body = String),
    ),
)]
async fn events(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<PaymentId>,
    stopping: Stopping,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let place = api.places.take(context.caller()?)?;
    let first = match look(&api, &context, id).await {
        Ok(first) => first,
        Err(answer) => return Ok(answer.into_response()),
    };
    if first.is_last && seen.as_deref() == Some(&first.digest) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let until = tokio::time::Instant::now() + STREAM_MAX;
    let watch = Watch { api, context, id, stopping, until, seen, next: Some(first), _place: place };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(stream::unfold(watch, Watch::step)).keep_alive(keep_alive).into_response())
}

/// The payment and its trace at one moment.
struct Seen {
    digest: String,
    data: String,
    /// Whether nothing more is to come.
    is_last: bool,
}

/// Reads the payment and its trace. Answered is what the caller gets instead, where they may not.
async fn look(api: &Api, context: &Context, id: PaymentId) -> Result<Seen, Answer> {
    let payment = read(api, context, Query::Payment(id)).await?;
    let trace = read(api, context, Query::PaymentTrace(id)).await?;
    seen(&payment.body, &trace.body).ok_or_else(|| problem(context, Code::Internal))
}

async fn read(api: &Api, context: &Context, query: Query) -> Result<Reply, Answer> {
    match api.query(context, query).await {
        Ok(Answer(reply)) if reply.is_problem() => Err(Answer(reply)),
        Ok(Answer(reply)) => Ok(reply),
        Err(refused) => Err(problem(context, refused.problem.code)),
    }
}

fn problem(context: &Context, code: Code) -> Answer {
    Answer(Problem::new(code).render(context.role(), context.language, context.request))
}

fn seen(payment: &[u8], trace: &[u8]) -> Option<Seen> {
    #[derive(serde::Deserialize)]
    struct Object {
        final_at: Option<String>,
    }
    #[derive(serde::Deserialize)]
    struct Trace {
        next: Option<serde::de::IgnoredAny>,
    }
    let is_final = serde_json::from_slice::<Object>(payment).ok()?.final_at.is_some();
    let is_awaited = serde_json::from_slice::<Trace>(trace).ok()?.next.is_some();
    let text = |bytes| std::str::from_utf8(bytes).ok();
    // Both are JSON of one line already.
    let data = format!(r#"{{"payment":{},"trace":{}}}"#, text(payment)?, text(trace)?);
    let hash = Sha256::digest(&data);
    let digest = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Some(Seen { digest, data, is_last: is_final && !is_awaited })
}

/// Somebody who watches a payment.
struct Watch {
    api: Api,
    context: Context,
    id: PaymentId,
    stopping: Stopping,
    until: tokio::time::Instant,
    /// The digest of what they saw last.
    seen: Option<String>,
    /// What was read before they were answered.
    next: Option<Seen>,
    _place: Held,
}

impl Watch {
    /// The next event, once there is one; the end, when nothing more is to come, the time of the connection is over,
    /// the service stops, or the caller may not read it any more.
    async fn step(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let found = match self.next.take().filter(|first| self.seen.as_ref() != Some(&first.digest)) {
            Some(first) => first,
            None => self.change().await?,
        };
        let event = Event::default().event("payment").id(&found.digest).data(&found.data);
        if found.is_last {
            // The place of the next read is empty, and so is the time for it.
            self.until = tokio::time::Instant::now();
        }
        self.seen = Some(found.digest);
        Some((Ok(event), self))
    }

    /// The next state that is another than the last one that was seen.
    async fn change(&self) -> Option<Seen> {
        if self.until <= tokio::time::Instant::now() {
            return None;
        }
        let read = || async { look(&self.api, &self.context, self.id).await.ok() };
        let is_other = |found: &Option<Seen>| {
            found.as_ref().is_none_or(|found| self.seen.as_ref() != Some(&found.digest))
        };
        let stopping = self.stopping.clone();
        let over = async {
            tokio::select! {
                () = tokio::time::sleep_until(self.until) => {}
                () = stopping.begun() => {}
            }
        };
        let found = self.api.app.read_until(self.id.raw(), read, is_other, over).await?;
        (self.seen.as_ref() != Some(&found.digest)).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_has_the_same_id_and_the_last_is_known() {
        let open = seen(br#"{"final_at":null}"#, br#"{"next":{"event":"enquiry"}}"#).unwrap();
        let again = seen(br#"{"final_at":null}"#, br#"{"next":{"event":"enquiry"}}"#).unwrap();
        assert_eq!((&open.digest, open.is_last), (&again.digest, false));
        let over = seen(br#"{"final_at":"2026-11-22T18:00:00Z"}"#, br#"{"next":null}"#).unwrap();
        assert!(over.is_last && over.digest != open.digest);
        assert_eq!(over.data, r#"{"payment":{"final_at":"2026-11-22T18:00:00Z"},"trace":{"next":null}}"#);
        let returning =
            seen(br#"{"final_at":"2026-11-22T18:00:00Z"}"#, br#"{"next":{"event":"x"}}"#).unwrap();
        assert!(!returning.is_last, "it is final, and something is on its way back");
        assert!(seen(b"", b"{}").is_none());
    }
}
