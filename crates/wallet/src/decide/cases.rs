//! Operations cases: opened by whatever finds that something went wrong, closed by a person.

use super::{Context, EVENT_LANGUAGE};
use crate::cases::{CaseKind, CaseReason, OperationsCase};
use crate::tables::{Lookup, LookupKey, LookupKind};
use crate::view::CaseView;
use crate::{Actor, Code, Reply, Stop};
use makegood_auth::StaffRole;
use makegood_base::CaseId;

/// The name under which the case of an object is found.
pub(crate) fn key(kind: CaseKind, object: &str) -> LookupKey {
    let name = format!("{} {object}", kind.as_str());
    LookupKey { kind: LookupKind::OperationsCase, owner: [0; 16], name }
}

/// Opens a case of an object, unless there is an open one of this kind: then that stays as it is. One that was
/// closed is opened again. `object` is the object's id as everybody reads it.
pub(crate) fn open(
    context: &mut Context<'_>,
    kind: CaseKind,
    object: &str,
    reason: CaseReason,
) -> Result<CaseId, Stop> {
    let key = key(kind, object);
    let known: Option<CaseId> = context.facts.lookups.get(&key)?.map(|row| row.target.into());
    let id = match known {
        None => context.ids.make(),
        Some(id) => match context.facts.operations_cases.get(&id)? {
            None => return Err(Stop::Broken(format!("{id} is missing"))),
            Some(case) if case.closed_at.is_none() => return Ok(id),
            Some(_) => id,
        },
    };
    let case = OperationsCase {
        id,
        kind,
        object: object.to_owned(),
        reason,
        owner: kind.owner(),
        next_step: kind.next_step(),
        opened_at: context.now,
        due_at: context.now.plus(context.settings.case_due),
        closed_at: None,
        closed_by: None,
        note: None,
    };
    if known.is_none() {
        context.facts.lookups.set(Lookup { id: key, target: id.raw(), fingerprint: [0; 32] })?;
    }
    tell(context, &case, "case.opened")?;
    context.facts.operations_cases.add(case)?;
    Ok(id)
}

/// A member of staff who runs the service says what was done, and closes a case. One that is closed stays as it
/// is.
pub(super) fn close(context: &mut Context<'_>, id: CaseId, note: &str) -> Result<Reply, Stop> {
    let staff = match context.actor {
        Actor::Staff(staff) => staff,
        Actor::Anonymous => return Err(Code::AuthRequired.into()),
        _ => return Err(Code::AuthForbidden.into()),
    };
    if context.facts.staff.get(&staff)?.is_none_or(|row| row.role != StaffRole::Operations) {
        return Err(Code::AuthForbidden.into());
    }
    let mut case = context.facts.operations_cases.get(&id)?.ok_or(Stop::from(Code::NotFound))?.clone();
    if case.closed_at.is_none() {
        case.closed_at = Some(context.now);
        case.closed_by = Some(staff);
        case.note = Some(note.to_owned());
        tell(context, &case, "case.closed")?;
        context.facts.operations_cases.set(case.clone())?;
    }
    let (language, livemode) = (context.language(), context.settings.livemode);
    Reply::json(200, &CaseView::of(&case, context.now, livemode, language))
}

/// Tells the staff: what belongs to nobody else is theirs.
fn tell(context: &mut Context<'_>, case: &OperationsCase, kind: &str) -> Result<(), Stop> {
    let view = CaseView::of(case, context.now, context.settings.livemode, EVENT_LANGUAGE);
    context.tell([0; 16], kind, case.id.to_string(), &view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{Staff, StaffId};
    use crate::{Action, Command, Facts, Settings};
    use makegood_base::{IdSeed, Ids, Timestamp};
    use makegood_ledger::Head;
    use std::time::Duration;

    /// Facts in which everything that is asked for and not there is absent.
    struct World {
        facts: Facts,
        settings: Settings,
        now: Timestamp,
        made: u8,
    }

    impl World {
        fn with<T>(&mut self, actor: Actor, does: impl Fn(&mut Context<'_>) -> Result<T, Stop>) -> T {
            self.try_with(actor, does).unwrap_or_else(|stop| panic!("{stop:?}"))
        }

        fn try_with<T>(
            &mut self,
            actor: Actor,
            does: impl Fn(&mut Context<'_>) -> Result<T, Stop>,
        ) -> Result<T, Stop> {
            self.made += 1;
            let seed = IdSeed { at: self.now, random: [self.made; 10] };
            let command = Command::of_system(seed, Action::ForgetKeys { keys: Vec::new() });
            loop {
                let mut context = Context {
                    facts: &mut self.facts,
                    settings: &self.settings,
                    command: &command,
                    actor,
                    now: self.now,
                    ids: Ids::new(seed),
                };
                match does(&mut context) {
                    Err(Stop::NotLoaded(needs)) => {
                        for key in needs.lookups {
                            self.facts.lookups.put(key, None);
                        }
                        for key in needs.operations_cases {
                            self.facts.operations_cases.put(key, None);
                        }
                        for key in needs.staff {
                            self.facts.staff.put(key, None);
                        }
                    }
                    done => return done,
                }
            }
        }

        fn staff(&mut self, number: u8, role: StaffRole) -> Actor {
            let id = StaffId::from_raw([number; 16]);
            let (login, password_hash) = (format!("{number}@example.com"), String::new());
            self.facts.staff.add(Staff { id, login, password_hash, role, created_at: self.now }).unwrap();
            Actor::Staff(id)
        }
    }

    #[test]
    fn an_object_has_one_case_of_a_kind_which_is_opened_again() {
        let (facts, settings) = (Facts::new(Head::default()), Settings::default());
        let mut world = World { facts, settings, now: Timestamp::EPOCH, made: 0 };
        let open = |kind, object: &'static str| {
            move |context: &mut Context<'_>| open(context, kind, object, CaseReason::BankSilent)
        };
        let first = world.with(Actor::System, open(CaseKind::Delayed, "pay_1"));
        world.now = world.now.plus(Duration::from_secs(60));
        assert_eq!(world.with(Actor::System, open(CaseKind::Delayed, "pay_1")), first);
        assert_ne!(world.with(Actor::System, open(CaseKind::Delayed, "pay_2")), first);
        assert_ne!(world.with(Actor::System, open(CaseKind::Contradiction, "pay_1")), first);
        let case = |world: &World| world.facts.operations_cases.peek(&first).unwrap().clone();
        assert_eq!((case(&world).opened_at, case(&world).status()), (Timestamp::EPOCH, "open"));
        assert_eq!(case(&world).due_at, Timestamp::EPOCH.plus(world.settings.case_due));

        let support = world.staff(1, StaffRole::Support);
        let operations = world.staff(2, StaffRole::Operations);
        let close = |context: &mut Context<'_>| close(context, first, "the bank has paid");
        for (actor, code) in [
            (support, Code::AuthForbidden),
            (Actor::Anonymous, Code::AuthRequired),
            (Actor::User([1; 16].into()), Code::AuthForbidden),
            (Actor::System, Code::AuthForbidden),
        ] {
            let Err(Stop::Problem(problem)) = world.try_with(actor, close) else { panic!("{actor:?}") };
            assert_eq!(problem.code, code, "{actor:?}");
        }
        assert_eq!(world.with(operations, close).status, 200);
        let closed = case(&world);
        assert_eq!((closed.status(), closed.note.as_deref()), ("closed", Some("the bank has paid")));
        world.now = world.now.plus(Duration::from_secs(60));
        let again = |context: &mut Context<'_>| super::close(context, first, "another note");
        assert_eq!(world.with(operations, again).status, 200);
        assert_eq!(case(&world), closed, "what is closed stays as it is");
        let missing = |context: &mut Context<'_>| super::close(context, [9; 16].into(), "none");
        let Err(Stop::Problem(problem)) = world.try_with(operations, missing) else { panic!("it is there") };
        assert_eq!(problem.code, Code::NotFound);

        assert_eq!(world.with(Actor::System, open(CaseKind::Delayed, "pay_1")), first);
        let reopened = case(&world);
        assert_eq!((reopened.status(), reopened.opened_at, reopened.note), ("open", world.now, None));
    }
}
