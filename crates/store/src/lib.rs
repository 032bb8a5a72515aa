//! The engine's port, in SQL and in memory.
//!
//! [`Store`] is all that the engine asks of a store. [`SqlStore`] keeps it on SQLite and PostgreSQL,
//! [`MemoryStore`] in maps, with faults on demand, for tests. [`Lists`] are the reads that need an order other
//! than that of a key; they exist in SQL only.

mod cells;
mod filter;
pub mod installation;
pub mod lists;
mod mapping;
mod memory;
pub mod migrations;
mod port;
mod sql;
mod tables;
pub mod webhooks;

pub use filter::{EventFilter, Filter};
pub use lists::Lists;
pub use makegood_ledger_sql::HistoryEntry;
pub use memory::{CommitFault, Fault, FaultPlan, LedgerRows, MemoryBatch, MemoryStore, Snapshot};
pub use port::{BatchRow, Failure, Store};
pub use sql::SqlStore;
pub use tables::TABLES;
