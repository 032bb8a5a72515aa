//! The history of the schema, one per database. Their scripts are the files of `migrations/`; a script that
//! was released never changes.

use makegood_sql::{Database, Error, Migration};

/// The history on SQLite.
pub const SQLITE: &[Migration] = &[
    Migration { name: "ledger", script: include_str!("../migrations/sqlite/0001_ledger.sql") },
    Migration { name: "wallet", script: include_str!("../migrations/sqlite/0002_wallet.sql") },
    Migration { name: "cases", script: include_str!("../migrations/sqlite/0003_cases.sql") },
    Migration { name: "rails", script: include_str!("../migrations/sqlite/0004_rails.sql") },
    Migration { name: "withdrawals", script: include_str!("../migrations/sqlite/0005_withdrawals.sql") },
    Migration { name: "webhooks", script: include_str!("../migrations/sqlite/0006_webhooks.sql") },
];

/// The history on PostgreSQL, step by step the same.
pub const POSTGRES: &[Migration] = &[
    Migration { name: "ledger", script: include_str!("../migrations/postgres/0001_ledger.sql") },
    Migration { name: "wallet", script: include_str!("../migrations/postgres/0002_wallet.sql") },
    Migration { name: "cases", script: include_str!("../migrations/postgres/0003_cases.sql") },
    Migration { name: "rails", script: include_str!("../migrations/postgres/0004_rails.sql") },
    Migration { name: "withdrawals", script: include_str!("../migrations/postgres/0005_withdrawals.sql") },
    Migration { name: "webhooks", script: include_str!("../migrations/postgres/0006_webhooks.sql") },
];

/// Brings the schema to the end of its history and answers its version. Refuses a schema that is newer than
/// this program, and one that other scripts made.
pub async fn migrate(database: &Database) -> Result<i64, Error> {
    database.migrate(SQLITE, POSTGRES).await
}

/// Checks, without changing anything, that the schema is at the end of its history.
pub async fn check(database: &Database) -> Result<(), Error> {
    database.check_schema(SQLITE, POSTGRES).await
}
