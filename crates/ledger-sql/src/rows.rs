//! The ledger's rows (but legs) as a database's, there and back. What does not fit on the way back names table, column
//! and key.

use crate::BatchRow;
use makegood_base::BatchId;
use makegood_ledger::{
    Account, AccountId, AccountStatus, HoldRow, HoldState, Mark, Side, StatusChange, TransactionId,
    TransactionRow, TransferRef, TransferRow,
    merkle::{Hash, TreeNode},
};
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Row, Value};

pub(crate) fn of_account(account: &Account) -> Vec<Value> {
    vec![
        account.id.raw().into(),
        account.owner.into(),
        i64::from(account.code).into(),
        of_currency(account.currency),
        i64::from(account.normal.code()).into(),
        account.floor.into(),
        account.ceiling.into(),
        i64::from(account.status.code()).into(),
        account.posted.into(),
        account.held.into(),
        account.incoming.into(),
        account.sequence.into(),
        account.last_position.into(),
        account.opened_by.into(),
    ]
}

pub(crate) fn to_account(row: Row) -> Result<Account, Error> {
    let mut fields = row.into_fields();
    Ok(Account {
        id: AccountId::from_raw(fields.take()?),
        owner: fields.take()?,
        code: fields.take_as(narrow)?,
        currency: fields.take_as(to_currency)?,
        normal: fields.take_as(|code| Side::from_code(narrow(code)?))?,
        floor: fields.take()?,
        ceiling: fields.take()?,
        status: fields.take_as(|code| AccountStatus::from_code(narrow(code)?))?,
        posted: fields.take()?,
        held: fields.take()?,
        incoming: fields.take()?,
        sequence: fields.take()?,
        last_position: fields.take()?,
        opened_by: fields.take()?,
    })
}

pub(crate) fn of_transaction(row: &TransactionRow) -> Vec<Value> {
    vec![
        row.id.raw().into(),
        row.sequence.into(),
        row.at.into(),
        i64::from(row.code).into(),
        row.reference.into(),
        row.first_position.into(),
        i64::from(row.legs).into(),
        row.leaf.to_vec().into(),
    ]
}

pub(crate) fn to_transaction(row: Row) -> Result<TransactionRow, Error> {
    let mut fields = row.into_fields();
    let id = TransactionId::from_raw(fields.take()?);
    let sequence = fields.take()?;
    transaction_after_key(fields, id, sequence)
}

/// From a row of [`TRANSACTIONS_BY_SEQUENCE`](crate::TRANSACTIONS_BY_SEQUENCE).
pub(crate) fn to_transaction_by_sequence(row: Row) -> Result<TransactionRow, Error> {
    let mut fields = row.into_fields();
    let sequence = fields.take()?;
    let id = TransactionId::from_raw(fields.take()?);
    transaction_after_key(fields, id, sequence)
}

fn transaction_after_key(
    mut fields: Fields,
    id: TransactionId,
    sequence: i64,
) -> Result<TransactionRow, Error> {
    Ok(TransactionRow {
        id,
        sequence,
        at: fields.take()?,
        code: fields.take_as(narrow)?,
        reference: fields.take()?,
        first_position: fields.take()?,
        legs: fields.take_as(narrow)?,
        leaf: fields.take_as(to_hash)?,
    })
}

pub(crate) fn of_transfer_ref(transfer: TransferRef) -> Vec<Value> {
    vec![transfer.transaction.raw().into(), i64::from(transfer.leg).into()]
}

fn take_transfer_ref(fields: &mut Fields) -> Result<TransferRef, Error> {
    let transaction = TransactionId::from_raw(fields.take()?);
    Ok(TransferRef { transaction, leg: fields.take_as(narrow)? })
}

pub(crate) fn of_hold(hold: &HoldRow) -> Vec<Value> {
    let mut row = of_transfer_ref(hold.hold);
    row.extend([
        hold.debit.raw().into(),
        hold.credit.raw().into(),
        hold.amount.minor().into(),
        of_currency(hold.amount.currency()),
        hold.expires_at.into(),
        i64::from(hold.state.code()).into(),
        hold.captured.into(),
        hold.settled_position.into(),
    ]);
    row
}

pub(crate) fn to_hold(row: Row) -> Result<HoldRow, Error> {
    let mut fields = row.into_fields();
    Ok(HoldRow {
        hold: take_transfer_ref(&mut fields)?,
        debit: AccountId::from_raw(fields.take()?),
        credit: AccountId::from_raw(fields.take()?),
        amount: take_money(&mut fields)?,
        expires_at: fields.take()?,
        state: fields.take_as(|code| HoldState::from_code(narrow(code)?))?,
        captured: fields.take()?,
        settled_position: fields.take()?,
    })
}

pub(crate) fn of_transfer(row: &TransferRow) -> Vec<Value> {
    let mut values = of_transfer_ref(row.transfer);
    values.extend([row.amount.minor().into(), of_currency(row.currency()), row.returned.into()]);
    values
}

pub(crate) fn to_transfer(row: Row) -> Result<TransferRow, Error> {
    let mut fields = row.into_fields();
    Ok(TransferRow {
        transfer: take_transfer_ref(&mut fields)?,
        amount: take_money(&mut fields)?,
        returned: fields.take()?,
    })
}

pub(crate) fn of_mark(mark: &Mark) -> Vec<Value> {
    vec![mark.account.raw().into(), mark.sequence.into(), mark.at.into(), mark.position.into()]
}

pub(crate) fn to_mark(row: Row) -> Result<Mark, Error> {
    let mut fields = row.into_fields();
    Ok(Mark {
        account: AccountId::from_raw(fields.take()?),
        sequence: fields.take()?,
        at: fields.take()?,
        position: fields.take()?,
    })
}

pub(crate) fn of_status_change(change: &StatusChange) -> Vec<Value> {
    vec![change.sequence.into(), change.account.raw().into(), i64::from(change.status.code()).into()]
}

pub(crate) fn to_status_change(row: Row) -> Result<StatusChange, Error> {
    let mut fields = row.into_fields();
    Ok(StatusChange {
        sequence: fields.take()?,
        account: AccountId::from_raw(fields.take()?),
        status: fields.take_as(|code| AccountStatus::from_code(narrow(code)?))?,
    })
}

pub(crate) fn of_node(node: &TreeNode) -> Vec<Value> {
    let place = i64::try_from(node.index).unwrap_or(i64::MAX);
    vec![i64::from(node.level).into(), place.into(), node.hash.to_vec().into()]
}

pub(crate) fn to_node(row: Row) -> Result<TreeNode, Error> {
    let mut fields = row.into_fields();
    Ok(TreeNode {
        level: fields.take_as(narrow)?,
        index: fields.take_as(narrow)?,
        hash: fields.take_as(to_hash)?,
    })
}

pub(crate) fn of_batch(batch: &BatchRow) -> Vec<Value> {
    vec![batch.id.raw().into(), batch.at.into(), batch.transactions.into(), batch.root.to_vec().into()]
}

/// From a row of [`BATCHES_BY_TRANSACTIONS`](crate::BATCHES_BY_TRANSACTIONS).
pub(crate) fn to_batch_by_transactions(row: Row) -> Result<BatchRow, Error> {
    let mut fields = row.into_fields();
    let transactions = fields.take()?;
    Ok(BatchRow {
        id: BatchId::from_raw(fields.take()?),
        at: fields.take()?,
        transactions,
        root: fields.take_as(to_hash)?,
    })
}

pub(crate) fn of_currency(currency: Currency) -> Value {
    i64::from(currency.numeric()).into()
}

fn to_currency(numeric: i64) -> Option<Currency> {
    Currency::from_numeric(narrow(numeric)?)
}

pub(crate) fn take_money(fields: &mut Fields) -> Result<Money, Error> {
    let minor = fields.take()?;
    Ok(Money::new(minor, fields.take_as(to_currency)?))
}

pub(crate) fn narrow<T: TryFrom<i64>>(value: i64) -> Option<T> {
    T::try_from(value).ok()
}

fn to_hash(bytes: Vec<u8>) -> Option<Hash> {
    bytes.try_into().ok()
}
