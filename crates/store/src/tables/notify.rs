//! Events. They are read by whom they are told to, so that is how they lie; they are never loaded one by one.

use crate::mapping::table;
use makegood_notify::Event;

table!(EVENTS, "events", key: 2, versioned: false, Event {
    owner: id "owner_id",
    id: id "id",
    kind: text "kind",
    object: text "object",
    body: text "body",
    at: integer "created_at",
});
