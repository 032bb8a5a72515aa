//! Who has a login. An unknown login costs the same reads as a known one, so that the time of an answer does
//! not tell who has an account.

use makegood_auth::Principal;
use makegood_base::RawId;
use makegood_store::{Failure, Store};
use makegood_wallet::tables::{LookupKey, LookupKind, StaffId, UserId};
use makegood_wallet::{Facts, Needs};

/// Whose row is read in place of the one that an unknown login does not lead to: nobody has this id.
const NOBODY: RawId = [0; 16];

/// Who has this login, and the hash of their password.
pub(crate) async fn credentials<S: Store>(
    store: &S,
    login: &str,
    staff: bool,
) -> Result<Option<(Principal, String)>, Failure> {
    let kind = if staff { LookupKind::StaffLogin } else { LookupKind::Login };
    let key = LookupKey { kind, owner: [0; 16], name: login.to_owned() };
    let facts = store.read(None, &|facts| needs(&key, facts)).await?;
    let target = facts.lookups.peek(&key).map_or(NOBODY, |row| row.target);
    Ok(if staff {
        let row = facts.staff.peek(&target.into());
        row.map(|row| (Principal::Staff(row.id), row.password_hash.clone()))
    } else {
        let row = facts.users.peek(&target.into());
        row.map(|row| (Principal::User(row.id), row.password_hash.clone()))
    })
}

/// The login, and once it is known whose it is, or that it is nobody's, one row more.
fn needs(key: &LookupKey, facts: &Facts) -> Needs {
    let mut needs = Needs { lookups: [key.clone()].into(), ..Needs::default() };
    if let Ok(found) = facts.lookups.get(key) {
        let target = found.map_or(NOBODY, |row| row.target);
        match key.kind {
            LookupKind::StaffLogin => needs.staff.extend([StaffId::from_raw(target)]),
            _ => needs.users.extend([UserId::from_raw(target)]),
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_auth::StaffRole;
    use makegood_base::{BatchId, Timestamp};
    use makegood_store::{BatchRow, MemoryStore};
    use makegood_wallet::tables::{Lookup, Staff, User};
    use std::sync::Mutex;

    const USER: RawId = [1; 16];
    const STAFF: RawId = [2; 16];

    fn hash(id: RawId) -> String {
        format!("$argon2id${}", id[0])
    }

    /// A store that knows one user and one member of staff.
    async fn filled() -> MemoryStore {
        let store = MemoryStore::default();
        let (mut batch, mut facts) = store.begin().await.unwrap();
        let at = Timestamp::EPOCH;
        let lookup = |kind, name: &str, target| Lookup {
            id: LookupKey { kind, owner: [0; 16], name: name.to_owned() },
            target,
            fingerprint: [0; 32],
        };
        facts.lookups.add(lookup(LookupKind::Login, "user@example.com", USER)).unwrap();
        facts.lookups.add(lookup(LookupKind::StaffLogin, "staff@example.com", STAFF)).unwrap();
        let (login, display_name) = ("user@example.com".to_owned(), "Li Wei".to_owned());
        let user = User { id: USER.into(), login, display_name, password_hash: hash(USER), created_at: at };
        facts.users.add(user).unwrap();
        let (login, role) = ("staff@example.com".to_owned(), StaffRole::Support);
        let staff = Staff { id: STAFF.into(), login, password_hash: hash(STAFF), role, created_at: at };
        facts.staff.add(staff).unwrap();
        let row = BatchRow { id: BatchId::from_raw([1; 16]), at };
        store.write(&mut batch, row, facts.into_changes()).await.unwrap();
        store.commit(batch).await.unwrap();
        store
    }

    #[tokio::test]
    async fn a_login_is_of_a_user_or_of_staff() {
        let store = filled().await;
        for (login, staff, expected) in [
            ("user@example.com", false, Some((Principal::User(USER.into()), hash(USER)))),
            ("user@example.com", true, None),
            ("staff@example.com", true, Some((Principal::Staff(STAFF.into()), hash(STAFF)))),
            ("staff@example.com", false, None),
            ("nobody@example.com", false, None),
        ] {
            assert_eq!(credentials(&store, login, staff).await.unwrap(), expected, "{login} {staff}");
        }
    }

    /// How many rows are read for a login, round by round: of lookups, users, staff.
    async fn reads(store: &MemoryStore, login: &str, kind: LookupKind) -> Vec<[usize; 3]> {
        let key = LookupKey { kind, owner: [0; 16], name: login.to_owned() };
        let rounds = Mutex::new(Vec::new());
        let counted = |facts: &Facts| {
            let needs = needs(&key, facts);
            let mut wanted = needs.clone();
            wanted.retain_unknown(facts);
            rounds.lock().unwrap().push([wanted.lookups.len(), wanted.users.len(), wanted.staff.len()]);
            needs
        };
        store.read(None, &counted).await.unwrap();
        rounds.into_inner().unwrap()
    }

    #[tokio::test]
    async fn an_unknown_login_costs_the_reads_of_a_known_one() {
        let store = filled().await;
        for (kind, known, expected) in [
            (LookupKind::Login, "user@example.com", [[1, 0, 0], [0, 1, 0], [0, 0, 0]]),
            (LookupKind::StaffLogin, "staff@example.com", [[1, 0, 0], [0, 0, 1], [0, 0, 0]]),
        ] {
            assert_eq!(reads(&store, known, kind).await, expected);
            assert_eq!(reads(&store, "nobody@example.com", kind).await, expected);
        }
    }
}
