//! What withdrawals and payouts have in common: held, sent, and then in the bank's hands. See
//! [`makegood_payments::Outgoing`] for their states.

use super::{Context, Declined, EVENT_LANGUAGE, bank, cards, cases, payments};
use crate::cases::{CaseKind, CaseReason};
use crate::command::NewOutgoing;
use crate::outgoing::{Out, OutgoingId, reference_kind};
use crate::postings::{Account, Kind, Purse, Stage};
use crate::tables::{BankCard, BankTransfer, UserId};
use crate::texts::{Language, Role};
use crate::view::{HolderCheckView, OutgoingView};
use crate::{Code, Problem, Reply, Settings, Stop};
use makegood_banking::{Direction, FAILURES_MAX, HolderCheck, Outcome};
use makegood_base::RawId;
use makegood_money::Money;
use makegood_payments::{Acknowledged, Outgoing, OutgoingRefused, OutgoingStatus};

impl From<OutgoingRefused> for Stop {
    fn from(refused: OutgoingRefused) -> Self {
        Self::Broken(refused.to_string())
    }
}

/// Reserves the money, and hands it to whoever asks the bank. The card is one of `holder`'s.
pub(super) fn create(
    context: &mut Context<'_>,
    purse: Purse,
    holder: UserId,
    new: &NewOutgoing,
) -> Result<Reply, Stop> {
    let (kind, owner, client_ref) = (reference_kind(purse), purse.owner(), new.client_ref.as_deref());
    if let Some(raw) = context.referenced::<RawId>(kind, owner, client_ref)? {
        let out = of(context, OutgoingId::of(purse, raw))?;
        return Reply::json(202, &view(context, &out, context.language())?);
    }
    let before = cards::active_card_of(context, holder, new.bank_card)?;
    let mut card = before.clone();
    let acknowledged = check_payee(context, &mut card, new)?;
    let raw = context.ids.next_raw();
    let id = OutgoingId::of(purse, raw);
    let transfer = payments::bank_transfer(context, card.id, Direction::Out, id.purpose(), new.amount)?;
    let body = Outgoing {
        bank_card: card.id,
        amount: new.amount,
        fee_minor: fee_minor(purse, new.amount, context.settings)?,
        status: OutgoingStatus::Held,
        failure: None,
        causes: Vec::new(),
        client_ref: new.client_ref.clone(),
        bank_transfer: transfer.id,
        acknowledged,
        created_at: context.now,
        sent_at: None,
        final_at: None,
        returned_at: None,
    };
    let out = Out { id, purse, body };
    let (movement, transaction) = out.movement(&card.bank, Stage::Held);
    match context.post_new(movement, transaction, raw) {
        Ok(()) => {}
        Err(Declined::Code(code)) => return Err(code.into()),
        Err(Declined::Stop(stop)) => return Err(stop),
    }
    context.take_reference(kind, owner, client_ref, raw)?;
    if card != before {
        context.facts.bank_cards.set(card)?;
    }
    context.facts.bank_transfers.add(transfer)?;
    out.clone().put(context.facts)?;
    Reply::json(202, &view(context, &out, context.language())?)
}

/// What it costs a user; a merchant pays for its payments, and not for having them paid out.
fn fee_minor(purse: Purse, amount: Money, settings: &Settings) -> Result<i64, Stop> {
    match purse {
        Purse::Merchant(_) => Ok(0),
        Purse::User(_) => {
            let share = makegood_money::basis_points_of(amount, settings.withdrawal_fee_basis_points);
            let share = share.map_err(|error| Stop::Broken(error.to_string()))?;
            Ok(share.minor().max(settings.withdrawal_fee_minor_min))
        }
    }
}

/// Checks the card's holder (A1.5). What the bank says that is not a match has to be accepted, in its own word, and
/// is kept as evidence with the words that were shown. A bank's word that is too old is none.
fn check_payee(
    context: &Context<'_>,
    card: &mut BankCard,
    new: &NewOutgoing,
) -> Result<Option<Acknowledged>, Stop> {
    if let Some(check) = new.check {
        card.holder_check = check;
        card.holder_checked_at = context.now;
    } else if context.now.since(card.holder_checked_at) > context.settings.holder_check_age_max {
        card.holder_check = HolderCheck::Unavailable;
    }
    if !card.needs_acknowledgement() {
        return Ok(None);
    }
    let shown = HolderCheckView::of(card.holder_check, context.language());
    if new.acknowledge != Some(card.holder_check) {
        let mut problem = Problem::new(Code::CardHolderUnconfirmed).field("acknowledge");
        problem.holder_check = Some(shown);
        return Err(problem.into());
    }
    card.acknowledged = Some(card.holder_check);
    Ok(Some(Acknowledged { check: shown.result.to_owned(), words: shown.words.to_owned(), at: context.now }))
}

/// The withdrawal or the payout, which is there.
pub(super) fn of(context: &Context<'_>, id: OutgoingId) -> Result<Out, Stop> {
    Out::get(id, context.facts)?.ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}

/// Takes it back before it is sent. Whoever asks may.
pub(super) fn cancel(context: &mut Context<'_>, mut out: Out) -> Result<Reply, Stop> {
    match out.body.status {
        OutgoingStatus::Cancelled => {}
        OutgoingStatus::Held => {
            let mut transfer = bank::transfer_of(context, out.body.bank_transfer)?;
            if !matches!(
                transfer.start_reversing(context.now, &context.settings.schedule),
                Outcome::Refused(_)
            ) {
                return Err(Stop::Broken(format!("{} was sent before it was", transfer.id)));
            }
            out.body.cancel(context.now)?;
            post(context, &out, &transfer, Stage::Released)?;
            context.facts.bank_transfers.set(transfer)?;
            save(context, out.clone(), "cancelled")?;
        }
        _ => {
            let mut problem = Problem::new(Code::WithdrawalNotCancellable);
            problem.safe_to_pay_again = out.body.status.is_back();
            return Err(problem.into());
        }
    }
    Reply::json(200, &view(context, &out, context.language())?)
}

fn post(context: &mut Context<'_>, out: &Out, transfer: &BankTransfer, stage: Stage) -> Result<(), Stop> {
    let (movement, transaction) = out.movement(&transfer.bank, stage);
    bank::post(context, movement, transaction, out.id.raw())
}

/// A worker takes its first turn at the transfer, or the bank tells of it by itself: whatever comes, the bank may
/// have been asked. What was sent before stays as it is.
pub(super) fn began(context: &mut Context<'_>, transfer: &BankTransfer, id: OutgoingId) -> Result<(), Stop> {
    let mut out = of(context, id)?;
    if out.body.status != OutgoingStatus::Held {
        return Ok(());
    }
    out.body.send(context.now)?;
    post(context, &out, transfer, Stage::Sent)?;
    out.put(context.facts)
}

/// The bank did not answer, or otherwise than it was asked: the money stays in transit. What has its end keeps it.
pub(super) fn became_unknown(context: &mut Context<'_>, id: OutgoingId) -> Result<(), Stop> {
    let mut out = of(context, id)?;
    if out.body.status != OutgoingStatus::Sent {
        return Ok(());
    }
    out.body.lose_sight()?;
    save(context, out, "unknown")
}

/// The bank has executed it.
pub(super) fn completed(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: OutgoingId,
) -> Result<(), Stop> {
    let mut out = of(context, id)?;
    let mut card = card_of(context, &out)?;
    // What failed before is over, unless the bank sends this back.
    let causes = std::mem::take(&mut card.failures);
    if !causes.is_empty() {
        context.facts.bank_cards.set(card)?;
    }
    out.body.complete(causes, context.now)?;
    post(context, &out, transfer, Stage::Completed)?;
    save(context, out, "completed")
}

/// The bank has refused it: all of the money is available again.
pub(super) fn failed(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: OutgoingId,
    code: &str,
) -> Result<(), Stop> {
    let mut out = of(context, id)?;
    let causes = remember_failure(context, &out, code)?;
    out.body.fail(causes, context.now)?;
    give_back(context, &out, transfer)?;
    note_repetition(context, &out)?;
    save(context, out, "failed")
}

/// Gives back the amount and the fee: what the float does not have of the fee any more is unexplained, and a person
/// has to cover it.
fn give_back(context: &mut Context<'_>, out: &Out, transfer: &BankTransfer) -> Result<(), Stop> {
    let (fee, currency) = (out.body.fee_minor, out.body.amount.currency());
    let float = if fee > 0 { context.available(&Account::ours(Kind::Float, currency))? } else { 0 };
    let short = fee.saturating_sub(float.max(0)).max(0);
    if short == 0 {
        return post(context, out, transfer, Stage::Failed);
    }
    let (movement, transaction) = out.failed_short(&transfer.bank, short);
    bank::post(context, movement, transaction, out.id.raw())?;
    let object = transfer.id.to_string();
    cases::open(context, CaseKind::Contradiction, &object, CaseReason::ReturnShort).map(|_| ())
}

/// The bank has sent it back after its yes: the money is available again. What came back already stays as it is;
/// of what was paid late its owner has the money, and what was unexplained is explained.
pub(super) fn returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: OutgoingId,
) -> Result<(), Stop> {
    let mut out = of(context, id)?;
    match out.body.status {
        OutgoingStatus::Returned => return Ok(()),
        OutgoingStatus::Failed | OutgoingStatus::Cancelled => {
            return post(context, &out, transfer, Stage::LateReturned);
        }
        _ => {}
    }
    let causes = remember_failure(context, &out, Code::BankReturned.as_str())?;
    out.body.come_back(causes, context.now)?;
    post(context, &out, transfer, Stage::Returned)?;
    note_repetition(context, &out)?;
    save(context, out, "returned")
}

/// The bank has executed what it had refused, when the money was available again. It is booked as unexplained, and
/// a person has to look: nobody takes money from an owner by himself.
pub(super) fn paid_late(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: OutgoingId,
) -> Result<(), Stop> {
    let out = of(context, id)?;
    post(context, &out, transfer, Stage::PaidLate)?;
    cases::open(context, CaseKind::Contradiction, &id.to_string(), CaseReason::PaidAfterRefusal)?;
    save(context, out, "needs_action")
}

fn card_of(context: &Context<'_>, out: &Out) -> Result<BankCard, Stop> {
    let id = out.body.bank_card;
    let found = context.facts.bank_cards.get(&id)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}

/// Remembers with the card that this failed; answers all that failed since money last arrived there. What had
/// failed before something that arrived, and came back, counts again.
fn remember_failure(context: &mut Context<'_>, out: &Out, code: &str) -> Result<Vec<String>, Stop> {
    let mut card = card_of(context, out)?;
    let since = std::mem::take(&mut card.failures);
    for earlier in out.body.causes.iter().chain(&since) {
        card.remember_failure(earlier);
    }
    card.remember_failure(code);
    let causes = card.failures.clone();
    context.facts.bank_cards.set(card)?;
    Ok(causes)
}

/// Opens a case for what fails again and again (A5.7): for the second that failed, the fourth, and so on. Its causes
/// stand with what failed.
fn note_repetition(context: &mut Context<'_>, out: &Out) -> Result<(), Stop> {
    let threshold = context.settings.withdrawal_failures_case.clamp(1, FAILURES_MAX);
    if !out.body.causes.len().is_multiple_of(threshold) {
        return Ok(());
    }
    let reason = match out.id {
        OutgoingId::Withdrawal(_) => CaseReason::WithdrawalFailedAgain,
        OutgoingId::Payout(_) => CaseReason::PayoutFailedAgain,
    };
    cases::open(context, CaseKind::RepeatedFailure, &out.id.to_string(), reason).map(|_| ())
}

/// Keeps what became of it, and tells its owner.
fn save(context: &mut Context<'_>, out: Out, what: &str) -> Result<(), Stop> {
    tell_of(context, &out, what)?;
    out.put(context.facts)
}

/// Tells its owner of it as it is now.
pub(super) fn tell(context: &mut Context<'_>, id: OutgoingId, what: &str) -> Result<(), Stop> {
    let out = of(context, id)?;
    tell_of(context, &out, what)
}

fn tell_of(context: &mut Context<'_>, out: &Out, what: &str) -> Result<(), Stop> {
    let view = view(context, out, EVENT_LANGUAGE)?;
    context.tell(out.purse, &out.id.event(what), out.id.to_string(), &view)
}

#[cfg(test)]
mod tests;

/// Its owner reads it as their own business, whichever of the two it is.
fn view(context: &Context<'_>, out: &Out, language: Language) -> Result<OutgoingView, Stop> {
    OutgoingView::of(out, context.facts, Role::Payer, context.settings.livemode, language)
}
