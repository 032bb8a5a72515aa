//! An account's history, newest first: a walk of the journal from entry to entry before it.

use crate::{
    legs::{take_entry, take_leg},
    rows::narrow,
};
use makegood_base::{RawId, Timestamp};
use makegood_ledger::{AccountEntry, AccountId, Leg, Side, TransactionId};
use makegood_sql::{Error, Fields, Kind, Transaction, Value};

/// One entry of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The leg's place in the journal; the cursor behind which the next page begins.
    pub position: i64,
    /// The transaction.
    pub transaction: TransactionId,
    /// When it was posted.
    pub at: Timestamp,
    /// What kind of movement it is.
    pub code: u32,
    /// The object that it belongs to.
    pub reference: RawId,
    /// The leg. Holds, releases and expiries are entries too; they leave the balance as it was.
    pub leg: Leg,
    /// Which side of the leg the account is on.
    pub side: Side,
    /// The entry's number in the account, the balance after it, and the position of the entry before it.
    pub entry: AccountEntry,
}

/// The walk begins at a position and takes at most `$2` steps. It is ordered by its own steps, since an order
/// by position would invite a scan of the journal.
macro_rules! walk {
    ($first:literal) => {
        concat!(
            "WITH RECURSIVE walk (position, entries) AS (",
            $first,
            " UNION ALL
                SELECT CASE WHEN leg.debit = $1 THEN leg.debit_previous_position
                    ELSE leg.credit_previous_position END, walk.entries + 1
                FROM walk JOIN ledger_legs AS leg ON leg.position = walk.position
                WHERE walk.entries < $2
            )
            SELECT leg.position, posted.id, posted.at, posted.code, posted.reference, leg.debit, leg.credit,
                leg.amount, leg.currency, leg.action, leg.target_transaction, leg.target_leg, leg.expires_at,
                leg.debit_sequence, leg.debit_balance_after, leg.debit_previous_position,
                leg.credit_sequence, leg.credit_balance_after, leg.credit_previous_position
            FROM walk JOIN ledger_legs AS leg ON leg.position = walk.position
                JOIN ledger_transactions AS posted ON posted.sequence = leg.transaction_sequence
            ORDER BY walk.entries"
        )
    };
}

pub(crate) const FIRST: &str = walk!("SELECT last_position, 1 FROM ledger_accounts WHERE id = $1");
/// The cursor's own leg must be one of the account's: a made-up cursor finds nothing.
pub(crate) const NEXT: &str = walk!(
    "SELECT CASE WHEN debit = $1 THEN debit_previous_position ELSE credit_previous_position END, 1
     FROM ledger_legs WHERE position = $3 AND (debit = $1 OR credit = $1)"
);
const KINDS: &[Kind] = &[
    Kind::Integer,
    Kind::Id,
    Kind::Integer,
    Kind::Integer,
    Kind::Id,
    Kind::Id,
    Kind::Id,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Id,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
    Kind::Integer,
];

/// At most `entries_max` entries of an account, the newest first: from its last, or from the one before the
/// entry at the position `before`. A position that is not one of the account's entries gives none. Each entry
/// costs two look-ups by key, however long the history is.
pub async fn history(
    transaction: &mut Transaction,
    account: AccountId,
    before: Option<i64>,
    entries_max: u32,
) -> Result<Vec<HistoryEntry>, Error> {
    if entries_max == 0 {
        return Ok(Vec::new());
    }
    let mut arguments = vec![account.raw().into(), i64::from(entries_max).into()];
    arguments.extend(before.map(Value::from));
    let text = if before.is_some() { NEXT } else { FIRST };
    let rows = transaction.query(text, arguments, KINDS).await?;
    rows.into_iter().map(|row| to_entry(row, account)).collect()
}

fn to_entry(row: Vec<Value>, account: AccountId) -> Result<HistoryEntry, Error> {
    let mut fields = Fields::new("ledger_legs", row);
    let position = fields.take()?;
    let transaction = TransactionId::from_raw(fields.take()?);
    let (at, code, reference) = (fields.take()?, fields.take_as(narrow)?, fields.take()?);
    let leg = take_leg(&mut fields)?;
    let (debit, credit) = (take_entry(&mut fields)?, take_entry(&mut fields)?);
    let (side, entry) = if leg.debit == account { (Side::Debit, debit) } else { (Side::Credit, credit) };
    Ok(HistoryEntry { position, transaction, at, code, reference, leg, side, entry })
}
