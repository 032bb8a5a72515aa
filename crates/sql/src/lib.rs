#![doc = include_str!("../README.md")]

mod bind;
mod bulk;
mod checkpoint;
mod connect;
mod copy;
mod database;
mod decode;
mod error;
mod lease;
mod migrate;
mod row;
mod scratch;
mod sqlite;
mod sqlite_pool;
mod table;
mod text;
mod transaction;
mod value;

pub use connect::sqlite_file;
pub use copy::copy_sqlite;
pub use database::{Database, Dialect, Options};
pub use error::{Class, Error};
pub use migrate::Migration;
pub use row::{Fields, Row};
pub use scratch::ScratchDatabase;
pub use table::{Column, Table};
pub use transaction::Transaction;
pub use value::{FromValue, Kind, Value};
