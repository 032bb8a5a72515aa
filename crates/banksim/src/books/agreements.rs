//! Agreements: the tokens that stand for a card, usable once the holder gave the code.

use super::{Books, next_number};
use crate::{
    cards::{Behaviour, Card, Holder},
    holder::{HolderCheck, compare},
    problem::Problem,
};
use makegood_base::limits::NAME_LENGTH_MAX;
use makegood_sql::{Error, Fields, Kind, Transaction};
use sha2::{Digest, Sha256};

/// The code that the bank "texts" to every holder.
const CODE: &str = "123456";

/// A new agreement.
pub(crate) struct Linked {
    pub(crate) agreement: String,
    pub(crate) last4: String,
    pub(crate) holder_check: HolderCheck,
}

/// A card behind an agreement that is active.
pub(super) struct ActiveCard {
    pub(super) account: String,
    pub(super) behaviour: Behaviour,
}

impl Books {
    /// Makes an agreement for a card number, to be confirmed with the code.
    pub(crate) async fn link(&self, number: &str, holder_name: &str) -> Result<Linked, Problem> {
        let card = Card::from_number(number).ok_or(Problem::CardNumber)?;
        let name = holder_name_of(holder_name)?;
        let mut transaction = self.ledger.database.begin().await?;
        let registered = registered_name(&mut transaction, &card, name).await?;
        let holder_check = check(card.holder, &registered, name);
        let number = next_number(&mut transaction, "agreement").await?;
        let agreement = agreement_name(self.config().seed, number);
        let text =
            "INSERT INTO agreements (agreement, account, is_active, created_at) VALUES ($1, $2, $3, $4)";
        let row =
            vec![agreement.as_str().into(), card.account.as_str().into(), false.into(), self.now().into()];
        transaction.execute(text, row).await?;
        transaction.commit().await?;
        Ok(Linked { agreement, last4: card.last4, holder_check })
    }

    /// Makes an agreement usable; again has no further effect.
    pub(crate) async fn confirm(&self, agreement: &str, code: &str) -> Result<(), Problem> {
        let mut transaction = self.ledger.database.begin().await?;
        let text = "UPDATE agreements SET is_active = is_active OR $2 WHERE agreement = $1";
        let is_right = code == CODE;
        let known = transaction.execute(text, vec![agreement.into(), is_right.into()]).await?;
        transaction.commit().await?;
        match (known, is_right) {
            (0, _) => Err(Problem::AgreementNotFound),
            (_, false) => Err(Problem::WrongCode),
            (_, true) => Ok(()),
        }
    }
}

impl Books {
    /// Says whether a name is that of the holder of an agreement's card, confirmed or not.
    pub(crate) async fn check_holder(
        &self,
        agreement: &str,
        holder_name: &str,
    ) -> Result<HolderCheck, Problem> {
        let name = holder_name_of(holder_name)?;
        let text = "SELECT cards.account, cards.behaviour, cards.holder_name FROM agreements
            JOIN cards ON cards.account = agreements.account WHERE agreements.agreement = $1";
        let kinds = &[Kind::Text, Kind::Text, Kind::Text];
        let mut transaction = self.ledger.database.read().await?;
        let rows = transaction.query(text, vec![agreement.into()], kinds).await?;
        transaction.rollback().await;
        let row = rows.into_iter().next().ok_or(Problem::AgreementNotFound)?;
        let mut fields = Fields::new("cards", row);
        let account: String = fields.take()?;
        let behaviour = fields.take_as(|name: String| Behaviour::from_name(&name))?;
        let registered: String = fields.take()?;
        Ok(check(Holder::of_account(&account, behaviour), &registered, name))
    }
}

fn holder_name_of(text: &str) -> Result<&str, Problem> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
        return Err(Problem::HolderName);
    }
    Ok(name)
}

fn check(holder: Holder, registered: &str, name: &str) -> HolderCheck {
    match holder {
        Holder::Unavailable => HolderCheck::Unavailable,
        Holder::Anybody => compare(None, name),
        Holder::FirstName => compare(Some(registered), name),
    }
}

/// The card of an agreement; `None` if there is none, or its holder has not confirmed it.
pub(super) async fn active_card(
    transaction: &mut Transaction,
    agreement: &str,
) -> Result<Option<ActiveCard>, Error> {
    let text = "SELECT cards.account, cards.behaviour FROM agreements
        JOIN cards ON cards.account = agreements.account
        WHERE agreements.agreement = $1 AND agreements.is_active";
    let rows = transaction.query(text, vec![agreement.into()], &[Kind::Text, Kind::Text]).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut fields = Fields::new("cards", row);
    let account = fields.take()?;
    let behaviour = fields.take_as(|name: String| Behaviour::from_name(&name))?;
    Ok(Some(ActiveCard { account, behaviour }))
}

/// The name that the card was first linked with, which may be now.
async fn registered_name(transaction: &mut Transaction, card: &Card, name: &str) -> Result<String, Error> {
    let insert =
        "INSERT INTO cards (account, behaviour, holder_name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let row = vec![card.account.as_str().into(), card.behaviour.name().into(), name.into()];
    transaction.execute(insert, row).await?;
    let select = "SELECT holder_name FROM cards WHERE account = $1";
    let rows = transaction.query(select, vec![card.account.as_str().into()], &[Kind::Text]).await?;
    Fields::new("cards", rows.into_iter().next().unwrap_or_default()).take()
}

/// The token of the n-th agreement, which says nothing about the card.
fn agreement_name(seed: u64, number: i64) -> String {
    let digest = Sha256::digest(format!("makegood banksim agreement {seed} {number}"));
    let mut raw = [0; 16];
    raw.copy_from_slice(&digest[..16]);
    format!("agr_{}", makegood_base::encode_suffix(&raw))
}
