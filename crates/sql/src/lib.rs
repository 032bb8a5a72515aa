//! Transactions, bulk statements and migrations on SQLite and PostgreSQL.
//!
//! The one crate that knows sqlx. Five nullable types cross it ([`Value`]); tables are declared as data
//! ([`Table`]) and their bulk statements are made here; all other statements are `&'static str` constants
//! with `$1…$n` that both databases read. Every connection leaves its pool inside a [`Transaction`], and
//! after anything went wrong in one its connection is closed, never used again.

mod bind;
mod bulk;
mod connect;
mod database;
mod decode;
mod error;
mod lease;
mod migrate;
mod row;
mod table;
mod text;
mod transaction;
mod value;

pub use database::{Database, Dialect, Options};
pub use error::{Class, Error};
pub use migrate::Migration;
pub use row::{Fields, Row};
pub use table::{Column, Table};
pub use transaction::Transaction;
pub use value::{FromValue, Kind, Value};
