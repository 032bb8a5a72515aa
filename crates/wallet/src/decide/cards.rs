//! Bank cards, and the top-ups that come from them.

use super::{Context, payments};
use crate::tables::{BankCard, LookupKind, TopUp, UserId};
use crate::texts::Role;
use crate::view::{BankCardView, TopUpView};
use crate::{Code, Problem, Reply, Stop};
use makegood_banking::{BankCardState, CardRefusal, Direction, HolderCheck, Purpose};
use makegood_base::BankCardId;
use makegood_money::Money;
use makegood_payments::TopUpStatus;

/// Links a card. It neither pays nor receives until its holder says the code back.
pub(super) fn link(
    context: &mut Context<'_>,
    bank: &str,
    agreement: &str,
    last4: &str,
    holder_check: HolderCheck,
) -> Result<Reply, Stop> {
    let user = context.actor.user()?;
    if !context.settings.banks.iter().any(|known| known == bank) {
        return Err(Problem::new(Code::BankUnknown).field("bank").into());
    }
    let card = BankCard {
        id: context.ids.make(),
        user,
        bank: bank.to_owned(),
        agreement: agreement.to_owned(),
        last4: last4.to_owned(),
        holder_check,
        holder_checked_at: context.now,
        acknowledged: None,
        failures: Vec::new(),
        state: BankCardState::VerificationRequired,
        created_at: context.now,
    };
    let view = BankCardView::of(&card, context.settings.livemode);
    context.facts.bank_cards.add(card)?;
    Reply::json(201, &view)
}

fn own_card(context: &Context<'_>, id: BankCardId) -> Result<BankCard, Stop> {
    card_of(context, context.actor.user()?, id)
}

fn card_of(context: &Context<'_>, user: UserId, id: BankCardId) -> Result<BankCard, Stop> {
    let found = context.facts.bank_cards.get(&id)?.filter(|card| card.user == user);
    Ok(found.ok_or(Stop::from(Code::NotFound))?.clone())
}

/// The caller's own card, if it pays and receives. Nobody would carry out what is asked of a bank that this server
/// does not know any more: that is refused before anything is begun.
pub(super) fn active_card(context: &Context<'_>, id: BankCardId) -> Result<BankCard, Stop> {
    active_card_of(context, context.actor.user()?, id)
}

/// This user's card, as [`active_card`].
pub(super) fn active_card_of(context: &Context<'_>, user: UserId, id: BankCardId) -> Result<BankCard, Stop> {
    let card = card_of(context, user, id)?;
    if card.state != BankCardState::Active {
        return Err(Code::CardNotActive.into());
    }
    if context.settings.banks.contains(&card.bank) { Ok(card) } else { Err(Code::BankUnavailable.into()) }
}

/// The bank has taken the code: the card is active. A card that was unlinked stays so.
pub(super) fn activate(context: &mut Context<'_>, id: BankCardId) -> Result<Reply, Stop> {
    let mut card = own_card(context, id)?;
    match card.state {
        BankCardState::Active => {}
        BankCardState::Unlinked => return Err(Code::CardNotActive.into()),
        BankCardState::VerificationRequired => {
            card.state = BankCardState::Active;
            context.facts.bank_cards.set(card.clone())?;
        }
    }
    Reply::json(200, &BankCardView::of(&card, context.settings.livemode))
}

/// The bank has refused. Where the card has become active in the meantime, by another request with the right code,
/// that is the answer.
pub(super) fn refuse(
    context: &mut Context<'_>,
    id: Option<BankCardId>,
    refusal: CardRefusal,
) -> Result<Reply, Stop> {
    context.actor.user()?;
    if let Some(card) = id.map(|id| own_card(context, id)).transpose()?
        && card.state == BankCardState::Active
    {
        return Reply::json(200, &BankCardView::of(&card, context.settings.livemode));
    }
    Err(match refusal {
        CardRefusal::InvalidNumber => Problem::new(Code::CardInvalidNumber).field("number").into(),
        CardRefusal::WrongCode => Problem::new(Code::CardWrongCode).field("code").into(),
        // The bank has forgotten the card: it has to be linked anew.
        CardRefusal::UnknownAgreement => Code::CardNotActive.into(),
        CardRefusal::NoAnswer => Code::BankUnavailable.into(),
    })
}

/// Takes a card away: nothing new goes through it. What is under way ends as it would, refunds too.
pub(super) fn unlink(context: &mut Context<'_>, id: BankCardId) -> Result<Reply, Stop> {
    let mut card = own_card(context, id)?;
    if card.state != BankCardState::Unlinked {
        card.state = BankCardState::Unlinked;
        context.facts.bank_cards.set(card)?;
    }
    Ok(Reply::empty())
}

/// Asks a card's bank for money. Nothing is posted before the bank says yes.
pub(super) fn top_up(
    context: &mut Context<'_>,
    amount: Money,
    card: BankCardId,
    client_ref: Option<&str>,
) -> Result<Reply, Stop> {
    let user = context.actor.user()?;
    if let Some(id) = context.referenced(LookupKind::TopUpRef, user.raw(), client_ref)? {
        let found = context.facts.top_ups.get(&id)?;
        let top_up = found.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?.clone();
        return answer(context, &top_up);
    }
    let row = active_card(context, card)?;
    if context.settings.outlooks.of(&row.bank).is_down {
        // Nothing is begun that would only wait.
        return Err(Problem::new(Code::SourceUnavailable).field("bank_card").into());
    }
    let id = context.ids.make();
    let transfer = payments::bank_transfer(context, card, Direction::In, Purpose::TopUp(id), amount)?;
    let top_up = TopUp {
        id,
        user,
        bank_card: card,
        amount,
        status: TopUpStatus::Processing,
        failure: None,
        client_ref: client_ref.map(str::to_owned),
        bank_transfer: transfer.id,
        late_return: None,
        created_at: context.now,
        final_at: None,
    };
    context.take_reference(LookupKind::TopUpRef, user.raw(), client_ref, id.raw())?;
    context.facts.bank_transfers.add(transfer)?;
    context.facts.top_ups.add(top_up.clone())?;
    answer(context, &top_up)
}

fn answer(context: &Context<'_>, top_up: &TopUp) -> Result<Reply, Stop> {
    let livemode = context.settings.livemode;
    Reply::json(202, &TopUpView::of(top_up, context.facts, Role::Payer, livemode, context.language())?)
}
