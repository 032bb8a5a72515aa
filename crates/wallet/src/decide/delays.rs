//! What takes longer than was promised: whoever waits is told, and after a day a person looks.

use super::bank::{BankAlert, became_unknown, tell_alert, top_up_of, transfer_of};
use super::{Context, EVENT_LANGUAGE, cases, outgoing, payments, refunds};
use crate::cases::{CaseKind, CaseReason};
use crate::outgoing::OutgoingId;
use crate::tables::{BankTransfer, BankTransferId, MaintenanceId};
use crate::texts::Role;
use crate::view::TopUpView;
use crate::{Reply, Stop};
use makegood_banking::{Direction, Purpose};
use makegood_base::Timestamp;

/// A worker puts a turn off, because the bank is not there. Whoever else was at it in the meantime has not.
pub(super) fn postpone(
    context: &mut Context<'_>,
    id: BankTransferId,
    until: Option<(Timestamp, MaintenanceId)>,
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut transfer = transfer_of(context, id)?;
    let (was_unknown, promised) = (transfer.is_unknown(), transfer.expected_by);
    if !transfer.postpone(until, context.now, &context.settings.schedule) {
        return Ok(Reply::empty());
    }
    note_incident(context, &mut transfer);
    let noted = note(context, &mut transfer);
    context.facts.bank_transfers.set(transfer.clone())?;
    if transfer.is_unknown() && !was_unknown {
        became_unknown(context, &transfer)?;
    }
    if transfer.expected_by > promised && !noted.is_delayed {
        // A window moves the promise: that is told, like a promise that was broken.
        tell_delay(context, &transfer)?;
    }
    let alert = act(context, &transfer, noted)?;
    alert.map_or(Ok(Reply::empty()), |alert| Reply::json(200, &alert))
}

/// What was noted of a transfer that is not over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Noted {
    is_delayed: bool,
    is_overdue: bool,
}

/// Notes what became too late by now; the transfer is to be written.
pub(super) fn note(context: &Context<'_>, transfer: &mut BankTransfer) -> Noted {
    let schedule = &context.settings.schedule;
    if let Some(expected_in) = context.settings.outlooks.of(&transfer.bank).expected_in {
        // Where the bank has become slower for all, that is known before the promise is broken.
        transfer.promise(transfer.created_at.plus(expected_in));
    }
    Noted {
        is_delayed: transfer.note_delay(context.now, schedule).is_some(),
        is_overdue: transfer.note_overdue(context.now, schedule),
    }
}

/// Notes what is wrong at the bank now.
pub(super) fn note_incident(context: &Context<'_>, transfer: &mut BankTransfer) {
    if let Some(incident) = context.settings.outlooks.of(&transfer.bank).incident {
        transfer.note_incident(incident);
    }
}

/// Does what follows from what was noted, once the transfer is written.
pub(super) fn act(
    context: &mut Context<'_>,
    transfer: &BankTransfer,
    noted: Noted,
) -> Result<Option<BankAlert>, Stop> {
    if noted.is_delayed {
        tell_delay(context, transfer)?;
    }
    if !noted.is_overdue {
        return Ok(None);
    }
    cases::open(context, CaseKind::Delayed, &transfer.id.to_string(), CaseReason::BankSilent)?;
    tell_alert(context, transfer, BankAlert::Overdue).map(Some)
}

/// Tells payer and payee that it takes longer, and by when it is expected now.
fn tell_delay(context: &mut Context<'_>, transfer: &BankTransfer) -> Result<(), Stop> {
    match transfer.purpose {
        Purpose::Payment(id) => {
            let payment = payments::payment_of(context, id)?;
            payments::tell(context, &payment, "payment.delayed")
        }
        Purpose::Refund(id) => {
            let found = context.facts.refunds.get(&id)?;
            let refund = found.cloned().ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
            refunds::tell(context, &refund, "refund.delayed")
        }
        Purpose::TopUp(id) => {
            let top_up = top_up_of(context, id)?;
            let kind = match transfer.direction {
                Direction::In => "top_up.delayed",
                Direction::Out => "top_up.return_delayed",
            };
            let livemode = context.settings.livemode;
            let view = TopUpView::of(&top_up, context.facts, Role::Payer, livemode, EVENT_LANGUAGE)?;
            context.tell(top_up.user, kind, top_up.id.to_string(), &view)
        }
        Purpose::Withdrawal(id) => outgoing::tell(context, OutgoingId::Withdrawal(id), "delayed"),
        Purpose::Payout(id) => outgoing::tell(context, OutgoingId::Payout(id), "delayed"),
    }
}
