//! What decisions depend on beside facts: configuration, the same for every command of a server.

use makegood_banking::Schedule;
use makegood_notify::{Rules as WebhookRules, UrlRules};
use std::time::Duration;

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
