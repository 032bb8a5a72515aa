//! Long polls: `?wait=20` answers at the next change of an object's status, or after that many seconds.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::shared::Shared;
use makegood_base::RawId;
use makegood_wallet::{Code, Query, Reply};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

const WAIT_MAX_S: u64 = 30;

/// How long to wait for a change.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// Answer at the next change of status, or after that many seconds, 0 to 30. What is final answers at
    /// once.
    #[param(minimum = 0, maximum = 30)]
    pub(crate) wait: Option<u64>,
}

impl Shared {
    /// Answers a query about one object, now or when its status has changed.
    pub(crate) async fn query_and_wait(
        &self,
        context: &Context,
        query: Query,
        object: RawId,
        wait: Option<u64>,
    ) -> Result<Answer, Refused> {
        let wait_s = wait.unwrap_or(0);
        if wait_s > WAIT_MAX_S {
            return Err(Refused::field(Code::RequestInvalid, "wait"));
        }
        let until = Instant::now() + Duration::from_secs(wait_s);
        let first = self.query(context, query.clone()).await?;
        let Some(status) = open_status(&first.0) else { return Ok(first) };
        let mut latest = first;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(latest);
            }
            self.app.wait_for_change(object, left).await;
            latest = self.query(context, query.clone()).await?;
            if open_status(&latest.0).as_ref() != Some(&status) {
                return Ok(latest);
            }
        }
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
