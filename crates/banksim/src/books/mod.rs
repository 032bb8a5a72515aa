//! The bank's books: agreements, transfers, and a double entry for every one that moved money. Each call is
//! one transaction on the database, durable when it returns.

mod agreements;
mod posting;
mod reports;
mod schema;
mod transfers;

use crate::{config::Config, faults::FaultSwitch};
use makegood_base::{Clock, Timestamp};
use makegood_money::Money;
use makegood_sql::{Database, Error, Kind, Options, Transaction};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(crate) use transfers::Received;

/// The account that the wallet's money is on.
const POOL: &str = "pool";
/// Where the opening balances come from.
const VAULT: &str = "vault";

/// Which way the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the card to the pool account.
    In,
    /// From the pool account to the card.
    Out,
}

/// How a transfer stands at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken; it settles later.
    Accepted,
    /// The money moved.
    Succeeded,
    /// The money did not move and will not.
    Refused,
    /// Received and put aside: nothing was executed, and nobody gets an answer.
    Silent,
}

/// Why the bank does not move the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    InsufficientFunds,
    CardRefused,
    CardClosed,
    LimitExceeded,
    Expired,
}

/// What the caller asks for. The same reference with another instruction is a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instruction {
    pub(crate) direction: Direction,
    pub(crate) agreement: String,
    pub(crate) amount: Money,
    pub(crate) valid_until: Timestamp,
}

/// A transfer that the bank knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) reference: String,
    pub(crate) sequence: i64,
    pub(crate) instruction: Instruction,
    pub(crate) status: Status,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) received_at: Timestamp,
    pub(crate) settle_at: Option<Timestamp>,
}

/// A status, direction or refusal and what is stored for it.
trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(Self, &'static str)];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

impl Named for Direction {
    const NAMES: &'static [(Self, &'static str)] = &[(Self::In, "in"), (Self::Out, "out")];
}

impl Named for Status {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Accepted, "accepted"),
        (Self::Succeeded, "succeeded"),
        (Self::Refused, "refused"),
        (Self::Silent, "silent"),
    ];
}

impl Named for Refusal {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::InsufficientFunds, "insufficient_funds"),
        (Self::CardRefused, "card_refused"),
        (Self::CardClosed, "card_closed"),
        (Self::LimitExceeded, "limit_exceeded"),
        (Self::Expired, "expired"),
    ];
}

/// The books, open.
pub(crate) struct Books {
    database: Database,
    clock: Arc<dyn Clock>,
    config: Config,
    pub(crate) faults: FaultSwitch,
}

impl Books {
    /// Opens the books, or makes empty ones.
    pub(crate) async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let database = Database::open(&config.database_url, Options::default()).await?;
        // With no history for PostgreSQL the bank would start without tables.
        if database.dialect() != makegood_sql::Dialect::Sqlite {
            return Err(Error::Misuse("the simulated bank keeps its books in SQLite".to_owned()));
        }
        database.migrate(schema::MIGRATIONS, &[]).await?;
        let faults = FaultSwitch::new(config.seed);
        Ok(Self { database, clock, config, faults })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// How the bank names a transfer.
    pub(crate) fn bank_reference(&self, transfer: &Transfer) -> String {
        format!("{}-{:010}", self.config.bank, transfer.sequence)
    }
}

/// The next number of a counter, from 1.
async fn next_number(transaction: &mut Transaction, counter: &'static str) -> Result<i64, Error> {
    let text = "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value";
    let rows = transaction.query(text, vec![counter.into()], &[Kind::Integer]).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    makegood_sql::Fields::new("counters", row).take()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Named + serde::Serialize + std::fmt::Debug>() {
        for (value, name) in T::NAMES {
            assert_eq!(serde_json::to_value(value).unwrap(), *name);
            assert_eq!((value.name(), T::from_name(name)), (*name, Some(*value)));
        }
    }

    #[test]
    fn what_is_stored_is_what_is_told() {
        check::<Direction>();
        check::<Status>();
        check::<Refusal>();
    }
}
