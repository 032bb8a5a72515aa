//! Requests that want something: their body, read strictly, their key, and the fingerprint that goes with it.

use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fingerprint::{fingerprint, keyed_hash};
use crate::shared::Api;
use crate::strict::read_json;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _, MatchedPath, Request};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use makegood_base::UserId;
use makegood_base::limits::{BODY_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX};
use makegood_store::Store as _;
use makegood_wallet::tables::IdempotencyKey;
use makegood_wallet::texts::Reason;
use makegood_wallet::{Action, Actor, Caller, Code, Command, Facts, Needs, Problem};
use serde::de::DeserializeOwned;

/// The routes whose requests move money, and need a key.
pub(crate) const MOVES_MONEY: &[&str] = &[
    "/v1/top-ups",
    "/v1/transfers",
    "/v1/payments",
    "/v1/payments/{id}/confirm",
    "/v1/payments/{id}/refunds",
    "/v1/withdrawals",
    "/v1/merchants/{id}/payouts",
];

/// A request with a body of this shape. An absent body counts as `{}`.
pub(crate) struct Write<T> {
    pub(crate) context: Context,
    pub(crate) body: T,
    key: Option<String>,
    fingerprint: [u8; 32],
}

impl<T> Write<T> {
    /// The command of whoever asks. Who shows nothing is refused here, before anything is looked up.
    pub(crate) fn command(&self, api: &Api, action: Action) -> Result<Command, Refused> {
        match self.context.caller()? {
            Caller::Anonymous => Err(Code::AuthRequired.into()),
            caller => Ok(self.command_of(api, caller, self.key.clone(), action)),
        }
    }

    /// The command of somebody who cannot say yet who they are but by `login`: it stands for the caller that
    /// a key belongs to, so that the keys of two people are never the same.
    pub(crate) fn anonymous(&self, api: &Api, login: &str, action: Action) -> Result<Command, Refused> {
        let scoped = |key: &String| -> Result<String, Refused> {
            let hash = keyed_hash(&api.app.secrets().fingerprint_key, format!("{login}\0{key}").as_bytes())?;
            Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
        };
        let key = self.key.as_ref().map(scoped).transpose()?;
        Ok(self.command_of(api, Caller::Anonymous, key, action))
    }

    /// The user who asks, and their earlier answer: see [`asker`](Self::asker).
    pub(crate) async fn user(&self, api: &Api) -> Result<(UserId, Option<Answer>), Refused> {
        match self.asker(api).await? {
            (Actor::User(user), earlier) => Ok((user, earlier)),
            _ => Err(Code::AuthForbidden.into()),
        }
    }

    /// Who asks, and the answer that this very request got before, both as they are now: who asks
    /// somebody else before the engine sees the command looks here first. A bank is called for nobody who has
    /// logged out, and a request that comes again is neither asked about nor carried out again.
    pub(crate) async fn asker(&self, api: &Api) -> Result<(Actor, Option<Answer>), Refused> {
        let (caller, now) = (self.context.caller()?, api.app.clock().now());
        let key = &self.key;
        let id_of = |actor: Actor| Some(IdempotencyKey { caller: actor.raw(), key: key.clone()? });
        let needs = |facts: &Facts| {
            let mut needs = Needs::default();
            caller.require(&mut needs);
            needs.idempotency.extend(Actor::of(caller, facts, now).ok().and_then(id_of));
            needs
        };
        let facts = api.app.store().read(None, &needs).await.map_err(Refused::unreadable)?;
        let actor = api.actor_in(caller, &facts)?;
        let row = id_of(actor).and_then(|id| facts.idempotency.peek(&id));
        let earlier = row.map_or(Ok(None), |row| row.replay(&self.fingerprint, now))?;
        Ok((actor, earlier.map(Answer)))
    }

    fn command_of(&self, api: &Api, caller: Caller, key: Option<String>, action: Action) -> Command {
        Command {
            seed: api.draw_seed(),
            request: self.context.request,
            caller,
            language: self.context.language,
            idempotency_key: key,
            fingerprint: self.fingerprint,
            action,
        }
    }
}

/// The body of a request that needs no words.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<T: DeserializeOwned> FromRequest<Api> for Write<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let Ok(context) = Context::from_request_parts(&mut parts, api).await;
        let bytes = tokio::time::timeout(api.limits.body_timeout, read(body))
            .await
            .map_err(|_| Refused::from(Code::RequestTimeout))??;
        if !bytes.is_empty() && !is_json(&parts.headers) {
            return Err(Code::RequestMediaType.into());
        }
        let bytes = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
        let body = read_json(bytes)?;
        let value = serde_json::from_slice(bytes).map_err(|_| Refused::from(Code::RequestMalformed))?;
        let key = idempotency_key(&parts.headers)?;
        let route = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        if key.is_none() && route.is_some_and(|route| MOVES_MONEY.contains(&route)) {
            return Err(Code::IdempotencyKeyMissing.into());
        }
        let secret = &api.app.secrets().fingerprint_key;
        let fingerprint = fingerprint(secret, parts.method.as_str(), parts.uri.path(), &value)?;
        Ok(Self { context, body, key, fingerprint })
    }
}

/// Reads a whole body, and no more of it than is taken.
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, Refused> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refused::from(Code::RequestMalformed))?;
        if bytes.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Err(Code::RequestTooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether the body says that it is JSON; in UTF-8, if it names a charset.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(text)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| {
            parameter.is_empty() || parameter.replace('"', "").eq_ignore_ascii_case("charset=utf-8")
        })
}

/// The caller's key: printable ASCII, not too long, once.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let twice = Problem::new(Code::IdempotencyKeyInvalid).field("Idempotency-Key");
        return Err(twice.because(Reason::DuplicateField).into());
    }
    let bytes = value.as_bytes();
    let is_printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    match value.to_str() {
        Ok(key) if is_printable && (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&bytes.len()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Code::IdempotencyKeyInvalid.into()),
    }
}
