//! Events. They are read by whom they are told to, so that is how they lie; they are never loaded one by one.

use crate::{Failure, mapping::table};
use makegood_notify::Event;
use makegood_wallet::Needs;

table!(EVENTS, "events", key: 2, versioned: false, Event {
    owner: id "owner_id",
    id: id "id",
    kind: text "kind",
    object: text "object",
    body: text "body",
    at: integer "created_at",
});

/// Refuses needs that no store has an answer to.
pub(crate) fn check(needs: &Needs) -> Result<(), Failure> {
    if needs.events.is_empty() {
        return Ok(());
    }
    Err(Failure::Deterministic("events are listed by whom they are told to, never loaded".to_owned()))
}
