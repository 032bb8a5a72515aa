//! The bank port: transfers that are attempted, asked after, and never guessed.
//!
//! A call to a bank is three commands: [`BankTransfer::claim`] is committed, the call is made, its
//! [`Answer`] is committed. From the first on only the bank's own answer moves the transfer: no answer makes
//! it unknown, and an unknown transfer is enquired after for ever. Nothing here does I/O or reads a clock.

mod answer;
mod breaker;
mod card;
mod delay;
mod latency;
mod linked;
mod message;
mod notice;
mod progress;
mod recall;
mod schedule;
mod told;
mod transfer;

pub use answer::{Answer, Outcome, Refusal, Stale};
pub use breaker::{Admission, Breaker, BreakerLimits, BreakerState};
pub use card::{CardCheck, CardRefusal, HolderCheck};
pub use delay::Delay;
pub use latency::Latencies;
pub use linked::{BankCard, BankCardState, FAILURES_MAX};
pub use message::{BankMessage, BankMessageKey, MessageKind};
pub use notice::{Incident, MaintenanceWindow, PlannedWindow};
pub use recall::{Recall, RecallRefusal, RecallState, ReturnReason};
pub use schedule::Schedule;
pub use told::{Told, ToldStatus};
pub use transfer::{BankTransfer, Claim, Direction, Lease, NewTransfer, Purpose, State, Step};
