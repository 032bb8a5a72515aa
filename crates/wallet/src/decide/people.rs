//! Registering, staff, sessions, and stored answers whose time is over.

use super::Context;
use crate::tables::{IdempotencyKey, LookupKey, LookupKind, Session, Staff, User};
use crate::view::{MeView, SessionOpenedView, StaffView};
use crate::{Actor, Code, Reply, Stop};
use makegood_auth::{Principal, StaffRole};
use makegood_base::SessionId;

/// A person registers. A login belongs to one person for ever.
pub(super) fn register(
    context: &mut Context<'_>,
    login: &str,
    display_name: &str,
    password_hash: &str,
) -> Result<Reply, Stop> {
    let user = User {
        id: context.ids.make(),
        login: login.to_owned(),
        display_name: display_name.to_owned(),
        password_hash: password_hash.to_owned(),
        created_at: context.now,
    };
    take_login(context, LookupKind::Login, login, user.id.raw())?;
    let view = MeView::of(&user, context.settings.livemode);
    context.facts.users.add(user)?;
    Reply::json(201, &view)
}

/// A login is a user's or a staff member's, never both: whoever registered a colleague's address would
/// otherwise keep them out.
fn take_login(
    context: &mut Context<'_>,
    kind: LookupKind,
    login: &str,
    target: [u8; 16],
) -> Result<(), Stop> {
    for kind in [LookupKind::Login, LookupKind::StaffLogin] {
        let key = LookupKey { kind, owner: [0; 16], name: login.to_owned() };
        if context.facts.lookups.get(&key)?.is_some() {
            return Err(Code::AuthLoginTaken.into());
        }
    }
    context.take_reference(kind, [0; 16], Some(login), target)
}

/// Somebody at the command line adds a member of staff.
pub(super) fn add_staff(
    context: &mut Context<'_>,
    login: &str,
    password_hash: &str,
    role: StaffRole,
) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    let staff = Staff {
        id: context.ids.make(),
        login: login.to_owned(),
        password_hash: password_hash.to_owned(),
        role,
        created_at: context.now,
    };
    take_login(context, LookupKind::StaffLogin, login, staff.id.raw())?;
    let view = StaffView::of(&staff, context.settings.livemode);
    context.tell(staff.id, "staff.added", staff.id.to_string(), &view)?;
    context.facts.staff.add(staff)?;
    Reply::json(201, &view)
}

/// A session that is asked for, once the password was verified.
pub(super) struct Opened {
    pub(super) session: SessionId,
    pub(super) principal: Principal,
    pub(super) secret_hash: [u8; 32],
}

/// Opens a session, if the password that was verified is still the one.
pub(super) fn open_session(
    context: &mut Context<'_>,
    opened: Opened,
    verified_hash: &str,
    user_agent: Option<String>,
) -> Result<Reply, Stop> {
    let refused = || Stop::from(Code::AuthInvalidCredentials);
    let current_hash = match opened.principal {
        Principal::User(id) => &context.facts.users.get(&id)?.ok_or_else(refused)?.password_hash,
        Principal::Staff(id) => &context.facts.staff.get(&id)?.ok_or_else(refused)?.password_hash,
    };
    if current_hash != verified_hash {
        return Err(refused());
    }
    let session = Session {
        id: opened.session,
        principal: opened.principal,
        secret_hash: opened.secret_hash,
        created_at: context.now,
        expires_at: context.now.plus(context.settings.session_lifetime),
        revoked_at: None,
        user_agent,
    };
    let reply = SessionOpenedView::reply(&session, context.settings.livemode)?;
    if let Principal::Staff(staff) = opened.principal {
        let object = session.id.to_string();
        context.tell(staff, "staff.session_opened", object.clone(), &object)?;
    }
    context.facts.sessions.add(session)?;
    Ok(reply)
}

/// Ends one of the caller's sessions, or the one that asks. A session that has ended stays ended.
pub(super) fn revoke_session(context: &mut Context<'_>, wanted: Option<SessionId>) -> Result<Reply, Stop> {
    let principal = match context.actor {
        Actor::User(user) => Principal::User(user),
        Actor::Staff(staff) => Principal::Staff(staff),
        Actor::Anonymous => return Err(Code::AuthRequired.into()),
        _ => return Err(Code::AuthForbidden.into()),
    };
    let id = match (wanted, context.command.caller) {
        (Some(id), _) => id,
        (None, crate::Caller::Session { id, .. }) => id,
        (None, _) => return Err(Code::AuthForbidden.into()),
    };
    let found = context.facts.sessions.get(&id)?.filter(|session| session.principal == principal);
    let mut session = found.ok_or(Stop::from(Code::NotFound))?.clone();
    if session.revoked_at.is_none() {
        session.revoked_at = Some(context.now);
        context.facts.sessions.set(session)?;
    }
    Ok(Reply::empty())
}

/// Drops stored answers whose time is over; others stay.
pub(super) fn forget_keys(context: &mut Context<'_>, keys: &[IdempotencyKey]) -> Result<Reply, Stop> {
    context.actor.must_be_internal()?;
    for key in keys {
        if context.facts.idempotency.get(key)?.is_some_and(|row| row.expires_at <= context.now) {
            context.facts.idempotency.remove(key)?;
        }
    }
    Ok(Reply::empty())
}
