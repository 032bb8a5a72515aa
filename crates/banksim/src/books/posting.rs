//! Double entry: every movement takes from one account what it gives to another.

use super::{Direction, Ledger, Named, POOL, Transfer, VAULT, next_number};
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Kind, Transaction};

/// What a card has when it is first used, in minor units: enough for any test.
const CARD_OPENING_MINOR: i64 = 100_000_000_000;

/// What an entry is of its transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Opening,
    Transfer,
    Return,
    TakenBack,
}

impl Named for EntryKind {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Opening, "opening"),
        (Self::Transfer, "transfer"),
        (Self::Return, "return"),
        (Self::TakenBack, "taken_back"),
    ];
}

/// One movement; without a reference it is an opening.
struct Entry<'a> {
    kind: EntryKind,
    reference: Option<&'a str>,
    debit: &'a str,
    credit: &'a str,
    amount: Money,
}

/// A card's account, and whether it opens with nothing.
pub(super) struct CardAccount<'a> {
    pub(super) account: &'a str,
    pub(super) is_empty: bool,
}

const DEBIT: &str = "UPDATE balances SET balance = balance - $3
    WHERE account = $1 AND currency = $2 AND balance >= $3";
const CHANGE: &str = "UPDATE balances SET balance = balance + $3 WHERE account = $1 AND currency = $2";
const MOVED: &str = "SELECT debit, credit, currency, amount FROM entries
    WHERE reference = $1 AND kind = 'transfer'";

impl Ledger {
    /// Moves a transfer's money. `false` if the account that pays has too little: then nothing moved.
    pub(super) async fn post_transfer(
        &self,
        transaction: &mut Transaction,
        transfer: &Transfer,
        card: CardAccount<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let amount = transfer.amount();
        let (debit, credit) = match transfer.instruction.direction {
            Direction::In => (card.account, POOL),
            Direction::Out => (POOL, card.account),
        };
        let opening = |account: &str| self.opening(account, &card, amount.currency());
        // Most accounts are there: only one that cannot be changed is looked at.
        if !is_debited(transaction, debit, amount).await? {
            open(transaction, debit, opening(debit), now).await?;
            if !is_debited(transaction, debit, amount).await? {
                return Ok(false);
            }
        }
        if change(transaction, credit, amount.currency(), amount.minor()).await? == 0 {
            open(transaction, credit, opening(credit), now).await?;
            change(transaction, credit, amount.currency(), amount.minor()).await?;
        }
        let reference = Some(transfer.reference.as_str());
        let entry = Entry { kind: EntryKind::Transfer, reference, debit, credit, amount };
        write_entry(transaction, &entry, now).await?;
        Ok(true)
    }

    /// Moves a transfer's money back as it came, whatever is left where it went to: a bank takes what it returns.
    pub(super) async fn post_back(
        &self,
        transaction: &mut Transaction,
        reference: &str,
        kind: EntryKind,
        now: Timestamp,
    ) -> Result<(), Error> {
        let kinds = &[Kind::Text, Kind::Text, Kind::Text, Kind::Integer];
        let rows = transaction.query(MOVED, vec![reference.into()], kinds).await?;
        let mut fields = Fields::new("entries", rows.into_iter().next().unwrap_or_default());
        let (debit, credit): (String, String) = (fields.take()?, fields.take()?);
        let currency: Currency = fields.take_as(|code: String| code.parse().ok())?;
        let amount = Money::new(fields.take()?, currency);
        let entry = Entry { kind, reference: Some(reference), debit: &credit, credit: &debit, amount };
        post(transaction, &entry, now).await
    }

    fn opening(&self, account: &str, card: &CardAccount<'_>, currency: Currency) -> Money {
        let minor = if account == POOL {
            let opening = self.config.pool_opening.iter().find(|money| money.currency() == currency);
            opening.map_or(0, |money| money.minor())
        } else if card.is_empty {
            0
        } else {
            CARD_OPENING_MINOR
        };
        Money::new(minor, currency)
    }
}

/// Opens an account in a currency with what it has from the start; again has no effect.
async fn open(
    transaction: &mut Transaction,
    account: &str,
    opening: Money,
    now: Timestamp,
) -> Result<(), Error> {
    if make_account(transaction, account, opening.currency()).await? && opening.minor() > 0 {
        make_account(transaction, VAULT, opening.currency()).await?;
        let kind = EntryKind::Opening;
        let entry = Entry { kind, reference: None, debit: VAULT, credit: account, amount: opening };
        post(transaction, &entry, now).await?;
    }
    Ok(())
}

/// Makes an empty account; whether it was not there before.
async fn make_account(
    transaction: &mut Transaction,
    account: &str,
    currency: Currency,
) -> Result<bool, Error> {
    let text = "INSERT INTO balances (account, currency, balance) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    Ok(transaction.execute(text, vec![account.into(), currency.code().into()]).await? == 1)
}

/// Takes an amount from an account that has it; whether it was there.
async fn is_debited(transaction: &mut Transaction, account: &str, amount: Money) -> Result<bool, Error> {
    let arguments = vec![account.into(), amount.currency().code().into(), amount.minor().into()];
    Ok(transaction.execute(DEBIT, arguments).await? == 1)
}

async fn change(
    transaction: &mut Transaction,
    account: &str,
    currency: Currency,
    minor: i64,
) -> Result<u64, Error> {
    transaction.execute(CHANGE, vec![account.into(), currency.code().into(), minor.into()]).await
}

/// Moves between two accounts that are there.
async fn post(transaction: &mut Transaction, entry: &Entry<'_>, now: Timestamp) -> Result<(), Error> {
    let (minor, currency) = (entry.amount.minor(), entry.amount.currency());
    change(transaction, entry.debit, currency, -minor).await?;
    change(transaction, entry.credit, currency, minor).await?;
    write_entry(transaction, entry, now).await
}

async fn write_entry(transaction: &mut Transaction, entry: &Entry<'_>, now: Timestamp) -> Result<(), Error> {
    let sequence = next_number(transaction, "entry").await?;
    let text = "INSERT INTO entries (sequence, reference, debit, credit, currency, amount, booked_at, kind)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let row = vec![
        sequence.into(),
        entry.reference.map(str::to_owned).into(),
        entry.debit.into(),
        entry.credit.into(),
        entry.amount.currency().code().into(),
        entry.amount.minor().into(),
        now.into(),
        entry.kind.name().into(),
    ];
    transaction.execute(text, row).await?;
    Ok(())
}
