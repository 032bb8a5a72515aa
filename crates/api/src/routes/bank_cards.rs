//! Bank cards. The number of a card goes to its bank and nowhere else: it is neither logged nor stored, and
//! only its last four digits come back.

use crate::answer::{Answer, Refused};
use crate::context::{Context, Peer};
use crate::fields::{self, PathId};
use crate::paging::{Page, Params};
use crate::shared::Api;
use crate::write::{Nothing, Write};
use axum::extract::State;
use makegood_banking::{BankCardState, CardCheck};
use makegood_base::BankCardId;
use makegood_wallet::view::{BankCardView, ListView};
use makegood_wallet::{Action, Actor, Code, Needs, Query};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(link, list)).routes(routes!(get, unlink)).routes(routes!(confirm))
}

/// A card to link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBankCard {
    /// The bank, one of `GET /v1/banks`.
    #[schema(example = "simbank")]
    bank: String,
    /// The number of the card, 12 to 19 digits.
    #[schema(example = "6222000000001114")]
    number: String,
    /// The name on the card.
    #[schema(example = "Li Wei")]
    holder_name: String,
}

/// Link a bank card.
///
/// The bank texts a code to the holder; the card pays and receives when the code was said back.
#[utoipa::path(
    post, path = "/v1/me/bank-cards", tag = "Bank cards", request_body = NewBankCard,
    responses((status = 201, description = "Linked, and waiting for the code.", body = BankCardView)),
)]
async fn link(
    State(api): State<Api>,
    Peer(address): Peer,
    write: Write<NewBankCard>,
) -> Result<Answer, Refused> {
    let (user, earlier) = write.user(&api).await?;
    if let Some(answer) = earlier {
        return Ok(answer);
    }
    // Each call tells whether a number is a card's and whose it is, and texts its holder.
    api.count_guess(&user.to_string(), address)?;
    let NewBankCard { bank, number, holder_name } = &write.body;
    if !api.app.settings().banks.contains(bank) {
        return Err(Refused::field(Code::BankUnknown, "bank"));
    }
    // People write numbers in groups, as they stand on the card.
    let number: String = number.chars().filter(|character| *character != ' ').collect();
    let is_number = (12..=19).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Refused::field(Code::CardInvalidNumber, "number"));
    }
    let holder_name = fields::name("holder_name", holder_name)?;
    let action = match api.app.link_card(bank, &number, &holder_name).await {
        Ok(CardCheck { agreement, last4, holder_check }) => {
            Action::LinkBankCard { bank: bank.clone(), agreement, last4, holder_check }
        }
        Err(refusal) => Action::RefuseBankCard { bank_card: None, refusal },
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

/// The code that the bank texted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CardCode {
    /// The code. The simulated bank's is `123456`.
    #[schema(example = "123456")]
    code: String,
}

/// Say back the code that the bank texted.
#[utoipa::path(
    post, path = "/v1/me/bank-cards/{id}/confirm", tag = "Bank cards", request_body = CardCode,
    params(("id" = String, Path, example = "crd_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The card pays and receives.", body = BankCardView)),
)]
async fn confirm(
    State(api): State<Api>,
    Peer(address): Peer,
    PathId(bank_card): PathId<BankCardId>,
    write: Write<CardCode>,
) -> Result<Answer, Refused> {
    let (user, earlier) = write.user(&api).await?;
    if let Some(answer) = earlier {
        return Ok(answer);
    }
    let code = fields::reference("code", &write.body.code)?;
    let facts = api.read(Needs { bank_cards: [bank_card].into(), ..Needs::default() }).await?;
    let own = facts.bank_cards.peek(&bank_card).filter(|card| card.user == user);
    let card = own.ok_or(Refused::from(Code::NotFound))?;
    // A card that is active already has its code behind it: the wallet answers as it stands.
    let mut confirmed = Ok(());
    if card.state == BankCardState::VerificationRequired {
        api.count_guess(&bank_card.to_string(), address)?;
        confirmed = api.app.confirm_card(&card.bank, &card.agreement, &code).await;
    }
    let action = match confirmed {
        Ok(()) => Action::ActivateBankCard { bank_card },
        Err(refusal) => Action::RefuseBankCard { bank_card: Some(bank_card), refusal },
    };
    Ok(api.submit(write.command(&api, action)?).await)
}

/// The caller's cards, newest first, unlinked ones too.
#[utoipa::path(
    get, path = "/v1/me/bank-cards", tag = "Bank cards", params(Page),
    responses((status = 200, description = "A page of cards.", body = ListView<BankCardView>)),
)]
async fn list(
    State(api): State<Api>,
    context: Context,
    Params(page): Params<Page>,
) -> Result<Answer, Refused> {
    let Actor::User(user) = api.actor(&context).await? else { return Err(Code::AuthForbidden.into()) };
    let found = api.app.lists().bank_cards_of_user(user, page.before()?, page.limit()?).await;
    let ids = found.map_err(Refused::unreadable)?;
    let next = page.next(ids.iter())?;
    api.query(&context, Query::BankCards(ids, next)).await
}

/// One of the caller's cards.
#[utoipa::path(
    get, path = "/v1/me/bank-cards/{id}", tag = "Bank cards",
    params(("id" = String, Path, example = "crd_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The card.", body = BankCardView)),
)]
async fn get(
    State(api): State<Api>,
    context: Context,
    PathId(id): PathId<BankCardId>,
) -> Result<Answer, Refused> {
    api.query(&context, Query::BankCard(id)).await
}

/// Take a card away.
#[utoipa::path(
    delete, path = "/v1/me/bank-cards/{id}", tag = "Bank cards",
    params(("id" = String, Path, example = "crd_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "Nothing new goes through the card. What is under way ends as it would.")),
)]
async fn unlink(
    State(api): State<Api>,
    PathId(bank_card): PathId<BankCardId>,
    write: Write<Nothing>,
) -> Result<Answer, Refused> {
    Ok(api.submit(write.command(&api, Action::UnlinkBankCard { bank_card })?).await)
}
