//! The wallet's pure core, the one place where domains meet.
//!
//! A [`Command`] is data. [`needs`] says which rows it touches, [`Facts`] holds them, [`execute`] decides and
//! renders the bytes of the answer, and [`Facts::changes`] is what there is to write. Reads go the same way:
//! a [`Query`] has needs and is [answered](answer) from facts. Nothing here does I/O, reads a clock or draws
//! randomness; the same command on the same facts at the same time does the same.

mod actor;
pub mod cases;
mod code;
mod command;
mod decide;
mod execute;
mod facts;
mod needs;
mod outgoing;
pub mod postings;
mod problem;
mod query;
mod reply;
mod settings;
pub mod tables;
pub mod texts;
pub mod view;

pub use actor::{Actor, Caller, CallerRow};
pub use code::{Cause, Code};
pub use command::{
    Action, Command, CommandSize, EndpointChange, EventRef, Expectation, NewOrder, NewOutgoing, NewPayment,
    PayeeId, PayeeRef, Sent, SentOutcome, WebhookTurn,
};
pub use decide::{BankAlert, ClaimedEndpoint, ClaimedTransfer, Heard};
pub use execute::execute;
pub use facts::{Changes, Facts, Needs, Row, RowChanges, Rows, Savepoint};
pub use needs::needs;
pub use outgoing::OutgoingId;
pub use problem::{Document, Problem, Remedy, Stop};
pub use query::{Query, answer, query_needs};
pub use reply::{Reply, SECRET_PLACEHOLDER, SecretOf};
pub use settings::{Outlook, Outlooks, Settings};
