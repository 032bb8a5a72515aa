//! People and their sessions.

use crate::{
    cells::{Cells, Word},
    mapping::table,
};
use makegood_auth::{Principal, Session, Staff, StaffRole, User};
use makegood_base::{RawId, StaffId, UserId};
use makegood_sql::{Error, Fields, Value};

table!(USERS, "users", key: 1, versioned: true, User {
    id: id "id",
    login: text "login",
    display_name: text "display_name",
    password_hash: text "password_hash",
    created_at: integer "created_at",
});

table!(STAFF, "staff", key: 1, versioned: true, Staff {
    id: id "id",
    login: text "login",
    password_hash: text "password_hash",
    role: text "role",
    created_at: integer "created_at",
});

table!(SESSIONS, "sessions", key: 1, versioned: true, Session {
    id: id "id",
    principal: text "principal_kind" id "principal_id",
    secret_hash: bytes "secret_hash",
    created_at: integer "created_at",
    expires_at: integer "expires_at",
    revoked_at: integer "revoked_at",
    user_agent: text "user_agent",
});

impl Word for StaffRole {
    fn word(self) -> &'static str {
        self.as_str()
    }

    fn of(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

/// Its kind, then its id.
impl Cells for Principal {
    fn put(self, values: &mut Vec<Value>) {
        let (kind, id) = match self {
            Self::User(id) => ("user", id.raw()),
            Self::Staff(id) => ("staff", id.raw()),
        };
        values.extend([kind.into(), id.into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let make: fn(RawId) -> Self = fields.take_as(|kind: String| match kind.as_str() {
            "user" => Some((|id| Self::User(UserId::from_raw(id))) as fn(RawId) -> Self),
            "staff" => Some(|id| Self::Staff(StaffId::from_raw(id))),
            _ => None,
        })?;
        fields.take().map(make)
    }
}
