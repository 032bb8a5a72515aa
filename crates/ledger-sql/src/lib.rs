//! The Makegood ledger on SQLite and PostgreSQL.
