#![doc = include_str!("../README.md")]
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::as_conversions)]

mod account;
mod apply;
mod book;
mod canonical;
mod id;
mod id_map;
pub mod merkle;
mod rejection;
pub mod replay;
mod rows;
mod transaction;

pub use account::{Account, AccountSpec, AccountStatus, Side};
pub use apply::apply;
pub use book::{Book, Changes, Head, RowKey, Savepoint};
pub use canonical::{content_hash, encode, leaf_hash};
pub use id::{AccountId, TransactionId};
pub use rejection::Rejection;
pub use rows::{
    AccountEntry, HoldRow, HoldState, LegRow, MARK_EVERY, Mark, StatusChange, TransactionRow, TransferRow,
};
pub use transaction::{Action, LEGS_MAX, Leg, Posted, Transaction, TransferRef};
