//! Long polls: `?wait=20` answers at the next change of an object's status, or after that many seconds.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::shared::{Api, Shared};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use makegood_base::RawId;
use makegood_wallet::texts::Reason;
use makegood_wallet::{Query, Reply};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

const WAIT_MAX_S: u64 = 30;

/// How long to wait for a change.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// Answer at the next change of status, or after that many seconds, 0 to 30. What is final answers at
    /// once.
    #[param(minimum = 0, maximum = 30)]
    pub(crate) wait: Option<i64>,
}

/// Tells when the service stops.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(pub(crate) watch::Receiver<bool>);

impl Stopping {
    /// Ready when the service stops.
    pub(crate) async fn begun(mut self) {
        if self.0.wait_for(|is_stopping| *is_stopping).await.is_err() {
            // Whoever would tell is gone without a word: it will not stop any more.
            std::future::pending().await
        }
    }
}

impl FromRequestParts<Api> for Stopping {
    type Rejection = Infallible;

    /// A request that did not come through [`serve`](crate::serve) sees no stop.
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self(watch::channel(false).1)))
    }
}

impl Shared {
    /// Answers a query about one object, now or when its status has changed. When the time is over, or the
    /// service stops, the answer is what is true then.
    pub(crate) async fn query_and_wait(
        &self,
        context: &Context,
        query: Query,
        object: RawId,
        (wait, stopping): (Option<i64>, Stopping),
    ) -> Result<Answer, Refused> {
        let wait_s = u64::try_from(wait.unwrap_or(0)).ok().filter(|wait_s| *wait_s <= WAIT_MAX_S);
        let bounds = Reason::OutOfRange { minimum: 0, maximum: WAIT_MAX_S };
        let wait_s = wait_s.ok_or_else(|| Refused::invalid("wait", bounds))?;
        if wait_s == 0 {
            return self.query(context, query).await;
        }
        let _place = self.places.take(context.caller()?)?;
        let mut first = None;
        let has_changed = |found: &Result<Answer, Refused>| {
            let Some(status) = found.as_ref().ok().and_then(|answer| open_status(&answer.0)) else {
                return true;
            };
            first.get_or_insert_with(|| status.clone()) != &status
        };
        let until = async {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(wait_s)) => {}
                () = stopping.begun() => {}
            }
        };
        let read = || self.query(context, query.clone());
        self.app.read_until(object, read, has_changed, until).await
    }
}

/// The status that an answer tells, unless nothing more is to come: a problem, and what is final.
fn open_status(reply: &Reply) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        status: String,
        final_at: Option<String>,
    }
    if reply.status != 200 {
        return None;
    }
    let object = serde_json::from_slice::<Object>(&reply.body).ok()?;
    let is_final =
        object.final_at.is_some() || matches!(object.status.as_str(), "paid" | "expired" | "cancelled");
    (!is_final).then_some(object.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_final_is_waited_for() {
        for (status, body, expected) in [
            (200, r#"{"status":"processing","final_at":null}"#, Some("processing")),
            (200, r#"{"status":"created"}"#, Some("created")),
            (200, r#"{"status":"succeeded","final_at":"2026-11-22T18:00:00Z"}"#, None),
            (200, r#"{"status":"paid"}"#, None),
            (200, r#"{"status":"expired"}"#, None),
            (200, r#"{"status":"cancelled"}"#, None),
            (404, r#"{"status":404}"#, None),
        ] {
            let reply = Reply { status, body: body.into(), replayed: false, secret: None };
            assert_eq!(open_status(&reply).as_deref(), expected, "{body}");
        }
    }
}
