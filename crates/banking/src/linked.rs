//! A bank card that a user has linked.

use crate::HolderCheck;
use makegood_base::{BankCardId, Timestamp, UserId};
use std::time::Duration;

/// Where a linked card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankCardState {
    /// The bank has texted a code to its holder, and nobody has said it back.
    VerificationRequired,
    /// It pays and receives.
    Active,
    /// Its holder has taken it away.
    Unlinked,
}

impl BankCardState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::VerificationRequired, Self::Active, Self::Unlinked];

    /// The state as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerificationRequired => "verification_required",
            Self::Active => "active",
            Self::Unlinked => "unlinked",
        }
    }

    /// The state with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// A bank card that a user has linked. Its number is not here: the bank gave an agreement for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankCard {
    /// Its id.
    pub id: BankCardId,
    /// Whose it is.
    pub user: UserId,
    /// The bank, by its id in the configuration.
    pub bank: String,
    /// The bank's token for the card.
    pub agreement: String,
    /// The last four digits of its number.
    pub last4: String,
    /// What the bank last said to the holder's name.
    pub holder_check: HolderCheck,
    /// When it said so.
    pub holder_checked_at: Timestamp,
    /// What the card's owner has accepted of that, when money first went there.
    pub acknowledged: Option<HolderCheck>,
    /// The codes of what failed on the way to the card since money last arrived there, at most [`FAILURES_MAX`].
    pub failures: Vec<String>,
    /// Where it stands.
    pub state: BankCardState,
    /// When it was linked.
    pub created_at: Timestamp,
}

/// How many failures a card remembers.
pub const FAILURES_MAX: usize = 8;

impl BankCard {
    /// Whether the bank has to be asked about the holder before money goes there: it did not say that the name is
    /// right, which nobody has accepted, or it said so longer ago than `age_max`.
    #[must_use]
    pub fn needs_holder_check(&self, now: Timestamp, age_max: Duration) -> bool {
        self.needs_acknowledgement() || now.since(self.holder_checked_at) > age_max
    }

    /// Whether the card's owner has to accept what the bank said before money goes there.
    #[must_use]
    pub fn needs_acknowledgement(&self) -> bool {
        self.holder_check.needs_acknowledgement() && self.acknowledged != Some(self.holder_check)
    }

    /// Remembers that something failed on the way to the card. The oldest is forgotten when there are too many.
    pub fn remember_failure(&mut self, code: &str) {
        if self.failures.len() >= FAILURES_MAX {
            self.failures.remove(0);
        }
        self.failures.push(code.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(holder_check: HolderCheck, acknowledged: Option<HolderCheck>) -> BankCard {
        BankCard {
            id: BankCardId::from_raw([1; 16]),
            user: UserId::from_raw([2; 16]),
            bank: "simbank".to_owned(),
            agreement: "agr_1".to_owned(),
            last4: "1114".to_owned(),
            holder_check,
            holder_checked_at: Timestamp::EPOCH,
            acknowledged,
            failures: Vec::new(),
            state: BankCardState::Active,
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_bank_is_asked_again_where_its_word_is_old_or_no_match() {
        use HolderCheck as H;
        let (age_max, day) = (Duration::from_secs(30 * 86_400), Duration::from_secs(86_400));
        for (check, acknowledged, days, expected) in [
            (H::Match, None, 0, false),
            (H::Match, None, 30, false),
            (H::Match, None, 31, true),
            (H::CloseMatch, None, 0, true),
            (H::NoMatch, None, 0, true),
            (H::Unavailable, None, 0, true),
            (H::NoMatch, Some(H::NoMatch), 30, false),
            (H::NoMatch, Some(H::NoMatch), 31, true),
            (H::NoMatch, Some(H::CloseMatch), 0, true),
        ] {
            let now = Timestamp::EPOCH.plus(day * days);
            let found = card(check, acknowledged).needs_holder_check(now, age_max);
            assert_eq!(found, expected, "{check:?} {acknowledged:?} after {days} days");
        }
    }

    #[test]
    fn failures_are_bounded() {
        let mut card = card(HolderCheck::Match, None);
        for number in 0..20 {
            card.remember_failure(&number.to_string());
        }
        assert_eq!(card.failures, ["12", "13", "14", "15", "16", "17", "18", "19"]);
    }
}
