//! When a bank is not there, and what is wrong with it: maintenance windows and incidents, from the bank or from our
//! staff.

use super::{Context, Owner};
use crate::tables::{Incident, IncidentId, Lookup, LookupKey, LookupKind, MaintenanceId, MaintenanceWindow};
use crate::texts::Reason;
use crate::view::{IncidentView, MaintenanceView};
use crate::{Code, Problem, Reply, Stop};
use makegood_banking::PlannedWindow;
use makegood_base::Timestamp;

/// The name of a bank's own window.
pub(crate) fn window_key(bank: &str, window: &str) -> LookupKey {
    LookupKey { kind: LookupKind::BankWindow, owner: [0; 16], name: format!("{bank} {window}") }
}

/// The windows that a bank plans: new ones are kept, changed ones are changed, and what it names no more is called
/// off.
pub(super) fn record_maintenance(
    context: &mut Context<'_>,
    bank: &str,
    planned: &[PlannedWindow],
    known: &[MaintenanceId],
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let mut named = Vec::new();
    for window in planned {
        named.push(keep_window(context, bank, window)?);
    }
    for id in known.iter().filter(|id| !named.contains(id)) {
        let Some(mut row) = context.facts.maintenance_windows.get(id)?.cloned() else { continue };
        if row.bank == bank && row.bank_window.is_some() && row.is_open(context.now) {
            row.ended_at = Some(context.now);
            context.facts.maintenance_windows.set(row)?;
        }
    }
    Ok(Reply::empty())
}

fn keep_window(context: &mut Context<'_>, bank: &str, window: &PlannedWindow) -> Result<MaintenanceId, Stop> {
    let key = window_key(bank, &window.id);
    let PlannedWindow { starts_at, ends_at, description, .. } = window.clone();
    let known = context.facts.lookups.get(&key)?.map(|row| MaintenanceId::from_raw(row.target));
    let Some(id) = known else {
        let id: MaintenanceId = context.ids.make();
        context.facts.lookups.set(Lookup { id: key, target: id.raw(), fingerprint: [0; 32] })?;
        context.facts.maintenance_windows.add(MaintenanceWindow {
            id,
            bank: bank.to_owned(),
            bank_window: Some(window.id.clone()),
            starts_at,
            ends_at,
            description,
            created_at: context.now,
            ended_at: None,
        })?;
        return Ok(id);
    };
    let row = context.facts.maintenance_windows.get(&id)?.cloned();
    let before = row.ok_or_else(|| Stop::Broken(format!("{id} is missing")))?;
    let after = MaintenanceWindow { starts_at, ends_at, description, ..before.clone() };
    if after != before {
        context.facts.maintenance_windows.set(after)?;
    }
    Ok(id)
}

/// Staff set a window.
pub(super) fn set_maintenance(
    context: &mut Context<'_>,
    bank: &str,
    (starts_at, ends_at): (Timestamp, Timestamp),
    description: &str,
) -> Result<Reply, Stop> {
    context.actor.must_be_staff()?;
    must_be_a_bank(context, bank)?;
    if ends_at <= starts_at || ends_at <= context.now {
        return Err(Problem::new(Code::RequestInvalid).field("ends_at").because(Reason::TooEarly).into());
    }
    let row = MaintenanceWindow {
        id: context.ids.make(),
        bank: bank.to_owned(),
        bank_window: None,
        starts_at,
        ends_at,
        description: description.to_owned(),
        created_at: context.now,
        ended_at: None,
    };
    let view = MaintenanceView::of(&row, context.now, context.settings.livemode);
    context.tell(Owner::Service, "maintenance.set", row.id.to_string(), &view)?;
    context.facts.maintenance_windows.add(row)?;
    Reply::json(201, &view)
}

/// Staff call a window off, or end it before its time. One that is over stays as it is.
pub(super) fn end_maintenance(context: &mut Context<'_>, id: MaintenanceId) -> Result<Reply, Stop> {
    context.actor.must_be_staff()?;
    let found = context.facts.maintenance_windows.get(&id)?;
    let mut row = found.ok_or(Stop::from(Code::NotFound))?.clone();
    let (now, livemode) = (context.now, context.settings.livemode);
    if row.is_open(now) {
        row.ended_at = Some(now);
        context.facts.maintenance_windows.set(row.clone())?;
        let view = MaintenanceView::of(&row, now, livemode);
        context.tell(Owner::Service, "maintenance.ended", id.to_string(), &view)?;
    }
    Reply::json(200, &MaintenanceView::of(&row, now, livemode))
}

/// Staff tell that something is wrong at a bank. What waits there, and what comes, is linked to it.
pub(super) fn open_incident(
    context: &mut Context<'_>,
    bank: &str,
    description: &str,
    expected_by: Option<Timestamp>,
) -> Result<Reply, Stop> {
    context.actor.must_be_staff()?;
    must_be_a_bank(context, bank)?;
    if expected_by.is_some_and(|by| by <= context.now) {
        return Err(Problem::new(Code::RequestInvalid).field("expected_by").because(Reason::TooEarly).into());
    }
    let row = Incident {
        id: context.ids.make(),
        bank: bank.to_owned(),
        description: description.to_owned(),
        started_at: context.now,
        expected_by,
        ended_at: None,
    };
    let view = IncidentView::of(&row, context.settings.livemode);
    context.tell(Owner::Service, "incident.opened", row.id.to_string(), &view)?;
    context.facts.incidents.add(row)?;
    Reply::json(201, &view)
}

/// Staff tell that it is over. One that is over stays as it is.
pub(super) fn end_incident(context: &mut Context<'_>, id: IncidentId) -> Result<Reply, Stop> {
    context.actor.must_be_staff()?;
    let mut row = context.facts.incidents.get(&id)?.ok_or(Stop::from(Code::NotFound))?.clone();
    let livemode = context.settings.livemode;
    if row.ended_at.is_none() {
        row.ended_at = Some(context.now);
        context.facts.incidents.set(row.clone())?;
        context.tell(Owner::Service, "incident.ended", id.to_string(), &IncidentView::of(&row, livemode))?;
    }
    Reply::json(200, &IncidentView::of(&row, livemode))
}

fn must_be_a_bank(context: &Context<'_>, bank: &str) -> Result<(), Stop> {
    let is_known = context.settings.banks.iter().any(|known| known == bank);
    if is_known { Ok(()) } else { Err(Problem::new(Code::BankUnknown).field("bank").into()) }
}
