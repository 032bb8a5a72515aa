//! Double entry: every movement takes from one account what it gives to another.

use super::{Books, Direction, POOL, Transfer, VAULT, agreements::ActiveCard, next_number};
use crate::cards::Behaviour;
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Kind, Transaction};

/// What a card has when it is first used, in minor units: enough for any test.
const CARD_OPENING_MINOR: i64 = 100_000_000_000;

/// One movement; without a reference it is an opening.
struct Entry<'a> {
    reference: Option<&'a str>,
    debit: &'a str,
    credit: &'a str,
    amount: Money,
}

impl Books {
    /// Moves a transfer's money. `false` if the account that pays has too little: then nothing moved.
    pub(super) async fn post_transfer(
        &self,
        transaction: &mut Transaction,
        transfer: &Transfer,
        card: &ActiveCard,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let amount = transfer.instruction.amount;
        let currency = amount.currency();
        let card_opening = if card.behaviour == Behaviour::NoFunds { 0 } else { CARD_OPENING_MINOR };
        let pool_opening = self.config.pool_opening.iter().find(|money| money.currency() == currency);
        let pool_opening = pool_opening.map_or(0, |money| money.minor());
        open(transaction, &card.account, Money::new(card_opening, currency), now).await?;
        open(transaction, POOL, Money::new(pool_opening, currency), now).await?;
        let (debit, credit) = match transfer.instruction.direction {
            Direction::In => (card.account.as_str(), POOL),
            Direction::Out => (POOL, card.account.as_str()),
        };
        if balance(transaction, debit, currency).await? < amount.minor() {
            return Ok(false);
        }
        post(transaction, Entry { reference: Some(&transfer.reference), debit, credit, amount }, now).await?;
        Ok(true)
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
        let entry = Entry { reference: None, debit: VAULT, credit: account, amount: opening };
        post(transaction, entry, now).await?;
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

async fn balance(transaction: &mut Transaction, account: &str, currency: Currency) -> Result<i64, Error> {
    let text = "SELECT balance FROM balances WHERE account = $1 AND currency = $2";
    let arguments = vec![account.into(), currency.code().into()];
    let rows = transaction.query(text, arguments, &[Kind::Integer]).await?;
    Fields::new("balances", rows.into_iter().next().unwrap_or_default()).take()
}

async fn post(transaction: &mut Transaction, entry: Entry<'_>, now: Timestamp) -> Result<(), Error> {
    let (minor, currency) = (entry.amount.minor(), entry.amount.currency().code());
    let text = "UPDATE balances SET balance = balance + $3 WHERE account = $1 AND currency = $2";
    for (account, change) in [(entry.debit, -minor), (entry.credit, minor)] {
        transaction.execute(text, vec![account.into(), currency.into(), change.into()]).await?;
    }
    let sequence = next_number(transaction, "entry").await?;
    let text = "INSERT INTO entries (sequence, reference, debit, credit, currency, amount, booked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = vec![
        sequence.into(),
        entry.reference.map(str::to_owned).into(),
        entry.debit.into(),
        entry.credit.into(),
        currency.into(),
        minor.into(),
        now.into(),
    ];
    transaction.execute(text, row).await?;
    Ok(())
}
