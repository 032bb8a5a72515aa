//! Settlements: what a merchant was paid becomes available on its due date.

use super::{Context, Declined, EVENT_LANGUAGE, cases};
use crate::cases::{CaseKind, CaseReason};
use crate::postings::{self, Account};
use crate::tables::{Settlement, SettlementId, SettlementSchedule};
use crate::view::SettlementView;
use crate::{Reply, Stop};
use makegood_base::Timestamp;
use makegood_ledger::{AccountId, TransactionId};
use makegood_merchants::{SettlementStatus, next_cut_off};
use makegood_money::Money;

/// The days of a pending account that a movement has just opened: so no payment has to look for them.
pub(super) fn begin(context: &mut Context<'_>, pending: Account) -> Result<(), Stop> {
    let cut_off = next_cut_off(context.now, context.settings.settlement_cut_off);
    let schedule = SettlementSchedule::begin(pending.id(), pending.owner.into(), pending.currency, cut_off);
    context.facts.settlement_schedules.add(schedule)
}

/// Ends a day. `paid_minor` is what the journal says that was paid in before its end; it never changes any more.
pub(super) fn close_day(
    context: &mut Context<'_>,
    account: AccountId,
    cut_off: Timestamp,
    paid_minor: i64,
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut schedule = schedule_of(context, account)?;
    let found = context.facts.merchants.get(&schedule.merchant)?;
    let merchant = found.ok_or_else(|| Stop::Broken(format!("{} is missing", schedule.merchant)))?;
    let days = merchant.settlement_days;
    let id = context.ids.make();
    let settlement = schedule.close_day(id, cut_off, paid_minor, days, context.now);
    context.facts.settlement_schedules.set(schedule)?;
    settlement.map_or(Ok(()), |settlement| context.facts.settlements.add(settlement))?;
    Ok(Reply::empty())
}

/// Makes a settlement that is due. One that is made later than it may, or that the ledger does not take, is overdue:
/// the merchant is told, and staff.
pub(super) fn settle(context: &mut Context<'_>, id: SettlementId) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let found = context.facts.settlements.get(&id)?;
    let mut settlement = found.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?.clone();
    if settlement.next_deadline().is_none_or(|due| context.now < due) {
        return Ok(Reply::empty());
    }
    let before = schedule_of(context, settlement.schedule)?;
    let minor = before.owed_minor(&settlement);
    let declined = match minor {
        0 => false,
        _ => {
            let amount = Money::new(minor, settlement.currency);
            let movement = postings::settlement(settlement.merchant, amount);
            match context.post(movement, transaction(id), id.raw()) {
                Ok(()) => false,
                Err(Declined::Code(_)) => true,
                Err(Declined::Stop(stop)) => return Err(stop),
            }
        }
    };
    let is_late = context.now > settlement.due_at.plus(context.settings.settlement_grace);
    if (declined || is_late) && settlement.overdue_at.is_none() {
        settlement.status = SettlementStatus::Overdue;
        settlement.overdue_at = Some(context.now);
        cases::open(context, CaseKind::OverdueSettlement, &id.to_string(), CaseReason::SettlementOverdue)?;
        tell(context, &settlement, &before, "settlement.overdue")?;
    }
    if declined {
        settlement.retry_at = Some(context.now.plus(context.settings.settlement_retry));
        context.facts.settlements.set(settlement)?;
        return Ok(Reply::empty());
    }
    let mut schedule = schedule_of(context, settlement.schedule)?;
    settlement.status = SettlementStatus::Settled;
    settlement.settled_minor = minor;
    settlement.settled_at = Some(context.now);
    schedule.open.retain(|open| *open != id);
    tell(context, &settlement, &schedule, "settlement.settled")?;
    context.facts.settlement_schedules.set(schedule)?;
    context.facts.settlements.set(settlement)?;
    Ok(Reply::empty())
}

/// Notes that something was taken from a pending account.
pub(super) fn taken(context: &mut Context<'_>, pending: Account, minor: i64) -> Result<(), Stop> {
    let mut schedule = schedule_of(context, pending.id())?;
    schedule.take(minor);
    context.facts.settlement_schedules.set(schedule)
}

/// The ledger transaction of a settlement.
pub(crate) fn transaction(settlement: SettlementId) -> TransactionId {
    TransactionId::derive("settlement", settlement.raw())
}

fn schedule_of(context: &Context<'_>, account: AccountId) -> Result<SettlementSchedule, Stop> {
    let found = context.facts.settlement_schedules.get(&account)?;
    found.cloned().ok_or_else(|| Stop::Broken(format!("{account} has no days")))
}

fn tell(
    context: &mut Context<'_>,
    settlement: &Settlement,
    schedule: &SettlementSchedule,
    kind: &str,
) -> Result<(), Stop> {
    let view =
        SettlementView::of(settlement, schedule, context.now, context.settings.livemode, EVENT_LANGUAGE);
    context.tell(settlement.merchant, kind, settlement.id.to_string(), &view)
}
