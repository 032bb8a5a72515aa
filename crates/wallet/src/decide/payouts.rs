//! Payouts: what is available to a merchant goes out to a card of its owner.

use super::{Context, merchants, outgoing};
use crate::command::NewOutgoing;
use crate::outgoing::{Out, OutgoingId, merchant_of};
use crate::postings::Purse;
use crate::tables::{BankTransfer, MerchantId, PayoutId};
use crate::{Actor, Code, Reply, Stop};

/// Reserves the money; the bank is asked next.
pub(super) fn create(
    context: &mut Context<'_>,
    merchant: MerchantId,
    new: &NewOutgoing,
) -> Result<Reply, Stop> {
    let merchant = merchants::acting_merchant(context, Some(merchant))?;
    outgoing::create(context, Purse::Merchant(merchant.id), merchant.owner, new)
}

/// The merchant takes it back before it is sent.
pub(super) fn cancel(context: &mut Context<'_>, id: PayoutId) -> Result<Reply, Stop> {
    if context.actor == Actor::Anonymous {
        return Err(Code::AuthRequired.into());
    }
    let out = Out::get(OutgoingId::Payout(id), context.facts)?.ok_or(Stop::from(Code::NotFound))?;
    let merchant = match merchant_of(out.purse) {
        Some(id) => context.facts.merchants.get(&id)?,
        None => None,
    };
    if merchant.is_none_or(|merchant| !context.actor.acts_for(merchant)) {
        return Err(Code::NotFound.into());
    }
    outgoing::cancel(context, out)
}

/// The bank has sent it back after its yes.
pub(super) fn returned(context: &mut Context<'_>, transfer: &BankTransfer, id: PayoutId) -> Result<(), Stop> {
    outgoing::returned(context, transfer, OutgoingId::Payout(id))
}
