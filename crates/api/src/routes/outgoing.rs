//! What withdrawals and payouts have in common: their body, and the question to the card's bank before them.

use crate::answer::Refused;
use crate::fields::{self, AmountBody};
use crate::shared::Api;
use crate::strict::object;
use makegood_banking::{BankCardState, HolderCheck};
use makegood_base::{BankCardId, UserId};
use makegood_wallet::texts::Reason;
use makegood_wallet::{Needs, NewOutgoing};
use serde::Deserialize;
use std::net::IpAddr;

/// Money to send to a card.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OutgoingBody {
    /// How much the card is to get.
    #[serde(deserialize_with = "object")]
    amount: AmountBody,
    /// To which card, `crd_…`. A payout goes to a card of the merchant's owner.
    #[schema(example = "crd_01h455vb4pex5vsknk084sn02q")]
    bank_card: String,
    /// Your own reference, unique for ever: the same again is the same.
    client_ref: Option<String>,
    /// The name on the card, which its bank may be asked about; the card owner's own name, when it does not say.
    holder_name: Option<String>,
    /// What you read in `holder_check` of a refusal and accept: `close_match`, `no_match` or `unavailable`.
    acknowledge: Option<String>,
}

impl OutgoingBody {
    /// What is wanted of the wallet, before the bank was asked.
    pub(super) fn wanted(&self) -> Result<NewOutgoing, Refused> {
        Ok(NewOutgoing {
            amount: self.amount.money("amount")?,
            bank_card: fields::id("bank_card", &self.bank_card)?,
            client_ref: fields::optional(fields::reference, "client_ref", self.client_ref.as_deref())?,
            check: None,
            acknowledge: fields::optional(acknowledgement, "acknowledge", self.acknowledge.as_deref())?,
        })
    }

    /// What the card's bank says of its holder now; nothing where it need not be asked, or where the wallet refuses
    /// the card. A bank that does not answer cannot say.
    pub(super) async fn holder_check(
        &self,
        api: &Api,
        owner: UserId,
        bank_card: BankCardId,
        address: IpAddr,
    ) -> Result<Option<HolderCheck>, Refused> {
        let name = fields::optional(fields::name, "holder_name", self.holder_name.as_deref())?;
        let needs = Needs { bank_cards: [bank_card].into(), users: [owner].into(), ..Needs::default() };
        let facts = api.read(needs).await?;
        let card = facts.bank_cards.peek(&bank_card);
        let own = card.filter(|card| card.user == owner && card.state == BankCardState::Active);
        let Some(card) = own else { return Ok(None) };
        let (now, age_max) = (api.app.clock().now(), api.app.settings().holder_check_age_max);
        if !card.needs_holder_check(now, age_max) {
            return Ok(None);
        }
        // Each question tells whether a name is the holder's.
        api.count_guess(&bank_card.to_string(), address)?;
        let display_name = facts.users.peek(&owner).map(|user| user.display_name.clone());
        let name = name.or(display_name).unwrap_or_default();
        Ok(Some(api.app.check_holder(&card.bank, &card.agreement, &name).await))
    }
}

/// What can be accepted of what a bank says.
fn acknowledgement(field: &str, text: &str) -> Result<HolderCheck, Refused> {
    match text {
        "close_match" => Ok(HolderCheck::CloseMatch),
        "no_match" => Ok(HolderCheck::NoMatch),
        "unavailable" => Ok(HolderCheck::Unavailable),
        _ => {
            let accepted = vec!["close_match", "no_match", "unavailable"];
            Err(Refused::invalid(field, Reason::NotAccepted { accepted }))
        }
    }
}
