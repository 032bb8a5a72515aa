//! The engine's port, in SQL and in memory.
