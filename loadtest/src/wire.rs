//! One request, through Goose, which makes it; and the ways in which people make it: once, twice at the same moment, or
//! over a connection that breaks before the answer comes.

use crate::world::{Took, world};
use goose::goose::{GooseMethod, GooseRequest, GooseUser, TransactionError};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

pub(crate) type Wrong = Box<TransactionError>;

/// For how long somebody asks again who was told to come back later.
const BUSY_MAX: Duration = Duration::from_secs(15);
const BUSY_PAUSE: Duration = Duration::from_millis(200);

/// A transaction that did not go as it must.
pub(crate) fn wrong(what: impl Into<String>) -> Wrong {
    Box::new(TransactionError::Custom(what.into()))
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tap {
    #[default]
    Once,
    /// A second time at the same moment, as people do who tap twice.
    Twice,
    /// Over a connection that breaks before the answer is read, and then again with the same key.
    Lost,
    /// The same, and then again with another key.
    LostOtherKey,
}

impl Tap {
    /// How the request with this number is made: of sixteen, four twice, two lost, one with another key then.
    pub(crate) const fn of(number: u64) -> Self {
        match number % 16 {
            3 | 7 | 11 | 15 => Self::Twice,
            5 | 9 => Self::Lost,
            13 => Self::LostOtherKey,
            _ => Self::Once,
        }
    }
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call<'a> {
    /// The route, as the report names it: `POST /v1/payments/{id}/confirm`.
    pub(crate) route: &'static str,
    /// What the report calls it, where that is not the route.
    pub(crate) kind: Option<&'static str>,
    /// Its path, with ids; none is the route's.
    pub(crate) path: Option<String>,
    /// The bearer token or API key.
    pub(crate) token: Option<&'a str>,
    /// The idempotency key.
    pub(crate) key: Option<String>,
    /// The body.
    pub(crate) body: Option<Value>,
    /// How it is made.
    pub(crate) tap: Tap,
    /// How often the same person makes it; none where no waiting person leaves any out.
    pub(crate) every: Option<Duration>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) const fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether the same can be asked for again at once: nothing was decided.
    fn is_busy(&self) -> bool {
        ["rate.", "service."].iter().any(|kind| self.code().starts_with(kind))
            || self.code() == "idempotency.in_progress"
    }

    /// Whether it is an answer that the same key has again.
    fn is_decided(&self) -> bool {
        !matches!(self.status, 429 | 503) && self.code() != "idempotency.in_progress"
    }

    pub(crate) fn unexpected(&self, route: &str) -> Wrong {
        wrong(format!("{route} was answered {} {}", self.status, self.code()))
    }
}

impl Call<'_> {
    fn path(&self) -> Result<(GooseMethod, &str), Wrong> {
        let (method, route) = self.route.split_once(' ').ok_or_else(|| wrong(self.route))?;
        let method = if method == "POST" { GooseMethod::Post } else { GooseMethod::Get };
        Ok((method, self.path.as_deref().unwrap_or(route)))
    }

    fn build(&self, user: &GooseUser, key: Option<&str>) -> Result<reqwest::RequestBuilder, Wrong> {
        let (method, path) = self.path()?;
        let mut builder = user.get_request_builder(&method, path)?;
        if let Some(token) = self.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(key) = key {
            builder = builder.header("Idempotency-Key", key);
        }
        Ok(match &self.body {
            Some(body) => builder.json(body),
            None => builder,
        })
    }
}

/// Makes the request, and answers with the body of a success. Whatever else comes back is wrong.
pub(crate) async fn call(user: &mut GooseUser, call: Call<'_>) -> Result<Value, Wrong> {
    let route = call.route;
    let answer = ask(user, call).await?;
    if answer.is_success() { Ok(answer.body) } else { Err(answer.unexpected(route)) }
}

/// Makes the request in its way, and again while the service is too busy to decide it.
pub(crate) async fn ask(user: &mut GooseUser, call: Call<'_>) -> Result<Answer, Wrong> {
    let mut key = call.key.clone();
    if matches!(call.tap, Tap::Lost | Tap::LostOtherKey) {
        lose(user, &call).await?;
        if call.tap == Tap::LostOtherKey {
            key = key.map(|key| format!("{key}-again"));
        }
    }
    let began = Instant::now();
    let mut busy = 0;
    loop {
        let asked = began.elapsed();
        let (answer, time) = once(user, &call, key.as_deref()).await?;
        if !answer.is_busy() || began.elapsed() > BUSY_MAX {
            // Who was told to come back later has waited since they first asked.
            let took = took(&call, &answer, asked, time, busy);
            world().took(took);
            return Ok(answer);
        }
        busy += 1;
        tokio::time::sleep(BUSY_PAUSE).await;
    }
}

/// How long a request took that was asked for the last time so long after the first, and answered in that time then.
fn took(call: &Call<'_>, answer: &Answer, asked: Duration, time: Duration, busy: u64) -> Took {
    // That a bank is not there is no failure of the service; that it never decides is one.
    let of_bank = ["bank.", "source."].iter().any(|kind| answer.code().starts_with(kind));
    let failed = (answer.status >= 500 && !of_bank) || answer.is_busy();
    let kind = call.kind.unwrap_or(call.route);
    let time = if busy > 0 { asked + time } else { time };
    Took { kind, time, every: call.every, failed, busy }
}

/// Makes the request, and once more at the same moment where it is tapped twice: a second tap that is not answered with
/// the very same bytes is wrong.
async fn once(user: &mut GooseUser, call: &Call<'_>, key: Option<&str>) -> Result<(Answer, Duration), Wrong> {
    let (method, path) = call.path()?;
    let is_twice = call.tap == Tap::Twice;
    let (first, second) = (call.build(user, key)?, is_twice.then(|| call.build(user, key)).transpose()?);
    let request =
        GooseRequest::builder().method(method).path(path).name(call.route).set_request_builder(first);
    let tap_again = async {
        let response = second?.send().await;
        Some(match response {
            Ok(response) => (response.status().as_u16(), response.bytes().await),
            Err(error) => (0, Err(error)),
        })
    };
    let began = Instant::now();
    let first = async {
        let response = user.request(request.build()).await?.response;
        let response = response.map_err(|error| wrong(format!("{}: {error}", call.route)))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|error| wrong(format!("{}: {error}", call.route)))?;
        Ok::<_, Wrong>((status, bytes, began.elapsed()))
    };
    let (first, again) = tokio::join!(first, tap_again);
    let (status, bytes, time) = first?;
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let answer = Answer { status, body };
    let mut world = world();
    match again {
        None => {}
        // What the first tap was answered counts all the same: the person has read it.
        Some((_, Err(error))) => {
            world.wrong_taps.push(format!("the second tap of {} had no answer: {error:?}", call.route));
        }
        Some((status, Ok(again))) => {
            world.twice += 1;
            let other = Answer { status, body: serde_json::from_slice(&again).unwrap_or(Value::Null) };
            if again != bytes && answer.is_decided() && other.is_decided() {
                world.wrong_taps.push(format!("the second tap of {} was answered otherwise", call.route));
            }
        }
    }
    Ok((answer, time))
}

/// Sends the request, and closes the connection without reading an answer. Whether it arrives, nobody knows.
async fn lose(user: &GooseUser, call: &Call<'_>) -> Result<(), Wrong> {
    let url = &user.base_url;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Ok(()) };
    if url.scheme() != "http" {
        return Ok(());
    }
    let (_, path) = call.path()?;
    let method = call.route.split(' ').next().unwrap_or_default();
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\n");
    if let Some(token) = call.token {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some(key) = &call.key {
        head.push_str(&format!("idempotency-key: {key}\r\n"));
    }
    head.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()));
    let broken = |error: std::io::Error| wrong(format!("{}: {error}", call.route));
    let mut stream = tokio::net::TcpStream::connect((host, port)).await.map_err(broken)?;
    stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    world().lost += 1;
    Ok(())
}

/// A text of an answer.
pub(crate) fn text(body: &Value, pointer: &str) -> Result<String, Wrong> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| wrong(format!("an answer has no {pointer}: {body}")))
}

/// Minor units of CNY as the API writes them.
pub(crate) fn amount(minor: i64) -> Value {
    json!({"amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "CNY"})
}

/// An amount of two decimals, with or without a sign, in minor units.
pub(crate) fn minor(amount: &str) -> Option<i64> {
    amount.replace('.', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_and_read() {
        for (text, expected) in [("12.34", 1_234), ("-0.05", -5), ("0.00", 0), ("-100.00", -10_000)] {
            assert_eq!(minor(text), Some(expected));
        }
        assert_eq!(amount(1_205)["amount"], "12.05");
        assert_eq!(minor("much"), None);
    }

    #[test]
    fn who_is_told_to_come_back_later_has_waited_since_they_asked_first() {
        let call = Call { route: "POST /v1/payments", ..Call::default() };
        let answer = |status: u16, code: &str| Answer { status, body: json!({"code": code}) };
        let (asked, time) = (Duration::from_secs(3), Duration::from_millis(20));
        let of = |answer: &Answer, busy: u64| {
            let Took { time, failed, busy, .. } = took(&call, answer, asked, time, busy);
            (time, failed, busy)
        };
        assert_eq!(of(&answer(201, ""), 0), (time, false, 0));
        assert_eq!(of(&answer(201, ""), 2), (asked + time, false, 2));
        assert_eq!(of(&answer(429, "rate.limited"), 2), (asked + time, true, 2));
        assert_eq!(of(&answer(409, "idempotency.in_progress"), 1), (asked + time, true, 1));
        assert_eq!(of(&answer(503, "bank.unavailable"), 0), (time, false, 0));
        assert_eq!(of(&answer(500, "service.internal"), 0), (time, true, 0));
    }

    #[test]
    fn some_tap_twice_and_some_lose_their_connection() {
        let of = |tap| (0..16).filter(|number| Tap::of(*number) == tap).count();
        let counts = [of(Tap::Once), of(Tap::Twice), of(Tap::Lost), of(Tap::LostOtherKey)];
        assert_eq!(counts, [9, 4, 2, 1]);
    }
}
