//! When a bank is not there, and what went wrong at it, as the bank or our staff tell it.

use makegood_base::{IncidentId, MaintenanceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A window that a bank has planned, as it names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWindow {
    /// The bank's own name of it.
    pub id: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// What it is for.
    pub description: String,
}

/// A time in which a bank is not there. What comes in it waits for its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// Its id.
    pub id: MaintenanceId,
    /// The bank.
    pub bank: String,
    /// The bank's own name of it; none for one that our staff have set.
    pub bank_window: Option<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// What it is for.
    pub description: String,
    /// When we learned of it.
    pub created_at: Timestamp,
    /// When it was called off, or ended before its time.
    pub ended_at: Option<Timestamp>,
}

impl MaintenanceWindow {
    /// Whether the bank is not there now because of it.
    #[must_use]
    pub fn is_now(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.starts_at <= now && now < self.ends_at
    }

    /// Whether there is anything of it to come.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.ends_at
    }
}

/// Something that went wrong at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The bank.
    pub bank: String,
    /// What is wrong, in a member of staff's words; payers and payees read them.
    pub description: String,
    /// Since when.
    pub started_at: Timestamp,
    /// When it is expected to be over.
    pub expected_by: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}
