//! People, sessions, merchants and cards.

use crate::tables::{BankCard, MerchantId, Session, Staff, User};
use crate::{Reply, SECRET_PLACEHOLDER, SecretOf, Stop};
use makegood_banking::HolderCheck;
use makegood_base::{ApiKeyId, SessionId, Timestamp};
use serde::Serialize;

/// A user, as they see themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeView {
    /// `usr_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The login.
    pub login: String,
    /// The name that they chose.
    pub display_name: String,
    /// When they registered.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

impl MeView {
    pub(crate) fn of(user: &User, livemode: bool) -> Self {
        Self {
            id: user.id.to_string(),
            livemode,
            login: user.login.clone(),
            display_name: user.display_name.clone(),
            created_at: user.created_at,
        }
    }
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffView {
    /// `stf_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// What they may do.
    pub role: &'static str,
}

impl StaffView {
    pub(crate) fn of(staff: &Staff, livemode: bool) -> Self {
        Self { id: staff.id.to_string(), livemode, role: staff.role.as_str() }
    }
}

/// A session that was just opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionOpenedView {
    /// `ses_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The bearer token. It is shown here alone.
    pub token: String,
    /// Until when it is good.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
}

impl SessionOpenedView {
    pub(crate) fn reply(session: &Session, livemode: bool) -> Result<Reply, Stop> {
        let view = Self {
            id: session.id.to_string(),
            livemode,
            token: SECRET_PLACEHOLDER.to_owned(),
            expires_at: session.expires_at,
        };
        Ok(Reply { secret: Some(SecretOf::Session(session.id)), ..Reply::json(201, &view)? })
    }
}

/// A session, as its owner sees it in the list of devices.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// `ses_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The device, as it calls itself.
    pub user_agent: Option<String>,
    /// When it was opened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// Until when it is good.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
}

impl SessionView {
    /// The session as its owner sees it.
    #[must_use]
    pub fn of(session: &Session, current: Option<SessionId>, livemode: bool) -> Self {
        Self {
            id: session.id.to_string(),
            livemode,
            current: current == Some(session.id),
            user_agent: session.user_agent.clone(),
            created_at: session.created_at,
            expires_at: session.expires_at,
        }
    }
}

/// A merchant that was just made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MerchantCreatedView {
    /// `mch_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Its name.
    pub name: String,
    /// The fee of a payment, in basis points of its amount.
    pub fee_basis_points: u32,
    /// The API key. It is shown here alone.
    pub api_key: String,
}

impl MerchantCreatedView {
    pub(crate) fn reply(
        merchant: &crate::tables::Merchant,
        key: ApiKeyId,
        livemode: bool,
    ) -> Result<Reply, Stop> {
        let id: MerchantId = merchant.id;
        let view = Self {
            id: id.to_string(),
            livemode,
            name: merchant.name.clone(),
            fee_basis_points: merchant.fee_basis_points,
            api_key: SECRET_PLACEHOLDER.to_owned(),
        };
        Ok(Reply { secret: Some(SecretOf::ApiKey(key)), ..Reply::json(201, &view)? })
    }
}

/// A merchant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MerchantView {
    /// `mch_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Its name.
    pub name: String,
    /// The fee of a payment, in basis points of its amount.
    pub fee_basis_points: u32,
    /// How many days after the end of the day on which it was paid it can take the money out.
    pub settlement_days: u32,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

impl MerchantView {
    /// The merchant as its owner sees it.
    #[must_use]
    pub fn of(merchant: &crate::tables::Merchant) -> Self {
        Self {
            id: merchant.id.to_string(),
            livemode: merchant.livemode,
            name: merchant.name.clone(),
            fee_basis_points: merchant.fee_basis_points,
            settlement_days: merchant.settlement_days,
            created_at: merchant.created_at,
        }
    }
}

/// A linked bank card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BankCardView {
    /// `crd_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The bank.
    pub bank: String,
    /// The last four digits of the number.
    pub last4: String,
    /// What the bank said to the holder's name: `match`, `close_match`, `no_match`, `unavailable`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub holder_check: HolderCheck,
    /// `verification_required`, `active` or `unlinked`.
    pub state: &'static str,
    /// When it was linked.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

impl BankCardView {
    /// The card as its owner sees it.
    #[must_use]
    pub fn of(card: &BankCard, livemode: bool) -> Self {
        Self {
            id: card.id.to_string(),
            livemode,
            bank: card.bank.clone(),
            last4: card.last4.clone(),
            holder_check: card.holder_check,
            state: card.state.as_str(),
            created_at: card.created_at,
        }
    }
}

/// A bank whose cards can be linked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BankView {
    /// Its id.
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Its name.
    pub name: String,
    /// `up`; `down`, so that it is not asked and nothing new is begun with it; `recovering`, while it is tried;
    /// `maintenance`, while a planned one lasts.
    pub state: &'static str,
    /// How many of 100 recent calls were answered.
    pub answered_per_cent: Option<u64>,
    /// Half of the recent calls were answered within that many milliseconds.
    pub p50_ms: Option<u64>,
    /// 95 of 100 recent calls were answered within that many milliseconds.
    pub p95_ms: Option<u64>,
    /// 99 of 100 recent calls were answered within that many milliseconds.
    pub p99_ms: Option<u64>,
    /// Within how many seconds a transfer that is begun now is promised to be over.
    pub expected_in_s: u64,
    /// How many calls are under way.
    pub calls: u64,
    /// How many wait for their turn.
    pub waiting: u64,
    /// Planned maintenance that has begun or is to come.
    pub maintenance: Vec<super::MaintenanceView>,
    /// What is wrong with it.
    pub incidents: Vec<super::IncidentView>,
}
