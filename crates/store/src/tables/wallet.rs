//! The wallet's own rows: unique names, idempotency keys and timers.

use crate::{
    cells::{Cells, own_words},
    mapping::table,
};
use makegood_base::{ApiKeyId, RawId, SessionId, WebhookSecretId};
use makegood_sql::{Error, Fields, Value};
use makegood_wallet::{
    SecretOf,
    tables::{Idempotency, IdempotencyKey, Lookup, LookupKey, LookupKind, Timer, TimerKey, TimerKind},
};

table!(LOOKUPS, "lookups", key: 3, versioned: false, Lookup {
    id: text "kind" id "owner_id" text "name",
    target: id "target_id",
    fingerprint: bytes "fingerprint",
});

table!(IDEMPOTENCY, "idempotency", key: 2, versioned: true, Idempotency {
    id: id "caller_id" text "key",
    fingerprint: bytes "fingerprint",
    status: integer "status",
    body: bytes "body",
    secret: text "secret_kind" id "secret_id",
    expires_at: integer "expires_at",
});

table!(TIMERS, "timers", key: 2, versioned: true, Timer {
    id: text "kind" id "object_id",
    due_at: integer "due_at",
});

own_words!(LookupKind, TimerKind);

impl Cells for LookupKey {
    fn put(self, values: &mut Vec<Value>) {
        self.kind.put(values);
        values.extend([self.owner.into(), self.name.into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self { kind: Cells::take(fields)?, owner: fields.take()?, name: fields.take()? })
    }
}

impl Cells for IdempotencyKey {
    fn put(self, values: &mut Vec<Value>) {
        values.extend([self.caller.into(), self.key.into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self { caller: fields.take()?, key: fields.take()? })
    }
}

impl Cells for TimerKey {
    fn put(self, values: &mut Vec<Value>) {
        self.kind.put(values);
        values.push(self.object.into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        Ok(Self { kind: Cells::take(fields)?, object: fields.take()? })
    }
}

/// Its kind, then its id; both or none.
impl Cells for Option<SecretOf> {
    fn put(self, values: &mut Vec<Value>) {
        let (kind, id) = match self {
            None => (None, None),
            Some(SecretOf::Session(id)) => (Some("session".to_owned()), Some(id.raw())),
            Some(SecretOf::ApiKey(id)) => (Some("api_key".to_owned()), Some(id.raw())),
            Some(SecretOf::Webhook(id)) => (Some("webhook".to_owned()), Some(id.raw())),
        };
        values.extend([kind.into(), id.into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let kind: Option<String> = fields.take()?;
        let id: Option<RawId> = fields.take()?;
        match (kind.as_deref(), id) {
            (None, None) => Ok(None),
            (Some("session"), Some(id)) => Ok(Some(SecretOf::Session(SessionId::from_raw(id)))),
            (Some("webhook"), Some(id)) => Ok(Some(SecretOf::Webhook(WebhookSecretId::from_raw(id)))),
            (Some("api_key"), Some(id)) => Ok(Some(SecretOf::ApiKey(ApiKeyId::from_raw(id)))),
            _ => Err(fields.refuse()),
        }
    }
}
