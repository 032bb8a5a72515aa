//! Events, and the signatures by which a receiver knows that a webhook is ours.

mod event;
mod webhook;

pub use event::Event;
pub use webhook::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookError, WebhookSecret};
