//! The bank port: transfers that are attempted, asked after, and never guessed.
//!
//! A call to a bank is three commands: [`BankTransfer::claim`] is committed, the call is made, its
//! [`Answer`] is committed. From the first on only the bank's own answer moves the transfer: no answer makes
//! it unknown, and an unknown transfer is enquired after for ever. Nothing here does I/O or reads a clock.

mod answer;
mod card;
mod linked;
mod progress;
mod schedule;
mod transfer;

pub use answer::{Answer, Outcome, Refusal, Stale};
pub use card::{CardCheck, CardRefusal, HolderCheck};
pub use linked::{BankCard, BankCardState, FAILURES_MAX};
pub use schedule::Schedule;
pub use transfer::{BankTransfer, Claim, Direction, Lease, NewTransfer, Purpose, State, Step};
