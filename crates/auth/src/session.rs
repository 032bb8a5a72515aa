//! Sessions: what a login leaves behind, for users and staff alike.

use makegood_base::{SessionId, StaffId, Timestamp, UserId, limits::TEXT_LENGTH_MAX};

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// A person who uses the wallet.
    User(UserId),
    /// A member of staff.
    Staff(StaffId),
}

/// A session. The secret half of its token is known to its holder alone; here is only the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The public half of the token.
    pub id: SessionId,
    /// Whose it is.
    pub principal: Principal,
    /// [`Token::secret_hash`](crate::Token::secret_hash) of the token.
    pub secret_hash: [u8; 32],
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
    /// When it was ended early, by a logout or from the list of devices.
    pub revoked_at: Option<Timestamp>,
    /// What the client called itself at login, as [`Session::user_agent_of`] keeps it: a hint for the list of
    /// devices, never trusted.
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether the session opens anything now: neither revoked nor at its end.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// What is kept of a `User-Agent` header: printable ASCII, at most
    /// [`TEXT_LENGTH_MAX`] characters, nothing when none are left.
    #[must_use]
    pub fn user_agent_of(header: &str) -> Option<String> {
        let printable = header.chars().filter(|character| matches!(character, ' '..='~'));
        let text: String = printable.take(TEXT_LENGTH_MAX).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_until_its_end_or_its_revocation() {
        let at = Timestamp::from_micros;
        let open = Session {
            id: SessionId::from_raw([1; 16]),
            principal: Principal::User(UserId::from_raw([2; 16])),
            secret_hash: [0; 32],
            created_at: at(100),
            expires_at: at(200),
            revoked_at: None,
            user_agent: None,
        };
        let revoked = Session { revoked_at: Some(at(150)), ..open.clone() };
        for (session, now, expected) in [
            (&open, 100, true),
            (&open, 199, true),
            (&open, 200, false),
            (&open, 201, false),
            // The clock stepped back: the session was opened all the same.
            (&open, 99, true),
            (&revoked, 199, false),
            // Revoked stays revoked, even when the clock steps back behind the revocation.
            (&revoked, 149, false),
        ] {
            assert_eq!(session.is_live(at(now)), expected, "{now} {:?}", session.revoked_at);
        }
    }

    #[test]
    fn a_user_agent_is_trimmed_to_printable_text() {
        let long = "x".repeat(10_000);
        for (header, expected) in [
            ("curl/8.5.0", Some("curl/8.5.0")),
            ("  phone \r\nlevel=error", Some("phone level=error")),
            ("\u{202e}", None),
            ("", None),
            (&long, Some(&long[..TEXT_LENGTH_MAX])),
        ] {
            assert_eq!(Session::user_agent_of(header).as_deref(), expected);
        }
    }
}
