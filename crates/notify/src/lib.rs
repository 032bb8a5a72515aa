//! Events, which of them an endpoint wants, how they are delivered to it, and the signatures by which a receiver
//! knows that a webhook is ours.

mod choice;
mod delivery;
mod endpoint;
mod event;
mod url_guard;
mod webhook;

pub use choice::{ChoiceError, EventChoice};
pub use delivery::{AttemptError, AttemptFailure, Delivery, DeliveryKey, DeliveryState, Rules};
pub use endpoint::{EndpointState, PreviousSecret, StaleTurn, StillOverlaps, TurnEnd, WebhookEndpoint};
pub use event::Event;
pub use url_guard::{UrlRefusal, UrlRules, address_guard, url_guard};
pub use webhook::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookError, WebhookSecret};
