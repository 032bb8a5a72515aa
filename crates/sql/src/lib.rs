//! Transactions, bulk statements and migrations on SQLite and PostgreSQL.
