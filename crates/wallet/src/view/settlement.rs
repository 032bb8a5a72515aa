//! Settlements, as merchants and staff read them.

use super::AmountView;
use crate::tables::{Settlement, SettlementSchedule};
use crate::texts::{Language, Sentence, sentence};
use makegood_base::Timestamp;
use makegood_merchants::SettlementStatus;
use makegood_money::Money;
use serde::Serialize;

/// What a merchant was paid up to a moment, and gets on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettlementView {
    /// `stl_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `scheduled`, `overdue` or `settled`.
    pub status: &'static str,
    /// The merchant, `mch_…`.
    pub merchant: String,
    /// What has become available; before that, what is expected to, as things stand.
    pub amount: AmountView,
    /// It is for what was paid before this moment.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub cut_off: Timestamp,
    /// When the merchant can take it out.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// Whether it was not made in time.
    pub overdue: bool,
    /// Where it stands, in a sentence.
    pub summary: &'static str,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub settled_at: Option<Timestamp>,
}

impl SettlementView {
    pub(crate) fn of(
        settlement: &Settlement,
        schedule: &SettlementSchedule,
        now: Timestamp,
        livemode: bool,
        language: Language,
    ) -> Self {
        let is_settled = settlement.status == SettlementStatus::Settled;
        let minor = if is_settled { settlement.settled_minor } else { schedule.expected_minor(settlement) };
        let overdue = settlement.overdue_at.is_some() || (!is_settled && now > settlement.due_at);
        let summary = match settlement.status {
            SettlementStatus::Settled => Sentence::SettlementSettled,
            _ if overdue => Sentence::SettlementOverdue,
            _ => Sentence::SettlementScheduled,
        };
        Self {
            id: settlement.id.to_string(),
            livemode,
            status: settlement.status.as_str(),
            merchant: settlement.merchant.to_string(),
            amount: Money::new(minor, settlement.currency).into(),
            cut_off: settlement.cut_off,
            due_at: settlement.due_at,
            overdue,
            summary: sentence(summary, language),
            settled_at: settlement.settled_at,
        }
    }
}

/// What a merchant gets next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextSettlementView {
    /// How much, as things stand, as a decimal string.
    pub amount: String,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// Whether it was to be there before now.
    pub overdue: bool,
}
