//! Users and staff, and what others may see of their names.

use makegood_base::{StaffId, Timestamp, UserId};

/// A person who uses the wallet.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Who it is, for ever.
    pub id: UserId,
    /// The normalized login, as [`Login`](crate::Login) makes it.
    pub login: String,
    /// The name that the person chose, as [`DisplayName`](crate::DisplayName) checks it.
    pub display_name: String,
    /// The PHC string of the password.
    pub password_hash: String,
    /// When the person registered.
    pub created_at: Timestamp,
}

/// A member of staff.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// Who it is, for ever.
    pub id: StaffId,
    /// The normalized login, as [`Login`](crate::Login) makes it.
    pub login: String,
    /// The PHC string of the password.
    pub password_hash: String,
    /// What the person may do.
    pub role: StaffRole,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Answers people: sees payments and their traces, the remedies of every role, and moves no money.
    Support,
    /// Runs the service: all that support sees, and closes the cases of things that went wrong.
    Operations,
}

impl StaffRole {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Support, Self::Operations];

    /// The role's name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Operations => "operations",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == name)
    }
}

// A log must not learn a login, a name or a hash by way of `{:?}`.
impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Staff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Staff")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What a payer sees of a person's name before paying: enough to recognise somebody known, too little to
/// learn a stranger's name. Names without spaces keep their last character (`王小明` is `**明`, as Chinese
/// wallets show it) when it is not the only one; of names in several words, each word keeps its first
/// character (`Li Wei` is `L* W**`). A single Latin word keeps its first character too. The count of stars
/// says nothing about length beyond four.
#[must_use]
pub fn masked_name(name: &str) -> String {
    name.split_whitespace().map(masked_word).collect::<Vec<_>>().join(" ")
}

fn masked_word(word: &str) -> String {
    const STARS_MAX: usize = 4;
    let hidden = word.chars().count().saturating_sub(1).clamp(1, STARS_MAX);
    let stars = "*".repeat(hidden);
    match (word.chars().next(), word.chars().last()) {
        (Some(first), Some(last)) if is_ideograph(first) && is_ideograph(last) => {
            if word.chars().count() == 1 { stars } else { format!("{stars}{last}") }
        }
        (Some(_), _) if word.chars().count() == 1 => stars,
        (Some(first), _) => format!("{first}{stars}"),
        (None, _) => stars,
    }
}

/// Chinese characters, for which the last one of a name stays visible.
fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked() {
        for (name, expected) in [
            ("王小明", "**明"),
            ("李雷", "*雷"),
            ("欧阳娜娜", "***娜"),
            ("王", "*"),
            ("Li Wei", "L* W**"),
            ("Alexandria", "A****"),
            ("J. R. Smith", "J* R* S****"),
            ("Q", "*"),
            ("Jean-Luc  Picard", "J**** P****"),
            ("王 Wang", "* W***"),
            ("Ólafur", "Ó****"),
        ] {
            assert_eq!(masked_name(name), expected, "{name}");
        }
    }

    #[test]
    fn debug_shows_neither_login_nor_hash() {
        let user = User {
            id: UserId::from_raw([1; 16]),
            login: "canary@example.com".to_owned(),
            display_name: "Canary".to_owned(),
            password_hash: "$argon2id$canary".to_owned(),
            created_at: Timestamp::EPOCH,
        };
        let staff = Staff {
            id: StaffId::from_raw([1; 16]),
            login: "canary@example.com".to_owned(),
            password_hash: "$argon2id$canary".to_owned(),
            role: StaffRole::Support,
            created_at: Timestamp::EPOCH,
        };
        let text = format!("{user:?} {staff:?}").to_lowercase();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("usr_") && text.contains("stf_"), "{text}");
    }

    #[test]
    fn roles_have_names() {
        for role in StaffRole::ALL {
            assert_eq!(StaffRole::from_name(role.as_str()), Some(*role));
        }
        assert_eq!(StaffRole::from_name("admin"), None);
    }
}
