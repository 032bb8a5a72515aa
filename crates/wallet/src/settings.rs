//! What decisions depend on beside facts: configuration, the same for every command of a server.

use makegood_banking::Schedule;
use makegood_base::{IncidentId, MaintenanceId, Timestamp};
use makegood_notify::{Rules as WebhookRules, UrlRules};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What a server knows of a bank now: observations, which change as the time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Whether it is not asked now, so that nothing new is begun with it.
    pub is_down: bool,
    /// Within how long it comes to an end with a transfer, as far as that is known.
    pub expected_in: Option<Duration>,
    /// Until when a planned maintenance lasts that has begun.
    pub maintenance: Option<(Timestamp, MaintenanceId)>,
    /// What is wrong with it, as staff have told.
    pub incident: Option<IncidentId>,
}

/// What a server knows of its banks now. Clones share it; only what has to do with a bank looks at it.
#[derive(Debug, Clone, Default)]
pub struct Outlooks {
    banks: Arc<RwLock<BTreeMap<String, Outlook>>>,
}

impl Outlooks {
    /// What is known of a bank.
    #[must_use]
    pub fn of(&self, bank: &str) -> Outlook {
        let banks = self.banks.read().unwrap_or_else(PoisonError::into_inner);
        banks.get(bank).copied().unwrap_or_default()
    }

    /// Tells what is known of a bank.
    pub fn tell(&self, bank: &str, outlook: Outlook) {
        let mut banks = self.banks.write().unwrap_or_else(PoisonError::into_inner);
        banks.insert(bank.to_owned(), outlook);
    }
}

/// The wallet's configuration. Values that the product chose as defaults are those of [`Settings::default`].
#[derive(Clone)]
pub struct Settings {
    /// Whether money is real.
    pub livemode: bool,
    /// The banks whose cards can be linked, by id.
    pub banks: Vec<String>,
    /// The key that signs QR codes.
    pub qr_key: [u8; 32],
    /// What a new merchant pays for a payment, in basis points.
    pub fee_basis_points: u32,
    /// How long a session lasts.
    pub session_lifetime: Duration,
    /// How long an order can be paid, when the merchant does not say.
    pub order_lifetime: Duration,
    /// The longest that a merchant can say.
    pub order_lifetime_max: Duration,
    /// How long a payment waits for its confirmation.
    pub confirmation_window: Duration,
    /// How long an idempotency key keeps its answer.
    pub idempotency_lifetime: Duration,
    /// How banks are asked.
    pub schedule: Schedule,
    /// How long staff may take for an operations case.
    pub case_due: Duration,
    /// What is known of the banks now.
    pub outlooks: Outlooks,
    /// What a withdrawal costs beside its amount, in basis points.
    pub withdrawal_fee_basis_points: u32,
    /// What a withdrawal costs at least, in minor units of its currency.
    pub withdrawal_fee_minor_min: i64,
    /// At how many failures to one card staff are told, and at each multiple of that; at most
    /// [`makegood_banking::FAILURES_MAX`].
    pub withdrawal_failures_case: usize,
    /// How many days after the end of the day on which it was paid a new merchant can take its money out.
    pub settlement_days: u32,
    /// At which time of the day, in UTC, a merchant's day ends: midnight in Beijing.
    pub settlement_cut_off: Duration,
    /// By how much later than it is due a settlement may be made before it is overdue.
    pub settlement_grace: Duration,
    /// How long to wait before a settlement that could not be made is tried again.
    pub settlement_retry: Duration,
    /// How old a bank's word on a card's holder may be before money goes there.
    pub holder_check_age_max: Duration,
    /// How events are delivered to webhook endpoints.
    pub webhooks: WebhookRules,
}

impl Settings {
    /// Which addresses a webhook endpoint may have: this machine itself only where no money is real.
    #[must_use]
    pub fn webhook_urls(&self) -> UrlRules {
        UrlRules { ports: self.webhooks.ports.clone(), loopback: !self.livemode }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        Self {
            livemode: false,
            banks: vec!["simbank".to_owned()],
            qr_key: [0; 32],
            fee_basis_points: 60,
            session_lifetime: days(30),
            order_lifetime: Duration::from_secs(2 * 60 * 60),
            order_lifetime_max: days(30),
            confirmation_window: Duration::from_secs(15 * 60),
            idempotency_lifetime: days(30),
            schedule: Schedule::default(),
            case_due: days(1),
            outlooks: Outlooks::default(),
            withdrawal_fee_basis_points: 0,
            withdrawal_fee_minor_min: 0,
            withdrawal_failures_case: 2,
            settlement_days: 1,
            settlement_cut_off: Duration::from_secs(16 * 60 * 60),
            settlement_grace: Duration::from_secs(60 * 60),
            settlement_retry: Duration::from_secs(60 * 60),
            holder_check_age_max: days(30),
            webhooks: WebhookRules::default(),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("livemode", &self.livemode)
            .field("banks", &self.banks)
            .field("fee_basis_points", &self.fee_basis_points)
            .finish_non_exhaustive()
    }
}
