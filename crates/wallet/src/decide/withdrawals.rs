//! Withdrawals: a user's money goes out to one of their cards.

use super::{Context, outgoing};
use crate::command::NewOutgoing;
use crate::outgoing::{Out, OutgoingId};
use crate::postings::Purse;
use crate::tables::{BankTransfer, WithdrawalId};
use crate::{Code, Reply, Stop};

/// Reserves the money; the bank is asked next.
pub(super) fn create(context: &mut Context<'_>, new: &NewOutgoing) -> Result<Reply, Stop> {
    let user = context.actor.user()?;
    outgoing::create(context, Purse::User(user), user, new)
}

/// Its owner takes it back before it is sent.
pub(super) fn cancel(context: &mut Context<'_>, id: WithdrawalId) -> Result<Reply, Stop> {
    let user = context.actor.user()?;
    let found = Out::get(OutgoingId::Withdrawal(id), context.facts)?;
    let own = found.filter(|out| out.purse == Purse::User(user));
    outgoing::cancel(context, own.ok_or(Stop::from(Code::NotFound))?)
}

/// The bank has sent it back after its yes.
pub(super) fn returned(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    id: WithdrawalId,
) -> Result<(), Stop> {
    outgoing::returned(context, transfer, OutgoingId::Withdrawal(id))
}
