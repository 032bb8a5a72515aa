//! What is told about one change of one object.

use makegood_base::{EventId, RawId, Timestamp};

/// One change of one object, told to one owner. An event is written in the commit that made the change and
/// never changes; it is delivered at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which event it is; a receiver recognises a repeated delivery by it.
    pub id: EventId,
    /// What happened: `payment.succeeded`.
    pub kind: String,
    /// The user or the merchant to whom it is told.
    pub owner: RawId,
    /// The text of the changed object's id.
    pub object: String,
    /// The object after the change, as JSON text. It is signed and sent byte for byte as it is here.
    pub body: String,
    /// When it happened.
    pub at: Timestamp,
    /// Its place among the events of a merchant that has webhook endpoints, in the order of commits, from 1. None
    /// for everybody else, and for what no endpoint is to get by itself.
    pub sequence: Option<i64>,
}
