//! One request, through Goose, which times and counts it.

use goose::goose::{GooseMethod, GooseRequest, GooseUser, TransactionError};
use serde_json::Value;

pub(crate) type Wrong = Box<TransactionError>;

/// A transaction that did not go as it must.
pub(crate) fn wrong(what: impl Into<String>) -> Wrong {
    Box::new(TransactionError::Custom(what.into()))
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call<'a> {
    /// The route, as the report names it: `POST /v1/payments/{id}/confirm`.
    pub(crate) route: &'static str,
    /// Its path, with ids; none is the route's.
    pub(crate) path: Option<String>,
    /// The bearer token or API key.
    pub(crate) token: Option<&'a str>,
    /// The idempotency key.
    pub(crate) key: Option<String>,
    /// The body.
    pub(crate) body: Option<Value>,
    /// Whether it is sent a second time at the same moment, as people do who tap twice.
    pub(crate) twice: bool,
}

/// Makes the request, and answers with the body of a success. Whatever else comes back is wrong; so is a second
/// tap that is not answered with the very same bytes.
pub(crate) async fn call(user: &mut GooseUser, call: Call<'_>) -> Result<Value, Wrong> {
    let (method, route) = call.route.split_once(' ').ok_or_else(|| wrong(call.route))?;
    let path = call.path.as_deref().unwrap_or(route);
    let method = if method == "POST" { GooseMethod::Post } else { GooseMethod::Get };
    let build = |user: &GooseUser| {
        let mut builder = user.get_request_builder(&method, path)?;
        if let Some(token) = call.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(key) = &call.key {
            builder = builder.header("Idempotency-Key", key);
        }
        Ok::<_, Wrong>(match &call.body {
            Some(body) => builder.json(body),
            None => builder,
        })
    };
    let (first, second) = (build(user)?, call.twice.then(|| build(user)).transpose()?);
    let request =
        GooseRequest::builder().method(method).path(path).name(call.route).set_request_builder(first);
    let tap_again = async {
        let Some(second) = second else { return Ok::<_, Wrong>(None) };
        Ok(Some(second.send().await?.bytes().await?))
    };
    let (made, again) = tokio::join!(user.request(request.build()), tap_again);
    let response = made?.response.map_err(|error| wrong(format!("{}: {error}", call.route)))?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(|error| wrong(format!("{}: {error}", call.route)))?;
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if !status.is_success() {
        return Err(wrong(format!("{} was answered {status} {}", call.route, body["code"])));
    }
    match again? {
        Some(again) if again != bytes => {
            Err(wrong(format!("the second tap of {} was answered otherwise", call.route)))
        }
        _ => Ok(body),
    }
}

/// A text of an answer.
pub(crate) fn text(body: &Value, pointer: &str) -> Result<String, Wrong> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| wrong(format!("an answer has no {pointer}: {body}")))
}

/// Minor units of CNY as the API writes them.
pub(crate) fn amount(minor: i64) -> Value {
    serde_json::json!({"amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "CNY"})
}
