//! What people do while their money is on its way: they wait, and read where it is.

use crate::people::paces;
use crate::wire::{Call, Wrong, call, text};
use crate::world::world;
use goose::goose::GooseUser;
use std::time::Instant;

/// The words of what has come to its end.
const ENDS: [&str; 9] = [
    "succeeded",
    "completed",
    "partially_refunded",
    "refunded",
    "returned",
    "reversed",
    "failed",
    "cancelled",
    "closed",
];

/// Whether something is on its way, or waits for a person. So does what has a word that nobody knows.
pub(crate) fn is_open(status: &str) -> bool {
    !ENDS.contains(&status)
}

/// Waits for an object, and reads its trace on the way. Answers with its last status.
pub(crate) async fn wait_for(
    user: &mut GooseUser,
    route: &'static str,
    id: &str,
    token: &str,
) -> Result<String, Wrong> {
    let patience = paces()?.patience;
    let began = Instant::now();
    let mut reads_trace = true;
    world().waiting += 1;
    let waited = async {
        loop {
            let path = Some(format!("{}?wait=1", object_path(route, id)));
            // A long poll is meant to take long, and leaves nothing out.
            let get = Call { route, kind: Some(waits(route)), path, token: Some(token), ..Call::default() };
            let status = text(&call(user, get).await?, "/status")?;
            if !is_open(&status) || began.elapsed() > patience {
                return Ok(status);
            }
            if std::mem::take(&mut reads_trace) {
                read_trace(user, route, id, token).await?;
            }
        }
    }
    .await;
    let mut world = world();
    world.waiting = world.waiting.saturating_sub(1);
    waited
}

fn object_path(route: &str, id: &str) -> String {
    route.trim_start_matches("GET ").replace("{id}", id)
}

fn waits(route: &'static str) -> &'static str {
    match route {
        "GET /v1/payments/{id}" => "GET /v1/payments/{id}?wait=1",
        "GET /v1/top-ups/{id}" => "GET /v1/top-ups/{id}?wait=1",
        "GET /v1/withdrawals/{id}" => "GET /v1/withdrawals/{id}?wait=1",
        _ => route,
    }
}

/// Reads where the money is: the trace is never empty, and it is somebody's turn until the end.
async fn read_trace(user: &mut GooseUser, route: &'static str, id: &str, token: &str) -> Result<(), Wrong> {
    let (trace_route, token) = (traces(route), Some(token));
    let path = Some(format!("{}/trace", object_path(route, id)));
    let trace = call(user, Call { route: trace_route, path, token, ..Call::default() }).await?;
    let hops = trace["hops"].as_array().map_or(0, Vec::len);
    let is_empty = hops == 0 || trace["summary"].as_str().is_none_or(str::is_empty);
    let nobody_acts = trace["next"].is_null();
    let is_wrong = is_empty
        || (nobody_acts && {
            let path = Some(object_path(route, id));
            let object = call(user, Call { route, path, token, ..Call::default() }).await?;
            is_open(&text(&object, "/status")?)
        });
    let mut world = world();
    world.traces += 1;
    if is_wrong {
        world.wrong_traces.push(format!("the trace of {id} says nothing, or that nobody has to act"));
    }
    Ok(())
}

fn traces(route: &str) -> &'static str {
    match route {
        "GET /v1/top-ups/{id}" => "GET /v1/top-ups/{id}/trace",
        "GET /v1/withdrawals/{id}" => "GET /v1/withdrawals/{id}/trace",
        _ => "GET /v1/payments/{id}/trace",
    }
}
