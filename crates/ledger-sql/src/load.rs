//! Tells a book of the rows that it has to know.

use crate::{
    legs::to_leg,
    rows::{of_transfer_ref, to_account, to_hold, to_transaction, to_transfer},
    tables::{ACCOUNTS, HOLDS, LEGS, TRANSACTIONS, TRANSFERS},
};
use makegood_ledger::{AccountId, Book, RowKey, TransactionId, TransactionRow, TransferRef};
use makegood_sql::{Error, Row, Transaction, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Tells `book` of the rows with these keys that it does not know yet: of each that it is there, or that it
/// is absent. It takes one bulk read per kind of row, and two more where something is returned against a
/// transfer for the first time.
pub async fn load(
    transaction: &mut Transaction,
    keys: impl IntoIterator<Item = RowKey>,
    book: &mut Book,
) -> Result<(), Error> {
    let (mut accounts, mut ids, mut holds, mut transfers) = <(Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    let unknown: BTreeSet<_> = keys.into_iter().filter(|key| !book.is_known(key)).collect();
    for key in unknown {
        match key {
            RowKey::Account(id) => accounts.push(id),
            RowKey::Transaction(id) => ids.push(id),
            RowKey::Hold(hold) => holds.push(hold),
            RowKey::Transfer(transfer) => transfers.push(transfer),
        }
    }
    load_accounts(transaction, &accounts, book).await?;
    for row in select_transactions(transaction, &ids).await?.into_values() {
        book.put_transaction(row);
    }
    for id in ids {
        put_absent(book, RowKey::Transaction(id));
    }
    for row in select(transaction, &HOLDS, holds.iter().map(|hold| of_transfer_ref(*hold))).await? {
        let version = row.version;
        book.put_hold(to_hold(row)?, version);
    }
    for hold in holds {
        put_absent(book, RowKey::Hold(hold));
    }
    load_transfers(transaction, &transfers, book).await
}

/// What was not found is absent.
fn put_absent(book: &mut Book, key: RowKey) {
    if !book.is_known(&key) {
        book.put_absent(key);
    }
}

async fn select(
    transaction: &mut Transaction,
    table: &'static makegood_sql::Table,
    keys: impl Iterator<Item = Vec<Value>>,
) -> Result<Vec<Row>, Error> {
    transaction.select(table, &keys.collect::<Vec<_>>()).await
}

async fn load_accounts(
    transaction: &mut Transaction,
    ids: &[AccountId],
    book: &mut Book,
) -> Result<(), Error> {
    for row in select(transaction, &ACCOUNTS, ids.iter().map(|id| vec![id.raw().into()])).await? {
        let version = row.version;
        book.put_account(to_account(row)?, version);
    }
    for id in ids {
        put_absent(book, RowKey::Account(*id));
    }
    Ok(())
}

async fn select_transactions(
    transaction: &mut Transaction,
    ids: &[TransactionId],
) -> Result<BTreeMap<TransactionId, TransactionRow>, Error> {
    let rows = select(transaction, &TRANSACTIONS, ids.iter().map(|id| vec![id.raw().into()])).await?;
    rows.into_iter().map(|row| to_transaction(row).map(|row| (row.id, row))).collect()
}

async fn load_transfers(
    transaction: &mut Transaction,
    transfers: &[TransferRef],
    book: &mut Book,
) -> Result<(), Error> {
    for row in select(transaction, &TRANSFERS, transfers.iter().map(|one| of_transfer_ref(*one))).await? {
        let version = row.version;
        book.put_transfer(to_transfer(row)?, Some(version));
    }
    let untouched: Vec<_> =
        transfers.iter().copied().filter(|one| !book.is_known(&RowKey::Transfer(*one))).collect();
    load_returnable_legs(transaction, &untouched, book).await?;
    for transfer in untouched {
        put_absent(book, RowKey::Transfer(transfer));
    }
    Ok(())
}

/// Nothing was returned against these yet: they are legs of the journal, found through their transactions.
async fn load_returnable_legs(
    transaction: &mut Transaction,
    transfers: &[TransferRef],
    book: &mut Book,
) -> Result<(), Error> {
    let ids: Vec<_> = transfers.iter().map(|transfer| transfer.transaction).collect();
    let transactions = select_transactions(transaction, &ids).await?;
    let position = |transfer: &TransferRef| {
        let row = transactions.get(&transfer.transaction).filter(|row| transfer.leg < row.legs)?;
        Some((row.first_position.saturating_add(i64::from(transfer.leg)), *transfer))
    };
    let positions: BTreeMap<i64, TransferRef> = transfers.iter().filter_map(position).collect();
    for row in select(transaction, &LEGS, positions.keys().map(|position| vec![(*position).into()])).await? {
        let leg = to_leg(row)?;
        let Some(transfer) = positions.get(&leg.position) else { continue };
        if let Some(returnable) = leg.of(transfer.transaction, transfer.leg).returnable() {
            book.put_transfer(returnable, None);
        }
    }
    Ok(())
}
