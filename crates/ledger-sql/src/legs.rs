//! Legs as a database's rows, there and back.

use crate::rows::{narrow, of_currency, take_money};
use makegood_ledger::{AccountEntry, AccountId, Action, Leg, LegRow, TransactionId, TransferRef};
use makegood_sql::{Error, Fields, Row, Value};

pub(crate) fn of_leg(row: &LegRow, transaction_sequence: i64) -> Vec<Value> {
    let action = row.leg.action;
    vec![
        row.position.into(),
        transaction_sequence.into(),
        row.leg.debit.raw().into(),
        row.leg.credit.raw().into(),
        row.leg.amount.minor().into(),
        of_currency(row.leg.amount.currency()),
        i64::from(action.code()).into(),
        action.target().map(|target| target.transaction.raw()).into(),
        action.target().map(|target| i64::from(target.leg)).into(),
        action.expires_at().into(),
        row.debit_entry.sequence.into(),
        row.debit_entry.balance_after.into(),
        row.debit_entry.previous_position.into(),
        row.credit_entry.sequence.into(),
        row.credit_entry.balance_after.into(),
        row.credit_entry.previous_position.into(),
    ]
}

/// A stored leg, which names its transaction by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredLeg {
    pub(crate) position: i64,
    pub(crate) transaction_sequence: i64,
    pub(crate) leg: Leg,
    pub(crate) debit_entry: AccountEntry,
    pub(crate) credit_entry: AccountEntry,
}

impl StoredLeg {
    /// The leg as the one with this place in this transaction.
    pub(crate) fn of(self, transaction: TransactionId, leg: u16) -> LegRow {
        LegRow {
            position: self.position,
            transfer: TransferRef { transaction, leg },
            leg: self.leg,
            debit_entry: self.debit_entry,
            credit_entry: self.credit_entry,
        }
    }
}

pub(crate) fn to_leg(row: Row) -> Result<StoredLeg, Error> {
    let mut fields = row.into_fields();
    Ok(StoredLeg {
        position: fields.take()?,
        transaction_sequence: fields.take()?,
        leg: take_leg(&mut fields)?,
        debit_entry: take_entry(&mut fields)?,
        credit_entry: take_entry(&mut fields)?,
    })
}

/// Debit, credit, amount, currency, action, target and expiry.
pub(crate) fn take_leg(fields: &mut Fields) -> Result<Leg, Error> {
    let debit = AccountId::from_raw(fields.take()?);
    let credit = AccountId::from_raw(fields.take()?);
    let amount = take_money(fields)?;
    let code: u8 = fields.take_as(narrow)?;
    let transaction: Option<_> = fields.take()?;
    let leg = fields.take_as(|leg: Option<i64>| leg.map_or(Some(None), |leg| narrow(leg).map(Some)))?;
    let target = match (transaction, leg) {
        (Some(transaction), Some(leg)) => {
            Some(TransferRef { transaction: TransactionId::from_raw(transaction), leg })
        }
        (None, None) => None,
        _ => return Err(fields.refuse()),
    };
    let expires_at = fields.take()?;
    let action = Action::from_parts(code, target, expires_at).ok_or_else(|| fields.refuse())?;
    Ok(Leg { debit, credit, amount, action })
}

pub(crate) fn take_entry(fields: &mut Fields) -> Result<AccountEntry, Error> {
    Ok(AccountEntry {
        sequence: fields.take()?,
        balance_after: fields.take()?,
        previous_position: fields.take()?,
    })
}
