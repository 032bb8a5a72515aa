//! A pure double-entry ledger: holds, floors, refunds bounded by what they return, and a Merkle journal.
