//! A transfer as the books have it, and its row.

use super::Named;
pub(crate) use super::words::{Change, Direction, Recall, Refusal, ReturnReason, Status};
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Kind, Transaction, Value};
use serde::{Deserialize, Serialize};

/// What the caller asks for. The same reference with another instruction is a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instruction {
    pub(crate) direction: Direction,
    pub(crate) agreement: String,
    pub(crate) amount: Money,
    pub(crate) valid_until: Timestamp,
}

/// How a transfer was executed where that is not as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executed {
    pub(crate) agreement: String,
    pub(crate) amount: Money,
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
    /// What happens to it, and when.
    pub(crate) change: Option<(Change, Timestamp)>,
    pub(crate) executed: Option<Executed>,
    pub(crate) return_reason: Option<ReturnReason>,
    pub(crate) returned_at: Option<Timestamp>,
    pub(crate) recall: Option<Recall>,
    /// How many callbacks there were to be.
    pub(crate) told: i64,
    /// Whether the last of them was lost.
    pub(crate) is_untold: bool,
}

/// A transfer as the bank shows it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    reference: String,
    bank_reference: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    direction: Direction,
    agreement: String,
    amount: Money,
    received_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_reason: Option<ReturnReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned_at: Option<Timestamp>,
}

impl Transfer {
    pub(super) fn new(
        reference: &str,
        sequence: i64,
        instruction: Instruction,
        received_at: Timestamp,
    ) -> Self {
        Self {
            reference: reference.to_owned(),
            sequence,
            instruction,
            status: Status::Accepted,
            refusal: None,
            received_at,
            change: None,
            executed: None,
            return_reason: None,
            returned_at: None,
            recall: None,
            told: 0,
            is_untold: false,
        }
    }

    /// Whether nobody gets an answer.
    pub(crate) fn is_silent(&self) -> bool {
        self.status == Status::Silent
    }

    /// What moved, or is to.
    pub(super) fn amount(&self) -> Money {
        self.executed.as_ref().map_or(self.instruction.amount, |executed| executed.amount)
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.change.is_some_and(|(_, at)| at <= now)
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        (self.status, self.refusal) = (Status::Refused, Some(refusal));
    }

    /// The transfer as `bank` shows it.
    pub(crate) fn shown(&self, bank: &str) -> Shown {
        let agreement = self.executed.as_ref().map_or(&self.instruction.agreement, |own| &own.agreement);
        Shown {
            reference: self.reference.clone(),
            bank_reference: format!("{bank}-{:010}", self.sequence),
            status: self.status,
            refusal: self.refusal,
            direction: self.instruction.direction,
            agreement: agreement.clone(),
            amount: self.amount(),
            received_at: self.received_at,
            return_reason: self.return_reason,
            returned_at: self.returned_at,
        }
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Text,
    Kind::Integer,
    Kind::Boolean,
];
const SELECT: &str =
    "SELECT reference, sequence, direction, agreement, currency, amount, valid_until, status,
    refusal, received_at, change, change_at, executed_agreement, executed_currency, executed_amount,
    return_reason, returned_at, recall, told, is_untold FROM transfers WHERE reference = $1";
/// Those after a number, in their order.
pub(super) const SELECT_PAGE: &str = "SELECT reference, sequence, direction, agreement, currency, amount,
    valid_until, status, refusal, received_at, change, change_at, executed_agreement, executed_currency,
    executed_amount, return_reason, returned_at, recall, told, is_untold
    FROM transfers WHERE sequence > $1 ORDER BY sequence LIMIT $2";
const INSERT: &str = "INSERT INTO transfers (reference, sequence, direction, agreement, currency, amount,
    valid_until, status, refusal, received_at, change, change_at, executed_agreement, executed_currency,
    executed_amount, return_reason, returned_at, recall, told, is_untold)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
const UPDATE: &str = "UPDATE transfers SET status = $2, refusal = $3, change = $4, change_at = $5,
    return_reason = $6, returned_at = $7, recall = $8, told = $9, is_untold = $10 WHERE reference = $1";

pub(super) async fn select(
    transaction: &mut Transaction,
    reference: &str,
) -> Result<Option<Transfer>, Error> {
    let rows = transaction.query(SELECT, vec![reference.into()], KINDS).await?;
    rows.into_iter().next().map(parse).transpose()
}

/// Inserts a transfer that is new.
pub(super) async fn insert(transaction: &mut Transaction, transfer: &Transfer) -> Result<(), Error> {
    let instruction = &transfer.instruction;
    let executed = transfer.executed.as_ref();
    let row = vec![
        transfer.reference.as_str().into(),
        transfer.sequence.into(),
        instruction.direction.name().into(),
        instruction.agreement.as_str().into(),
        instruction.amount.currency().code().into(),
        instruction.amount.minor().into(),
        instruction.valid_until.into(),
        transfer.status.name().into(),
        named(transfer.refusal),
        transfer.received_at.into(),
        named(transfer.change.map(|(change, _)| change)),
        transfer.change.map(|(_, at)| at).into(),
        executed.map(|executed| executed.agreement.clone()).into(),
        executed.map(|executed| executed.amount.currency().code().to_owned()).into(),
        executed.map(|executed| executed.amount.minor()).into(),
        named(transfer.return_reason),
        transfer.returned_at.into(),
        named(transfer.recall),
        transfer.told.into(),
        transfer.is_untold.into(),
    ];
    transaction.execute(INSERT, row).await.map(drop)
}

/// Writes what may change of a transfer.
pub(super) async fn update(transaction: &mut Transaction, transfer: &Transfer) -> Result<(), Error> {
    let row = vec![
        transfer.reference.as_str().into(),
        transfer.status.name().into(),
        named(transfer.refusal),
        named(transfer.change.map(|(change, _)| change)),
        transfer.change.map(|(_, at)| at).into(),
        named(transfer.return_reason),
        transfer.returned_at.into(),
        named(transfer.recall),
        transfer.told.into(),
        transfer.is_untold.into(),
    ];
    transaction.execute(UPDATE, row).await.map(drop)
}

fn named<T: Named>(value: Option<T>) -> Value {
    value.map(|value| value.name().to_owned()).into()
}

/// Reads a row whose columns are those of [`KINDS`].
pub(super) fn parse(row: Vec<Value>) -> Result<Transfer, Error> {
    let mut fields = Fields::new("transfers", row);
    let reference = fields.take()?;
    let sequence = fields.take()?;
    let direction = fields.take_as(|name: String| Direction::from_name(&name))?;
    let agreement = fields.take()?;
    let currency: Currency = fields.take_as(|code: String| code.parse().ok())?;
    let amount = Money::new(fields.take()?, currency);
    let valid_until = fields.take()?;
    let status = fields.take_as(|name: String| Status::from_name(&name))?;
    let refusal = optional(&mut fields)?;
    let received_at = fields.take()?;
    let change: Option<Change> = optional(&mut fields)?;
    let change = change.zip(fields.take::<Option<Timestamp>>()?);
    let executed_agreement: Option<String> = fields.take()?;
    let executed_currency: Option<Currency> = fields.take_as(|code: Option<String>| match code {
        None => Some(None),
        Some(code) => code.parse().ok().map(Some),
    })?;
    let executed_amount: Option<i64> = fields.take()?;
    let executed = executed_agreement.zip(executed_currency).zip(executed_amount);
    let executed = executed
        .map(|((agreement, currency), minor)| Executed { agreement, amount: Money::new(minor, currency) });
    Ok(Transfer {
        reference,
        sequence,
        instruction: Instruction { direction, agreement, amount, valid_until },
        status,
        refusal,
        received_at,
        change,
        executed,
        return_reason: optional(&mut fields)?,
        returned_at: fields.take()?,
        recall: optional(&mut fields)?,
        told: fields.take()?,
        is_untold: fields.take()?,
    })
}

fn optional<T: Named>(fields: &mut Fields) -> Result<Option<T>, Error> {
    fields.take_as(|name: Option<String>| match name {
        None => Some(None),
        Some(name) => T::from_name(&name).map(Some),
    })
}
