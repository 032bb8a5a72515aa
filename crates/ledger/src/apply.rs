//! Deciding a transaction: the one function that moves money.

mod effect;

use crate::{
    Account, AccountEntry, AccountStatus, Action, Book, LEGS_MAX, Leg, LegRow, Posted, Rejection, RowKey,
    StatusChange, Transaction, TransactionRow, TransferRef, canonical,
};
use effect::Effect;
use makegood_base::Timestamp;

/// Posts a transaction at the time `at`: it happens as a whole, or the book is left as it was.
///
/// A transaction whose id is known is never posted again: with the same content it is answered as it was
/// answered first, `already`, whatever has happened since; with another content it is a
/// [`Conflict`](Rejection::Conflict). Which rejection is reported when several apply is told at [`Rejection`].
pub fn apply(book: &mut Book, transaction: &Transaction, at: Timestamp) -> Result<Posted, Rejection> {
    attempt(book, transaction, at).map_err(|refusal| refusal.rejection)
}

/// A rejection, and the leg that it is about where it is about one.
pub(crate) struct Refusal {
    pub(crate) leg: Option<u16>,
    pub(crate) rejection: Rejection,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self { leg: None, rejection }
    }
}

pub(crate) fn attempt(book: &mut Book, transaction: &Transaction, at: Timestamp) -> Result<Posted, Refusal> {
    let content = canonical::content_hash_with(transaction, &mut book.scratch);
    if let Some(row) = book.find_transaction(transaction.id)? {
        if canonical::leaf_hash(row.sequence, row.at, &content) != row.leaf {
            return Err(Rejection::Conflict.into());
        }
        return Ok(Posted { sequence: row.sequence, first_position: row.first_position, already: true });
    }
    check_shape(transaction)?;
    let savepoint = book.savepoint();
    post(book, transaction, at, &content).map_err(|refusal| {
        book.rollback(savepoint);
        // What is not loaded comes before what was found on the way there.
        match unknown_row(book, transaction) {
            Some(key) => Rejection::NotLoaded(key).into(),
            None => refusal,
        }
    })
}

/// The rejections that need no book.
fn check_shape(transaction: &Transaction) -> Result<(), Rejection> {
    let Transaction { opens, statuses, legs, .. } = transaction;
    if opens.is_empty() && statuses.is_empty() && legs.is_empty() {
        return Err(Rejection::Empty);
    }
    if opens.len() > LEGS_MAX || statuses.len() > LEGS_MAX || legs.len() > LEGS_MAX {
        return Err(Rejection::TooManyLegs);
    }
    for spec in opens {
        if spec.floor.is_some_and(|floor| floor > 0) || spec.ceiling.is_some_and(|ceiling| ceiling < 0) {
            return Err(Rejection::InvalidBounds(spec.id()));
        }
    }
    if statuses.len() > 1 {
        let mut accounts: Vec<_> = statuses.iter().map(|(account, _)| *account).collect();
        accounts.sort_unstable();
        if let Some([account, _]) = accounts.array_windows().find(|[first, second]| first == second) {
            return Err(Rejection::DuplicateStatus(*account));
        }
    }
    if let Some((leg, _)) = numbered(legs).find(|(_, leg)| leg.amount.minor() <= 0) {
        return Err(Rejection::AmountNotPositive { leg });
    }
    match numbered(legs).find(|(_, leg)| leg.debit == leg.credit) {
        Some((leg, _)) => Err(Rejection::SameAccount { leg }),
        None => Ok(()),
    }
}

fn numbered(legs: &[Leg]) -> impl Iterator<Item = (u16, &Leg)> {
    (0..=u16::MAX).zip(legs)
}

/// The first row that the transaction may touch and the book does not know.
fn unknown_row(book: &Book, transaction: &Transaction) -> Option<RowKey> {
    let opened = transaction.opens.iter().map(|spec| RowKey::Account(spec.id()));
    let set = transaction.statuses.iter().map(|(account, _)| RowKey::Account(*account));
    let moved = transaction.legs.iter().flat_map(|leg| {
        let target = match leg.action {
            Action::Post | Action::Hold { .. } => None,
            Action::PostAgainst(transfer) => Some(RowKey::Transfer(transfer)),
            Action::Capture(hold) | Action::Release(hold) | Action::Expire(hold) => Some(RowKey::Hold(hold)),
        };
        [RowKey::Account(leg.debit), RowKey::Account(leg.credit)].into_iter().chain(target)
    });
    opened.chain(set).chain(moved).find(|key| !book.is_known(key))
}

fn post(
    book: &mut Book,
    transaction: &Transaction,
    at: Timestamp,
    content: &crate::merkle::Hash,
) -> Result<Posted, Refusal> {
    let sequence = book.transactions_count.checked_add(1).ok_or(Rejection::Overflow)?;
    let first_position = book.positions_count.checked_add(1).ok_or(Rejection::Overflow)?;
    for spec in &transaction.opens {
        let account = Account::open(spec, sequence);
        if book.find_account(account.id)?.is_some() {
            return Err(Rejection::AccountExists(account.id).into());
        }
        book.set_account(account);
    }
    for (index, leg) in numbered(&transaction.legs) {
        let transfer = TransferRef { transaction: transaction.id, leg: index };
        post_leg(book, transfer, leg, at).map_err(|rejection| Refusal { leg: Some(index), rejection })?;
    }
    for (account, status) in &transaction.statuses {
        let mut account = *book.find_account(*account)?.ok_or(Rejection::AccountNotFound(*account))?;
        if account.status == AccountStatus::Closed {
            return Err(Rejection::AccountClosed(account.id).into());
        }
        let empty = account.posted == 0 && account.held == 0 && account.incoming == 0;
        if *status == AccountStatus::Closed && !empty {
            return Err(Rejection::AccountNotEmpty(account.id).into());
        }
        account.status = *status;
        book.set_account(account);
        book.push_status(StatusChange { sequence, account: account.id, status: *status });
    }
    book.push_transaction(TransactionRow {
        id: transaction.id,
        sequence,
        at,
        code: transaction.code,
        reference: transaction.reference,
        first_position,
        legs: u16::try_from(transaction.legs.len()).map_err(|_| Rejection::TooManyLegs)?,
        leaf: canonical::leaf_hash(sequence, at, content),
    });
    Ok(Posted { sequence, first_position, already: false })
}

fn post_leg(book: &mut Book, transfer: TransferRef, leg: &Leg, at: Timestamp) -> Result<(), Rejection> {
    let debit = *book.find_account(leg.debit)?.ok_or(Rejection::AccountNotFound(leg.debit))?;
    let credit = *book.find_account(leg.credit)?.ok_or(Rejection::AccountNotFound(leg.credit))?;
    let currency = leg.amount.currency();
    if debit.currency != currency || credit.currency != currency {
        return Err(Rejection::CurrencyMismatch { leg: transfer.leg });
    }
    let position = book.positions_count.checked_add(1).ok_or(Rejection::Overflow)?;
    let effect = Effect::of(book, transfer, leg, at, position)?;
    let (debit, credit) = match (effect.on_debit(&debit, position), effect.on_credit(&credit, position)) {
        (Ok(debit), Ok(credit)) => (debit, credit),
        (Err(one), Err(other)) if other.precedence() < one.precedence() => return Err(other),
        (Err(rejection), _) | (_, Err(rejection)) => return Err(rejection),
    };
    book.push_leg(LegRow { position, transfer, leg: *leg, debit_entry: debit.1, credit_entry: credit.1 });
    book.set_account(debit.0);
    book.set_account(credit.0);
    Ok(())
}

/// An account after an entry, and the entry.
type Entered = (Account, AccountEntry);
