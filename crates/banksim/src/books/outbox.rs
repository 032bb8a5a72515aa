//! What is to be told: callbacks are written with what they tell, and are kept until they were taken.

use super::{Delivery, Ledger, Named, Status, Transfer, transfer::Refusal};
use crate::{
    chance::{draw_normal, name},
    faults::FaultKind,
};
use makegood_base::{Timestamp, encode_suffix};
use makegood_sql::{Error, Fields, Kind, Transaction, Value};
use serde_json::json;

/// How a callback is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Twice,
    Forged,
}

impl Named for Way {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Plain, "plain"), (Self::Twice, "twice"), (Self::Forged, "forged")];
}

/// A callback that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) sequence: i64,
    /// The name by which a receiver knows it again.
    pub(crate) webhook: String,
    pub(crate) body: String,
    pub(crate) way: Way,
    pub(crate) attempts: i64,
}

const INSERT: &str = "INSERT INTO outbox (webhook, reference, body, way, attempts, due_at)
    VALUES ($1, $2, $3, $4, 0, $5)";
/// What is due, in order: of a transfer only what was not taken of it first. A forger keeps no order.
const DUE: &str = "SELECT sequence, webhook, body, way, attempts FROM outbox AS message
    WHERE due_at <= $1 AND (way = 'forged' OR NOT EXISTS (SELECT 1 FROM outbox AS earlier
        WHERE earlier.reference = message.reference AND earlier.sequence < message.sequence
            AND earlier.way <> 'forged'))
    ORDER BY due_at, sequence LIMIT $2";
const DONE: &str = "DELETE FROM outbox WHERE sequence = $1";
const AGAIN: &str = "UPDATE outbox SET attempts = attempts + 1, due_at = $2 WHERE sequence = $1";

impl Ledger {
    /// Writes down what is told of a transfer that has another status than `before`, with the faults that callbacks
    /// have. To be called before the transfer itself is written.
    pub(super) async fn tell(
        &self,
        transaction: &mut Transaction,
        transfer: &mut Transfer,
        before: Option<Status>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.config.callbacks.is_none() || transfer.status == Status::Silent {
            return Ok(());
        }
        let faults = &self.switches.faults;
        let reference = transfer.reference.clone();
        let is_reordered = faults.happens(FaultKind::CallbackReordered, &reference);
        if is_reordered && transfer.status == Status::Accepted && transfer.change.is_some() {
            // It is told when it is not true any more.
            return Ok(());
        }
        transfer.told += 1;
        let one = format!("{reference} {}", transfer.told);
        transfer.is_untold = faults.happens(FaultKind::CallbackLost, &one);
        if transfer.is_untold {
            return self.inject(transaction, FaultKind::CallbackLost, &reference).await;
        }
        if faults.happens(FaultKind::CallbackForged, &one) {
            self.inject(transaction, FaultKind::CallbackForged, &reference).await?;
            self.push(transaction, &opposite(transfer), Way::Forged, now).await?;
        }
        let mut way = Way::Plain;
        if faults.happens(FaultKind::CallbackTwice, &one) {
            self.inject(transaction, FaultKind::CallbackTwice, &reference).await?;
            way = Way::Twice;
        }
        self.push(transaction, transfer, way, now).await?;
        if is_reordered && transfer.status != Status::Accepted {
            self.inject(transaction, FaultKind::CallbackReordered, &reference).await?;
            transfer.told += 1;
            let stale = earlier(transfer, before.unwrap_or(Status::Accepted));
            self.push(transaction, &stale, Way::Plain, now).await?;
        }
        Ok(())
    }

    /// Writes down what is told of a transfer without which nobody would ever hear of it.
    pub(super) async fn tell_surely(
        &self,
        transaction: &mut Transaction,
        transfer: &mut Transfer,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.config.callbacks.is_none() {
            return Ok(());
        }
        transfer.told += 1;
        self.push(transaction, transfer, Way::Plain, now).await
    }

    async fn push(
        &self,
        transaction: &mut Transaction,
        transfer: &Transfer,
        way: Way,
        now: Timestamp,
    ) -> Result<(), Error> {
        let seed = self.config.seed;
        let one = format!("{} {} {}", transfer.reference, transfer.told, way.name());
        let latency = self.switches.conditions(now).latency(draw_normal(seed, "callback", &one));
        let shown = transfer.shown(&self.config.bank);
        let body = json!({"type": "transfer.updated", "at": now, "transfer": shown}).to_string();
        let row = vec![
            format!("msg_{}", encode_suffix(&name(seed, "callback", &one))).into(),
            transfer.reference.as_str().into(),
            body.into(),
            way.name().into(),
            now.plus(latency).into(),
        ];
        transaction.execute(INSERT, row).await.map(drop)
    }

    /// The callbacks that are due, the first of them if there are many.
    pub(super) async fn messages(&self, now: Timestamp, limit: i64) -> Result<Vec<Message>, Error> {
        let kinds = &[Kind::Integer, Kind::Text, Kind::Text, Kind::Text, Kind::Integer];
        let mut transaction = self.database.read().await?;
        let rows = transaction.query(DUE, vec![now.into(), limit.into()], kinds).await?;
        transaction.rollback().await;
        rows.into_iter().map(message).collect()
    }

    pub(super) async fn write_delivery(
        &self,
        transaction: &mut Transaction,
        delivery: &Delivery,
    ) -> Result<(), Error> {
        let written = match delivery {
            Delivery::Done(sequence) => transaction.execute(DONE, vec![(*sequence).into()]).await,
            Delivery::Again(sequence, at) => {
                transaction.execute(AGAIN, vec![(*sequence).into(), (*at).into()]).await
            }
        };
        written.map(drop)
    }
}

fn message(row: Vec<Value>) -> Result<Message, Error> {
    let mut fields = Fields::new("outbox", row);
    Ok(Message {
        sequence: fields.take()?,
        webhook: fields.take()?,
        body: fields.take()?,
        way: fields.take_as(|name: String| Way::from_name(&name))?,
        attempts: fields.take()?,
    })
}

/// A transfer as it is not: what somebody says who would gain by it.
fn opposite(transfer: &Transfer) -> Transfer {
    let mut opposite = transfer.clone();
    match transfer.status {
        Status::Succeeded => opposite.refuse(Refusal::CardRefused),
        _ => (opposite.status, opposite.refusal) = (Status::Succeeded, None),
    }
    (opposite.return_reason, opposite.returned_at) = (None, None);
    opposite
}

/// A transfer as it was.
fn earlier(transfer: &Transfer, status: Status) -> Transfer {
    let refusal = transfer.refusal.filter(|_| status == Status::Refused);
    Transfer { status, refusal, return_reason: None, returned_at: None, ..transfer.clone() }
}
