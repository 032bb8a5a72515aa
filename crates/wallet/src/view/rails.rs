//! Banks as people see them: when they are not there, what is wrong with them, what they said, and their transfers as
//! staff read them.

use super::AmountView;
use crate::Facts;
use crate::tables::{BankMessageKey, BankTransfer, BankTransferId, Incident, MaintenanceWindow};
use makegood_banking::Answer;
use makegood_base::Timestamp;
use serde::Serialize;

/// A time in which a bank is not there. What comes in it waits for its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MaintenanceView {
    /// `mnt_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The bank's id.
    pub bank: String,
    /// `planned`, `active` or `over`.
    pub status: &'static str,
    /// Who has set it: `bank` or `staff`.
    pub set_by: &'static str,
    /// What it is for.
    pub description: String,
    /// When it begins.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub starts_at: Timestamp,
    /// When it ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ends_at: Timestamp,
    /// When it was called off, or ended before its time.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub ended_at: Option<Timestamp>,
}

impl MaintenanceView {
    /// The window, as it stands now.
    #[must_use]
    pub fn of(row: &MaintenanceWindow, now: Timestamp, livemode: bool) -> Self {
        Self {
            id: row.id.to_string(),
            livemode,
            bank: row.bank.clone(),
            status: match (row.is_now(now), row.is_open(now)) {
                (true, _) => "active",
                (false, true) => "planned",
                (false, false) => "over",
            },
            set_by: if row.bank_window.is_some() { "bank" } else { "staff" },
            description: row.description.clone(),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            ended_at: row.ended_at,
        }
    }
}

/// Something that went wrong at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentView {
    /// `inc_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The bank's id.
    pub bank: String,
    /// `open` or `over`.
    pub status: &'static str,
    /// What is wrong.
    pub description: String,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub started_at: Timestamp,
    /// When it is expected to be over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expected_by: Option<Timestamp>,
    /// When it was over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub ended_at: Option<Timestamp>,
}

impl IncidentView {
    /// The incident.
    #[must_use]
    pub fn of(row: &Incident, livemode: bool) -> Self {
        Self {
            id: row.id.to_string(),
            livemode,
            bank: row.bank.clone(),
            status: if row.ended_at.is_none() { "open" } else { "over" },
            description: row.description.clone(),
            started_at: row.started_at,
            expected_by: row.expected_by,
            ended_at: row.ended_at,
        }
    }
}

/// What a bank said. Staff alone read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageView {
    /// The transfer at the bank, `btr_…`: the reference that the bank has.
    pub transfer: String,
    /// How it came about: `send`, `enquiry`, `recall` or `callback`.
    pub kind: &'static str,
    /// What was said, as the adapter read it: `answer`, and what belongs to it.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub said: Answer,
    /// How often in a row.
    pub times: i64,
    /// When first.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub first_at: Timestamp,
    /// When last.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub last_at: Timestamp,
}

/// How many messages of a transfer are shown: the last ones.
pub(crate) const MESSAGES_MAX: i64 = 24;

/// The keys of the messages of a transfer that are shown.
pub(crate) fn message_keys(transfer: &BankTransfer) -> impl Iterator<Item = BankMessageKey> + use<> {
    let (id, last) = (transfer.id, transfer.messages);
    let first = last.saturating_sub(MESSAGES_MAX).saturating_add(1).max(1);
    (first..=last).map(move |number| BankMessageKey { transfer: id, number })
}

impl MessageView {
    /// The messages of a transfer that are known, oldest first.
    pub(super) fn of(facts: &Facts, transfer: BankTransferId) -> Vec<Self> {
        let Some(row) = facts.bank_transfers.peek(&transfer) else { return Vec::new() };
        let known = message_keys(row).filter_map(|key| facts.bank_messages.peek(&key));
        let view = |message: &makegood_banking::BankMessage| Self {
            transfer: transfer.to_string(),
            kind: message.kind.as_str(),
            said: message.answer.clone(),
            times: message.times,
            first_at: message.first_at,
            last_at: message.last_at,
        };
        known.map(view).collect()
    }
}

/// How our wish to have a transfer back stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecallView {
    /// `requested`, `recalled` or `refused`.
    pub status: &'static str,
    /// Why we want it back.
    pub reason: String,
    /// Since when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub requested_at: Timestamp,
    /// When the bank's answer was final.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub answered_at: Option<Timestamp>,
}

/// A transfer at a bank, as staff read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BankTransferView {
    /// `btr_…`: the reference that the bank has.
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// The bank's id.
    pub bank: String,
    /// `in`, from the card to us, or `out`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub direction: makegood_banking::Direction,
    /// `created`, `submitted`, `accepted`, `unknown`, `settled` or `refused`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub status: makegood_banking::State,
    /// How much.
    pub amount: AmountView,
    /// The bank's own number of it.
    pub bank_reference: Option<String>,
    /// How our wish to have it back stands.
    pub recall: Option<RecallView>,
    /// When the bank took back what it had moved.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub returned_at: Option<Timestamp>,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When the bank's answer was final.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub final_at: Option<Timestamp>,
}

impl BankTransferView {
    pub(crate) fn of(row: &BankTransfer, livemode: bool) -> Self {
        Self {
            id: row.id.to_string(),
            livemode,
            bank: row.bank.clone(),
            direction: row.direction,
            status: row.state,
            amount: row.amount.into(),
            bank_reference: row.bank_reference.clone(),
            recall: row.recall.as_ref().map(|recall| RecallView {
                status: recall.state.as_str(),
                reason: recall.reason.clone(),
                requested_at: recall.requested_at,
                answered_at: recall.answered_at,
            }),
            returned_at: row.returned_at,
            created_at: row.created_at,
            final_at: row.final_at,
        }
    }
}
