//! Planned maintenance: windows that are announced before they come.

use makegood_base::Timestamp;
use serde::{Deserialize, Serialize};

/// A planned window, during which the bank answers every customer's call with 503 and tells nobody anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its name.
    pub id: String,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when; not in it any more.
    pub ends_at: Timestamp,
    /// What for.
    pub description: String,
}

/// A window that is to be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedWindow {
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when; after `starts_at`.
    pub ends_at: Timestamp,
    /// What for: 1 to 256 characters.
    pub description: String,
}

impl Window {
    pub(crate) fn covers(&self, moment: Timestamp) -> bool {
        self.starts_at <= moment && moment < self.ends_at
    }
}
