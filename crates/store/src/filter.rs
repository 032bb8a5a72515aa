//! What narrows a page of a list.

use crate::lists::{NEWEST, page_arguments};
use makegood_base::{EventId, RawId, Timestamp};
use makegood_sql::Value;
use std::time::Duration;

/// An id is made with its command, and its row is dated when that is decided: soon after, or a little before
/// where the clock was set back in between. By more than this the two never differ.
const ID_APART_MAX: Duration = Duration::from_secs(3_600);

/// Which rows of a list: all of them by default, else those that meet every condition that is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those with this status, in the word that clients read.
    pub status: Option<&'static str>,
    /// Those made at this moment or later.
    pub created_after: Option<Timestamp>,
    /// Those made before this moment.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    /// Whether a row that was found otherwise is one of those.
    #[must_use]
    pub fn takes(&self, status: &str, created_at: Timestamp) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && self.created_after.is_none_or(|moment| created_at >= moment)
            && self.created_before.is_none_or(|moment| created_at < moment)
    }

    /// The arguments of a filtered text but for the status, which not every list has.
    pub(crate) fn arguments(&self, of: Option<Value>, before: Option<RawId>, limit: u32) -> Vec<Value> {
        let newest = self.created_before.map_or(NEWEST, |moment| first_id(moment.plus(ID_APART_MAX)));
        let oldest = self.created_after.map_or([0; 16], |moment| first_id(moment.minus(ID_APART_MAX)));
        let from_us = self.created_after.map_or(i64::MIN, Timestamp::as_micros);
        let until_us = self.created_before.map_or(i64::MAX, |moment| moment.as_micros().saturating_sub(1));
        let mut arguments = page_arguments(of, Some(before.unwrap_or(NEWEST).min(newest)), limit);
        arguments.extend([oldest.into(), from_us.into(), until_us.into()]);
        arguments
    }
}

/// Which events of a list: all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of this kind, or, where it ends in `*`, of a kind that begins so.
    pub kind: Option<String>,
    /// Those of the object with this id.
    pub object: Option<String>,
    /// Those down to this one, with it: nothing behind it is looked at.
    pub down_to: Option<EventId>,
}

impl EventFilter {
    /// The arguments of a page of events, in front of whose they are.
    pub(crate) fn arguments(&self, before: Option<RawId>, limit: u32) -> Vec<Value> {
        let mut arguments = page_arguments(None, before, limit);
        let (kind, beginning) = match self.kind.as_deref() {
            Some(kind) => match kind.strip_suffix('*') {
                Some(beginning) => (None, Some(beginning.to_owned())),
                None => (Some(kind.to_owned()), None),
            },
            None => (None, None),
        };
        let down_to = self.down_to.map_or([0; 16], |id| id.raw());
        arguments.extend([kind.into(), beginning.into(), self.object.clone().into(), down_to.into()]);
        arguments
    }
}

/// Before every id that is made from this moment on. See [`Ids`](makegood_base::Ids).
fn first_id(moment: Timestamp) -> RawId {
    let millis = u128::try_from(moment.as_micros() / 1_000).unwrap_or(0);
    (millis << 80).to_be_bytes()
}
