//! The wallet's tables: which rows there are, and by which key each is found.
//!
//! [`for_each_table!`](crate::for_each_table) is the one list. Facts, needs, changes, the SQL store and the
//! memory store are all made from it, so that a new table has one line here and one mapping in `store`.

use makegood_base::{RawId, Timestamp};

pub use crate::cases::OperationsCase;
pub use makegood_auth::{Session, Staff, User};
pub use makegood_banking::{
    BankCard, BankMessage, BankMessageKey, BankTransfer, Incident, MaintenanceWindow,
};
pub use makegood_base::{
    ApiKeyId, BankCardId, BankTransferId, CaseId, EventId, IncidentId, MaintenanceId, MerchantId, OrderId,
    PaymentId, PayoutId, RefundId, SessionId, SettlementId, StaffId, TopUpId, TransferId, UserId,
    WebhookEndpointId, WebhookSecretId, WithdrawalId,
};
pub use makegood_ledger::AccountId;
pub use makegood_merchants::{ApiKey, Merchant, Settlement, SettlementSchedule};
pub use makegood_notify::{Delivery, DeliveryKey, Event, WebhookEndpoint};
pub use makegood_payments::{Order, Payment, Payout, TopUp, Transfer, Withdrawal};
pub use makegood_refunds::Refund;

/// Calls a macro with every table: its name, its row, its key.
#[macro_export]
macro_rules! for_each_table {
    ($callback:ident) => {
        $callback! {
            users: $crate::tables::User, $crate::tables::UserId;
            staff: $crate::tables::Staff, $crate::tables::StaffId;
            sessions: $crate::tables::Session, $crate::tables::SessionId;
            merchants: $crate::tables::Merchant, $crate::tables::MerchantId;
            api_keys: $crate::tables::ApiKey, $crate::tables::ApiKeyId;
            bank_cards: $crate::tables::BankCard, $crate::tables::BankCardId;
            orders: $crate::tables::Order, $crate::tables::OrderId;
            payments: $crate::tables::Payment, $crate::tables::PaymentId;
            top_ups: $crate::tables::TopUp, $crate::tables::TopUpId;
            transfers: $crate::tables::Transfer, $crate::tables::TransferId;
            settlement_schedules: $crate::tables::SettlementSchedule, $crate::tables::AccountId;
            settlements: $crate::tables::Settlement, $crate::tables::SettlementId;
            withdrawals: $crate::tables::Withdrawal, $crate::tables::WithdrawalId;
            payouts: $crate::tables::Payout, $crate::tables::PayoutId;
            refunds: $crate::tables::Refund, $crate::tables::RefundId;
            bank_transfers: $crate::tables::BankTransfer, $crate::tables::BankTransferId;
            operations_cases: $crate::tables::OperationsCase, $crate::tables::CaseId;
            bank_messages: $crate::tables::BankMessage, $crate::tables::BankMessageKey;
            maintenance_windows: $crate::tables::MaintenanceWindow, $crate::tables::MaintenanceId;
            incidents: $crate::tables::Incident, $crate::tables::IncidentId;
            lookups: $crate::tables::Lookup, $crate::tables::LookupKey;
            idempotency: $crate::tables::Idempotency, $crate::tables::IdempotencyKey;
            events: $crate::tables::Event, $crate::tables::EventId;
            webhook_endpoints: $crate::tables::WebhookEndpoint, $crate::tables::WebhookEndpointId;
            webhook_deliveries: $crate::tables::Delivery, $crate::tables::DeliveryKey;
            timers: $crate::tables::Timer, $crate::tables::TimerKey;
        }
    };
}

/// What a unique name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LookupKind {
    /// A user's login.
    Login,
    /// A staff login.
    StaffLogin,
    /// A merchant's own order number, of a merchant.
    MerchantOrderNo,
    /// A merchant's own refund number, of a merchant.
    MerchantRefundNo,
    /// A payer's own reference of a payment, of a user.
    PaymentRef,
    /// A user's own reference of a top-up, of a user.
    TopUpRef,
    /// A payer's own reference of a transfer, of a user.
    TransferRef,
    /// The operations case of a kind and an object, of nobody.
    OperationsCase,
    /// A bank's own name of a maintenance window, behind the bank's.
    BankWindow,
    /// A user's own reference of a withdrawal, of a user.
    WithdrawalRef,
    /// A merchant's own reference of a payout, of a merchant.
    PayoutRef,
}

impl LookupKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Login,
        Self::StaffLogin,
        Self::MerchantOrderNo,
        Self::MerchantRefundNo,
        Self::PaymentRef,
        Self::TopUpRef,
        Self::TransferRef,
        Self::OperationsCase,
        Self::BankWindow,
        Self::WithdrawalRef,
        Self::PayoutRef,
    ];

    /// The kind as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::StaffLogin => "staff_login",
            Self::MerchantOrderNo => "merchant_order_no",
            Self::MerchantRefundNo => "merchant_refund_no",
            Self::PaymentRef => "payment_ref",
            Self::TopUpRef => "top_up_ref",
            Self::TransferRef => "transfer_ref",
            Self::OperationsCase => "operations_case",
            Self::BankWindow => "bank_window",
            Self::WithdrawalRef => "withdrawal_ref",
            Self::PayoutRef => "payout_ref",
        }
    }
}

/// A name that is unique for ever among those of its kind and owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupKey {
    /// What it is of.
    pub kind: LookupKind,
    /// Whose it is; zeros where it is unique in the whole wallet.
    pub owner: RawId,
    /// The name.
    pub name: String,
}

/// What a unique name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name.
    pub id: LookupKey,
    /// The object that has it.
    pub target: RawId,
    /// The content of the request that took it; another content is a conflict.
    pub fingerprint: [u8; 32],
}

/// An idempotency key of a caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct IdempotencyKey {
    /// Who chose it.
    pub caller: RawId,
    /// The key.
    pub key: String,
}

/// An answer that a caller gets again for the same key.
#[derive(Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub id: IdempotencyKey,
    /// The content of the request; another content is refused.
    pub fingerprint: [u8; 32],
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte. Secrets in it are a placeholder, see [`crate::Reply::secret`].
    pub body: Vec<u8>,
    /// What the placeholder stands for.
    pub secret: Option<crate::SecretOf>,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

impl Idempotency {
    /// The answer, given again to a request of this content: none once its time is over. Another content under
    /// the same key is refused.
    pub fn replay(
        &self,
        fingerprint: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<crate::Reply>, crate::Code> {
        if now >= self.expires_at {
            return Ok(None);
        }
        if self.fingerprint != *fingerprint {
            return Err(crate::Code::IdempotencyKeyReused);
        }
        let Self { status, secret, .. } = *self;
        Ok(Some(crate::Reply { status, body: self.body.clone(), replayed: true, secret }))
    }
}

// A body may tell a name or an amount; a log has no need of it.
impl std::fmt::Debug for Idempotency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Idempotency")
            .field("caller", &makegood_base::encode_suffix(&self.id.caller))
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What a timer wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// An order whose time is over.
    Order,
    /// A payment that nobody confirmed.
    Payment,
    /// A bank transfer whose turn it is.
    BankTransfer,
    /// A pending account whose day ends.
    SettlementDay,
    /// A settlement that is due.
    Settlement,
    /// A merchant whose webhook endpoints have to be told that there are events.
    EventFeed,
    /// A webhook endpoint whose turn it is.
    WebhookEndpoint,
}

impl TimerKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Order,
        Self::Payment,
        Self::BankTransfer,
        Self::SettlementDay,
        Self::Settlement,
        Self::EventFeed,
        Self::WebhookEndpoint,
    ];

    /// The kind as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Payment => "payment",
            Self::BankTransfer => "bank_transfer",
            Self::SettlementDay => "settlement_day",
            Self::Settlement => "settlement",
            Self::EventFeed => "event_feed",
            Self::WebhookEndpoint => "webhook_endpoint",
        }
    }
}

/// Which object a timer wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// Its kind.
    pub kind: TimerKind,
    /// Its id.
    pub object: RawId,
}

/// The deadline of an object, kept in the same commit as the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// The object.
    pub id: TimerKey,
    /// When it has to be looked at.
    pub due_at: Timestamp,
}
