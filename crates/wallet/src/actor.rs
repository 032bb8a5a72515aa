//! Who asks: what a caller shows, and who that turns out to be.

use crate::tables::{MerchantId, SessionId, StaffId, UserId};
use crate::texts::Role;
use crate::{Code, Facts, Needs, Problem, Stop};
use makegood_auth::{Principal, Session};
use makegood_base::{ApiKeyId, RawId, Timestamp};
use makegood_merchants::{ApiKey, Merchant};
use serde::{Deserialize, Serialize};

/// What a caller shows. The secret itself never comes here, only its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// Nothing: registering, logging in, reading an order whose QR was scanned.
    Anonymous,
    /// A session token.
    Session {
        /// The session that the token names.
        id: SessionId,
        /// SHA-256 of its secret.
        secret_hash: [u8; 32],
    },
    /// A merchant's API key.
    ApiKey {
        /// The key that it names.
        id: ApiKeyId,
        /// SHA-256 of its secret.
        secret_hash: [u8; 32],
    },
    /// The service's own workers.
    System,
    /// The person at the service's own command line.
    Operator,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => formatter.write_str("anonymous"),
            Self::Session { id, .. } => write!(formatter, "{id}"),
            Self::ApiKey { id, .. } => write!(formatter, "{id}"),
            Self::System => formatter.write_str("system"),
            Self::Operator => formatter.write_str("operator"),
        }
    }
}

impl Caller {
    /// Adds the rows that say who this is.
    pub fn require(self, needs: &mut Needs) {
        match self {
            Self::Session { id, .. } => {
                needs.sessions.insert(id);
            }
            Self::ApiKey { id, .. } => {
                needs.api_keys.insert(id);
            }
            Self::Anonymous | Self::System | Self::Operator => {}
        }
    }

    /// The id of the session or API key.
    #[must_use]
    pub const fn id(self) -> Option<RawId> {
        match self {
            Self::Session { id, .. } => Some(id.raw()),
            Self::ApiKey { id, .. } => Some(id.raw()),
            Self::Anonymous | Self::System | Self::Operator => None,
        }
    }

    /// The row that says who this is, if it is known and there.
    #[must_use]
    pub fn row(self, facts: &Facts) -> Option<CallerRow> {
        match self {
            Self::Session { id, .. } => facts.sessions.peek(&id).cloned().map(CallerRow::Session),
            Self::ApiKey { id, .. } => facts.api_keys.peek(&id).cloned().map(CallerRow::ApiKey),
            Self::Anonymous | Self::System | Self::Operator => None,
        }
    }
}

/// The row that says who a caller is: what a cache of reads keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerRow {
    /// A session.
    Session(Session),
    /// A merchant's API key.
    ApiKey(ApiKey),
}

impl CallerRow {
    /// The row's id, which is the caller's.
    #[must_use]
    pub const fn id(&self) -> RawId {
        match self {
            Self::Session(session) => session.id.raw(),
            Self::ApiKey(key) => key.id.raw(),
        }
    }

    /// Tells facts that are only read of the row. Its version is not known, so that it cannot be written.
    pub fn put(self, facts: &mut Facts) {
        match self {
            Self::Session(session) => facts.sessions.put(session.id, Some((session, 0))),
            Self::ApiKey(key) => facts.api_keys.put(key.id, Some((key, 0))),
        }
    }
}

/// Who the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who has not logged in.
    Anonymous,
    /// A person.
    User(UserId),
    /// A merchant, by its API key.
    Merchant(MerchantId),
    /// A member of staff.
    Staff(StaffId),
    /// The service itself.
    System,
    /// The person at the service's own command line.
    Operator,
}

impl Actor {
    /// Finds out who the caller is. A token that is unknown, revoked or too old is refused.
    pub fn of(caller: Caller, facts: &Facts, now: Timestamp) -> Result<Self, Stop> {
        let refused = || Stop::from(Problem::new(Code::AuthRequired));
        match caller {
            Caller::Anonymous => Ok(Self::Anonymous),
            Caller::System => Ok(Self::System),
            Caller::Operator => Ok(Self::Operator),
            Caller::Session { id, secret_hash } => {
                let session = facts.sessions.get(&id)?.ok_or_else(refused)?;
                if session.secret_hash != secret_hash || !session.is_live(now) {
                    return Err(refused());
                }
                Ok(match session.principal {
                    Principal::User(user) => Self::User(user),
                    Principal::Staff(staff) => Self::Staff(staff),
                })
            }
            Caller::ApiKey { id, secret_hash } => {
                let key = facts.api_keys.get(&id)?.ok_or_else(refused)?;
                if key.secret_hash != secret_hash || !key.is_live() {
                    return Err(refused());
                }
                Ok(Self::Merchant(key.merchant))
            }
        }
    }

    /// Whose keys and references a request uses.
    #[must_use]
    pub const fn raw(self) -> RawId {
        match self {
            Self::User(id) => id.raw(),
            Self::Merchant(id) => id.raw(),
            Self::Staff(id) => id.raw(),
            Self::Anonymous | Self::System | Self::Operator => [0; 16],
        }
    }

    /// In which role the caller reads an answer.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Anonymous | Self::User(_) => Role::Payer,
            Self::Merchant(_) => Role::Merchant,
            Self::Staff(_) => Role::Staff,
            Self::System | Self::Operator => Role::Operations,
        }
    }

    /// The user, where a person is needed.
    pub(crate) fn user(self) -> Result<UserId, Stop> {
        match self {
            Self::User(user) => Ok(user),
            Self::Anonymous => Err(Problem::new(Code::AuthRequired).into()),
            _ => Err(Problem::new(Code::AuthForbidden).into()),
        }
    }

    /// Whether the caller acts for this merchant: by its key, or as its owner.
    #[must_use]
    pub fn acts_for(self, merchant: &Merchant) -> bool {
        match self {
            Self::Merchant(id) => id == merchant.id,
            Self::User(user) => user == merchant.owner,
            _ => false,
        }
    }

    /// Refuses everybody but the wallet's staff.
    pub(crate) fn must_be_staff(self) -> Result<(), Stop> {
        match self {
            Self::Staff(_) => Ok(()),
            Self::Anonymous => Err(Problem::new(Code::AuthRequired).into()),
            _ => Err(Problem::new(Code::AuthForbidden).into()),
        }
    }

    /// Refuses everybody but the service itself.
    pub(crate) fn must_be_internal(self) -> Result<(), Stop> {
        match self {
            Self::System | Self::Operator => Ok(()),
            _ => Err(Problem::new(Code::AuthForbidden).into()),
        }
    }
}
