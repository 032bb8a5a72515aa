//! Runs one command: who asks, whether it was asked before, what is decided, and the bytes of the answer.

use crate::decide::{Context, decide};
use crate::tables::{Idempotency, IdempotencyKey};
use crate::{Actor, Command, Facts, Problem, Reply, Settings, Stop};
use makegood_base::{Ids, Timestamp};

/// Runs a command on the facts. On success, and on a decline that leaves an object behind, the facts hold
/// what it did; otherwise they are as they were, but for the stored answer.
///
/// Refused with [`Stop::NotLoaded`] when a row that it touches is not known, and with [`Stop::Broken`] when
/// something that must not happen happened; the facts are then as they were. A problem is an answer, not an
/// error.
pub fn execute(
    command: &Command,
    facts: &mut Facts,
    now: Timestamp,
    settings: &Settings,
) -> Result<Reply, Stop> {
    let savepoint = facts.savepoint();
    let actor = match Actor::of(command.caller, facts, now) {
        Ok(actor) => actor,
        Err(Stop::Problem(problem)) => return Ok(render(&problem, Actor::Anonymous, command)),
        Err(stop) => return Err(stop),
    };
    match replay(command, actor, facts, now) {
        Ok(None) => {}
        Ok(Some(reply)) => return Ok(reply),
        Err(Stop::Problem(problem)) => return Ok(render(&problem, actor, command)),
        Err(stop) => return Err(stop),
    }
    let ids = Ids::new(command.seed);
    let decided = decide(&mut Context { facts, settings, command, actor, now, ids });
    let kept =
        decided.and_then(|reply| remember(command, actor, &reply, facts, now, settings).map(|()| reply));
    let problem = match kept {
        Ok(reply) => return Ok(reply),
        Err(stop) => {
            facts.rollback(savepoint);
            match stop {
                Stop::Problem(problem) => problem,
                stop => return Err(stop),
            }
        }
    };
    let reply = render(&problem, actor, command);
    if problem.code.is_stored() {
        remember(command, actor, &reply, facts, now, settings)?;
    }
    Ok(reply)
}

fn render(problem: &Problem, actor: Actor, command: &Command) -> Reply {
    problem.render(actor.role(), command.language, command.request)
}

/// The stored answer to the same key, if there is one.
fn replay(command: &Command, actor: Actor, facts: &Facts, now: Timestamp) -> Result<Option<Reply>, Stop> {
    let Some(key) = &command.idempotency_key else { return Ok(None) };
    let id = IdempotencyKey { caller: actor.raw(), key: key.clone() };
    let row = facts.idempotency.get(&id)?;
    Ok(row.map_or(Ok(None), |row| row.replay(&command.fingerprint, now))?)
}

/// Keeps the answer under the key. A key whose time is over is taken anew.
fn remember(
    command: &Command,
    actor: Actor,
    reply: &Reply,
    facts: &mut Facts,
    now: Timestamp,
    settings: &Settings,
) -> Result<(), Stop> {
    let Some(key) = &command.idempotency_key else { return Ok(()) };
    facts.idempotency.set(Idempotency {
        id: IdempotencyKey { caller: actor.raw(), key: key.clone() },
        fingerprint: command.fingerprint,
        status: reply.status,
        body: reply.body.clone(),
        secret: reply.secret,
        expires_at: now.plus(settings.idempotency_lifetime),
    })
}
